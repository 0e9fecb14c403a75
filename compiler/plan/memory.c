/* plan_memory: offsets for the workspace buffers, by lifetimes.
 *
 * Buffers are placed one after another, each into the smallest gap between those that live at the same time
 * (best fit). The order decides how well that goes, so a few orders are tried and the smallest total counts.
 * No total can be below the bound: the most bytes that live at any one step.
 */
#include <stdlib.h>

#include "base/checked.h"
#include "plan/planner.h"

typedef struct Slots {
    Buffer **at;
    size_t count;
} Slots;

static bool overlap(const Buffer *a, const Buffer *b) {
    return a->first <= b->last && b->first <= a->last;
}

static int by_number(size_t a, size_t b) {
    return a < b ? -1 : a > b;
}

static int by_offset(const void *a, const void *b) {
    return by_number((*(Buffer *const *)a)->offset, (*(Buffer *const *)b)->offset);
}

static int by_index(const Buffer *a, const Buffer *b) {
    return by_number(a->index, b->index);
}

static int largest_first(const void *a, const void *b) {
    const Buffer *x = *(Buffer *const *)a, *y = *(Buffer *const *)b;
    return x->bytes != y->bytes ? -by_number(x->bytes, y->bytes) : by_index(x, y);
}

static int longest_first(const void *a, const void *b) {
    const Buffer *x = *(Buffer *const *)a, *y = *(Buffer *const *)b;
    const size_t x_life = x->last - x->first, y_life = y->last - y->first;
    return x_life != y_life ? -by_number(x_life, y_life) : largest_first(a, b);
}

static int earliest_first(const void *a, const void *b) {
    const Buffer *x = *(Buffer *const *)a, *y = *(Buffer *const *)b;
    return x->first != y->first ? by_number(x->first, y->first) : largest_first(a, b);
}

/* The offset of the smallest gap that holds the buffer among the `n` neighbours, which are in order of
 * offset. */
static size_t best_gap(Buffer *const *neighbours, size_t n, size_t bytes) {
    size_t end = 0, best = SIZE_MAX, best_size = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        const size_t gap = neighbours[i]->offset > end ? neighbours[i]->offset - end : 0;
        if (gap >= bytes && gap < best_size) {
            best = end;
            best_size = gap;
        }
        const size_t after = neighbours[i]->offset + neighbours[i]->bytes;
        if (after > end) end = after;
    }
    return best == SIZE_MAX ? end : best;
}

/* Places all in the given order; returns the total. */
static size_t place(const Slots *slots, Buffer **neighbours) {
    size_t total = 0;
    for (size_t i = 0; i < slots->count; i++) {
        size_t n = 0;
        for (size_t k = 0; k < i; k++)
            if (overlap(slots->at[i], slots->at[k])) neighbours[n++] = slots->at[k];
        qsort(neighbours, n, sizeof *neighbours, by_offset);
        Buffer *buffer = slots->at[i];
        buffer->offset = best_gap(neighbours, n, buffer->bytes);
        if (buffer->offset + buffer->bytes > total) total = buffer->offset + buffer->bytes;
    }
    return total;
}

static size_t lower_bound(const Slots *slots, size_t n_steps) {
    size_t most = 0;
    for (size_t step = 0; step < n_steps; step++) {
        size_t live = 0;
        for (size_t i = 0; i < slots->count; i++)
            if (slots->at[i]->first <= step && step <= slots->at[i]->last) live += slots->at[i]->bytes;
        if (live > most) most = live;
    }
    return most;
}

/* A buffer lives from the first step that names it to the last. */
static void find_lifetimes(Program *program) {
    for (size_t i = 0; i < program->steps.count; i++)
        for (int k = 0; k < program->steps.at[i].n_args; k++) {
            const Arg *arg = &program->steps.at[i].args[k];
            if (arg->kind != ARG_BUFFER || arg->buffer->kind != BUFFER_WORKSPACE) continue;
            Buffer *buffer = program->buffers.at[arg->buffer->index];
            if (buffer->first == SIZE_MAX) buffer->first = i;
            buffer->last = i;
        }
}

static Slots workspace_buffers(Program *program) {
    Slots slots = {ARENA_ARRAY(program->arena, Buffer *, program->buffers.count), 0};
    for (size_t i = 0; i < program->buffers.count; i++) {
        Buffer *buffer = program->buffers.at[i];
        if (buffer->kind != BUFFER_WORKSPACE) continue;
        buffer->index = i;
        slots.at[slots.count++] = buffer;
        size_t bytes = 0;
        if (!checked_mul_size((size_t)buffer->count, dtype_size(buffer->dtype), &bytes) ||
            bytes > SIZE_MAX / 4)
            bytes = SIZE_MAX / 4; /* refused by plan_program */
        buffer->bytes = (bytes + WORKSPACE_SLOT - 1) / WORKSPACE_SLOT * WORKSPACE_SLOT;
    }
    return slots;
}

void plan_memory(Program *program) {
    static int (*const orders[])(const void *, const void *) = {largest_first, longest_first, earliest_first};
    enum { ORDER_COUNT = sizeof orders / sizeof orders[0] };
    Slots slots = workspace_buffers(program);
    find_lifetimes(program);
    Buffer **neighbours = ARENA_ARRAY(program->arena, Buffer *, slots.count);
    program->workspace_bound = lower_bound(&slots, program->steps.count);
    size_t best = SIZE_MAX, best_order = 0;
    for (size_t i = 0; i < ORDER_COUNT && best > program->workspace_bound; i++) {
        if (slots.count) qsort(slots.at, slots.count, sizeof *slots.at, orders[i]);
        const size_t total = place(&slots, neighbours);
        if (total < best) {
            best = total;
            best_order = i;
        }
    }
    if (slots.count) {
        qsort(slots.at, slots.count, sizeof *slots.at, orders[best_order]);
        place(&slots, neighbours);
    }
    program->workspace_bytes = slots.count ? best : 0;
}

/* plan_memory: offsets for the workspace buffers, by lifetimes.
 *
 * Buffers are placed one after another, each into the smallest gap between those that live at the same time
 * (best fit). The order decides how well that goes, so a few orders are tried and the smallest total counts.
 * No total can be below the bound: the most bytes that live at any one step.
 */
#include <stdlib.h>
#include <string.h>

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

/* ---- regions ---- */

static size_t find_region(Program *program, Size size) {
    for (size_t i = 0; i < program->regions.count; i++)
        if (memcmp(program->regions.at[i].power, size.power, sizeof size.power) == 0) return i;
    Region region = {.bytes = 0};
    memcpy(region.power, size.power, sizeof size.power);
    vec_push(program->arena, &program->regions, region);
    return program->regions.count - 1;
}

static size_t slot_bytes(int64_t count, DType dtype) {
    size_t bytes = 0;
    if (count <= 0) return 0;
    if (!checked_mul_size((size_t)count, dtype_size(dtype), &bytes) || bytes > SIZE_MAX / 4)
        bytes = SIZE_MAX / 4; /* refused by plan_program */
    return (bytes + WORKSPACE_SLOT - 1) / WORKSPACE_SLOT * WORKSPACE_SLOT;
}

static void measure(Program *program) {
    for (size_t i = 0; i < program->buffers.count; i++) {
        Buffer *buffer = program->buffers.at[i];
        if (buffer->kind != BUFFER_WORKSPACE) continue;
        const Size size = program_size(program, buffer->count);
        buffer->index = i;
        buffer->region = find_region(program, size);
        buffer->bytes = slot_bytes(size.factor ? size.factor : size.constant, buffer->dtype);
        buffer->extra = size.factor ? slot_bytes(size.constant, buffer->dtype) : 0;
    }
}

static Slots region_buffers(Program *program, size_t region) {
    Slots slots = {ARENA_ARRAY(program->arena, Buffer *, program->buffers.count), 0};
    for (size_t i = 0; i < program->buffers.count; i++) {
        Buffer *buffer = program->buffers.at[i];
        if (buffer->kind == BUFFER_WORKSPACE && buffer->region == region) slots.at[slots.count++] = buffer;
    }
    return slots;
}

/* Best of a few orders; returns the total. */
static size_t place_best(const Slots *slots, Buffer **neighbours, size_t bound) {
    static int (*const orders[])(const void *, const void *) = {largest_first, longest_first, earliest_first};
    enum { ORDER_COUNT = sizeof orders / sizeof orders[0] };
    size_t best = SIZE_MAX, best_order = 0;
    for (size_t i = 0; i < ORDER_COUNT && best > bound; i++) {
        qsort(slots->at, slots->count, sizeof *slots->at, orders[i]);
        const size_t total = place(slots, neighbours);
        if (total < best) {
            best = total;
            best_order = i;
        }
    }
    qsort(slots->at, slots->count, sizeof *slots->at, orders[best_order]);
    place(slots, neighbours);
    return best;
}

/* What does not grow with the dimensions is put below all that lies higher, whenever it lives. */
static size_t place_extras(const Slots *slots) {
    size_t sum = 0;
    qsort(slots->at, slots->count, sizeof *slots->at, by_offset);
    for (size_t i = 0; i < slots->count; i++) {
        slots->at[i]->extra_offset = sum;
        sum += slots->at[i]->extra;
    }
    return sum;
}

void plan_memory(Program *program) {
    measure(program);
    find_lifetimes(program);
    Buffer **neighbours = ARENA_ARRAY(program->arena, Buffer *, program->buffers.count);
    for (size_t i = 0; i < program->regions.count; i++) {
        const Slots slots = region_buffers(program, i);
        const size_t bound = lower_bound(&slots, program->steps.count);
        program->regions.at[i].bytes = place_best(&slots, neighbours, bound);
        program->regions.at[i].extra = place_extras(&slots);
        program->workspace_bound = i == 0 ? bound : 0;
    }
    program->workspace_bytes = program->regions.count == 1 ? program->regions.at[0].bytes : 0;
}

/* Buffers are placed one after another, each into the smallest gap between those that live at the same time
 * (best fit). The order decides how well that goes: a few are tried, and the best is bettered by placing
 * sooner what came to lie highest.
 *
 * That takes time that grows with the square of the buffers. Very many are placed in one sweep along the
 * steps instead, into the smallest hole that is free when a buffer's life begins.
 */
#include "plan/placement.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_SEARCHED = 1000, ROUNDS = 300 };

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

size_t placement_bound(Arena *scratch, const Slots *slots, size_t n_steps) {
    size_t *born = ARENA_ARRAY(scratch, size_t, n_steps + 1),
           *dead = ARENA_ARRAY(scratch, size_t, n_steps + 1);
    for (size_t i = 0; i < slots->count; i++) {
        born[slots->at[i]->first] += slots->at[i]->bytes;
        dead[slots->at[i]->last + 1] += slots->at[i]->bytes;
    }
    size_t live = 0, most = 0;
    for (size_t step = 0; step < n_steps; step++) {
        live = live + born[step] - dead[step];
        if (live > most) most = live;
    }
    return most;
}

/* ---- in an order ---- */

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

/* The buffer that ends highest goes to the front of the order. */
static void promote(const Slots *slots, size_t total) {
    size_t top = 0;
    while (slots->at[top]->offset + slots->at[top]->bytes != total) top++;
    Buffer *buffer = slots->at[top];
    memmove(slots->at + 1, slots->at, top * sizeof *slots->at);
    slots->at[0] = buffer;
}

static size_t search(const Slots *slots, Buffer **neighbours, Buffer **best_order, size_t bound) {
    static int (*const orders[])(const void *, const void *) = {largest_first, longest_first, earliest_first};
    enum { ORDER_COUNT = sizeof orders / sizeof orders[0] };
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < ORDER_COUNT; i++) {
        qsort(slots->at, slots->count, sizeof *slots->at, orders[i]);
        for (size_t round = 0; round < ROUNDS && best > bound; round++) {
            const size_t total = place(slots, neighbours);
            if (total < best) {
                best = total;
                memcpy(best_order, slots->at, slots->count * sizeof *slots->at);
            }
            promote(slots, total);
        }
    }
    memcpy(slots->at, best_order, slots->count * sizeof *slots->at);
    return place(slots, neighbours);
}

/* ---- in one sweep ---- */

typedef struct Hole {
    size_t offset, size;
} Hole;

typedef struct Holes {
    Hole *at; /* in order of offset; the last one has no end */
    size_t count;
} Holes;

static size_t take(Holes *holes, size_t bytes) {
    size_t best = holes->count - 1;
    for (size_t i = 0; i + 1 < holes->count; i++)
        if (holes->at[i].size >= bytes && holes->at[i].size < holes->at[best].size) best = i;
    const size_t offset = holes->at[best].offset;
    holes->at[best].offset += bytes;
    holes->at[best].size -= bytes;
    if (holes->at[best].size == 0) {
        holes->count--;
        memmove(holes->at + best, holes->at + best + 1, (holes->count - best) * sizeof *holes->at);
    }
    return offset;
}

static void give(Holes *holes, size_t offset, size_t bytes) {
    size_t next = 0, high = holes->count;
    while (next < high) {
        const size_t middle = next + (high - next) / 2;
        if (holes->at[middle].offset < offset)
            next = middle + 1;
        else
            high = middle;
    }
    const bool joins_next = offset + bytes == holes->at[next].offset;
    const bool joins_last = next > 0 && holes->at[next - 1].offset + holes->at[next - 1].size == offset;
    if (joins_next) {
        holes->at[next].offset = offset;
        holes->at[next].size += bytes;
    }
    if (joins_last) {
        holes->at[next - 1].size += joins_next ? holes->at[next].size : bytes;
        if (!joins_next) return;
        holes->count--;
        memmove(holes->at + next, holes->at + next + 1, (holes->count - next) * sizeof *holes->at);
    } else if (!joins_next) {
        memmove(holes->at + next + 1, holes->at + next, (holes->count - next) * sizeof *holes->at);
        holes->at[next] = (Hole){offset, bytes};
        holes->count++;
    }
}

static size_t sweep(Arena *scratch, const Slots *slots, size_t n_steps) {
    const size_t none = slots->count;
    size_t *dying = ARENA_ARRAY(scratch, size_t, n_steps), *next = ARENA_ARRAY(scratch, size_t, none),
           total = 0;
    Holes holes = {ARENA_ARRAY(scratch, Hole, none + 2), 1};
    holes.at[0] = (Hole){0, SIZE_MAX / 2};
    for (size_t step = 0; step < n_steps; step++) dying[step] = none;
    qsort(slots->at, none, sizeof *slots->at, earliest_first);
    for (size_t i = 0, step = 0; i < none; i++) {
        Buffer *buffer = slots->at[i];
        for (; step < buffer->first; step++)
            for (size_t k = dying[step]; k < none; k = next[k])
                give(&holes, slots->at[k]->offset, slots->at[k]->bytes);
        buffer->offset = take(&holes, buffer->bytes);
        if (buffer->offset + buffer->bytes > total) total = buffer->offset + buffer->bytes;
        next[i] = dying[buffer->last];
        dying[buffer->last] = i;
    }
    return total;
}

size_t placement_find(Arena *scratch, const Slots *slots, size_t n_steps, size_t bound) {
    if (slots->count == 0) return 0;
    if (slots->count > MOST_SEARCHED) return sweep(scratch, slots, n_steps);
    Buffer **neighbours = ARENA_ARRAY(scratch, Buffer *, slots->count);
    Buffer **best_order = ARENA_ARRAY(scratch, Buffer *, slots->count);
    return search(slots, neighbours, best_order, bound);
}

/* The order in each row. In: rows in any order. Out: one with few crossings, by the barycentres of neighbours
 * in the row above, then below, and so on; the best that was met stays.
 */
#include <stdlib.h>
#include <string.h>

#include "view/layout_parts.h"

enum { MOST_SWEEPS = 24, IDLE_SWEEPS = 6 };

typedef struct Weighed {
    size_t vertex, place;
    double mean;
} Weighed;

static int by_mean(const void *a, const void *b) {
    const Weighed *x = a, *y = b;
    if (x->mean != y->mean) return x->mean < y->mean ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

static double mean_place(const Sketch *s, const IndexList *neighbours, size_t otherwise) {
    double sum = 0;
    for (size_t i = 0; i < neighbours->count; i++) sum += (double)s->vertices[neighbours->at[i]].place;
    return neighbours->count ? sum / (double)neighbours->count : (double)otherwise;
}

static void sort_row(Sketch *s, Row *row, bool downwards, Weighed *scratch) {
    for (size_t i = 0; i < row->count; i++) {
        const Vertex *v = &s->vertices[row->at[i]];
        scratch[i] = (Weighed){row->at[i], i, mean_place(s, downwards ? &v->above : &v->below, i)};
    }
    qsort(scratch, row->count, sizeof *scratch, by_mean);
    for (size_t i = 0; i < row->count; i++) {
        row->at[i] = scratch[i].vertex;
        s->vertices[row->at[i]].place = i;
    }
}

static int by_number(const void *a, const void *b) {
    const size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return x < y ? -1 : x > y;
}

/* Edges below a row that cross: inversions, counted in a tree of sums over the places of the row below. */
static size_t row_crossings(const Sketch *s, const Row *row, size_t n_below, size_t *tree, size_t *ends) {
    size_t crossings = 0, seen = 0;
    memset(tree, 0, (n_below + 1) * sizeof *tree);
    for (size_t i = 0; i < row->count; i++) {
        const IndexList *below = &s->vertices[row->at[i]].below;
        for (size_t k = 0; k < below->count; k++) ends[k] = s->vertices[below->at[k]].place;
        qsort(ends, below->count, sizeof *ends, by_number);
        for (size_t k = 0; k < below->count; k++) {
            size_t before = 0; /* ends seen at this place or left of it */
            for (size_t at = ends[k] + 1; at > 0; at &= at - 1) before += tree[at];
            crossings += seen - before;
            for (size_t at = ends[k] + 1; at <= n_below; at += at & (~at + 1)) tree[at]++;
            seen++;
        }
    }
    return crossings;
}

static size_t most_in_a_row(const Sketch *s) {
    size_t most = 1;
    for (size_t i = 0; i < s->n_rows; i++)
        if (s->rows[i].count > most) most = s->rows[i].count;
    return most;
}

static size_t count_crossings(const Sketch *s, size_t *tree, size_t *ends) {
    size_t sum = 0;
    for (size_t i = 0; i + 1 < s->n_rows; i++)
        sum += row_crossings(s, &s->rows[i], s->rows[i + 1].count, tree, ends);
    return sum;
}

static void keep(const Sketch *s, size_t *places) {
    for (size_t i = 0; i < s->n_vertices; i++) places[i] = s->vertices[i].place;
}

static void restore(Sketch *s, const size_t *places) {
    for (size_t i = 0; i < s->n_vertices; i++) {
        Vertex *v = &s->vertices[i];
        v->place = places[i];
        s->rows[v->rank].at[v->place] = i;
    }
}

void sketch_order(Sketch *s) {
    const size_t most = most_in_a_row(s);
    Weighed *scratch = ARENA_ARRAY(s->arena, Weighed, most);
    size_t *tree = ARENA_ARRAY(s->arena, size_t, most + 1),
           *ends = ARENA_ARRAY(s->arena, size_t, s->layout->n_edges + s->n_vertices);
    size_t *best = ARENA_ARRAY(s->arena, size_t, s->n_vertices);
    size_t fewest = count_crossings(s, tree, ends), idle = 0;
    keep(s, best);
    for (int sweep = 0; sweep < MOST_SWEEPS && fewest > 0 && idle < IDLE_SWEEPS; sweep++) {
        const bool downwards = sweep % 2 == 0;
        for (size_t i = 1; i < s->n_rows; i++)
            sort_row(s, &s->rows[downwards ? i : s->n_rows - 1 - i], downwards, scratch);
        const size_t crossings = count_crossings(s, tree, ends);
        idle = crossings < fewest ? 0 : idle + 1;
        if (crossings >= fewest) continue;
        fewest = crossings;
        keep(s, best);
    }
    restore(s, best);
}

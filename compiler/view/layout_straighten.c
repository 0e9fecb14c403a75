/* Straight ways. In: vertices in their places. Out: each chain (vertices that have only each other) as
 * upright as its rows allow: its members agree on the middle between their outermost, rows push apart what
 * then is too near, and so on until nothing moves.
 */
#include <math.h>

#include "view/layout_parts.h"

enum { ROUNDS = 32 };

/* Of each vertex: the first of its chain. Vertices above come first where rows are walked downwards. */
static size_t *find_chains(const Sketch *s) {
    size_t *chain = ARENA_ARRAY(s->arena, size_t, s->n_vertices);
    for (size_t i = 0; i < s->n_rows; i++)
        for (size_t k = 0; k < s->rows[i].count; k++) {
            const size_t v = s->rows[i].at[k];
            const IndexList *above = &s->vertices[v].above;
            const bool goes_on = above->count == 1 && s->vertices[above->at[0]].below.count == 1;
            chain[v] = goes_on ? chain[above->at[0]] : v;
        }
    return chain;
}

void sketch_straighten(Sketch *s) {
    const size_t *chain = find_chains(s);
    double *low = ARENA_ARRAY(s->arena, double, s->n_vertices),
           *high = ARENA_ARRAY(s->arena, double, s->n_vertices);
    double *want = ARENA_ARRAY(s->arena, double, s->n_vertices);
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < s->n_vertices; i++) low[i] = INFINITY, high[i] = -INFINITY;
        for (size_t i = 0; i < s->n_vertices; i++) {
            low[chain[i]] = fmin(low[chain[i]], s->vertices[i].x);
            high[chain[i]] = fmax(high[chain[i]], s->vertices[i].x);
        }
        for (size_t i = 0; i < s->n_vertices; i++) want[i] = (low[chain[i]] + high[chain[i]]) / 2;
        for (size_t i = 0; i < s->n_rows; i++) sketch_place_row(s, &s->rows[i], want);
    }
}

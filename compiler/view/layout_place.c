/* Horizontal places. In: rows in order. Out: the middle of each vertex, so that long ways are straight.
 *
 * Each vertex wants to stand at the weighted median of its neighbours; a row is placed as near to these
 * wishes as the widths allow (least squares: neighbours that press on each other become one block). Rows take
 * turns, down, where a vertex looks at what is above it, and up. What pushes a trunk aside so moves all of
 * it, and it stays straight.
 */
#include <math.h>
#include <stdlib.h>

#include "view/layout_parts.h"

enum { SWEEPS = 24 };
static const double BOX_GAP = 26, JOINT_GAP = 14;
/* Of an edge between two vertices: a line of boxes holds, a trunk is straight, branches give way. */
static const double LINE = 2, TRUNK = 8, BRANCH = 1;
static const double BOX_MASS = 4096; /* of a joint: 1. Trunks go round boxes, boxes stay in line. */

typedef struct Wish {
    double x, weight;
} Wish;

static double edge_weight(const Vertex *a, const Vertex *b) {
    if (a->box && b->box) return LINE;
    return a->box || b->box ? BRANCH : TRUNK;
}

static int by_x(const void *a, const void *b) {
    const Wish *x = a, *y = b;
    if (x->x != y->x) return x->x < y->x ? -1 : 1;
    return x->weight < y->weight ? -1 : x->weight > y->weight;
}

static size_t collect(const Sketch *s, const Vertex *v, const IndexList *neighbours, Wish *out) {
    for (size_t i = 0; i < neighbours->count; i++) {
        const Vertex *other = &s->vertices[neighbours->at[i]];
        out[i] = (Wish){other->x, edge_weight(v, other)};
    }
    return neighbours->count;
}

/* The middle of where half the weight is reached. */
static double median(Wish *wishes, size_t count) {
    double total = 0, sum = 0;
    for (size_t i = 0; i < count; i++) total += wishes[i].weight;
    qsort(wishes, count, sizeof *wishes, by_x);
    for (size_t i = 0; i < count; i++) {
        sum += wishes[i].weight;
        if (sum * 2 > total) return wishes[i].x;
        if (sum * 2 == total && i + 1 < count) return (wishes[i].x + wishes[i + 1].x) / 2;
    }
    return 0;
}

typedef enum Side { FROM_ABOVE, FROM_BELOW } Side;

static double wanted(const Sketch *s, const Vertex *v, Side side, Wish *wishes) {
    const IndexList *first = side == FROM_ABOVE ? &v->above : &v->below;
    const IndexList *other = side == FROM_ABOVE ? &v->below : &v->above;
    const size_t count = collect(s, v, first->count ? first : other, wishes);
    return count ? median(wishes, count) : v->x;
}

static double distance(const Vertex *a, const Vertex *b) {
    return a->half + b->half + (a->box && b->box ? BOX_GAP : JOINT_GAP);
}

void sketch_place_row(Sketch *s, const Row *row, const double *want) {
    Block *blocks = s->blocks;
    size_t n = 0;
    double shift = 0;
    for (size_t i = 0; i < row->count; i++) {
        const Vertex *v = &s->vertices[row->at[i]];
        if (i > 0) shift += distance(&s->vertices[row->at[i - 1]], v);
        blocks[n++] = (Block){want[row->at[i]] - shift, v->box ? BOX_MASS : 1, 1};
        for (; n > 1 && blocks[n - 2].want > blocks[n - 1].want; n--) {
            Block *a = &blocks[n - 2], *b = &blocks[n - 1];
            a->want = (a->want * a->mass + b->want * b->mass) / (a->mass + b->mass);
            a->mass += b->mass;
            a->count += b->count;
        }
    }
    shift = 0;
    for (size_t block = 0, i = 0; block < n; block++)
        for (size_t k = 0; k < blocks[block].count; k++, i++) {
            Vertex *v = &s->vertices[row->at[i]];
            if (i > 0) shift += distance(&s->vertices[row->at[i - 1]], v);
            v->x = blocks[block].want + shift;
        }
}

static void pack_row(Sketch *s, const Row *row) {
    for (size_t i = 1; i < row->count; i++) {
        const Vertex *left = &s->vertices[row->at[i - 1]];
        Vertex *v = &s->vertices[row->at[i]];
        v->x = left->x + distance(left, v);
    }
}

/* Where a row is one box, all below it may move as one: the boxes that the whole drawing hangs on stand in
 * one line, though the branches between two of them lie to one side. */
static void align_lone_boxes(Sketch *s) {
    bool any = false;
    double line = 0, shift = 0;
    for (size_t i = 0; i < s->n_rows; i++) {
        const Row *row = &s->rows[i];
        const bool lone = row->count == 1 && s->vertices[row->at[0]].box;
        if (lone && any) shift = line - s->vertices[row->at[0]].x;
        for (size_t k = 0; k < row->count; k++) s->vertices[row->at[k]].x += shift;
        if (lone) line = s->vertices[row->at[0]].x;
        any |= lone;
    }
}

void sketch_place(Sketch *s) {
    size_t widest = 1, busiest = 1;
    for (size_t i = 0; i < s->n_rows; i++)
        if (s->rows[i].count > widest) widest = s->rows[i].count;
    for (size_t i = 0; i < s->n_vertices; i++) {
        const size_t degree = s->vertices[i].above.count + s->vertices[i].below.count;
        if (degree > busiest) busiest = degree;
    }
    Wish *wishes = ARENA_ARRAY(s->arena, Wish, busiest);
    double *want = ARENA_ARRAY(s->arena, double, s->n_vertices);
    s->blocks = ARENA_ARRAY(s->arena, Block, widest);
    for (size_t i = 0; i < s->n_rows; i++) pack_row(s, &s->rows[i]);
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        const bool downwards = sweep % 2 == 0;
        const Side side = downwards ? FROM_ABOVE : FROM_BELOW;
        for (size_t i = 0; i < s->n_rows; i++) {
            const Row *row = &s->rows[downwards ? i : s->n_rows - 1 - i];
            for (size_t k = 0; k < row->count; k++)
                want[row->at[k]] = wanted(s, &s->vertices[row->at[k]], side, wishes);
            sketch_place_row(s, row, want);
        }
    }
    sketch_straighten(s);
    align_lone_boxes(s);
}

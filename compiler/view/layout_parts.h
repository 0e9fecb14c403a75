/* What the parts of the layout share: boxes, and the joints of edges that pass a row, as vertices in rows.
 * The edges that leave one box share their joints: a trunk beside the boxes, from which they branch off.
 */
#ifndef LAMINA_VIEW_LAYOUT_PARTS_H
#define LAMINA_VIEW_LAYOUT_PARTS_H

#include <stdbool.h>

#include "view/layout.h"

typedef VEC(size_t) IndexList;

typedef struct Vertex {
    size_t rank, place; /* row, and position in it */
    bool box;           /* else a joint */
    double half;        /* of its width */
    double x;           /* of its middle */
    IndexList above, below;
} Vertex;

typedef struct Row {
    size_t *at; /* vertices, from left to right */
    size_t count;
    double top, height;
} Row;

/* Vertices of a row that press on each other: where their first would stand. */
typedef struct Block {
    double want, mass;
    size_t count;
} Block;

typedef struct Sketch {
    Arena *arena;
    Layout *layout;
    Vertex *vertices; /* the boxes first, by their numbers */
    size_t n_vertices;
    size_t *trunk; /* of each box: its first joint, which is one row below it */
    Row *rows;
    size_t n_rows;
    Block *blocks; /* room for a row's */
} Sketch;

/* Orders the vertices of each row so that few edges cross (layout_order.c). */
void sketch_order(Sketch *sketch);
/* Finds Vertex.x: edges straight where they can be, the longest ways first (layout_place.c). */
void sketch_place(Sketch *sketch);
/* Places a row as near to what its vertices want (by vertex) as their widths allow. */
void sketch_place_row(Sketch *sketch, const Row *row, const double *want);
/* Makes chains of vertices upright (layout_straighten.c). */
void sketch_straighten(Sketch *sketch);
/* Gives rows and boxes their places, and edges their points (layout_route.c). */
void sketch_route(Sketch *sketch);

#endif

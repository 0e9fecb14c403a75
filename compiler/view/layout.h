/* Layout: where the boxes of a layered drawing stand, and how its edges run.
 *
 * In:  boxes with their sizes, in an order of execution; edges from boxes to later ones, in the order of
 * `to`. Out: the place of each box, the points of each edge, and the size of the whole. Invariants: boxes do
 * not overlap; an edge runs through no box; the same input gives the same drawing.
 */
#ifndef LAMINA_VIEW_LAYOUT_H
#define LAMINA_VIEW_LAYOUT_H

#include "base/vec.h"

typedef struct LayoutPoint {
    double x, y;
} LayoutPoint;

typedef struct LayoutBox {
    double width, height; /* given */
    double x, y;          /* found: the upper left corner */
    size_t rank;          /* found: the row, from the top */
} LayoutBox;

/* Points come in pairs: from the first of a pair to the second the edge is a vertical line, from there to the
 * next pair it goes through the space between two rows. */
typedef struct LayoutEdge {
    size_t from, to; /* given: from < to */
    LayoutPoint *points;
    size_t n_points;
} LayoutEdge;

typedef struct Layout {
    LayoutBox *boxes;
    size_t n_boxes;
    LayoutEdge *edges;
    size_t n_edges;
    double width, height; /* found */
} Layout;

void layout_find(Arena *arena, Layout *layout);

#endif

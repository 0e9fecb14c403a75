/* Vertical places, and the routes of edges. In: the middle of each vertex. Out: corners of boxes, points of
 * edges. In a row an edge is a vertical line at its joint, which no box of the row touches; between rows
 * there is no box.
 */
#include <math.h>

#include "view/layout_parts.h"

static const double ROW_GAP = 24, MOST_GAP = 60, SLOPE = 0.06; /* steeper gaps where edges go far */
static const double PORT = 12;                                 /* between the ends of edges at one box */

/* How far the edges below a row go sideways at most. */
static double spread(const Sketch *s, const Row *row) {
    double most = 0;
    for (size_t i = 0; i < row->count; i++) {
        const Vertex *v = &s->vertices[row->at[i]];
        for (size_t k = 0; k < v->below.count; k++) {
            const double d = fabs(s->vertices[v->below.at[k]].x - v->x);
            if (d > most) most = d;
        }
    }
    return most;
}

static void place_rows(Sketch *s) {
    double y = 0;
    for (size_t i = 0; i < s->n_rows; i++) {
        Row *row = &s->rows[i];
        for (size_t k = 0; k < row->count; k++) {
            const size_t v = row->at[k];
            if (s->vertices[v].box && s->layout->boxes[v].height > row->height)
                row->height = s->layout->boxes[v].height;
        }
        row->top = y;
        y += row->height;
        s->layout->height = y;
        y += fmin(ROW_GAP + SLOPE * spread(s, row), MOST_GAP);
    }
}

static void place_boxes(Sketch *s) {
    double left = INFINITY, right = -INFINITY;
    for (size_t i = 0; i < s->n_vertices; i++) {
        left = fmin(left, s->vertices[i].x - s->vertices[i].half);
        right = fmax(right, s->vertices[i].x + s->vertices[i].half);
    }
    for (size_t i = 0; i < s->n_vertices; i++) s->vertices[i].x -= left;
    s->layout->width = right - left;
    for (size_t i = 0; i < s->layout->n_boxes; i++) {
        LayoutBox *box = &s->layout->boxes[i];
        const Row *row = &s->rows[box->rank];
        box->x = s->vertices[i].x - box->width / 2;
        box->y = row->top + (row->height - box->height) / 2;
    }
}

/* Where an edge from `x` ends at the top of the box: straight below, where nothing else does; others keep the
 * order in which they come. */
static double port(const Sketch *s, size_t box, size_t from) {
    const Vertex *v = &s->vertices[box];
    double left = 0, right = 0;
    const double x = s->vertices[from].x;
    for (size_t i = 0; i < v->above.count; i++) {
        const double other = s->vertices[v->above.at[i]].x;
        left += x > v->x && other > v->x + 1 && other < x; /* those between it and the middle */
        right += x < v->x && other < v->x - 1 && other > x;
    }
    const double step = fmin(PORT, v->half * 0.9 / (double)v->above.count);
    if (v->above.count == 1 || fabs(x - v->x) < 1) return v->x;
    return x > v->x ? v->x + step * (left + 1) : v->x - step * (right + 1);
}

static void route(Sketch *s, LayoutEdge *edge) {
    const LayoutBox *from = &s->layout->boxes[edge->from], *to = &s->layout->boxes[edge->to];
    const size_t joints = to->rank - from->rank - 1;
    LayoutPoint *p = edge->points = ARENA_ARRAY(s->arena, LayoutPoint, 2 * joints + 4);
    double x = s->vertices[edge->from].x;
    const Row *row = &s->rows[from->rank];
    *p++ = (LayoutPoint){x, from->y + from->height};
    *p++ = (LayoutPoint){x, row->top + row->height};
    for (size_t i = 0; i < joints; i++) {
        row = &s->rows[from->rank + 1 + i];
        x = s->vertices[s->trunk[edge->from] + i].x;
        *p++ = (LayoutPoint){x, row->top};
        *p++ = (LayoutPoint){x, row->top + row->height};
    }
    x = port(s, edge->to, joints ? s->trunk[edge->from] + joints - 1 : edge->from);
    *p++ = (LayoutPoint){x, s->rows[to->rank].top};
    *p++ = (LayoutPoint){x, to->y};
    edge->n_points = 2 * joints + 4;
}

void sketch_route(Sketch *s) {
    place_rows(s);
    place_boxes(s);
    for (size_t i = 0; i < s->layout->n_edges; i++) route(s, &s->layout->edges[i]);
}

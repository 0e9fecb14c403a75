/* Layered drawing after Sugiyama: rows by the longest way, joints where edges pass rows, then order, places
 * and routes (the other layout_*.c).
 */
#include "view/layout.h"

#include "view/layout_parts.h"

/* A box stands below all that it reads; what reads nothing stands right above its first reader. */
static size_t find_ranks(Layout *layout) {
    size_t n_rows = 0;
    for (size_t i = 0; i < layout->n_boxes; i++) layout->boxes[i].rank = 0;
    for (size_t i = 0; i < layout->n_edges; i++) { /* in the order of their readers */
        LayoutBox *from = &layout->boxes[layout->edges[i].from], *to = &layout->boxes[layout->edges[i].to];
        if (to->rank < from->rank + 1) to->rank = from->rank + 1;
    }
    for (size_t i = 0; i < layout->n_boxes; i++)
        if (layout->boxes[i].rank >= n_rows) n_rows = layout->boxes[i].rank + 1;
    return n_rows;
}

static void lower_sources(Arena *arena, Layout *layout) {
    size_t *least = ARENA_ARRAY(arena, size_t, layout->n_boxes); /* row of the first reader; 0: none */
    for (size_t i = 0; i < layout->n_edges; i++) {
        const LayoutEdge *edge = &layout->edges[i];
        const size_t row = layout->boxes[edge->to].rank;
        if (least[edge->from] == 0 || row < least[edge->from]) least[edge->from] = row;
    }
    for (size_t i = 0; i < layout->n_boxes; i++)
        if (layout->boxes[i].rank == 0 && least[i] > 1) layout->boxes[i].rank = least[i] - 1;
}

static void join(Sketch *s, size_t upper, size_t lower) {
    vec_push(s->arena, &s->vertices[upper].below, lower);
    vec_push(s->arena, &s->vertices[lower].above, upper);
}

/* Joints of each box: for the rows between it and its last reader. */
static size_t count_joints(Sketch *s, size_t *length) {
    const Layout *layout = s->layout;
    size_t count = layout->n_boxes;
    for (size_t i = 0; i < layout->n_edges; i++) {
        const LayoutEdge *edge = &layout->edges[i];
        const size_t rows = layout->boxes[edge->to].rank - layout->boxes[edge->from].rank - 1;
        if (rows > length[edge->from]) length[edge->from] = rows;
    }
    for (size_t i = 0; i < layout->n_boxes; i++) {
        s->trunk[i] = count;
        count += length[i];
    }
    return count;
}

static void make_vertices(Sketch *s) {
    const Layout *layout = s->layout;
    size_t *length = ARENA_ARRAY(s->arena, size_t, layout->n_boxes);
    s->trunk = ARENA_ARRAY(s->arena, size_t, layout->n_boxes);
    s->n_vertices = count_joints(s, length);
    s->vertices = ARENA_ARRAY(s->arena, Vertex, s->n_vertices);
    for (size_t i = 0; i < layout->n_boxes; i++) {
        const LayoutBox *box = &layout->boxes[i];
        s->vertices[i] = (Vertex){.rank = box->rank, .box = true, .half = box->width / 2};
        for (size_t k = 0; k < length[i]; k++) s->vertices[s->trunk[i] + k].rank = box->rank + 1 + k;
    }
    for (size_t i = 0; i < layout->n_boxes; i++)
        for (size_t k = 0; k < length[i]; k++) join(s, k ? s->trunk[i] + k - 1 : i, s->trunk[i] + k);
    for (size_t i = 0; i < layout->n_edges; i++) {
        const LayoutEdge *edge = &layout->edges[i];
        const size_t rows = layout->boxes[edge->to].rank - layout->boxes[edge->from].rank - 1;
        join(s, rows ? s->trunk[edge->from] + rows - 1 : edge->from, edge->to);
    }
}

static void fill_rows(Sketch *s) {
    s->rows = ARENA_ARRAY(s->arena, Row, s->n_rows);
    for (size_t i = 0; i < s->n_vertices; i++) s->rows[s->vertices[i].rank].count++;
    for (size_t i = 0; i < s->n_rows; i++) {
        s->rows[i].at = ARENA_ARRAY(s->arena, size_t, s->rows[i].count);
        s->rows[i].count = 0;
    }
    for (size_t i = 0; i < s->n_vertices; i++) {
        Row *row = &s->rows[s->vertices[i].rank];
        s->vertices[i].place = row->count;
        row->at[row->count++] = i;
    }
}

void layout_find(Arena *arena, Layout *layout) {
    Sketch sketch = {.arena = arena, .layout = layout};
    layout->width = layout->height = 0;
    if (layout->n_boxes == 0) return;
    sketch.n_rows = find_ranks(layout);
    lower_sources(arena, layout);
    make_vertices(&sketch);
    fill_rows(&sketch);
    sketch_order(&sketch);
    sketch_place(&sketch);
    sketch_route(&sketch);
}

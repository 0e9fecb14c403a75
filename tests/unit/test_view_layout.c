/* The layout of pictures: on random graphs no box overlaps another and no edge runs through one; a chain is
 * straight.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "view/layout.h"

static uint64_t next(uint64_t *seed, uint64_t bound) {
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (*seed >> 33) % bound;
}

/* Each box reads up to three of the boxes before it, the near ones more often. */
static Layout random_graph(Arena *arena, uint64_t seed, size_t n) {
    Layout layout = {.n_boxes = n};
    layout.boxes = ARENA_ARRAY(arena, LayoutBox, n);
    layout.edges = ARENA_ARRAY(arena, LayoutEdge, 3 * n);
    for (size_t i = 0; i < n; i++) {
        layout.boxes[i].width = 60 + (double)next(&seed, 160);
        layout.boxes[i].height = next(&seed, 8) ? 40 : 200;
        for (uint64_t k = next(&seed, 4); i > 0 && k > 0; k--) {
            const size_t back = 1 + next(&seed, next(&seed, 3) ? 3 : i);
            layout.edges[layout.n_edges++] = (LayoutEdge){.from = back > i ? 0 : i - back, .to = i};
        }
    }
    layout_find(arena, &layout);
    return layout;
}

static void check_boxes(const Layout *layout) {
    for (size_t i = 0; i < layout->n_boxes; i++) {
        const LayoutBox *a = &layout->boxes[i];
        assert_true(a->x >= -0.01 && a->x + a->width <= layout->width + 0.01);
        assert_true(a->y >= -0.01 && a->y + a->height <= layout->height + 0.01);
        for (size_t k = 0; k < i; k++) {
            const LayoutBox *b = &layout->boxes[k];
            assert_true(a->x + a->width <= b->x || b->x + b->width <= a->x || a->y + a->height <= b->y ||
                        b->y + b->height <= a->y);
        }
    }
}

/* What an edge may touch between two of its points: a line or a curve stays in the rectangle of its ends. */
static void check_way(const Layout *layout, const LayoutEdge *edge, size_t point) {
    const LayoutPoint a = edge->points[point], b = edge->points[point + 1];
    const double left = a.x < b.x ? a.x : b.x, right = a.x < b.x ? b.x : a.x;
    assert_true(a.y <= b.y);
    for (size_t i = 0; i < layout->n_boxes; i++) {
        const LayoutBox *box = &layout->boxes[i];
        const bool beside = right <= box->x || left >= box->x + box->width;
        assert_true(beside || b.y <= box->y || a.y >= box->y + box->height);
    }
}

static void check_edges(const Layout *layout) {
    for (size_t i = 0; i < layout->n_edges; i++) {
        const LayoutEdge *edge = &layout->edges[i];
        const LayoutBox *from = &layout->boxes[edge->from], *to = &layout->boxes[edge->to];
        const LayoutPoint first = edge->points[0], last = edge->points[edge->n_points - 1];
        assert_true(first.x > from->x && first.x < from->x + from->width &&
                    first.y == from->y + from->height);
        assert_true(last.x > to->x && last.x < to->x + to->width && last.y == to->y);
        for (size_t k = 0; k + 1 < edge->n_points; k++) check_way(layout, edge, k);
    }
}

static void test_random_graphs(void **state) {
    for (uint64_t seed = 1; seed <= 40; seed++) {
        Arena *arena = arena_new();
        const Layout layout = random_graph(arena, seed, 3 + seed * 2);
        check_boxes(&layout);
        check_edges(&layout);
        const Layout again = random_graph(arena, seed, 3 + seed * 2);
        assert_memory_equal(layout.boxes, again.boxes, layout.n_boxes * sizeof *layout.boxes);
        arena_free(arena);
    }
    (void)state;
}

static double middle(const LayoutBox *box) {
    return box->x + box->width / 2;
}

/* A line of boxes with an edge past all of them, as in residual networks. */
static void test_a_line_with_a_skip_is_straight(void **state) {
    Arena *arena = arena_new();
    enum { N = 9 };
    Layout layout = {.n_boxes = N, .boxes = ARENA_ARRAY(arena, LayoutBox, N)};
    layout.edges = ARENA_ARRAY(arena, LayoutEdge, N);
    for (size_t i = 0; i < N; i++) {
        layout.boxes[i].width = i % 2 ? 200 : 100;
        layout.boxes[i].height = 40;
        if (i) layout.edges[layout.n_edges++] = (LayoutEdge){.from = i - 1, .to = i};
    }
    layout.edges[layout.n_edges++] = (LayoutEdge){.from = 0, .to = N - 1};
    layout_find(arena, &layout);
    for (size_t i = 1; i < N; i++)
        assert_true(fabs(middle(&layout.boxes[i]) - middle(&layout.boxes[0])) < 0.5);
    const LayoutEdge *skip = &layout.edges[N - 1];
    for (size_t k = 3; k + 2 < skip->n_points; k++)
        assert_true(fabs(skip->points[k].x - skip->points[2].x) < 0.5);
    check_edges(&layout);
    arena_free(arena);
    (void)state;
}

static void test_nothing_and_one(void **state) {
    Arena *arena = arena_new();
    Layout layout = {0};
    layout_find(arena, &layout);
    assert_true(layout.width == 0 && layout.height == 0);
    LayoutBox box = {.width = 30, .height = 20};
    layout = (Layout){.boxes = &box, .n_boxes = 1};
    layout_find(arena, &layout);
    assert_true(layout.width == 30 && layout.height == 20 && box.x == 0 && box.y == 0);
    arena_free(arena);
    (void)state;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_graphs),
                                       cmocka_unit_test(test_a_line_with_a_skip_is_straight),
                                       cmocka_unit_test(test_nothing_and_one)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

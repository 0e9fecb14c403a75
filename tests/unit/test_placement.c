/* Placement of buffers by lifetimes: nothing that lives at the same time overlaps, few or many; the bound is
 * reached where placing in a fixed order does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plan/placement.h"

enum { SLOT = 64 };

static uint32_t next_random(uint32_t *random) {
    *random = *random * 1664525u + 1013904223u;
    return *random >> 8;
}

static Slots random_slots(Arena *arena, size_t count, size_t n_steps, uint32_t seed) {
    Slots slots = {ARENA_ARRAY(arena, Buffer *, count), count};
    for (size_t i = 0; i < count; i++) {
        Buffer *buffer = slots.at[i] = ARENA_NEW(arena, Buffer);
        const size_t life = next_random(&seed) % 8 == 0 ? n_steps : 4;
        buffer->index = i;
        buffer->bytes = SLOT * (next_random(&seed) % 50); /* none, too */
        buffer->first = next_random(&seed) % n_steps;
        buffer->last = buffer->first + next_random(&seed) % life;
        if (buffer->last >= n_steps) buffer->last = n_steps - 1;
    }
    return slots;
}

static void assert_apart(const Slots *slots, size_t total) {
    for (size_t i = 0; i < slots->count; i++) {
        const Buffer *a = slots->at[i];
        assert_true(a->offset + a->bytes <= total);
        for (size_t k = 0; k < i; k++) {
            const Buffer *b = slots->at[k];
            if (a->first > b->last || b->first > a->last || a->bytes == 0 || b->bytes == 0) continue;
            assert_true(a->offset + a->bytes <= b->offset || b->offset + b->bytes <= a->offset);
        }
    }
}

static size_t slow_bound(const Slots *slots, size_t n_steps) {
    size_t most = 0;
    for (size_t step = 0; step < n_steps; step++) {
        size_t live = 0;
        for (size_t i = 0; i < slots->count; i++)
            if (slots->at[i]->first <= step && step <= slots->at[i]->last) live += slots->at[i]->bytes;
        most = live > most ? live : most;
    }
    return most;
}

static void nothing_overlaps(void **state) {
    (void)state;
    static const size_t counts[] = {0, 1, 2, 20, 60, 1500};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        for (uint32_t seed = 1; seed < 6; seed++) {
            Arena *arena = arena_new();
            const size_t n_steps = counts[i] / 2 + 1;
            const Slots slots = random_slots(arena, counts[i], n_steps, seed);
            const size_t bound = placement_bound(arena, &slots, n_steps);
            assert_int_equal(bound, slow_bound(&slots, n_steps));
            const size_t total = placement_find(arena, &slots, n_steps, bound);
            assert_true(total >= bound && total <= bound + bound / 2);
            assert_apart(&slots, total);
            arena_free(arena);
        }
}

/* Attention: the three projections, the scores and the shortcut, none of which sorting by size or life places
 * well. */
static void the_bound_is_reached_by_search(void **state) {
    (void)state;
    static const size_t lives[][3] = {{2, 0, 4}, {2, 1, 3}, {2, 2, 4}, {4, 3, 4}, {1, 0, 3},
                                      {2, 4, 6}, {2, 5, 7}, {8, 6, 7}, {2, 7, 8}, {3, 1, 2}};
    enum { COUNT = sizeof lives / sizeof lives[0], STEPS = 9 };
    Arena *arena = arena_new();
    Buffer buffers[COUNT], *at[COUNT];
    memset(buffers, 0, sizeof buffers);
    for (size_t i = 0; i < COUNT; i++) {
        buffers[i].index = i;
        buffers[i].bytes = lives[i][0] * SLOT, buffers[i].first = lives[i][1], buffers[i].last = lives[i][2];
        at[i] = &buffers[i];
    }
    const Slots slots = {at, COUNT};
    const size_t bound = placement_bound(arena, &slots, STEPS);
    assert_int_equal(placement_find(arena, &slots, STEPS, bound), bound);
    assert_apart(&slots, bound);
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_overlaps),
        cmocka_unit_test(the_bound_is_reached_by_search),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Vec: a growing array in an arena. `VEC(int) v = {0}; vec_push(arena, &v, 3); v.at[0]; v.count`. */
#ifndef LAMINA_BASE_VEC_H
#define LAMINA_BASE_VEC_H

#include "base/arena.h"

#define VEC(Type)                                                                                            \
    struct {                                                                                                 \
        Type *at;                                                                                            \
        size_t count, capacity;                                                                              \
    }

#define vec_reserve(arena, v, wanted)                                                                        \
    ((v)->capacity < (wanted) ? (void)((v)->at = vec_grow((arena), (v)->at, (v)->count, &(v)->capacity,      \
                                                          (wanted), sizeof *(v)->at))                        \
                              : (void)0)
#define vec_push(arena, v, item)                                                                             \
    (vec_reserve((arena), (v), (v)->count + 1), (void)((v)->at[(v)->count++] = (item)))

/* The array moved to a place for at least `wanted` elements; `*capacity` becomes the new capacity. */
static inline void *vec_grow(Arena *arena, const void *old, size_t count, size_t *capacity, size_t wanted,
                             size_t size) {
    const size_t grown = *capacity     ? *capacity * 2
                         : wanted == 1 ? 4
                                       : wanted; /* 1: pushed, more will follow */
    *capacity = grown < wanted ? wanted : grown;
    return arena_grow_array(arena, old, count, *capacity, size);
}

#endif

/* The walk over the elements of a broadcast operation, last axis first, for the kernels that look at one
 * after another. */
#pragma once

#include "include/lmrt.h"

/* The element of an input at the index of the result. */
LMRT_INLINE ptrdiff_t lmrt_walk_at(size_t rank, const size_t *index, const ptrdiff_t *stride) {
    ptrdiff_t at = 0;
    for (size_t i = 0; i < rank; i++) at += (ptrdiff_t)index[i] * stride[i];
    return at;
}

/* To the next index; 0 after the last. */
LMRT_INLINE int lmrt_walk_next(const lmrt_broadcast *d, size_t *index) {
    size_t axis = d->rank;
    while (axis > 0 && ++index[axis - 1] == d->extent[axis - 1]) index[--axis] = 0;
    return axis > 0;
}

/* 1 where there is nothing to walk over. */
LMRT_INLINE int lmrt_walk_empty(const lmrt_broadcast *d) {
    for (size_t i = 0; i < d->rank; i++)
        if (d->extent[i] == 0) return 1;
    return 0;
}

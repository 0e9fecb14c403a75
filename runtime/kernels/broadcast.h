/* The walk over the rows of a broadcast operation: axes that lie behind one another in both inputs are joined
 * first, so that equal shapes are one long row. A row function takes n elements, a step of 0 repeats one. */
#pragma once

#include "simd/simd.h"

typedef void LMRT(row_function)(size_t n, const void *a, ptrdiff_t a_step, const void *b, ptrdiff_t b_step,
                                void *y);

/* The same operation with as few axes as possible, at least one. */
LMRT_KERNEL lmrt_broadcast LMRT(broadcast_join)(const lmrt_broadcast *d) {
    lmrt_broadcast joined = {1, {1}, {0}, {0}};
    size_t at = 0; /* the axis being built, counted from the last; turned around at the end */
    for (size_t i = d->rank; i-- > 0;) {
        if (d->extent[i] == 1) continue;
        const ptrdiff_t extent = (ptrdiff_t)joined.extent[at];
        const int first = joined.extent[at] == 1 && at == 0;
        const int behind =
            d->a_stride[i] == joined.a_stride[at] * extent && d->b_stride[i] == joined.b_stride[at] * extent;
        if (!first && !behind) joined.extent[++at] = 1;
        if (first || !behind) {
            joined.a_stride[at] = d->a_stride[i];
            joined.b_stride[at] = d->b_stride[i];
        }
        joined.extent[at] *= d->extent[i];
    }
    joined.rank = at + 1;
    return joined;
}

/* `in` and `out`: bytes of an element of a and b, and of y. */
LMRT_KERNEL void LMRT(broadcast_rows)(const lmrt_broadcast *descriptor, size_t in, size_t out,
                                      LMRT(row_function) *row, const void *a, const void *b, void *y) {
    const lmrt_broadcast d = LMRT(broadcast_join)(descriptor);
    size_t index[LMRT_RANK] = {0}, done = 0;
    ptrdiff_t at_a = 0, at_b = 0;
    for (size_t i = 0; i < d.rank; i++)
        if (d.extent[i] == 0) return;
    for (;;) {
        row(d.extent[0], (const char *)a + at_a * (ptrdiff_t)in, d.a_stride[0],
            (const char *)b + at_b * (ptrdiff_t)in, d.b_stride[0], (char *)y + done * out);
        done += d.extent[0];
        size_t axis = 1;
        for (; axis < d.rank; axis++) {
            at_a += d.a_stride[axis];
            at_b += d.b_stride[axis];
            if (++index[axis] < d.extent[axis]) break;
            at_a -= d.a_stride[axis] * (ptrdiff_t)d.extent[axis];
            at_b -= d.b_stride[axis] * (ptrdiff_t)d.extent[axis];
            index[axis] = 0;
        }
        if (axis == d.rank) return;
    }
}

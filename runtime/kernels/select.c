/* Elements of 1, 2, 4 or 8 bytes chosen from two tensors by bool bytes, all three broadcast. */
#pragma once

#include "include/lmrt.h"

/* `size` is a constant: a memcpy of it is one load and one store. */
LMRT_INLINE void lmrt_select_row(size_t n, const size_t size, const uint8_t *c, ptrdiff_t c_step, const char *a,
                                 ptrdiff_t a_step, const char *b, ptrdiff_t b_step, char *y) {
    for (size_t i = 0; i < n; i++) {
        memcpy(y + i * size, *c ? a : b, size);
        c += c_step;
        a += a_step * (ptrdiff_t)size;
        b += b_step * (ptrdiff_t)size;
    }
}

/* Walks the rows along the last axis; y is contiguous. */
LMRT_INLINE void lmrt_select_rows(const lmrt_selection *d, const size_t size, const uint8_t *c, const void *left,
                                  const void *right, void *out) {
    const size_t rank = d->rank, last = rank > 0 ? rank - 1 : 0, row = rank > 0 ? d->extent[last] : 1;
    const char *a = (const char *)left, *b = (const char *)right;
    const ptrdiff_t bytes = (ptrdiff_t)size;
    char *y = (char *)out;
    size_t index[LMRT_RANK] = {0};
    for (size_t i = 0; i < rank; i++)
        if (d->extent[i] == 0) return;
    for (;;) {
        lmrt_select_row(row, size, c, d->c_stride[last], a, d->a_stride[last], b, d->b_stride[last], y);
        y += row * size;
        size_t axis = last;
        for (; axis > 0; axis--) {
            const ptrdiff_t extent = (ptrdiff_t)d->extent[axis - 1];
            c += d->c_stride[axis - 1];
            a += d->a_stride[axis - 1] * bytes;
            b += d->b_stride[axis - 1] * bytes;
            if (++index[axis - 1] < d->extent[axis - 1]) break;
            c -= d->c_stride[axis - 1] * extent;
            a -= d->a_stride[axis - 1] * extent * bytes;
            b -= d->b_stride[axis - 1] * extent * bytes;
            index[axis - 1] = 0;
        }
        if (axis == 0) return;
    }
}

LMRT_KERNEL void lmrt_select_b1(const lmrt_selection *d, const uint8_t *c, const void *a, const void *b, void *y) {
    lmrt_select_rows(d, 1, c, a, b, y);
}
LMRT_KERNEL void lmrt_select_b2(const lmrt_selection *d, const uint8_t *c, const void *a, const void *b, void *y) {
    lmrt_select_rows(d, 2, c, a, b, y);
}
LMRT_KERNEL void lmrt_select_b4(const lmrt_selection *d, const uint8_t *c, const void *a, const void *b, void *y) {
    lmrt_select_rows(d, 4, c, a, b, y);
}
LMRT_KERNEL void lmrt_select_b8(const lmrt_selection *d, const uint8_t *c, const void *a, const void *b, void *y) {
    lmrt_select_rows(d, 8, c, a, b, y);
}

/* add_i8, mul_i8: sums and products of two quantised tensors with broadcasting. */
#pragma once

#include "kernels/rescale.h"

/* n neighbours of a row; a step of 0 repeats one. */
typedef void LMRT(row_i8)(const lmrt_int8_binary *d, size_t n, const int8_t *a, ptrdiff_t a_step,
                          const int8_t *b, ptrdiff_t b_step, int8_t *y);

LMRT_KERNEL void LMRT(add_row_i8)(const lmrt_int8_binary *d, size_t n, const int8_t *a, ptrdiff_t a_step,
                                  const int8_t *b, ptrdiff_t b_step, int8_t *y) {
    const int32_t a_zero = (int32_t)d->a_zero, b_zero = (int32_t)d->b_zero;
    for (size_t i = 0; i < n; i++, a += a_step, b += b_step)
        y[i] = LMRT(limited)(LMRT(rescaled_pair)(*a - a_zero, (int32_t)d->multiplier, (int32_t)d->shift,
                                                 *b - b_zero, (int32_t)d->b_multiplier, (int32_t)d->b_shift),
                             (int32_t)d->y_zero, (int32_t)d->low, (int32_t)d->high);
}

LMRT_KERNEL void LMRT(mul_row_i8)(const lmrt_int8_binary *d, size_t n, const int8_t *a, ptrdiff_t a_step,
                                  const int8_t *b, ptrdiff_t b_step, int8_t *y) {
    const int32_t a_zero = (int32_t)d->a_zero, b_zero = (int32_t)d->b_zero;
    for (size_t i = 0; i < n; i++, a += a_step, b += b_step)
        y[i] = LMRT(limited)(
            LMRT(rescaled)((*a - a_zero) * (*b - b_zero), (int32_t)d->multiplier, (int32_t)d->shift),
            (int32_t)d->y_zero, (int32_t)d->low, (int32_t)d->high);
}

/* One row after another, along the last axis. */
LMRT_INLINE void LMRT(rows_i8)(const lmrt_int8_binary *d, LMRT(row_i8) *row, const int8_t *a, const int8_t *b,
                               int8_t *y) {
    const size_t last = d->rank - 1, n = d->extent[last];
    size_t index[LMRT_RANK] = {0};
    for (size_t i = 0; i < d->rank; i++)
        if (d->extent[i] == 0) return;
    for (;;) {
        ptrdiff_t at_a = 0, at_b = 0;
        for (size_t i = 0; i < last; i++) {
            at_a += (ptrdiff_t)index[i] * d->a_stride[i];
            at_b += (ptrdiff_t)index[i] * d->b_stride[i];
        }
        row(d, n, a + at_a, d->a_stride[last], b + at_b, d->b_stride[last], y);
        y += n;
        size_t axis = last;
        while (axis > 0 && ++index[axis - 1] == d->extent[axis - 1]) index[--axis] = 0;
        if (axis == 0) return;
    }
}

LMRT_KERNEL void LMRT(add_i8)(const lmrt_int8_binary *d, const int8_t *a, const int8_t *b, int8_t *y) {
    LMRT(rows_i8)(d, LMRT(add_row_i8), a, b, y);
}

LMRT_KERNEL void LMRT(mul_i8)(const lmrt_int8_binary *d, const int8_t *a, const int8_t *b, int8_t *y) {
    LMRT(rows_i8)(d, LMRT(mul_row_i8), a, b, y);
}

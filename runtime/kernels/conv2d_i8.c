/* conv2d_i8: a convolution, outside of whose input is the input's zero. */
#pragma once

#include "kernels/tile_i8.h"

/* The terms of one row of taps at an output pixel whose taps may lie outside, tap by tap. */
LMRT_INLINE void LMRT(taps_i8)(const lmrt_int8_conv2d *d, size_t row, ptrdiff_t left, size_t terms,
                               int inside, const int8_t *x, const int8_t *w, int32_t *sum) {
    for (size_t tap = 0; tap < d->kernel_w; tap++) {
        const ptrdiff_t column = left + (ptrdiff_t)(tap * d->dilation_w);
        const int here = inside && column >= 0 && column < (ptrdiff_t)d->in_w;
        const int8_t *at = here ? x + (row * d->in_w + (size_t)column) * d->in_c : NULL;
        for (size_t c = 0; c < terms; c++) {
            const size_t k = tap * terms + c; /* its place in a segment of the whole row */
            const int8_t *weight =
                d->dilation_w == 1 && d->groups == 1
                    ? w + k / 4 * 4 * LMRT_PANEL + k % 4
                    : w + tap * ((terms + 3) / 4 * 4 * LMRT_PANEL) + c / 4 * 4 * LMRT_PANEL + c % 4;
            const int32_t term = at ? at[c] : (int32_t)d->x_zero;
            for (size_t i = 0; i < LMRT_PANEL; i++) sum[i] += term * weight[4 * i];
        }
    }
}

LMRT_KERNEL void LMRT(conv2d_i8)(const lmrt_int8_conv2d *d, const int8_t *x, const int8_t *w,
                                 const int32_t *channels, const int8_t *residual, int8_t *y) {
    const LMRT(output_i8) out = {(int32_t)d->y_zero, (int32_t)d->low,          (int32_t)d->high,
                                 (int32_t)d->r_zero, (int32_t)d->r_multiplier, (int32_t)d->r_shift};
    const size_t terms = d->in_c / d->groups, columns = d->out_c / d->groups;
    const size_t row_bytes = d->dilation_w == 1 && d->groups == 1
                                 ? (d->kernel_w * terms + 3) / 4 * 4 * LMRT_PANEL
                                 : d->kernel_w * ((terms + 3) / 4 * 4 * LMRT_PANEL);
    for (size_t group = 0; group < d->groups; group++)
        for (size_t n = 0; n < columns;
             n += LMRT_PANEL, w += d->kernel_h * row_bytes, channels += 3 * LMRT_PANEL)
            for (size_t pixel = 0; pixel < d->out_h * d->out_w; pixel++) {
                const ptrdiff_t top = (ptrdiff_t)(pixel / d->out_w * d->stride_h) - (ptrdiff_t)d->pad_top;
                const ptrdiff_t left = (ptrdiff_t)(pixel % d->out_w * d->stride_w) - (ptrdiff_t)d->pad_left;
                const size_t at = pixel * d->out_c + group * columns + n;
                int32_t sum[LMRT_PANEL];
                for (size_t i = 0; i < LMRT_PANEL; i++) sum[i] = channels[i];
                for (size_t tap = 0; tap < d->kernel_h; tap++) {
                    const ptrdiff_t row = top + (ptrdiff_t)(tap * d->dilation_h);
                    LMRT(taps_i8)(d, (size_t)row, left, terms, row >= 0 && row < (ptrdiff_t)d->in_h,
                                  x + group * terms, w + tap * row_bytes, sum);
                }
                LMRT(store_i8)(&out, sum, columns - n < LMRT_PANEL ? columns - n : LMRT_PANEL, channels,
                               residual ? residual + at : NULL, y + at);
            }
}

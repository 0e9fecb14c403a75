/* max_pool2d_i8, average_pool2d_i8: one sample; reduce_mean_i8: means along an axis. */
#pragma once

#include "kernels/rescale.h"
#include "kernels/window.h"

/* The pixels of the window at an output pixel that lie inside. */
typedef struct LMRT(inside_i8) {
    size_t row, rows, column, columns;
} LMRT(inside_i8);

LMRT_INLINE LMRT(inside_i8) LMRT(pool_inside)(const lmrt_pool2d *d, size_t i, size_t j) {
    const LMRT(axis) vertical = {d->in_h, d->out_h, d->size_h, d->stride_h, 1, d->pad_top};
    const LMRT(axis) horizontal = {d->in_w, d->out_w, d->size_w, d->stride_w, 1, d->pad_left};
    size_t first, end;
    LMRT(inside_i8) window;
    LMRT(window_taps)(&vertical, i, &first, &end);
    window.row = i * d->stride_h + first - d->pad_top;
    window.rows = end - first;
    LMRT(window_taps)(&horizontal, j, &first, &end);
    window.column = j * d->stride_w + first - d->pad_left;
    window.columns = end - first;
    return window;
}

LMRT_KERNEL void LMRT(max_pool2d_i8)(const lmrt_pool2d *d, const int8_t *x, int8_t *y) {
    for (size_t i = 0; i < d->out_h; i++)
        for (size_t j = 0; j < d->out_w; j++, y += d->c) {
            const LMRT(inside_i8) window = LMRT(pool_inside)(d, i, j);
            for (size_t c = 0; c < d->c; c++) y[c] = -128;
            for (size_t row = 0; row < window.rows; row++)
                for (size_t column = 0; column < window.columns; column++) {
                    const int8_t *at = x + ((window.row + row) * d->in_w + window.column + column) * d->c;
                    for (size_t c = 0; c < d->c; c++) y[c] = at[c] > y[c] ? at[c] : y[c];
                }
        }
}

/* floor(sum / count + 1/2) */
LMRT_INLINE int8_t LMRT(average_i8)(int32_t sum, int32_t count) {
    const int32_t n = 2 * sum + count, quotient = n / (2 * count);
    return (int8_t)(quotient - (n % (2 * count) < 0));
}

LMRT_KERNEL void LMRT(average_pool2d_i8)(const lmrt_pool2d *d, const int8_t *x, int8_t *y) {
    for (size_t i = 0; i < d->out_h; i++)
        for (size_t j = 0; j < d->out_w; j++, y += d->c) {
            const LMRT(inside_i8) window = LMRT(pool_inside)(d, i, j);
            const int8_t *first = x + (window.row * d->in_w + window.column) * d->c;
            for (size_t c = 0; c < d->c; c += LMRT_PANEL) {
                const size_t columns = d->c - c < LMRT_PANEL ? d->c - c : LMRT_PANEL;
                int32_t sum[LMRT_PANEL] = {0};
                for (size_t row = 0; row < window.rows; row++)
                    for (size_t column = 0; column < window.columns; column++)
                        for (size_t k = 0; k < columns; k++)
                            sum[k] += first[(row * d->in_w + column) * d->c + c + k];
                for (size_t k = 0; k < columns; k++)
                    y[c + k] = LMRT(average_i8)(sum[k], (int32_t)(window.rows * window.columns));
            }
        }
}

LMRT_KERNEL void LMRT(reduce_mean_i8)(const lmrt_int8_mean *d, size_t outer, size_t n, size_t inner,
                                      const int8_t *x, int8_t *y) {
    const int32_t start = -(int32_t)n * (int32_t)d->x_zero;
    for (size_t i = 0; i < outer; i++, x += n * inner, y += inner)
        for (size_t c = 0; c < inner; c += LMRT_PANEL) {
            const size_t columns = inner - c < LMRT_PANEL ? inner - c : LMRT_PANEL;
            int32_t sum[LMRT_PANEL];
            for (size_t k = 0; k < LMRT_PANEL; k++) sum[k] = start;
            for (size_t j = 0; j < n; j++)
                for (size_t k = 0; k < columns; k++) sum[k] += x[j * inner + c + k];
            for (size_t k = 0; k < columns; k++)
                y[c + k] = LMRT(limited)(LMRT(rescaled)(sum[k], (int32_t)d->multiplier, (int32_t)d->shift),
                                         (int32_t)d->y_zero, -128, 127);
        }
}

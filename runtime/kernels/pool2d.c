/* max_pool2d_f32 and average_pool2d_f32: vectors over the channels, padding left out. The
 * maximum passes over NaN, as TensorFlow's. */
#pragma once

#include "kernels/window.h"

/* One output pixel: `taps` rows by columns at x. */
LMRT_INLINE void LMRT(pool2d_pixel)(const lmrt_pool2d *d, size_t rows, size_t columns, const float *x,
                                    float *y, const int average) {
    const float scale = (float)(rows * columns);
    for (size_t c = 0; c < d->c; c += LMRT_LANES) {
        const size_t n = d->c - c;
        const int whole = n >= LMRT_LANES;
        LMRT_VF result = LMRT(splat)(average ? 0.0f : -INFINITY);
        for (size_t row = 0; row < rows; row++) {
            for (size_t column = 0; column < columns; column++) {
                const float *at = x + (row * d->in_w + column) * d->c + c;
                const LMRT_VF v = whole ? LMRT(load)(at) : LMRT(load_part)(at, n);
                if (average)
                    result += v;
                else
                    result = LMRT(max)(v, result);
            }
        }
        if (average) result = result / scale;
        if (whole)
            LMRT(store)(y + c, result);
        else
            LMRT(store_part)(y + c, result, n);
    }
}

LMRT_INLINE void LMRT(pool2d_all)(const lmrt_pool2d *d, const float *x, float *y, const int average) {
    const LMRT(axis) vertical = {d->in_h, d->out_h, d->size_h, d->stride_h, 1, d->pad_top};
    const LMRT(axis) horizontal = {d->in_w, d->out_w, d->size_w, d->stride_w, 1, d->pad_left};
    LMRT(run) rows, columns;
    for (size_t row = 0; row < d->out_h; row = rows.to) {
        rows = LMRT(window_run)(&vertical, row);
        for (size_t column = 0; column < d->out_w; column = columns.to) {
            columns = LMRT(window_run)(&horizontal, column);
            for (size_t i = 0; i < rows.to - rows.from; i++) {
                for (size_t j = 0; j < columns.to - columns.from; j++) {
                    const size_t from =
                        (rows.start + i * d->stride_h) * d->in_w + columns.start + j * d->stride_w;
                    const size_t to = (rows.from + i) * d->out_w + columns.from + j;
                    LMRT(pool2d_pixel)(d, rows.taps, columns.taps, x + from * d->c, y + to * d->c, average);
                }
            }
        }
    }
}

LMRT_KERNEL void LMRT(max_pool2d_f32)(const lmrt_pool2d *d, const float *x, float *y) {
    LMRT(pool2d_all)(d, x, y, 0);
}
LMRT_KERNEL void LMRT(average_pool2d_f32)(const lmrt_pool2d *d, const float *x, float *y) {
    LMRT(pool2d_all)(d, x, y, 1);
}

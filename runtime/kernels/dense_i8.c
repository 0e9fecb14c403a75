/* dense_i8: y[rows][n] = rescaled(x[rows][k] @ w + bias). */
#pragma once

#include "kernels/tile_i8.h"

LMRT_KERNEL void LMRT(dense_i8)(const lmrt_int8_dense *d, size_t rows, const int8_t *x, const int8_t *w,
                                const int32_t *channels, const int8_t *residual, int8_t *y) {
    const LMRT(output_i8) out = {(int32_t)d->y_zero, (int32_t)d->low,          (int32_t)d->high,
                                 (int32_t)d->r_zero, (int32_t)d->r_multiplier, (int32_t)d->r_shift};
    const size_t panel_bytes = (d->k + 3) / 4 * 4 * LMRT_PANEL;
    for (size_t n = 0; n < d->n; n += LMRT_PANEL) {
        const size_t columns = d->n - n < LMRT_PANEL ? d->n - n : LMRT_PANEL;
        for (size_t row = 0; row < rows; row++) {
            int32_t sum[LMRT_PANEL];
            for (size_t i = 0; i < LMRT_PANEL; i++) sum[i] = channels[i];
            LMRT(segment_i8)(d->k, x + row * d->k, w, sum);
            LMRT(store_i8)(&out, sum, columns, channels, residual ? residual + row * d->n + n : NULL,
                           y + row * d->n + n);
        }
        w += panel_bytes;
        channels += 3 * LMRT_PANEL;
    }
}

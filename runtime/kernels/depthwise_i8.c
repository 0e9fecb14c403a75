/* depthwise_i8: a depthwise convolution with one output per channel. */
#pragma once

#include "kernels/rescale.h"

LMRT_KERNEL void LMRT(depthwise_i8)(const lmrt_int8_depthwise *d, const int8_t *x, const int8_t *w,
                                    const int32_t *channels, const int8_t *residual, int8_t *y) {
    const LMRT(output_i8) out = {(int32_t)d->y_zero, (int32_t)d->low,          (int32_t)d->high,
                                 (int32_t)d->r_zero, (int32_t)d->r_multiplier, (int32_t)d->r_shift};
    const size_t padded = (d->c + LMRT_PANEL - 1) / LMRT_PANEL * LMRT_PANEL;
    for (size_t pixel = 0; pixel < d->out_h * d->out_w; pixel++) {
        const ptrdiff_t top = (ptrdiff_t)(pixel / d->out_w * d->stride_h) - (ptrdiff_t)d->pad_top;
        const ptrdiff_t left = (ptrdiff_t)(pixel % d->out_w * d->stride_w) - (ptrdiff_t)d->pad_left;
        for (size_t c = 0; c < d->c; c += LMRT_PANEL) {
            const size_t columns = d->c - c < LMRT_PANEL ? d->c - c : LMRT_PANEL;
            const int32_t *panel = channels + 3 * c;
            const int8_t *weight = w + c;
            int32_t sum[LMRT_PANEL];
            for (size_t i = 0; i < LMRT_PANEL; i++) sum[i] = panel[i];
            for (size_t tap = 0; tap < d->kernel_h * d->kernel_w; tap++, weight += padded) {
                const ptrdiff_t row = top + (ptrdiff_t)(tap / d->kernel_w * d->dilation_h);
                const ptrdiff_t column = left + (ptrdiff_t)(tap % d->kernel_w * d->dilation_w);
                const int inside =
                    row >= 0 && row < (ptrdiff_t)d->in_h && column >= 0 && column < (ptrdiff_t)d->in_w;
                const int8_t *at = inside ? x + ((size_t)row * d->in_w + (size_t)column) * d->c + c : NULL;
                for (size_t i = 0; i < columns; i++) sum[i] += (at ? at[i] : (int32_t)d->x_zero) * weight[i];
            }
            LMRT(store_i8)(&out, sum, columns, panel, residual ? residual + pixel * d->c + c : NULL,
                           y + pixel * d->c + c);
        }
    }
}

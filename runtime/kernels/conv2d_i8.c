/* conv2d_i8: a convolution, outside of whose input is the input's zero. */
#pragma once

#include "kernels/matrix_i8.h"

LMRT_KERNEL void LMRT(conv2d_i8)(const lmrt_int8_conv2d *d, const int8_t *x, const int8_t *w,
                                 const int32_t *channels, const int8_t *residual, int8_t *y) {
    LMRT(job_i8) job;
    job.out = (LMRT(output_i8)){(int32_t)d->y_zero, (int32_t)d->low,          (int32_t)d->high,
                                (int32_t)d->r_zero, (int32_t)d->r_multiplier, (int32_t)d->r_shift};
    const size_t terms = d->in_c / d->groups, columns = d->out_c / d->groups;
    const size_t panels = (columns + LMRT_PANEL - 1) / LMRT_PANEL;
    const int rows = d->dilation_w == 1 && d->groups == 1; /* of taps, adjacent in x */
    LMRT(window_i8) window = {.x = x,
                              .in_h = d->in_h,
                              .in_w = d->in_w,
                              .in_c = d->in_c,
                              .kernel_h = d->kernel_h,
                              .kernel_w = d->kernel_w,
                              .stride_h = d->stride_h,
                              .stride_w = d->stride_w,
                              .dilation_h = d->dilation_h,
                              .dilation_w = d->dilation_w,
                              .out_w = d->out_w,
                              .pad_top = (ptrdiff_t)d->pad_top,
                              .pad_left = (ptrdiff_t)d->pad_left,
                              .zero = (int8_t)d->x_zero};
    window.across = rows ? 1 : d->kernel_w;
    window.segments = d->kernel_h * window.across;
    window.length = rows ? d->kernel_w * terms : terms;
    const size_t panel_bytes = window.segments * ((window.length + 3) / 4 * 4) * LMRT_PANEL;
    for (size_t group = 0; group < d->groups; group++) {
        window.x = x + group * terms;
        LMRT(matrix_i8)(&window, &job, d->out_h * d->out_w, columns, w, channels,
                        residual ? residual + group * columns : NULL, y + group * columns, d->out_c);
        w += panels * panel_bytes;
        channels += panels * 3 * LMRT_PANEL;
    }
}

/* conv2d_f32: a direct convolution. The output is cut into blocks whose pixels have the same taps inside the
 * input, and those into lines of pixels, which are taken tile by tile. */
#pragma once

#include "kernels/tile_run.h"
#include "kernels/window.h"

/* One block for one group of panels, in lines along its longer side: job holds all but the pixels. */
LMRT_KERNEL void LMRT(conv2d_block)(const lmrt_conv2d *d, LMRT(job) *job, const LMRT(run) *rows,
                                    const LMRT(run) *columns, const float *x) {
    const size_t x_across = d->stride_w * d->in_c, x_down = d->stride_h * d->in_w * d->in_c;
    const size_t y_across = d->out_c, y_down = d->out_w * d->out_c;
    const size_t across = columns->to - columns->from, down = rows->to - rows->from;
    const int flat = across >= down || across >= LMRT_MOST_ROWS / 2;
    const size_t length = flat ? across : down, lines = flat ? down : across;
    const size_t height = LMRT(tile_height)(length, job->columns);
    const size_t start = (rows->start * d->in_w + columns->start) * d->in_c;
    const size_t at = rows->from * y_down + columns->from * y_across;
    job->x_row = flat ? x_across : x_down;
    job->y_row = flat ? y_across : y_down;
    for (size_t line = 0; line < lines; line++) {
        for (size_t i = 0; i < length; i += height) {
            job->count = length - i < height ? length - i : height;
            job->x = x + start + line * (flat ? x_down : x_across) + i * job->x_row;
            job->at = at + line * (flat ? y_down : y_across) + i * job->y_row;
            LMRT(tile_run)(job);
        }
    }
}

/* The taps of a block, as runs of adjacent floats: a kernel row is one run where its taps touch in the input.
 */
LMRT_INLINE void LMRT(conv2d_taps)(const lmrt_conv2d *d, LMRT(job) *job, const LMRT(run) *rows,
                                   const LMRT(run) *columns) {
    const size_t channels = d->in_c / d->groups;
    const int adjacent = d->dilation_w == 1 && d->groups == 1;
    job->segments = rows->taps;
    job->x_segment = d->dilation_h * d->in_w * d->in_c;
    job->w_segment = d->kernel_w * channels * LMRT_PANEL;
    job->steps = adjacent ? 1 : columns->taps;
    job->length = adjacent ? columns->taps * channels : channels;
    job->x_step = d->dilation_w * d->in_c;
    job->w_step = channels * LMRT_PANEL;
}

/* All blocks for one group of panels. */
LMRT_KERNEL void LMRT(conv2d_panels)(const lmrt_conv2d *d, LMRT(job) *job, const float *x, const float *w) {
    const LMRT(axis) vertical = {d->in_h, d->out_h, d->kernel_h, d->stride_h, d->dilation_h, d->pad_top};
    const LMRT(axis) horizontal = {d->in_w, d->out_w, d->kernel_w, d->stride_w, d->dilation_w, d->pad_left};
    LMRT(run) rows, columns;
    for (size_t row = 0; row < d->out_h; row = rows.to) {
        rows = LMRT(window_run)(&vertical, row);
        for (size_t column = 0; column < d->out_w; column = columns.to) {
            columns = LMRT(window_run)(&horizontal, column);
            LMRT(conv2d_taps)(d, job, &rows, &columns);
            job->w = w + (rows.tap * d->kernel_w + columns.tap) * job->w_step;
            LMRT(conv2d_block)(d, job, &rows, &columns, x);
        }
    }
}

LMRT_KERNEL void LMRT(conv2d_f32)(const lmrt_conv2d *d, const float *x, const float *w, const float *bias,
                                  const float *residual, float *y) {
    const size_t inputs = d->in_c / d->groups, outputs = d->out_c / d->groups;
    const size_t panels = (outputs + LMRT_PANEL - 1) / LMRT_PANEL;
    const size_t panel_size = d->kernel_h * d->kernel_w * inputs * LMRT_PANEL;
    LMRT(job) job;
    memset(&job, 0, sizeof job);
    job.w_panel = panel_size;
    job.low = d->epilogue.low;
    job.high = d->epilogue.high;
    for (size_t group = 0; group < d->groups; group++) {
        for (size_t panel = 0; panel < panels; panel += LMRT_PANELS) {
            const size_t column = panel * LMRT_PANEL, at = group * outputs + column;
            const size_t packed = group * panels + panel, left = outputs - column;
            job.bias = bias ? bias + packed * LMRT_PANEL : NULL;
            job.residual = residual ? residual + at : NULL;
            job.y = y + at;
            job.columns = left < LMRT_PANELS * LMRT_PANEL ? left : LMRT_PANELS * LMRT_PANEL;
            LMRT(conv2d_panels)(d, &job, x + group * inputs, w + packed * panel_size);
        }
    }
    if (d->epilogue.map) d->epilogue.map(d->epilogue.p, d->out_h * d->out_w * d->out_c, y, y);
}

/* conv2d_f32: a direct convolution. The output is cut into blocks whose pixels have the same taps inside the
 * input; the pixels of a block are taken tile by tile, wherever they lie in the block. */
#pragma once

#include "kernels/tile_run.h"
#include "kernels/window.h"

#define LMRT_ACROSS 6 /* pixels of a row that are worth tiles of their own */

/* A block with rows of pixels long enough for tiles of their own, which lie in the same pattern. */
LMRT_INLINE void LMRT(conv2d_wide)(const lmrt_conv2d *d, LMRT(job) *job, const LMRT(run) *rows, size_t across,
                                   const float *x, size_t at) {
    const size_t height = LMRT(tile_height)(across, job->columns), step = d->stride_w * d->in_c;
    for (size_t r = 0; r < height; r++) {
        job->x[r] = x + r * step;
        job->at[r] = at + r * d->out_c;
    }
    for (size_t row = rows->from; row < rows->to; row++) {
        for (size_t i = 0; i < across; i += height) {
            job->count = across - i < height ? across - i : height;
            job->x_move = (row - rows->from) * d->stride_h * d->in_w * d->in_c + i * step;
            job->y_move = (row - rows->from) * d->out_w * d->out_c + i * d->out_c;
            LMRT(tile_run)(job);
        }
    }
}

/* One block for one group of panels: job holds all but the pixels. */
LMRT_KERNEL void LMRT(conv2d_block)(const lmrt_conv2d *d, LMRT(job) *job, const LMRT(run) *rows,
                                    const LMRT(run) *columns, const float *x) {
    const float *x_row = x + (rows->start * d->in_w + columns->start) * d->in_c;
    size_t at_row = (rows->from * d->out_w + columns->from) * d->out_c;
    const size_t across = columns->to - columns->from;
    if (across >= LMRT_ACROSS) {
        LMRT(conv2d_wide)(d, job, rows, across, x_row, at_row);
        return;
    }
    const size_t height = LMRT(tile_height)((rows->to - rows->from) * across, job->columns);
    job->x_move = job->y_move = job->count = 0;
    for (size_t row = rows->from; row < rows->to; row++) {
        for (size_t i = 0; i < across; i++) {
            job->x[job->count] = x_row + i * d->stride_w * d->in_c;
            job->at[job->count] = at_row + i * d->out_c;
            if (++job->count < height) continue;
            LMRT(tile_run)(job);
            job->count = 0;
        }
        x_row += d->stride_h * d->in_w * d->in_c;
        at_row += d->out_w * d->out_c;
    }
    if (job->count > 0) LMRT(tile_run)(job);
}

#undef LMRT_ACROSS

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

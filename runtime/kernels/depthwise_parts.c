/* depthwise_parts_f32: depthwise convolutions of any number of channels, and with a residual. A block of
 * pixels with the same taps, several of which share each load of a weight. */
#pragma once

#include "kernels/window.h"

#define LMRT_PIXELS 6

typedef struct LMRT(depthwise_job) {
    const lmrt_depthwise *d;
    const float *w, *bias, *residual; /* w: the first tap inside the input */
    float *y;
    size_t tap_rows, tap_columns, stride; /* stride: the channels, rounded up to panels */
    size_t count;
    const float *x[LMRT_PIXELS];
    size_t at[LMRT_PIXELS];
} LMRT(depthwise_job);

/* `pixels` pixels (a constant; those from count on are not stored) by the vector of channels at c. */
LMRT_INLINE void LMRT(depthwise_vector)(const LMRT(depthwise_job) *job, size_t c, const size_t pixels,
                                        const int whole) {
    const lmrt_depthwise *d = job->d;
    const size_t n = d->c - c;
    LMRT_VF sum[LMRT_PIXELS];
    const float *x[LMRT_PIXELS];
    const LMRT_VF bias = job->bias ? LMRT(load)(job->bias + c) : LMRT(splat)(0.0f);
    LMRT_UNROLL
    for (size_t i = 0; i < pixels; i++) {
        sum[i] = bias;
        x[i] = job->x[i] + c;
    }
    for (size_t row = 0; row < job->tap_rows; row++) {
        const float *w = job->w + row * d->kernel_w * job->stride + c;
        size_t at = row * d->dilation_h * d->in_w * d->c;
        LMRT_NO_UNROLL
        for (size_t column = 0; column < job->tap_columns; column++) {
            const LMRT_VF weight = LMRT(load)(w);
            LMRT_UNROLL
            for (size_t i = 0; i < pixels; i++)
                sum[i] =
                    LMRT(fma)(whole ? LMRT(load)(x[i] + at) : LMRT(load_part)(x[i] + at, n), weight, sum[i]);
            w += job->stride;
            at += d->dilation_w * d->c;
        }
    }
    LMRT_UNROLL
    for (size_t i = 0; i < pixels; i++) {
        if (i < job->count) {
            const size_t at = job->at[i] + c;
            if (job->residual)
                sum[i] += whole ? LMRT(load)(job->residual + at) : LMRT(load_part)(job->residual + at, n);
            sum[i] = LMRT(clamp)(sum[i], d->epilogue.low, d->epilogue.high);
            if (whole)
                LMRT(store)(job->y + at, sum[i]);
            else
                LMRT(store_part)(job->y + at, sum[i], n);
        }
    }
}

/* All channels of the job's pixels. */
LMRT_KERNEL void LMRT(depthwise_part_pixels)(LMRT(depthwise_job) *job) {
    const size_t channels = job->d->c, whole = channels - channels % LMRT_LANES;
    if (job->count == 1) {
        for (size_t c = 0; c < whole; c += LMRT_LANES) LMRT(depthwise_vector)(job, c, 1, 1);
        if (whole < channels) LMRT(depthwise_vector)(job, whole, 1, 0);
        return;
    }
    for (size_t i = job->count; i < LMRT_PIXELS; i++) job->x[i] = job->x[job->count - 1];
    if (job->count > LMRT_PIXELS / 2) {
        for (size_t c = 0; c < whole; c += LMRT_LANES) LMRT(depthwise_vector)(job, c, LMRT_PIXELS, 1);
        if (whole < channels) LMRT(depthwise_vector)(job, whole, LMRT_PIXELS, 0);
    } else {
        for (size_t c = 0; c < whole; c += LMRT_LANES) LMRT(depthwise_vector)(job, c, LMRT_PIXELS / 2, 1);
        if (whole < channels) LMRT(depthwise_vector)(job, whole, LMRT_PIXELS / 2, 0);
    }
}

LMRT_KERNEL void LMRT(depthwise_block)(LMRT(depthwise_job) *job, const LMRT(run) *rows,
                                       const LMRT(run) *columns, const float *x) {
    const lmrt_depthwise *d = job->d;
    const float *x_row = x + (rows->start * d->in_w + columns->start) * d->c;
    size_t at_row = (rows->from * d->out_w + columns->from) * d->c;
    job->count = 0;
    for (size_t row = rows->from; row < rows->to; row++) {
        for (size_t i = 0; i < columns->to - columns->from; i++) {
            job->x[job->count] = x_row + i * d->stride_w * d->c;
            job->at[job->count] = at_row + i * d->c;
            if (++job->count < LMRT_PIXELS) continue;
            LMRT(depthwise_part_pixels)(job);
            job->count = 0;
        }
        x_row += d->stride_h * d->in_w * d->c;
        at_row += d->out_w * d->c;
    }
    if (job->count > 0) LMRT(depthwise_part_pixels)(job);
}

LMRT_KERNEL void LMRT(depthwise_parts_f32)(const lmrt_depthwise *d, const float *x, const float *w,
                                           const float *bias, const float *residual, float *y) {
    const LMRT(axis) vertical = {d->in_h, d->out_h, d->kernel_h, d->stride_h, d->dilation_h, d->pad_top};
    const LMRT(axis) horizontal = {d->in_w, d->out_w, d->kernel_w, d->stride_w, d->dilation_w, d->pad_left};
    LMRT(depthwise_job) job;
    memset(&job, 0, sizeof job);
    job.d = d;
    job.bias = bias;
    job.residual = residual;
    job.y = y;
    job.stride = (d->c + LMRT_PANEL - 1) / LMRT_PANEL * LMRT_PANEL;
    LMRT(run) rows, columns;
    for (size_t row = 0; row < d->out_h; row = rows.to) {
        rows = LMRT(window_run)(&vertical, row);
        for (size_t column = 0; column < d->out_w; column = columns.to) {
            columns = LMRT(window_run)(&horizontal, column);
            job.tap_rows = rows.taps;
            job.tap_columns = columns.taps;
            job.w = w + (rows.tap * d->kernel_w + columns.tap) * job.stride;
            LMRT(depthwise_block)(&job, &rows, &columns, x);
        }
    }
    if (d->epilogue.map) d->epilogue.map(d->epilogue.p, d->out_h * d->out_w * d->c, y, y);
}

#undef LMRT_PIXELS

/* conv3d_f32: a direct convolution over volumes. Output planes with the same kernel planes inside the input
 * form runs; each plane is a 2-D convolution whose taps lie in several input planes. */
#pragma once

#include "kernels/conv2d.c"

/* What one plane is to conv2d. */
LMRT_INLINE lmrt_conv2d LMRT(conv3d_plane)(const lmrt_conv3d *d) {
    lmrt_conv2d plane;
    memset(&plane, 0, sizeof plane);
    plane.in_h = d->in_h;
    plane.in_w = d->in_w;
    plane.in_c = d->in_c;
    plane.out_h = d->out_h;
    plane.out_w = d->out_w;
    plane.out_c = d->out_c;
    plane.kernel_h = d->kernel_h;
    plane.kernel_w = d->kernel_w;
    plane.stride_h = d->stride_h;
    plane.stride_w = d->stride_w;
    plane.dilation_h = d->dilation_h;
    plane.dilation_w = d->dilation_w;
    plane.pad_top = d->pad_top;
    plane.pad_left = d->pad_left;
    plane.groups = d->groups;
    return plane;
}

/* All planes for one group of panels: job holds all but taps and pixels. */
LMRT_KERNEL void LMRT(conv3d_panels)(const lmrt_conv3d *d, LMRT(job) *job, const float *x, const float *w) {
    const LMRT(axis) depth = {d->in_d, d->out_d, d->kernel_d, d->stride_d, d->dilation_d, d->pad_front};
    const size_t x_plane = d->in_h * d->in_w * d->in_c, y_plane = d->out_h * d->out_w * d->out_c;
    const size_t w_plane = d->kernel_h * d->kernel_w * (d->in_c / d->groups) * LMRT_PANEL;
    const float *residual = job->residual;
    float *y = job->y;
    LMRT(run) run;
    for (size_t from = 0; from < d->out_d; from = run.to) {
        run = LMRT(window_run)(&depth, from);
        lmrt_conv2d plane = LMRT(conv3d_plane)(d);
        if (run.taps == 0) plane.kernel_h = 0; /* a plane in the padding: no taps at all */
        job->planes = run.taps;
        job->x_plane = d->dilation_d * x_plane;
        job->w_plane = w_plane;
        for (size_t i = run.from; i < run.to; i++) {
            const size_t start = run.start + (i - run.from) * d->stride_d;
            job->y = y + i * y_plane;
            job->residual = residual ? residual + i * y_plane : NULL;
            LMRT(conv2d_panels)(&plane, job, x + (run.taps ? start : 0) * x_plane, w + run.tap * w_plane);
        }
    }
}

LMRT_KERNEL void LMRT(conv3d_f32)(const lmrt_conv3d *d, const float *x, const float *w, const float *bias,
                                  const float *residual, float *y) {
    const size_t inputs = d->in_c / d->groups, outputs = d->out_c / d->groups;
    const size_t panels = (outputs + LMRT_PANEL - 1) / LMRT_PANEL;
    const size_t panel_size = d->kernel_d * d->kernel_h * d->kernel_w * inputs * LMRT_PANEL;
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
            LMRT(conv3d_panels)(d, &job, x + group * inputs, w + packed * panel_size);
        }
    }
    if (d->epilogue.map) d->epilogue.map(d->epilogue.p, d->out_d * d->out_h * d->out_w * d->out_c, y, y);
}

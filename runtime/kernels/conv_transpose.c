/* conv_transpose_f32: a transposed convolution without multiplying zeros. Output positions that leave the
 * same remainder by the stride (a phase) meet the same taps, every stride-th of the kernel; so each phase is
 * a convolution of stride 1 over the input, which goes through the tile. The kernel is packed turned round,
 * so that its taps and the input go forwards together. */
#pragma once

#include "kernels/tile_run.h"
#include "kernels/window.h"

/* One phase along one axis. */
typedef struct LMRT(phase) {
    size_t first, stride; /* output positions first, first + stride, ... */
    size_t tap;           /* the first tap of the phase in the packed kernel; the others follow at `stride` */
    size_t skip;          /* input positions before all that the phase reads */
    LMRT(axis) axis;      /* the convolution of the phase */
} LMRT(phase);

/* The phase of the output positions first + i * stride; false where there are none. */
LMRT_INLINE int LMRT(conv_phase)(LMRT(phase) *phase, size_t first, size_t in, size_t out, size_t kernel,
                                 size_t stride, size_t cut) {
    if (first >= out) return 0;
    const size_t place = first + cut, rest = place % stride, reach = place / stride + 1;
    const size_t taps = kernel > rest ? (kernel - rest + stride - 1) / stride : 0;
    const size_t skip = reach > taps ? reach - taps : 0;
    phase->first = first;
    phase->stride = stride;
    phase->tap = taps ? kernel - 1 - rest - (taps - 1) * stride : 0;
    phase->skip = skip < in ? skip : in;
    phase->axis.in = in - phase->skip;
    phase->axis.out = (out - first + stride - 1) / stride;
    phase->axis.kernel = skip < in ? taps : 0;
    phase->axis.stride = 1;
    phase->axis.dilation = 1;
    phase->axis.pad = taps > reach ? taps - reach : 0;
    return 1;
}

typedef struct LMRT(conv_transpose_job) {
    const lmrt_conv_transpose *d;
    LMRT(phase) depth, rows, columns;
    LMRT(job) tile;
    const float *x, *w;
} LMRT(conv_transpose_job);

LMRT_INLINE void LMRT(conv_transpose_taps)(LMRT(conv_transpose_job) *job, const LMRT(run) *depth,
                                           const LMRT(run) *rows, const LMRT(run) *columns) {
    const lmrt_conv_transpose *d = job->d;
    const size_t tap = d->in_c * LMRT_PANEL, row = d->kernel_w * tap, plane = d->kernel_h * row;
    LMRT(job) *tile = &job->tile;
    const int adjacent = d->stride_w == 1;
    tile->planes = depth->taps;
    tile->segments = depth->taps ? rows->taps : 0;
    tile->steps = adjacent ? 1 : columns->taps;
    tile->length = adjacent ? columns->taps * d->in_c : d->in_c;
    tile->x_plane = d->in_h * d->in_w * d->in_c;
    tile->x_segment = d->in_w * d->in_c;
    tile->x_step = d->in_c;
    tile->w_plane = d->stride_d * plane;
    tile->w_segment = d->stride_h * row;
    tile->w_step = d->stride_w * tap;
    tile->w = job->w + (job->depth.tap + depth->tap * d->stride_d) * plane +
              (job->rows.tap + rows->tap * d->stride_h) * row +
              (job->columns.tap + columns->tap * d->stride_w) * tap;
}

/* The pixels of one block: runs along all three axes. */
LMRT_KERNEL void LMRT(conv_transpose_block)(LMRT(conv_transpose_job) *job, const LMRT(run) *depth,
                                            const LMRT(run) *rows, const LMRT(run) *columns) {
    const lmrt_conv_transpose *d = job->d;
    LMRT(job) *tile = &job->tile;
    const int empty = !depth->taps || !rows->taps || !columns->taps; /* nothing is read */
    LMRT(conv_transpose_taps)(job, depth, rows, columns);
    const size_t across = columns->to - columns->from;
    const size_t height = LMRT(tile_height)(across, tile->columns);
    tile->x_row = empty ? 0 : d->in_c;
    tile->y_row = job->columns.stride * d->out_c;
    for (size_t i = depth->from; i < depth->to; i++)
        for (size_t j = rows->from; j < rows->to; j++)
            for (size_t k = columns->from; k < columns->to; k += height) {
                const size_t z = job->depth.skip + depth->start + i - depth->from;
                const size_t v = job->rows.skip + rows->start + j - rows->from;
                const size_t u = job->columns.skip + columns->start + k - columns->from;
                const size_t to_z = job->depth.first + i * job->depth.stride;
                const size_t to_v = job->rows.first + j * job->rows.stride;
                const size_t to_u = job->columns.first + k * job->columns.stride;
                tile->x = empty ? job->x : job->x + ((z * d->in_h + v) * d->in_w + u) * d->in_c;
                tile->at = ((to_z * d->out_h + to_v) * d->out_w + to_u) * d->out_c;
                tile->count = columns->to - k < height ? columns->to - k : height;
                LMRT(tile_run)(tile);
            }
}

LMRT_KERNEL void LMRT(conv_transpose_phase)(LMRT(conv_transpose_job) *job) {
    LMRT(run) depth, rows, columns;
    for (size_t i = 0; i < job->depth.axis.out; i = depth.to) {
        depth = LMRT(window_run)(&job->depth.axis, i);
        for (size_t j = 0; j < job->rows.axis.out; j = rows.to) {
            rows = LMRT(window_run)(&job->rows.axis, j);
            for (size_t k = 0; k < job->columns.axis.out; k = columns.to) {
                columns = LMRT(window_run)(&job->columns.axis, k);
                LMRT(conv_transpose_block)(job, &depth, &rows, &columns);
            }
        }
    }
}

/* All phases for one group of panels. */
LMRT_KERNEL void LMRT(conv_transpose_panels)(LMRT(conv_transpose_job) *job) {
    const lmrt_conv_transpose *d = job->d;
    for (size_t i = 0; i < d->stride_d; i++) {
        if (!LMRT(conv_phase)(&job->depth, i, d->in_d, d->out_d, d->kernel_d, d->stride_d, d->cut_front))
            break;
        for (size_t j = 0; j < d->stride_h; j++) {
            if (!LMRT(conv_phase)(&job->rows, j, d->in_h, d->out_h, d->kernel_h, d->stride_h, d->cut_top))
                break;
            for (size_t k = 0; k < d->stride_w; k++) {
                if (!LMRT(conv_phase)(&job->columns, k, d->in_w, d->out_w, d->kernel_w, d->stride_w,
                                      d->cut_left))
                    break;
                LMRT(conv_transpose_phase)(job);
            }
        }
    }
}

LMRT_KERNEL void LMRT(conv_transpose_f32)(const lmrt_conv_transpose *d, const float *x, const float *w,
                                          const float *bias, const float *residual, float *y) {
    const size_t panel_size = d->kernel_d * d->kernel_h * d->kernel_w * d->in_c * LMRT_PANEL;
    LMRT(conv_transpose_job) job;
    memset(&job, 0, sizeof job);
    job.d = d;
    job.x = x;
    job.tile.w_panel = panel_size;
    job.tile.low = d->epilogue.low;
    job.tile.high = d->epilogue.high;
    for (size_t column = 0; column < d->out_c; column += LMRT_PANELS * LMRT_PANEL) {
        const size_t left = d->out_c - column;
        job.w = w + column / LMRT_PANEL * panel_size;
        job.tile.bias = bias ? bias + column : NULL;
        job.tile.residual = residual ? residual + column : NULL;
        job.tile.y = y + column;
        job.tile.columns = left < LMRT_PANELS * LMRT_PANEL ? left : LMRT_PANELS * LMRT_PANEL;
        LMRT(conv_transpose_panels)(&job);
    }
    if (d->epilogue.map) d->epilogue.map(d->epilogue.p, d->out_d * d->out_h * d->out_w * d->out_c, y, y);
}

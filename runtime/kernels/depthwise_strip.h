/* Depthwise convolutions of 3 or 5 columns, stride 1 or 2: a strip of neighbouring output pixels shares each
 * load of the input and of a weight. The last strip of a row, and the last vector of the channels, reach back
 * over what is already there, so that nothing is left over.
 */
#pragma once

#include "kernels/window.h"

#define LMRT_STRIP 6

/* One row of output pixels. */
typedef struct LMRT(strip_row) {
    const lmrt_depthwise *d;
    const float *x, *w, *bias; /* x: the input row of the first tap; w: its weights */
    float *y;
    size_t taps, stride; /* kernel rows inside the input; stride: the channels rounded up to panels */
} LMRT(strip_row);

/* p + n, and the compiler cannot tell that: else it holds an address for every load of an unrolled loop, and
 * has no registers left. */
LMRT_INLINE const float *LMRT(next)(const float *p, size_t n) {
    p += n;
#if defined(__GNUC__)
    __asm__("" : "+r"(p));
#endif
    return p;
}

/* `pixels` pixels from `from` on by the vector of channels at c. `edge`: taps may lie beside the input. All
 * that decides on the form of the loops is a constant. */
LMRT_INLINE void LMRT(strip)(const LMRT(strip_row) *row, size_t from, size_t c, const size_t pixels,
                             const size_t kernel, const size_t step, const int edge) {
    const lmrt_depthwise *d = row->d;
    const size_t span = (pixels - 1) * step + kernel, origin = from * step; /* plus pad_left */
    const size_t begin = origin < d->pad_left ? d->pad_left - origin : 0, reach = d->in_w + d->pad_left;
    const size_t end = reach > origin ? reach - origin : 0; /* columns begin .. end of the span are inside */
    const size_t channels = d->c, stride = row->stride;
    const size_t x_row = d->dilation_h * d->in_w * channels, w_row = kernel * stride;
    const float *x = row->x + (origin + begin - d->pad_left) * channels + c, *w = row->w + c;
    const LMRT_VF bias = row->bias ? LMRT(load)(row->bias + c) : LMRT(splat)(0.0f);
    LMRT_VF sum[LMRT_STRIP];
    LMRT_UNROLL
    for (size_t p = 0; p < pixels; p++) sum[p] = bias;
    LMRT_NO_UNROLL
    for (size_t k = 0; k < row->taps; k++) {
        const float *at = x;
        LMRT_VF weight[5];
        LMRT_UNROLL
        for (size_t t = 0; t < kernel; t++) weight[t] = LMRT(load)(w + t * stride);
        LMRT_UNROLL
        for (size_t j = 0; j < span; j++) {
            if (edge && (j < begin || j >= end)) continue;
            const LMRT_VF input = LMRT(load)(at);
            at = LMRT(next)(at, channels);
            LMRT_UNROLL
            for (size_t t = 0; t < kernel; t++)
                if (j >= t && (j - t) % step == 0 && (j - t) / step < pixels)
                    sum[(j - t) / step] = LMRT(fma)(input, weight[t], sum[(j - t) / step]);
        }
        x += x_row;
        w += w_row;
    }
    float *y = row->y + from * channels + c;
    LMRT_UNROLL
    for (size_t p = 0; p < pixels; p++)
        LMRT(store)(y + p * channels, LMRT(clamp)(sum[p], d->epilogue.low, d->epilogue.high));
}

/* All channels of a strip. */
LMRT_INLINE void LMRT(strip_channels)(const LMRT(strip_row) *row, size_t from, const size_t pixels,
                                      const size_t kernel, const size_t step, const int edge) {
    size_t c = 0;
    for (; c + LMRT_LANES <= row->d->c; c += LMRT_LANES)
        LMRT(strip)(row, from, c, pixels, kernel, step, edge);
    if (c < row->d->c) LMRT(strip)(row, from, row->d->c - LMRT_LANES, pixels, kernel, step, edge);
}

LMRT_INLINE void LMRT(strip_pixels)(const LMRT(strip_row) *row, size_t width, const size_t kernel,
                                    const size_t step) {
    const lmrt_depthwise *d = row->d;
    const size_t last = d->out_w - width, inside = d->in_w + d->pad_left;
    for (size_t at = 0; at < d->out_w; at += width) {
        const size_t from = at < last ? at : last, origin = from * step;
        const int edge = origin < d->pad_left || origin + (width - 1) * step + kernel > inside;
        if (width < LMRT_STRIP)
            LMRT(strip_channels)(row, from, LMRT_STRIP / 2, kernel, step, 1);
        else if (edge)
            LMRT(strip_channels)(row, from, LMRT_STRIP, kernel, step, 1);
        else
            LMRT(strip_channels)(row, from, LMRT_STRIP, kernel, step, 0);
    }
}

LMRT_KERNEL void LMRT(strip_run)(const LMRT(strip_row) *row, size_t width) {
    const lmrt_depthwise *d = row->d;
    if (d->kernel_w == 3 && d->stride_w == 1) LMRT(strip_pixels)(row, width, 3, 1);
    if (d->kernel_w == 3 && d->stride_w == 2) LMRT(strip_pixels)(row, width, 3, 2);
    if (d->kernel_w == 5 && d->stride_w == 1) LMRT(strip_pixels)(row, width, 5, 1);
    if (d->kernel_w == 5 && d->stride_w == 2) LMRT(strip_pixels)(row, width, 5, 2);
}

/* How many pixels to a strip; 0: this convolution is not done in strips. */
LMRT_INLINE size_t LMRT(strip_width)(const lmrt_depthwise *d, const float *residual) {
    const int fits = (d->kernel_w == 3 || d->kernel_w == 5) && (d->stride_w == 1 || d->stride_w == 2);
    if (!fits || d->dilation_w != 1 || d->c < LMRT_LANES || residual) return 0;
    return d->out_w >= LMRT_STRIP ? LMRT_STRIP : d->out_w >= LMRT_STRIP / 2 ? LMRT_STRIP / 2 : 0;
}

/* All rows. */
LMRT_KERNEL void LMRT(depthwise_strips)(const lmrt_depthwise *d, size_t width, const float *x, const float *w,
                                        const float *bias, float *y) {
    const LMRT(axis) vertical = {d->in_h, d->out_h, d->kernel_h, d->stride_h, d->dilation_h, d->pad_top};
    LMRT(strip_row) row;
    LMRT(run) rows;
    row.d = d;
    row.bias = bias;
    row.stride = (d->c + LMRT_PANEL - 1) / LMRT_PANEL * LMRT_PANEL;
    for (size_t from = 0; from < d->out_h; from = rows.to) {
        rows = LMRT(window_run)(&vertical, from);
        row.taps = rows.taps;
        row.w = w + rows.tap * d->kernel_w * row.stride;
        for (size_t i = rows.from; i < rows.to; i++) {
            row.x = x + (rows.start + (rows.taps ? (i - rows.from) * d->stride_h : 0)) * d->in_w * d->c;
            row.y = y + i * d->out_w * d->c;
            LMRT(strip_run)(&row, width);
        }
    }
}

#undef LMRT_STRIP

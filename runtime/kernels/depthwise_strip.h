/* Depthwise convolutions of 3 or 5 adjacent columns, stride 1 or 2: a strip of neighbouring output pixels,
 * all of whose columns lie inside the input, shares each load of it. The last strip of a line reaches back
 * over what is already there.
 */
#pragma once

#include "kernels/depthwise_tile.h"

#define LMRT_STRIP 6
#define LMRT_NARROW 7

/* p + n, and the compiler cannot tell that: else it holds an address for every load of an unrolled loop, and
 * has no registers left. */
LMRT_INLINE const float *LMRT(next)(const float *p, size_t n) {
    p += n;
#if defined(__GNUC__)
    __asm__("" : "+r"(p));
#endif
    return p;
}

/* A strip by the vector of channels at c; kernel and step are constants. */
LMRT_INLINE void LMRT(strip)(const LMRT(depthwise_line) *line, const float *x, float *y, size_t c,
                             const size_t kernel, const size_t step) {
    const size_t span = (LMRT_STRIP - 1) * step + kernel;
    const float *w = line->w + c;
    const LMRT_VF bias = line->bias ? LMRT(load)(line->bias + c) : LMRT(splat)(0.0f);
    LMRT_VF sum[LMRT_STRIP];
    LMRT_UNROLL
    for (size_t p = 0; p < LMRT_STRIP; p++) sum[p] = bias;
    LMRT_NO_UNROLL
    for (size_t row = 0; row < line->tap_rows; row++) {
        const float *at = x + row * line->x_row + c;
        LMRT_VF weight[5];
        LMRT_UNROLL
        for (size_t t = 0; t < kernel; t++) weight[t] = LMRT(load)(w + t * line->w_column);
        LMRT_UNROLL
        for (size_t j = 0; j < span; j++) {
            const LMRT_VF input = LMRT(load)(at);
            at = LMRT(next)(at, line->x_column);
            LMRT_UNROLL
            for (size_t t = 0; t < kernel; t++)
                if (j >= t && (j - t) % step == 0 && (j - t) / step < LMRT_STRIP)
                    sum[(j - t) / step] = LMRT(fma)(input, weight[t], sum[(j - t) / step]);
        }
        w += line->w_row;
    }
    y += c;
    LMRT_UNROLL
    for (size_t p = 0; p < LMRT_STRIP; p++)
        LMRT(store)(y + p * line->y_pixel, LMRT(clamp)(sum[p], line->low, line->high));
}

/* A line of line->count pixels, at least LMRT_STRIP. */
LMRT_INLINE void LMRT(strip_line)(const LMRT(depthwise_line) *line, size_t channels, const size_t kernel,
                                  const size_t step) {
    const size_t last = line->count - LMRT_STRIP;
    for (size_t at = 0; at < line->count; at += LMRT_STRIP) {
        const size_t p = at < last ? at : last;
        const float *x = line->x + p * line->x_pixel;
        float *y = line->y + p * line->y_pixel;
        for (size_t c = 0; c < channels; c += LMRT_LANES)
            LMRT(strip)(line, x, y, LMRT(least)(c, channels - LMRT_LANES), kernel, step);
    }
}

LMRT_KERNEL void LMRT(strip_lines)(const LMRT(depthwise_line) *line, size_t channels, size_t step) {
    if (LMRT_HAS(LMRT_FORM_STRIP_3_1) && line->tap_columns == 3 && step == 1)
        LMRT(strip_line)(line, channels, 3, 1);
    if (LMRT_HAS(LMRT_FORM_STRIP_3_2) && line->tap_columns == 3 && step == 2)
        LMRT(strip_line)(line, channels, 3, 2);
    if (LMRT_HAS(LMRT_FORM_STRIP_5_1) && line->tap_columns == 5 && step == 1)
        LMRT(strip_line)(line, channels, 5, 1);
    if (LMRT_HAS(LMRT_FORM_STRIP_5_2) && line->tap_columns == 5 && step == 2)
        LMRT(strip_line)(line, channels, 5, 2);
}

/* True where the strips do a line across the image. */
LMRT_INLINE int LMRT(strip_fits)(const lmrt_depthwise *d, size_t tap_columns, size_t length) {
    const int form = tap_columns == 3 ? (LMRT_HAS(LMRT_FORM_STRIP_3_1) && d->stride_w == 1) ||
                                            (LMRT_HAS(LMRT_FORM_STRIP_3_2) && d->stride_w == 2)
                     : tap_columns == 5 ? (LMRT_HAS(LMRT_FORM_STRIP_5_1) && d->stride_w == 1) ||
                                              (LMRT_HAS(LMRT_FORM_STRIP_5_2) && d->stride_w == 2)
                                        : 0;
    return form && d->dilation_w == 1 && d->c >= LMRT_LANES && length >= LMRT_STRIP;
}

/* A whole row of a narrow image at stride 1, some of whose columns lie beside the input: `before` of them at
 * its left. pixels and kernel are constants. */
LMRT_INLINE void LMRT(narrow)(const LMRT(depthwise_line) *line, size_t before, size_t in_w, size_t c,
                              const size_t pixels, const size_t kernel) {
    const float *w = line->w + c;
    const LMRT_VF bias = line->bias ? LMRT(load)(line->bias + c) : LMRT(splat)(0.0f);
    LMRT_VF sum[LMRT_NARROW];
    LMRT_UNROLL
    for (size_t p = 0; p < pixels; p++) sum[p] = bias;
    LMRT_NO_UNROLL
    for (size_t row = 0; row < line->tap_rows; row++) {
        const float *at = line->x + row * line->x_row + c;
        LMRT_VF weight[5];
        LMRT_UNROLL
        for (size_t t = 0; t < kernel; t++) weight[t] = LMRT(load)(w + t * line->w_column);
        LMRT_UNROLL
        for (size_t j = 0; j < pixels + kernel - 1; j++) {
            if (j < before || j >= before + in_w) continue;
            const LMRT_VF input = LMRT(load)(at);
            at = LMRT(next)(at, line->x_column);
            LMRT_UNROLL
            for (size_t t = 0; t < kernel; t++)
                if (j >= t && j - t < pixels) sum[j - t] = LMRT(fma)(input, weight[t], sum[j - t]);
        }
        w += line->w_row;
    }
    float *y = line->y + c;
    LMRT_UNROLL
    for (size_t p = 0; p < pixels; p++)
        LMRT(store)(y + p * line->y_pixel, LMRT(clamp)(sum[p], line->low, line->high));
}

LMRT_INLINE void LMRT(narrow_channels)(const LMRT(depthwise_line) *line, const lmrt_depthwise *d,
                                       const size_t pixels, const size_t kernel) {
    for (size_t c = 0; c < d->c; c += LMRT_LANES)
        LMRT(narrow)(line, d->pad_left, d->in_w, LMRT(least)(c, d->c - LMRT_LANES), pixels, kernel);
}

LMRT_INLINE void LMRT(narrow_pixels)(const LMRT(depthwise_line) *line, const lmrt_depthwise *d,
                                     const size_t kernel) {
    switch (d->out_w) {
    case 3: LMRT(narrow_channels)(line, d, 3, kernel); return;
    case 4: LMRT(narrow_channels)(line, d, 4, kernel); return;
    case 5: LMRT(narrow_channels)(line, d, 5, kernel); return;
    case 6: LMRT(narrow_channels)(line, d, 6, kernel); return;
    default: LMRT(narrow_channels)(line, d, LMRT_NARROW, kernel); return;
    }
}

LMRT_KERNEL void LMRT(narrow_line)(const LMRT(depthwise_line) *line, const lmrt_depthwise *d) {
    if (LMRT_HAS(LMRT_FORM_NARROW_3) && d->kernel_w == 3) LMRT(narrow_pixels)(line, d, 3);
    if (LMRT_HAS(LMRT_FORM_NARROW_5) && d->kernel_w == 5) LMRT(narrow_pixels)(line, d, 5);
}

/* True where narrow_line does a row. */
LMRT_INLINE int LMRT(narrow_fits)(const lmrt_depthwise *d) {
    const int form = (LMRT_HAS(LMRT_FORM_NARROW_3) && d->kernel_w == 3) ||
                     (LMRT_HAS(LMRT_FORM_NARROW_5) && d->kernel_w == 5);
    return form && d->stride_w == 1 && d->dilation_w == 1 && d->out_w >= 3 && d->out_w <= LMRT_NARROW &&
           d->c >= LMRT_LANES;
}

#undef LMRT_STRIP
#undef LMRT_NARROW

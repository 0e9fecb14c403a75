/* depthwise_i8 where four int8 numbers are taken apart in a word (pairs_i8.h): four channels at a time. */
#pragma once

#include "kernels/pairs_i8.h"

#if LMRT_PAIRS
/* Four channels: of w, of what is within and around x, and of y. */
typedef struct LMRT(quad_i8) {
    const lmrt_int8_depthwise *d;
    const int8_t *x, *w;
    const int32_t *channels;
    int32_t outside; /* four of x's zero */
    size_t w_tap;
    int fast;                  /* all shifts are above 32, and the limits are those of int8 */
    int32_t half[4], shift[4]; /* then: in the high word of a product */
} LMRT(quad_i8);

LMRT_INLINE void LMRT(quad_begin)(LMRT(quad_i8) *s, const LMRT(output_i8) *out) {
    s->fast = out->low == -128 && out->high == 127;
    for (size_t i = 0; i < 4; i++) {
        const int32_t shift = s->channels[2 * LMRT_PANEL + i];
        s->fast &= shift > 32;
        s->shift[i] = (shift - 32) & 31;
        s->half[i] = (int32_t)1 << ((shift - 33) & 31);
    }
}

/* sums[4] += four channels of one tap. */
LMRT_INLINE void LMRT(quad_add)(int32_t *sums, int32_t numbers, int32_t weights) {
    const int32_t even = LMRT(even_bytes)(numbers), odd = LMRT(odd_bytes)(numbers);
    const int32_t even_w = LMRT(even_bytes)(weights), odd_w = LMRT(odd_bytes)(weights);
    sums[0] += (int16_t)even * (int16_t)even_w;
    sums[1] += (int16_t)odd * (int16_t)odd_w;
    sums[2] += (even >> 16) * (even_w >> 16);
    sums[3] += (odd >> 16) * (odd_w >> 16);
}

/* A window inside of x, from its first tap on. */
LMRT_KERNEL void LMRT(quad_inside)(const LMRT(quad_i8) *s, const int8_t *x, int32_t *out) {
    const lmrt_int8_depthwise *d = s->d;
    const size_t across = d->dilation_w * d->c, row = d->dilation_h * d->in_w * d->c - d->kernel_w * across;
    const size_t w_tap = s->w_tap, kernel_w = d->kernel_w;
    const int8_t *w = s->w;
    int32_t sums[4] = {s->channels[0], s->channels[1], s->channels[2], s->channels[3]};
    for (size_t a = d->kernel_h; a > 0; a--, x += row)
        for (size_t b = kernel_w; b > 0; b--, x += across, w += w_tap)
            LMRT(quad_add)(sums, LMRT(word)(x), LMRT(word)(w));
    memcpy(out, sums, sizeof sums);
}

/* One that reaches outside. */
LMRT_KERNEL void LMRT(quad_edge)(const LMRT(quad_i8) *s, ptrdiff_t top, ptrdiff_t left, int32_t *out) {
    const lmrt_int8_depthwise *d = s->d;
    const ptrdiff_t in_h = (ptrdiff_t)d->in_h, in_w = (ptrdiff_t)d->in_w;
    const int8_t *w = s->w;
    int32_t sums[4] = {s->channels[0], s->channels[1], s->channels[2], s->channels[3]};
    for (size_t a = 0; a < d->kernel_h; a++, top += (ptrdiff_t)d->dilation_h) {
        ptrdiff_t column = left;
        for (size_t b = 0; b < d->kernel_w; b++, column += (ptrdiff_t)d->dilation_w, w += s->w_tap) {
            const int inside = top >= 0 && top < in_h && column >= 0 && column < in_w;
            LMRT(quad_add)(sums,
                           inside ? LMRT(word)(s->x + (top * in_w + column) * (ptrdiff_t)d->c) : s->outside,
                           LMRT(word)(w));
        }
    }
    memcpy(out, sums, sizeof sums);
}

LMRT_INLINE void LMRT(quad_store)(const LMRT(quad_i8) *s, const LMRT(output_i8) *out, const int32_t *sums,
                                  int8_t *y) {
    const int32_t *multiplier = s->channels + LMRT_PANEL, *shift = multiplier + LMRT_PANEL;
    const size_t n = s->fast ? 4 : 0;
    for (size_t i = 0; i < n; i++) {
        const int32_t v = (int32_t)(((int64_t)sums[i] * multiplier[i]) >> 32) + s->half[i];
        y[i] = (int8_t)LMRT(saturated)((v >> s->shift[i]) + out->zero);
    }
    for (size_t i = n; i < 4; i++) {
        const int32_t v = LMRT(rescaled_word)(sums[i], multiplier[i], shift[i]) + out->zero;
        y[i] = (int8_t)(v < out->low ? out->low : v > out->high ? out->high : v);
    }
}

/* A row of outputs. */
LMRT_INLINE void LMRT(quad_row)(const LMRT(quad_i8) *s, const LMRT(output_i8) *out, size_t i, int8_t *y) {
    const lmrt_int8_depthwise *d = s->d;
    const ptrdiff_t top = (ptrdiff_t)(i * d->stride_h) - (ptrdiff_t)d->pad_top;
    const ptrdiff_t below = top + (ptrdiff_t)((d->kernel_h - 1) * d->dilation_h);
    const ptrdiff_t reach = (ptrdiff_t)((d->kernel_w - 1) * d->dilation_w);
    const int rows_inside = top >= 0 && below < (ptrdiff_t)d->in_h;
    ptrdiff_t left = -(ptrdiff_t)d->pad_left;
    for (size_t j = 0; j < d->out_w; j++, left += (ptrdiff_t)d->stride_w, y += d->c) {
        int32_t sums[4];
        if (rows_inside && left >= 0 && left + reach < (ptrdiff_t)d->in_w)
            LMRT(quad_inside)(s, s->x + (top * (ptrdiff_t)d->in_w + left) * (ptrdiff_t)d->c, sums);
        else
            LMRT(quad_edge)(s, top, left, sums);
        LMRT(quad_store)(s, out, sums, y);
    }
}

/* d->c is a multiple of 4. */
LMRT_KERNEL void LMRT(depthwise_pairs)(const lmrt_int8_depthwise *d, const LMRT(output_i8) *out,
                                       const int8_t *x, const int8_t *w, const int32_t *channels, int8_t *y) {
    const uint32_t zero = (uint8_t)d->x_zero;
    for (size_t c = 0; c < d->c; c += 4) {
        LMRT(quad_i8) s = {.d = d,
                           .x = x + c,
                           .w = w + c,
                           .channels = channels + c / LMRT_PANEL * (3 * LMRT_PANEL) + c % LMRT_PANEL,
                           .outside = (int32_t)(zero * 0x01010101u),
                           .w_tap = (d->c + LMRT_PANEL - 1) / LMRT_PANEL * LMRT_PANEL};
        LMRT(quad_begin)(&s, out);
        for (size_t i = 0; i < d->out_h; i++) LMRT(quad_row)(&s, out, i, y + i * d->out_w * d->c + c);
    }
}
#endif

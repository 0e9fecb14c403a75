/* The arithmetic of quantised results (lmrt.h, "int8"): 32-bit sums to int8, exactly. Shifts of negative
 * numbers are arithmetic with every compiler here. */
#pragma once

#include "simd/simd.h"

/* What every channel of a layer shares. */
typedef struct LMRT(output_i8) {
    int32_t zero, low, high, r_zero, r_multiplier, r_shift;
} LMRT(output_i8);

LMRT_INLINE int64_t LMRT(rescaled)(int32_t v, int32_t multiplier, int32_t shift) {
    const int64_t product = (int64_t)v * multiplier;
    /* The half lies in the high word then, and nothing is carried into it. */
    if (shift > 32) return ((int32_t)(product >> 32) + ((int32_t)1 << (shift - 33))) >> (shift - 32);
    return (product + ((int64_t)1 << (shift - 1))) >> shift;
}

/* The sum of two products, each with 8 bits behind the point. */
LMRT_INLINE int64_t LMRT(rescaled_pair)(int32_t a, int32_t a_multiplier, int32_t a_shift, int32_t b,
                                        int32_t b_multiplier, int32_t b_shift) {
    const int64_t left = ((int64_t)a * a_multiplier) >> (a_shift - 8);
    return (left + (((int64_t)b * b_multiplier) >> (b_shift - 8)) + 128) >> 8;
}

LMRT_INLINE int8_t LMRT(limited)(int64_t v, int32_t zero, int32_t low, int32_t high) {
    v += zero;
    return (int8_t)(v < low ? low : v > high ? high : v);
}

/* The sums of `columns` columns of a panel, stored; channels: its [3][LMRT_PANEL]; residual may be NULL. */
LMRT_INLINE void LMRT(store_i8)(const LMRT(output_i8) *out, const int32_t *sum, size_t columns,
                                const int32_t *channels, const int8_t *residual, int8_t *y) {
    const int32_t *multiplier = channels + LMRT_PANEL, *shift = channels + 2 * LMRT_PANEL;
    for (size_t i = 0; i < columns; i++) {
        const int64_t v =
            residual ? LMRT(rescaled_pair)(sum[i], multiplier[i], shift[i], residual[i] - out->r_zero,
                                           out->r_multiplier, out->r_shift)
                     : LMRT(rescaled)(sum[i], multiplier[i], shift[i]);
        y[i] = LMRT(limited)(v, out->zero, out->low, out->high);
    }
}

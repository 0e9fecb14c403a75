/* reduce_*_f32: the middle axis of x[outer][n][inner] becomes one number. Along the vectors where inner is 1,
 * with several partial results; across them otherwise. NaN gives NaN. */
#pragma once

#include "simd/simd.h"

#define LMRT_SUM 0
#define LMRT_MAXIMUM 1
#define LMRT_MINIMUM 2
#define LMRT_PRODUCT 3

/* `what` is a constant in all of these. */
LMRT_INLINE LMRT_VF LMRT(reduce_start)(const int what) {
    return LMRT(splat)(what == LMRT_SUM       ? 0.0f
                       : what == LMRT_MAXIMUM ? -INFINITY
                       : what == LMRT_MINIMUM ? INFINITY
                                              : 1.0f);
}
LMRT_INLINE LMRT_VF LMRT(reduce_step)(const int what, LMRT_VF a, LMRT_VF b) {
    if (what == LMRT_SUM) return a + b;
    if (what == LMRT_MAXIMUM) return LMRT(max_nan)(a, b);
    if (what == LMRT_MINIMUM) return LMRT(min_nan)(a, b);
    return a * b;
}
LMRT_INLINE float LMRT(reduce_lane)(const int what, float a, float b) {
    if (what == LMRT_SUM) return a + b;
    if (what == LMRT_MAXIMUM) return !(a <= b) && (a != a || b == b) ? a : b;
    if (what == LMRT_MINIMUM) return !(a >= b) && (a != a || b == b) ? a : b;
    return a * b;
}

LMRT_INLINE float LMRT(reduce_row)(const int what, size_t n, const float *x) {
    LMRT_VF part[LMRT_WIDE / LMRT_LANES];
    float lane[LMRT_WIDE];
    LMRT_UNROLL
    for (size_t j = 0; j < LMRT_WIDE / LMRT_LANES; j++) part[j] = LMRT(reduce_start)(what);
    size_t i = 0;
    for (; i + LMRT_WIDE <= n; i += LMRT_WIDE) LMRT_UNROLL
    for (size_t j = 0; j < LMRT_WIDE / LMRT_LANES; j++)
        part[j] = LMRT(reduce_step)(what, part[j], LMRT(load)(x + i + j * LMRT_LANES));
    LMRT_UNROLL
    for (size_t j = 0; j < LMRT_WIDE / LMRT_LANES; j++) LMRT(store)(lane + j * LMRT_LANES, part[j]);
    for (size_t j = 0; i < n; i++, j++) lane[j] = LMRT(reduce_lane)(what, lane[j], x[i]);
    for (size_t half = LMRT_WIDE / 2; half > 0; half /= 2)
        for (size_t j = 0; j < half; j++) lane[j] = LMRT(reduce_lane)(what, lane[j], lane[j + half]);
    return lane[0];
}

/* All columns of one [n][inner] block. */
LMRT_INLINE void LMRT(reduce_columns)(const int what, size_t n, size_t inner, const float *x, float *y) {
    for (size_t j = 0; j < inner; j += LMRT_LANES) {
        const size_t left = inner - j;
        LMRT_VF result = LMRT(reduce_start)(what);
        if (left >= LMRT_LANES) {
            for (size_t i = 0; i < n; i++)
                result = LMRT(reduce_step)(what, result, LMRT(load)(x + i * inner + j));
            LMRT(store)(y + j, result);
        } else {
            for (size_t i = 0; i < n; i++)
                result = LMRT(reduce_step)(what, result, LMRT(load_part)(x + i * inner + j, left));
            LMRT(store_part)(y + j, result, left);
        }
    }
}

LMRT_INLINE void LMRT(reduce_all)(const int what, size_t outer, size_t n, size_t inner, const float *x,
                                  float *y) {
    for (size_t o = 0; o < outer; o++, x += n * inner, y += inner) {
        if (inner == 1)
            *y = LMRT(reduce_row)(what, n, x);
        else
            LMRT(reduce_columns)(what, n, inner, x, y);
    }
}

LMRT_KERNEL void LMRT(reduce_sum_f32)(size_t outer, size_t n, size_t inner, const float *x, float *y) {
    LMRT(reduce_all)(LMRT_SUM, outer, n, inner, x, y);
}
LMRT_KERNEL void LMRT(reduce_mean_f32)(size_t outer, size_t n, size_t inner, const float *x, float *y) {
    LMRT(reduce_sum_f32)(outer, n, inner, x, y);
    for (size_t i = 0; i < outer * inner; i++) y[i] /= (float)n;
}
LMRT_KERNEL void LMRT(reduce_max_f32)(size_t outer, size_t n, size_t inner, const float *x, float *y) {
    LMRT(reduce_all)(LMRT_MAXIMUM, outer, n, inner, x, y);
}
LMRT_KERNEL void LMRT(reduce_min_f32)(size_t outer, size_t n, size_t inner, const float *x, float *y) {
    LMRT(reduce_all)(LMRT_MINIMUM, outer, n, inner, x, y);
}
LMRT_KERNEL void LMRT(reduce_prod_f32)(size_t outer, size_t n, size_t inner, const float *x, float *y) {
    LMRT(reduce_all)(LMRT_PRODUCT, outer, n, inner, x, y);
}

#undef LMRT_SUM
#undef LMRT_MAXIMUM
#undef LMRT_MINIMUM
#undef LMRT_PRODUCT

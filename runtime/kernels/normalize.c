/* normalize_f32: zero mean and unit variance along the middle axis of x[outer][n][inner]; in place allowed.
 * The variance comes from the differences to the mean, in a second pass: the sum of squares would lose it
 * where the mean is large. */
#pragma once

#include "simd/simd.h"

/* The sum of x[i] - mean, or of its square; `squares` is a constant. */
LMRT_INLINE float LMRT(normalize_sum)(size_t n, const float *x, float mean, const int squares) {
    LMRT_VF sum[LMRT_WIDE / LMRT_LANES];
    float part[LMRT_WIDE];
    size_t i = 0;
    LMRT_UNROLL
    for (size_t j = 0; j < LMRT_WIDE / LMRT_LANES; j++) sum[j] = LMRT(splat)(0.0f);
    for (; i + LMRT_WIDE <= n; i += LMRT_WIDE) {
        LMRT_UNROLL
        for (size_t j = 0; j < LMRT_WIDE / LMRT_LANES; j++) {
            const LMRT_VF v = LMRT(load)(x + i + j * LMRT_LANES), d = squares ? v - mean : v;
            sum[j] = squares ? LMRT(fma)(d, d, sum[j]) : sum[j] + d;
        }
    }
    LMRT_UNROLL
    for (size_t j = 0; j < LMRT_WIDE / LMRT_LANES; j++) LMRT(store)(part + j * LMRT_LANES, sum[j]);
    for (size_t j = 0; i < n; i++, j++) {
        const float d = squares ? x[i] - mean : x[i];
        part[j] += squares ? LMRT(rounded_float)(d * d) : d;
    }
    return LMRT(wide_sum)(part);
}

LMRT_INLINE void LMRT(normalize_row)(size_t n, float epsilon, const float *x, float *y) {
    const float mean = LMRT(normalize_sum)(n, x, 0.0f, 0) / (float)n;
    const float scale = 1.0f / sqrtf(LMRT(normalize_sum)(n, x, mean, 1) / (float)n + epsilon);
    size_t i;
    for (i = 0; i + LMRT_LANES <= n; i += LMRT_LANES) LMRT(store)(y + i, (LMRT(load)(x + i) - mean) * scale);
    for (; i < n; i++) y[i] = (x[i] - mean) * scale;
}

/* `lanes` neighbouring columns of one [n][inner] block. */
LMRT_INLINE void LMRT(normalize_columns)(size_t n, size_t inner, size_t lanes, float epsilon, const float *x,
                                         float *y) {
    const int whole = lanes >= LMRT_LANES;
    LMRT_VF mean = LMRT(splat)(0.0f), square = mean;
    for (size_t i = 0; i < n; i++)
        mean += whole ? LMRT(load)(x + i * inner) : LMRT(load_part)(x + i * inner, lanes);
    mean = mean / (float)n;
    for (size_t i = 0; i < n; i++) {
        const LMRT_VF d = (whole ? LMRT(load)(x + i * inner) : LMRT(load_part)(x + i * inner, lanes)) - mean;
        square = LMRT(fma)(d, d, square);
    }
    float lane[LMRT_LANES];
    LMRT(store)(lane, square / (float)n + epsilon);
    for (size_t j = 0; j < LMRT_LANES; j++) lane[j] = 1.0f / sqrtf(lane[j]);
    const LMRT_VF scale = LMRT(load)(lane);
    for (size_t i = 0; i < n; i++) {
        if (whole)
            LMRT(store)(y + i * inner, (LMRT(load)(x + i * inner) - mean) * scale);
        else
            LMRT(store_part)(y + i * inner, (LMRT(load_part)(x + i * inner, lanes) - mean) * scale, lanes);
    }
}

LMRT_KERNEL void LMRT(normalize_f32)(size_t outer, size_t n, size_t inner, float epsilon, const float *x,
                                     float *y) {
    for (size_t o = 0; o < outer; o++, x += n * inner, y += n * inner) {
        if (inner == 1)
            LMRT(normalize_row)(n, epsilon, x, y);
        else
            for (size_t j = 0; j < inner; j += LMRT_LANES)
                LMRT(normalize_columns)(n, inner, inner - j, epsilon, x + j, y + j);
    }
}

/* normalize_f32: zero mean and unit variance along the middle axis of x[outer][n][inner]; in place allowed.
 * The variance comes from the differences to the mean, in a second pass: the sum of squares would lose it
 * where the mean is large. */
#pragma once

#include "simd/simd.h"

LMRT_INLINE void LMRT(normalize_row)(size_t n, float epsilon, const float *x, float *y) {
    LMRT_VF sums = LMRT(splat)(0.0f), squares = sums;
    float sum = 0.0f, square = 0.0f;
    size_t i = 0;
    for (; i + LMRT_LANES <= n; i += LMRT_LANES) sums += LMRT(load)(x + i);
    for (; i < n; i++) sum += x[i];
    const float mean = (LMRT(lanes_sum)(sums) + sum) / (float)n;
    for (i = 0; i + LMRT_LANES <= n; i += LMRT_LANES) {
        const LMRT_VF d = LMRT(load)(x + i) - mean;
        squares = LMRT(fma)(d, d, squares);
    }
    for (; i < n; i++) square += (x[i] - mean) * (x[i] - mean);
    const float scale = 1.0f / sqrtf((LMRT(lanes_sum)(squares) + square) / (float)n + epsilon);
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

/* softmax_f32 and log_softmax_f32 over the middle axis of x[outer][n][inner], in place allowed. The largest
 * element is taken off first, so that exp does not overflow. inner == 1 runs along the vectors, else the
 * vectors run across. */
#pragma once

#include "simd/exp.h"
#include "simd/log.h"

LMRT_INLINE float LMRT(row_max)(size_t n, const float *x) {
    float top = -INFINITY;
    size_t i = 0;
    if (n >= LMRT_LANES) {
        float lane[LMRT_LANES];
        LMRT_VF m = LMRT(load)(x);
        for (i = LMRT_LANES; i + LMRT_LANES <= n; i += LMRT_LANES) m = LMRT(max)(LMRT(load)(x + i), m);
        LMRT(store)(lane, m);
        for (size_t j = 0; j < LMRT_LANES; j++) top = lane[j] > top ? lane[j] : top;
    }
    for (; i < n; i++) top = x[i] > top ? x[i] : top;
    return top; /* a NaN may be passed over here: it comes out of the exp */
}

/* One row: y = exp(x - max) / sum, or x - max - log(sum). A row of -inf gives NaN, as in Keras. */
LMRT_INLINE void LMRT(softmax_row)(size_t n, const float *x, float *y, const int logarithm) {
    const float top = LMRT(row_max)(n, x);
    LMRT_VF sums[LMRT_WIDE / LMRT_LANES];
    float part[LMRT_WIDE], lane[LMRT_LANES];
    size_t i = 0;
    LMRT_UNROLL
    for (size_t j = 0; j < LMRT_WIDE / LMRT_LANES; j++) sums[j] = LMRT(splat)(0.0f);
    for (; i + LMRT_WIDE <= n; i += LMRT_WIDE) {
        LMRT_UNROLL
        for (size_t j = 0; j < LMRT_WIDE / LMRT_LANES; j++) {
            const size_t at = i + j * LMRT_LANES;
            const LMRT_VF d = LMRT(load)(x + at) - top, e = LMRT(exp)(d);
            sums[j] += e;
            LMRT(store)(y + at, logarithm ? d : e);
        }
    }
    LMRT_UNROLL
    for (size_t j = 0; j < LMRT_WIDE / LMRT_LANES; j++) LMRT(store)(part + j * LMRT_LANES, sums[j]);
    for (size_t j = 0; i < n; i += LMRT_LANES, j += LMRT_LANES) {
        const size_t left = n - i < LMRT_LANES ? n - i : LMRT_LANES;
        const int whole = left == LMRT_LANES;
        const LMRT_VF d = (whole ? LMRT(load)(x + i) : LMRT(load_part)(x + i, left)) - top, e = LMRT(exp)(d);
        LMRT(store)(lane, e);
        for (size_t k = 0; k < left; k++) part[j + k] += lane[k];
        if (whole)
            LMRT(store)(y + i, logarithm ? d : e);
        else
            LMRT(store_part)(y + i, logarithm ? d : e, left);
    }
    const float sum = LMRT(wide_sum)(part);
    LMRT(store)(lane, LMRT(log)(LMRT(splat)(sum)));
    const float change = logarithm ? lane[0] : 1.0f / sum;
    for (i = 0; i + LMRT_LANES <= n; i += LMRT_LANES) {
        const LMRT_VF v = LMRT(load)(y + i);
        LMRT(store)(y + i, logarithm ? v - change : v * change);
    }
    for (; i < n; i++) y[i] = logarithm ? y[i] - change : y[i] * change;
}

/* `lanes` neighbouring columns of one [n][inner] block. */
LMRT_INLINE void LMRT(softmax_columns)(size_t n, size_t inner, size_t lanes, const float *x, float *y,
                                       const int logarithm) {
    const int whole = lanes >= LMRT_LANES;
    LMRT_VF top = LMRT(splat)(-INFINITY), sum = LMRT(splat)(0.0f);
    for (size_t i = 0; i < n; i++) {
        const float *at = x + i * inner;
        top = LMRT(max)(whole ? LMRT(load)(at) : LMRT(load_part)(at, lanes), top);
    }
    for (size_t i = 0; i < n; i++) {
        const float *at = x + i * inner;
        const LMRT_VF d = (whole ? LMRT(load)(at) : LMRT(load_part)(at, lanes)) - top, e = LMRT(exp)(d);
        sum += e;
        if (whole)
            LMRT(store)(y + i * inner, logarithm ? d : e);
        else
            LMRT(store_part)(y + i * inner, logarithm ? d : e, lanes);
    }
    float lane[LMRT_LANES];
    LMRT(store)(lane, logarithm ? LMRT(log)(sum) : 1.0f / sum);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < LMRT_LANES && j < lanes; j++)
            y[i * inner + j] = logarithm ? y[i * inner + j] - lane[j] : y[i * inner + j] * lane[j];
}

LMRT_INLINE void LMRT(softmax_all)(size_t outer, size_t n, size_t inner, const float *x, float *y,
                                   const int logarithm) {
    for (size_t o = 0; o < outer; o++, x += n * inner, y += n * inner) {
        if (inner == 1)
            LMRT(softmax_row)(n, x, y, logarithm);
        else
            for (size_t j = 0; j < inner; j += LMRT_LANES)
                LMRT(softmax_columns)(n, inner, inner - j, x + j, y + j, logarithm);
    }
}

LMRT_KERNEL void LMRT(softmax_f32)(size_t outer, size_t n, size_t inner, const float *x, float *y) {
    LMRT(softmax_all)(outer, n, inner, x, y, 0);
}
LMRT_KERNEL void LMRT(log_softmax_f32)(size_t outer, size_t n, size_t inner, const float *x, float *y) {
    LMRT(softmax_all)(outer, n, inner, x, y, 1);
}

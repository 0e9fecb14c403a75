/* softmax_f32 and log_softmax_f32 over the middle axis of x[outer][n][inner], in place allowed. The largest
 * element is taken off first, so that exp does not overflow. inner == 1 runs along the vectors, else the
 * vectors run across. */
#pragma once

#include "simd/exp.h"
#include "simd/fold.h"
#include "simd/log.h"

/* The first n lanes from memory, all if there are so many; the rest -inf, whose exp adds nothing to a sum. */
LMRT_INLINE LMRT_VF LMRT(load_row)(const float *x, size_t n) {
    if (n >= LMRT_LANES) return LMRT(load)(x);
#if defined(LMRT_MASKED)
    return __builtin_ia32_loadups512_mask(x, LMRT(splat)(-INFINITY), (unsigned short)((1u << n) - 1u));
#else
    float part[LMRT_LANES];
    for (size_t i = 0; i < LMRT_LANES; i++) part[i] = i < n ? x[i] : -INFINITY;
    return LMRT(load)(part);
#endif
}
LMRT_INLINE void LMRT(store_row)(float *y, LMRT_VF v, size_t n) {
    if (n >= LMRT_LANES)
        LMRT(store)(y, v);
    else
        LMRT(store_part)(y, v, n);
}

/* One row: y = exp(x - max) / sum, or x - max - log(sum). A row of -inf gives NaN, as in Keras; so does a
 * NaN, which the largest may pass over, by its exp. */
LMRT_INLINE void LMRT(softmax_row)(size_t n, const float *x, float *y, const int logarithm) {
    LMRT_VF top = LMRT(splat)(-INFINITY), sums[LMRT_WIDE / LMRT_LANES];
    for (size_t k = 0; k < n; k += LMRT_LANES) top = LMRT(max)(LMRT(load_row)(x + k, n - k), top);
    top = LMRT(fold_max)(top);
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
    for (size_t j = 0; i < n; i += LMRT_LANES, j++) {
        const LMRT_VF d = LMRT(load_row)(x + i, n - i) - top, e = LMRT(exp)(d);
        LMRT_UNROLL
        for (size_t k = 0; k < LMRT_WIDE / LMRT_LANES; k++) /* not sums[j]: they would live in memory */
            if (k == j) sums[k] += e;
        LMRT(store_row)(y + i, logarithm ? d : e, n - i);
    }
    const LMRT_VF sum = LMRT(fold_sum)(sums);
    const LMRT_VF change = logarithm ? LMRT(log)(sum) : 1.0f / sum;
    for (i = 0; i < n; i += LMRT_LANES) {
        const LMRT_VF v = LMRT(load_row)(y + i, n - i);
        LMRT(store_row)(y + i, logarithm ? v - change : v * change, n - i);
    }
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

/* Functions of two floats with broadcasting, by vectors. */
#pragma once

#include "kernels/broadcast.h"
#include "simd/simd.h"

/* LMRT_LANES elements (n of them valid) at a distance of `step`. */
LMRT_INLINE LMRT_VF LMRT(load_step)(const float *p, size_t i, ptrdiff_t step, size_t n) {
    if (step == 0) return LMRT(splat)(*p);
    if (step == 1) return n >= LMRT_LANES ? LMRT(load)(p + i) : LMRT(load_part)(p + i, n);
    float lane[LMRT_LANES] = {0};
    for (size_t j = 0; j < LMRT_LANES && j < n; j++) lane[j] = p[(ptrdiff_t)(i + j) * step];
    return LMRT(load)(lane);
}

#define LMRT_BINARY(name, expression)                                                                        \
    LMRT_KERNEL void LMRT(name##_row)(size_t n, const void *left, ptrdiff_t left_step, const void *right,    \
                                      ptrdiff_t right_step, void *out) {                                     \
        float *y = (float *)out;                                                                             \
        size_t i = 0;                                                                                        \
        for (; left_step == 1 && right_step == 1 && i + LMRT_LANES <= n; i += LMRT_LANES) {                  \
            const LMRT_VF a = LMRT(load)((const float *)left + i), b = LMRT(load)((const float *)right + i); \
            LMRT(store)(y + i, expression);                                                                  \
        }                                                                                                    \
        for (; i < n; i += LMRT_LANES) {                                                                       \
            const LMRT_VF a = LMRT(load_step)((const float *)left, i, left_step, n - i);                     \
            const LMRT_VF b = LMRT(load_step)((const float *)right, i, right_step, n - i);                   \
            if (n - i >= LMRT_LANES)                                                                         \
                LMRT(store)(y + i, expression);                                                              \
            else                                                                                             \
                LMRT(store_part)(y + i, expression, n - i);                                                  \
        }                                                                                                    \
    }                                                                                                        \
    LMRT_KERNEL void LMRT(name##_f32)(const lmrt_broadcast *d, const float *a, const float *b, float *y) {   \
        LMRT(broadcast_rows)(d, sizeof(float), sizeof(float), LMRT(name##_row), a, b, y);                    \
    }

LMRT_BINARY(add, a + b)
LMRT_BINARY(sub, a - b)
LMRT_BINARY(mul, a *b)
LMRT_BINARY(div, a / b)
LMRT_BINARY(max, LMRT(max_nan)(a, b))
LMRT_BINARY(min, LMRT(min_nan)(a, b))

#undef LMRT_BINARY

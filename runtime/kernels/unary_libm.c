/* Elementwise functions that go through libm, lane by lane. */
#pragma once

#include "simd/simd.h"
#include "simd/scalar.h"

#define LMRT_MAP_LANES(name, expression)                                                                     \
    LMRT_INLINE LMRT_VF LMRT(map_##name)(LMRT_VF v, const float *p) {                                        \
        float lane[LMRT_LANES];                                                                              \
        (void)p;                                                                                             \
        LMRT(store)(lane, v);                                                                                \
        for (size_t i = 0; i < LMRT_LANES; i++) {                                                            \
            const float x = lane[i];                                                                         \
            lane[i] = (expression);                                                                          \
        }                                                                                                    \
        return LMRT(load)(lane);                                                                             \
    }                                                                                                        \
    LMRT_MAP(name)

/* (x + sqrt(x^2 + p0)) / 2; for negative x the two nearly cancel, and x^2 may overflow. */
LMRT_INLINE float LMRT(squareplus)(float x, float p0) {
    const float a = fabsf(x), root = a < 1e18f ? sqrtf(LMRT(rounded_float)(x * x) + p0) : a;
    const float half_x = LMRT(rounded_float)(0.5f * x), half = LMRT(rounded_float)(0.5f * root);
    return x < 0.0f && a < INFINITY ? 0.25f * p0 / (half - half_x) : half_x + half;
}

LMRT_MAP_LANES(sqrt, sqrtf(x))
LMRT_MAP_LANES(rsqrt, 1.0f / sqrtf(x))
LMRT_MAP_LANES(squareplus, LMRT(squareplus)(x, p[0]))
#if defined(LMRT_STRICT)
LMRT_MAP_LANES(sin, LMRT(sine)(x, 0))
LMRT_MAP_LANES(cos, LMRT(sine)(x, 1))
#else
LMRT_MAP_LANES(sin, sinf(x))
LMRT_MAP_LANES(cos, cosf(x))
#endif
LMRT_MAP_LANES(floor, floorf(x))
LMRT_MAP_LANES(ceil, ceilf(x))
LMRT_MAP_LANES(round, rintf(x))

#undef LMRT_MAP_LANES

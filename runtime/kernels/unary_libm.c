/* Elementwise functions that go through libm, lane by lane. */
#pragma once

#include "simd/simd.h"

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

LMRT_MAP_LANES(sqrt, sqrtf(x))
LMRT_MAP_LANES(rsqrt, 1.0f / sqrtf(x))
LMRT_MAP_LANES(squareplus, 0.5f * (x + sqrtf(x * x + p[0])))
LMRT_MAP_LANES(sin, sinf(x))
LMRT_MAP_LANES(cos, cosf(x))
LMRT_MAP_LANES(floor, floorf(x))
LMRT_MAP_LANES(ceil, ceilf(x))
LMRT_MAP_LANES(round, rintf(x))

#undef LMRT_MAP_LANES

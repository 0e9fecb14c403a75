/* Elementwise functions over the error function. */
#pragma once

#include "simd/simd.h"
#include "simd/erf.h"

LMRT_INLINE LMRT_VF LMRT(map_erf)(LMRT_VF x, const float *p) {
    (void)p;
    return LMRT(erf)(x);
}
/* x times the probability that a normal variable is below x */
LMRT_INLINE LMRT_VF LMRT(map_gelu)(LMRT_VF x, const float *p) {
    const LMRT_VF tail = LMRT(normal_tail)(LMRT(absolute)(x));
    (void)p;
    return x * LMRT(select)(LMRT(less)(x, LMRT(splat)(0.0f)), tail, 1.0f - tail);
}

LMRT_MAP(erf)
LMRT_MAP(gelu)

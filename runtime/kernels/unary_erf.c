/* Elementwise functions over the error function. */
#pragma once

#include "simd/simd.h"
#include "simd/erf.h"

LMRT_INLINE LMRT_VF LMRT(map_erf)(LMRT_VF x, const float *p) {
    (void)p;
    return LMRT(erf)(x);
}
/* x times the probability that a normal variable is below x; -infinity gives NaN as in Keras. */
LMRT_INLINE LMRT_VF LMRT(map_gelu)(LMRT_VF x, const float *p) {
    const LMRT_VF tail = LMRT(normal_tail)(LMRT(min)(LMRT(splat)(14.5f), LMRT(absolute)(x)));
    const LMRT_VF y = LMRT(select)(LMRT(less)(x, LMRT(splat)(0.0f)), -tail, x - tail);
    (void)p;
    return LMRT(select)(LMRT(equal)(x, LMRT(splat)(-INFINITY)), LMRT(splat)(NAN), y);
}

LMRT_MAP(erf)
LMRT_MAP(gelu)

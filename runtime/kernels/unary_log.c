/* Elementwise functions over log. */
#pragma once

#include "simd/simd.h"
#include "simd/exp.h"
#include "simd/log.h"

/* log(1 + exp(x)) without overflow; NaN stays NaN. */
LMRT_INLINE LMRT_VF LMRT(softplus)(LMRT_VF x) {
    return LMRT(max)(LMRT(splat)(0.0f), x) + LMRT(log1p)(LMRT(exp)(-LMRT(absolute)(x)));
}
LMRT_INLINE LMRT_VF LMRT(map_log)(LMRT_VF x, const float *p) {
    (void)p;
    return LMRT(log)(x);
}
LMRT_INLINE LMRT_VF LMRT(map_log1p)(LMRT_VF x, const float *p) {
    (void)p;
    return LMRT(log1p)(x);
}
LMRT_INLINE LMRT_VF LMRT(map_softplus)(LMRT_VF x, const float *p) {
    (void)p;
    return LMRT(softplus)(x);
}
LMRT_INLINE LMRT_VF LMRT(map_log_sigmoid)(LMRT_VF x, const float *p) {
    (void)p;
    return -LMRT(softplus)(-x);
}

LMRT_MAP(log)
LMRT_MAP(log1p)
LMRT_MAP(softplus)
LMRT_MAP(log_sigmoid)

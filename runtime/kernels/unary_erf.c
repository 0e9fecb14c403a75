/* Elementwise functions over the error function. */
#pragma once

#include "simd/simd.h"
#include "simd/erf.h"

LMRT_INLINE LMRT_VF LMRT(map_erf)(LMRT_VF x, const float *p) {
    (void)p;
    return LMRT(erf)(x);
}
/* x times the probability that a normal variable is below x: by a series near 0, else by the tail */
LMRT_INLINE LMRT_VF LMRT(map_gelu)(LMRT_VF x, const float *p) {
    LMRT_VI n;
    const LMRT_VF limit = LMRT(splat)(15.0f),
                  c = LMRT(max)(-limit, LMRT(min)(limit, x)); /* no infinity times 0 */
    const LMRT_VF a = LMRT(absolute)(x), z = x * x, part = LMRT(normal_tail)(c, a, &n);
    LMRT_VF s = LMRT(fma)(LMRT(splat)(-8.11172868e-6f), z, LMRT(splat)(1.14376875e-4f));
    s = LMRT(fma)(s, z, LMRT(splat)(-1.18693535e-3f));
    s = LMRT(fma)(s, z, LMRT(splat)(9.97349061e-3f));
    s = LMRT(fma)(s, z, LMRT(splat)(-6.64903745e-2f));
    s = LMRT(fma)(s, z, LMRT(splat)(3.98942292e-1f));
    const LMRT_VF near = x * LMRT(fma)(s, x, LMRT(splat)(0.5f));
    const LMRT_VF below = LMRT(scale)(part, n);
    const LMRT_VF far = LMRT(select)(LMRT(less)(x, LMRT(splat)(0.0f)), below, x - below);
    const LMRT_VF y = LMRT(select)(LMRT(less)(a, LMRT(splat)(0.75f)), near, far);
    (void)p;
    return LMRT(select)(LMRT(equal)(x, LMRT(splat)(-INFINITY)), LMRT(splat)(NAN), y); /* as in Keras */
}

LMRT_MAP(erf)
LMRT_MAP(gelu)

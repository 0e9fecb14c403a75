/* The error function and the normal distribution's tail, which keeps its precision where 1 + erf(x) has none
 * left. */
#pragma once

#include "simd/exp.h"

/* The probability that a normal variable exceeds t >= 0: exp(-t^2 / 2) R(t). t is cut in two parts so that
 * the exponent is known to more than float's precision; R is a polynomial in 1 / (1 + 0.3 t). Beyond 15 it is
 * 0. */
LMRT_INLINE LMRT_VF LMRT(normal_tail)(LMRT_VF t) {
    const LMRT_VF limit = LMRT(splat)(15.0f), one = LMRT(splat)(1.0f);
    t = LMRT(select)(LMRT(less)(t, limit), t, limit);
    const LMRT_VF high = LMRT(from_bits)(LMRT(bits)(t) & ~LMRT(splat_int)(0xfff)), low = t - high;
    const LMRT_VF e =
        LMRT(exp_sum)(high * high * LMRT(splat)(-0.5f), LMRT(fma)(low, LMRT(splat)(0.5f), high) * -low);
    const LMRT_VF q = one / LMRT(fma)(LMRT(splat)(0.3f), t, one);
    LMRT_VF r = LMRT(fma)(LMRT(splat)(-0.0206234865f), q, LMRT(splat)(0.112435706f));
    r = LMRT(fma)(r, q, LMRT(splat)(-0.228213817f));
    r = LMRT(fma)(r, q, LMRT(splat)(0.191784814f));
    r = LMRT(fma)(r, q, LMRT(splat)(-0.0794237182f));
    r = LMRT(fma)(r, q, LMRT(splat)(0.0961569548f));
    r = LMRT(fma)(r, q, LMRT(splat)(0.0783896074f));
    r = LMRT(fma)(r, q, LMRT(splat)(0.11023543f));
    r = LMRT(fma)(r, q, LMRT(splat)(0.119571812f));
    r = LMRT(fma)(r, q, LMRT(splat)(0.119686693f));
    return r * q * e;
}

LMRT_INLINE LMRT_VF LMRT(erf)(LMRT_VF x) {
    const LMRT_VF a = LMRT(absolute)(x), z = x * x, tail = LMRT(normal_tail)(a * LMRT(splat)(1.41421356f));
    const LMRT_VF far = LMRT(with_sign)(LMRT(fma)(tail, LMRT(splat)(-2.0f), LMRT(splat)(1.0f)), x);
    LMRT_VF p = LMRT(fma)(LMRT(splat)(8.18523113e-5f), z, LMRT(splat)(-8.09774443e-4f));
    p = LMRT(fma)(p, z, LMRT(splat)(5.19695692e-3f));
    p = LMRT(fma)(p, z, LMRT(splat)(-2.68577076e-2f));
    p = LMRT(fma)(p, z, LMRT(splat)(1.12836637e-1f));
    p = LMRT(fma)(p, z, LMRT(splat)(-3.76126319e-1f));
    p = LMRT(fma)(p, z, LMRT(splat)(1.28379166e-1f));
    const LMRT_VF near = LMRT(fma)(p, x, x);
    return LMRT(select)(LMRT(less)(LMRT(splat)(0.95f), a), far, near); /* NaN: near */
}

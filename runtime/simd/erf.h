/* The error function and the normal distribution's tail, which keeps its precision where 1 + erf(x) has none
 * left. */
#pragma once

#include "simd/exp.h"

/* The probability that a normal variable exceeds t >= 0.75, as a number and a power of two: exp(-t^2 / 2)
 * R(t). t is cut in two parts so that the exponent is known to more than float's precision; R is q times a
 * polynomial in q - 0.4, q = 1 / (1 + t / 2). Beyond 14.5 it is 0. */
LMRT_INLINE LMRT_VF LMRT(normal_tail)(LMRT_VF t, LMRT_VI *n) {
    const LMRT_VF limit = LMRT(splat)(14.5f), one = LMRT(splat)(1.0f);
    t = LMRT(select)(LMRT(less)(t, limit), t, limit);
    const LMRT_VF high = LMRT(from_bits)(LMRT(bits)(t) & ~LMRT(splat_int)(0xfff)), low = t - high;
    const LMRT_VF more = LMRT(rounded)(LMRT(fma)(low, LMRT(splat)(0.5f), high) * -low);
    const LMRT_VF e = LMRT(exp_parts)(high * high * LMRT(splat)(-0.5f), more, n);
    const LMRT_VF q = one / LMRT(fma)(LMRT(splat)(0.5f), t, one), v = q - LMRT(splat)(0.4f);
    LMRT_VF r = LMRT(fma)(LMRT(splat)(0.0689412877f), v, LMRT(splat)(-0.122499943f));
    r = LMRT(fma)(r, v, LMRT(splat)(0.00659092981f));
    r = LMRT(fma)(r, v, LMRT(splat)(0.126840636f));
    r = LMRT(fma)(r, v, LMRT(splat)(-0.0644099265f));
    r = LMRT(fma)(r, v, LMRT(splat)(-0.133569434f));
    r = LMRT(fma)(r, v, LMRT(splat)(0.1002758f));
    r = LMRT(fma)(r, v, LMRT(splat)(0.315551221f));
    r = LMRT(fma)(r, v, LMRT(splat)(0.303784877f));
    return r * q * e;
}

LMRT_INLINE LMRT_VF LMRT(erf)(LMRT_VF x) {
    LMRT_VI n;
    const LMRT_VF a = LMRT(absolute)(x), z = x * x;
    const LMRT_VF part = LMRT(normal_tail)(a * LMRT(splat)(1.41421356f), &n), tail = LMRT(scale)(part, n);
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

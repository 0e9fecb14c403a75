/* The error function and the normal distribution's tail, which keeps its precision where 1 + erf(x) has none
 * left. */
#pragma once

#include "simd/exp.h"

/* `factor` times the probability that a normal variable exceeds t >= 0.75, as a number and a power of two:
 * factor q exp(-t^2 / 2) R(q), q = 1 / (1 + t / 2). t is cut in two parts so that the exponent is known to
 * more than float's precision; R is a polynomial in q - 0.4. What the roundings of 1 + t / 2, of R's and of
 * exp's last sum lose goes into the small parts that those two have. Beyond 14.5 it is 0. */
LMRT_INLINE LMRT_VF LMRT(normal_tail)(LMRT_VF factor, LMRT_VF t, LMRT_VI *n) {
    const LMRT_VF limit = LMRT(splat)(14.5f), one = LMRT(splat)(1.0f);
    t = LMRT(select)(LMRT(less)(t, limit), t, limit);
    const LMRT_VF high = LMRT(from_bits)(LMRT(bits)(t) & ~LMRT(splat_int)(0xfff)), low = t - high;
    const LMRT_VF more = LMRT(rounded)(LMRT(fma)(low, LMRT(splat)(0.5f), high) * -low);
    LMRT_VF e_small;
    const LMRT_VF e = LMRT(exp_sum)(high * high * LMRT(splat)(-0.5f), more, &e_small, n);
    const LMRT_VF half = LMRT(rounded)(t * LMRT(splat)(0.5f)), d = one + half, q = one / d;
    const LMRT_VF lost = LMRT(rounded)((half - (d - one)) * q);
    const LMRT_VF v = LMRT(fma)(-lost, q, q - LMRT(splat)(0.4f));
    LMRT_VF r = LMRT(fma)(LMRT(splat)(0.0739726573f), v, LMRT(splat)(0.0647146031f));
    r = LMRT(fma)(r, v, LMRT(splat)(-0.137957186f));
    r = LMRT(fma)(r, v, LMRT(splat)(0.00693902047f));
    r = LMRT(fma)(r, v, LMRT(splat)(0.127936617f));
    r = LMRT(fma)(r, v, LMRT(splat)(-0.0644027591f));
    r = LMRT(fma)(r, v, LMRT(splat)(-0.133598551f));
    r = LMRT(fma)(r, v, LMRT(splat)(0.100275047f));
    r = LMRT(fma)(r, v, LMRT(splat)(0.31555143f));
    const LMRT_VF last = LMRT(splat)(0.303784877f), rest = LMRT(rounded)(r * v), sum = last + rest;
    const LMRT_VF sum_small = rest - (sum - last);
    const LMRT_VF small = LMRT(fma)(LMRT(fma)(-e, lost, e_small), sum, LMRT(rounded)(sum_small * e));
    return LMRT(fma)(e, sum, small) * (factor / d);
}

LMRT_INLINE LMRT_VF LMRT(erf)(LMRT_VF x) {
    LMRT_VI n;
    const LMRT_VF a = LMRT(absolute)(x), z = x * x;
    const LMRT_VF part = LMRT(normal_tail)(LMRT(splat)(1.0f), a * LMRT(splat)(1.41421356f), &n),
                  tail = LMRT(scale)(part, n);
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

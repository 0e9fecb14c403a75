/* Vector exponentials. Subnormals, zeros, infinities and NaN come out as they should; with or without a fused
 * multiply-add. exp: 1 ULP. */
#pragma once

#include "simd/simd.h"

/* x = n ln 2 + r + rest, |r| <= ln 2 / 2 and exact, rest small; n within the range of float exponents (twice:
 * see scale). NaN becomes `low`. */
LMRT_INLINE LMRT_VF LMRT(exp_reduce)(LMRT_VF x, float low, float high, LMRT_VF *rest, LMRT_VI *n) {
    const LMRT_VF lo = LMRT(splat)(low), hi = LMRT(splat)(high);
    const LMRT_VF c = LMRT(min)(LMRT(max)(x, lo), hi);
    const LMRT_VF shift = LMRT(splat)(12582912.0f); /* 1.5 * 2^23: the sum's low bits hold round(c / ln 2) */
    *n = LMRT(bits)(LMRT(fma)(c, LMRT(splat)(1.44269504f), shift)) - LMRT(bits)(shift);
    const LMRT_VF f = LMRT(to_float)(*n);
    *rest = LMRT(rounded)(f * LMRT(splat)(-1.42860677e-6f)); /* ln 2 in two parts: f * the other is exact */
    return LMRT(fma)(f, LMRT(splat)(-0.693145752f), c);
}
/* 2^n for -126 <= n <= 127 */
LMRT_INLINE LMRT_VF LMRT(power_of_two)(LMRT_VI n) {
    return LMRT(from_bits)((n + 127) << 23);
}
/* y * 2^n for -252 <= n <= 254, in two steps of which each is a normal number */
LMRT_INLINE LMRT_VF LMRT(scale)(LMRT_VF y, LMRT_VI n) {
    const LMRT_VI half = n >> 1;
    return LMRT(rounded)(y * LMRT(power_of_two)(half) * LMRT(power_of_two)(n - half));
}
/* (exp(r) - 1 - r) / r^2 for |r| <= ln 2 / 2 */
LMRT_INLINE LMRT_VF LMRT(exp_polynomial)(LMRT_VF r) {
    LMRT_VF p = LMRT(fma)(LMRT(splat)(1.98459573e-4f), r, LMRT(splat)(1.39416533e-3f));
    p = LMRT(fma)(p, r, LMRT(splat)(8.33339151e-3f));
    p = LMRT(fma)(p, r, LMRT(splat)(4.16663475e-2f));
    p = LMRT(fma)(p, r, LMRT(splat)(1.66666657e-1f));
    return LMRT(fma)(p, r, LMRT(splat)(0.5f));
}
/* exp(x + more) as the sum of a number near 1 and a small one, times a power of two, for |more| much smaller
 * than x. What the two sums before exp's polynomial lose is in the small one. */
LMRT_INLINE LMRT_VF LMRT(exp_sum)(LMRT_VF x, LMRT_VF more, LMRT_VF *small, LMRT_VI *n) {
    LMRT_VF rest;
    const LMRT_VF whole = LMRT(exp_reduce)(x, -110.0f, 89.0f, &rest, n), one = LMRT(splat)(1.0f);
    rest = rest + more;
    const LMRT_VF r = whole + rest, near = one + r;
    const LMRT_VF lost = ((one - near) + r) + ((whole - r) + rest);
    *small = LMRT(fma)(LMRT(exp_polynomial)(r), r * r, lost);
    return near;
}
/* The same as one number and a power of two: what multiplies the number before it is scaled keeps its
 * precision where the result is subnormal. NaN becomes 0. */
LMRT_INLINE LMRT_VF LMRT(exp_parts)(LMRT_VF x, LMRT_VF more, LMRT_VI *n) {
    LMRT_VF small;
    const LMRT_VF near = LMRT(exp_sum)(x, more, &small, n);
    return near + small;
}
LMRT_INLINE LMRT_VF LMRT(exp)(LMRT_VF x) {
    LMRT_VI n;
    const LMRT_VF y = LMRT(exp_parts)(x, LMRT(splat)(0.0f), &n);
    return LMRT(select)(LMRT(equal)(x, x), LMRT(scale)(y, n), x);
}
LMRT_INLINE LMRT_VF LMRT(expm1)(LMRT_VF x) {
    LMRT_VI n;
    LMRT_VF rest;
    const LMRT_VF whole = LMRT(exp_reduce)(x, -18.0f, 89.0f, &rest, &n), r = whole + rest;
    const LMRT_VF p = LMRT(fma)(LMRT(exp_polynomial)(r), r * r, r); /* exp(r) - 1 */
    const LMRT_VI half = n >> 1;
    const LMRT_VF first = LMRT(power_of_two)(n - half), second = LMRT(power_of_two)(half);
    const LMRT_VF all = LMRT(rounded)(LMRT(fma)(p, first, first) * second);
    const LMRT_VF y = all - LMRT(splat)(1.0f); /* where 2^n itself overflows */
    const LMRT_VF s = LMRT(rounded)(first * second);
    const LMRT_VF near = LMRT(fma)(s, p, s - LMRT(splat)(1.0f));
    const LMRT_VI tiny =
        LMRT(less)(LMRT(absolute)(x), LMRT(splat)(1e-7f)) | ~LMRT(equal)(x, x); /* keeps -0 and NaN */
    return LMRT(select)(tiny, x, LMRT(select)(LMRT(less_int)(n, LMRT(splat_int)(64)), near, y));
}

/* 1 / (1 + exp(-x)) by the sign of x: the usual form loses everything where exp overflows. The quotient is
 * corrected by what exp's last sum and the divisor's rounding lost. */
LMRT_INLINE LMRT_VF LMRT(sigmoid)(LMRT_VF x) {
    LMRT_VI n;
    LMRT_VF small;
    const LMRT_VF zero = LMRT(splat)(0.0f), one = LMRT(splat)(1.0f);
    const LMRT_VF near = LMRT(exp_sum)(-LMRT(absolute)(x), zero, &small, &n);
    const LMRT_VF e = LMRT(scale)(near, n), e_small = LMRT(scale)(small, n), sum = e + e_small, d = one + sum;
    const LMRT_VI negative = LMRT(less)(x, zero);
    const LMRT_VF y = LMRT(select)(negative, e, one) / d, lost = sum - (d - one);
    const LMRT_VF more = LMRT(fma)(-y, lost, LMRT(select)(negative, e_small, zero)) / d;
    return LMRT(select)(LMRT(equal)(x, x), y + more, x);
}

/* x * sigmoid(x), by the sign of x as well. */
LMRT_INLINE LMRT_VF LMRT(silu)(LMRT_VF x) {
    LMRT_VI n;
    const LMRT_VF one = LMRT(splat)(1.0f), a = LMRT(absolute)(x),
                  e = LMRT(exp_parts)(-a, LMRT(splat)(0.0f), &n);
    const LMRT_VF c =
        LMRT(max)(LMRT(splat)(-110.0f), x); /* beyond, the result is 0; x * e must not overflow */
    const LMRT_VF top = LMRT(select)(LMRT(less)(x, LMRT(splat)(0.0f)), LMRT(scale)(c * e, n), x);
    const LMRT_VF y = top / (one + LMRT(scale)(e, n));
    return LMRT(select)(LMRT(equal)(x, LMRT(splat)(-INFINITY)), LMRT(splat)(NAN), y); /* as in Keras */
}

/* An odd polynomial near 0, else 1 - 2 / (exp(2|x|) + 1) with the sign of x; beyond 10 that is 1 to the last
 * bit. */
LMRT_INLINE LMRT_VF LMRT(tanh)(LMRT_VF x) {
    const LMRT_VF a = LMRT(absolute)(x), z = x * x, one = LMRT(splat)(1.0f);
    const LMRT_VF c = LMRT(min)(a, LMRT(splat)(10.0f));
    const LMRT_VF far = one - LMRT(splat)(2.0f) / (LMRT(exp)(c + c) + one);
    LMRT_VF p = LMRT(fma)(LMRT(splat)(-5.70498873e-3f), z, LMRT(splat)(2.06390888e-2f));
    p = LMRT(fma)(p, z, LMRT(splat)(-5.37397156e-2f));
    p = LMRT(fma)(p, z, LMRT(splat)(1.33314422e-1f));
    p = LMRT(fma)(p, z, LMRT(splat)(-3.33332819e-1f));
    const LMRT_VF near = LMRT(fma)(p * z, a, a); /* NaN too */
    return LMRT(with_sign)(LMRT(select)(LMRT(less)(LMRT(splat)(0.625f), a), far, near), x);
}

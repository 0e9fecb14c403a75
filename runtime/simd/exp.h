/* Vector exponentials. Subnormals, zeros, infinities and NaN come out as they should; with or without a fused
 * multiply-add. exp: 1 ULP; sigmoid, silu, tanh: 2. */
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
/* (exp(r) - 1 - r) / r^2 for |r| <= ln 2 / 2 */
LMRT_INLINE LMRT_VF LMRT(exp_polynomial)(LMRT_VF r) {
    LMRT_VF p = LMRT(fma)(LMRT(splat)(1.98459573e-4f), r, LMRT(splat)(1.39416533e-3f));
    p = LMRT(fma)(p, r, LMRT(splat)(8.33339151e-3f));
    p = LMRT(fma)(p, r, LMRT(splat)(4.16663475e-2f));
    p = LMRT(fma)(p, r, LMRT(splat)(1.66666657e-1f));
    return LMRT(fma)(p, r, LMRT(splat)(0.5f));
}
/* 2^n (1 + w), where n lies twice too far out for one float: 2^64 of it come last. */
LMRT_INLINE LMRT_VF LMRT(exp)(LMRT_VF x) {
    const LMRT_VF c = LMRT(min)(LMRT(splat)(89.0f), LMRT(max)(LMRT(splat)(-104.0f), x)); /* NaN stays */
    const LMRT_VI low = LMRT(less)(c, LMRT(splat)(0.0f));
    const LMRT_VF shift =
        LMRT(select)(low, LMRT(splat)(12582912.0f + 191.0f), LMRT(splat)(12582912.0f + 63.0f));
    const LMRT_VF last = LMRT(select)(low, LMRT(splat)(5.42101086e-20f), LMRT(splat)(1.84467441e19f));
    const LMRT_VF sum = LMRT(fma)(c, LMRT(splat)(1.44269504f), shift), n = sum - shift;
    const LMRT_VF power = LMRT(from_bits)(LMRT(to_exponent)(LMRT(bits)(sum)));
    LMRT_VF r = LMRT(fma)(n, LMRT(splat)(-0.693145752f), c);
    r = LMRT(fma)(n, LMRT(splat)(-1.42860677e-6f), r);
    const LMRT_VF w = LMRT(fma)(LMRT(exp_polynomial)(r), r * r, r);
    return LMRT(rounded)(LMRT(fma)(power, w, power) * last);
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

/* exp(-x - more) = 2^n (1 + w) for x that is NaN or far from any overflow of n, |more| below an ULP of x: w,
 * and 2^(n + bias - 127) in *power. What multiplies a power of two is exact, so 1 + w need not be rounded
 * before it is added to something. */
LMRT_INLINE LMRT_VF LMRT(exp_minus)(LMRT_VF x, LMRT_VF more, int bias, LMRT_VF *power) {
    const LMRT_VF shift = LMRT(splat)((float)(12582912 + bias)); /* the sum's low bits: n + bias */
    const LMRT_VF sum = LMRT(fma)(x, LMRT(splat)(-1.44269504f), shift), n = sum - shift;
    *power = LMRT(from_bits)(LMRT(to_exponent)(LMRT(bits)(sum)));
    LMRT_VF r = LMRT(fma)(n, LMRT(splat)(-0.693145752f), -x);
    r = r + LMRT(fma)(n, LMRT(splat)(-1.42860677e-6f), -more);
    return LMRT(fma)(LMRT(exp_polynomial)(r), r * r, r);
}

/* top / (1 + exp(-c - more)) = 2^-64 top / (2^-64 + 2^(n - 64) (1 + w)), for c from -115 to 30: nothing
 * overflows, and what is subnormal is so only in the quotient. */
LMRT_INLINE LMRT_VF LMRT(sigmoid_of)(LMRT_VF top, LMRT_VF c, LMRT_VF more) {
    const LMRT_VF tiny = LMRT(splat)(5.42101086e-20f);
    LMRT_VF power;
    const LMRT_VF w = LMRT(exp_minus)(c, more, 63, &power);
    const LMRT_VF sum = tiny + power, rest = tiny - (sum - power); /* of the sum, where it is not exact */
    return top * tiny / (LMRT(fma)(power, w, rest) + sum);
}
LMRT_INLINE LMRT_VF LMRT(sigmoid)(LMRT_VF x) {
    const LMRT_VF c = LMRT(min)(LMRT(splat)(30.0f), LMRT(max)(LMRT(splat)(-110.0f), x));
    return LMRT(sigmoid_of)(LMRT(splat)(1.0f), c, LMRT(splat)(0.0f));
}
/* x * sigmoid(c + more): x / 2 near 0, where sigmoid_of would have x become subnormal. `low` is x, but finite
 * where x is -infinity; that gives NaN as in Keras. */
LMRT_INLINE LMRT_VF LMRT(gated)(LMRT_VF x, LMRT_VF low, LMRT_VF c, LMRT_VF more) {
    const LMRT_VI near = LMRT(less)(LMRT(absolute)(x), LMRT(splat)(1e-10f));
    const LMRT_VF y = LMRT(select)(near, x * 0.5f, LMRT(sigmoid_of)(low, c, more));
    return LMRT(select)(LMRT(equal)(x, LMRT(splat)(-INFINITY)), LMRT(splat)(NAN), y);
}
LMRT_INLINE LMRT_VF LMRT(silu)(LMRT_VF x) {
    const LMRT_VF low = LMRT(max)(LMRT(splat)(-110.0f), x), c = LMRT(min)(LMRT(splat)(30.0f), low);
    return LMRT(gated)(x, low, c, LMRT(splat)(0.0f));
}
/* x (1 + tanh(u)) / 2 = x sigmoid(2 u), 2 u = x (a + b x^2). Where it is large and negative the result hangs
 * on more of it than a float holds, so each product and sum takes along what it lost; a is short, so that s -
 * a is exact. */
LMRT_INLINE LMRT_VF LMRT(gelu_tanh)(LMRT_VF x) {
    const LMRT_VF low = LMRT(max)(LMRT(splat)(-11.0f), x), c = LMRT(min)(LMRT(splat)(7.0f), low);
    const LMRT_VF a = LMRT(splat)(1.59576988f), b = LMRT(splat)(0.0713548139f);
    const LMRT_VF z = LMRT(rounded)(c * c), bz = LMRT(rounded)(b * z), s = a + bz;
    LMRT_VF more = LMRT(fma)(LMRT(splat)(2.39883247e-09f), z, LMRT(splat)(-7.60596436e-07f));
    more = LMRT(fma)(b, LMRT(lost)(c, c, z), more) + LMRT(lost)(b, z, bz);
    more = more + (bz - (s - a));
    const LMRT_VF t = LMRT(rounded)(c * s);
    return LMRT(gated)(x, low, t, LMRT(fma)(c, more, LMRT(lost)(c, s, t)));
}

/* (1 - e) / (1 + e), e = exp(-2|x|) = 2^n (1 + w), with the sign of x; beyond 10 that is 1 to the last bit.
 * Near 0 nothing cancels: 2^n is 1, and w itself the numerator. */
LMRT_INLINE LMRT_VF LMRT(tanh)(LMRT_VF x) {
    const LMRT_VF a = LMRT(absolute)(x), one = LMRT(splat)(1.0f);
    LMRT_VF power;
    const LMRT_VF w = LMRT(exp_minus)(LMRT(min)(LMRT(splat)(20.0f), a + a), LMRT(splat)(0.0f), 127, &power);
    return LMRT(with_sign)(LMRT(fma)(-power, w, one - power) / LMRT(fma)(power, w, one + power), x);
}

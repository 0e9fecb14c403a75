/* Vector logarithms: log 1 ULP, log1p 2; subnormals, zeros, infinities, NaN and negative numbers as in libm.
 */
#pragma once

#include "simd/simd.h"

/* log(x) + more / x for finite x > 0 and |more| below an ULP of x */
LMRT_INLINE LMRT_VF LMRT(log_positive)(LMRT_VF x, LMRT_VF more) {
    const LMRT_VI small = LMRT(less)(x, LMRT(splat)(1.17549435e-38f));
    const LMRT_VF normal = LMRT(select)(small, x * LMRT(splat)(8388608.0f), x);
    const LMRT_VI high =
        LMRT(bits)(normal) - LMRT(splat_int)(0x3f3504f3); /* mantissa from sqrt(1/2) to sqrt(2) */
    const LMRT_VF e = LMRT(to_float)((high >> 23) - (small & LMRT(splat_int)(23)));
    const LMRT_VF m = LMRT(from_bits)((high & LMRT(splat_int)(0x7fffff)) + LMRT(splat_int)(0x3f3504f3));
    const LMRT_VF f = m - LMRT(splat)(1.0f), z = f * f;
    LMRT_VF p = LMRT(fma)(LMRT(splat)(0.0674660131f), f, LMRT(splat)(-0.116756409f));
    p = LMRT(fma)(p, f, LMRT(splat)(0.118881747f));
    p = LMRT(fma)(p, f, LMRT(splat)(-0.124055915f));
    p = LMRT(fma)(p, f, LMRT(splat)(0.142195508f));
    p = LMRT(fma)(p, f, LMRT(splat)(-0.166679963f));
    p = LMRT(fma)(p, f, LMRT(splat)(0.200021192f));
    p = LMRT(fma)(p, f, LMRT(splat)(-0.250000089f));
    p = LMRT(fma)(p, f, LMRT(splat)(0.333333135f));
    LMRT_VF y = LMRT(fma)(p * f, z, more / x);
    y = LMRT(fma)(e, LMRT(splat)(-2.12194440e-4f), y); /* ln 2 in two parts: e * 0.693359375 is exact */
    y = LMRT(fma)(z, LMRT(splat)(-0.5f), y);
    return LMRT(fma)(e, LMRT(splat)(0.693359375f), f + y);
}
/* `y` where x is finite and > 0; else -inf for 0, inf for inf, NaN for the rest */
LMRT_INLINE LMRT_VF LMRT(log_special)(LMRT_VF x, LMRT_VF y) {
    const LMRT_VF zero = LMRT(splat)(0.0f), infinity = LMRT(splat)(INFINITY);
    y = LMRT(select)(LMRT(less)(zero, x), y, LMRT(splat)(NAN));
    y = LMRT(select)(LMRT(equal)(x, zero), -infinity, y);
    return LMRT(select)(LMRT(equal)(x, infinity), infinity, y);
}
/* x where log_positive may have it, else 1 */
LMRT_INLINE LMRT_VF LMRT(log_argument)(LMRT_VF x) {
    const LMRT_VI fine = LMRT(less)(LMRT(splat)(0.0f), x) & LMRT(less)(x, LMRT(splat)(INFINITY));
    return LMRT(select)(fine, x, LMRT(splat)(1.0f));
}
LMRT_INLINE LMRT_VF LMRT(log)(LMRT_VF x) {
    return LMRT(log_special)(x, LMRT(log_positive)(LMRT(log_argument)(x), LMRT(splat)(0.0f)));
}
LMRT_INLINE LMRT_VF LMRT(log1p)(LMRT_VF x) {
    const LMRT_VF one = LMRT(splat)(1.0f), u = one + x;
    const LMRT_VF lost = LMRT(select)(LMRT(less)(x, one), x - (u - one), one - (u - x)); /* what u lost */
    const LMRT_VF y = LMRT(log_special)(u, LMRT(log_positive)(LMRT(log_argument)(u), lost));
    return LMRT(select)(LMRT(less)(LMRT(absolute)(x), LMRT(splat)(1e-7f)), x,
                        y); /* keeps -0 and subnormals */
}

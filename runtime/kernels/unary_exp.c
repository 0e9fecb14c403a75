/* Elementwise functions over exp. */
#pragma once

#include "simd/simd.h"
#include "simd/exp.h"

LMRT_INLINE LMRT_VF LMRT(map_exp)(LMRT_VF x, const float *p) {
    (void)p;
    return LMRT(exp)(x);
}
LMRT_INLINE LMRT_VF LMRT(map_expm1)(LMRT_VF x, const float *p) {
    (void)p;
    return LMRT(expm1)(x);
}
LMRT_INLINE LMRT_VF LMRT(map_sigmoid)(LMRT_VF x, const float *p) {
    (void)p;
    return LMRT(sigmoid)(x);
}
LMRT_INLINE LMRT_VF LMRT(map_silu)(LMRT_VF x, const float *p) {
    (void)p;
    return LMRT(silu)(x);
}
LMRT_INLINE LMRT_VF LMRT(map_tanh)(LMRT_VF x, const float *p) {
    (void)p;
    return LMRT(tanh)(x);
}
/* x - tanh(x): where they nearly cancel, the series in x^2. */
LMRT_INLINE LMRT_VF LMRT(map_tanh_shrink)(LMRT_VF x, const float *p) {
    const LMRT_VF z = x * x;
    LMRT_VF s = LMRT(fma)(z, LMRT(splat)(-1.4558344e-3f), LMRT(splat)(3.5921280e-3f));
    s = LMRT(fma)(s, z, LMRT(splat)(-8.8632355e-3f));
    s = LMRT(fma)(s, z, LMRT(splat)(2.1869488e-2f));
    s = LMRT(fma)(s, z, LMRT(splat)(-5.3968254e-2f));
    s = LMRT(fma)(s, z, LMRT(splat)(1.3333334e-1f));
    s = LMRT(fma)(s, -z, LMRT(splat)(3.3333334e-1f));
    (void)p;
    return LMRT(select)(LMRT(less)(z, LMRT(splat)(0.25f)), LMRT(rounded)(s * z * x) + 0.0f,
                        x - LMRT(tanh)(x)); /* no -0 */
}
LMRT_INLINE LMRT_VF LMRT(map_gelu_tanh)(LMRT_VF x, const float *p) {
    (void)p;
    return LMRT(gelu_tanh)(x);
}
LMRT_INLINE LMRT_VF LMRT(map_elu)(LMRT_VF x, const float *p) {
    const LMRT_VF zero = LMRT(splat)(0.0f);
    return LMRT(select)(LMRT(less)(zero, x), x, p[0] * LMRT(expm1)(LMRT(min)(zero, x)));
}
LMRT_INLINE LMRT_VF LMRT(map_selu)(LMRT_VF x, const float *p) {
    const LMRT_VF zero = LMRT(splat)(0.0f);
    (void)p;
    return LMRT(select)(LMRT(less)(zero, x), 1.05070099f * x, 1.75809934f * LMRT(expm1)(LMRT(min)(zero, x)));
}
LMRT_INLINE LMRT_VF LMRT(map_celu)(LMRT_VF x, const float *p) {
    const LMRT_VF zero = LMRT(splat)(0.0f), low = p[0] * LMRT(expm1)(x / p[0]);
    return LMRT(absolute)(LMRT(max)(zero, x)) + LMRT(min)(zero, low);
}
/* With e = exp(x): tanh(log(1 + e)) = n / (n + 2), n = e (e + 2). 2^64 of e come last, so that no factor is
 * subnormal. */
LMRT_INLINE LMRT_VF LMRT(map_mish)(LMRT_VF x, const float *p) {
    const LMRT_VF far = LMRT(splat)(20.0f), tiny = LMRT(splat)(5.42101086e-20f);
    const LMRT_VF c = LMRT(max)(LMRT(splat)(-110.0f), LMRT(min)(far, x));
    LMRT_VF power;
    const LMRT_VF w = LMRT(exp_minus)(-c, LMRT(splat)(0.0f), 191, &power);
    const LMRT_VF large = LMRT(fma)(power, w, power), e = LMRT(rounded)(large * tiny), f = e + 2.0f;
    const LMRT_VF y = c * (large * f / LMRT(fma)(e, f, LMRT(splat)(2.0f))) * tiny;
    (void)p;
    return LMRT(select)(LMRT(less)(far, x), x,
                        LMRT(select)(LMRT(equal)(x, LMRT(splat)(-INFINITY)), LMRT(splat)(NAN), y));
}

LMRT_MAP(exp)
LMRT_MAP(expm1)
LMRT_MAP(sigmoid)
LMRT_MAP(silu)
LMRT_MAP(tanh)
LMRT_MAP(tanh_shrink)
LMRT_MAP(gelu_tanh)
LMRT_MAP(elu)
LMRT_MAP(selu)
LMRT_MAP(celu)
LMRT_MAP(mish)

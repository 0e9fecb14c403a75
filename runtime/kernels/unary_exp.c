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
    const LMRT_VF cube = LMRT(rounded)(x * x * x * 0.044715f);
    (void)p;
    return x * LMRT(sigmoid)((x + cube) * 1.59576912f); /* (1 + tanh(u)) / 2 = sigmoid(2 u) */
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
/* With e = exp(x): tanh(log(1 + e)) = n / (n + 2), n = e (e + 2). */
LMRT_INLINE LMRT_VF LMRT(map_mish)(LMRT_VF x, const float *p) {
    const LMRT_VF far = LMRT(splat)(20.0f), e = LMRT(exp)(LMRT(min)(far, x)), n = e * (e + 2.0f);
    (void)p;
    return x * (n / (n + 2.0f));
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

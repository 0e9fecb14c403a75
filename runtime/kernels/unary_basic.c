/* Elementwise functions of arithmetic and comparisons only. NaN and the sign of 0
 * go through where they do in Keras. */
#pragma once

#include "simd/simd.h"

LMRT_INLINE LMRT_VF LMRT(map_relu)(LMRT_VF x, const float *p) {
    (void)p;
    return LMRT(absolute)(LMRT(max)(LMRT(splat)(0.0f), x)); /* no -0 */
}
LMRT_INLINE LMRT_VF LMRT(map_leaky_relu)(LMRT_VF x, const float *p) {
    return LMRT(select)(LMRT(less)(x, LMRT(splat)(0.0f)), x * p[0], x);
}
LMRT_INLINE LMRT_VF LMRT(map_clip)(LMRT_VF x, const float *p) {
    return LMRT(clamp)(x, p[0], p[1]);
}
LMRT_INLINE LMRT_VF LMRT(map_relu_general)(LMRT_VF x, const float *p) {
    const LMRT_VF threshold = LMRT(splat)(p[2]);
    return LMRT(select)(LMRT(less)(x, threshold), p[0] * (x - threshold), LMRT(min)(LMRT(splat)(p[1]), x));
}
LMRT_INLINE LMRT_VF LMRT(map_reciprocal)(LMRT_VF x, const float *p) {
    (void)p;
    return 1.0f / x;
}
LMRT_INLINE LMRT_VF LMRT(map_square)(LMRT_VF x, const float *p) {
    (void)p;
    return x * x;
}
LMRT_INLINE LMRT_VF LMRT(map_negate)(LMRT_VF x, const float *p) {
    (void)p;
    return -x;
}
LMRT_INLINE LMRT_VF LMRT(map_abs)(LMRT_VF x, const float *p) {
    (void)p;
    return LMRT(absolute)(x);
}
LMRT_INLINE LMRT_VF LMRT(map_softsign)(LMRT_VF x, const float *p) {
    (void)p;
    return x / (1.0f + LMRT(absolute)(x));
}
LMRT_INLINE LMRT_VF LMRT(map_hard_sigmoid)(LMRT_VF x, const float *p) {
    (void)p;
    return LMRT(clamp)(LMRT(fma)(x, LMRT(splat)(1.0f / 6.0f), LMRT(splat)(0.5f)), 0.0f, 1.0f);
}
LMRT_INLINE LMRT_VF LMRT(map_hard_silu)(LMRT_VF x, const float *p) {
    return x * LMRT(map_hard_sigmoid)(x, p);
}
LMRT_INLINE LMRT_VF LMRT(map_hard_shrink)(LMRT_VF x, const float *p) {
    return LMRT(select)(LMRT(less)(LMRT(splat)(p[0]), LMRT(absolute)(x)), x, LMRT(splat)(0.0f));
}
LMRT_INLINE LMRT_VF LMRT(map_soft_shrink)(LMRT_VF x, const float *p) {
    const LMRT_VF zero = LMRT(splat)(0.0f), limit = LMRT(splat)(p[0]);
    const LMRT_VF far = LMRT(select)(LMRT(less)(x, zero), x + limit, x - limit);
    return LMRT(select)(LMRT(less)(limit, LMRT(absolute)(x)), far, zero);
}
LMRT_INLINE LMRT_VF LMRT(map_threshold)(LMRT_VF x, const float *p) {
    return LMRT(select)(LMRT(less)(LMRT(splat)(p[0]), x), x,
                        LMRT(splat)(p[1])); /* NaN becomes p1, as in Keras */
}
LMRT_INLINE LMRT_VF LMRT(map_sparse_plus)(LMRT_VF x, const float *p) {
    const LMRT_VF one = LMRT(splat)(1.0f), zero = LMRT(splat)(0.0f), s = x + one;
    const LMRT_VF bend = LMRT(select)(LMRT(less_equal)(one, x), x, s * s * 0.25f);
    (void)p;
    return LMRT(select)(LMRT(less_equal)(x, -one), zero, bend);
}
LMRT_INLINE LMRT_VF LMRT(map_sparse_sigmoid)(LMRT_VF x, const float *p) {
    (void)p;
    return LMRT(clamp)(LMRT(rounded)(x * 0.5f) + 0.5f, 0.0f, 1.0f);
}
LMRT_INLINE LMRT_VF LMRT(map_sign)(LMRT_VF x, const float *p) {
    const LMRT_VF zero = LMRT(splat)(0.0f), one = LMRT(splat)(1.0f);
    (void)p;
    return LMRT(select)(LMRT(less)(zero, x), one,
                        LMRT(select)(LMRT(less)(x, zero), -one, LMRT(select)(LMRT(equal)(x, x), zero, x)));
}

LMRT_MAP(relu)
LMRT_MAP(leaky_relu)
LMRT_MAP(clip)
LMRT_MAP(relu_general)
LMRT_MAP(reciprocal)
LMRT_MAP(square)
LMRT_MAP(negate)
LMRT_MAP(abs)
LMRT_MAP(softsign)
LMRT_MAP(hard_sigmoid)
LMRT_MAP(hard_silu)
LMRT_MAP(hard_shrink)
LMRT_MAP(soft_shrink)
LMRT_MAP(threshold)
LMRT_MAP(sparse_plus)
LMRT_MAP(sparse_sigmoid)
LMRT_MAP(sign)

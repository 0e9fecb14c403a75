/* float64: functions of one element, through libm. The formulas are unary.def's. */
#pragma once

#include "kernels/double.h"

LMRT_INLINE double lmrt_double_clip(double x, double low, double high) {
    if (x <= low) return low; /* also -0 where low is 0 */
    return x > high ? high : x;
}
LMRT_INLINE double lmrt_double_relu_general(const double *p, double x) {
    if (x < p[2]) return p[0] * (x - p[2]);
    return x > p[1] ? p[1] : x;
}
LMRT_INLINE double lmrt_double_sigmoid(double x) {
    return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x));
}
LMRT_INLINE double lmrt_double_softplus(double x) {
    return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}
LMRT_INLINE double lmrt_double_elu(double x, double alpha) {
    return x > 0 ? x : alpha * expm1(x);
}
LMRT_INLINE double lmrt_double_soft_shrink(double x, double limit) {
    if (x > limit) return x - limit;
    return x < -limit ? x + limit : 0; /* 0 also for NaN */
}
/* The series of x - tanh(x) where the two nearly cancel. */
LMRT_INLINE double lmrt_double_tanh_shrink(double x) {
    const double z = x * x;
    if (!(z < 0.01)) return x - tanh(x);
    return x * z * (1 / 3.0 - z * (2 / 15.0 - z * (17 / 315.0 - z * (62 / 2835.0 - z * 1382 / 155925.0)))) +
           0.0;
}
/* Without cancellation for x < 0. */
LMRT_INLINE double lmrt_double_squareplus(double x, double b) {
    const double root = sqrt(x * x + b);
    return x < 0 && x >= -1.79769313486231570815e308 ? b / 2 / (root - x) : (x + root) / 2;
}
LMRT_INLINE double lmrt_double_sparse_plus(double x) {
    if (x <= -1) return 0;
    return x >= 1 ? x : (x + 1) * (x + 1) / 4;
}

#define LMRT_DOUBLE(name, expression)                                                                        \
    LMRT_KERNEL void lmrt_##name##_f64(const double *p, size_t n, const double *from, double *to) {          \
        (void)p;                                                                                             \
        for (size_t i = 0; i < n; i++) {                                                                     \
            const double x = from[i];                                                                        \
            to[i] = expression;                                                                              \
        }                                                                                                    \
    }

LMRT_DOUBLE(relu, x <= 0 ? 0 : x)
LMRT_DOUBLE(leaky_relu, x < 0 ? p[0] * x : x)
LMRT_DOUBLE(clip, lmrt_double_clip(x, p[0], p[1]))
LMRT_DOUBLE(relu_general, lmrt_double_relu_general(p, x))
LMRT_DOUBLE(sigmoid, lmrt_double_sigmoid(x))
LMRT_DOUBLE(tanh, tanh(x))
LMRT_DOUBLE(exp, exp(x))
LMRT_DOUBLE(expm1, expm1(x))
LMRT_DOUBLE(log, log(x))
LMRT_DOUBLE(log1p, log1p(x))
LMRT_DOUBLE(sqrt, sqrt(x))
LMRT_DOUBLE(rsqrt, 1 / sqrt(x))
LMRT_DOUBLE(reciprocal, 1 / x)
LMRT_DOUBLE(square, x *x)
LMRT_DOUBLE(negate, -x)
LMRT_DOUBLE(abs, fabs(x))
LMRT_DOUBLE(erf, erf(x))
LMRT_DOUBLE(gelu, x / 2 * erfc(-x * 0.70710678118654752440))
LMRT_DOUBLE(gelu_tanh, x *lmrt_double_sigmoid(1.59576912160573071176 * (x + 0.044715 * x * x * x)))
LMRT_DOUBLE(silu, x *lmrt_double_sigmoid(x))
LMRT_DOUBLE(softplus, lmrt_double_softplus(x))
LMRT_DOUBLE(softsign, x / (1 + fabs(x)))
LMRT_DOUBLE(elu, lmrt_double_elu(x, p[0]))
LMRT_DOUBLE(selu, 1.05070098735548049342 * lmrt_double_elu(x, 1.67326324235437728482))
LMRT_DOUBLE(celu, x > 0 ? x : p[0] * expm1(x / p[0]) + 0.0)
LMRT_DOUBLE(mish, x *tanh(lmrt_double_softplus(x)))
LMRT_DOUBLE(hard_sigmoid, lmrt_double_clip(x / 6 + 0.5, 0, 1))
LMRT_DOUBLE(hard_silu, x *lmrt_double_clip(x / 6 + 0.5, 0, 1))
LMRT_DOUBLE(log_sigmoid, -lmrt_double_softplus(-x))
LMRT_DOUBLE(hard_shrink, fabs(x) > p[0] ? x : 0)
LMRT_DOUBLE(soft_shrink, lmrt_double_soft_shrink(x, p[0]))
LMRT_DOUBLE(tanh_shrink, lmrt_double_tanh_shrink(x))
LMRT_DOUBLE(threshold, x > p[0] ? x : p[1])
LMRT_DOUBLE(squareplus, lmrt_double_squareplus(x, p[0]))
LMRT_DOUBLE(sparse_plus, lmrt_double_sparse_plus(x))
LMRT_DOUBLE(sparse_sigmoid, lmrt_double_clip((x + 1) / 2, 0, 1))
LMRT_DOUBLE(sin, sin(x))
LMRT_DOUBLE(cos, cos(x))
LMRT_DOUBLE(sign, x > 0 ? 1 : x < 0 ? -1 : x >= 0 ? 0 : x)
LMRT_DOUBLE(floor, floor(x))
LMRT_DOUBLE(ceil, ceil(x))
LMRT_DOUBLE(round, rint(x))

#undef LMRT_DOUBLE

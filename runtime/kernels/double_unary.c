/* float64: functions of one element, through libm. The formulas are unary.def's. */
#pragma once

#include "kernels/double.h"

LMRT_INLINE double LMRT(double_clip)(double x, double low, double high) {
    if (x <= low) return low; /* also -0 where low is 0 */
    return x > high ? high : x;
}
LMRT_INLINE double LMRT(double_relu_general)(const double *p, double x) {
    if (x < p[2]) return p[0] * (x - p[2]);
    return x > p[1] ? p[1] : x;
}
LMRT_INLINE double LMRT(double_sigmoid)(double x) {
    return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x));
}
LMRT_INLINE double LMRT(double_softplus)(double x) {
    return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}
LMRT_INLINE double LMRT(double_elu)(double x, double alpha) {
    return x > 0 ? x : alpha * expm1(x);
}
LMRT_INLINE double LMRT(double_soft_shrink)(double x, double limit) {
    if (x > limit) return x - limit;
    return x < -limit ? x + limit : 0; /* 0 also for NaN */
}
/* The series of x - tanh(x) where the two nearly cancel. */
LMRT_INLINE double LMRT(double_tanh_shrink)(double x) {
    const double z = x * x;
    if (!(z < 0.01)) return x - tanh(x);
    static const double series[] = {1382 / 155925.0, 62 / 2835.0, 17 / 315.0, 2 / 15.0, 1 / 3.0};
    double sum = series[0];
    for (int i = 1; i < 5; i++) sum = series[i] - LMRT(rounded_double)(z * sum);
    return LMRT(rounded_double)(x * z * sum) + 0.0;
}
/* Without cancellation for x < 0. */
LMRT_INLINE double LMRT(double_squareplus)(double x, double b) {
    const double root = sqrt(LMRT(rounded_double)(x * x) + b);
    return x < 0 && x >= -1.79769313486231570815e308 ? b / 2 / (root - x) : (x + root) / 2;
}
LMRT_INLINE double LMRT(double_sparse_plus)(double x) {
    if (x <= -1) return 0;
    return x >= 1 ? x : (x + 1) * (x + 1) / 4;
}

#define LMRT_DOUBLE(name, expression)                                                                        \
    LMRT_KERNEL void LMRT(name##_f64)(const double *p, size_t n, const double *from, double *to) {           \
        (void)p;                                                                                             \
        for (size_t i = 0; i < n; i++) {                                                                     \
            const double x = from[i];                                                                        \
            to[i] = expression;                                                                              \
        }                                                                                                    \
    }

LMRT_DOUBLE(relu, x <= 0 ? 0 : x)
LMRT_DOUBLE(leaky_relu, x < 0 ? p[0] * x : x)
LMRT_DOUBLE(clip, LMRT(double_clip)(x, p[0], p[1]))
LMRT_DOUBLE(relu_general, LMRT(double_relu_general)(p, x))
LMRT_DOUBLE(sigmoid, LMRT(double_sigmoid)(x))
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
LMRT_DOUBLE(gelu_tanh, x *LMRT(double_sigmoid)(1.59576912160573071176 *
                                               (x + LMRT(rounded_double)(0.044715 * x * x * x))))
LMRT_DOUBLE(silu, x *LMRT(double_sigmoid)(x))
LMRT_DOUBLE(softplus, LMRT(double_softplus)(x))
LMRT_DOUBLE(softsign, x / (1 + fabs(x)))
LMRT_DOUBLE(elu, LMRT(double_elu)(x, p[0]))
LMRT_DOUBLE(selu, 1.05070098735548049342 * LMRT(double_elu)(x, 1.67326324235437728482))
LMRT_DOUBLE(celu, x > 0 ? x : LMRT(rounded_double)(p[0] * expm1(x / p[0])) + 0.0)
LMRT_DOUBLE(mish, x *tanh(LMRT(double_softplus)(x)))
LMRT_DOUBLE(hard_sigmoid, LMRT(double_clip)(x / 6 + 0.5, 0, 1))
LMRT_DOUBLE(hard_silu, x *LMRT(double_clip)(x / 6 + 0.5, 0, 1))
LMRT_DOUBLE(log_sigmoid, -LMRT(double_softplus)(-x))
LMRT_DOUBLE(hard_shrink, fabs(x) > p[0] ? x : 0)
LMRT_DOUBLE(soft_shrink, LMRT(double_soft_shrink)(x, p[0]))
LMRT_DOUBLE(tanh_shrink, LMRT(double_tanh_shrink)(x))
LMRT_DOUBLE(threshold, x > p[0] ? x : p[1])
LMRT_DOUBLE(squareplus, LMRT(double_squareplus)(x, p[0]))
LMRT_DOUBLE(sparse_plus, LMRT(double_sparse_plus)(x))
LMRT_DOUBLE(sparse_sigmoid, LMRT(double_clip)((x + 1) / 2, 0, 1))
LMRT_DOUBLE(sin, sin(x))
LMRT_DOUBLE(cos, cos(x))
LMRT_DOUBLE(arctan, atan(x))
LMRT_DOUBLE(sign, x > 0 ? 1 : x < 0 ? -1 : x >= 0 ? 0 : x)
LMRT_DOUBLE(floor, floor(x))
LMRT_DOUBLE(ceil, ceil(x))
LMRT_DOUBLE(round, rint(x))

#undef LMRT_DOUBLE

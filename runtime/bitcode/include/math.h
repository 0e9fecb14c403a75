/* <math.h> for kernels that become bitcode: the headers of the target's C library need not be installed. */
#pragma once

#define NAN __builtin_nanf("")
#define INFINITY __builtin_inff()
#define HUGE_VALF __builtin_inff()
#define isnan(x) __builtin_isnan(x)
#define isinf(x) __builtin_isinf(x)
#define isfinite(x) __builtin_isfinite(x)
#define signbit(x) __builtin_signbit(x)

#define LMRT_MATH_1(name) \
    float name##f(float x); \
    double name(double x);
#define LMRT_MATH_2(name) \
    float name##f(float x, float y); \
    double name(double x, double y);
LMRT_MATH_1(fabs) LMRT_MATH_1(sqrt) LMRT_MATH_1(cbrt) LMRT_MATH_1(floor) LMRT_MATH_1(ceil) LMRT_MATH_1(trunc)
LMRT_MATH_1(rint) LMRT_MATH_1(nearbyint) LMRT_MATH_1(round) LMRT_MATH_1(exp) LMRT_MATH_1(exp2) LMRT_MATH_1(expm1)
LMRT_MATH_1(log) LMRT_MATH_1(log2) LMRT_MATH_1(log10) LMRT_MATH_1(log1p) LMRT_MATH_1(sin) LMRT_MATH_1(cos)
LMRT_MATH_1(tan) LMRT_MATH_1(asin) LMRT_MATH_1(acos) LMRT_MATH_1(atan) LMRT_MATH_1(sinh) LMRT_MATH_1(cosh)
LMRT_MATH_1(tanh) LMRT_MATH_1(asinh) LMRT_MATH_1(acosh) LMRT_MATH_1(atanh) LMRT_MATH_1(erf) LMRT_MATH_1(erfc)
LMRT_MATH_1(lgamma) LMRT_MATH_1(tgamma)
LMRT_MATH_2(pow) LMRT_MATH_2(fmod) LMRT_MATH_2(remainder) LMRT_MATH_2(atan2) LMRT_MATH_2(hypot)
LMRT_MATH_2(copysign) LMRT_MATH_2(nextafter) LMRT_MATH_2(fmin) LMRT_MATH_2(fmax) LMRT_MATH_2(fdim)
float fmaf(float x, float y, float z), ldexpf(float x, int n), scalbnf(float x, int n), frexpf(float x, int *n);
double fma(double x, double y, double z), ldexp(double x, int n), scalbn(double x, int n), frexp(double x, int *n);
#undef LMRT_MATH_1
#undef LMRT_MATH_2

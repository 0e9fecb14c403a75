/* The functions behind math.def. */
#ifndef LAMINA_ELABORATE_BUILTIN_MATH_H
#define LAMINA_ELABORATE_BUILTIN_MATH_H

#include "elaborate/native.h"

/* A C function, and what an infinite result of finite arguments means. */
typedef struct MathReal {
    double (*function)(double);
    bool overflows;
} MathReal;

NativeFunction math_real, math_gamma, math_log, math_pow, math_two, math_ldexp, math_modf, math_frexp,
    math_angle;
NativeFunction math_test, math_isclose, math_hypot, math_fsum;
NativeFunction math_whole, math_isqrt, math_factorial, math_choose, math_gcd, math_prod;

/* TypeError "must be real number, not str" where the value is no number. */
bool math_number(NativeCall *call, Value value, double *out);
bool math_domain_error(NativeCall *call);

#endif

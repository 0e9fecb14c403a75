/* float64: functions of two elements with broadcasting, one element after another. */
#pragma once

#include "kernels/walk.h"

LMRT_INLINE double lmrt_double_mod(double a, double b) {
    const double r = fmod(a, b);
    return r < 0 || r > 0 ? ((r < 0) != (b < 0) ? r + b : r) : r;
}

#define LMRT_DOUBLE(name, result, expression)                                                                \
    LMRT_KERNEL void lmrt_##name##_f64(const lmrt_broadcast *d, const double *left, const double *right,     \
                                       result *y) {                                                          \
        size_t index[LMRT_RANK] = {0}, at = 0;                                                               \
        if (lmrt_walk_empty(d)) return;                                                                      \
        do {                                                                                                 \
            const double a = left[lmrt_walk_at(d->rank, index, d->a_stride)];                                \
            const double b = right[lmrt_walk_at(d->rank, index, d->b_stride)];                               \
            y[at++] = (result)(expression);                                                                  \
        } while (lmrt_walk_next(d, index));                                                                  \
    }

LMRT_DOUBLE(add, double, a + b)
LMRT_DOUBLE(sub, double, a - b)
LMRT_DOUBLE(mul, double, a *b)
LMRT_DOUBLE(div, double, a / b)
LMRT_DOUBLE(max, double, a > b || !(a >= a) ? a : b)
LMRT_DOUBLE(min, double, a < b || !(a >= a) ? a : b)
LMRT_DOUBLE(floordiv, double, floor(a / b))
LMRT_DOUBLE(mod, double, lmrt_double_mod(a, b))
LMRT_DOUBLE(pow, double, pow(a, b))
LMRT_DOUBLE(lt, uint8_t, a < b)
LMRT_DOUBLE(le, uint8_t, a <= b)
LMRT_DOUBLE(gt, uint8_t, a > b)
LMRT_DOUBLE(ge, uint8_t, a >= b)
LMRT_DOUBLE(ne, uint8_t, !(a >= b) || !(a <= b))
LMRT_DOUBLE(eq, uint8_t, a >= b && a <= b)

#undef LMRT_DOUBLE

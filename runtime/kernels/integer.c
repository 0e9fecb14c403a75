/* Quotients, remainders and powers of integers, with broadcasting, one element after another: rounded towards
 * minus infinity, wrapping around. Not 0: an element is divided by 0, or has a negative exponent, where
 * TensorFlow raises; y is then written in part. */
#pragma once

#include "kernels/walk.h"

/* The one quotient that does not fit, least / -1, wraps around to the least number. */
LMRT_INLINE int64_t lmrt_integer_floordiv(int64_t a, int64_t b) {
    if (b == -1) return (int64_t)(0 - (uint64_t)a);
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

LMRT_INLINE int64_t lmrt_integer_mod(int64_t a, int64_t b) {
    const int64_t r = b == -1 ? 0 : a % b;
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

LMRT_INLINE int64_t lmrt_integer_pow(int64_t a, int64_t b) {
    uint64_t base = (uint64_t)a, result = 1;
    for (; b > 0; b /= 2) {
        if (b % 2) result *= base;
        base *= base;
    }
    return (int64_t)result;
}

#define LMRT_INTEGER(name, function, type, fails)                                                            \
    LMRT_KERNEL int lmrt_##name(const lmrt_broadcast *d, const type *a, const type *b, type *y) {            \
        size_t index[LMRT_RANK] = {0}, at = 0;                                                               \
        if (lmrt_walk_empty(d)) return 0;                                                                    \
        do {                                                                                                 \
            const type left = a[lmrt_walk_at(d->rank, index, d->a_stride)];                                  \
            const type right = b[lmrt_walk_at(d->rank, index, d->b_stride)];                                 \
            if (fails) return 1;                                                                             \
            y[at++] = (type)lmrt_integer_##function(left, right);                                            \
        } while (lmrt_walk_next(d, index));                                                                  \
        return 0;                                                                                            \
    }

LMRT_INTEGER(floordiv_i32, floordiv, int32_t, right == 0)
LMRT_INTEGER(mod_i32, mod, int32_t, right == 0)
LMRT_INTEGER(pow_i32, pow, int32_t, right < 0)
LMRT_INTEGER(floordiv_i64, floordiv, int64_t, right == 0)
LMRT_INTEGER(mod_i64, mod, int64_t, right == 0)
LMRT_INTEGER(pow_i64, pow, int64_t, right < 0)

#undef LMRT_INTEGER

/* Along the middle axis of x[outer][n][inner], in order and without vectors: places of extremes, running sums
 * and products, and reductions of integers, which wrap around. */
#pragma once

#include "include/lmrt.h"

/* The first of equals; -0 is less than 0; NaN is chosen only where it comes first. */
#define LMRT_ARG(name, type, before)                                                                         \
    LMRT_KERNEL void lmrt_##name(size_t outer, size_t n, size_t inner, const type *x, int32_t *y) {          \
        for (size_t o = 0; o < outer; o++, x += n * inner, y += inner) {                                     \
            for (size_t i = 0; i < inner; i++) y[i] = 0;                                                     \
            for (size_t j = 1; j < n; j++) {                                                                 \
                for (size_t i = 0; i < inner; i++) {                                                         \
                    const type a = x[j * inner + i], b = x[(size_t)y[i] * inner + i];                        \
                    if (before) y[i] = (int32_t)j;                                                           \
                }                                                                                            \
            }                                                                                                \
        }                                                                                                    \
    }

LMRT_ARG(argmax_f32, float, b < a || (a == 0.0f && b == 0.0f && signbit(b) && !signbit(a)))
LMRT_ARG(argmin_f32, float, a < b || (a == 0.0f && b == 0.0f && signbit(a) && !signbit(b)))
LMRT_ARG(argmax_f64, double, b < a || (a == 0.0 && b == 0.0 && signbit(b) && !signbit(a)))
LMRT_ARG(argmin_f64, double, a < b || (a == 0.0 && b == 0.0 && signbit(a) && !signbit(b)))
LMRT_ARG(argmax_i32, int32_t, b < a)
LMRT_ARG(argmin_i32, int32_t, a < b)
LMRT_ARG(argmax_i64, int64_t, b < a)
LMRT_ARG(argmin_i64, int64_t, a < b)

#define LMRT_SCAN(name, type, step)                                                                          \
    LMRT_KERNEL void lmrt_##name(size_t outer, size_t n, size_t inner, const type *x, type *y) {             \
        for (size_t o = 0; o < outer; o++, x += n * inner, y += n * inner) {                                 \
            for (size_t i = 0; i < inner && n > 0; i++) y[i] = x[i];                                         \
            for (size_t i = inner; i < n * inner; i++) {                                                     \
                const type a = y[i - inner], b = x[i];                                                       \
                y[i] = (type)(step);                                                                         \
            }                                                                                                \
        }                                                                                                    \
    }

LMRT_SCAN(scan_sum_f32, float, a + b)
LMRT_SCAN(scan_prod_f32, float, a *b)
LMRT_SCAN(scan_sum_f64, double, a + b)
LMRT_SCAN(scan_prod_f64, double, a *b)
LMRT_SCAN(scan_sum_i32, int32_t, (uint32_t)a + (uint32_t)b)
LMRT_SCAN(scan_prod_i32, int32_t, (uint32_t)a *(uint32_t)b)
LMRT_SCAN(scan_sum_i64, int64_t, (uint64_t)a + (uint64_t)b)
LMRT_SCAN(scan_prod_i64, int64_t, (uint64_t)a *(uint64_t)b)

#define LMRT_REDUCE(name, type, start, step)                                                                 \
    LMRT_KERNEL void lmrt_##name(size_t outer, size_t n, size_t inner, const type *x, type *y) {             \
        for (size_t o = 0; o < outer; o++, x += n * inner, y += inner) {                                     \
            for (size_t i = 0; i < inner; i++) y[i] = start;                                                 \
            for (size_t j = 0; j < n; j++) {                                                                 \
                for (size_t i = 0; i < inner; i++) {                                                         \
                    const type a = y[i], b = x[j * inner + i];                                               \
                    y[i] = (type)(step);                                                                     \
                }                                                                                            \
            }                                                                                                \
        }                                                                                                    \
    }

LMRT_REDUCE(reduce_sum_i32, int32_t, 0, (uint32_t)a + (uint32_t)b)
LMRT_REDUCE(reduce_prod_i32, int32_t, 1, (uint32_t)a *(uint32_t)b)
LMRT_REDUCE(reduce_max_i32, int32_t, INT32_MIN, a > b ? a : b)
LMRT_REDUCE(reduce_min_i32, int32_t, INT32_MAX, a < b ? a : b)
LMRT_REDUCE(reduce_sum_i64, int64_t, 0, (uint64_t)a + (uint64_t)b)
LMRT_REDUCE(reduce_prod_i64, int64_t, 1, (uint64_t)a *(uint64_t)b)
LMRT_REDUCE(reduce_max_i64, int64_t, INT64_MIN, a > b ? a : b)
LMRT_REDUCE(reduce_min_i64, int64_t, INT64_MAX, a < b ? a : b)

#undef LMRT_ARG
#undef LMRT_SCAN
#undef LMRT_REDUCE

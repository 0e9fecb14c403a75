/* Functions of two elements with broadcasting, one element after another: floats through libm, comparisons
 * (they give bool bytes), logic on bool bytes, and integers, which wrap around. */
#pragma once

#include "kernels/broadcast.h"
#include "simd/scalar.h"

/* Python's modulo: the result has the sign of b. */
LMRT_INLINE float LMRT(modulo)(float a, float b) {
    const float r = fmodf(a, b);
    return r != 0.0f && (r < 0.0f) != (b < 0.0f) ? r + b : r;
}

LMRT_KERNEL void LMRT(logical_not_b8)(size_t n, const uint8_t *x, uint8_t *y) {
    for (size_t i = 0; i < n; i++) y[i] = !x[i];
}

#define LMRT_BINARY(name, type, result, expression)                                                          \
    LMRT_KERNEL void LMRT(name##_row)(size_t n, const void *left, ptrdiff_t left_step, const void *right,    \
                                      ptrdiff_t right_step, void *out) {                                     \
        for (size_t i = 0; i < n; i++) {                                                                     \
            const type a = ((const type *)left)[(ptrdiff_t)i * left_step];                                   \
            const type b = ((const type *)right)[(ptrdiff_t)i * right_step];                                 \
            ((result *)out)[i] = (result)(expression);                                                       \
        }                                                                                                    \
    }                                                                                                        \
    LMRT_KERNEL void LMRT(name)(const lmrt_broadcast *d, const type *a, const type *b, result *y) {          \
        LMRT(broadcast_rows)(d, sizeof(type), sizeof(result), LMRT(name##_row), a, b, y);                    \
    }

LMRT_BINARY(floordiv_f32, float, float, floorf(a / b))
LMRT_BINARY(mod_f32, float, float, LMRT(modulo)(a, b))
#if defined(LMRT_STRICT)
LMRT_BINARY(pow_f32, float, float, LMRT(power)(a, b))
#else
LMRT_BINARY(pow_f32, float, float, powf(a, b))
#endif

LMRT_BINARY(lt_f32, float, uint8_t, a < b)
LMRT_BINARY(le_f32, float, uint8_t, a <= b)
LMRT_BINARY(gt_f32, float, uint8_t, a > b)
LMRT_BINARY(ge_f32, float, uint8_t, a >= b)
LMRT_BINARY(ne_f32, float, uint8_t, !(a >= b) || !(a <= b))
LMRT_BINARY(eq_f32, float, uint8_t, a >= b && a <= b)

LMRT_BINARY(and_b8, uint8_t, uint8_t, a &&b)
LMRT_BINARY(or_b8, uint8_t, uint8_t, a || b)
LMRT_BINARY(xor_b8, uint8_t, uint8_t, !a != !b)

LMRT_BINARY(add_i32, int32_t, int32_t, (uint32_t)a + (uint32_t)b)
LMRT_BINARY(sub_i32, int32_t, int32_t, (uint32_t)a - (uint32_t)b)
LMRT_BINARY(mul_i32, int32_t, int32_t, (uint32_t)a *(uint32_t)b)
LMRT_BINARY(max_i32, int32_t, int32_t, a > b ? a : b)
LMRT_BINARY(min_i32, int32_t, int32_t, a < b ? a : b)
LMRT_BINARY(lt_i32, int32_t, uint8_t, a < b)
LMRT_BINARY(le_i32, int32_t, uint8_t, a <= b)
LMRT_BINARY(gt_i32, int32_t, uint8_t, a > b)
LMRT_BINARY(ge_i32, int32_t, uint8_t, a >= b)
LMRT_BINARY(ne_i32, int32_t, uint8_t, a != b)
LMRT_BINARY(eq_i32, int32_t, uint8_t, a == b)
LMRT_BINARY(add_i64, int64_t, int64_t, (uint64_t)a + (uint64_t)b)
LMRT_BINARY(sub_i64, int64_t, int64_t, (uint64_t)a - (uint64_t)b)
LMRT_BINARY(mul_i64, int64_t, int64_t, (uint64_t)a *(uint64_t)b)
LMRT_BINARY(max_i64, int64_t, int64_t, a > b ? a : b)
LMRT_BINARY(min_i64, int64_t, int64_t, a < b ? a : b)
LMRT_BINARY(lt_i64, int64_t, uint8_t, a < b)
LMRT_BINARY(le_i64, int64_t, uint8_t, a <= b)
LMRT_BINARY(gt_i64, int64_t, uint8_t, a > b)
LMRT_BINARY(ge_i64, int64_t, uint8_t, a >= b)
LMRT_BINARY(ne_i64, int64_t, uint8_t, a != b)
LMRT_BINARY(eq_i64, int64_t, uint8_t, a == b)

#undef LMRT_BINARY

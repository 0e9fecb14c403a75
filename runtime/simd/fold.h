/* All lanes of one vector, or of LMRT_WIDE of them, made one: halves upon halves, in the same order for any
 * number of lanes. Shuffles, because not every compiler finds them in a loop over an array.
 */
#pragma once

#include "simd/simd.h"

#if defined(__clang__)
#define LMRT_SHUFFLE(v, ...) __builtin_shufflevector(v, v, __VA_ARGS__)
#else
#define LMRT_SHUFFLE(v, ...) __builtin_shuffle(v, (LMRT_VI){__VA_ARGS__})
#endif

/* Lane i ^ half in lane i, for half = 8, 4, 2 or 1; a number is its own only lane. */
LMRT_INLINE LMRT_VF LMRT(swap_halves)(LMRT_VF v, size_t half) {
#if LMRT_LANES == 16
    if (half == 8) return LMRT_SHUFFLE(v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
    if (half == 4) return LMRT_SHUFFLE(v, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
    if (half == 2) return LMRT_SHUFFLE(v, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
    return LMRT_SHUFFLE(v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
#elif LMRT_LANES == 8
    if (half == 4) return LMRT_SHUFFLE(v, 4, 5, 6, 7, 0, 1, 2, 3);
    if (half == 2) return LMRT_SHUFFLE(v, 2, 3, 0, 1, 6, 7, 4, 5);
    return LMRT_SHUFFLE(v, 1, 0, 3, 2, 5, 4, 7, 6);
#elif LMRT_LANES == 4
    if (half == 2) return LMRT_SHUFFLE(v, 2, 3, 0, 1);
    return LMRT_SHUFFLE(v, 1, 0, 3, 2);
#else
    (void)half;
    return v;
#endif
}

/* The sum of LMRT_WIDE partial sums in every lane; wide_sum's order. */
LMRT_INLINE LMRT_VF LMRT(fold_sum)(const LMRT_VF *sums) {
    enum { VECTORS = LMRT_WIDE / LMRT_LANES };
    LMRT_VF part[VECTORS];
    LMRT_UNROLL
    for (size_t j = 0; j < VECTORS; j++) part[j] = sums[j];
#define LMRT_HALVE(half)                                                                                     \
    LMRT_UNROLL                                                                                              \
    for (size_t j = 0; j < (half) && (half) < VECTORS; j++) part[j] += part[j + (half) % VECTORS];
    LMRT_HALVE(16)
    LMRT_HALVE(8)
    LMRT_HALVE(4)
    LMRT_HALVE(2)
    LMRT_HALVE(1)
#undef LMRT_HALVE
    LMRT_VF sum = part[0];
    if (LMRT_LANES > 8) sum += LMRT(swap_halves)(sum, 8);
    if (LMRT_LANES > 4) sum += LMRT(swap_halves)(sum, 4);
    if (LMRT_LANES > 2) sum += LMRT(swap_halves)(sum, 2);
    if (LMRT_LANES > 1) sum += LMRT(swap_halves)(sum, 1);
    return sum;
}

/* The largest lane in every lane; a NaN may be passed over. */
LMRT_INLINE LMRT_VF LMRT(fold_max)(LMRT_VF v) {
    if (LMRT_LANES > 8) v = LMRT(max)(LMRT(swap_halves)(v, 8), v);
    if (LMRT_LANES > 4) v = LMRT(max)(LMRT(swap_halves)(v, 4), v);
    if (LMRT_LANES > 2) v = LMRT(max)(LMRT(swap_halves)(v, 2), v);
    if (LMRT_LANES > 1) v = LMRT(max)(LMRT(swap_halves)(v, 1), v);
    return v;
}
#undef LMRT_SHUFFLE

/* Two products of 16-bit numbers in one instruction, for processors of 32 bits that have it: Cortex-M4, M7,
 * M33, M55. Four int8 numbers in a word are taken apart into (0, 2) and (1, 3).
 */
#pragma once

#include "kernels/rescale.h"

#if defined(__ARM_FEATURE_SIMD32) && defined(__GNUC__) && !defined(__aarch64__) && LMRT_LEVEL == 0
#define LMRT_PAIRS 1

LMRT_INLINE int32_t LMRT(word)(const void *p) {
    int32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}
LMRT_INLINE int32_t LMRT(even_bytes)(int32_t v) {
    return __builtin_arm_sxtb16(v);
}
/* gcc makes two instructions of the rotation and the builtin. */
LMRT_INLINE int32_t LMRT(odd_bytes)(int32_t v) {
    int32_t y;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(y) : "r"(v));
    return y;
}
/* v as int8, the nearest where it is beyond. */
LMRT_INLINE int32_t LMRT(saturated)(int32_t v) {
    return (int32_t)__builtin_arm_ssat(v, 8);
}
/* rescaled(), and what is far beyond int8 still beyond it. */
LMRT_INLINE int32_t LMRT(rescaled_word)(int32_t v, int32_t multiplier, int32_t shift) {
    if (shift > 32)
        return ((int32_t)(((int64_t)v * multiplier) >> 32) + ((int32_t)1 << (shift - 33))) >> (shift - 32);
    const int64_t y = LMRT(rescaled)(v, multiplier, shift);
    return y < -512 ? -512 : y > 512 ? 512 : (int32_t)y;
}
/* sum + both products */
LMRT_INLINE int32_t LMRT(add_pair)(int32_t sum, int32_t a, int32_t b) {
    return __builtin_arm_smlad(a, b, sum);
}
#else
#define LMRT_PAIRS 0
#endif

/* The vector unit: LMRT_VF holds LMRT_LANES floats, LMRT_VI as many int32; a mask is a LMRT_VI of 0 and -1.
 * + - * / and the bit operators work on both; the rest is here. With one lane both are plain numbers. */
#pragma once

#include "include/lmrt.h"

#if LMRT_LANES > 1
typedef float LMRT_VF __attribute__((vector_size(4 * LMRT_LANES)));
typedef int32_t LMRT_VI __attribute__((vector_size(4 * LMRT_LANES)));

LMRT_INLINE LMRT_VF LMRT(load)(const float *p) {
    LMRT_VF v;
    memcpy(&v, p, sizeof v);
    return v;
}
LMRT_INLINE void LMRT(store)(float *p, LMRT_VF v) {
    memcpy(p, &v, sizeof v);
}
LMRT_INLINE LMRT_VF LMRT(splat)(float x) {
    return x - (LMRT_VF){0};
} /* x - 0 keeps the sign of -0 */
LMRT_INLINE LMRT_VI LMRT(splat_int)(int32_t x) {
    return x - (LMRT_VI){0};
}
LMRT_INLINE LMRT_VI LMRT(bits)(LMRT_VF v) {
    return (LMRT_VI)v;
}
LMRT_INLINE LMRT_VF LMRT(from_bits)(LMRT_VI v) {
    return (LMRT_VF)v;
}
LMRT_INLINE LMRT_VF LMRT(to_float)(LMRT_VI v) {
    return __builtin_convertvector(v, LMRT_VF);
}
LMRT_INLINE LMRT_VI LMRT(less)(LMRT_VF a, LMRT_VF b) {
    return (LMRT_VI)(a < b);
}
LMRT_INLINE LMRT_VI LMRT(less_equal)(LMRT_VF a, LMRT_VF b) {
    return (LMRT_VI)(a <= b);
}
LMRT_INLINE LMRT_VI LMRT(equal)(LMRT_VF a, LMRT_VF b) {
    return (LMRT_VI)(a == b);
}
LMRT_INLINE LMRT_VI LMRT(less_int)(LMRT_VI a, LMRT_VI b) {
    return (LMRT_VI)(a < b);
}
/* The low bits where a float has its exponent. */
LMRT_INLINE LMRT_VI LMRT(to_exponent)(LMRT_VI v) {
    return v << 23;
}
#else
typedef float LMRT_VF;
typedef int32_t LMRT_VI;

LMRT_INLINE LMRT_VF LMRT(load)(const float *p) {
    return *p;
}
LMRT_INLINE void LMRT(store)(float *p, LMRT_VF v) {
    *p = v;
}
LMRT_INLINE LMRT_VF LMRT(splat)(float x) {
    return x;
}
LMRT_INLINE LMRT_VI LMRT(splat_int)(int32_t x) {
    return x;
}
LMRT_INLINE LMRT_VI LMRT(bits)(LMRT_VF v) {
    LMRT_VI i;
    memcpy(&i, &v, sizeof i);
    return i;
}
LMRT_INLINE LMRT_VF LMRT(from_bits)(LMRT_VI v) {
    LMRT_VF f;
    memcpy(&f, &v, sizeof f);
    return f;
}
LMRT_INLINE LMRT_VF LMRT(to_float)(LMRT_VI v) {
    return (float)v;
}
LMRT_INLINE LMRT_VI LMRT(less)(LMRT_VF a, LMRT_VF b) {
    return -(a < b);
}
LMRT_INLINE LMRT_VI LMRT(less_equal)(LMRT_VF a, LMRT_VF b) {
    return -(a <= b);
}
LMRT_INLINE LMRT_VI LMRT(equal)(LMRT_VF a, LMRT_VF b) {
    return -(a == b);
}
LMRT_INLINE LMRT_VI LMRT(less_int)(LMRT_VI a, LMRT_VI b) {
    return -(a < b);
}
LMRT_INLINE LMRT_VI LMRT(to_exponent)(LMRT_VI v) {
    return (LMRT_VI)((uint32_t)v << 23);
}
#endif

LMRT_INLINE LMRT_VF LMRT(select)(LMRT_VI mask, LMRT_VF a, LMRT_VF b) {
#if LMRT_LANES == 1
    return mask ? a : b;
#else
    return LMRT(from_bits)((mask & LMRT(bits)(a)) | (~mask & LMRT(bits)(b)));
#endif
}
LMRT_INLINE LMRT_VF LMRT(absolute)(LMRT_VF x) {
    return LMRT(from_bits)(LMRT(bits)(x) & LMRT(splat_int)(0x7fffffff));
}
/* x with the sign bit of `sign` (x >= 0). */
LMRT_INLINE LMRT_VF LMRT(with_sign)(LMRT_VF x, LMRT_VF sign) {
    return LMRT(from_bits)(LMRT(bits)(x) | (LMRT(bits)(sign) & ~LMRT(splat_int)(0x7fffffff)));
}

/* In strict arithmetic: x, and the compiler cannot tell that it is a product, so as to fuse it with a sum
 * into one operation, as -ffp-contract=fast lets it where the processor has one. Otherwise just x.
 * LMRT_UNFUSED promises that the compiler's flags keep it from fusing. */
#if !defined(LMRT_STRICT) || defined(LMRT_UNFUSED)
#define LMRT_KEEP(type, x)
#elif defined(__x86_64__) && defined(__GNUC__) && LMRT_LEVEL < 2 && !defined(__FMA__) && !defined(__FMA4__)
#define LMRT_KEEP(type, x)
#elif defined(__x86_64__) && defined(__GNUC__) && LMRT_LEVEL == 3
#define LMRT_KEEP(type, x) __asm__("" : "+v"(x));
#elif defined(__x86_64__) && defined(__GNUC__)
#define LMRT_KEEP(type, x) __asm__("" : "+x"(x));
#elif defined(__aarch64__) && defined(__GNUC__)
#define LMRT_KEEP(type, x) __asm__("" : "+w"(x));
#elif defined(__GNUC__)
#define LMRT_KEEP(type, x) __asm__("" : "+m"(x));
#else
#define LMRT_KEEP(type, x)                                                                                   \
    volatile type kept = x;                                                                                  \
    x = kept;
#endif
LMRT_INLINE LMRT_VF LMRT(rounded)(LMRT_VF x) {
    LMRT_KEEP(LMRT_VF, x)
    return x;
}
LMRT_INLINE float LMRT(rounded_float)(float x) {
    LMRT_KEEP(float, x)
    return x;
}
LMRT_INLINE double LMRT(rounded_double)(double x) {
    LMRT_KEEP(double, x)
    return x;
}
#undef LMRT_KEEP

/* a * b + c, rounded once where the unit can; twice in strict arithmetic, because not all can. */
LMRT_INLINE LMRT_VF LMRT(fma)(LMRT_VF a, LMRT_VF b, LMRT_VF c) {
#if defined(LMRT_STRICT)
    return LMRT(rounded)(a * b) + c;
#elif (LMRT_LEVEL > 1 || (LMRT_LEVEL == 1 && defined(__aarch64__))) && defined(__clang__) && __clang_major__ >= 17
    return __builtin_elementwise_fma(a, b, c);
#elif LMRT_LEVEL == 3 && defined(__clang__)
    return __builtin_ia32_vfmaddps512_mask(a, b, c, (unsigned short)0xffff, 4);
#elif LMRT_LEVEL == 3
    return __builtin_ia32_vfmaddps512_mask(a, b, c, -1, 4);
#elif LMRT_LEVEL == 2
    return __builtin_ia32_vfmaddps256(a, b, c);
#elif LMRT_LEVEL == 1 && defined(__aarch64__) && !defined(__clang__)
    return __builtin_aarch64_fmav4sf(a, b, c);
#elif LMRT_LEVEL == 0 && defined(__FP_FAST_FMAF)
    return fmaf(a, b, c);
#else
    return a * b + c;
#endif
}

/* a * b - product, which is what was lost where product is a * b rounded: exact but for underflow. Without a
 * fused multiply-add each factor is cut in two halves, so that the products of these are exact. */
LMRT_INLINE LMRT_VF LMRT(lost)(LMRT_VF a, LMRT_VF b, LMRT_VF product) {
#if !defined(LMRT_STRICT) && (LMRT_LEVEL > 1 || (LMRT_LEVEL == 1 && defined(__aarch64__)) ||                 \
                              (LMRT_LEVEL == 0 && defined(__FP_FAST_FMAF)))
    return LMRT(fma)(a, b, -product);
#else
    const LMRT_VI half = ~LMRT(splat_int)(0xfff);
    const LMRT_VF a_high = LMRT(from_bits)(LMRT(bits)(a) & half), a_low = a - a_high;
    const LMRT_VF b_high = LMRT(from_bits)(LMRT(bits)(b) & half), b_low = b - b_high;
    const LMRT_VF high = LMRT(rounded)(a_high * b_high) - product;
    const LMRT_VF middle = (high + LMRT(rounded)(a_high * b_low)) + LMRT(rounded)(a_low * b_high);
    return middle + LMRT(rounded)(a_low * b_low);
#endif
}

/* a > b ? a : b and a < b ? a : b: a NaN in either gives b. */
LMRT_INLINE LMRT_VF LMRT(max)(LMRT_VF a, LMRT_VF b) {
#if LMRT_LEVEL == 3 && !defined(__clang__)
    return __builtin_ia32_maxps512_mask(a, b, a, -1, 4);
#elif LMRT_LEVEL == 2 && !defined(__clang__)
    return __builtin_ia32_maxps256(a, b);
#elif LMRT_LEVEL == 1 && defined(__SSE2__) && !defined(__clang__)
    return __builtin_ia32_maxps(a, b);
#else
    return LMRT(select)(LMRT(less)(b, a), a, b);
#endif
}
LMRT_INLINE LMRT_VF LMRT(min)(LMRT_VF a, LMRT_VF b) {
#if LMRT_LEVEL == 3 && !defined(__clang__)
    return __builtin_ia32_minps512_mask(a, b, a, -1, 4);
#elif LMRT_LEVEL == 2 && !defined(__clang__)
    return __builtin_ia32_minps256(a, b);
#elif LMRT_LEVEL == 1 && defined(__SSE2__) && !defined(__clang__)
    return __builtin_ia32_minps(a, b);
#else
    return LMRT(select)(LMRT(less)(a, b), a, b);
#endif
}
/* The same where a NaN in either stays NaN. */
LMRT_INLINE LMRT_VF LMRT(max_nan)(LMRT_VF a, LMRT_VF b) {
    return LMRT(select)(LMRT(equal)(a, a), LMRT(max)(a, b), a);
}
LMRT_INLINE LMRT_VF LMRT(min_nan)(LMRT_VF a, LMRT_VF b) {
    return LMRT(select)(LMRT(equal)(a, a), LMRT(min)(a, b), a);
}
/* NaN stays NaN; a result that is at least 0 has no sign (max(-0, 0) may give either). */
LMRT_INLINE LMRT_VF LMRT(clamp)(LMRT_VF x, float low, float high) {
#if LMRT_LANES == 1
    const float least = low + 0.0f; /* no -0 */
    const float y = x <= least ? least : x;
    return y > high ? high : y;
#else
    const LMRT_VI keep = LMRT(splat_int)(low >= 0.0f ? 0x7fffffff : -1);
    const LMRT_VF y = LMRT(min)(LMRT(splat)(high), LMRT(max)(LMRT(splat)(low), x));
    return LMRT(from_bits)(LMRT(bits)(y) & keep);
#endif
}

/* The first n < LMRT_LANES lanes from memory, the rest 0. */
LMRT_INLINE LMRT_VF LMRT(load_part)(const float *p, size_t n) {
#if defined(LMRT_MASKED)
    return __builtin_ia32_loadups512_mask(p, (LMRT_VF){0}, (unsigned short)((1u << n) - 1u));
#else
    float part[LMRT_LANES] = {0};
    for (size_t i = 0; i < n; i++) part[i] = p[i];
    return LMRT(load)(part);
#endif
}
/* The first n < LMRT_LANES lanes to memory. */
LMRT_INLINE void LMRT(store_part)(float *p, LMRT_VF v, size_t n) {
#if defined(LMRT_MASKED)
    __builtin_ia32_storeups512_mask(p, v, (unsigned short)((1u << n) - 1u));
#else
    float part[LMRT_LANES];
    LMRT(store)(part, v);
    for (size_t i = 0; i < n; i++) p[i] = part[i];
#endif
}

/* The sum of LMRT_WIDE partial sums, always in the same order. */
LMRT_INLINE float LMRT(wide_sum)(float *part) {
    for (size_t half = LMRT_WIDE / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++) part[i] += part[i + half];
    return part[0];
}

/* Half a panel: 8 columns in vectors of LMRT_HALF_LANES, for what would leave half of a wider vector empty.
 * Where vectors are no longer than that, these are the functions of simd.h. */
#pragma once

#include "simd/simd.h"

#if LMRT_HALF_LANES == LMRT_LANES
typedef LMRT_VF LMRT_HF;

LMRT_INLINE LMRT_HF LMRT(half_load)(const float *p) {
    return LMRT(load)(p);
}
LMRT_INLINE void LMRT(half_store)(float *p, LMRT_HF v) {
    LMRT(store)(p, v);
}
LMRT_INLINE LMRT_HF LMRT(half_splat)(float x) {
    return LMRT(splat)(x);
}
LMRT_INLINE LMRT_HF LMRT(half_fma)(LMRT_HF a, LMRT_HF b, LMRT_HF c) {
    return LMRT(fma)(a, b, c);
}
LMRT_INLINE LMRT_HF LMRT(half_clamp)(LMRT_HF x, float low, float high) {
    return LMRT(clamp)(x, low, high);
}
LMRT_INLINE LMRT_HF LMRT(half_load_part)(const float *p, size_t n) {
    return LMRT(load_part)(p, n);
}
LMRT_INLINE void LMRT(half_store_part)(float *p, LMRT_HF v, size_t n) {
    LMRT(store_part)(p, v, n);
}
#else
typedef float LMRT_HF __attribute__((vector_size(4 * LMRT_HALF_LANES)));
typedef int32_t LMRT(hi) __attribute__((vector_size(4 * LMRT_HALF_LANES)));

LMRT_INLINE LMRT_HF LMRT(half_load)(const float *p) {
    LMRT_HF v;
    memcpy(&v, p, sizeof v);
    return v;
}
LMRT_INLINE void LMRT(half_store)(float *p, LMRT_HF v) {
    memcpy(p, &v, sizeof v);
}
LMRT_INLINE LMRT_HF LMRT(half_splat)(float x) {
    return x - (LMRT_HF){0};
}
LMRT_INLINE LMRT_HF LMRT(half_fma)(LMRT_HF a, LMRT_HF b, LMRT_HF c) {
#if defined(LMRT_STRICT)
    LMRT_HF product = a * b;
#if !defined(LMRT_UNFUSED)
    __asm__("" : "+v"(product));
#endif
    return product + c;
#elif defined(__clang__) && __clang_major__ >= 17
    return __builtin_elementwise_fma(a, b, c);
#else
    return __builtin_ia32_vfmaddps256(a, b, c);
#endif
}
LMRT_INLINE LMRT_HF LMRT(half_select)(LMRT(hi) mask, LMRT_HF a, LMRT_HF b) {
    return (LMRT_HF)((mask & (LMRT(hi))a) | (~mask & (LMRT(hi))b));
}
LMRT_INLINE LMRT_HF LMRT(half_max)(LMRT_HF a, LMRT_HF b) {
#if defined(__clang__)
    return LMRT(half_select)((LMRT(hi))(a > b), a, b);
#else
    return __builtin_ia32_maxps256(a, b);
#endif
}
LMRT_INLINE LMRT_HF LMRT(half_min)(LMRT_HF a, LMRT_HF b) {
#if defined(__clang__)
    return LMRT(half_select)((LMRT(hi))(a < b), a, b);
#else
    return __builtin_ia32_minps256(a, b);
#endif
}
LMRT_INLINE LMRT_HF LMRT(half_clamp)(LMRT_HF x, float low, float high) {
    const int32_t keep = low >= 0.0f ? 0x7fffffff : -1;
    const LMRT_HF y = LMRT(half_min)(LMRT(half_splat)(high), LMRT(half_max)(LMRT(half_splat)(low), x));
    return (LMRT_HF)((LMRT(hi))y & (keep - (LMRT(hi)){0}));
}
LMRT_INLINE LMRT_HF LMRT(half_load_part)(const float *p, size_t n) {
#if defined(LMRT_MASKED)
    const void *from = p; /* compilers differ in what it points to */
    return __builtin_ia32_loadups256_mask(from, (LMRT_HF){0}, (unsigned char)((1u << n) - 1u));
#else
    float part[LMRT_HALF_LANES] = {0};
    for (size_t i = 0; i < n; i++) part[i] = p[i];
    return LMRT(half_load)(part);
#endif
}
LMRT_INLINE void LMRT(half_store_part)(float *p, LMRT_HF v, size_t n) {
#if defined(LMRT_MASKED)
    void *to = p;
    __builtin_ia32_storeups256_mask(to, v, (unsigned char)((1u << n) - 1u));
#else
    float part[LMRT_HALF_LANES];
    LMRT(half_store)(part, v);
    for (size_t i = 0; i < n; i++) p[i] = part[i];
#endif
}
#endif

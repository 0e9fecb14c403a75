/* Vectors of int8 and int16 numbers in registers of LMRT_VI: what the compilers' vector extensions cannot
 * say. Written as instructions, which every gcc and clang takes wherever the unit's flags are on; the names
 * of their builtins differ and change. VNNI is beyond what LMRT_LEVEL 3 promises: it is asked for at run
 * time. Its one instruction needs nothing of the compiler but registers of 64 bytes, so that a branch in
 * these kernels does where one more vector unit would have copied all others too. */
#pragma once

#include "simd/simd.h"

#if LMRT_LEVEL >= 2
#if LMRT_LEVEL == 3
#define LMRT_REGISTER "v"
#else
#define LMRT_REGISTER "x"
#endif
typedef int64_t LMRT(v64) __attribute__((vector_size(4 * LMRT_LANES)));
typedef int32_t LMRT(v128) __attribute__((vector_size(16)));
#define LMRT_TWO(name, instruction)                                                                          \
    LMRT_INLINE LMRT_VI LMRT(name)(LMRT_VI a, LMRT_VI b) {                                                   \
        LMRT_VI y;                                                                                           \
        __asm__(instruction " %2, %1, %0" : "=" LMRT_REGISTER(y) : LMRT_REGISTER(a), LMRT_REGISTER(b));      \
        return y;                                                                                            \
    }
LMRT_TWO(product_64, "vpmuldq")  /* of the even lanes, in 64 bits */
LMRT_TWO(pair_sums, "vpmaddwd")  /* sums of two products of int16 */
LMRT_TWO(narrow_16, "vpackssdw") /* saturating, in lanes of 16 bytes */
LMRT_TWO(narrow_8, "vpacksswb")  /* the same */
LMRT_TWO(add_16, "vpaddsw")      /* saturating */
LMRT_TWO(least_8, "vpminsb")
LMRT_TWO(most_8, "vpmaxsb")
#undef LMRT_TWO

/* Element i is v[order[i]]. */
LMRT_INLINE LMRT_VI LMRT(reordered)(LMRT_VI v, LMRT_VI order) {
    LMRT_VI y;
    __asm__("vpermd %2, %1, %0" : "=" LMRT_REGISTER(y) : LMRT_REGISTER(order), LMRT_REGISTER(v));
    return y;
}

LMRT_INLINE LMRT_VI LMRT(odd_lanes)(LMRT_VI v) {
    typedef uint64_t bits __attribute__((vector_size(4 * LMRT_LANES)));
    return (LMRT_VI)((bits)v >> 32);
}

/* Eight int8 as int16. */
LMRT_INLINE LMRT(v128) LMRT(widened_8)(const int8_t *p) {
    LMRT(v128) y;
    __asm__("vpmovsxbw %1, %0" : "=" LMRT_REGISTER(y) : "m"(*(const char(*)[8])(const void *)p));
    return y;
}

/* The high halves of the products of even lanes, and of those of odd ones. */
LMRT_INLINE LMRT_VI LMRT(high_halves)(LMRT(v64) even, LMRT(v64) odd) {
#if LMRT_LEVEL == 3
    LMRT_VI y = (LMRT_VI)odd;
    __asm__("vmovshdup %1, %0%{%2%}" : "+v"(y) : "v"(even), "Yk"((uint16_t)0x5555));
#else
    LMRT_VI y;
    __asm__("vmovshdup %1, %0\n\tvpblendd $0xaa, %2, %0, %0" : "=&x"(y) : "x"(even), "x"(odd));
#endif
    return y;
}
#undef LMRT_REGISTER
#endif

#if LMRT_LEVEL >= 1
LMRT_INLINE LMRT_VI LMRT(load_int)(const void *p) {
    LMRT_VI v;
    memcpy(&v, p, sizeof v);
    return v;
}
LMRT_INLINE void LMRT(store_int)(void *p, LMRT_VI v) {
    memcpy(p, &v, sizeof v);
}
/* Four bytes in every lane. */
LMRT_INLINE LMRT_VI LMRT(splat_bytes)(const void *p) {
    int32_t x;
    memcpy(&x, p, sizeof x);
    return LMRT(splat_int)(x);
}
#endif

/* LMRT_LANES int8 as int32, and 2 * LMRT_LANES as int16: gcc 12 takes a conversion of vectors apart. */
#if LMRT_LEVEL >= 1
LMRT_INLINE LMRT_VI LMRT(load_wide)(const int8_t *p) {
    typedef const char bytes[LMRT_LANES];
    LMRT_VI y;
#if LMRT_LEVEL == 3
    __asm__("vpmovsxbd %1, %0" : "=v"(y) : "m"(*(bytes *)(const void *)p));
#elif LMRT_LEVEL == 2
    __asm__("vpmovsxbd %1, %0" : "=x"(y) : "m"(*(bytes *)(const void *)p));
#elif defined(__SSE2__)
    __asm__("movd %1, %0\n\tpunpcklbw %0, %0\n\tpunpcklwd %0, %0\n\tpsrad $24, %0"
            : "=x"(y)
            : "m"(*(bytes *)(const void *)p));
#elif defined(__aarch64__)
    __asm__("ldr %s0, %1\n\tsxtl %0.8h, %0.8b\n\tsxtl %0.4s, %0.4h"
            : "=w"(y)
            : "m"(*(bytes *)(const void *)p));
#else
    const int32_t wide[] = {p[0], p[1], p[2], p[3]};
    (void)sizeof(bytes);
    y = LMRT(load_int)(wide);
#endif
    return y;
}

LMRT_INLINE LMRT_VI LMRT(widened)(const int8_t *p) {
    typedef const char bytes[2 * LMRT_LANES];
    LMRT_VI y;
#if LMRT_LEVEL == 3
    __asm__("vpmovsxbw %1, %0" : "=v"(y) : "m"(*(bytes *)(const void *)p));
#elif LMRT_LEVEL == 2
    __asm__("vpmovsxbw %1, %0" : "=x"(y) : "m"(*(bytes *)(const void *)p));
#elif defined(__SSE2__)
    __asm__("movq %1, %0\n\tpunpcklbw %0, %0\n\tpsraw $8, %0" : "=x"(y) : "m"(*(bytes *)(const void *)p));
#elif defined(__aarch64__)
    __asm__("ldr %d0, %1\n\tsxtl %0.8h, %0.8b" : "=w"(y) : "m"(*(bytes *)(const void *)p));
#else
    const int16_t wide[] = {p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7]};
    (void)sizeof(bytes);
    y = LMRT(load_int)(wide);
#endif
    return y;
}
#endif

#if LMRT_LEVEL == 1
LMRT_INLINE LMRT_VI LMRT(pair_sums)(LMRT_VI a, LMRT_VI b) {
#if defined(__SSE2__)
    typedef short words __attribute__((vector_size(16)));
    return (LMRT_VI)__builtin_ia32_pmaddwd128((words)a, (words)b);
#elif defined(__aarch64__)
    LMRT_VI y, high;
    __asm__("smull %0.4s, %2.4h, %3.4h\n\tsmull2 %1.4s, %2.8h, %3.8h\n\taddp %0.4s, %0.4s, %1.4s"
            : "=&w"(y), "=&w"(high)
            : "w"(a), "w"(b));
    return y;
#else
    int16_t left[2 * LMRT_LANES], right[2 * LMRT_LANES];
    int32_t y[LMRT_LANES];
    memcpy(left, &a, sizeof left);
    memcpy(right, &b, sizeof right);
    for (size_t i = 0; i < LMRT_LANES; i++)
        y[i] = left[2 * i] * right[2 * i] + left[2 * i + 1] * right[2 * i + 1];
    return LMRT(load_int)(y);
#endif
}
#endif

#if LMRT_LEVEL == 1 && defined(__aarch64__) && defined(__ARM_FEATURE_DOTPROD)
/* Four int16 as bytes, in the first lane. */
LMRT_INLINE LMRT_VI LMRT(narrow_4)(const int16_t *p) {
    LMRT_VI y;
    __asm__("ldr %d0, %1\n\txtn %0.8b, %0.8h" : "=w"(y) : "m"(*(const int16_t(*)[4])p));
    return y;
}
/* sum + four products of bytes in each lane: of w, and of the first lane of x. */
LMRT_INLINE LMRT_VI LMRT(dot)(LMRT_VI sum, LMRT_VI w, LMRT_VI x) {
    __asm__("sdot %0.4s, %1.16b, %2.4b[0]" : "+w"(sum) : "w"(w), "w"(x));
    return sum;
}
#endif

/* The sums of the pairs of lanes of a, and of b. */
#if LMRT_LEVEL >= 1
LMRT_INLINE LMRT_VI LMRT(pairs_added)(LMRT_VI a, LMRT_VI b) {
    typedef uint64_t pair __attribute__((vector_size(4 * LMRT_LANES)));
    LMRT_VI y;
    a += (LMRT_VI)((pair)a >> 32), b += (LMRT_VI)((pair)b >> 32); /* in the even lanes */
#if LMRT_LEVEL == 3
    const LMRT_VI order = {0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15};
    __asm__("vshufps $0x88, %2, %1, %0" : "=v"(y) : "v"(a), "v"(b));
    y = LMRT(reordered)(y, order);
#elif LMRT_LEVEL == 2
    __asm__("vshufps $0x88, %2, %1, %0\n\tvpermq $0xd8, %0, %0" : "=x"(y) : "x"(a), "x"(b));
#elif defined(__SSE2__)
    y = a;
    __asm__("shufps $0x88, %1, %0" : "+x"(y) : "x"(b));
#elif defined(__aarch64__)
    __asm__("uzp1 %0.4s, %1.4s, %2.4s" : "=w"(y) : "w"(a), "w"(b));
#else
    y = (LMRT_VI){a[0], a[2], b[0], b[2]};
#endif
    return y;
}
#endif

#if LMRT_LEVEL == 3
/* LMRT_NO_VNNI: for tests of what there is without. */
LMRT_INLINE int LMRT(has_vnni)(void) {
#if defined(LMRT_NO_VNNI)
    return 0;
#elif defined(__AVX512VNNI__)
    return 1;
#else
    return __builtin_cpu_supports("avx512vnni") != 0;
#endif
}

/* sum + four products of bytes in each lane: those of x have no sign. */
LMRT_INLINE LMRT_VI LMRT(dot)(LMRT_VI sum, LMRT_VI x, LMRT_VI w) {
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(x), "v"(w));
    return sum;
}

/* The bytes whose bits are set in the mask; the rest is 0 and not read. */
LMRT_INLINE LMRT_VI LMRT(load_masked)(const int8_t *p, uint64_t mask) {
    LMRT_VI v;
    __asm__("vmovdqu8 %1, %0%{%2%}%{z%}" : "=v"(v) : "m"(*(const char(*)[64])(const void *)p), "Yk"(mask));
    return v;
}
/* The same of 16 bytes. */
LMRT_INLINE LMRT(v128) LMRT(load_masked_16)(const int8_t *p, uint64_t mask) {
    LMRT(v128) v;
    __asm__("vmovdqu8 %1, %0%{%2%}%{z%}"
            : "=v"(v)
            : "m"(*(const char(*)[16])(const void *)p), "Yk"((uint16_t)mask));
    return v;
}
/* The first n bytes, or 64. */
LMRT_INLINE LMRT_VI LMRT(load_bytes)(const int8_t *p, size_t n) {
    return LMRT(load_masked)(p, n >= 64 ? ~(uint64_t)0 : ((uint64_t)1 << n) - 1);
}
#endif

/* Opens a copy of the vector kernels: everything until simd_end.h is compiled for one vector unit.
 *
 * With LMRT_STRICT every copy computes the same bits (README.md, "Strict arithmetic").
 * LMRT_ISA, the suffix of all names, and LMRT_LEVEL (0: one lane, 1: 16 bytes, 2: AVX2 with FMA, 3: AVX-512) may be
 * given; otherwise there is no suffix and the compiler's flags decide. Macros only: this text has no guard.
 */
#ifndef LMRT_ISA
#define LMRT_ISA
#endif
#ifndef LMRT_LEVEL
#if !defined(__GNUC__) || defined(__TINYC__) || (!defined(__clang__) && __GNUC__ < 9)
#define LMRT_LEVEL 0
#elif defined(__AVX512F__) && defined(__AVX512VL__) && defined(__AVX512DQ__) && defined(__AVX512BW__)
#define LMRT_LEVEL 3
#elif defined(__AVX2__) && defined(__FMA__)
#define LMRT_LEVEL 2
#elif defined(__SSE2__) || defined(__ARM_NEON) || defined(__ALTIVEC__) || defined(__wasm_simd128__)
#define LMRT_LEVEL 1
#else
#define LMRT_LEVEL 0
#endif
#endif

#define LMRT_JOIN_EXPANDED(a, b) a##b
#define LMRT_JOIN(a, b) LMRT_JOIN_EXPANDED(a, b)
#define LMRT(name) LMRT_JOIN(lmrt_##name, LMRT_ISA)
#define LMRT_VF LMRT(vf)
#define LMRT_VI LMRT(vi)
#define LMRT_HF LMRT(hf)

/* The tile of the matrix kernels: ROWS x PANELS panels, each taken VECTORS vectors at a time, sums in registers;
 * TALL_ROWS where there is but one panel, HALF_ROWS where it is half a panel in vectors of HALF_LANES. MOST_ROWS: the
 * most of them all. */
#if LMRT_LEVEL == 3
#define LMRT_LANES 16
#define LMRT_VECTORS 1
#define LMRT_ROWS 8
#define LMRT_TALL_ROWS 12
#define LMRT_HALF_ROWS 12
#define LMRT_HALF_LANES 8
#define LMRT_PANELS 2
#elif LMRT_LEVEL == 2
#define LMRT_LANES 8
#define LMRT_VECTORS 2
#define LMRT_ROWS 6
#define LMRT_HALF_ROWS 12
#define LMRT_PANELS 1
#elif LMRT_LEVEL == 1
#define LMRT_LANES 4
#define LMRT_VECTORS 4
#if defined(__aarch64__)
#define LMRT_ROWS 4
#else
#define LMRT_ROWS 2
#endif
#define LMRT_HALF_ROWS 4
#define LMRT_PANELS 1
#else
#define LMRT_LANES 1
#define LMRT_VECTORS 4
#if (defined(__ARM_FP) || defined(__aarch64__)) && !defined(__OPTIMIZE_SIZE__) /* 32 registers for floats */
#define LMRT_ROWS 4
#else
#define LMRT_ROWS 2
#endif
#define LMRT_PANELS 1
#endif
#if !defined(LMRT_TALL_ROWS)
#define LMRT_TALL_ROWS LMRT_ROWS
#endif
#if !defined(LMRT_HALF_ROWS)
#define LMRT_HALF_ROWS LMRT_ROWS
#endif
#if !defined(LMRT_HALF_LANES)
#define LMRT_HALF_LANES LMRT_LANES
#endif
#define LMRT_MOST_ROWS LMRT_HALF_ROWS
/* The same for int8: rows, panels that share the copy of a row, and bytes of that copy; less where the stack is small. */
#if LMRT_LEVEL == 3
#define LMRT_ROWS_I8 8
#else
#define LMRT_ROWS_I8 (LMRT_LEVEL > 0 ? 4 : 2)
#endif
#define LMRT_PANELS_I8 (LMRT_LEVEL > 0 ? 4 : 1)
#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'
#define LMRT_PATCH_I8 48
#else
#define LMRT_PATCH_I8 (LMRT_LEVEL > 0 ? 640 : 256)
#endif
#define LMRT_WIDE 32 /* partial sums of a reduction along vectors, whatever the vectors' length */

/* clang says nothing of -funsafe-math-optimizations and its like in macros: take them back where it is not refused. */
#if defined(__clang__) && __clang_major__ >= 12
#pragma float_control(push)
#pragma float_control(precise, on)
#if defined(LMRT_STRICT)
#pragma STDC FP_CONTRACT OFF
#endif
#endif
#if defined(LMRT_STRICT)
#if defined(__FAST_MATH__) || defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__) || \
    defined(__NO_SIGNED_ZEROS__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__ > 0)
#error "Strict arithmetic cannot be had with -ffast-math or parts of it."
#endif
#if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ != 0 && __FLT_EVAL_METHOD__ != 16
#error "Strict arithmetic needs floats that are computed as floats: on 32-bit x86, -msse2 -mfpmath=sse."
#endif
#endif

/* Whether a form (LMRT_FORM_*) is there: the unit of last resort on x86-64 does without most. */
#if defined(LMRT_UNITS) && LMRT_LEVEL < 2 && defined(LMRT_FORMS)
#define LMRT_HAS(form) (((LMRT_FORMS) & LMRT_FORM_TILE_HALF & (form)) != 0)
#elif defined(LMRT_FORMS)
#define LMRT_HAS(form) (((LMRT_FORMS) & (form)) != 0)
#else
#define LMRT_HAS(form) 1
#endif

/* Loads and stores of parts of a vector in one instruction. From 21 on clang is asked for them, where its flags name
 * AVX-512 too; those before have them. */
#if LMRT_LEVEL == 3 && (!defined(__clang__) || __clang_major__ < 21)
#define LMRT_MASKED 1
#elif LMRT_LEVEL == 3
#if __has_builtin(__builtin_ia32_loadups512_mask) && __has_builtin(__builtin_ia32_storeups512_mask)
#define LMRT_MASKED 1
#endif
#endif

#if defined(__clang__)
#define LMRT_UNROLL _Pragma("clang loop unroll(full)")
#define LMRT_NO_UNROLL _Pragma("clang loop unroll(disable)")
#elif defined(__GNUC__) && __GNUC__ >= 8
#define LMRT_UNROLL _Pragma("GCC unroll 16")
#define LMRT_NO_UNROLL
#else
#define LMRT_UNROLL
#define LMRT_NO_UNROLL
#endif

#if defined(__GNUC__)
#define LMRT_PREFETCH(p) __builtin_prefetch(p)
#define LMRT_PREFETCH_WRITE(p) __builtin_prefetch(p, 1)
#else
#define LMRT_PREFETCH(p) ((void)(p))
#define LMRT_PREFETCH_WRITE(p) ((void)(p))
#endif

/* Defines the elementwise kernel name_f32 of the vector function map_name(x, p). */
#define LMRT_MAP(name)                                                                                       \
    LMRT_KERNEL void LMRT(name##_f32)(const float *p, size_t n, const float *x, float *y) {                  \
        size_t i = 0;                                                                                        \
        for (; i + LMRT_LANES <= n; i += LMRT_LANES)                                                         \
            LMRT(store)(y + i, LMRT(map_##name)(LMRT(load)(x + i), p));                                      \
        if (i < n) LMRT(store_part)(y + i, LMRT(map_##name)(LMRT(load_part)(x + i, n - i), p), n - i);       \
    }

/* Closes what simd_begin.h opened. */
#if defined(__clang__) && __clang_major__ >= 12
#pragma float_control(pop)
#endif
#undef LMRT_ISA
#undef LMRT_LEVEL
#undef LMRT_JOIN_EXPANDED
#undef LMRT_JOIN
#undef LMRT
#undef LMRT_VF
#undef LMRT_VI
#undef LMRT_HF
#undef LMRT_LANES
#undef LMRT_VECTORS
#undef LMRT_ROWS
#undef LMRT_PANELS
#undef LMRT_TALL_ROWS
#undef LMRT_HALF_ROWS
#undef LMRT_HALF_LANES
#undef LMRT_MOST_ROWS
#undef LMRT_ROWS_I8
#undef LMRT_PANELS_I8
#undef LMRT_PATCH_I8
#undef LMRT_WIDE
#undef LMRT_STRICT
#undef LMRT_MASKED
#undef LMRT_HAS
#undef LMRT_UNROLL
#undef LMRT_NO_UNROLL
#undef LMRT_MAP
#undef LMRT_PREFETCH
#undef LMRT_PREFETCH_WRITE

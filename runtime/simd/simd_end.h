/* Closes what simd_begin.h opened. */
#undef LMRT_ISA
#undef LMRT_LEVEL
#undef LMRT_JOIN_EXPANDED
#undef LMRT_JOIN
#undef LMRT
#undef LMRT_VF
#undef LMRT_VI
#undef LMRT_LANES
#undef LMRT_VECTORS
#undef LMRT_ROWS
#undef LMRT_PANELS
#undef LMRT_FEW_ROWS
#undef LMRT_UNROLL
#undef LMRT_NO_UNROLL
#undef LMRT_MAP

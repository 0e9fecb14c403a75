/* LMRT_MAP(name) defines the kernel name_f32 of the vector function map_name(x, p). */
#pragma once

#include "simd/simd.h"

#define LMRT_MAP(name)                                                                                       \
    LMRT_KERNEL void LMRT(name##_f32)(const float *p, size_t n, const float *x, float *y) {                  \
        size_t i = 0;                                                                                        \
        for (; i + LMRT_LANES <= n; i += LMRT_LANES)                                                         \
            LMRT(store)(y + i, LMRT(map_##name)(LMRT(load)(x + i), p));                                      \
        if (i < n) LMRT(store_part)(y + i, LMRT(map_##name)(LMRT(load_part)(x + i, n - i), p), n - i);       \
    }

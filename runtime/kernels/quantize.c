/* quantize_i8, dequantize_i8: between float32 and int8; table_i8: any function of an int8 number. */
#pragma once

#include "simd/simd.h"

LMRT_KERNEL void LMRT(quantize_i8)(float inverse, float zero, size_t n, const float *x, int8_t *y) {
    const float low = -128.0f - zero, high = 127.0f - zero;
    for (size_t i = 0; i < n; i++) {
        const float v = x[i] * inverse, above = v > low ? v : low;
        y[i] = (int8_t)(rintf(above < high ? above : high) + zero);
    }
}

LMRT_KERNEL void LMRT(dequantize_i8)(float scale, float zero, size_t n, const int8_t *x, float *y) {
    for (size_t i = 0; i < n; i++) y[i] = ((float)x[i] - zero) * scale;
}

LMRT_KERNEL void LMRT(table_i8)(size_t n, const int8_t *table, const int8_t *x, int8_t *y) {
    for (size_t i = 0; i < n; i++) y[i] = table[x[i] + 128];
}

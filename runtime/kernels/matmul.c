/* matmul_f32: both matrices are computed, so the right one is packed into panels first, then it is a dense
 * layer. */
#pragma once

#include "kernels/dense.c"

/* A panel of LMRT_PANEL columns. */
LMRT_INLINE void LMRT(pack_panel)(size_t k, size_t n, int transpose_b, const float *b, float *packed) {
    if (transpose_b) {
        for (size_t i = 0; i < k; i++, packed += LMRT_PANEL) {
            LMRT_UNROLL
            for (size_t j = 0; j < LMRT_PANEL; j++) packed[j] = b[j * k + i];
        }
        return;
    }
    for (size_t i = 0; i < k; i++, packed += LMRT_PANEL, b += n)
        for (size_t j = 0; j < LMRT_PANEL; j += LMRT_LANES) LMRT(store)(packed + j, LMRT(load)(b + j));
}

LMRT_KERNEL void LMRT(matmul_pack)(size_t k, size_t n, int transpose_b, const float *b, float *packed) {
    size_t first = 0;
    for (; first + LMRT_PANEL <= n; first += LMRT_PANEL, packed += k * LMRT_PANEL)
        LMRT(pack_panel)(k, n, transpose_b, b + first * (transpose_b ? k : 1), packed);
    for (size_t i = 0; i < k && first < n; i++, packed += LMRT_PANEL) {
        for (size_t j = 0; j < n - first; j++)
            packed[j] = transpose_b ? b[(first + j) * k + i] : b[i * n + first + j];
        for (size_t j = n - first; j < LMRT_PANEL; j++) packed[j] = 0.0f;
    }
}

LMRT_KERNEL void LMRT(matmul_f32)(size_t m, size_t k, size_t n, int transpose_b, const float *a,
                                  const float *b, float *y, float *scratch) {
    const lmrt_dense d = {k, n, {-INFINITY, INFINITY, NULL, {0.0f, 0.0f, 0.0f}}};
    LMRT(matmul_pack)(k, n, transpose_b, b, scratch);
    LMRT(dense_f32)(&d, m, a, scratch, NULL, NULL, y);
}

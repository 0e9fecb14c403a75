/* matmul_f32: both matrices are computed, so the right one is packed into panels first, then it is a dense
 * layer. */
#pragma once

#include "kernels/dense.c"

LMRT_KERNEL void LMRT(matmul_pack)(size_t k, size_t n, int transpose_b, const float *b, float *packed) {
    for (size_t first = 0; first < n; first += LMRT_PANEL) {
        const size_t columns = n - first < LMRT_PANEL ? n - first : LMRT_PANEL;
        for (size_t i = 0; i < k; i++, packed += LMRT_PANEL) {
            for (size_t j = 0; j < columns; j++)
                packed[j] = transpose_b ? b[(first + j) * k + i] : b[i * n + first + j];
            for (size_t j = columns; j < LMRT_PANEL; j++) packed[j] = 0.0f;
        }
    }
}

LMRT_KERNEL void LMRT(matmul_f32)(size_t m, size_t k, size_t n, int transpose_b, const float *a,
                                  const float *b, float *y, float *scratch) {
    const lmrt_dense d = {k, n, {-INFINITY, INFINITY, NULL, {0.0f, 0.0f, 0.0f}}};
    LMRT(matmul_pack)(k, n, transpose_b, b, scratch);
    LMRT(dense_f32)(&d, m, a, scratch, NULL, NULL, y);
}

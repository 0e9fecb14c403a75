/* sparse_dense: y[samples][rows][n] = epilogue(x @ w + bias) for what is stored of a sparse x, in its order.
 */
#pragma once

#include "simd/simd.h"

/* Where an element stands in its sample; index: its batch and its place along each axis. */
LMRT_INLINE size_t LMRT(sparse_place)(const lmrt_sparse *d, const int64_t *index) {
    size_t place = 0;
    for (size_t i = 0; i < d->rank; i++) place = place * d->extent[i] + (size_t)index[i + 1];
    return place;
}

/* y = bias + residual, where there are any. */
LMRT_KERNEL void LMRT(sparse_begin)(const lmrt_sparse *d, size_t samples, const float *bias,
                                    const float *residual, float *y) {
    for (size_t row = 0; row < samples * d->rows; row++)
        for (size_t j = 0; j < d->n; j++) {
            const size_t at = row * d->n + j;
            const float sum = bias ? bias[j] : 0.0f;
            y[at] = residual ? sum + residual[at] : sum;
        }
}

/* y[n] += value * w[n] */
LMRT_INLINE void LMRT(sparse_add)(size_t n, float value, const float *w, float *y) {
    size_t j = 0;
    for (; j + LMRT_LANES <= n; j += LMRT_LANES)
        LMRT(store)(y + j, LMRT(fma)(LMRT(splat)(value), LMRT(load)(w + j), LMRT(load)(y + j)));
    if (j < n) LMRT(store_part)
    (y + j, LMRT(fma)(LMRT(splat)(value), LMRT(load_part)(w + j, n - j), LMRT(load_part)(y + j, n - j)),
     n - j);
}

LMRT_KERNEL void LMRT(sparse_finish)(const lmrt_sparse *d, size_t samples, float *y) {
    const size_t count = samples * d->rows * d->n;
    for (size_t i = 0; i < count; i += LMRT_LANES) {
        const size_t n = count - i;
        if (n >= LMRT_LANES)
            LMRT(store)(y + i, LMRT(clamp)(LMRT(load)(y + i), d->epilogue.low, d->epilogue.high));
        else
            LMRT(store_part)
        (y + i, LMRT(clamp)(LMRT(load_part)(y + i, n), d->epilogue.low, d->epilogue.high), n);
    }
    if (d->epilogue.map) d->epilogue.map(d->epilogue.p, count, y, y);
}

LMRT_KERNEL void LMRT(sparse_dense_csr_f32)(const lmrt_sparse *d, size_t start, size_t samples,
                                            const lamina_csr *x, const float *w, const float *bias,
                                            const float *residual, float *y) {
    const float *values = (const float *)x->values;
    LMRT(sparse_begin)(d, samples, bias, residual, y);
    for (size_t i = 0; i < samples; i++)
        for (int64_t at = x->row_ptr[start + i]; at < x->row_ptr[start + i + 1]; at++) {
            const size_t place = (size_t)x->col[at], row = i * d->rows + place / d->k;
            LMRT(sparse_add)(d->n, values[at], w + place % d->k * d->n, y + row * d->n);
        }
    LMRT(sparse_finish)(d, samples, y);
}

LMRT_KERNEL void LMRT(sparse_dense_coo_f32)(const lmrt_sparse *d, size_t start, size_t samples,
                                            const lamina_coo *x, const float *w, const float *bias,
                                            const float *residual, float *y) {
    const float *values = (const float *)x->values;
    LMRT(sparse_begin)(d, samples, bias, residual, y);
    for (int64_t i = 0; i < x->nnz; i++) {
        const int64_t *index = x->index + (size_t)i * (d->rank + 1);
        const size_t sample = (size_t)index[0], place = LMRT(sparse_place)(d, index);
        if (sample < start || sample >= start + samples) continue;
        const size_t row = (sample - start) * d->rows + place / d->k;
        LMRT(sparse_add)(d->n, values[i], w + place % d->k * d->n, y + row * d->n);
    }
    LMRT(sparse_finish)(d, samples, y);
}

/* Sparse inputs: the check of their indices, and the dense tensor they stand for. Duplicates add up. */
#pragma once

#include "include/lmrt.h"

/* Elements of a sample. */
LMRT_INLINE size_t lmrt_coo_count(const lmrt_sparse *d) {
    size_t count = 1;
    for (size_t i = 0; i < d->rank; i++) count *= d->extent[i];
    return count;
}

/* Where an element stands in its sample; index: its batch and its place along each axis. */
LMRT_INLINE size_t lmrt_coo_place(const lmrt_sparse *d, const int64_t *index) {
    size_t place = 0;
    for (size_t i = 0; i < d->rank; i++) place = place * d->extent[i] + (size_t)index[i + 1];
    return place;
}

LMRT_KERNEL int lmrt_check_csr(size_t batch, size_t columns, const lamina_csr *x) {
    if (x->size < sizeof *x || x->nnz < 0 || !x->row_ptr || x->row_ptr[0] != 0) return 1;
    if (x->nnz > 0 && (!x->col || !x->values)) return 1;
    for (size_t i = 0; i < batch; i++)
        if (x->row_ptr[i + 1] < x->row_ptr[i] || x->row_ptr[i + 1] > x->nnz) return 1;
    if (x->row_ptr[batch] != x->nnz) return 1;
    for (int64_t i = 0; i < x->nnz; i++)
        if (x->col[i] < 0 || (uint64_t)x->col[i] >= columns) return 1;
    return 0;
}

LMRT_KERNEL int lmrt_check_coo(size_t batch, size_t rank, const int64_t *extent, const lamina_coo *x) {
    if (x->size < sizeof *x || x->nnz < 0) return 1;
    if (x->nnz > 0 && (!x->index || !x->values)) return 1;
    for (int64_t i = 0; i < x->nnz; i++) {
        const int64_t *index = x->index + (size_t)i * (rank + 1);
        if (index[0] < 0 || (uint64_t)index[0] >= batch) return 1;
        for (size_t k = 0; k < rank; k++)
            if (index[k + 1] < 0 || index[k + 1] >= extent[k]) return 1;
    }
    return 0;
}

LMRT_KERNEL void lmrt_densify_csr_f32(const lmrt_sparse *d, size_t start, size_t samples, const lamina_csr *x,
                                      float *y) {
    const size_t count = d->extent[0];
    const float *values = (const float *)x->values;
    for (size_t i = 0; i < samples * count; i++) y[i] = 0.0f;
    for (size_t i = 0; i < samples; i++)
        for (int64_t at = x->row_ptr[start + i]; at < x->row_ptr[start + i + 1]; at++)
            y[i * count + (size_t)x->col[at]] += values[at];
}

LMRT_KERNEL void lmrt_densify_coo_f32(const lmrt_sparse *d, size_t start, size_t samples, const lamina_coo *x,
                                      float *y) {
    const size_t count = lmrt_coo_count(d);
    const float *values = (const float *)x->values;
    for (size_t i = 0; i < samples * count; i++) y[i] = 0.0f;
    for (int64_t i = 0; i < x->nnz; i++) {
        const int64_t *index = x->index + (size_t)i * (d->rank + 1);
        const size_t sample = (size_t)index[0];
        if (sample >= start && sample < start + samples)
            y[(sample - start) * count + lmrt_coo_place(d, index)] += values[i];
    }
}

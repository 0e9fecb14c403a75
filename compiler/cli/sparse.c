/* Dense data as the sparse structures of lamina.h, for inputs with sparse=True: files hold them dense. */
#include "cli/tensors.h"
#include "lamina.h"

static bool is_stored(float value) {
    return value != 0.0f; /* NaN is */
}

static const lamina_csr *to_csr(Arena *arena, const Array *input, int64_t nnz, const float *values) {
    const float *data = input->data;
    const size_t batch = (size_t)input->shape.dim[0], columns = (size_t)input->shape.dim[1];
    int64_t *row_ptr = ARENA_ARRAY(arena, int64_t, batch + 1),
            *col = ARENA_ARRAY(arena, int64_t, (size_t)nnz);
    int64_t at = 0;
    for (size_t i = 0; i < batch * columns; i++) {
        if (is_stored(data[i])) col[at++] = (int64_t)(i % columns);
        row_ptr[i / columns + 1] = at;
    }
    lamina_csr *csr = ARENA_NEW(arena, lamina_csr);
    *csr = (lamina_csr){sizeof *csr, nnz, row_ptr, col, values};
    return csr;
}

static const lamina_coo *to_coo(Arena *arena, const Array *input, int64_t nnz, const float *values) {
    const float *data = input->data;
    const int rank = input->shape.rank;
    int64_t *index = arena_alloc_array(arena, (size_t)nnz * (size_t)rank, sizeof *index), *at = index;
    for (size_t i = 0; i < input->count; i++) {
        size_t place = i;
        if (!is_stored(data[i])) continue;
        for (int axis = rank - 1; axis >= 0; axis--) {
            at[axis] = (int64_t)(place % (size_t)input->shape.dim[axis]);
            place /= (size_t)input->shape.dim[axis];
        }
        at += rank;
    }
    lamina_coo *coo = ARENA_NEW(arena, lamina_coo);
    *coo = (lamina_coo){sizeof *coo, nnz, index, values};
    return coo;
}

const void *tensors_sparse(Arena *arena, const Array *input, SparseFormat format) {
    if (format == SPARSE_NONE) return input->data;
    const float *data = input->data;
    int64_t nnz = 0;
    for (size_t i = 0; i < input->count; i++) nnz += is_stored(data[i]);
    float *values = arena_alloc_array(arena, (size_t)nnz, sizeof *values);
    nnz = 0;
    for (size_t i = 0; i < input->count; i++)
        if (is_stored(data[i])) values[nnz++] = data[i];
    if (format == SPARSE_CSR) return to_csr(arena, input, nnz, values);
    return to_coo(arena, input, nnz, values);
}

/* lamina.h: what generated code and programs that use it agree on. Repeated inside every generated header, under the
 * same guard. Structures carry their size; new fields go to the end and are read only where the size covers them.
 */
#ifndef LAMINA_ABI
#define LAMINA_ABI 1

#include <stddef.h>
#include <stdint.h>

/* What running a model returns. On an error that can be known before the run nothing is written. */
enum {
    LAMINA_OK = 0,
    LAMINA_E_NULL = 1,      /* an input or output is NULL, or a lamina_call is too small */
    LAMINA_E_BATCH = 2,     /* the model is made for another batch size */
    LAMINA_E_WORKSPACE = 3, /* NULL where bytes are needed, misaligned, or too small */
    LAMINA_E_INDEX = 4,     /* an id or a sparse index is out of range, or an integer is divided by 0 */
    LAMINA_E_DIMS = 5       /* a run-time dimension is out of range */
};

/* Element types; a bool is a byte, 0 or 1 (uint8_t in C). */
enum {
    LAMINA_FLOAT32, LAMINA_FLOAT64, LAMINA_FLOAT16, LAMINA_BFLOAT16, LAMINA_INT8, LAMINA_UINT8, LAMINA_INT16,
    LAMINA_UINT16, LAMINA_INT32, LAMINA_UINT32, LAMINA_INT64, LAMINA_UINT64, LAMINA_BOOL
};
enum { LAMINA_DENSE, LAMINA_CSR, LAMINA_COO };

/* Sparse inputs point to one of these. */
typedef struct lamina_csr {
    size_t size; /* sizeof(lamina_csr) */
    int64_t nnz;
    const int64_t *row_ptr, *col; /* row_ptr: batch + 1 */
    const void *values;
} lamina_csr;
typedef struct lamina_coo {
    size_t size; /* sizeof(lamina_coo) */
    int64_t nnz;
    const int64_t *index; /* [nnz][rank] */
    const void *values;
} lamina_coo;

/* A parallel-for that the caller supplies: run calls task(argument, i, worker) for every i < n_tasks, worker < n_workers. */
typedef struct lamina_parallel {
    size_t size, n_workers;
    void *context;
    int (*run)(void *context, size_t n_tasks, void (*task)(void *argument, size_t index, size_t worker), void *argument);
} lamina_parallel;

typedef struct lamina_tensor {
    const char *name;
    int32_t dtype, format, rank;
    const int64_t *shape; /* >= 0: extent; -1: batch; -2 - k: the k-th run-time dimension */
    const float *scale;   /* quantised tensors: value = scale * (q - zero_point), per tensor or along axis; else NULL */
    const int32_t *zero_point;
    int32_t axis, n_scales;
} lamina_tensor;

typedef struct lamina_call {
    size_t size; /* sizeof(lamina_call) */
    size_t batch;
    const int64_t *dims; /* run-time dimensions beyond the batch, or NULL */
    const void *const *inputs;
    void *const *outputs;
    void *workspace;
    size_t workspace_size;
    void *state;                     /* state_bytes, for stateful layers, or NULL */
    const void *weights;             /* weights_bytes, where they are not compiled in, or NULL */
    const lamina_parallel *parallel; /* or NULL */
} lamina_call;
#define LAMINA_CALL_SIZE_1 sizeof(lamina_call) /* what ABI 1 needs; stays this value when fields are added */

typedef struct lamina_model {
    uint32_t abi, size, tensor_size, flags; /* size = sizeof(lamina_model), tensor_size = sizeof(lamina_tensor) there */
    const char *name, *producer;
    size_t n_inputs, n_outputs, n_dims;
    const lamina_tensor *inputs, *outputs;
    const char *const *dims; /* names of the run-time dimensions beyond the batch */
    size_t workspace_align, state_bytes, weights_bytes;
    size_t (*workspace_bytes)(const lamina_call *call); /* reads batch, dims and parallel only */
    int (*run)(const lamina_call *call);
} lamina_model;

#endif /* LAMINA_ABI */

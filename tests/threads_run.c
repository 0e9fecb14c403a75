/* Runs a model compiled with and without --threads (single_model, threaded_model) on the same numbers, alone,
 * by the pool, and by a parallel-for that takes the tasks backwards, and compares every bit of the outputs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lamina_pool.h"

extern const lamina_model single_model, threaded_model;

static size_t most_tasks, batch_of_tasks; /* seen by `backwards`: that steps are cut at all */

static size_t element_size(int32_t dtype) {
    switch (dtype) {
    case LAMINA_FLOAT64:
    case LAMINA_INT64:
    case LAMINA_UINT64: return 8;
    case LAMINA_FLOAT16:
    case LAMINA_BFLOAT16:
    case LAMINA_INT16:
    case LAMINA_UINT16: return 2;
    case LAMINA_INT8:
    case LAMINA_UINT8:
    case LAMINA_BOOL: return 1;
    default: return 4;
    }
}

static size_t bytes_of(const lamina_tensor *t, size_t batch) {
    size_t n = element_size(t->dtype);
    for (int32_t i = 0; i < t->rank; i++) n *= t->shape[i] == -1 ? batch : (size_t)t->shape[i];
    return n;
}

/* Small numbers that are no sums of a few powers of two; ids and masks are 0 or 1. */
static void fill(const lamina_tensor *t, void *data, size_t bytes) {
    const size_t size = element_size(t->dtype);
    unsigned state = 12345;
    for (size_t i = 0; i < bytes / size; i++) {
        state = state * 1664525u + 1013904223u;
        const double value = (double)(state >> 8) / 8388608.0 - 1.0;
        if (t->dtype == LAMINA_FLOAT32)
            ((float *)data)[i] = (float)value;
        else if (t->dtype == LAMINA_FLOAT64)
            ((double *)data)[i] = value;
        else if (t->dtype == LAMINA_INT32 || t->dtype == LAMINA_UINT32)
            ((uint32_t *)data)[i] = state >> 31;
        else if (t->dtype == LAMINA_INT64 || t->dtype == LAMINA_UINT64)
            ((uint64_t *)data)[i] = state >> 31;
        else if (size == 2)
            ((uint16_t *)data)[i] = (uint16_t)(state >> 31);
        else
            ((uint8_t *)data)[i] = (uint8_t)(state >> 31);
    }
}

static int backwards(void *context, size_t n_tasks, void (*task)(void *, size_t, size_t), void *argument) {
    (void)context;
    if (n_tasks > most_tasks) most_tasks = n_tasks;
    batch_of_tasks++;
    for (size_t i = n_tasks; i-- > 0;) task(argument, i, i % 3);
    return 0;
}

static int failing(void *context, size_t n_tasks, void (*task)(void *, size_t, size_t), void *argument) {
    (void)context, (void)n_tasks, (void)task, (void)argument;
    return 77;
}

static void *new_bytes(size_t n) {
    void *p = malloc(n ? n : 1);
    if (!p) exit(3);
    memset(p, 0x5a, n ? n : 1);
    return p;
}

enum { MOST = 16 };

static int run(const lamina_model *model, size_t batch, const void *const *inputs, void **outputs,
               const lamina_parallel *parallel) {
    lamina_call call = {.size = sizeof call, .batch = batch, .inputs = inputs, .outputs = outputs};
    call.parallel = parallel;
    call.workspace_size = model->workspace_bytes(&call);
    call.workspace = new_bytes(call.workspace_size);
    call.state = model->state_bytes ? calloc(1, model->state_bytes) : NULL;
    const int status = model->run(&call);
    free(call.workspace);
    free(call.state);
    return status;
}

static int compare(size_t batch, const lamina_parallel *const *ways, size_t n_ways) {
    const lamina_model *m = &single_model;
    void *inputs[MOST], *expected[MOST], *got[MOST];
    int bad = 0;
    for (size_t i = 0; i < m->n_inputs; i++) {
        inputs[i] = new_bytes(bytes_of(&m->inputs[i], batch));
        fill(&m->inputs[i], inputs[i], bytes_of(&m->inputs[i], batch));
    }
    for (size_t i = 0; i < m->n_outputs; i++) expected[i] = new_bytes(bytes_of(&m->outputs[i], batch));
    const int status = run(m, batch, (const void *const *)inputs, expected, NULL);
    for (size_t way = 0; way < n_ways; way++) {
        for (size_t i = 0; i < m->n_outputs; i++) got[i] = new_bytes(bytes_of(&m->outputs[i], batch));
        const int code = run(&threaded_model, batch, (const void *const *)inputs, got, ways[way]);
        if (code != status)
            bad += printf("batch %zu, way %zu: status %d, not %d\n", batch, way, code, status);
        for (size_t i = 0; i < m->n_outputs; i++) {
            if (memcmp(got[i], expected[i], bytes_of(&m->outputs[i], batch)) != 0)
                bad += printf("batch %zu, way %zu: output %zu differs\n", batch, way, i);
            free(got[i]);
        }
    }
    if (batch > 0 && most_tasks > 0 && status == LAMINA_OK) {
        const lamina_parallel refuses = {sizeof refuses, 2, NULL, failing}, old = {1, 1, NULL, failing};
        for (size_t i = 0; i < m->n_outputs; i++) got[i] = new_bytes(bytes_of(&m->outputs[i], batch));
        const int code = run(&threaded_model, batch, (const void *const *)inputs, got, &refuses);
        if (code != 77) bad += printf("batch %zu: a parallel-for that fails gives %d\n", batch, code);
        if (run(&threaded_model, batch, (const void *const *)inputs, got, &old) != LAMINA_E_NULL)
            bad += printf("a parallel-for that is too small is taken\n");
        for (size_t i = 0; i < m->n_outputs; i++) free(got[i]);
    }
    for (size_t i = 0; i < m->n_inputs; i++) free(inputs[i]);
    for (size_t i = 0; i < m->n_outputs; i++) free(expected[i]);
    return bad;
}

int main(void) {
    lamina_pool *pool = lamina_pool_new(3);
    if (!pool) return 2;
    const lamina_parallel reversed = {sizeof reversed, 3, NULL, backwards};
    const lamina_parallel *ways[] = {NULL, &reversed, lamina_pool_parallel(pool), lamina_pool_parallel(pool)};
    const size_t fixed = single_model.inputs[0].rank > 0 && single_model.inputs[0].shape[0] >= 0;
    const size_t sizes[] = {0, 1, 2, 5, 65};
    int bad = 0;
    for (size_t i = 0; i < (fixed ? 1 : 5); i++) {
        most_tasks = 0;
        bad += compare(fixed ? (size_t)single_model.inputs[0].shape[0] : sizes[i], ways, 4);
    }
    lamina_pool_delete(pool);
    printf("%zu steps in tasks\n", batch_of_tasks);
    return bad != 0;
}

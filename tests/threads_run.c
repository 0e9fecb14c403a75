/* Runs a model compiled with and without --threads (single_model, threaded_model) on the same numbers, alone,
 * by the pool, and by a parallel-for that takes the tasks backwards, and compares every bit of the outputs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lamina_pool.h"
#include "generated/model_data.h"

extern const lamina_model single_model, threaded_model;

static size_t most_tasks, batch_of_tasks; /* seen by `backwards`: that steps are cut at all */

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
        inputs[i] = new_bytes(bytes_of(&m->inputs[i], batch, NULL));
        fill(&m->inputs[i], inputs[i], bytes_of(&m->inputs[i], batch, NULL));
    }
    for (size_t i = 0; i < m->n_outputs; i++) expected[i] = new_bytes(bytes_of(&m->outputs[i], batch, NULL));
    const int status = run(m, batch, (const void *const *)inputs, expected, NULL);
    for (size_t way = 0; way < n_ways; way++) {
        for (size_t i = 0; i < m->n_outputs; i++) got[i] = new_bytes(bytes_of(&m->outputs[i], batch, NULL));
        const int code = run(&threaded_model, batch, (const void *const *)inputs, got, ways[way]);
        if (code != status)
            bad += printf("batch %zu, way %zu: status %d, not %d\n", batch, way, code, status);
        for (size_t i = 0; i < m->n_outputs; i++) {
            if (memcmp(got[i], expected[i], bytes_of(&m->outputs[i], batch, NULL)) != 0)
                bad += printf("batch %zu, way %zu: output %zu differs\n", batch, way, i);
            free(got[i]);
        }
    }
    if (batch > 0 && most_tasks > 0 && status == LAMINA_OK) {
        const lamina_parallel refuses = {sizeof refuses, 2, NULL, failing}, old = {1, 1, NULL, failing};
        for (size_t i = 0; i < m->n_outputs; i++) got[i] = new_bytes(bytes_of(&m->outputs[i], batch, NULL));
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

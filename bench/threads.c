/* The measuring program of threads.sh: one model as `alone`, without --threads, and as `shared`, with it. */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lamina_pool.h"

extern const lamina_model alone_model, shared_model;

enum {
    MOST_TENSORS = 16,
    WAYS = 3,
    CALLS_EACH = 3
}; /* the first of some calls finds the caches of the way before */

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* 8 bytes for each element, which no type exceeds; as integers they are small. */
static void *new_tensor(const lamina_tensor *tensor, size_t batch) {
    size_t n = batch;
    for (int k = 1; k < tensor->rank; k++) n *= (size_t)tensor->shape[k];
    unsigned char *bytes = calloc(n, 8);
    float *values = (float *)(void *)bytes;
    for (size_t i = 0; bytes && tensor->dtype == LAMINA_FLOAT32 && i < n; i++)
        values[i] = (float)rand() / (float)RAND_MAX - 0.5f;
    return bytes;
}

static double shortest_of(const lamina_model *model, const lamina_call *call) {
    double shortest = 1e9;
    for (int i = 0; i < CALLS_EACH; i++) {
        const double start = now();
        if (model->run(call) != LAMINA_OK) exit(1);
        const double took = now() - start;
        if (took < shortest) shortest = took;
    }
    return shortest;
}

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    const size_t threads = strtoul(argv[1], NULL, 10), batch = strtoul(argv[2], NULL, 10);
    const lamina_model *models[WAYS] = {&alone_model, &shared_model, &shared_model};
    const void *inputs[MOST_TENSORS];
    void *outputs[MOST_TENSORS];
    if (alone_model.n_inputs > MOST_TENSORS || alone_model.n_outputs > MOST_TENSORS) return 1;
    for (size_t i = 0; i < alone_model.n_inputs; i++) inputs[i] = new_tensor(&alone_model.inputs[i], batch);
    for (size_t i = 0; i < alone_model.n_outputs; i++)
        outputs[i] = new_tensor(&alone_model.outputs[i], batch);
    lamina_pool *pool = lamina_pool_new(threads);
    lamina_call call = {.size = sizeof call, .batch = batch, .inputs = inputs, .outputs = outputs};
    call.parallel = lamina_pool_parallel(pool);
    const size_t most = alone_model.workspace_bytes(&call), other = shared_model.workspace_bytes(&call);
    call.workspace_size = most > other ? most : other;
    call.workspace = aligned_alloc(4096, (call.workspace_size + 4096) & ~(size_t)4095);
    double best[WAYS] = {1e9, 1e9, 1e9};
    for (double end = now() + atof(argv[3]); now() < end;)
        for (int way = 0; way < WAYS; way++) {
            call.parallel = way == 2 ? lamina_pool_parallel(pool) : NULL;
            const double took = shortest_of(models[way], &call);
            if (took < best[way]) best[way] = took;
        }
    printf("%5zu %12.1f %12.1f %12.1f %8.2f\n", batch, best[0] * 1e6, best[1] * 1e6, best[2] * 1e6,
           best[0] / best[2]);
    lamina_pool_delete(pool);
    return 0;
}

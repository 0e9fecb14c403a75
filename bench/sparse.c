/* Times one Dense layer on the same sparse samples: from CSR, from COO, and from CSR by way of a dense input.
 *
 *     sparse BATCH WIDTH UNITS DENSITY
 *
 * Links csr_model, coo_model and dense_model, which have the same weights; their results have to agree. The
 * ways take turns, so that what else the machine does meets them alike; each prints the median of its calls
 * in microseconds.
 */
#define _POSIX_C_SOURCE 199309L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lamina.h"

enum { WAYS = 3, ROUNDS = 401 };

extern const lamina_model csr_model, coo_model, dense_model;

typedef struct {
    size_t batch, width, units;
    lamina_csr csr;
    lamina_coo coo;
    float *dense, *y[WAYS];
    void *workspace[WAYS];
} bench;

static void *take(size_t bytes) {
    void *p = aligned_alloc(64, (bytes + 64) / 64 * 64);
    if (!p) exit(1);
    memset(p, 0, bytes);
    return p;
}

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double chance(void) {
    return (double)rand() / ((double)RAND_MAX + 1.0);
}

/* Samples whose stored elements are drawn one by one; columns rise, as in scipy's canonical form. */
static void draw(bench *b, double density) {
    const size_t most = b->batch * b->width;
    int64_t *rows = take((b->batch + 1) * sizeof *rows), *cols = take(most * sizeof *cols), n = 0;
    int64_t *index = take(2 * most * sizeof *index);
    float *values = take(most * sizeof *values);
    for (size_t i = 0; i < b->batch; i++) {
        for (size_t j = 0; j < b->width; j++) {
            if (chance() >= density) continue;
            index[2 * n] = (int64_t)i;
            index[2 * n + 1] = cols[n] = (int64_t)j;
            values[n++] = (float)(2 * chance() - 1);
        }
        rows[i + 1] = n;
    }
    b->csr = (lamina_csr){sizeof b->csr, n, rows, cols, values};
    b->coo = (lamina_coo){sizeof b->coo, n, index, values};
}

static void densify(const bench *b) {
    const lamina_csr *x = &b->csr;
    memset(b->dense, 0, b->batch * b->width * sizeof(float));
    for (size_t i = 0; i < b->batch; i++)
        for (int64_t at = x->row_ptr[i]; at < x->row_ptr[i + 1]; at++)
            b->dense[i * b->width + (size_t)x->col[at]] += ((const float *)x->values)[at];
}

static const lamina_model *model_of(int way) {
    return way == 0 ? &csr_model : way == 1 ? &coo_model : &dense_model;
}

static void run(bench *b, int way) {
    const void *const input[] = {way == 0   ? (const void *)&b->csr
                                 : way == 1 ? (const void *)&b->coo
                                            : b->dense};
    void *const output[] = {b->y[way]};
    lamina_call call = {.size = sizeof call, .batch = b->batch, .inputs = input, .outputs = output};
    const lamina_model *model = model_of(way);
    call.workspace_size = model->workspace_bytes(&call);
    if (!b->workspace[way]) b->workspace[way] = take(call.workspace_size);
    call.workspace = b->workspace[way];
    if (way == 2) densify(b);
    if (model->run(&call)) {
        fprintf(stderr, "way %d gave an error\n", way);
        exit(1);
    }
}

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void check(const bench *b) {
    for (size_t i = 0; i < b->batch * b->units; i++)
        for (int way = 0; way < 2; way++)
            if (!(fabsf(b->y[way][i] - b->y[2][i]) <= 1e-4f * fmaxf(1.0f, fabsf(b->y[2][i])))) {
                fprintf(stderr, "output %zu: %g, made dense %g\n", i, (double)b->y[way][i],
                        (double)b->y[2][i]);
                exit(1);
            }
}

int main(int n_arguments, char **arguments) {
    static double times[WAYS][ROUNDS];
    if (n_arguments != 5) return 2;
    bench b = {.batch = strtoul(arguments[1], NULL, 10),
               .width = strtoul(arguments[2], NULL, 10),
               .units = strtoul(arguments[3], NULL, 10)};
    draw(&b, strtod(arguments[4], NULL));
    b.dense = take(b.batch * b.width * sizeof(float));
    for (int way = 0; way < WAYS; way++) b.y[way] = take(b.batch * b.units * sizeof(float));
    for (int round = 0; round < ROUNDS; round++)
        for (int way = 0; way < WAYS; way++) {
            const double start = seconds();
            run(&b, way);
            times[way][round] = seconds() - start;
        }
    check(&b);
    printf("%5zu x %5zu -> %-8zu", b.batch, b.width, b.units);
    for (int way = 0; way < WAYS; way++) {
        qsort(times[way], ROUNDS, sizeof(double), by_value);
        printf(" %8.2f", 1e6 * times[way][ROUNDS / 2]);
    }
    printf("\n");
    return 0;
}

/* Sparse inputs: what is stored, in either form, against the dense tensor that it stands for; and the indices
 * that are refused.
 */
#include <math.h>

#include "conformance.h"
#include "reference.h"

enum { BATCH = 5, ROWS = 3, K = 7, PLACES = ROWS * K, MOST = BATCH * PLACES };

/* One input in both forms, of rows as they come: some empty, some full, an element stored twice. */
typedef struct Sparse {
    int64_t row_ptr[BATCH + 1], col[MOST], index[MOST][3];
    lamina_csr csr;
    lamina_coo coo;
    double dense[MOST], magnitude[MOST];
} Sparse;

static void make(Sparse *s, unsigned density) {
    float *values = numbers(MOST);
    int64_t n = 0;
    for (size_t i = 0; i < MOST; i++) s->dense[i] = s->magnitude[i] = 0;
    for (size_t i = 0; i < BATCH; i++) {
        s->row_ptr[i] = n;
        for (size_t place = 0; place < PLACES; place++) {
            if ((i * 31 + place * 17 + place * place) % 8 >= density * (i % 3)) continue;
            const size_t twice = density == 2 && place == PLACES - 1 && n > s->row_ptr[i] ? place - 1 : place;
            s->col[n] = (int64_t)twice;
            s->index[n][0] = (int64_t)i;
            s->index[n][1] = (int64_t)(twice / K);
            s->index[n][2] = (int64_t)(twice % K);
            s->dense[i * PLACES + twice] += (double)values[n];
            s->magnitude[i * PLACES + twice] += fabs((double)values[n]);
            n++;
        }
    }
    s->row_ptr[BATCH] = n;
    s->csr = (lamina_csr){sizeof s->csr, n, s->row_ptr, s->col, values};
    s->coo = (lamina_coo){sizeof s->coo, n, &s->index[0][0], values};
}

static lmrt_sparse descriptor(size_t n, bool two_axes) {
    lmrt_sparse d = {.rows = ROWS, .k = K, .n = n, .rank = 1, .extent = {PLACES}};
    if (two_axes) d.rank = 2, d.extent[0] = ROWS, d.extent[1] = K;
    d.epilogue = (lmrt_epilogue){LMRT_NEGATIVE_INFINITY, LMRT_INFINITY, NULL, {0, 0, 0}};
    return d;
}

/* Samples start .. start + samples - 1, made dense: two that are stored once more differ by one rounding. */
static void test_densify(const Kernels *k, unsigned density, size_t start, size_t samples) {
    const size_t n = samples * PLACES;
    float *y = guarded(n);
    double *bound = doubles(n);
    Sparse s;
    make(&s, density);
    for (size_t i = 0; i < n; i++) bound[i] = sum_bound(2, s.magnitude[start * PLACES + i]);
    const lmrt_sparse flat = descriptor(1, false), deep = descriptor(1, true);
    testing(k, "densify_csr %u: %zu from %zu", density, samples, start);
    k->densify_csr_f32(&flat, start, samples, &s.csr, y);
    expect_close(y, s.dense + start * PLACES, bound, n);
    testing(k, "densify_coo %u: %zu from %zu", density, samples, start);
    k->densify_coo_f32(&deep, start, samples, &s.coo, y);
    expect_close(y, s.dense + start * PLACES, bound, n);
    release();
}

static void test_dense(const Kernels *k, unsigned density, size_t start, size_t samples, size_t n) {
    const size_t n_y = samples * ROWS * n;
    float *w = numbers(K * n), *bias = n % 2 ? numbers(n) : NULL, *residual = n % 3 ? numbers(n_y) : NULL;
    float *y = guarded(n_y);
    double *expected = doubles(n_y), *bound = doubles(n_y), *w_magnitude = as_doubles(w, K * n), *b = NULL;
    Sparse s;
    make(&s, density);
    lmrt_sparse flat = descriptor(n, false), deep = descriptor(n, true);
    if (n % 2) flat.epilogue.low = deep.epilogue.low = 0;
    if (bias) b = as_doubles(bias, n);
    lmref_dense(samples * ROWS, K, n, s.dense + start * PLACES, as_doubles(w, K * n), b, expected);
    for (size_t i = 0; i < K * n; i++) w_magnitude[i] = fabs(w_magnitude[i]);
    for (size_t i = 0; bias && i < n; i++) b[i] = fabs(b[i]);
    lmref_dense(samples * ROWS, K, n, s.magnitude + start * PLACES, w_magnitude, b, bound);
    for (size_t i = 0; i < n_y; i++) {
        if (residual) expected[i] += (double)residual[i];
        bound[i] = sum_bound(K + 3, bound[i] + (residual ? fabs((double)residual[i]) : 0));
        if (n % 2 && expected[i] < 0) expected[i] = 0;
    }
    testing(k, "sparse_dense_csr %u: %zu from %zu, %zu outputs", density, samples, start, n);
    k->sparse_dense_csr_f32(&flat, start, samples, &s.csr, w, bias, residual, y);
    expect_close(y, expected, bound, n_y);
    testing(k, "sparse_dense_coo %u: %zu from %zu, %zu outputs", density, samples, start, n);
    k->sparse_dense_coo_f32(&deep, start, samples, &s.coo, w, bias, residual, y);
    expect_close(y, expected, bound, n_y);
    release();
}

/* Each change alone is refused, and what it changed is put back. */
static void test_check_csr(const Kernels *k) {
    Sparse s;
    make(&s, 4);
    testing(k, "check_csr");
    expect_true(k->check_csr(BATCH, PLACES, &s.csr) == 0, "all in range");
    expect_true(k->check_csr(BATCH, PLACES - 1, &s.csr) != 0, "a column beyond the last");
    int64_t *const places[] = {&s.col[1], &s.row_ptr[0], &s.row_ptr[2], &s.row_ptr[BATCH], &s.csr.nnz};
    const int64_t wrong[] = {-1, 1, INT64_MAX, s.csr.nnz - 1, -1};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const int64_t before = *places[i];
        *places[i] = wrong[i];
        expect_true(k->check_csr(BATCH, PLACES, &s.csr) != 0, "a wrong number");
        *places[i] = before;
    }
    lamina_csr other = s.csr;
    other.size = sizeof other - 1;
    expect_true(k->check_csr(BATCH, PLACES, &other) != 0, "an older structure");
    other = (lamina_csr){sizeof other, s.csr.nnz, NULL, s.col, s.csr.values};
    expect_true(k->check_csr(BATCH, PLACES, &other) != 0, "no row_ptr");
    other = (lamina_csr){sizeof other, s.csr.nnz, s.row_ptr, NULL, s.csr.values};
    expect_true(k->check_csr(BATCH, PLACES, &other) != 0, "no columns");
    const int64_t nothing[BATCH + 1] = {0};
    other = (lamina_csr){sizeof other, 0, nothing, NULL, NULL};
    expect_true(k->check_csr(BATCH, PLACES, &other) == 0, "nothing is stored");
    release();
}

static void test_check_coo(const Kernels *k) {
    static const int64_t extent[] = {ROWS, K};
    Sparse s;
    make(&s, 2);
    testing(k, "check_coo");
    expect_true(k->check_coo(BATCH, 2, extent, &s.coo) == 0, "all in range");
    for (size_t axis = 0; axis < 3; axis++) {
        const int64_t before = s.index[3][axis], ends[] = {BATCH, ROWS, K},
                      wrong[] = {-1, ends[axis], INT64_MIN};
        for (size_t i = 0; i < 3; i++) {
            s.index[3][axis] = wrong[i];
            expect_true(k->check_coo(BATCH, 2, extent, &s.coo) != 0, "a wrong index");
        }
        s.index[3][axis] = before;
    }
    lamina_coo other = {sizeof other, s.coo.nnz, NULL, s.coo.values};
    expect_true(k->check_coo(BATCH, 2, extent, &other) != 0, "no indices");
    other = (lamina_coo){sizeof other, 0, NULL, NULL};
    expect_true(k->check_coo(BATCH, 2, extent, &other) == 0, "nothing is stored");
    other.nnz = -1;
    expect_true(k->check_coo(BATCH, 2, extent, &other) != 0, "a negative count");
    release();
}

int main(void) {
    static const size_t outputs[] = {1, 2, 3, 4, 7, 8, 15, 16, 17, 33};
    for (const Kernels *const *k = conformance_units(); *k; k++) {
        test_check_csr(*k);
        test_check_coo(*k);
        for (unsigned density = 0; density < 5; density++)
            for (size_t start = 0; start <= BATCH; start++) {
                const size_t samples = (BATCH - start + 1) / 2;
                test_densify(*k, density, start, samples);
                for (size_t i = 0; i < 10; i++) test_dense(*k, density, start, samples, outputs[i]);
            }
    }
    return conformance_result();
}

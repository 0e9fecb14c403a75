/* Pooling, reductions, softmax and its relatives, and normalisation against their references. */
#include "conformance.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

#include "reference.h"

static const double eps = (double)FLT_EPSILON / 2;

static void test_pool2d(const Kernels *k, size_t h, size_t w, size_t c, size_t size, size_t stride,
                        size_t pad) {
    if (size > h + pad || size > w + pad || pad >= size) return;
    const lmrt_pool2d d = {h,
                           w,
                           c,
                           (h + 2 * pad - size) / stride + 1,
                           (w + 2 * pad - size) / stride + 1,
                           size,
                           size,
                           stride,
                           stride,
                           pad,
                           pad};
    const size_t n_x = h * w * c, n_y = d.out_h * d.out_w * c;
    float *x = numbers(n_x), *y = guarded(n_y);
    double *dx = as_doubles(x, n_x), *expected = doubles(n_y), *bound = doubles(n_y);
    testing(k, "pool2d %zux%zux%zu size %zu stride %zu pad %zu", h, w, c, size, stride, pad);
    lmref_pool2d(&d, false, dx, expected);
    k->max_pool2d_f32(&d, x, y);
    expect_close(y, expected, NULL, n_y);
    lmref_pool2d(&d, true, dx, expected);
    for (size_t i = 0; i < n_y; i++) bound[i] = sum_bound(size * size, 1);
    k->average_pool2d_f32(&d, x, y);
    expect_close(y, expected, bound, n_y);
    release();
}

static void test_reduce(const Kernels *k, size_t outer, size_t n, size_t inner) {
    const size_t n_x = outer * n * inner, n_y = outer * inner;
    float *x = numbers(n_x), *y = guarded(n_y);
    double *dx = as_doubles(x, n_x), *magnitude = doubles(n_x), *expected = doubles(n_y),
           *bound = doubles(n_y);
    for (size_t i = 0; i < n_x; i++) magnitude[i] = fabs(dx[i]);
    lmref_reduce(LMRT_REDUCE_SUM, outer, n, inner, magnitude, bound);
    for (size_t i = 0; i < n_y; i++) bound[i] = sum_bound(n, bound[i]);
    testing(k, "reduce %zu x %zu x %zu", outer, n, inner);
    lmref_reduce(LMRT_REDUCE_SUM, outer, n, inner, dx, expected);
    k->reduce_sum_f32(outer, n, inner, x, y);
    expect_close(y, expected, bound, n_y);
    lmref_reduce(LMRT_REDUCE_MAX, outer, n, inner, dx, expected);
    k->reduce_max_f32(outer, n, inner, x, y);
    expect_close(y, expected, NULL, n_y);
    lmref_reduce(LMRT_REDUCE_MIN, outer, n, inner, dx, expected);
    k->reduce_min_f32(outer, n, inner, x, y);
    expect_close(y, expected, NULL, n_y);
    lmref_reduce(LMRT_REDUCE_MEAN, outer, n, inner, dx, expected);
    k->reduce_mean_f32(outer, n, inner, x, y);
    for (size_t i = 0; i < n_y; i++) bound[i] = (bound[i] + eps * fabs(expected[i])) / (n ? (double)n : 1);
    expect_close(y, expected, bound, n_y);
    lmref_reduce(LMRT_REDUCE_PROD, outer, n, inner, dx, expected);
    k->reduce_prod_f32(outer, n, inner, x, y);
    for (size_t i = 0; i < n_y; i++)
        bound[i] = sum_bound(n, fabs(expected[i])) + (double)n * (double)FLT_TRUE_MIN;
    expect_close(y, expected, bound, n_y);
    release();
}

/* NaN anywhere in a row makes its maximum and minimum NaN. */
static void test_reduce_nan(const Kernels *k, size_t n, size_t inner) {
    for (size_t at = 0; at < n; at++) {
        float *x = numbers(n * inner), *y = guarded(inner);
        x[at * inner] = NAN;
        testing(k, "reduce %zu x %zu with NaN at %zu", n, inner, at);
        k->reduce_max_f32(1, n, inner, x, y);
        expect_true(isnan(y[0]) && (inner == 1 || !isnan(y[1])), "maximum");
        k->reduce_min_f32(1, n, inner, x, y);
        expect_true(isnan(y[0]) && (inner == 1 || !isnan(y[1])), "minimum");
        release();
    }
}

/* exp at 1 ulp, its argument's rounding, the sum's, the division's; the logarithm likewise. */
static void test_softmax(const Kernels *k, size_t outer, size_t n, size_t inner, float spread) {
    const size_t count = outer * n * inner;
    float *x = numbers(count), *y = guarded(count);
    for (size_t i = 0; i < count; i++) x[i] *= spread;
    double *dx = as_doubles(x, count), *expected = doubles(count), *bound = doubles(count);
    testing(k, "softmax %zu x %zu x %zu, spread %g", outer, n, inner, (double)spread);
    lmref_row(LMRT_ROW_SOFTMAX, outer, n, inner, dx, expected);
    const double relative = eps * (4 * (double)spread + (double)n + 8);
    for (size_t i = 0; i < count; i++) bound[i] = relative * expected[i] + 2 * (double)FLT_TRUE_MIN;
    k->softmax_f32(outer, n, inner, x, y);
    expect_close(y, expected, bound, count);
    lmref_row(LMRT_ROW_LOG_SOFTMAX, outer, n, inner, dx, expected);
    for (size_t i = 0; i < count; i++)
        bound[i] = relative + 4 * eps * (fabs(expected[i]) + 2 * (double)spread);
    k->log_softmax_f32(outer, n, inner, x, y);
    expect_close(y, expected, bound, count);
    lmref_row(LMRT_ROW_SPARSEMAX, outer, n, inner, dx, expected);
    for (size_t i = 0; i < count; i++) bound[i] = 4 * eps * (double)(n * n + 8) * (double)spread;
    k->sparsemax_f32(outer, n, inner, x, y);
    expect_close(y, expected, bound, count);
    k->softmax_f32(outer, n, inner, x, y);
    k->softmax_f32(outer, n, inner, x, x);
    expect_bytes(x, y, count * sizeof *x);
    release();
}

static void test_normalize(const Kernels *k, size_t outer, size_t n, size_t inner, float offset) {
    const size_t count = outer * n * inner;
    float *x = numbers(count), *y = guarded(count);
    for (size_t i = 0; i < count; i++) x[i] += offset;
    double *dx = as_doubles(x, count), *expected = doubles(count), *bound = doubles(count);
    testing(k, "normalize %zu x %zu x %zu around %g", outer, n, inner, (double)offset);
    lmref_normalize(outer, n, inner, (double)1e-3f, dx, expected);
    /* the mean's error against the standard deviation, at least sqrt(1e-3); then the variance's, relative */
    const double mean = eps * (double)(n + 2) * (1 + (double)offset) * 32;
    for (size_t i = 0; i < count; i++)
        bound[i] = 2 * mean + fabs(expected[i]) * (eps * (double)(n + 8) + 2 * mean) + 8 * eps;
    k->normalize_f32(outer, n, inner, 1e-3f, x, y);
    expect_close(y, expected, bound, count);
    k->normalize_f32(outer, n, inner, 1e-3f, x, x);
    expect_bytes(x, y, count * sizeof *x);
    release();
}

int main(void) {
    static const size_t sizes[] = {1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 130};
    for (const Kernels *const *k = conformance_units(); *k; k++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            const size_t n = sizes[i], inner = sizes[(i * 7 + 3) % 16];
            test_reduce(*k, 3, n, 1);
            test_reduce(*k, 2, n, inner);
            test_softmax(*k, 3, n, 1, 1);
            test_softmax(*k, 2, n, 1, 60);
            test_softmax(*k, 2, n, inner, 5);
            test_normalize(*k, 3, n, 1, 0);
            test_normalize(*k, 2, n, inner, 4);
            if (n < 40) test_reduce_nan(*k, n, 1 + i % 2);
        }
        for (size_t h = 1; h <= 9; h++)
            for (size_t size = 1; size <= 4; size++)
                for (size_t stride = 1; stride <= 3; stride++)
                    test_pool2d(*k, h, h + size % 3, sizes[(h * 5 + size + stride) % 16], size, stride,
                                (h + stride) % 2);
    }
    return conformance_result();
}

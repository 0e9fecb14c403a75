/* Places of extremes, running sums, integer reductions and select against their references. */
#include <math.h>
#include <stdbool.h>

#include "conformance.h"
#include "reference.h"

enum { MOST = 4096 };

static void test_arg(const Kernels *k, size_t outer, size_t n, size_t inner, bool ties) {
    const size_t n_x = outer * n * inner, n_y = outer * inner;
    float *x = numbers(n_x), *y = guarded(n_y);
    int32_t places[MOST];
    for (size_t i = 0; ties && i < n_x; i++) x[i] = i % 3 == 0 ? -0.0f : i % 3 == 1 ? 0.0f : (float)(i % 2);
    double *dx = as_doubles(x, n_x), *expected = doubles(n_y);
    for (int smallest = 0; smallest < 2; smallest++) {
        testing(k, "arg%s %zu x %zu x %zu", smallest ? "min" : "max", outer, n, inner);
        lmref_arg(smallest, outer, n, inner, dx, expected);
        (smallest ? k->argmin_f32 : k->argmax_f32)(outer, n, inner, x, places);
        for (size_t i = 0; i < n_y; i++) y[i] = (float)places[i];
        expect_close(y, expected, NULL, n_y);
    }
    release();
}

static void test_double(const Kernels *k, size_t outer, size_t n, size_t inner, bool ties) {
    const size_t n_x = outer * n * inner, n_y = outer * inner;
    double *x = as_doubles(numbers(n_x), n_x), *y = guarded_f64(n_x), *expected = doubles(n_x);
    int32_t places[MOST];
    for (size_t i = 0; i < n_x; i++)
        x[i] = !ties ? x[i] * (1 + 0x1p-40) : i % 3 == 0 ? -0.0 : i % 3 == 1 ? 0.0 : (double)(i % 2);
    for (int other = 0; other < 2; other++) {
        testing(k, "arg%s in float64 %zu x %zu x %zu", other ? "min" : "max", outer, n, inner);
        lmref_arg(other, outer, n, inner, x, expected);
        (other ? k->argmin_f64 : k->argmax_f64)(outer, n, inner, x, places);
        for (size_t i = 0; i < n_y; i++) y[i] = (double)places[i];
        expect_close_f64(y, expected, NULL, n_y);
        testing(k, "scan_%s in float64 %zu x %zu x %zu", other ? "prod" : "sum", outer, n, inner);
        lmref_scan(other, outer, n, inner, x, expected);
        (other ? k->scan_prod_f64 : k->scan_sum_f64)(outer, n, inner, x, y);
        expect_close_f64(y, expected, NULL, n_x);
    }
    release();
}

static void test_scan(const Kernels *k, size_t outer, size_t n, size_t inner) {
    const size_t n_x = outer * n * inner;
    float *x = numbers(n_x), *y = guarded(n_x);
    double *dx = as_doubles(x, n_x), *magnitude = doubles(n_x), *expected = doubles(n_x),
           *bound = doubles(n_x);
    for (size_t i = 0; i < n_x; i++) magnitude[i] = fabs(dx[i]);
    lmref_scan(false, outer, n, inner, magnitude, bound);
    for (size_t i = 0; i < n_x; i++) bound[i] = sum_bound(n, bound[i]);
    testing(k, "scan_sum %zu x %zu x %zu", outer, n, inner);
    lmref_scan(false, outer, n, inner, dx, expected);
    k->scan_sum_f32(outer, n, inner, x, y);
    expect_close(y, expected, bound, n_x);
    release();
}

static void test_integers(const Kernels *k, size_t outer, size_t n, size_t inner) {
    const size_t n_x = outer * n * inner, n_y = outer * inner;
    float *y = guarded(n_y);
    double *dx = doubles(n_x), *expected = doubles(n_y);
    static int32_t x[MOST], found[MOST];
    for (size_t i = 0; i < n_x; i++) dx[i] = x[i] = (int32_t)(i * 37 % 19) - 9;
    for (int what = 0; what < 3; what++) {
        static const lmrt_reduce_function functions[] = {LMRT_REDUCE_SUM, LMRT_REDUCE_MAX, LMRT_REDUCE_MIN};
        testing(k, "reduce of integers %d: %zu x %zu x %zu", what, outer, n, inner);
        lmref_reduce(functions[what], outer, n, inner, dx, expected);
        (what == 0   ? k->reduce_sum_i32
         : what == 1 ? k->reduce_max_i32
                     : k->reduce_min_i32)(outer, n, inner, x, found);
        for (size_t i = 0; i < n_y; i++) y[i] = (float)found[i];
        expect_close(y, expected, NULL, n_y);
    }
    release();
}

int main(void) {
    static const size_t sizes[] = {1, 2, 3, 7, 16, 17};
    for (const Kernels *const *k = conformance_units(); *k; k++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            const size_t n = sizes[i], inner = sizes[(i * 5 + 2) % 6];
            for (int ties = 0; ties < 2; ties++) test_arg(*k, 3, n, inner, ties);
            for (int ties = 0; ties < 2; ties++) test_double(*k, 3, n, inner, ties);
            test_scan(*k, 2, n, inner);
            test_scan(*k, 3, n, 1);
            test_integers(*k, 2, n, inner);
        }
    }
    return conformance_result();
}

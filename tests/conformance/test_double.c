/* The float64 kernels against the reference, which computes in the same type: apart by rounding where the
 * formulas differ, and equal where they round nothing.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "conformance.h"
#include "reference.h"

static double *fresh(size_t n) {
    double *x = guarded_f64(n);
    const float *from = numbers(2 * n);
    for (size_t i = 0; i < n; i++) x[i] = (double)from[2 * i] + (double)from[2 * i + 1] * 0x1p-26;
    return x;
}

static double *magnitudes(const double *x, size_t n) {
    double *out = doubles(n);
    for (size_t i = 0; i < n; i++) out[i] = fabs(x[i]);
    return out;
}

/* In place: magnitudes of the terms to the rounding errors of their sum. */
static void to_bounds(double *bound, size_t n, size_t terms) {
    for (size_t i = 0; i < n; i++) bound[i] = (double)(terms + 3) * DBL_EPSILON * bound[i] + DBL_MIN;
}

/* ---- one element, two elements ---- */

typedef struct Function {
    const char *name;
    lmrt_function function;
    size_t offset; /* of the kernel in Kernels */
    double p[3];
} Function;

#define F(name, FUNCTION, ...)                                                                               \
    {                                                                                                        \
#name, FUNCTION, offsetof(Kernels, name##_f64), {                                                    \
            __VA_ARGS__                                                                                      \
        }                                                                                                    \
    }

static const Function functions[] = {
    F(relu, LMRT_RELU, 0),
    F(leaky_relu, LMRT_LEAKY_RELU, 0.3),
    F(clip, LMRT_CLIP, -0.5, 0.75),
    F(relu_general, LMRT_RELU_GENERAL, 0.1, 6, 0.5),
    F(sigmoid, LMRT_SIGMOID, 0),
    F(tanh, LMRT_TANH, 0),
    F(exp, LMRT_EXP, 0),
    F(expm1, LMRT_EXPM1, 0),
    F(log, LMRT_LOG, 0),
    F(log1p, LMRT_LOG1P, 0),
    F(sqrt, LMRT_SQRT, 0),
    F(rsqrt, LMRT_RSQRT, 0),
    F(reciprocal, LMRT_RECIPROCAL, 0),
    F(square, LMRT_SQUARE, 0),
    F(negate, LMRT_NEGATE, 0),
    F(abs, LMRT_ABS, 0),
    F(erf, LMRT_ERF, 0),
    F(gelu, LMRT_GELU, 0),
    F(gelu_tanh, LMRT_GELU_TANH, 0),
    F(silu, LMRT_SILU, 0),
    F(softplus, LMRT_SOFTPLUS, 0),
    F(softsign, LMRT_SOFTSIGN, 0),
    F(elu, LMRT_ELU, 0.7),
    F(selu, LMRT_SELU, 0),
    F(celu, LMRT_CELU, 1.3),
    F(mish, LMRT_MISH, 0),
    F(hard_sigmoid, LMRT_HARD_SIGMOID, 0),
    F(hard_silu, LMRT_HARD_SILU, 0),
    F(log_sigmoid, LMRT_LOG_SIGMOID, 0),
    F(hard_shrink, LMRT_HARD_SHRINK, 0.5),
    F(soft_shrink, LMRT_SOFT_SHRINK, 0.5),
    F(tanh_shrink, LMRT_TANH_SHRINK, 0),
    F(threshold, LMRT_THRESHOLD, 0.5, 7),
    F(squareplus, LMRT_SQUAREPLUS, 4),
    F(sparse_plus, LMRT_SPARSE_PLUS, 0),
    F(sparse_sigmoid, LMRT_SPARSE_SIGMOID, 0),
    F(sin, LMRT_SIN, 0),
    F(cos, LMRT_COS, 0),
    F(arctan, LMRT_ARCTAN, 0),
    F(sign, LMRT_SIGN, 0),
    F(floor, LMRT_FLOOR, 0),
    F(ceil, LMRT_CEIL, 0),
    F(round, LMRT_ROUND, 0),
};

typedef void Unary(const double *p, size_t n, const double *x, double *y);

/* Numbers of many sizes, both signs, and what is special. */
static size_t samples(double *x) {
    static const double special[] = {0,       -0.0,     1,       -1,       0.5,      -0.5,      6,
                                     3,       -3,       2.5,     0.1,      INFINITY, -INFINITY, NAN,
                                     DBL_MIN, 1e-310,   -1e-310, 40,       -40,      700,       -700,
                                     DBL_MAX, -DBL_MAX, 1e18,    -0.09999, 0.09999,  0x1p53 + 1};
    const size_t n = sizeof special / sizeof *special;
    const float *numbers_1 = numbers(200);
    memcpy(x, special, sizeof special);
    for (size_t i = 0; i < 200; i++) x[n + i] = ldexp((double)numbers_1[i], (int)(i % 24) - 16);
    return n + 200;
}

static void test_unary(const Kernels *k, const Function *f) {
    double *x = guarded_f64(300);
    const size_t n = samples(x);
    double *y = guarded_f64(n), *expected = doubles(n), *bound = doubles(n);
    Unary *kernel;
    memcpy(&kernel, (const char *)k + f->offset, sizeof kernel);
    for (size_t i = 0; i < n; i++) {
        expected[i] = lmref_unary(f->function, f->p, x[i]);
        bound[i] = 8 * DBL_EPSILON * fabs(expected[i]) + DBL_TRUE_MIN;
    }
    kernel(f->p, n, x, y);
    testing(k, "%s in float64", f->name);
    expect_close_f64(y, expected, bound, n);
    for (size_t i = 0; i < 2; i++) expect_true(!signbit(y[i]) == !signbit(expected[i]), "the sign of a zero");
    kernel(f->p, n, x, x);
    expect_close_f64(x, y, NULL, n);
    release();
}

typedef void Binary(const lmrt_broadcast *d, const double *a, const double *b, double *y);
typedef void Compare(const lmrt_broadcast *d, const double *a, const double *b, uint8_t *y);

/* a[3][1][5] and b[4][5]: y[3][4][5]. */
static const lmrt_broadcast rows = {3, {3, 4, 5}, {5, 0, 1}, {0, 5, 1}};
enum { N_A = 15, N_B = 20, N_Y = 60 };
static size_t a_at(size_t i) {
    return i / 20 * 5 + i % 5;
}
static size_t b_at(size_t i) {
    return i % 20;
}

static void operands(double **a, double **b) {
    *a = fresh(N_A), *b = fresh(N_B);
    (*a)[1] = NAN, (*b)[2] = NAN, (*a)[3] = (*b)[3] = -0.0, (*a)[4] = INFINITY, (*b)[9] = (*a)[9];
}

static void test_binary(const Kernels *k, Binary *kernel, lmrt_binary_function function) {
    double *a, *b, *y = guarded_f64(N_Y), *expected = doubles(N_Y);
    operands(&a, &b);
    for (size_t i = 0; i < N_Y; i++) expected[i] = lmref_binary(function, a[a_at(i)], b[b_at(i)]);
    kernel(&rows, a, b, y);
    testing(k, "binary function %d in float64", (int)function);
    expect_close_f64(y, expected, NULL, N_Y);
    release();
}

static void test_compare(const Kernels *k, Compare *kernel, lmrt_binary_function function) {
    double *a, *b;
    uint8_t y[N_Y], expected[N_Y];
    operands(&a, &b);
    for (size_t i = 0; i < N_Y; i++) expected[i] = (uint8_t)lmref_binary(function, a[a_at(i)], b[b_at(i)]);
    kernel(&rows, a, b, y);
    testing(k, "comparison %d in float64", (int)function);
    expect_bytes(y, expected, sizeof y);
    release();
}

static void test_binaries(const Kernels *k) {
    test_binary(k, k->add_f64, LMRT_ADD);
    test_binary(k, k->sub_f64, LMRT_SUB);
    test_binary(k, k->mul_f64, LMRT_MUL);
    test_binary(k, k->div_f64, LMRT_DIV);
    test_binary(k, k->max_f64, LMRT_MAX);
    test_binary(k, k->min_f64, LMRT_MIN);
    test_binary(k, k->floordiv_f64, LMRT_FLOORDIV);
    test_binary(k, k->mod_f64, LMRT_MOD);
    test_binary(k, k->pow_f64, LMRT_POW);
    test_compare(k, k->lt_f64, LMRT_LT);
    test_compare(k, k->le_f64, LMRT_LE);
    test_compare(k, k->gt_f64, LMRT_GT);
    test_compare(k, k->ge_f64, LMRT_GE);
    test_compare(k, k->ne_f64, LMRT_NE);
    test_compare(k, k->eq_f64, LMRT_EQ);
}

/* ---- sums of products ---- */

static void test_dense(const Kernels *k, size_t m, size_t inner, size_t n) {
    double *x = fresh(m * inner), *w = fresh(inner * n), *bias = m % 2 ? fresh(n) : NULL,
           *y = guarded_f64(m * n);
    double *expected = doubles(m * n), *bound = doubles(m * n);
    lmref_dense(m, inner, n, x, w, bias, expected);
    lmref_dense(m, inner, n, magnitudes(x, m * inner), magnitudes(w, inner * n),
                bias ? magnitudes(bias, n) : NULL, bound);
    to_bounds(bound, m * n, inner + 1);
    testing(k, "dense in float64 %zu x %zu x %zu", m, inner, n);
    k->dense_f64(m, inner, n, x, w, bias, y);
    expect_close_f64(y, expected, bound, m * n);
    for (int transposed = 0; transposed < 2; transposed++) {
        lmref_matmul(m, inner, n, transposed, x, w, expected);
        testing(k, "matmul in float64 %zu x %zu x %zu, %d", m, inner, n, transposed);
        lmref_matmul(m, inner, n, transposed, magnitudes(x, m * inner), magnitudes(w, inner * n), bound);
        to_bounds(bound, m * n, inner);
        k->matmul_f64(m, inner, n, transposed, x, w, y);
        expect_close_f64(y, expected, bound, m * n);
    }
    release();
}

/* The length of the result along an axis, with `pad` before and after. */
static size_t length(size_t in, size_t kernel, size_t stride, size_t dilation, size_t pad) {
    const size_t reach = (kernel - 1) * dilation + 1;
    return in + 2 * pad < reach ? 0 : (in + 2 * pad - reach) / stride + 1;
}

static void test_conv(const Kernels *k, size_t turn) {
    lmrt_conv2d d = {.in_h = 1 + turn % 7, .in_w = 1 + turn % 5, .groups = turn % 3 == 0 ? 3 : 1};
    d.in_c = d.groups * (1 + turn % 2), d.out_c = d.groups * (1 + turn % 4);
    d.kernel_h = 1 + turn / 2 % 3, d.kernel_w = 1 + turn / 3 % 4;
    d.stride_h = 1 + turn % 2, d.stride_w = 1 + turn / 5 % 3;
    d.dilation_h = 1 + turn / 4 % 2, d.dilation_w = 1 + turn / 6 % 2;
    d.pad_top = turn / 7 % 2, d.pad_left = turn / 3 % 2;
    d.out_h = length(d.in_h, d.kernel_h, d.stride_h, d.dilation_h, d.pad_top);
    d.out_w = length(d.in_w, d.kernel_w, d.stride_w, d.dilation_w, d.pad_left);
    const size_t n_y = d.out_h * d.out_w * d.out_c, n_x = d.in_h * d.in_w * d.in_c;
    const size_t terms = d.kernel_h * d.kernel_w * d.in_c / d.groups, n_w = terms * d.out_c;
    if (n_y == 0) return;
    double *x = fresh(n_x), *w = fresh(n_w), *bias = turn % 2 ? fresh(d.out_c) : NULL, *y = guarded_f64(n_y);
    double *expected = doubles(n_y), *bound = doubles(n_y);
    lmref_conv2d(&d, x, w, bias, expected);
    lmref_conv2d(&d, magnitudes(x, n_x), magnitudes(w, n_w), bias ? magnitudes(bias, d.out_c) : NULL, bound);
    to_bounds(bound, n_y, terms + 1);
    testing(k, "conv2d in float64, turn %zu", turn);
    k->conv2d_f64(&d, x, w, bias, y);
    expect_close_f64(y, expected, bound, n_y);
    release();
}

static void test_pool(const Kernels *k, size_t turn) {
    lmrt_pool2d d = {.in_h = 2 + turn % 6, .in_w = 2 + turn % 5, .c = 1 + turn % 4};
    d.size_h = 1 + turn / 2 % 3, d.size_w = 1 + turn / 3 % 3;
    d.stride_h = 1 + turn % 2, d.stride_w = 1 + turn / 5 % 3;
    d.pad_top = d.size_h > 1 && turn / 7 % 2, d.pad_left = d.size_w > 1 && turn / 3 % 2;
    d.out_h = length(d.in_h, d.size_h, d.stride_h, 1, d.pad_top);
    d.out_w = length(d.in_w, d.size_w, d.stride_w, 1, d.pad_left);
    const size_t n_y = d.out_h * d.out_w * d.c, n_x = d.in_h * d.in_w * d.c;
    if (n_y == 0) return;
    double *x = fresh(n_x), *y = guarded_f64(n_y), *expected = doubles(n_y), *bound = doubles(n_y);
    testing(k, "max_pool2d in float64, turn %zu", turn);
    lmref_pool2d(&d, false, x, expected);
    k->max_pool2d_f64(&d, x, y);
    expect_close_f64(y, expected, NULL, n_y);
    testing(k, "average_pool2d in float64, turn %zu", turn);
    lmref_pool2d(&d, true, x, expected);
    lmref_pool2d(&d, true, magnitudes(x, n_x), bound);
    to_bounds(bound, n_y, d.size_h * d.size_w);
    k->average_pool2d_f64(&d, x, y);
    expect_close_f64(y, expected, bound, n_y);
    release();
}

/* ---- over the middle axis of [outer][n][inner] ---- */

typedef void Along(size_t outer, size_t n, size_t inner, const double *x, double *y);

static void test_reduce(const Kernels *k, size_t outer, size_t n, size_t inner) {
    Along *const kernels[] = {k->reduce_sum_f64, k->reduce_mean_f64, k->reduce_max_f64, k->reduce_min_f64,
                              k->reduce_prod_f64};
    const size_t n_x = outer * n * inner, n_y = outer * inner;
    double *x = fresh(n_x), *y = guarded_f64(n_y), *expected = doubles(n_y), *bound = doubles(n_y);
    if (n_x > 7) x[7] = NAN;
    for (int function = LMRT_REDUCE_SUM; function <= LMRT_REDUCE_PROD; function++) {
        lmref_reduce((lmrt_reduce_function)function, outer, n, inner, x, expected);
        lmref_reduce((lmrt_reduce_function)function, outer, n, inner, magnitudes(x, n_x), bound);
        to_bounds(bound, n_y, n);
        testing(k, "reduce %d in float64 %zu x %zu x %zu", function, outer, n, inner);
        kernels[function](outer, n, inner, x, y);
        expect_close_f64(y, expected,
                         function == LMRT_REDUCE_MAX || function == LMRT_REDUCE_MIN ? NULL : bound, n_y);
    }
    release();
}

/* Errors of results that are at most about 1 in size, or differences of such. */
static void test_rows(const Kernels *k, size_t outer, size_t n, size_t inner) {
    Along *const kernels[] = {k->softmax_f64, k->log_softmax_f64, k->sparsemax_f64};
    const size_t count = outer * n * inner;
    double *x = fresh(count), *y = guarded_f64(count), *expected = doubles(count), *bound = doubles(count);
    for (size_t i = 0; i < count; i++) bound[i] = (double)(n + 16) * 8 * DBL_EPSILON;
    for (int function = LMRT_ROW_SOFTMAX; function <= LMRT_ROW_SPARSEMAX; function++) {
        lmref_row((lmrt_row_function)function, outer, n, inner, x, expected);
        testing(k, "row function %d in float64 %zu x %zu x %zu", function, outer, n, inner);
        kernels[function](outer, n, inner, x, y);
        expect_close_f64(y, expected, bound, count);
    }
    const double epsilon = 0.01;
    for (size_t i = 0; i < count; i++) bound[i] *= 100; /* divided by a deviation of 0.1 or more */
    lmref_normalize(outer, n, inner, epsilon, x, expected);
    testing(k, "normalize in float64 %zu x %zu x %zu", outer, n, inner);
    k->normalize_f64(outer, n, inner, &epsilon, x, y);
    expect_close_f64(y, expected, bound, count);
    release();
}

static void test_volume(const Kernels *k, size_t turn) {
    lmrt_conv3d d = {.in_d = 1 + turn % 4, .in_h = 1 + turn % 5, .in_w = 1 + turn % 7};
    d.groups = turn % 3 == 0 ? 3 : 1;
    d.in_c = d.groups * (1 + turn % 2), d.out_c = d.groups * (1 + turn % 4);
    d.kernel_d = 1 + turn % 3, d.kernel_h = 1 + turn / 2 % 3, d.kernel_w = 1 + turn / 3 % 3;
    d.stride_d = 1 + turn / 5 % 2, d.stride_h = 1 + turn % 2, d.stride_w = 1 + turn / 7 % 3;
    d.dilation_d = 1 + turn / 4 % 2, d.dilation_h = 1 + turn / 6 % 2, d.dilation_w = 1 + turn / 8 % 2;
    d.pad_front = turn % 2, d.pad_top = turn / 3 % 2, d.pad_left = turn / 2 % 3;
    d.out_d = length(d.in_d, d.kernel_d, d.stride_d, d.dilation_d, d.pad_front);
    d.out_h = length(d.in_h, d.kernel_h, d.stride_h, d.dilation_h, d.pad_top);
    d.out_w = length(d.in_w, d.kernel_w, d.stride_w, d.dilation_w, d.pad_left);
    const size_t n_y = d.out_d * d.out_h * d.out_w * d.out_c, n_x = d.in_d * d.in_h * d.in_w * d.in_c;
    const size_t terms = d.kernel_d * d.kernel_h * d.kernel_w * d.in_c / d.groups, n_w = terms * d.out_c;
    if (n_y == 0) return;
    double *x = fresh(n_x), *w = fresh(n_w), *bias = turn % 2 ? fresh(d.out_c) : NULL, *y = guarded_f64(n_y);
    double *expected = doubles(n_y), *bound = doubles(n_y);
    lmref_conv3d(&d, x, w, bias, expected);
    lmref_conv3d(&d, magnitudes(x, n_x), magnitudes(w, n_w), bias ? magnitudes(bias, d.out_c) : NULL, bound);
    to_bounds(bound, n_y, terms + 1);
    testing(k, "conv3d in float64, turn %zu", turn);
    k->conv3d_f64(&d, x, w, bias, y);
    expect_close_f64(y, expected, bound, n_y);
    release();
}

static void test_transpose(const Kernels *k, size_t turn) {
    lmrt_conv_transpose d = {.in_d = 1 + turn % 2, .in_h = 1 + turn % 3, .in_w = 1 + turn % 5};
    d.in_c = 1 + turn % 4, d.out_c = 1 + turn / 2 % 5;
    d.kernel_d = 1 + turn / 5 % 3, d.kernel_h = 1 + turn / 2 % 4, d.kernel_w = 1 + turn / 3 % 3;
    d.stride_d = 1 + turn / 3 % 2, d.stride_h = 1 + turn % 4, d.stride_w = 1 + turn / 7 % 4;
    d.cut_front = turn % 2 && d.kernel_d > 1, d.cut_top = turn / 3 % d.kernel_h;
    d.cut_left = turn % d.kernel_w;
    d.out_d = (d.in_d - 1) * d.stride_d + d.kernel_d - d.cut_front;
    d.out_h = (d.in_h - 1) * d.stride_h + d.kernel_h - d.cut_top + turn % 3; /* beyond the end: the bias */
    d.out_w = (d.in_w - 1) * d.stride_w + d.kernel_w - d.cut_left + turn % 2;
    const size_t n_y = d.out_d * d.out_h * d.out_w * d.out_c, n_x = d.in_d * d.in_h * d.in_w * d.in_c;
    const size_t terms = d.kernel_d * d.kernel_h * d.kernel_w * d.in_c, n_w = terms * d.out_c;
    double *x = fresh(n_x), *w = fresh(n_w), *bias = turn % 2 ? fresh(d.out_c) : NULL, *y = guarded_f64(n_y);
    double *expected = doubles(n_y), *bound = doubles(n_y);
    lmref_conv_transpose(&d, x, w, bias, expected);
    lmref_conv_transpose(&d, magnitudes(x, n_x), magnitudes(w, n_w), bias ? magnitudes(bias, d.out_c) : NULL,
                         bound);
    to_bounds(bound, n_y, terms + 1);
    testing(k, "conv_transpose in float64, turn %zu", turn);
    k->conv_transpose_f64(&d, x, w, bias, y);
    expect_close_f64(y, expected, bound, n_y);
    release();
}

static void test_resample(const Kernels *k, size_t turn) {
    const lmrt_resample d = {1 + turn % 13, 1 + turn * 5 % 11, 1 + turn % 4, 1 + turn % (1 + turn % 13)};
    const size_t outer = 1 + turn % 3, n_x = outer * d.in * d.inner, n_y = outer * d.out * d.inner;
    double *x = fresh(n_x), *w = fresh(d.out * d.taps), *y = guarded_f64(n_y), places[11];
    int32_t starts[11];
    for (size_t i = 0; i < d.out; i++) {
        starts[i] = (int32_t)((turn + i * 3) % (d.in - d.taps + 1));
        places[i] = starts[i];
    }
    double *expected = doubles(n_y), *bound = doubles(n_y);
    lmref_resample(&d, outer, places, w, x, expected);
    lmref_resample(&d, outer, places, magnitudes(w, d.out * d.taps), magnitudes(x, n_x), bound);
    to_bounds(bound, n_y, d.taps);
    testing(k, "resample in float64, turn %zu", turn);
    k->resample_f64(&d, outer, starts, w, x, y);
    expect_close_f64(y, expected, bound, n_y);
    release();
}

int main(void) {
    static const size_t sizes[] = {1, 2, 3, 5, 8, 9, 17, 33};
    for (const Kernels *const *k = conformance_units(); *k; k++) {
        for (size_t f = 0; f < sizeof functions / sizeof *functions; f++) test_unary(*k, &functions[f]);
        test_binaries(*k);
        for (size_t i = 0; i < 8; i++) {
            test_dense(*k, sizes[i], sizes[i * 3 % 8], sizes[i * 5 % 8]);
            test_reduce(*k, 1 + i % 3, sizes[i], sizes[i * 5 % 8]);
            test_rows(*k, 1 + i % 3, sizes[i], sizes[i * 3 % 8]);
        }
        for (size_t turn = 0; turn < 120; turn++) {
            test_conv(*k, turn);
            test_pool(*k, turn);
            test_volume(*k, turn);
            test_transpose(*k, turn);
            test_resample(*k, turn);
        }
    }
    return conformance_result();
}

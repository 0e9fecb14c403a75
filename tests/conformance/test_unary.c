/* The elementwise kernels: units in the last place over a sample of all floats, special values, tails, in
 * place. */
#include "conformance.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference.h"

typedef struct Function {
    const char *name;
    lmrt_function function;
    size_t offset; /* of the kernel in Kernels */
    double ulps;   /* the most allowed */
    float p[3];
    double absolute; /* an error that is allowed whatever the result: where a difference cancels */
} Function;

#define F(name, FUNCTION, ulps, ...)                                                                         \
    { #name, FUNCTION, offsetof(Kernels, name##_f32), ulps, {__VA_ARGS__ }, 0 }

static const Function functions[] = {
    F(relu, LMRT_RELU, 0, 0),
    F(leaky_relu, LMRT_LEAKY_RELU, 0.5, 0.3f),
    F(clip, LMRT_CLIP, 0, 0, 6),
    F(clip, LMRT_CLIP, 0, -1, 1),
    F(relu_general, LMRT_RELU_GENERAL, 1.5, 0.1f, 6, 1),
    F(sigmoid, LMRT_SIGMOID, 2, 0),
    F(tanh, LMRT_TANH, 2, 0),
    F(exp, LMRT_EXP, 1, 0),
    F(expm1, LMRT_EXPM1, 2, 0),
    F(log, LMRT_LOG, 1, 0),
    F(log1p, LMRT_LOG1P, 2, 0),
    F(sqrt, LMRT_SQRT, 0.5, 0),
    F(rsqrt, LMRT_RSQRT, 1.5, 0),
    F(reciprocal, LMRT_RECIPROCAL, 0.5, 0),
    F(square, LMRT_SQUARE, 0.5, 0),
    F(negate, LMRT_NEGATE, 0, 0),
    F(abs, LMRT_ABS, 0, 0),
    F(erf, LMRT_ERF, 2, 0),
    F(gelu, LMRT_GELU, 2, 0),
    F(gelu_tanh, LMRT_GELU_TANH, 2, 0),
    F(silu, LMRT_SILU, 2, 0),
    F(softplus, LMRT_SOFTPLUS, 2, 0),
    F(softsign, LMRT_SOFTSIGN, 1.5, 0),
    F(elu, LMRT_ELU, 2.5, 0.7f),
    F(selu, LMRT_SELU, 3, 0),
    F(celu, LMRT_CELU, 3.5, 1.3f),
    F(mish, LMRT_MISH, 4, 0),
    {"hard_sigmoid", LMRT_HARD_SIGMOID, offsetof(Kernels, hard_sigmoid_f32), 1.5, {0}, 1e-7},
    {"hard_silu", LMRT_HARD_SILU, offsetof(Kernels, hard_silu_f32), 2, {0}, 4e-7},
    F(log_sigmoid, LMRT_LOG_SIGMOID, 3, 0),
    F(hard_shrink, LMRT_HARD_SHRINK, 0, 0.5f),
    F(soft_shrink, LMRT_SOFT_SHRINK, 0.5, 0.5f),
    {"tanh_shrink", LMRT_TANH_SHRINK, offsetof(Kernels, tanh_shrink_f32), 4, {0}, 1.3e-7},
    F(threshold, LMRT_THRESHOLD, 0, 0.5f, 7),
    {"squareplus", LMRT_SQUAREPLUS, offsetof(Kernels, squareplus_f32), 3, {4}, 0},
    F(sparse_plus, LMRT_SPARSE_PLUS, 2, 0),
    F(sparse_sigmoid, LMRT_SPARSE_SIGMOID, 1, 0),
    F(sin, LMRT_SIN, 1, 0),
    F(cos, LMRT_COS, 1, 0),
    F(arctan, LMRT_ARCTAN, 2, 0),
    F(sign, LMRT_SIGN, 0, 0),
    F(floor, LMRT_FLOOR, 0, 0),
    F(ceil, LMRT_CEIL, 0, 0),
    F(round, LMRT_ROUND, 0, 0),
};

static lmrt_map *kernel_of(const Kernels *k, const Function *f) {
    lmrt_map *kernel;
    memcpy(&kernel, (const char *)k + f->offset, sizeof kernel);
    return kernel;
}

static double reference_of(const Function *f, float x) {
    const double p[3] = {(double)f->p[0], (double)f->p[1], (double)f->p[2]};
    return lmref_unary(f->function, p, (double)x);
}

/* The sample: every stride-th bit pattern, and the neighbourhoods of numbers where something changes. */
static size_t sample(float *x, uint32_t stride) {
    static const float corners[] = {0,          -0.0f,       1,        -1,       0.5f,      -0.5f,
                                    0.95f,      6,           -3,       3,        10,        88.72284f,
                                    -87.33655f, -103.97208f, 17.5f,    1e-38f,   -1e-38f,   1e-45f,
                                    -1e-45f,    3.4e38f,     -3.4e38f, INFINITY, -INFINITY, NAN};
    size_t n = 0;
    for (uint64_t bits = 0; bits <= UINT32_MAX; bits += stride) {
        const uint32_t b = (uint32_t)bits;
        memcpy(&x[n++], &b, sizeof b);
    }
    for (size_t i = 0; i < sizeof corners / sizeof *corners; i++) {
        x[n++] = nextafterf(corners[i], -INFINITY);
        x[n++] = corners[i];
        x[n++] = nextafterf(corners[i], INFINITY);
    }
    return n;
}

static void test_ulps(const Kernels *k, const Function *f, const float *x, float *y, size_t n) {
    double worst = 0;
    size_t at = 0;
    kernel_of(k, f)(f->p, n, x, y);
    for (size_t i = 0; i < n; i++) {
        const double expected = reference_of(f, x[i]), u = ulps(y[i], expected);
        if (u <= worst || fabs((double)y[i] - expected) <= f->absolute) continue;
        worst = u;
        at = i;
    }
    testing(k, "all %s", f->name);
    record(y, n);
    testing(k, "%s(%.9g) = %.9g, not %.9g: %.2f ulp", f->name, (double)x[at], (double)y[at],
            reference_of(f, x[at]), worst);
    expect_true(worst <= f->ulps, "too far");
    if (getenv("CONFORMANCE_VERBOSE"))
        printf("%-8s %-14s %.3f ulp at %.9g\n", k->unit, f->name, worst, (double)x[at]);
}

/* Zeros have the sign that Keras gives them: see reference/elementwise.c. */
static void test_zeros(const Kernels *k, const Function *f) {
    const float x[2] = {0.0f, -0.0f};
    float y[2];
    kernel_of(k, f)(f->p, 2, x, y);
    testing(k, "%s of zeros", f->name);
    for (int i = 0; i < 2; i++)
        expect_true(!signbit(y[i]) == !signbit((float)reference_of(f, x[i])), "the sign of a zero");
}

/* A result depends on neither its place in the array nor on its neighbours; in place gives the same. */
static void test_sizes(const Kernels *k, const Function *f) {
    for (size_t n = 0; n <= 2 * k->lanes + 1; n++) {
        float *x = numbers(n), *y = guarded(n), *one = guarded(n);
        kernel_of(k, f)(f->p, n, x, y);
        for (size_t i = 0; i < n; i++) kernel_of(k, f)(f->p, 1, x + i, one + i);
        testing(k, "%s of %zu elements", f->name, n);
        expect_bytes(y, one, n * sizeof *y);
        kernel_of(k, f)(f->p, n, x, x);
        expect_bytes(x, y, n * sizeof *y);
        release();
    }
}

int main(int argc, char **argv) {
    const uint32_t stride = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 40009;
    const size_t most = UINT32_MAX / stride + 100;
    float *x = malloc(most * sizeof *x), *y = malloc(most * sizeof *y);
    if (!x || !y) return 1;
    const size_t n = sample(x, stride);
    for (const Kernels *const *k = conformance_units(); *k; k++) {
        for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
            test_ulps(*k, &functions[i], x, y, n);
            test_zeros(*k, &functions[i]);
            test_sizes(*k, &functions[i]);
        }
    }
    free(x);
    free(y);
    return conformance_result();
}

/* The elementwise functions, each with what its kernel promises: a bound in units of the last place, kept by
 * every vector unit at every float. runtime/README.md shows this table; conformance.ulps compares the two. */
#ifndef FUNCTIONS_H
#define FUNCTIONS_H

#include "conformance.h"

#include <math.h>
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
    F(sigmoid, LMRT_SIGMOID, 1.8, 0),
    F(tanh, LMRT_TANH, 2, 0),
    F(exp, LMRT_EXP, 1, 0),
    F(expm1, LMRT_EXPM1, 1.5, 0),
    F(log, LMRT_LOG, 0.9, 0),
    F(log1p, LMRT_LOG1P, 0.9, 0),
    F(sqrt, LMRT_SQRT, 0.5, 0),
    F(rsqrt, LMRT_RSQRT, 1.5, 0),
    F(reciprocal, LMRT_RECIPROCAL, 0.5, 0),
    F(square, LMRT_SQUARE, 0.5, 0),
    F(negate, LMRT_NEGATE, 0, 0),
    F(abs, LMRT_ABS, 0, 0),
    F(erf, LMRT_ERF, 1.4, 0),
    F(gelu, LMRT_GELU, 2, 0),
    F(gelu_tanh, LMRT_GELU_TANH, 2, 0),
    F(silu, LMRT_SILU, 1.8, 0),
    F(softplus, LMRT_SOFTPLUS, 1.7, 0),
    F(softsign, LMRT_SOFTSIGN, 1.5, 0),
    F(elu, LMRT_ELU, 1.7, 0.7f),
    F(selu, LMRT_SELU, 1.9, 0),
    F(celu, LMRT_CELU, 2.2, 1.3f),
    F(mish, LMRT_MISH, 5, 0),
    {"hard_sigmoid", LMRT_HARD_SIGMOID, offsetof(Kernels, hard_sigmoid_f32), 1.5, {0}, 1e-7},
    {"hard_silu", LMRT_HARD_SILU, offsetof(Kernels, hard_silu_f32), 2, {0}, 4e-7},
    F(log_sigmoid, LMRT_LOG_SIGMOID, 1.7, 0),
    F(hard_shrink, LMRT_HARD_SHRINK, 0, 0.5f),
    F(soft_shrink, LMRT_SOFT_SHRINK, 0.5, 0.5f),
    {"tanh_shrink", LMRT_TANH_SHRINK, offsetof(Kernels, tanh_shrink_f32), 2, {0}, 1.3e-7},
    F(threshold, LMRT_THRESHOLD, 0, 0.5f, 7),
    {"squareplus", LMRT_SQUAREPLUS, offsetof(Kernels, squareplus_f32), 3, {4}, 0},
    F(sparse_plus, LMRT_SPARSE_PLUS, 2, 0),
    F(sparse_sigmoid, LMRT_SPARSE_SIGMOID, 1, 0),
    F(sin, LMRT_SIN, 1, 0),
    F(cos, LMRT_COS, 1, 0),
    F(arctan, LMRT_ARCTAN, 2.5, 0),
    F(sign, LMRT_SIGN, 0, 0),
    F(floor, LMRT_FLOOR, 0, 0),
    F(ceil, LMRT_CEIL, 0, 0),
    F(round, LMRT_ROUND, 0, 0),
};
#undef F

enum { N_FUNCTIONS = sizeof functions / sizeof *functions };

static lmrt_map *kernel_of(const Kernels *k, const Function *f) {
    lmrt_map *kernel;
    memcpy(&kernel, (const char *)k + f->offset, sizeof kernel);
    return kernel;
}

static double reference_of(const Function *f, float x) {
    const double p[3] = {(double)f->p[0], (double)f->p[1], (double)f->p[2]};
    return lmref_unary(f->function, p, (double)x);
}

/* Numbers where something changes. */
static const float corners[] = {0,          -0.0f,       1,        -1,       0.5f,      -0.5f,
                                0.95f,      6,           -3,       3,        10,        88.72284f,
                                -87.33655f, -103.97208f, 17.5f,    1e-38f,   -1e-38f,   1e-45f,
                                -1e-45f,    3.4e38f,     -3.4e38f, INFINITY, -INFINITY, NAN};

enum { N_CORNERS = sizeof corners / sizeof *corners };

#endif

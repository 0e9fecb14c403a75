/* The reference: every operation as plain loops in double, weights unpacked. Slow and obviously right: what
 * the kernels are tested against, what `--via=reference` runs and what the compiler folds constants with. It
 * shares the geometry descriptors with the kernels (lmrt.h) and nothing else; their epilogues are not read
 * here. */
#ifndef LMRT_REFERENCE_H
#define LMRT_REFERENCE_H

#include <stdbool.h>

#include "lmrt.h"

/* In the order of the compiler's unary.def, where the formulas are. */
typedef enum lmrt_function {
    LMRT_LINEAR,
    LMRT_RELU,
    LMRT_LEAKY_RELU,
    LMRT_CLIP,
    LMRT_RELU_GENERAL,
    LMRT_SIGMOID,
    LMRT_TANH,
    LMRT_EXP,
    LMRT_EXPM1,
    LMRT_LOG,
    LMRT_LOG1P,
    LMRT_SQRT,
    LMRT_RSQRT,
    LMRT_RECIPROCAL,
    LMRT_SQUARE,
    LMRT_NEGATE,
    LMRT_ABS,
    LMRT_ERF,
    LMRT_GELU,
    LMRT_GELU_TANH,
    LMRT_SILU,
    LMRT_SOFTPLUS,
    LMRT_SOFTSIGN,
    LMRT_ELU,
    LMRT_SELU,
    LMRT_CELU,
    LMRT_MISH,
    LMRT_HARD_SIGMOID,
    LMRT_HARD_SILU,
    LMRT_LOG_SIGMOID,
    LMRT_HARD_SHRINK,
    LMRT_SOFT_SHRINK,
    LMRT_TANH_SHRINK,
    LMRT_THRESHOLD,
    LMRT_SQUAREPLUS,
    LMRT_SPARSE_PLUS,
    LMRT_SPARSE_SIGMOID,
    LMRT_SIN,
    LMRT_COS,
    LMRT_ARCTAN,
    LMRT_SIGN,
    LMRT_FLOOR,
    LMRT_CEIL,
    LMRT_ROUND,
    LMRT_LOGICAL_NOT,
    LMRT_FUNCTION_COUNT
} lmrt_function;

/* In the order of the compiler's BinaryFunction, ReduceFunction and RowFunction. */
typedef enum lmrt_binary_function {
    LMRT_ADD,
    LMRT_SUB,
    LMRT_MUL,
    LMRT_DIV,
    LMRT_FLOORDIV,
    LMRT_MOD,
    LMRT_POW,
    LMRT_MAX,
    LMRT_MIN,
    LMRT_LT,
    LMRT_LE,
    LMRT_GT,
    LMRT_GE,
    LMRT_NE,
    LMRT_EQ,
    LMRT_AND,
    LMRT_OR,
    LMRT_XOR,
    LMRT_BINARY_COUNT
} lmrt_binary_function;
typedef enum lmrt_reduce_function {
    LMRT_REDUCE_SUM,
    LMRT_REDUCE_MEAN,
    LMRT_REDUCE_MAX,
    LMRT_REDUCE_MIN,
    LMRT_REDUCE_PROD
} lmrt_reduce_function;
typedef enum lmrt_row_function {
    LMRT_ROW_SOFTMAX,
    LMRT_ROW_LOG_SOFTMAX,
    LMRT_ROW_SPARSEMAX
} lmrt_row_function;

double lmref_unary(lmrt_function function, const double *p, double x);
double lmref_binary(lmrt_binary_function function, double a, double b);

/* y[rows][n] = x[rows][k] @ w[k][n] + bias[n] (or NULL) */
void lmref_dense(size_t rows, size_t k, size_t n, const double *x, const double *w, const double *bias,
                 double *y);
void lmref_matmul(size_t m, size_t k, size_t n, bool transpose_b, const double *a, const double *b,
                  double *y);
/* One sample; w[kernel_h][kernel_w][in_c / groups][out_c] */
void lmref_conv2d(const lmrt_conv2d *d, const double *x, const double *w, const double *bias, double *y);
void lmref_resample(const lmrt_resample *d, size_t outer, const double *starts, const double *w, const double *x,
                    double *y);
/* One sample; w[kernel_d][kernel_h][kernel_w][in_c / groups][out_c] */
void lmref_conv3d(const lmrt_conv3d *d, const double *x, const double *w, const double *bias, double *y);
/* One sample; w[kernel_d][kernel_h][kernel_w][in_c][out_c], not turned round */
void lmref_conv_transpose(const lmrt_conv_transpose *d, const double *x, const double *w, const double *bias,
                          double *y);
/* One sample; w[kernel_h][kernel_w][c][multiplier], y[out_h][out_w][c * multiplier] */
void lmref_depthwise(const lmrt_depthwise *d, size_t multiplier, const double *x, const double *w,
                     const double *bias, double *y);
void lmref_pool2d(const lmrt_pool2d *d, bool average, const double *x, double *y);

/* y[outer][inner] from x[outer][n][inner] */
void lmref_reduce(lmrt_reduce_function function, size_t outer, size_t n, size_t inner, const double *x,
                  double *y);
/* y[outer][inner]: the place of the largest (smallest) element of x[outer][n][inner], the first of equals; -0 is
 * less than 0. */
void lmref_arg(bool smallest, size_t outer, size_t n, size_t inner, const double *x, double *y);
/* y[o][j][i] = x[o][0][i] + ... + x[o][j][i], or their product */
void lmref_scan(bool product, size_t outer, size_t n, size_t inner, const double *x, double *y);
/* x and y [outer][n][inner] */
void lmref_row(lmrt_row_function function, size_t outer, size_t n, size_t inner, const double *x, double *y);
void lmref_normalize(size_t outer, size_t n, size_t inner, double epsilon, const double *x, double *y);

typedef enum lmrt_cell { LMRT_SIMPLE_RNN, LMRT_LSTM, LMRT_GRU, LMRT_GRU_RESET_BEFORE } lmrt_cell;
typedef struct lmref_gates {
    lmrt_cell cell;
    lmrt_function activation, recurrent;
    const double *activation_p, *recurrent_p;
} lmref_gates;
size_t lmref_gate_count(lmrt_cell cell);
/* One row; w[units][gates * units], bias [gates * units] or NULL; scratch: 6 * units. */
void lmref_recurrent(const lmrt_recurrent *d, const lmref_gates *g, const double *x, const double *w,
                     const double *bias, const double *h, const double *c, const double *mask, double *y,
                     double *scratch);

/* dst[i . dst_stride] = src[i . src_stride] over the extents */
void lmref_copy(const lmrt_copy *d, const double *src, double *dst);

#endif

/* lmrt: the runtime's kernels, called by generated C and by liblamina_rt.
 *
 * Conventions: float32; row-major, channels last; sizes in elements; no allocation, no static data, no errors (the
 * compiler has checked the shapes). Pointers of one call do not overlap, except where "in place" is said: y == x.
 * Data needs the alignment of its type only. Weights marked "packed" are in panels of LMRT_PANEL output columns:
 * [ceil(n / LMRT_PANEL)][...][LMRT_PANEL], the last panel filled up with zeros; a packed bias has that length too.
 * A vector has 1, 4, 8 or 16 lanes; each divides LMRT_PANEL.
 */
#ifndef LMRT_H
#define LMRT_H

#include <stddef.h>
#include <stdint.h>

#define LMRT_PANEL 16

/* Elementwise functions, in the order of the compiler's unary.def. */
typedef enum lmrt_function {
    LMRT_LINEAR, LMRT_RELU, LMRT_LEAKY_RELU, LMRT_CLIP, LMRT_RELU_GENERAL, LMRT_SIGMOID, LMRT_TANH, LMRT_EXP,
    LMRT_EXPM1, LMRT_LOG, LMRT_LOG1P, LMRT_SQRT, LMRT_RSQRT, LMRT_RECIPROCAL, LMRT_SQUARE, LMRT_NEGATE, LMRT_ABS,
    LMRT_ERF, LMRT_GELU, LMRT_GELU_TANH, LMRT_SILU, LMRT_SOFTPLUS, LMRT_SOFTSIGN, LMRT_ELU, LMRT_SELU, LMRT_CELU,
    LMRT_MISH, LMRT_HARD_SIGMOID, LMRT_HARD_SILU, LMRT_LOG_SIGMOID, LMRT_HARD_SHRINK, LMRT_SOFT_SHRINK,
    LMRT_TANH_SHRINK, LMRT_THRESHOLD, LMRT_SQUAREPLUS, LMRT_SPARSE_PLUS, LMRT_SPARSE_SIGMOID, LMRT_SIN, LMRT_COS,
    LMRT_SIGN, LMRT_FLOOR, LMRT_CEIL, LMRT_ROUND, LMRT_LOGICAL_NOT
} lmrt_function;

typedef enum lmrt_binary_function {
    LMRT_ADD, LMRT_SUB, LMRT_MUL, LMRT_DIV, LMRT_FLOORDIV, LMRT_MOD, LMRT_POW, LMRT_MAX, LMRT_MIN, LMRT_LT, LMRT_LE,
    LMRT_GT, LMRT_GE, LMRT_NE, LMRT_EQ, LMRT_AND, LMRT_OR, LMRT_XOR
} lmrt_binary_function;

typedef enum lmrt_reduce_function { LMRT_REDUCE_SUM, LMRT_REDUCE_MEAN, LMRT_REDUCE_MAX, LMRT_REDUCE_MIN, LMRT_REDUCE_PROD } lmrt_reduce_function;

/* Applied to each result before it is stored: y = function(result [+ residual]). */
typedef struct lmrt_epilogue {
    lmrt_function function;
    float p0, p1, p2;
} lmrt_epilogue;

typedef struct lmrt_dense {
    size_t k, n; /* x[rows][k], w packed [panels][k][LMRT_PANEL], bias packed or NULL, y and residual [rows][n] */
    lmrt_epilogue epilogue;
} lmrt_dense;

typedef struct lmrt_conv2d {
    size_t in_h, in_w, in_c, out_h, out_w, out_c;
    size_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left, groups;
    /* w packed [groups][panels of out_c/groups][kernel_h][kernel_w][in_c/groups][LMRT_PANEL]; bias packed [groups][...] */
    lmrt_epilogue epilogue;
} lmrt_conv2d;

typedef struct lmrt_depthwise {
    size_t in_h, in_w, c, out_h, out_w;
    size_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;
    /* w [kernel_h][kernel_w][c rounded up to LMRT_PANEL], bias [c rounded up] or NULL */
    lmrt_epilogue epilogue;
} lmrt_depthwise;

typedef struct lmrt_pool2d {
    size_t in_h, in_w, c, out_h, out_w, size_h, size_w, stride_h, stride_w, pad_top, pad_left;
    int average; /* 0: maximum; 1: mean of the real elements */
} lmrt_pool2d;

#define LMRT_RANK 8
/* y[i0][i1]... = f(a[...], b[...]), strides in elements, 0 where an input is broadcast. y is contiguous. */
typedef struct lmrt_broadcast {
    size_t rank, extent[LMRT_RANK];
    ptrdiff_t a_stride[LMRT_RANK], b_stride[LMRT_RANK];
} lmrt_broadcast;

/* dst[i . dst_stride] = src[i . src_stride] over the extents; strides in elements, negative or 0 allowed in src. */
typedef struct lmrt_copy {
    size_t rank, extent[LMRT_RANK];
    ptrdiff_t src_stride[LMRT_RANK], dst_stride[LMRT_RANK];
} lmrt_copy;

#endif

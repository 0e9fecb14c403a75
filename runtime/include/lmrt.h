/* lmrt: the types of the runtime's kernels (kernels.def), which generated C and liblamina_rt call.
 *
 * Conventions: row-major, channels last; sizes in elements; no allocation, no static data. The compiler has
 * checked the shapes: kernels do not. Pointers of one call do not overlap, except where "in place" is said: y
 * == x, and y == residual always. Data needs the alignment of its type only. Weights marked "packed" are in
 * panels of LMRT_PANEL output columns: [ceil(n / LMRT_PANEL)][...][LMRT_PANEL], the last panel filled up with
 * zeros; a packed bias has that length too. A vector has 1, 4, 8 or 16 lanes; each divides LMRT_PANEL.
 */
#ifndef LMRT_H
#define LMRT_H

#include <stddef.h>
#include <stdint.h>

#include "lamina.h"

#define LMRT_PANEL 16
/* Infinities that may stand in a static initialiser: to tcc, -INFINITY of <math.h> is no constant. */
#define LMRT_INFINITY (1.0f / 0.0f)
#define LMRT_NEGATIVE_INFINITY (-1.0f / 0.0f)

#if defined(__GNUC__)
#define LMRT_INLINE static inline __attribute__((always_inline, unused))
#ifndef LMRT_KERNEL /* defined by those who want kernels with external linkage */
#define LMRT_KERNEL static __attribute__((unused))
#endif
#else
#define LMRT_INLINE static inline
#ifndef LMRT_KERNEL
#define LMRT_KERNEL static
#endif
#endif

/* An elementwise kernel, y[i] = f(x[i]) with parameters p (unary.def's p0, p1, p2); in place allowed. */
typedef void lmrt_map(const float *p, size_t n, const float *x, float *y);

/* Applied to each result before it is stored: y = map(min(max(result [+ residual], low), high)).
 * No limit: LMRT_NEGATIVE_INFINITY, LMRT_INFINITY. No map: NULL. relu is low = 0, clip is low = p0, high =
 * p1. */
typedef struct lmrt_epilogue {
    float low, high;
    lmrt_map *map;
    float p[3];
} lmrt_epilogue;

typedef struct lmrt_dense {
    size_t k,
        n; /* x[rows][k], w packed [panels][k][LMRT_PANEL], bias packed or NULL, y and residual [rows][n] */
    lmrt_epilogue epilogue;
} lmrt_dense;

/* A sparse input as rows of k elements, `rows` to a sample: each sample's elements, in row-major order, cut
 * into rows. extent: the sparse input's axes behind the batch. w[k][n], bias[n] or NULL: not packed. y and
 * residual [samples][rows][n]. */
typedef struct lmrt_sparse {
    size_t rows, k, n, rank, extent[7];
    lmrt_epilogue epilogue;
} lmrt_sparse;

/* x[in_h][in_w][in_c], y and residual [out_h][out_w][out_c], bias packed [groups][...] or NULL,
 * w packed [groups][panels of out_c / groups][kernel_h][kernel_w][in_c / groups][LMRT_PANEL]. */
typedef struct lmrt_conv2d {
    size_t in_h, in_w, in_c, out_h, out_w, out_c;
    size_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left, groups;
    lmrt_epilogue epilogue;
} lmrt_conv2d;

/* A 3x3 convolution of stride 1 in tiles of m x m outputs (winograd.h), of `samples` samples that lie
 * x_sample and y_sample apart. x, y, residual, bias as for lmrt_conv2d; w: the transformed weights, packed
 * [(m + 2)^2][panels of out_c][in_c][LMRT_PANEL]. block: tiles that are worked on at a time. spread, product:
 * floats between the points of the two blocks in scratch, at least block times in_c or out_c rounded up to
 * LMRT_PANEL. scratch: (m + 2)^2 * (spread + product) + in_c rounded up to LMRT_PANEL. */
typedef struct lmrt_winograd {
    size_t in_h, in_w, in_c, out_h, out_w, out_c, pad_top, pad_left;
    size_t x_sample, y_sample, block, spread, product;
    lmrt_epilogue epilogue;
} lmrt_winograd;

/* The same with planes of depth before the rows. */
typedef struct lmrt_conv3d {
    size_t in_d, in_h, in_w, in_c, out_d, out_h, out_w, out_c;
    size_t kernel_d, kernel_h, kernel_w, stride_d, stride_h, stride_w, dilation_d, dilation_h, dilation_w;
    size_t pad_front, pad_top, pad_left, groups;
    lmrt_epilogue epilogue;
} lmrt_conv3d;

/* Each x[in_d][in_h][in_w][in_c], spread by the kernel, is added up at stride times its place; of that whole,
 * y and residual [out_d][out_h][out_w][out_c] begin at place cut, and may end after it. w packed as for
 * lmrt_conv3d, the kernel's axes turned round. */
typedef struct lmrt_conv_transpose {
    size_t in_d, in_h, in_w, in_c, out_d, out_h, out_w, out_c;
    size_t kernel_d, kernel_h, kernel_w, stride_d, stride_h, stride_w, cut_front, cut_top, cut_left;
    lmrt_epilogue epilogue;
} lmrt_conv_transpose;

/* x[in_h][in_w][c], y and residual [out_h][out_w][c], bias [c rounded up to LMRT_PANEL] or NULL,
 * w[kernel_h][kernel_w][c rounded up to LMRT_PANEL]. */
typedef struct lmrt_depthwise {
    size_t in_h, in_w, c, out_h, out_w;
    size_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;
    lmrt_epilogue epilogue;
} lmrt_depthwise;

/* Forms of the kernels that are faster for some shapes; without them the kernels take a general one.
 * Generated code defines LMRT_FORMS as those that its shapes call for, since each is a lot to compile
 * (compiler/emit/forms.c). */
enum {
    LMRT_FORM_TILE_PAIR = 1, /* matrix products: more than a panel and a half of columns */
    LMRT_FORM_TILE_HALF = 2, /* columns that end with at most half a panel */
    LMRT_FORM_STRIP_3_1 = 4, /* depthwise rows: 3 columns at stride 1, and so on */
    LMRT_FORM_STRIP_3_2 = 8,
    LMRT_FORM_STRIP_5_1 = 16,
    LMRT_FORM_STRIP_5_2 = 32,
    LMRT_FORM_NARROW_3 = 64, /* depthwise rows of few pixels, by 3 columns at stride 1 */
    LMRT_FORM_NARROW_5 = 128
};

typedef struct lmrt_resample {
    size_t in, out, inner, taps;
} lmrt_resample;

typedef struct lmrt_pool2d {
    size_t in_h, in_w, c, out_h, out_w, size_h, size_w, stride_h, stride_w, pad_top, pad_left;
} lmrt_pool2d;

typedef struct lmrt_affine {
    size_t c; /* x, y and residual [rows][c]; scale and shift [c], not packed */
    lmrt_epilogue epilogue;
} lmrt_affine;

/* Recurrent layers over x[rows][steps][gates * units]. y[row]: the outputs of all steps, or of the last, and
 * behind them
 * (`states`) the final h (and c). backwards: from the last step on, outputs in the order of computing or
 * (`flip`) of time. The output of a masked step is that of the step before, or 0 (`zero_output`;
 * `zero_as_given`: where mask[step] says so, even backwards, as Keras does for unroll=True). plain: the
 * activations are tanh and sigmoid. scratch: [rows][5][units rounded up to LMRT_PANEL]. */
typedef struct lmrt_recurrent {
    size_t units, steps, sequences, states, backwards, flip, zero_output, zero_as_given, plain;
    lmrt_epilogue activation, recurrent_activation; /* no residual */
} lmrt_recurrent;

#define LMRT_RANK 8
/* ---- int8 ----
 * A quantised tensor holds int8 numbers q that stand for scale * (q - zero); docs/quantization.md has the arithmetic
 * to the bit. A real factor is multiplier / 2^shift, 0 <= multiplier < 2^31 (binary operands: either sign), 8 <= shift <= 62;
 * "rescaled" is floor((v * multiplier + 2^(shift - 1)) / 2^shift), and with a second operand
 * floor((floor(v * multiplier / 2^(shift - 8)) + floor((r - r_zero) * r_multiplier / 2^(r_shift - 8)) + 128) / 256).
 * Results are y_zero + that, within low .. high. Sums are in 32 bits; the compiler has seen to it that none overflows.
 *
 * Weights of dense and conv2d are packed in panels of LMRT_PANEL columns, four terms of a sum side by side:
 * [panels][segments][ceil(length / 4)][LMRT_PANEL][4], filled up with zeros. Terms of one segment are adjacent in x:
 * dense has one of k; conv2d has kernel_h of kernel_w * in_c where dilation_w and groups are 1, else
 * kernel_h * kernel_w of in_c / groups. channels: [panels][3][LMRT_PANEL] int32: bias less x_zero times the sum
 * of the column's weights, multiplier, shift. */
typedef struct lmrt_int8_dense {
    size_t k, n; /* x[rows][k], y and residual [rows][n] */
    ptrdiff_t y_zero, low, high, r_zero, r_multiplier, r_shift;
} lmrt_int8_dense;

/* As lmrt_conv2d; outside of x is x_zero. */
typedef struct lmrt_int8_conv2d {
    size_t in_h, in_w, in_c, out_h, out_w, out_c;
    size_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left, groups;
    ptrdiff_t x_zero, y_zero, low, high, r_zero, r_multiplier, r_shift;
} lmrt_int8_conv2d;

/* As lmrt_depthwise: w[kernel_h][kernel_w][c rounded up to LMRT_PANEL], channels as above. */
typedef struct lmrt_int8_depthwise {
    size_t in_h, in_w, c, out_h, out_w;
    size_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;
    ptrdiff_t x_zero, y_zero, low, high, r_zero, r_multiplier, r_shift;
} lmrt_int8_depthwise;

/* As lmrt_broadcast. Sums are rescaled as with a second operand; products (a - a_zero) * (b - b_zero) by the
 * first factor. */
typedef struct lmrt_int8_binary {
    size_t rank, extent[LMRT_RANK];
    ptrdiff_t a_stride[LMRT_RANK], b_stride[LMRT_RANK];
    ptrdiff_t a_zero, multiplier, shift, b_zero, b_multiplier, b_shift, y_zero, low, high;
} lmrt_int8_binary;

/* The sum of n numbers, less n * x_zero, rescaled. */
typedef struct lmrt_int8_mean {
    ptrdiff_t x_zero, multiplier, shift, y_zero;
} lmrt_int8_mean;

/* y[i0][i1]... = f(a[...], b[...]), strides in elements, 0 where an input is broadcast. y is contiguous. */
typedef struct lmrt_broadcast {
    size_t rank, extent[LMRT_RANK];
    ptrdiff_t a_stride[LMRT_RANK], b_stride[LMRT_RANK];
} lmrt_broadcast;

/* y[i0][i1]... = c[...] ? a[...] : b[...], strides in elements, 0 where an input is broadcast. y is
 * contiguous. */
typedef struct lmrt_selection {
    size_t rank, extent[LMRT_RANK];
    ptrdiff_t c_stride[LMRT_RANK], a_stride[LMRT_RANK], b_stride[LMRT_RANK];
} lmrt_selection;

/* dst[i . dst_stride] = src[i . src_stride] over the extents; strides in elements, negative or 0 allowed in
 * src. */
typedef struct lmrt_copy {
    size_t rank, extent[LMRT_RANK];
    ptrdiff_t src_stride[LMRT_RANK], dst_stride[LMRT_RANK];
} lmrt_copy;

/* Element types of lmrt_cast, in the order of lamina.h; the 16-bit floats are uint16_t, and cast only. */
typedef enum lmrt_type {
    LMRT_F32,
    LMRT_F64,
    LMRT_F16,
    LMRT_BF16,
    LMRT_I8,
    LMRT_U8,
    LMRT_I16,
    LMRT_U16,
    LMRT_I32,
    LMRT_U32,
    LMRT_I64,
    LMRT_U64,
    LMRT_BOOL
} lmrt_type;

#endif

/* Error rules of sums of products, of what only moves elements, and of maxima.
 *
 * A sum of n products, in whatever order, is off by gamma(n) times the sum of the absolute products; what its
 * factors are off by changes it by at most sum (|x| + e)(|w| + d) - sum |x||w|. Both come from running the op
 * itself on absolute values. */
#include <math.h>

#include "ir/bound_op.h"
#include "reference.h"

static double *magnitudes(Bound *b, size_t input, bool with_error) {
    const Values *x = &b->x[input];
    double *out = ARENA_ARRAY(b->arena, double, x->count);
    for (size_t i = 0; i < x->count; i++) out[i] = fabs(x->data[i]) + (with_error ? b->e[input][i] : 0);
    return out;
}

static bool is_index(const Op *op, size_t input) {
    return op->kind == OP_RESAMPLE && input == 1;
}

/* At most so many numbers are added up in a result. */
static double terms(const Bound *b) {
    const double out = fmax(1, (double)b->y.count), in = (double)b->x[0].count;
    switch (b->op->kind) {
    case OP_DENSE:
    case OP_SPARSE_DENSE: return (double)b->x[1].extent[0];
    case OP_CONV2D:
    case OP_CONV3D:
    case OP_CONV_TRANSPOSE: {
        const Values *w = &b->x[1];
        return (double)w->count / fmax(1, (double)w->extent[w->rank - 1]);
    }
    case OP_DEPTHWISE_CONV2D: return (double)(b->x[1].extent[0] * b->x[1].extent[1]);
    case OP_RESAMPLE: return (double)b->x[2].extent[1];
    case OP_MATMUL: return (double)b->x[0].extent[b->x[0].rank - 1];
    case OP_POOL2D: return (double)(b->op->as.pool2d.size[0] * b->op->as.pool2d.size[1]);
    case OP_REDUCE: return in / out;
    case OP_SCAN: return (double)b->x[0].extent[b->op->as.scan.axis];
    default: return 2;
    }
}

/* 3x3 kernels by tiles of up to 4x4: AMPLIFICATION is what its transforms, in absolute values, make of a tile
 * of ones and a kernel of ones, for the largest element: 48 in each direction. The tiles of an output lie
 * within nine inputs. */
static void add_winograd(Bound *b, const double *x, const double *w) {
    enum { REACH = 9, BEFORE = 3, TRANSFORMS = 24 };
    const double AMPLIFICATION = 48.0 * 48.0;
    const Conv2dAttrs *a = &b->op->as.conv2d;
    const size_t *in = b->x[0].extent, *out = b->y.extent, *k = b->x[1].extent, c = in[3], n = out[3];
    const lmrt_pool2d d = {.in_h = in[1],
                           .in_w = in[2],
                           .out_h = out[1],
                           .out_w = out[2],
                           .c = c,
                           .size_h = REACH,
                           .size_w = REACH,
                           .stride_h = 1,
                           .stride_w = 1,
                           .pad_top = (size_t)a->pad[0] + BEFORE,
                           .pad_left = (size_t)a->pad[1] + BEFORE};
    const size_t pixels = out[1] * out[2];
    double *near = ARENA_ARRAY(b->arena, double, pixels *c), *most = ARENA_ARRAY(b->arena, double, c *n);
    double *sums = ARENA_ARRAY(b->arena, double, pixels *n);
    for (size_t i = 0; i < k[0] * k[1] * c * n; i++) most[i % (c * n)] = fmax(most[i % (c * n)], w[i]);
    const double factor = bound_gamma(b, (double)c + TRANSFORMS) * AMPLIFICATION;
    for (size_t s = 0; s < in[0]; s++) {
        lmref_pool2d(&d, false, x + s * in[1] * in[2] * c, near);
        lmref_dense(pixels, c, n, near, most, NULL, sums);
        for (size_t i = 0; i < pixels * n; i++) b->out[s * pixels * n + i] += factor * sums[i];
    }
}

static bool may_be_winograd(const Bound *b) {
    const Conv2dAttrs *a = &b->op->as.conv2d;
    return b->winograd && b->op->kind == OP_CONV2D && b->op->dtype != DTYPE_FLOAT64 && a->groups == 1 &&
           b->x[1].extent[0] == 3 && b->x[1].extent[1] == 3 && a->stride[0] == 1 && a->stride[1] == 1 &&
           a->dilation[0] == 1 && a->dilation[1] == 1 && b->y.count > 0;
}

void bound_linear(Bound *b) {
    const Op *op = b->op;
    const double **plain = ARENA_ARRAY(b->arena, const double *, op->n_inputs);
    const double **wide = ARENA_ARRAY(b->arena, const double *, op->n_inputs);
    for (size_t i = 0; i < op->n_inputs; i++) {
        plain[i] = is_index(op, i) ? b->x[i].data : magnitudes(b, i, false);
        wide[i] = is_index(op, i) ? b->x[i].data : magnitudes(b, i, true);
    }
    const bool exact = bound_inputs_exact(b);
    const double *most = bound_run(b, op, wide, false),
                 *least = exact ? most : bound_run(b, op, plain, false);
    const double n = terms(b), gamma = bound_gamma(b, n + BOUND_SLACK);
    for (size_t i = 0; i < b->y.count; i++)
        b->out[i] = most[i] == 0 ? 0 : most[i] - least[i] + gamma * most[i] + (n + BOUND_SLACK) * b->tiny;
    if (may_be_winograd(b)) add_winograd(b, wide[0], wide[1]);
}

/* ---- moves ---- */

void bound_move(Bound *b) {
    const double *moved = bound_run(b, b->op, b->e, true);
    const double border = b->op->kind == OP_PAD ? b->op->as.pad.value : 0;
    for (size_t i = 0; i < b->y.count; i++)
        b->out[i] = moved[i] + (isfinite(border) ? b->u * fabs(border) : 0);
}

void bound_gather(Bound *b) {
    const double *data[2] = {b->e[0], b->x[1].data};
    if (!bound_array_exact(b->e[1], b->x[1].count)) {
        bound_unknown(b);
        return;
    }
    const double *moved = bound_run(b, b->op, data, false);
    for (size_t i = 0; i < b->y.count; i++) b->out[i] = moved[i];
}

/* ---- maxima are no further off than the worst of what they choose from ---- */

static void worst_of(Bound *b, const Op *maximum) {
    const double *worst = bound_run(b, maximum, b->e, false);
    for (size_t i = 0; i < b->y.count; i++) b->out[i] = worst[i];
}

void bound_pool(Bound *b) {
    if (b->op->as.pool2d.function == POOL_MAX)
        worst_of(b, b->op);
    else
        bound_linear(b);
}

void bound_reduce(Bound *b) {
    const ReduceFunction function = b->op->as.reduce.function;
    if (function != REDUCE_MAX && function != REDUCE_MIN) {
        bound_linear(b);
        return;
    }
    Op maximum = *b->op;
    maximum.as.reduce.function = REDUCE_MAX;
    worst_of(b, &maximum);
}

/* fold-affine: y = f(x) * scale + shift goes into the weights of f (dense, conv2d, depthwise), and f(x *
 * scale + shift) where that is exact: a convolution that pads would see 0 and not the shift at the border.
 * BatchNormalization ends here. New weights are computed in double and rounded once; where one is not finite
 * nothing is folded. */
#include <math.h>

#include "passes/pass.h"

static bool is_linear(const Op *op) {
    return op_may_have_epilogue(op->kind) && op->kind != OP_AFFINE;
}

static bool has_constant_weights(const Op *op) {
    return op_floats(op->inputs[1]) && (!op_bias(op) || op_floats(op_bias(op)));
}

static bool all_finite(const float *values, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        if (!isfinite(values[i])) return false;
    return true;
}

/* The folded bias takes the name of the one there was, or that a bias of this layer would have. */
static const char *bias_name(Rewriter *rewriter, const Op *linear) {
    if (op_bias(linear)) return op_bias(linear)->name;
    return arena_printf(rewriter->ir->arena, "%s/bias", linear->name);
}

static Op *with_weights(Rewriter *rewriter, const Op *linear, Op *kernel, Op *bias) {
    return rewrite_copy(rewriter, linear, (Op *[]){linear->inputs[0], kernel, bias}, 3);
}

/* The op with the epilogue (and residual) of the affine op that went into it. */
static Op *take_epilogue(Rewriter *rewriter, Op *linear, const Op *affine) {
    if (op_is_plain(affine)) return linear;
    Op *inputs[4] = {linear->inputs[0], linear->inputs[1], linear->inputs[2], op_residual(affine)};
    Op *result = rewrite_copy(rewriter, linear, inputs, inputs[3] ? 4 : 3);
    result->epilogue = affine->epilogue;
    result->origin = affine->origin;
    return result;
}

/* AFFINE(linear(x)): the output channel of a weight is its flat index modulo the number of output channels.
 */
static Op *fold_after(Rewriter *rewriter, Op *op) {
    if (op->kind != OP_AFFINE) return NULL;
    const Op *linear = op->inputs[0];
    if (!is_linear(linear) || !op_is_plain(linear) || linear->n_uses != 1 || !has_constant_weights(linear))
        return NULL;
    const float *scale = op_floats(op->inputs[1]), *shift = op_floats(op->inputs[2]);
    if (!scale || !shift) return NULL;
    const Op *old_kernel = linear->inputs[1], *old_bias = op_bias(linear);
    const float *w = op_floats(old_kernel), *b = old_bias ? op_floats(old_bias) : NULL;
    const int64_t channels = op_count(op->inputs[1]), count = op_count(old_kernel);
    float *new_w, *new_b;
    Op *kernel = rewrite_new_floats(rewriter, linear, old_kernel->name, &old_kernel->shape, &new_w);
    Op *bias =
        rewrite_new_floats(rewriter, linear, bias_name(rewriter, linear), &op->inputs[1]->shape, &new_b);
    for (int64_t i = 0; i < count; i++) new_w[i] = (float)((double)w[i] * scale[i % channels]);
    for (int64_t i = 0; i < channels; i++) new_b[i] = (float)((b ? b[i] : 0.0) * scale[i] + shift[i]);
    if (!all_finite(new_w, count) || !all_finite(new_b, channels)) return NULL;
    return take_epilogue(rewriter, with_weights(rewriter, linear, kernel, bias), op);
}

static bool pads(const Op *op) {
    if (op->kind == OP_DENSE) return false;
    if (op->kind == OP_CONV_TRANSPOSE) return true; /* its borders see fewer taps */
    const bool volume = op->kind == OP_CONV3D;
    const int64_t *pad = volume ? op->as.conv3d.pad : op->as.conv2d.pad;
    for (int i = 0; i < (volume ? 6 : 4); i++)
        if (pad[i]) return true;
    return false;
}

static bool all_zero(const float *values, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        if (values[i] != 0.0f) return false;
    return true;
}

/* How a kernel's flat index splits: [window][in per group][out], for depthwise [window][channel][multiplier].
 */
typedef struct KernelView {
    int64_t in, out, groups, count;
    bool depthwise;
} KernelView;

static KernelView kernel_view(const Op *linear) {
    const Shape *s = &linear->inputs[1]->shape;
    KernelView v = {.in = s->dim[s->rank - 2], .out = s->dim[s->rank - 1], .groups = 1};
    v.count = op_count(linear->inputs[1]);
    v.depthwise = linear->kind == OP_DEPTHWISE_CONV2D;
    if (linear->kind == OP_CONV2D) v.groups = linear->as.conv2d.groups;
    if (linear->kind == OP_CONV3D) v.groups = linear->as.conv3d.groups;
    return v;
}

static int64_t in_channel(const KernelView *v, int64_t i) {
    const int64_t in = i / v->out % v->in, out = i % v->out;
    return v->depthwise ? in : out / (v->out / v->groups) * v->in + in;
}

static int64_t out_channel(const KernelView *v, int64_t i) {
    return v->depthwise ? i % (v->in * v->out) : i % v->out;
}

/* linear(AFFINE(x)) */
static Op *fold_before(Rewriter *rewriter, Op *op) {
    if (!is_linear(op) || !has_constant_weights(op)) return NULL;
    Op *affine = op->inputs[0];
    if (affine->kind != OP_AFFINE || !op_is_plain(affine) || affine->n_uses != 1 || op_residual(op) == affine)
        return NULL;
    const float *scale = op_floats(affine->inputs[1]), *shift = op_floats(affine->inputs[2]);
    if (!scale || !shift || (pads(op) && !all_zero(shift, op_count(affine->inputs[2])))) return NULL;
    const KernelView view = kernel_view(op);
    const float *w = op_floats(op->inputs[1]), *b = op_bias(op) ? op_floats(op_bias(op)) : NULL;
    const int64_t channels = op->shape.dim[op->shape.rank - 1];
    float *new_w, *new_b;
    Op *kernel = rewrite_new_floats(rewriter, op, op->inputs[1]->name, &op->inputs[1]->shape, &new_w);
    Op *bias = rewrite_new_floats(rewriter, op, bias_name(rewriter, op), &(Shape){1, {channels}}, &new_b);
    double *sums = ARENA_ARRAY(rewriter->ir->arena, double, (size_t)channels);
    for (int64_t i = 0; i < channels; i++) sums[i] = b ? b[i] : 0.0;
    for (int64_t i = 0; i < view.count; i++) {
        new_w[i] = (float)((double)w[i] * scale[in_channel(&view, i)]);
        sums[out_channel(&view, i)] += (double)w[i] * shift[in_channel(&view, i)];
    }
    for (int64_t i = 0; i < channels; i++) new_b[i] = (float)sums[i];
    if (!all_finite(new_w, view.count) || !all_finite(new_b, channels)) return NULL;
    Op *inputs[4] = {affine->inputs[0], kernel, bias, op_residual(op)};
    return rewrite_copy(rewriter, op, inputs, inputs[3] ? 4 : 3);
}

bool pass_fold_affine(Ir *ir) {
    return rewrite_all(ir, (RewritePattern *[]){fold_after, fold_before}, 2);
}

/* Rules of the ops that slide windows: convolutions, transposed ones, and pooling. */
#include "ir/rules.h"

#include "base/checked.h"

/* Extent of a window's result along one axis: 0 where the window does not fit, or a number overflows. */
static int64_t window_extent(int64_t in, int64_t size, int64_t stride, int64_t dilation, int64_t before,
                             int64_t after) {
    int64_t reach, padded;
    if (in < 1 || size < 1 || stride < 1 || dilation < 1 || before < 0 || after < 0) return 0;
    if (!checked_mul(size - 1, dilation, &reach) || !checked_add(in, before, &padded) ||
        !checked_add(padded, after, &padded))
        return 0;
    return padded <= reach ? 0 : (padded - reach - 1) / stride + 1;
}

/* The image axes of a convolution or pooling; `dilation` may be NULL. */
static RuleResult window_shape(Rule *r, const int64_t *size, const int64_t *stride, const int64_t *dilation,
                               const int64_t *pad) {
    const Shape *x = input_shape(r->op, 0);
    if (x->rank != 4) return broken(r, "x must be [batch][height][width][channels]");
    r->shape = *x;
    for (int i = 0; i < 2; i++) {
        r->shape.dim[1 + i] =
            window_extent(x->dim[1 + i], size[i], stride[i], dilation ? dilation[i] : 1, pad[i], pad[2 + i]);
        if (r->shape.dim[1 + i] < 1) return broken(r, "the window is larger than the padded image");
    }
    return RULE_OK;
}

RuleResult rule_conv2d(Rule *r) {
    const Shape *x = input_shape(r->op, 0), *kernel = input_shape(r->op, 1);
    const Conv2dAttrs *a = &r->op->as.conv2d;
    r->dtype = r->op->inputs[0]->dtype;
    if (kernel->rank != 4) return broken(r, "the kernel must be [kh][kw][in/groups][out]");
    const RuleResult result = window_shape(r, kernel->dim, a->stride, a->dilation, a->pad);
    if (result != RULE_OK) return result;
    int64_t channels;
    if (a->groups < 1 || !checked_mul(kernel->dim[2], a->groups, &channels) || channels != x->dim[3])
        return broken(r, "the kernel is made for another number of channels");
    if (kernel->dim[3] % a->groups != 0)
        return broken(r, "the output channels are no multiple of the groups");
    r->shape.dim[3] = kernel->dim[3];
    return check_linear(r, kernel->dim[3]);
}

RuleResult rule_conv3d(Rule *r) {
    const Shape *x = input_shape(r->op, 0), *kernel = input_shape(r->op, 1);
    const Conv3dAttrs *a = &r->op->as.conv3d;
    int64_t channels;
    r->dtype = r->op->inputs[0]->dtype;
    if (x->rank != 5 || kernel->rank != 5) return broken(r, "x and the kernel must have three spatial axes");
    r->shape = *x;
    for (int i = 0; i < 3; i++) {
        r->shape.dim[1 + i] = window_extent(x->dim[1 + i], kernel->dim[i], a->stride[i], a->dilation[i],
                                            a->pad[i], a->pad[3 + i]);
        if (r->shape.dim[1 + i] < 1) return broken(r, "the window is larger than the padded volume");
    }
    if (a->groups < 1 || !checked_mul(kernel->dim[3], a->groups, &channels) || channels != x->dim[4])
        return broken(r, "the kernel is made for another number of channels");
    if (kernel->dim[4] % a->groups != 0)
        return broken(r, "the output channels are no multiple of the groups");
    r->shape.dim[4] = kernel->dim[4];
    return check_linear(r, kernel->dim[4]);
}

RuleResult rule_conv_transpose(Rule *r) {
    const Shape *x = input_shape(r->op, 0), *kernel = input_shape(r->op, 1);
    const Conv3dAttrs *a = &r->op->as.conv3d;
    r->dtype = r->op->inputs[0]->dtype;
    if (x->rank != 5 || kernel->rank != 5) return broken(r, "x and the kernel must have three spatial axes");
    if (kernel->dim[3] != x->dim[4]) return broken(r, "the kernel is made for another number of channels");
    r->shape = *x;
    for (int i = 0; i < 3; i++) {
        int64_t *extent = &r->shape.dim[1 + i];
        if (*extent < 1 || a->stride[i] < 1 || kernel->dim[i] < 1 || a->pad[i] < 0)
            return broken(r, "a stride or extent is below 1, or a cut below 0");
        if (!checked_mul(*extent - 1, a->stride[i], extent) ||
            !checked_add(*extent, kernel->dim[i], extent) || !checked_add(*extent, -a->pad[i], extent) ||
            !checked_add(*extent, -a->pad[3 + i], extent))
            return broken(r, "too large");
        if (*extent < 1) return broken(r, "nothing is left of an axis");
    }
    r->shape.dim[4] = kernel->dim[4];
    return check_linear(r, kernel->dim[4]);
}

RuleResult rule_depthwise(Rule *r) {
    const Shape *x = input_shape(r->op, 0), *kernel = input_shape(r->op, 1);
    const Conv2dAttrs *a = &r->op->as.conv2d;
    r->dtype = r->op->inputs[0]->dtype;
    if (kernel->rank != 4) return broken(r, "the kernel must be [kh][kw][channels][multiplier]");
    const RuleResult result = window_shape(r, kernel->dim, a->stride, a->dilation, a->pad);
    if (result != RULE_OK) return result;
    if (kernel->dim[2] != x->dim[3]) return broken(r, "the kernel is made for another number of channels");
    if (!checked_mul(kernel->dim[2], kernel->dim[3], &r->shape.dim[3])) return broken(r, "too many channels");
    return check_linear(r, r->shape.dim[3]);
}

RuleResult rule_pool2d(Rule *r) {
    const Pool2dAttrs *a = &r->op->as.pool2d;
    r->dtype = r->op->inputs[0]->dtype;
    return window_shape(r, a->size, a->stride, NULL, a->pad);
}

RuleResult rule_resample(Rule *r) {
    const Op *starts = r->op->inputs[1], *weights = r->op->inputs[2];
    const int axis = r->op->as.resample.axis;
    rule_same(r);
    if (axis < 0 || axis >= r->shape.rank) return broken(r, "the axis is out of range");
    if (r->shape.dim[axis] == DIM_UNKNOWN) return mixes_batch(r, "it works along the batch axis");
    if (starts->dtype != DTYPE_INT32 || starts->shape.rank != 1 || weights->shape.rank != 2 ||
        weights->dtype != DTYPE_FLOAT64 || weights->shape.dim[0] != starts->shape.dim[0] ||
        weights->shape.dim[1] < 1)
        return broken(r, "starts and weights do not fit");
    r->shape.dim[axis] = starts->shape.dim[0];
    return RULE_OK;
}

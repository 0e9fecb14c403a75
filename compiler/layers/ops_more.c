/* keras.ops functions that are formulas of others: tan, sinh, arctanh, logaddexp, diff, nan_to_num;
 * image.resize. */
#include <string.h>

#include "layers/ops.h"
#include "layers/ops_kinds.h"
#include "layers/resize.h"

/* ---- of each element ---- */

/* log(1 + t), with its sign: arcsinh(x) = sign(x) log1p(|x| + x^2 / (1 + sqrt(x^2 + 1))), exact near 0. */
static Op *arcsinh(const OpsLower *o, Op *x) {
    Op *one = ops_scalar(o, x->dtype, 1), *square = ops_un(o, UNARY_SQUARE, x),
       *size = ops_un(o, UNARY_ABS, x);
    Op *root = ops_un(o, UNARY_SQRT, ops_bin(o, BIN_ADD, square, one));
    Op *rest = ops_bin(o, BIN_DIV, square, ops_bin(o, BIN_ADD, root, one));
    Op *y = ops_un(o, UNARY_LOG1P, ops_bin(o, BIN_ADD, size, rest));
    return ops_bin(o, BIN_MUL, y, ops_un(o, UNARY_SIGN, x));
}

/* log(x + sqrt(x^2 - 1)) = log1p(t + sqrt(2t + t^2)), t = x - 1 */
static Op *arccosh(const OpsLower *o, Op *x) {
    Op *t = ops_bin(o, BIN_SUB, x, ops_scalar(o, x->dtype, 1));
    Op *inside = ops_bin(o, BIN_MUL, t, ops_bin(o, BIN_ADD, t, ops_scalar(o, x->dtype, 2)));
    return ops_un(o, UNARY_LOG1P, ops_bin(o, BIN_ADD, t, ops_un(o, UNARY_SQRT, inside)));
}

static Op *half(const OpsLower *o, BinaryFunction function, Op *a, Op *b) {
    return ops_bin(o, BIN_MUL, ops_bin(o, function, a, b), ops_scalar(o, a->dtype, 0.5));
}

bool ops_formula_lower(const OpsLower *o) {
    Op *x = ir_cast(o->l, o->node, o->inputs[0], o->node->outputs[0]->dtype), *y = x;
    Op *minus = ops_un(o, UNARY_NEGATE, x);
    switch (o->attrs->row->function) {
    case OPS_TAN: y = ops_bin(o, BIN_DIV, ops_un(o, UNARY_SIN, x), ops_un(o, UNARY_COS, x)); break;
    case OPS_SINH: y = half(o, BIN_SUB, ops_un(o, UNARY_EXPM1, x), ops_un(o, UNARY_EXPM1, minus)); break;
    case OPS_COSH: y = half(o, BIN_ADD, ops_un(o, UNARY_EXP, x), ops_un(o, UNARY_EXP, minus)); break;
    case OPS_ARCSINH: y = arcsinh(o, x); break;
    case OPS_ARCCOSH: y = arccosh(o, x); break;
    default: y = half(o, BIN_SUB, ops_un(o, UNARY_LOG1P, x), ops_un(o, UNARY_LOG1P, minus)); break;
    }
    o->outputs[0] = y;
    return true;
}

/* ---- logaddexp ---- */

bool ops_logaddexp_infer(LayerCall *call, OpsAttrs *attrs) {
    Shape a, b;
    if (!ops_operand(call, 0, &a) || !ops_operand(call, 1, &b)) return false;
    call->output_dtypes[0] = attrs->dtype = ops_float(call->graph, ops_promote(call, 0, 1));
    return operation_broadcast(call, &a, &b, &call->output_shapes[0]);
}

/* max + log1p(exp(-|a - b|)); of two infinities of one sign their sum. */
bool ops_logaddexp_lower(const OpsLower *o) {
    Op *a = ops_lower_operand(o, 0, o->attrs->dtype), *b = ops_lower_operand(o, 1, o->attrs->dtype);
    Op *apart = ops_bin(o, BIN_SUB, a, b);
    Op *rest =
        ops_un(o, UNARY_LOG1P, ops_un(o, UNARY_EXP, ops_un(o, UNARY_NEGATE, ops_un(o, UNARY_ABS, apart))));
    Op *y = ops_bin(o, BIN_ADD, ops_bin(o, BIN_MAX, a, b), rest);
    o->outputs[0] = ir_select(o->l, o->node, ops_bin(o, BIN_NE, apart, apart), ops_bin(o, BIN_ADD, a, b), y);
    return true;
}

/* ---- diff ---- */

bool ops_diff_infer(LayerCall *call, OpsAttrs *attrs) {
    Shape *shape = &call->output_shapes[0];
    int64_t *times = &attrs->number[0];
    *shape = call->inputs[0]->shape;
    if (!ops_int(call, 1, times) || !ops_axis(call, 2, shape->rank, &attrs->axis)) return false;
    if (*times < 0) return ops_invalid(call, 1, "order must be non-negative but got %lld", (long long)*times);
    int64_t *extent = &shape->dim[attrs->axis];
    if (*extent != DIM_UNKNOWN) *extent = *extent > *times ? *extent - *times : 0;
    return true;
}

bool ops_diff_lower(const OpsLower *o) {
    const int axis = o->attrs->axis;
    Op *x = o->inputs[0];
    if (x->shape.dim[axis] == DIM_UNKNOWN && o->attrs->number[0] > 0)
        return lower_unsupported(o->l, o->node, "differences along the batch");
    for (int64_t i = 0; i < o->attrs->number[0]; i++) {
        const int64_t n = x->shape.dim[axis] > 0 ? x->shape.dim[axis] - 1 : 0;
        Op *next = ir_slice_axis(o->l, o->node, x, axis, x->shape.dim[axis] - n, n);
        Op *own = ir_slice_axis(o->l, o->node, x, axis, 0, n);
        if (o->l->ir->broken) return false;
        x = ops_bin(o, x->dtype == DTYPE_BOOL ? BIN_NE : BIN_SUB, next, own);
    }
    o->outputs[0] = x;
    return true;
}

/* ---- nan_to_num ---- */

bool ops_nan_to_num_infer(LayerCall *call, OpsAttrs *attrs) {
    double number;
    for (int i = 1; i < 4; i++)
        if (!value_is_none(attrs->value[i]) && !value_as_number(attrs->value[i], &number))
            return ops_invalid(call, i, "nan_to_num() expects a number here, not %s",
                               value_repr(call->graph->arena, attrs->value[i]));
    return true;
}

static Op *replaced(const OpsLower *o, int param, double fallback, Op *condition, Op *x) {
    double number = fallback;
    (void)value_as_number(o->attrs->value[param], &number);
    return ir_select(o->l, o->node, condition, ops_scalar(o, x->dtype, number), x);
}

bool ops_nan_to_num_lower(const OpsLower *o) {
    Op *x = o->inputs[0];
    const double most = x->dtype == DTYPE_FLOAT64   ? 1.7976931348623157e308
                        : x->dtype == DTYPE_FLOAT16 ? 65504
                        : x->dtype == DTYPE_FLOAT32 ? 3.4028234663852886e38
                                                    : 3.3895313892515355e38;
    if (dtype_is_float(x->dtype)) {
        Op *nan = ops_bin(o, BIN_NE, x, x);
        Op *high = ops_bin(o, BIN_EQ, x, ops_scalar(o, x->dtype, INFINITY));
        Op *low = ops_bin(o, BIN_EQ, x, ops_scalar(o, x->dtype, -INFINITY));
        x = replaced(o, 1, 0, nan, replaced(o, 2, most, high, replaced(o, 3, -most, low, x)));
    }
    o->outputs[0] = x;
    return true;
}

/* ---- image.resize(images, size, interpolation, antialias, ...) ---- */

enum { SIZE = 1, INTERPOLATION, ANTIALIAS, CROP, PAD, FORMAT = 8 };

bool ops_resize_infer(LayerCall *call, OpsAttrs *attrs) {
    const Value size = attrs->value[SIZE];
    const char *method = value_c_str(attrs->value[INTERPOLATION]),
               *format = value_c_str(attrs->value[FORMAT]);
    Shape *shape = &call->output_shapes[0];
    *shape = call->inputs[0]->shape;
    if (shape->rank != 4)
        return ops_mismatch(call,
                            "Invalid images rank: expected rank 4 (batch of images). Received input with "
                            "shape: images.shape=%s",
                            shape_text(call->graph->arena, shape));
    const bool pair = (size.kind == VALUE_LIST || size.kind == VALUE_TUPLE) && size.as.list->items.count == 2;
    for (size_t i = 0; i < 2; i++)
        if (!pair || !value_as_int(size.as.list->items.at[i], &attrs->number[i]) || attrs->number[i] < 1)
            return ops_invalid(call, SIZE, "Expected `size` to be a tuple of 2 integers. Received: size=%s",
                               value_repr(call->graph->arena, size));
    int64_t *which = &attrs->number[2];
    for (*which = 0; RESIZE_METHODS[*which] && (!method || strcmp(RESIZE_METHODS[*which], method) != 0);)
        ++*which;
    if (!RESIZE_METHODS[*which])
        return ops_invalid(call, INTERPOLATION,
                           "Invalid `interpolation` argument. Received: interpolation=%s",
                           value_text(call->graph->arena, attrs->value[INTERPOLATION]));
    int choice = !format ? -1 : strcmp(format, "channels_first") == 0 ? CHANNELS_FIRST : CHANNELS_LAST;
    layer_data_format(call->graph, &choice);
    attrs->axis = choice;
    shape->dim[choice == CHANNELS_FIRST ? 2 : 1] = attrs->number[0];
    shape->dim[choice == CHANNELS_FIRST ? 3 : 2] = attrs->number[1];
    return true;
}

bool ops_resize_lower(const OpsLower *o) {
    const DType given = o->inputs[0]->dtype, dtype = ops_float(o->l->graph, given);
    if (ops_truth(o->attrs, CROP) || ops_truth(o->attrs, PAD))
        return lower_unsupported(o->l, o->node,
                                 "resize() that keeps the aspect ratio; the layer Resizing does");
    Op *x = lower_channels_last(o->l, o->node, ir_cast(o->l, o->node, o->inputs[0], dtype), o->attrs->axis);
    if (!resize_possible(o->l, o->node, x, 1, 3)) return false;
    x = resize_image(o->l, o->node, x, o->attrs->number[0], o->attrs->number[1],
                     (ResizeMethod)o->attrs->number[2], ops_truth(o->attrs, ANTIALIAS));
    x = lower_channels_back(o->l, o->node, x, o->attrs->axis);
    o->outputs[0] = resize_whole(o->l, o->node, x, given);
    return true;
}

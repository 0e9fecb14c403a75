/* keras.ops functions along axes: sum, mean, var, logsumexp, norm, normalize, average, ... */
#include "layers/ops.h"
#include "layers/ops_kinds.h"

Shape ops_reduced(const Shape *shape, uint32_t axes, bool keep) {
    Shape out = {.rank = 0};
    for (int i = 0; i < shape->rank; i++) {
        if (!(axes >> i & 1))
            out.dim[out.rank++] = shape->dim[i];
        else if (keep)
            out.dim[out.rank++] = 1;
    }
    return out;
}

static bool reduce_shape(LayerCall *call, OpsAttrs *attrs, int axis_param) {
    const Shape *shape = &call->inputs[0]->shape;
    if (!ops_axes(call, axis_param, shape->rank, &attrs->axes)) return false;
    call->output_shapes[0] = ops_reduced(shape, attrs->axes, attrs->keep);
    return true;
}

bool ops_reduce_infer(LayerCall *call, OpsAttrs *attrs) {
    const int function = attrs->row->function;
    attrs->keep = function != OPS_COUNT && ops_truth(attrs, 2);
    call->output_dtypes[0] = ops_result(call->graph, call->inputs[0]->dtype, attrs->row->rule);
    if ((function == OPS_MAX || function == OPS_MIN) && !value_is_none(attrs->value[3])) {
        double number;
        if (!value_as_number(attrs->value[3], &number))
            return ops_invalid(call, 3, "`initial` is a number, not %s",
                               value_repr(call->graph->arena, attrs->value[3]));
    }
    if (function == OPS_PROD && attrs->row->rule == OPS_WIDE &&
        !ops_dtype(call, 3, call->output_dtypes[0], &call->output_dtypes[0]))
        return false;
    return reduce_shape(call, attrs, 1);
}

static Op *reduced(const OpsLower *o, Op *x, ReduceFunction function, bool keep) {
    if (o->attrs->axes == 0) return x;
    return ir_reduce(o->l, o->node, x, function, o->attrs->axes, keep);
}

static Op *variance(const OpsLower *o, Op *x) {
    Op *apart = ops_bin(o, BIN_SUB, x, reduced(o, x, REDUCE_MEAN, true));
    return reduced(o, ops_un(o, UNARY_SQUARE, apart), REDUCE_MEAN, o->attrs->keep);
}

/* log(sum(exp(x - top))) + top, where top is the maximum, or 0 where that is not finite. */
static Op *logsumexp(const OpsLower *o, Op *x) {
    Op *top = reduced(o, x, REDUCE_MAX, true);
    Op *finite = ops_bin(o, BIN_LT, ops_un(o, UNARY_ABS, top), ops_scalar(o, x->dtype, INFINITY));
    top = ir_select(o->l, o->node, finite, top, ops_scalar(o, x->dtype, 0));
    Op *sum = reduced(o, ops_un(o, UNARY_EXP, ops_bin(o, BIN_SUB, x, top)), REDUCE_SUM, true);
    Op *y = ops_bin(o, BIN_ADD, ops_un(o, UNARY_LOG, sum), top);
    return ops_shaped(o, y, 0);
}

/* Reductions of bools: as numbers 0 and 1. */
static Op *bits(const OpsLower *o, ReduceFunction function) {
    Op *x = ir_cast(o->l, o->node, ir_cast(o->l, o->node, o->inputs[0], DTYPE_BOOL), DTYPE_FLOAT32);
    return ir_cast(o->l, o->node, reduced(o, x, function, o->attrs->keep), DTYPE_BOOL);
}

static Op *extreme(const OpsLower *o, ReduceFunction function, Op *x) {
    const bool is_bool = x->dtype == DTYPE_BOOL;
    double initial;
    if (is_bool) x = ir_cast(o->l, o->node, x, DTYPE_INT32);
    Op *y = reduced(o, x, function, o->attrs->keep);
    if (value_as_number(o->attrs->value[3], &initial))
        y = ops_bin(o, function == REDUCE_MAX ? BIN_MAX : BIN_MIN, y, ops_scalar(o, y->dtype, initial));
    return is_bool ? ir_cast(o->l, o->node, y, DTYPE_BOOL) : y;
}

bool ops_reduce_lower(const OpsLower *o) {
    const DType dtype = o->node->outputs[0]->dtype;
    const bool keep = o->attrs->keep;
    const int function = o->attrs->row->function;
    Op *given = o->inputs[0], *y = NULL;
    Op *x = dtype == DTYPE_BOOL ? given : ir_cast(o->l, o->node, given, dtype);
    switch (function) {
    case OPS_SUM: y = reduced(o, x, REDUCE_SUM, keep); break;
    case OPS_PROD: y = reduced(o, x, REDUCE_PROD, keep); break;
    case OPS_MEAN: y = reduced(o, x, REDUCE_MEAN, keep); break;
    case OPS_MAX: y = extreme(o, REDUCE_MAX, given); break;
    case OPS_MIN: y = extreme(o, REDUCE_MIN, given); break;
    case OPS_ALL: y = bits(o, REDUCE_MIN); break;
    case OPS_ANY: y = bits(o, REDUCE_MAX); break;
    case OPS_VAR: y = variance(o, x); break;
    case OPS_STD: y = ops_un(o, UNARY_SQRT, variance(o, x)); break;
    case OPS_COUNT:
        x = ir_cast(o->l, o->node, ir_cast(o->l, o->node, given, DTYPE_BOOL), DTYPE_INT32);
        y = reduced(o, x, REDUCE_SUM, false);
        break;
    default: y = logsumexp(o, x); break;
    }
    o->outputs[0] = y;
    return true;
}

/* ---- norm, normalize ---- */

/* number[0]: the order; 2 (also of all axes, and Frobenius'), 1, 0, or "inf" as OPS_INF, -inf as -OPS_INF. */
static const int64_t infinite_order = INT64_MAX;

static bool read_order(LayerCall *call, OpsAttrs *attrs, int param) {
    const Value value = attrs->value[param];
    const char *text = value_c_str(value);
    double number = 2;
    const int count = __builtin_popcount(attrs->axes);
    const bool whole = value_as_number(value, &number), fro = text && text[0] == 'f';
    attrs->number[0] = isinf(number) ? (number > 0 ? infinite_order : -infinite_order) : (int64_t)number;
    if (count == 1 && text)
        return ops_invalid(call, param, "Invalid `ord` argument for vector norm. Received: ord=%s", text);
    if (value_is_none(value) || (count == 2 && fro)) return attrs->number[0] = 2, true;
    if (whole && count == 1 && (isinf(number) || number == floor(number))) return true;
    return ops_invalid(call, param, "norm() with ord=%s over %d axes is not supported yet",
                       value_repr(call->graph->arena, value), count);
}

bool ops_norm_infer(LayerCall *call, OpsAttrs *attrs) {
    attrs->keep = ops_truth(attrs, 3);
    call->output_dtypes[0] = ops_float(call->graph, call->inputs[0]->dtype);
    return reduce_shape(call, attrs, 2) && read_order(call, attrs, 1);
}

static Op *norm(const OpsLower *o, Op *x, int64_t order, bool keep) {
    Op *magnitude = ops_un(o, UNARY_ABS, x);
    if (order == 2) return ops_un(o, UNARY_SQRT, reduced(o, ops_un(o, UNARY_SQUARE, x), REDUCE_SUM, keep));
    if (order == infinite_order) return reduced(o, magnitude, REDUCE_MAX, keep);
    if (order == -infinite_order) return reduced(o, magnitude, REDUCE_MIN, keep);
    if (order == 1) return reduced(o, magnitude, REDUCE_SUM, keep);
    if (order == 0) {
        Op *set = ops_bin(o, BIN_NE, x, ops_scalar(o, x->dtype, 0));
        return reduced(o, ir_cast(o->l, o->node, set, x->dtype), REDUCE_SUM, keep);
    }
    Op *powers = ops_bin(o, BIN_POW, magnitude, ops_scalar(o, x->dtype, (double)order));
    return ops_bin(o, BIN_POW, reduced(o, powers, REDUCE_SUM, keep),
                   ops_scalar(o, x->dtype, 1 / (double)order));
}

bool ops_norm_lower(const OpsLower *o) {
    Op *x = ir_cast(o->l, o->node, o->inputs[0], o->node->outputs[0]->dtype);
    o->outputs[0] = norm(o, x, o->attrs->number[0], o->attrs->keep);
    return true;
}

bool ops_normalize_infer(LayerCall *call, OpsAttrs *attrs) {
    int64_t order;
    call->output_shapes[0] = call->inputs[0]->shape;
    call->output_dtypes[0] = call->graph->settings.floatx;
    if (!value_as_int(attrs->value[2], &order) || order < 1)
        return ops_invalid(call, 2, "Argument `order` must be an int >= 1. Received: order=%s",
                           value_text(call->graph->arena, attrs->value[2]));
    attrs->number[0] = order;
    return ops_axes(call, 1, call->inputs[0]->shape.rank, &attrs->axes);
}

bool ops_normalize_lower(const OpsLower *o) {
    double epsilon = o->l->graph->settings.epsilon;
    (void)value_as_number(o->attrs->value[3], &epsilon);
    Op *x = ir_cast(o->l, o->node, o->inputs[0], ops_float(o->l->graph, o->inputs[0]->dtype));
    if (o->attrs->number[0] == 2) {
        Op *sum = reduced(o, ops_un(o, UNARY_SQUARE, x), REDUCE_SUM, true);
        Op *scale = ops_bin(o, BIN_MIN, ops_un(o, UNARY_RSQRT, sum), ops_scalar(o, x->dtype, 1 / epsilon));
        return o->outputs[0] = ops_bin(o, BIN_MUL, x, scale), true;
    }
    Op *size = ops_bin(o, BIN_MAX, norm(o, x, o->attrs->number[0], true), ops_scalar(o, x->dtype, epsilon));
    o->outputs[0] = ops_bin(o, BIN_DIV, x, size);
    return true;
}

/* ---- average ---- */

bool ops_average_infer(LayerCall *call, OpsAttrs *attrs) {
    const Shape *shape = &call->inputs[0]->shape;
    const bool weighted = !value_is_none(attrs->value[2]);
    Shape weights = *shape;
    int64_t single;
    if (!value_is_none(attrs->value[1]) && !value_as_int(attrs->value[1], &single))
        return ops_invalid(call, 1, "average() takes one axis or None. Received: axis=%s",
                           value_text(call->graph->arena, attrs->value[1]));
    if (!reduce_shape(call, attrs, 1)) return false;
    call->output_dtypes[0] = attrs->dtype = ops_float(call->graph, ops_promote(call, 0, weighted ? 2 : 0));
    if (!weighted) return true;
    if (!ops_operand(call, 2, &weights)) return false;
    if (shape_compatible(shape, &weights)) return true;
    int axis = 0;
    while (axis < shape->rank && attrs->axes != 1u << axis) axis++;
    if (axis < shape->rank && weights.rank == 1 && weights.dim[0] == shape->dim[axis]) return true;
    if (value_is_none(attrs->value[1]))
        return ops_mismatch(call,
                            "`weights` must have the same shape as `x` when `axis=None`, but received "
                            "`weights.shape=%s` and `x.shape=%s`.",
                            shape_text(call->graph->arena, &weights), shape_text(call->graph->arena, shape));
    return ops_mismatch(
        call,
        "`weights` must have the same size as `x` at `axis=%s` but received `weights.shape=%s` "
        "while x.shape is `%s`.",
        value_text(call->graph->arena, attrs->value[1]), shape_text(call->graph->arena, &weights),
        shape_text(call->graph->arena, shape));
}

bool ops_average_lower(const OpsLower *o) {
    Op *x = ir_cast(o->l, o->node, o->inputs[0], o->attrs->dtype);
    if (value_is_none(o->attrs->value[2])) return o->outputs[0] = reduced(o, x, REDUCE_MEAN, false), true;
    Op *weights = ops_lower_operand(o, 2, o->attrs->dtype);
    if (weights->shape.rank != x->shape.rank) {
        Shape shape = {.rank = x->shape.rank};
        for (int i = 0; i < shape.rank; i++) shape.dim[i] = o->attrs->axes >> i & 1 ? x->shape.dim[i] : 1;
        weights = ir_reshape(o->l, o->node, weights, &shape);
    }
    Op *total = reduced(o, ops_bin(o, BIN_MUL, x, weights), REDUCE_SUM, false);
    Op *count = reduced(o, weights, REDUCE_SUM, false);
    o->outputs[0] = ops_bin(o, BIN_DIV, total, count);
    return true;
}

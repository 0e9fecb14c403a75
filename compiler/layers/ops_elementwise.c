/* keras.ops functions of each element: exp, log2, isnan, clip, cast, where, zeros_like, ... */
#include "layers/ops.h"
#include "layers/ops_kinds.h"

DType ops_result(const Graph *graph, DType dtype, int rule) {
    switch (rule) {
    case OPS_FLOAT: return ops_float(graph, dtype);
    case OPS_FLOAT_WIDE: return dtype == DTYPE_INT64 ? DTYPE_FLOAT64 : ops_float(graph, dtype);
    case OPS_FLOATX: return graph->settings.floatx;
    case OPS_RUN:
    case OPS_NO_BOOL: return dtype == DTYPE_BOOL ? DTYPE_INT32 : dtype;
    case OPS_BOOL: return DTYPE_BOOL;
    case OPS_INT: return DTYPE_INT32;
    case OPS_WIDE:
        if (dtype == DTYPE_BOOL || dtype == DTYPE_INT8 || dtype == DTYPE_INT16) return DTYPE_INT32;
        return dtype == DTYPE_UINT8 || dtype == DTYPE_UINT16 ? DTYPE_UINT32 : dtype;
    default: return dtype;
    }
}

bool ops_unary_infer(LayerCall *call, OpsAttrs *attrs) {
    call->output_shapes[0] = call->inputs[0]->shape;
    call->output_dtypes[0] = ops_result(call->graph, call->inputs[0]->dtype, attrs->row->rule);
    return true;
}

/* Functions without a meaning on whole numbers in TensorFlow: Keras infers a type, and fails when it runs. */
static bool needs_float(const OpsLower *o, UnaryFunction function, DType dtype) {
    const bool whole = function == UNARY_ABS || function == UNARY_NEGATE || function == UNARY_SQUARE ||
                       function == UNARY_SIGN || function == UNARY_LINEAR;
    if (dtype_is_float(dtype) || (whole && dtype != DTYPE_BOOL)) return true;
    return lower_unsupported(o->l, o->node, "%s() does not work on %s", o->attrs->row->name,
                             dtype_name(dtype));
}

bool ops_unary_lower(const OpsLower *o) {
    const UnaryFunction function = (UnaryFunction)o->attrs->row->function;
    const DType dtype = o->node->outputs[0]->dtype;
    Op *x = ir_cast(o->l, o->node, o->inputs[0], dtype);
    const bool positive = dtype == DTYPE_BOOL || (dtype_is_integer(dtype) && dtype_name(dtype)[0] == 'u');
    if (function == UNARY_LINEAR || (function == UNARY_ABS && positive)) return o->outputs[0] = x, true;
    if (!needs_float(o, function, dtype)) return false;
    if (function != UNARY_SIGN || dtype_is_float(dtype)) return o->outputs[0] = ops_un(o, function, x), true;
    Op *low = positive ? x : ops_bin(o, BIN_MAX, x, ops_scalar(o, dtype, -1));
    o->outputs[0] = ops_bin(o, BIN_MIN, low, ops_scalar(o, dtype, 1));
    return true;
}

/* Truncation towards zero: sign(x) * floor(|x|). */
static Op *truncated(const OpsLower *o, Op *x) {
    if (!dtype_is_float(x->dtype)) return x;
    return ops_bin(o, BIN_MUL, ops_un(o, UNARY_SIGN, x), ops_un(o, UNARY_FLOOR, ops_un(o, UNARY_ABS, x)));
}

bool ops_composed_lower(const OpsLower *o) {
    const int function = o->attrs->row->function;
    const DType wanted = o->node->outputs[0]->dtype, given = o->inputs[0]->dtype;
    if (function == OPS_NOT) {
        Op *bit = ir_cast(o->l, o->node, o->inputs[0], DTYPE_BOOL);
        return o->outputs[0] = ops_un(o, UNARY_LOGICAL_NOT, bit), true;
    }
    const DType dtype = wanted == DTYPE_BOOL ? ops_float(o->l->graph, given) : wanted;
    Op *x = ir_cast(o->l, o->node, o->inputs[0], dtype), *y = x;
    switch (function) {
    case OPS_ISNAN: y = ops_bin(o, BIN_NE, x, x); break;
    case OPS_ISINF: y = ops_bin(o, BIN_EQ, ops_un(o, UNARY_ABS, x), ops_scalar(o, dtype, INFINITY)); break;
    case OPS_ISFINITE: y = ops_bin(o, BIN_LT, ops_un(o, UNARY_ABS, x), ops_scalar(o, dtype, INFINITY)); break;
    case OPS_ISPOSINF: y = ops_bin(o, BIN_EQ, x, ops_scalar(o, dtype, INFINITY)); break;
    case OPS_ISNEGINF: y = ops_bin(o, BIN_EQ, x, ops_scalar(o, dtype, -INFINITY)); break;
    case OPS_LOG2: y = ops_bin(o, BIN_DIV, ops_un(o, UNARY_LOG, x), ops_scalar(o, dtype, log(2))); break;
    case OPS_LOG10: y = ops_bin(o, BIN_DIV, ops_un(o, UNARY_LOG, x), ops_scalar(o, dtype, log(10))); break;
    case OPS_EXP2: y = ops_bin(o, BIN_POW, ops_scalar(o, dtype, 2), x); break;
    default: y = truncated(o, x); break;
    }
    o->outputs[0] = y;
    return true;
}

bool ops_round_infer(LayerCall *call, OpsAttrs *attrs) {
    return ops_int(call, 1, &attrs->number[0]);
}

bool ops_round_lower(const OpsLower *o) {
    Op *x = o->inputs[0];
    const int64_t decimals = o->attrs->number[0];
    const bool whole = !dtype_is_float(x->dtype);
    if (whole && decimals >= 0) return o->outputs[0] = x, true;
    const DType dtype = ops_float(o->l->graph, x->dtype);
    Op *factor = ops_scalar(o, dtype, pow(10, (double)decimals)), *y = ir_cast(o->l, o->node, x, dtype);
    if (decimals != 0) y = ops_bin(o, BIN_MUL, y, factor);
    y = ops_un(o, UNARY_ROUND, y);
    if (decimals != 0) y = ops_bin(o, BIN_DIV, y, factor);
    o->outputs[0] = ir_cast(o->l, o->node, y, x->dtype);
    return true;
}

/* ---- clip, cast, where ---- */

bool ops_clip_infer(LayerCall *call, OpsAttrs *attrs) {
    for (int i = 1; i < 3; i++) {
        double number;
        if (value_as_number(attrs->value[i], &number)) continue;
        return ops_invalid(call, i,
                           "clip() takes numbers as bounds here, not %s; for tensors: maximum and minimum",
                           value_repr(call->graph->arena, attrs->value[i]));
    }
    return ops_unary_infer(call, attrs);
}

bool ops_clip_lower(const OpsLower *o) {
    const DType dtype = o->node->outputs[0]->dtype;
    Op *x = ir_cast(o->l, o->node, o->inputs[0], dtype);
    double low = 0, high = 0;
    (void)value_as_number(o->attrs->value[1], &low);
    (void)value_as_number(o->attrs->value[2], &high);
    if (dtype_is_float(dtype))
        return o->outputs[0] = ir_unary(o->l, o->node, x, UNARY_CLIP, low, high, 0), true;
    if (low != floor(low) || high != floor(high))
        return lower_unsupported(o->l, o->node, "clip() of %s with fractions as bounds", dtype_name(dtype));
    x = ops_bin(o, BIN_MIN, x, ops_scalar(o, dtype, high));
    o->outputs[0] = ops_bin(o, BIN_MAX, x, ops_scalar(o, dtype, low));
    return true;
}

bool ops_cast_infer(LayerCall *call, OpsAttrs *attrs) {
    (void)attrs;
    return ops_dtype(call, 1, call->graph->settings.floatx, &call->output_dtypes[0]);
}

bool ops_cast_lower(const OpsLower *o) {
    o->outputs[0] = ir_cast(o->l, o->node, o->inputs[0], o->node->outputs[0]->dtype);
    return true;
}

bool ops_where_infer(LayerCall *call, OpsAttrs *attrs) {
    Shape condition, a, b, both;
    const bool none[2] = {value_is_none(attrs->value[1]), value_is_none(attrs->value[2])};
    if (none[0] || none[1])
        return ops_invalid(
            call, none[0] ? 1 : 2,
            none[0] && none[1]
                ? "where() with one argument gives as many rows as it finds, which has no fixed shape"
                : "`x1` and `x2` either both should be `None` or both should have non-None value.");
    if (!ops_operand(call, 0, &condition) || !ops_operand(call, 1, &a) || !ops_operand(call, 2, &b))
        return false;
    call->output_dtypes[0] = attrs->dtype = ops_promote(call, 1, 2);
    return operation_broadcast(call, &condition, &a, &both) &&
           operation_broadcast(call, &both, &b, &call->output_shapes[0]);
}

bool ops_where_lower(const OpsLower *o) {
    Op *condition = ops_lower_operand(o, 0, DTYPE_BOOL);
    Op *a = ops_lower_operand(o, 1, o->attrs->dtype), *b = ops_lower_operand(o, 2, o->attrs->dtype);
    o->outputs[0] = ir_select(o->l, o->node, condition, a, b);
    return true;
}

/* ---- zeros_like, ones_like, full_like ---- */

bool ops_like_infer(LayerCall *call, OpsAttrs *attrs) {
    double number;
    const bool full = attrs->row->function == 2;
    if (full && !value_as_number(attrs->value[1], &number))
        return ops_invalid(call, 1, "full_like() takes a number here, not %s",
                           value_repr(call->graph->arena, attrs->value[1]));
    call->output_shapes[0] = call->inputs[0]->shape;
    return ops_dtype(call, full ? 2 : 1, call->inputs[0]->dtype, &call->output_dtypes[0]);
}

bool ops_like_lower(const OpsLower *o) {
    double number = o->attrs->row->function;
    if (o->attrs->row->function == 2) (void)value_as_number(o->attrs->value[1], &number);
    Op *value = ops_scalar(o, o->node->outputs[0]->dtype, number);
    o->outputs[0] = ir_broadcast(o->l, o->node, value, &o->inputs[0]->shape);
    return true;
}

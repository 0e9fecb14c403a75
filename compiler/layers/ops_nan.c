/* keras.ops reductions that pass over NaN: nansum, nanmean, nanmax, ...; and moments, ptp. */
#include "layers/ops.h"
#include "layers/ops_kinds.h"

static Op *over(const OpsLower *o, Op *x, ReduceFunction function, bool keep) {
    if (o->attrs->axes == 0) return x;
    return ir_reduce(o->l, o->node, x, function, o->attrs->axes, keep);
}

/* x with `value` in the place of NaN, and how many others there are. */
static Op *without(const OpsLower *o, Op *x, double value) {
    if (!dtype_is_float(x->dtype)) return x;
    return ir_select(o->l, o->node, ops_bin(o, BIN_NE, x, x), ops_scalar(o, x->dtype, value), x);
}

static Op *number_of(const OpsLower *o, Op *x, bool keep) {
    return over(o, ir_cast(o->l, o->node, ops_bin(o, BIN_EQ, x, x), x->dtype), REDUCE_SUM, keep);
}

static Op *mean_of(const OpsLower *o, Op *x, bool keep) {
    return ops_bin(o, BIN_DIV, over(o, without(o, x, 0), REDUCE_SUM, keep), number_of(o, x, keep));
}

static Op *variance_of(const OpsLower *o, Op *x, bool keep) {
    Op *apart = ops_bin(o, BIN_SUB, x, mean_of(o, x, true));
    Op *sum = over(o, ops_un(o, UNARY_SQUARE, without(o, apart, 0)), REDUCE_SUM, keep);
    return ops_bin(o, BIN_DIV, sum, number_of(o, x, keep));
}

/* NaN where there is nothing else. */
static Op *extreme(const OpsLower *o, Op *x, ReduceFunction function, bool keep) {
    const bool greatest = function == REDUCE_MAX;
    if (x->dtype == DTYPE_BOOL) {
        Op *y = over(o, ir_cast(o->l, o->node, x, DTYPE_INT32), function, keep);
        return ir_cast(o->l, o->node, y, DTYPE_BOOL);
    }
    if (!dtype_is_float(x->dtype)) return over(o, x, function, keep);
    Op *y = over(o, without(o, x, greatest ? -INFINITY : INFINITY), function, keep);
    Op *none = ops_bin(o, BIN_EQ, number_of(o, x, keep), ops_scalar(o, x->dtype, 0));
    return ir_select(o->l, o->node, none, ops_scalar(o, x->dtype, NAN), y);
}

bool ops_nan_reduce_infer(LayerCall *call, OpsAttrs *attrs) {
    const Shape *shape = &call->inputs[0]->shape;
    if (!ops_axes(call, 1, shape->rank, &attrs->axes)) return false;
    attrs->keep = ops_truth(attrs, 2);
    call->output_shapes[0] = ops_reduced(shape, attrs->axes, attrs->keep);
    call->output_dtypes[0] = ops_result(call->graph, call->inputs[0]->dtype, attrs->row->rule);
    return true;
}

bool ops_nan_lower(const OpsLower *o) {
    const bool keep = o->attrs->keep;
    Op *given = o->inputs[0], *x = given;
    const int function = o->attrs->row->function;
    if (function != OPS_NANMAX && function != OPS_NANMIN && function != OPS_PTP)
        x = ir_cast(o->l, o->node, given, o->node->outputs[0]->dtype);
    switch (function) {
    case OPS_NANSUM: x = over(o, without(o, x, 0), REDUCE_SUM, keep); break;
    case OPS_NANPROD: x = over(o, without(o, x, 1), REDUCE_PROD, keep); break;
    case OPS_NANMEAN: x = mean_of(o, x, keep); break;
    case OPS_NANMAX: x = extreme(o, x, REDUCE_MAX, keep); break;
    case OPS_NANMIN: x = extreme(o, x, REDUCE_MIN, keep); break;
    case OPS_NANVAR: x = variance_of(o, x, keep); break;
    case OPS_NANSTD: x = ops_un(o, UNARY_SQRT, variance_of(o, x, keep)); break;
    default: x = ops_bin(o, BIN_SUB, over(o, x, REDUCE_MAX, keep), over(o, x, REDUCE_MIN, keep)); break;
    }
    o->outputs[0] = x;
    return true;
}

/* ---- moments(x, axes, keepdims, synchronized): mean and variance ---- */

bool ops_moments_infer(LayerCall *call, OpsAttrs *attrs) {
    const Shape *shape = &call->inputs[0]->shape;
    if (!ops_axes(call, 1, shape->rank, &attrs->axes)) return false;
    if (ops_truth(attrs, 3))
        return ops_invalid(call, 3, "Argument synchronized=True is not supported with TensorFlow.");
    attrs->keep = ops_truth(attrs, 2);
    call->n_outputs = 2;
    for (int i = 0; i < 2; i++) {
        call->output_shapes[i] = ops_reduced(shape, attrs->axes, attrs->keep);
        call->output_dtypes[i] = call->inputs[0]->dtype;
    }
    return true;
}

bool ops_moments_lower(const OpsLower *o) {
    const DType given = o->inputs[0]->dtype, dtype = given == DTYPE_FLOAT16 ? DTYPE_FLOAT32 : given;
    if (!dtype_is_float(given))
        return lower_unsupported(o->l, o->node, "moments() does not work on %s", dtype_name(given));
    Op *x = ir_cast(o->l, o->node, o->inputs[0], dtype), *mean = over(o, x, REDUCE_MEAN, true);
    Op *variance = over(o, ops_un(o, UNARY_SQUARE, ops_bin(o, BIN_SUB, x, mean)), REDUCE_MEAN, true);
    o->outputs[0] = ops_shaped(o, ir_cast(o->l, o->node, mean, given), 0);
    o->outputs[1] = ops_shaped(o, ir_cast(o->l, o->node, variance, given), 1);
    return true;
}

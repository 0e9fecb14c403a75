/* keras.ops functions that compare and count: quantile, digitize, searchsorted, multi_hot, in_top_k, select.
 */
#include <string.h>

#include "layers/ops.h"
#include "layers/ops_kinds.h"

static Op *summed(const OpsLower *o, Op *x, int axis) {
    return ir_reduce(o->l, o->node, x, REDUCE_SUM, 1u << axis, false);
}

static Op *with_axis(const OpsLower *o, Op *x, int axis) {
    Shape shape = {.rank = x->shape.rank + 1};
    for (int i = 0, from = 0; i < shape.rank; i++) shape.dim[i] = i == axis ? 1 : x->shape.dim[from++];
    return ir_reshape(o->l, o->node, x, &shape);
}

/* ---- quantile(x, q, axis, method, keepdims), percentile ---- */

static const char *const METHODS[] = {"linear", "lower", "higher", "midpoint", "nearest", NULL};
enum { LINEAR, LOWER, HIGHER, MIDPOINT, NEAREST };

static bool read_quantiles(Arena *arena, Value value, double scale, double **out, size_t *count) {
    const List *items = value_sequence(value);
    *count = items ? items->items.count : 1;
    *out = ARENA_ARRAY(arena, double, *count + 1);
    for (size_t i = 0; i < *count; i++) {
        if (!value_as_number(items ? items->items.at[i] : value, &(*out)[i])) return false;
        (*out)[i] = (double)((float)(*out)[i] / (float)scale); /* float32, as Keras has it */
        if (!((*out)[i] >= 0 && (*out)[i] <= 1)) return false;
    }
    return *count > 0;
}

bool ops_quantile_infer(LayerCall *call, OpsAttrs *attrs) {
    const Shape *shape = &call->inputs[0]->shape;
    const char *method = value_c_str(attrs->value[3]);
    double *q;
    size_t count;
    if (!read_quantiles(call->graph->arena, attrs->value[1], attrs->row->function ? 100 : 1, &q, &count))
        return ops_invalid(call, 1, "%s() expects numbers from 0 to %d here, not %s", attrs->row->name,
                           attrs->row->function ? 100 : 1, value_repr(call->graph->arena, attrs->value[1]));
    if (!ops_axes(call, 2, shape->rank, &attrs->axes)) return false;
    int64_t *which = &attrs->number[0];
    for (*which = 0; METHODS[*which] && (!method || strcmp(METHODS[*which], method) != 0);) ++*which;
    if (!METHODS[*which])
        return ops_invalid(
            call, 3,
            "Invalid `method`: %s. Expected one of {'linear', 'lower', 'higher', 'midpoint', 'nearest'}",
            value_text(call->graph->arena, attrs->value[3]));
    /* The quantile that Keras records of symbolic tensors forgets its method; a call inside a layer does not.
     */
    if (attrs->row->function == 0 && !graph_traced_name(call->inputs, call->n_inputs)) *which = LINEAR;
    attrs->keep = ops_truth(attrs, 4);
    Shape out = ops_reduced(shape, attrs->axes, attrs->keep);
    if (value_sequence(attrs->value[1]) && count > 1) {
        if (out.rank == SHAPE_MAX_RANK) return ops_invalid(call, 1, "the result has too many axes");
        for (int i = out.rank++; i > 0; i--) out.dim[i] = out.dim[i - 1];
        out.dim[0] = (int64_t)count;
    }
    call->output_shapes[0] = out;
    call->output_dtypes[0] = ops_float(call->graph, call->inputs[0]->dtype);
    return true;
}

/* What stands between two of the n sorted elements of the last axis. */
static Op *quantile_at(const OpsLower *o, Op *sorted, double q, int64_t method) {
    const int last = sorted->shape.rank - 1;
    const int64_t n = sorted->shape.dim[last];
    const double place = q * (double)(n - 1), low = floor(place), high = ceil(place);
    double at = place;
    if (method == LOWER) at = low;
    if (method == HIGHER) at = high;
    if (method == NEAREST) at = rint(place);
    if (method == MIDPOINT) at = 0.5 * (low + high);
    Op *a = ir_slice_axis(o->l, o->node, sorted, last, (int64_t)floor(at), 1);
    if (at == floor(at) || o->l->ir->broken) return a;
    Op *b = ir_slice_axis(o->l, o->node, sorted, last, (int64_t)ceil(at), 1);
    Op *left = ops_bin(o, BIN_MUL, a, ops_scalar(o, a->dtype, ceil(at) - at));
    return ops_bin(o, BIN_ADD, left, ops_bin(o, BIN_MUL, b, ops_scalar(o, a->dtype, at - floor(at))));
}

/* The axes as one, the last. */
static Op *axes_last(const OpsLower *o, Op *x, uint32_t axes) {
    int perm[SHAPE_MAX_RANK], rank = 0;
    Shape shape = {.rank = 0};
    int64_t together = 1;
    for (int i = 0; i < x->shape.rank; i++)
        if (!(axes >> i & 1)) {
            perm[rank++] = i;
            shape.dim[shape.rank++] = x->shape.dim[i];
        }
    for (int i = 0; i < x->shape.rank; i++)
        if (axes >> i & 1) {
            perm[rank++] = i;
            together *= x->shape.dim[i];
        }
    shape.dim[shape.rank++] = together;
    return ir_reshape(o->l, o->node, ir_transpose(o->l, o->node, x, perm), &shape);
}

bool ops_quantile_lower(const OpsLower *o) {
    double *q;
    size_t count;
    DType dtype;
    Op *x = ir_cast(o->l, o->node, o->inputs[0], o->node->outputs[0]->dtype);
    (void)read_quantiles(o->l->ir->arena, o->attrs->value[1], o->attrs->row->function ? 100 : 1, &q, &count);
    for (int i = 0; i < x->shape.rank; i++)
        if (o->attrs->axes >> i & 1 && x->shape.dim[i] == DIM_UNKNOWN)
            return lower_unsupported(o->l, o->node, "%s() over the batch", o->attrs->row->name);
    if (!ops_sort_type(o, x->dtype, &dtype)) return false;
    x = axes_last(o, ir_cast(o->l, o->node, x, dtype), o->attrs->axes);
    Op *sorted = ops_sorted(o, x);
    if (!sorted) return false;
    Op *nan = ir_cast(o->l, o->node, ops_bin(o, BIN_NE, x, x), DTYPE_FLOAT32);
    nan = ir_reduce(o->l, o->node, nan, REDUCE_MAX, 1u << (x->shape.rank - 1), true);
    nan = ops_bin(o, BIN_GT, nan, ops_scalar(o, DTYPE_FLOAT32, 0));
    Op **parts = ARENA_ARRAY(o->l->ir->arena, Op *, count);
    const Shape *out = &o->node->outputs[0]->shape;
    const bool several = value_sequence(o->attrs->value[1]) && count > 1;
    for (size_t i = 0; i < count; i++) {
        Op *y = quantile_at(o, sorted, q[i], o->attrs->number[0]);
        if (o->l->ir->broken) return false;
        y = ir_select(o->l, o->node, nan, ops_scalar(o, dtype, NAN), y);
        Shape shape = ops_reduced(&o->inputs[0]->shape, o->attrs->axes, o->attrs->keep);
        parts[i] = ir_reshape(o->l, o->node, y, &shape);
        if (several) parts[i] = with_axis(o, parts[i], 0);
    }
    Op *y = several ? ir_concat(o->l, o->node, parts, count, 0) : parts[0];
    if (several && out->rank > 1 && o->inputs[0]->shape.dim[0] == DIM_UNKNOWN)
        return lower_unsupported(o->l, o->node, "%s() of several numbers puts an axis before the batch",
                                 o->attrs->row->name);
    o->outputs[0] = ir_cast(o->l, o->node, y, o->node->outputs[0]->dtype);
    return true;
}

/* ---- digitize(x, bins), searchsorted(sorted_sequence, values, side) ---- */

static bool sorted_numbers(LayerCall *call, int param, int64_t *count) {
    const Value value = ops_attrs(call)->value[param];
    const List *items = value_sequence(value);
    double number;
    if (value.kind == VALUE_TENSOR) {
        const Shape *shape = &call->inputs[ops_input(ops_attrs(call), param)]->shape;
        if (shape->rank != 1)
            return ops_mismatch(call, "%s() needs a tensor of one axis to search in. Received shape %s",
                                ops_attrs(call)->row->name, shape_text(call->graph->arena, shape));
        return *count = shape->dim[0], true;
    }
    bool fine = items != NULL;
    for (size_t i = 0; fine && i < items->items.count; i++)
        fine = value_as_number(items->items.at[i], &number);
    if (fine) return *count = (int64_t)items->items.count, true;
    return ops_invalid(call, param, "%s() expects a list of numbers or a tensor of one axis here, not %s",
                       ops_attrs(call)->row->name, value_repr(call->graph->arena, value));
}

/* axis: the parameter of the boundaries; number[0]: whether an equal boundary counts. */
bool ops_search_infer(LayerCall *call, OpsAttrs *attrs) {
    const bool digitize = attrs->row->function == 0;
    const char *side = digitize ? "right" : value_c_str(attrs->value[2]);
    Shape shape;
    attrs->axis = digitize ? 1 : 0;
    if (!ops_operand(call, 1 - attrs->axis, &shape) || !sorted_numbers(call, attrs->axis, &attrs->number[1]))
        return false;
    if (!side || (strcmp(side, "left") != 0 && strcmp(side, "right") != 0))
        return ops_invalid(call, 2, "`side` must be 'left' or 'right'. Received: side=%s",
                           value_text(call->graph->arena, attrs->value[2]));
    if (attrs->number[1] == DIM_UNKNOWN || shape.rank == SHAPE_MAX_RANK)
        return ops_mismatch(call, "%s() needs a fixed number of boundaries", attrs->row->name);
    attrs->number[0] = side[0] == 'r';
    call->output_shapes[0] = shape;
    call->output_dtypes[0] = DTYPE_INT32;
    return true;
}

static Op *boundaries(const OpsLower *o, DType dtype) {
    const Value value = o->attrs->value[o->attrs->axis];
    const int64_t count = o->attrs->number[1];
    if (value.kind == VALUE_TENSOR)
        return ir_cast(o->l, o->node, o->inputs[ops_input(o->attrs, o->attrs->axis)], dtype);
    const List *items = value_sequence(value);
    double *data = ARENA_ARRAY(o->l->ir->arena, double, (size_t)count + 1);
    for (int64_t i = 0; i < count; i++) (void)value_as_number(items->items.at[i], &data[i]);
    Op *op = ir_constant(o->l, o->node, o->node->layer->name, &(Shape){1, {count}}, DTYPE_FLOAT64, data);
    return ir_cast(o->l, o->node, op, dtype);
}

static DType search_type(const OpsLower *o) {
    const Value table = o->attrs->value[o->attrs->axis];
    const int other = 1 - o->attrs->axis;
    DType dtype = DTYPE_FLOAT32;
    if (o->attrs->value[other].kind == VALUE_TENSOR) dtype = o->inputs[ops_input(o->attrs, other)]->dtype;
    if (table.kind == VALUE_TENSOR)
        dtype = dtype_promote(dtype, o->inputs[ops_input(o->attrs, o->attrs->axis)]->dtype);
    return dtype_is_float(dtype) ? dtype : DTYPE_FLOAT64;
}

bool ops_search_lower(const OpsLower *o) {
    const DType dtype = search_type(o);
    Op *x = ops_lower_operand(o, 1 - o->attrs->axis, dtype), *table = boundaries(o, dtype);
    if (o->attrs->number[1] == 0) {
        Op *zero = ir_broadcast(o->l, o->node, ops_scalar(o, DTYPE_FLOAT32, 0), &x->shape);
        return o->outputs[0] = ir_cast(o->l, o->node, zero, DTYPE_INT32), true;
    }
    Op *own = with_axis(o, x, x->shape.rank);
    Op *before = ops_bin(o, o->attrs->number[0] ? BIN_GE : BIN_GT, own, table);
    if (o->l->ir->broken) return false;
    o->outputs[0] = summed(o, ir_cast(o->l, o->node, before, DTYPE_INT32), x->shape.rank);
    return true;
}

/* ---- multi_hot(inputs, num_classes, axis, dtype, sparse) ---- */

bool ops_multi_hot_infer(LayerCall *call, OpsAttrs *attrs) {
    const Shape *shape = &call->inputs[0]->shape;
    Shape *out = &call->output_shapes[0];
    int64_t classes, axis;
    if (ops_truth(attrs, 4)) return ops_invalid(call, 4, "multi_hot() with sparse=True is not supported");
    if (!ops_int(call, 1, &classes) || !ops_int(call, 2, &axis)) return false;
    if (classes < 1 || shape->rank < 1 || shape->rank == SHAPE_MAX_RANK)
        return ops_invalid(call, 1, "multi_hot() needs a positive number of classes and at least one axis");
    attrs->axis = axis < 0 ? shape->rank : (int)axis;
    if (attrs->axis > shape->rank || axis < -1)
        return ops_invalid(call, 2, "axis must be -1 or between [0, %d), but received %lld.", shape->rank,
                           (long long)axis);
    attrs->number[0] = classes;
    attrs->number[1] = shape->rank > 1 ? 1 : 0; /* what is reduced, of the one-hot tensor */
    Shape hot = {.rank = shape->rank + 1};
    for (int i = 0, from = 0; i < hot.rank; i++) hot.dim[i] = i == attrs->axis ? classes : shape->dim[from++];
    *out = ops_reduced(&hot, 1u << attrs->number[1], false);
    return ops_dtype(call, 3, call->graph->settings.floatx, &call->output_dtypes[0]);
}

bool ops_multi_hot_lower(const OpsLower *o) {
    const int64_t classes = o->attrs->number[0];
    int32_t *numbers = ARENA_ARRAY(o->l->ir->arena, int32_t, (size_t)classes + 1);
    Shape across = {.rank = o->inputs[0]->shape.rank + 1};
    for (int64_t i = 0; i < classes; i++) numbers[i] = (int32_t)i;
    for (int i = 0; i < across.rank; i++) across.dim[i] = i == o->attrs->axis ? classes : 1;
    Op *ids = with_axis(o, ir_cast(o->l, o->node, o->inputs[0], DTYPE_INT32), o->attrs->axis);
    Op *all = ir_constant(o->l, o->node, o->node->layer->name, &across, DTYPE_INT32, numbers);
    Op *hot = ir_cast(o->l, o->node, ops_bin(o, BIN_EQ, ids, all), DTYPE_FLOAT32);
    hot = ir_reduce(o->l, o->node, hot, REDUCE_MAX, 1u << o->attrs->number[1], false);
    o->outputs[0] = ir_cast(o->l, o->node, hot, o->node->outputs[0]->dtype);
    return true;
}

/* ---- in_top_k(targets, predictions, k) ---- */

bool ops_in_top_k_infer(LayerCall *call, OpsAttrs *attrs) {
    Shape targets, predictions;
    if (!ops_operand(call, 0, &targets) || !ops_operand(call, 1, &predictions) ||
        !ops_int(call, 2, &attrs->number[0]))
        return false;
    if (targets.rank != 1 || predictions.rank != 2 || call->n_inputs != 2)
        return ops_mismatch(
            call, "in_top_k() needs targets of one axis and predictions of two. Received: %s and %s",
            shape_text(call->graph->arena, &targets), shape_text(call->graph->arena, &predictions));
    call->output_shapes[0] = targets;
    call->output_dtypes[0] = DTYPE_BOOL;
    return true;
}

/* Fewer than k predictions are greater than the target's. */
bool ops_in_top_k_lower(const OpsLower *o) {
    Op *x = o->inputs[1], *target = with_axis(o, ir_cast(o->l, o->node, o->inputs[0], DTYPE_INT32), 1);
    const int64_t n = x->shape.dim[1];
    int32_t *numbers = ARENA_ARRAY(o->l->ir->arena, int32_t, (size_t)n + 1);
    if (!dtype_is_float(x->dtype) || n < 1)
        return lower_unsupported(o->l, o->node, "in_top_k() of %s", dtype_name(x->dtype));
    for (int64_t i = 0; i < n; i++) numbers[i] = (int32_t)i;
    Op *all = ir_constant(o->l, o->node, o->node->layer->name, &(Shape){1, {n}}, DTYPE_INT32, numbers);
    Op *here = ops_bin(o, BIN_EQ, target, all);
    Op *value = summed(o, ir_select(o->l, o->node, here, x, ops_scalar(o, x->dtype, 0)), 1);
    Op *found = summed(o, ir_cast(o->l, o->node, here, DTYPE_FLOAT32), 1);
    Op *above = ops_bin(o, BIN_GT, x, with_axis(o, value, 1));
    Op *count = summed(o, ir_cast(o->l, o->node, above, DTYPE_FLOAT32), 1);
    Op *inside = ops_bin(o, BIN_LT, count, ops_scalar(o, DTYPE_FLOAT32, (double)o->attrs->number[0]));
    inside = ops_bin(o, BIN_AND, inside, ops_bin(o, BIN_GT, found, ops_scalar(o, DTYPE_FLOAT32, 0)));
    Op *finite = ops_bin(o, BIN_LT, ops_un(o, UNARY_ABS, value), ops_scalar(o, x->dtype, INFINITY));
    o->outputs[0] = ops_bin(o, BIN_AND, inside, finite);
    return true;
}

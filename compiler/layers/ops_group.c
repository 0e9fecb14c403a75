/* keras.ops functions that other rules do once their arguments are rewritten: hsplit, array_split, cumprod,
 * vdot, meshgrid, select, trapezoid, slice. */
#include <string.h>

#include "layers/ops.h"
#include "layers/ops_kinds.h"

/* ---- hsplit, vsplit, dsplit, array_split ---- */

bool ops_split_side_infer(LayerCall *call, OpsAttrs *attrs) {
    const int rank = call->inputs[0]->shape.rank, axis = attrs->row->function;
    attrs->value[2] = value_int(axis == 1 && rank == 1 ? 0 : axis);
    attrs->at[2] = call->at;
    return ops_split_infer(call, attrs);
}

/* The first extent % parts are one longer than the others. */
bool ops_array_split_infer(LayerCall *call, OpsAttrs *attrs) {
    const Shape *shape = &call->inputs[0]->shape;
    int64_t parts;
    int axis;
    if (!value_as_int(attrs->value[1], &parts))
        return ops_invalid(call, 1,
                           "Argument `indices_or_sections` must be of type `int`. Received: "
                           "indices_or_sections=%s",
                           value_text(call->graph->arena, attrs->value[1]));
    if (!ops_axis(call, 2, shape->rank, &axis)) return false;
    if (parts < 1 || parts > LAYER_MAX_OUTPUTS || shape->dim[axis] == DIM_UNKNOWN)
        return ops_split_infer(call, attrs);
    const int64_t least = shape->dim[axis] / parts, longer = shape->dim[axis] % parts;
    const Value places = value_list_new(call->graph->arena, VALUE_LIST);
    for (int64_t i = 1; i < parts; i++) {
        const int64_t more = i < longer ? i : longer;
        value_list_push(call->graph->arena, places, value_int(i * least + more));
    }
    attrs->value[1] = places;
    return ops_split_infer(call, attrs);
}

/* ---- vdot ---- */

bool ops_vdot_infer(LayerCall *call, OpsAttrs *attrs) {
    Shape a, b;
    int64_t left, right;
    if (!ops_operand(call, 0, &a) || !ops_operand(call, 1, &b)) return false;
    if (call->n_inputs != 2) return ops_invalid(call, 1, "vdot() expects two tensors");
    if (shape_count(&a, 0, &left) && shape_count(&b, 0, &right) && left != right)
        return ops_mismatch(call, "vdot() of %lld and %lld elements", (long long)left, (long long)right);
    call->output_shapes[0] = (Shape){0};
    call->output_dtypes[0] = attrs->dtype = ops_promote(call, 0, 1);
    return true;
}

bool ops_vdot_lower(const OpsLower *o) {
    Op *x[2];
    int64_t count;
    for (int i = 0; i < 2; i++) {
        x[i] = ops_lower_operand(o, i, o->attrs->dtype);
        if (!shape_count(&x[i]->shape, 0, &count))
            return lower_unsupported(o->l, o->node, "vdot() sums up over the whole batch");
        x[i] = ir_reshape(o->l, o->node, x[i], &(Shape){1, {count}});
    }
    if (o->l->ir->broken) return false;
    o->outputs[0] = ir_reduce(o->l, o->node, ops_bin(o, BIN_MUL, x[0], x[1]), REDUCE_SUM, 1, false);
    return true;
}

/* ---- meshgrid(*x, indexing) ---- */

static bool swaps(const OpsAttrs *attrs) {
    const char *indexing = value_c_str(attrs->value[1]);
    return indexing && indexing[0] == 'x' && attrs->value[0].as.list->items.count > 1;
}

bool ops_meshgrid_infer(LayerCall *call, OpsAttrs *attrs) {
    const char *indexing = value_c_str(attrs->value[1]);
    const size_t count = attrs->value[0].as.list->items.count;
    Shape out = {.rank = (int)count};
    if (!indexing || (strcmp(indexing, "xy") != 0 && strcmp(indexing, "ij") != 0))
        return ops_invalid(call, 1, "Valid values for `indexing` are 'xy' and 'ij', but received %s.",
                           value_text(call->graph->arena, attrs->value[1]));
    if (count != call->n_inputs || count > SHAPE_MAX_RANK)
        return ops_invalid(call, 0, "meshgrid() expects at most %d tensors", SHAPE_MAX_RANK);
    for (size_t i = 0; i < count; i++)
        if (!shape_count(&call->inputs[i]->shape, 0, &out.dim[i])) out.dim[i] = DIM_UNKNOWN;
    if (swaps(attrs)) {
        const int64_t first = out.dim[0];
        out.dim[0] = out.dim[1];
        out.dim[1] = first;
    }
    call->n_outputs = count;
    for (size_t i = 0; i < count; i++) {
        call->output_shapes[i] = out;
        call->output_dtypes[i] = call->inputs[i]->dtype;
    }
    return true;
}

bool ops_meshgrid_lower(const OpsLower *o) {
    const Shape *out = &o->node->outputs[0]->shape;
    if (!shape_is_static(out, 0)) return lower_unsupported(o->l, o->node, "meshgrid() of the batch");
    for (int i = 0; i < out->rank; i++) {
        const int axis = swaps(o->attrs) && i < 2 ? 1 - i : i;
        Shape along = {.rank = out->rank};
        for (int k = 0; k < out->rank; k++) along.dim[k] = k == axis ? out->dim[k] : 1;
        Op *x = ir_reshape(o->l, o->node, o->inputs[i], &along);
        o->outputs[i] = ir_broadcast(o->l, o->node, x, out);
    }
    return true;
}

/* ---- select(condlist, choicelist, default) ---- */

static const List *same_lists(LayerCall *call, const OpsAttrs *attrs) {
    const List *conditions = value_sequence(attrs->value[0]), *choices = value_sequence(attrs->value[1]);
    if (conditions && choices && conditions->items.count == choices->items.count && choices->items.count > 0)
        return choices;
    ops_invalid(call, 1, "condlist and choicelist of select() must be lists of equal length");
    return NULL;
}

bool ops_select_infer(LayerCall *call, OpsAttrs *attrs) {
    const List *choices = same_lists(call, attrs);
    double number;
    if (!choices) return false;
    if (!value_as_number(attrs->value[2], &number))
        return ops_invalid(call, 2, "the default of select() is a number here, not %s",
                           value_repr(call->graph->arena, attrs->value[2]));
    const size_t count = choices->items.count;
    if (call->n_inputs != 2 * count) return ops_invalid(call, 1, "select() expects lists of tensors");
    Shape shape = call->inputs[count]->shape;
    DType dtype = call->inputs[count]->dtype;
    for (size_t i = 0; i < 2 * count; i++) {
        if (!operation_broadcast(call, &shape, &call->inputs[i]->shape, &shape)) return false;
        if (i >= count) dtype = dtype_promote(dtype, call->inputs[i]->dtype);
    }
    call->output_shapes[0] = shape;
    call->output_dtypes[0] = dtype;
    return true;
}

bool ops_select_lower(const OpsLower *o) {
    const size_t count = o->node->n_inputs / 2;
    const DType dtype = o->node->outputs[0]->dtype;
    double number = 0;
    (void)value_as_number(o->attrs->value[2], &number);
    Op *y = ops_scalar(o, dtype, number);
    for (size_t i = count; i-- > 0;) {
        Op *condition = ir_cast(o->l, o->node, o->inputs[i], DTYPE_BOOL);
        y = ir_select(o->l, o->node, condition, ir_cast(o->l, o->node, o->inputs[count + i], dtype), y);
    }
    o->outputs[0] = y;
    return true;
}

/* ---- trapezoid(y, x, dx, axis) ---- */

bool ops_trapezoid_infer(LayerCall *call, OpsAttrs *attrs) {
    const Shape *shape = &call->inputs[0]->shape;
    double dx;
    if (!value_is_none(attrs->value[1]) || !value_as_number(attrs->value[2], &dx))
        return ops_invalid(call, 1, "trapezoid() is supported with a number as dx, not with x");
    if (!ops_axis(call, 3, shape->rank, &attrs->axis)) return false;
    attrs->axes = 1u << attrs->axis;
    call->output_shapes[0] = ops_reduced(shape, attrs->axes, false);
    call->output_dtypes[0] = ops_float(call->graph, call->inputs[0]->dtype);
    return true;
}

bool ops_trapezoid_lower(const OpsLower *o) {
    Op *y = ir_cast(o->l, o->node, o->inputs[0], o->node->outputs[0]->dtype);
    const int64_t n = y->shape.dim[o->attrs->axis];
    double dx = 1;
    (void)value_as_number(o->attrs->value[2], &dx);
    if (n < 2)
        return lower_unsupported(o->l, o->node, "trapezoid() over the batch or over fewer than two elements");
    Op *next = ir_slice_axis(o->l, o->node, y, o->attrs->axis, 1, n - 1);
    Op *own = ir_slice_axis(o->l, o->node, y, o->attrs->axis, 0, n - 1);
    if (o->l->ir->broken) return false;
    Op *sum = ir_reduce(o->l, o->node, ops_bin(o, BIN_ADD, next, own), REDUCE_SUM, o->attrs->axes, false);
    o->outputs[0] = ops_bin(o, BIN_MUL, sum, ops_scalar(o, y->dtype, dx / 2));
    return true;
}

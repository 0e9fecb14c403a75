/* keras.ops functions that join and split tensors: concatenate, stack, hstack, vstack, split, unstack. */
#include "base/checked.h"
#include "layers/ops.h"

enum { CONCATENATE, HSTACK, VSTACK };

/* The tensors of the first argument: a list or tuple of nothing else. */
static bool expect_tensors(LayerCall *call) {
    const OpsAttrs *attrs = ops_attrs(call);
    const Value value = attrs->value[0];
    const bool list = value.kind == VALUE_LIST || value.kind == VALUE_TUPLE;
    for (size_t i = 0; list && i < value.as.list->items.count; i++) {
        if (value.as.list->items.at[i].kind == VALUE_TENSOR) continue;
        return ops_invalid(call, 0, "%s() expects a list of tensors, but item %zu is %s", attrs->row->name, i,
                           value_repr(call->graph->arena, value.as.list->items.at[i]));
    }
    if (list && call->n_inputs > 0) return true;
    return ops_invalid(call, 0, "%s() expects a list of tensors, but received %s", attrs->row->name,
                       value_repr(call->graph->arena, value));
}

static void promote_all(LayerCall *call, OpsAttrs *attrs) {
    DType dtype = call->inputs[0]->dtype;
    for (size_t i = 1; i < call->n_inputs; i++) dtype = dtype_promote(dtype, call->inputs[i]->dtype);
    call->output_dtypes[0] = attrs->dtype = dtype;
}

/* Equal but for the axis (-1: in all); unknown extents fit any. */
static bool same_but(const Shape *a, const Shape *b, int axis) {
    if (a->rank != b->rank) return false;
    for (int i = 0; i < a->rank; i++)
        if (i != axis && a->dim[i] != b->dim[i] && a->dim[i] != DIM_UNKNOWN && b->dim[i] != DIM_UNKNOWN)
            return false;
    return true;
}

bool ops_concatenate_infer(LayerCall *call, OpsAttrs *attrs) {
    if (!expect_tensors(call)) return false;
    const Shape *first = &call->inputs[0]->shape;
    Shape *out = &call->output_shapes[0];
    *out = *first;
    promote_all(call, attrs);
    attrs->axis = attrs->row->function == HSTACK && first->rank > 1 ? 1 : 0;
    if (attrs->row->function == VSTACK && first->rank < 2)
        return ops_invalid(call, 0, "vstack() of tensors with fewer than 2 axes is not supported yet");
    if (attrs->row->function == CONCATENATE && !ops_axis(call, 1, first->rank, &attrs->axis)) return false;
    for (size_t i = 1; i < call->n_inputs; i++) {
        const Shape *next = &call->inputs[i]->shape;
        int64_t *extent = &out->dim[attrs->axis];
        if (!same_but(first, next, attrs->axis))
            return ops_mismatch(
                call,
                "Every value in `xs` must have the same shape except on the `axis` dim. But found "
                "element of shape %s, which is different from the first element's shape %s.",
                shape_text(call->graph->arena, next), shape_text(call->graph->arena, first));
        if (*extent == DIM_UNKNOWN || next->dim[attrs->axis] == DIM_UNKNOWN)
            *extent = DIM_UNKNOWN;
        else if (!checked_add(*extent, next->dim[attrs->axis], extent))
            return ops_mismatch(call, "the result of %s() is too large", attrs->row->name);
    }
    return true;
}

static Op **cast_inputs(const OpsLower *o, size_t count) {
    Op **inputs = ARENA_ARRAY(o->l->ir->arena, Op *, count);
    for (size_t i = 0; i < count; i++) inputs[i] = ir_cast(o->l, o->node, o->inputs[i], o->attrs->dtype);
    return inputs;
}

bool ops_concatenate_lower(const OpsLower *o) {
    const size_t count = o->node->n_inputs;
    Op **inputs = cast_inputs(o, count);
    o->outputs[0] = count == 1 ? inputs[0] : ir_concat(o->l, o->node, inputs, count, o->attrs->axis);
    return true;
}

bool ops_stack_infer(LayerCall *call, OpsAttrs *attrs) {
    /* A tensor is stacked with itself: Keras sees it as the list of its parts along axis 0. */
    if (!expect_tensors(call)) return false;
    const Shape *first = &call->inputs[0]->shape;
    Shape *out = &call->output_shapes[0];
    if (!ops_axis(call, 1, first->rank + 1, &attrs->axis)) return false;
    if (first->rank == SHAPE_MAX_RANK) return ops_invalid(call, 0, "the result of stack() has too many axes");
    for (size_t i = 1; i < call->n_inputs; i++)
        if (!same_but(first, &call->inputs[i]->shape, -1))
            return ops_mismatch(
                call,
                "Every value in `x` must have the same shape. But found element of shape %s,  which is "
                "different from the first element's shape %s.",
                shape_text(call->graph->arena, &call->inputs[i]->shape),
                shape_text(call->graph->arena, first));
    promote_all(call, attrs);
    *out = (Shape){.rank = first->rank + 1};
    for (int i = 0, from = 0; i < out->rank; i++)
        out->dim[i] = i == attrs->axis ? (int64_t)call->n_inputs : first->dim[from++];
    return true;
}

bool ops_stack_lower(const OpsLower *o) {
    const size_t count = o->node->n_inputs;
    Op **inputs = cast_inputs(o, count);
    Shape shape = o->node->outputs[0]->shape;
    shape.dim[o->attrs->axis] = 1;
    for (size_t i = 0; i < count; i++) inputs[i] = ir_reshape(o->l, o->node, inputs[i], &shape);
    o->outputs[0] = count == 1 ? inputs[0] : ir_concat(o->l, o->node, inputs, count, o->attrs->axis);
    return true;
}

/* ---- split, unstack ---- */

static bool add_part(LayerCall *call, int axis, int64_t extent) {
    if (call->n_outputs == LAYER_MAX_OUTPUTS)
        return ops_invalid(call, 1, "%s() into more than %d parts is not supported",
                           ops_attrs(call)->row->name, LAYER_MAX_OUTPUTS);
    call->output_dtypes[call->n_outputs] = call->inputs[0]->dtype;
    call->output_shapes[call->n_outputs] = call->inputs[0]->shape;
    call->output_shapes[call->n_outputs++].dim[axis] = extent;
    return true;
}

static bool split_evenly(LayerCall *call, int axis, int64_t parts) {
    const int64_t length = call->inputs[0]->shape.dim[axis];
    const bool known = length != DIM_UNKNOWN;
    if (parts < 1 || (known && length % parts != 0))
        return ops_mismatch(call,
                            "`x` size on given `axis` must be divisible by `indices_or_sections` when "
                            "`indices_or_sections` is an int. But received %lld and %lld.",
                            (long long)length, (long long)parts);
    for (int64_t i = 0; i < parts; i++)
        if (!add_part(call, axis, known ? length / parts : DIM_UNKNOWN)) return false;
    return true;
}

static int64_t clamp_index(int64_t index, int64_t length) {
    if (index < 0) index += length;
    return index < 0 ? 0 : index > length ? length : index;
}

bool ops_split_infer(LayerCall *call, OpsAttrs *attrs) {
    const Shape *shape = &call->inputs[0]->shape;
    const Value value = attrs->value[1];
    int64_t parts, at = 0;
    call->n_outputs = 0;
    if (!ops_axis(call, 2, shape->rank, &attrs->axis)) return false;
    const int64_t length = shape->dim[attrs->axis];
    if (value_as_int(value, &parts)) return split_evenly(call, attrs->axis, parts);
    if (value.kind != VALUE_LIST && value.kind != VALUE_TUPLE)
        return ops_invalid(call, 1, "`indices_or_sections` is an int or a list of ints, not %s",
                           value_repr(call->graph->arena, value));
    if (length == DIM_UNKNOWN) return ops_invalid(call, 1, "split() at indices of an axis of unknown extent");
    const size_t count = value.as.list->items.count + (attrs->row->rule == 1 ? 0 : 1);
    for (size_t i = 0; i < count; i++) {
        int64_t end = length;
        if (i < value.as.list->items.count) {
            if (!value_as_int(value.as.list->items.at[i], &end))
                return ops_invalid(call, 1, "`indices_or_sections` is an int or a list of ints, not %s",
                                   value_repr(call->graph->arena, value));
            if (attrs->row->rule == 1) end = end < 0 ? length : at + end; /* sizes, not places */
            end = clamp_index(end, length);
        }
        if (!add_part(call, attrs->axis, end > at ? end - at : 0)) return false;
        at = end;
    }
    return true;
}

bool ops_unstack_infer(LayerCall *call, OpsAttrs *attrs) {
    const Shape *shape = &call->inputs[0]->shape;
    int64_t parts = 0;
    call->n_outputs = 0;
    if (!ops_axis(call, 2, shape->rank, &attrs->axis)) return false;
    const int64_t length = shape->dim[attrs->axis];
    const bool given = value_as_int(attrs->value[1], &parts);
    if (!given) parts = length;
    if (parts == DIM_UNKNOWN || (length != DIM_UNKNOWN && parts != length))
        return ops_mismatch(
            call,
            "Cannot infer argument `num` from shape %s. Either provide a tensor with a concrete shape in "
            "the `axis` dimension or explicitly pass the `num` argument.",
            shape_text(call->graph->arena, shape));
    for (int64_t i = 0; i < parts; i++) {
        if (!add_part(call, attrs->axis, 1)) return false;
        Shape *out = &call->output_shapes[call->n_outputs - 1];
        for (int k = attrs->axis; k + 1 < out->rank; k++) out->dim[k] = out->dim[k + 1];
        out->rank--;
    }
    return true;
}

bool ops_split_lower(const OpsLower *o) {
    const Shape *whole = &o->inputs[0]->shape;
    const int axis = o->attrs->axis;
    int64_t begin = 0;
    if (whole->dim[axis] == DIM_UNKNOWN && o->node->n_outputs > 1)
        return lower_unsupported(o->l, o->node, "it splits the batch");
    for (size_t i = 0; i < o->node->n_outputs; i++) {
        const Shape *out = &o->node->outputs[i]->shape;
        const int64_t extent = out->rank == whole->rank ? out->dim[axis] : 1;
        Op *part = ir_slice_axis(o->l, o->node, o->inputs[0], axis, begin, extent);
        o->outputs[i] = ops_shaped(o, part, i);
        begin += extent;
        if (begin >= whole->dim[axis]) begin = 0; /* of an empty part */
    }
    return true;
}

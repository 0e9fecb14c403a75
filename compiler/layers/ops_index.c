/* keras.ops functions that choose elements: take, one_hot, argmax, cumsum, tril. */
#include "base/checked.h"
#include "layers/ops.h"

/* ---- take ---- */

typedef struct Indices {
    Shape shape;
    VEC(int64_t) at;
} Indices;

/* A nested list of ints: all lists of one level have the same length. */
static bool collect(Arena *arena, Value value, int depth, Indices *out) {
    int64_t index;
    if (value_as_int(value, &index)) {
        if (out->at.count > 0 && depth != out->shape.rank) return false;
        vec_push(arena, &out->at, index);
        return true;
    }
    if ((value.kind != VALUE_LIST && value.kind != VALUE_TUPLE) || depth == SHAPE_MAX_RANK) return false;
    const int64_t length = (int64_t)value.as.list->items.count;
    if (depth == out->shape.rank && out->at.count == 0)
        out->shape.dim[out->shape.rank++] = length;
    else if (depth >= out->shape.rank || out->shape.dim[depth] != length)
        return false;
    for (int64_t i = 0; i < length; i++)
        if (!collect(arena, value.as.list->items.at[i], depth + 1, out)) return false;
    return true;
}

static bool read_indices(LayerCall *call, Value value, Indices *out) {
    *out = (Indices){0};
    if (collect(call->graph->arena, value, 0, out)) return true;
    return ops_invalid(call, 1, "the indices of take() are integers, not %s",
                       value_repr(call->graph->arena, value));
}

static bool check_range(LayerCall *call, const Indices *indices, int64_t length) {
    for (size_t i = 0; length != DIM_UNKNOWN && i < indices->at.count; i++) {
        const int64_t index = indices->at.at[i];
        if (index < length && index >= -length) continue;
        diag_report(call->graph->diags, E272, ops_attrs(call)->at[1],
                    "index %lld of take() is out of range for an axis of %lld elements", (long long)index,
                    (long long)length);
        layer_note_history(call->graph, call->inputs[0]);
        return false;
    }
    return true;
}

bool ops_take_infer(LayerCall *call, OpsAttrs *attrs) {
    const Shape *shape = &call->inputs[0]->shape;
    Shape *out = &call->output_shapes[0];
    Indices indices = {0};
    int64_t length;
    if (attrs->value[1].kind == VALUE_TENSOR)
        indices.shape = call->inputs[1]->shape;
    else if (!read_indices(call, attrs->value[1], &indices))
        return false;
    attrs->axis = -1;
    if (value_is_none(attrs->value[2])) {
        *out = indices.shape;
        return check_range(call, &indices, shape_count(shape, 0, &length) ? length : DIM_UNKNOWN);
    }
    if (!ops_axis(call, 2, shape->rank, &attrs->axis)) return false;
    if (shape->rank - 1 + indices.shape.rank > SHAPE_MAX_RANK)
        return ops_invalid(call, 1, "the result of take() has too many axes");
    out->rank = 0;
    for (int i = 0; i < shape->rank; i++) {
        if (i != attrs->axis) out->dim[out->rank++] = shape->dim[i];
        for (int k = 0; i == attrs->axis && k < indices.shape.rank; k++)
            out->dim[out->rank++] = indices.shape.dim[k];
    }
    return check_range(call, &indices, shape->dim[attrs->axis]);
}

static Op *constant_indices(const OpsLower *o) {
    Arena *arena = o->l->ir->arena;
    Indices indices = {0};
    if (!collect(arena, o->attrs->value[1], 0, &indices)) return NULL;
    int32_t *data = ARENA_ARRAY(arena, int32_t, indices.at.count + 1);
    for (size_t i = 0; i < indices.at.count; i++) data[i] = (int32_t)indices.at.at[i];
    return ir_constant(o->l, o->node, o->node->layer->name, &indices.shape, DTYPE_INT32, data);
}

bool ops_take_lower(const OpsLower *o) {
    const bool computed = o->attrs->value[1].kind == VALUE_TENSOR;
    Op *x = o->inputs[0], *ids = computed ? o->inputs[1] : constant_indices(o);
    const int axis = o->attrs->axis < 0 ? 0 : o->attrs->axis;
    int64_t count;
    if (!ids) return false;
    if (!dtype_is_integer(ids->dtype)) ids = ir_cast(o->l, o->node, ids, DTYPE_INT32);
    if (o->attrs->axis < 0) {
        if (!shape_count(&x->shape, 0, &count))
            return lower_unsupported(o->l, o->node, "take() from the batch");
        x = ir_reshape(o->l, o->node, x, &(Shape){1, {count}});
    }
    o->outputs[0] = ir_gather_along(o->l, o->node, x, ids, axis);
    return true;
}

/* ---- one_hot ---- */

bool ops_one_hot_infer(LayerCall *call, OpsAttrs *attrs) {
    const Shape *shape = &call->inputs[0]->shape;
    int64_t classes, axis;
    Shape *out = &call->output_shapes[0];
    if (!ops_int(call, 1, &classes) || !ops_int(call, 2, &axis)) return false;
    if (ops_truth(attrs, 4)) return ops_invalid(call, 4, "one_hot() with sparse=True is not supported yet");
    if (classes < 0) return ops_invalid(call, 1, "num_classes of one_hot() is negative");
    if (axis != -1 && (axis < 0 || axis >= shape->rank))
        return ops_invalid(call, 2, "axis must be -1 or between [0, %d), but received %lld.", shape->rank,
                           (long long)axis);
    if (shape->rank == SHAPE_MAX_RANK)
        return ops_invalid(call, 0, "the result of one_hot() has too many axes");
    attrs->axis = axis < 0 ? shape->rank : (int)axis;
    attrs->number[0] = classes;
    out->rank = shape->rank + 1;
    for (int i = 0, from = 0; i < out->rank; i++)
        out->dim[i] = i == attrs->axis ? classes : shape->dim[from++];
    return ops_dtype(call, 3, call->graph->settings.floatx, &call->output_dtypes[0]);
}

bool ops_one_hot_lower(const OpsLower *o) {
    Shape shape = o->node->outputs[0]->shape, across = {.rank = shape.rank};
    const int axis = o->attrs->axis;
    const int64_t classes = o->attrs->number[0];
    int32_t *numbers = ARENA_ARRAY(o->l->ir->arena, int32_t, (size_t)classes + 1);
    for (int64_t i = 0; i < classes; i++) numbers[i] = (int32_t)i;
    for (int i = 0; i < shape.rank; i++) across.dim[i] = i == axis ? classes : 1;
    shape.dim[axis] = 1;
    Op *ids =
        ir_cast(o->l, o->node, o->inputs[0], o->inputs[0]->dtype == DTYPE_INT64 ? DTYPE_INT64 : DTYPE_INT32);
    ids = ir_reshape(o->l, o->node, ids, &shape);
    Op *all = ir_constant(o->l, o->node, o->node->layer->name, &across, DTYPE_INT32, numbers);
    o->outputs[0] = ir_cast(o->l, o->node, ops_bin(o, BIN_EQ, ids, ir_cast(o->l, o->node, all, ids->dtype)),
                            o->node->outputs[0]->dtype);
    return true;
}

/* ---- argmax, argmin, cumsum ---- */

bool ops_arg_infer(LayerCall *call, OpsAttrs *attrs) {
    const Shape *shape = &call->inputs[0]->shape;
    Shape *out = &call->output_shapes[0];
    attrs->axis = -1;
    attrs->keep = ops_truth(attrs, 2);
    call->output_dtypes[0] = DTYPE_INT32;
    if (!value_is_none(attrs->value[1]) && !ops_axis(call, 1, shape->rank, &attrs->axis)) return false;
    out->rank = 0;
    for (int i = 0; i < shape->rank; i++) {
        const bool reduced = attrs->axis < 0 || i == attrs->axis;
        if (!reduced || attrs->keep) out->dim[out->rank++] = reduced ? 1 : shape->dim[i];
    }
    return true;
}

bool ops_arg_lower(const OpsLower *o) {
    Op *x = o->inputs[0];
    int64_t count;
    if (o->attrs->axis < 0) {
        if (!shape_count(&x->shape, 0, &count))
            return lower_unsupported(o->l, o->node, "it searches the whole batch");
        x = ir_reshape(o->l, o->node, x, &(Shape){1, {count}});
    }
    Op *y = ir_arg(o->l, o->node, x, o->attrs->row->function == 1, o->attrs->axis < 0 ? 0 : o->attrs->axis);
    if (!o->l->ir->broken) o->outputs[0] = ops_shaped(o, y, 0);
    return true;
}

bool ops_cumsum_infer(LayerCall *call, OpsAttrs *attrs) {
    const Shape *shape = &call->inputs[0]->shape;
    const DType given = call->inputs[0]->dtype;
    int64_t count;
    attrs->axis = -1;
    if (!ops_dtype(call, 2, given == DTYPE_BOOL ? DTYPE_INT32 : given, &call->output_dtypes[0])) return false;
    if (!value_is_none(attrs->value[1])) return ops_axis(call, 1, shape->rank, &attrs->axis);
    if (!shape_count(shape, 0, &count)) count = DIM_UNKNOWN;
    call->output_shapes[0] = (Shape){1, {count}};
    return true;
}

bool ops_cumsum_lower(const OpsLower *o) {
    Op *x = ir_cast(o->l, o->node, o->inputs[0], o->node->outputs[0]->dtype);
    if (o->attrs->axis < 0) {
        if (!shape_is_static(&x->shape, 0))
            return lower_unsupported(o->l, o->node, "it runs over the whole batch");
        x = ops_shaped(o, x, 0);
    }
    o->outputs[0] = ir_scan(o->l, o->node, x, o->attrs->row->function ? SCAN_PROD : SCAN_SUM,
                            o->attrs->axis < 0 ? 0 : o->attrs->axis);
    return true;
}

/* ---- tril, triu ---- */

bool ops_triangle_infer(LayerCall *call, OpsAttrs *attrs) {
    if (call->inputs[0]->shape.rank < 2)
        return ops_mismatch(call, "%s() needs a tensor with at least two axes", attrs->row->name);
    return ops_int(call, 1, &attrs->number[0]);
}

bool ops_triangle_lower(const OpsLower *o) {
    Op *x = o->inputs[0];
    const Shape shape = {2, {x->shape.dim[x->shape.rank - 2], x->shape.dim[x->shape.rank - 1]}};
    int64_t count;
    if (!shape_count(&shape, 0, &count)) return lower_unsupported(o->l, o->node, "a triangle of the batch");
    uint8_t *mask = ARENA_ARRAY(o->l->ir->arena, uint8_t, (size_t)count + 1);
    for (int64_t i = 0; i < count; i++) {
        const int64_t above = i % shape.dim[1] - i / shape.dim[1];
        mask[i] = o->attrs->row->function == 0 ? above <= o->attrs->number[0] : above >= o->attrs->number[0];
    }
    Op *condition = ir_constant(o->l, o->node, o->node->layer->name, &shape, DTYPE_BOOL, mask);
    Op *zero = ir_cast(o->l, o->node, ops_scalar(o, DTYPE_FLOAT32, 0), x->dtype);
    o->outputs[0] = ir_select(o->l, o->node, condition, x, zero);
    return true;
}

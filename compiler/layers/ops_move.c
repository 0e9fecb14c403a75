/* keras.ops functions that keep all elements and move them: reshape, transpose, flip, roll, ... */
#include <string.h>
#include <strings.h>

#include "base/checked.h"
#include "layers/ops.h"

bool ops_read_ints(LayerCall *call, int param, Shape *out) {
    const Value value = ops_attrs(call)->value[param];
    const List *items = value_sequence(value);
    const size_t count = items ? items->items.count : 1;
    *out = (Shape){0};
    for (size_t i = 0; i < count && i < SHAPE_MAX_RANK; i++) {
        const Value item = items ? items->items.at[i] : value;
        if (value_is_none(item))
            out->dim[out->rank++] = DIM_UNKNOWN;
        else if (!value_as_int(item, &out->dim[out->rank++]))
            return ops_invalid(call, param, "%s() expects integers here, but received %s",
                               ops_attrs(call)->row->name, value_repr(call->graph->arena, value));
    }
    if (count <= SHAPE_MAX_RANK) return true;
    return ops_invalid(call, param, "%s() takes at most %d axes here", ops_attrs(call)->row->name,
                       SHAPE_MAX_RANK);
}

/* ---- the same elements in the same order ---- */

bool ops_view_lower(const OpsLower *o) {
    o->outputs[0] = ops_shaped(o, o->inputs[0], 0);
    return true;
}

bool ops_reshape_infer(LayerCall *call, OpsAttrs *attrs) {
    Shape target;
    int unknown = 0;
    const char *given = value_text(call->graph->arena, attrs->value[1]);
    if (!ops_read_ints(call, 1, &target)) return false;
    for (int i = 0; i < target.rank; i++) {
        if (target.dim[i] < DIM_UNKNOWN)
            return ops_invalid(
                call, 1,
                "Each dimension in `newshape` must be a non-negative integer, or `-1` for a single "
                "unknown dimension. Received: newshape=%s",
                given);
        unknown += target.dim[i] == DIM_UNKNOWN;
    }
    if (unknown > 1)
        return ops_invalid(
            call, 1, "There must be at most one unknown dimension (-1) in `newshape`. Received: newshape=%s",
            given);
    if (reshape_resolve(&call->inputs[0]->shape, 0, &target, &call->output_shapes[0])) return true;
    reshape_report(call->graph, call->at, &call->inputs[0]->shape, &target, "newshape");
    layer_note_history(call->graph, call->inputs[0]);
    return false;
}

bool ops_ravel_infer(LayerCall *call, OpsAttrs *attrs) {
    int64_t count;
    (void)attrs;
    if (!shape_count(&call->inputs[0]->shape, 0, &count)) count = DIM_UNKNOWN;
    call->output_shapes[0] = (Shape){1, {count}};
    return true;
}

bool ops_squeeze_infer(LayerCall *call, OpsAttrs *attrs) {
    const Shape *shape = &call->inputs[0]->shape;
    if (!ops_axes(call, 1, shape->rank, &attrs->axes)) return false;
    Shape *out = &call->output_shapes[0];
    out->rank = 0;
    for (int i = 0; i < shape->rank; i++) {
        const bool chosen = attrs->axes >> i & 1;
        if (!chosen || shape->dim[i] != 1) out->dim[out->rank++] = shape->dim[i];
        if (!chosen || shape->dim[i] == 1 || value_is_none(attrs->value[1])) continue;
        diag_report(call->graph->diags, E276, attrs->at[1],
                    "Cannot squeeze axis %s, because the dimension is not 1. Received: shape %s",
                    value_text(call->graph->arena, attrs->value[1]), shape_text(call->graph->arena, shape));
        layer_note_history(call->graph, call->inputs[0]);
        return false;
    }
    return true;
}

bool ops_expand_dims_infer(LayerCall *call, OpsAttrs *attrs) {
    const Shape *shape = &call->inputs[0]->shape;
    const List *items = value_sequence(attrs->value[1]);
    const size_t count = items ? items->items.count : 1;
    Shape *out = &call->output_shapes[0];
    out->rank = shape->rank + (int)count;
    attrs->axes = 0;
    if (count > SHAPE_MAX_RANK || out->rank > SHAPE_MAX_RANK)
        return ops_invalid(call, 1, "the result of expand_dims() has too many axes");
    for (size_t i = 0; i < count; i++) {
        int axis;
        const Value item = items ? items->items.at[i] : attrs->value[1];
        if (!ops_axis_value(call, 1, item, out->rank, &axis)) return false;
        if (attrs->axes >> axis & 1) return ops_invalid(call, 1, "repeated axis");
        attrs->axes |= 1u << axis;
    }
    for (int i = 0, from = 0; i < out->rank; i++) out->dim[i] = attrs->axes >> i & 1 ? 1 : shape->dim[from++];
    return true;
}

/* ---- permutations ---- */

bool ops_transpose_lower(const OpsLower *o) {
    bool same = true;
    for (int i = 0; i < o->inputs[0]->shape.rank; i++) same &= o->attrs->perm[i] == i;
    o->outputs[0] = same ? o->inputs[0] : ir_transpose(o->l, o->node, o->inputs[0], o->attrs->perm);
    return true;
}

static bool permuted(LayerCall *call, const OpsAttrs *attrs) {
    const Shape shape = call->inputs[0]->shape;
    call->output_shapes[0] = shape;
    for (int i = 0; i < shape.rank; i++) call->output_shapes[0].dim[i] = shape.dim[attrs->perm[i]];
    return true;
}

bool ops_transpose_infer(LayerCall *call, OpsAttrs *attrs) {
    const int rank = call->inputs[0]->shape.rank;
    const List *items = value_sequence(attrs->value[1]);
    uint32_t seen = 0;
    for (int i = 0; i < rank; i++) attrs->perm[i] = rank - 1 - i;
    if (value_is_none(attrs->value[1])) return permuted(call, attrs);
    if (!items || items->items.count != (size_t)rank)
        return ops_invalid(
            call, 1,
            "axis must be a list of the same length as the input shape, expected %d, but received %d.", rank,
            items ? (int)items->items.count : 1);
    for (int i = 0; i < rank; i++) {
        if (!ops_axis_value(call, 1, items->items.at[i], rank, &attrs->perm[i])) return false;
        seen |= 1u << attrs->perm[i];
    }
    if (seen != (1u << rank) - 1)
        return ops_invalid(call, 1, "axes=%s is not a permutation of the axes",
                           value_text(call->graph->arena, attrs->value[1]));
    return permuted(call, attrs);
}

bool ops_swapaxes_infer(LayerCall *call, OpsAttrs *attrs) {
    const int rank = call->inputs[0]->shape.rank;
    int a, b;
    if (!ops_axis(call, 1, rank, &a) || !ops_axis(call, 2, rank, &b)) return false;
    for (int i = 0; i < rank; i++) attrs->perm[i] = i == a ? b : i == b ? a : i;
    return permuted(call, attrs);
}

bool ops_moveaxis_infer(LayerCall *call, OpsAttrs *attrs) {
    const int rank = call->inputs[0]->shape.rank;
    const List *lists[2] = {value_sequence(attrs->value[1]), value_sequence(attrs->value[2])};
    const size_t count = lists[0] ? lists[0]->items.count : 1;
    bool taken[SHAPE_MAX_RANK] = {false}, filled[SHAPE_MAX_RANK] = {false};
    if (count != (lists[1] ? lists[1]->items.count : 1))
        return ops_invalid(call, 2,
                           "`source` and `destination` arguments must have the same number of elements, "
                           "but received `source=%s` and `destination=%s`.",
                           value_text(call->graph->arena, attrs->value[1]),
                           value_text(call->graph->arena, attrs->value[2]));
    for (size_t i = 0; i < count; i++) {
        int from, to;
        if (!ops_axis_value(call, 1, lists[0] ? lists[0]->items.at[i] : attrs->value[1], rank, &from) ||
            !ops_axis_value(call, 2, lists[1] ? lists[1]->items.at[i] : attrs->value[2], rank, &to))
            return false;
        if (taken[from] || filled[to]) return ops_invalid(call, 1, "repeated axis in moveaxis()");
        taken[from] = filled[to] = true;
        attrs->perm[to] = from;
    }
    for (int to = 0, from = 0; to < rank; to++) {
        if (filled[to]) continue;
        while (taken[from]) from++;
        attrs->perm[to] = from++;
    }
    return permuted(call, attrs);
}

/* ---- flip, roll ---- */

bool ops_flip_infer(LayerCall *call, OpsAttrs *attrs) {
    return ops_axes(call, 1, call->inputs[0]->shape.rank, &attrs->axes);
}

bool ops_flip_lower(const OpsLower *o) {
    int64_t begin[SHAPE_MAX_RANK] = {0}, step[SHAPE_MAX_RANK];
    const Shape *shape = &o->inputs[0]->shape;
    for (int i = 0; i < shape->rank; i++) {
        const bool turned = o->attrs->axes >> i & 1 && shape->dim[i] != 1;
        if (turned && shape->dim[i] == DIM_UNKNOWN)
            return lower_unsupported(o->l, o->node, "flip() of the batch");
        begin[i] = turned && shape->dim[i] > 0 ? shape->dim[i] - 1 : 0;
        step[i] = turned ? -1 : 1;
    }
    o->outputs[0] = ir_slice(o->l, o->node, o->inputs[0], begin, shape->dim, step);
    return true;
}

bool ops_roll_infer(LayerCall *call, OpsAttrs *attrs) {
    Shape shift, axes;
    const int rank = call->inputs[0]->shape.rank;
    memset(attrs->number, 0, sizeof attrs->number);
    if (!ops_read_ints(call, 1, &shift)) return false;
    attrs->axes = 0;
    if (value_is_none(attrs->value[2])) return attrs->number[0] = shift.dim[0], true;
    if (!ops_read_ints(call, 2, &axes)) return false;
    if (axes.rank != shift.rank) return ops_invalid(call, 2, "`shift` and `axis` of roll() differ in length");
    for (int i = 0; i < axes.rank; i++) {
        int axis;
        if (!ops_axis_value(call, 2, value_int(axes.dim[i]), rank, &axis)) return false;
        attrs->axes |= 1u << axis;
        attrs->number[axis] += shift.dim[i];
    }
    return true;
}

static Op *rolled(const OpsLower *o, Op *x, int axis, int64_t shift) {
    const int64_t length = x->shape.dim[axis];
    if (length <= 1) return x;
    const int64_t cut = ((length - shift % length) % length + length) % length;
    if (cut == 0) return x;
    Op *parts[] = {ir_slice_axis(o->l, o->node, x, axis, cut, length - cut),
                   ir_slice_axis(o->l, o->node, x, axis, 0, cut)};
    return ir_concat(o->l, o->node, parts, 2, axis);
}

bool ops_roll_lower(const OpsLower *o) {
    Op *x = o->inputs[0];
    if (x->shape.rank > 0 && x->shape.dim[0] == DIM_UNKNOWN && (o->attrs->axes == 0 || (o->attrs->axes & 1)))
        return lower_unsupported(o->l, o->node, "roll() moves elements along the batch");
    if (value_is_none(o->attrs->value[2])) {
        int64_t count;
        if (!shape_count(&x->shape, 0, &count)) return false;
        Op *flat = ir_reshape(o->l, o->node, x, &(Shape){1, {count}});
        return o->outputs[0] = ops_shaped(o, rolled(o, flat, 0, o->attrs->number[0]), 0), true;
    }
    for (int i = 0; i < x->shape.rank; i++)
        if (o->attrs->axes >> i & 1) x = rolled(o, x, i, o->attrs->number[i]);
    o->outputs[0] = x;
    return true;
}

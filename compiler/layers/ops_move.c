/* keras.ops functions that move elements: reshape, transpose, flip, roll, tile, repeat, pad, ... */
#include <string.h>
#include <strings.h>

#include "base/checked.h"
#include "layers/ops.h"

static const List *items_of(Value value) {
    return value.kind == VALUE_LIST || value.kind == VALUE_TUPLE ? value.as.list : NULL;
}

/* A list of ints (one int: of length 1); None in it is DIM_UNKNOWN. */
static bool read_ints(LayerCall *call, int param, Shape *out) {
    const Value value = ops_attrs(call)->value[param];
    const List *items = items_of(value);
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
    if (!read_ints(call, 1, &target)) return false;
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
    const List *items = items_of(attrs->value[1]);
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
    const List *items = items_of(attrs->value[1]);
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
    const List *lists[2] = {items_of(attrs->value[1]), items_of(attrs->value[2])};
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
    if (!read_ints(call, 1, &shift)) return false;
    attrs->axes = 0;
    if (value_is_none(attrs->value[2])) return attrs->number[0] = shift.dim[0], true;
    if (!read_ints(call, 2, &axes)) return false;
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

/* ---- more elements ---- */

bool ops_broadcast_to_infer(LayerCall *call, OpsAttrs *attrs) {
    Shape target, joined;
    (void)attrs;
    if (!read_ints(call, 1, &target)) return false;
    if (!operation_broadcast(call, &call->inputs[0]->shape, &target, &joined)) return false;
    call->output_shapes[0] = target;
    return true;
}

bool ops_broadcast_to_lower(const OpsLower *o) {
    o->outputs[0] = ir_broadcast(o->l, o->node, o->inputs[0], &o->node->outputs[0]->shape);
    return true;
}

bool ops_tile_infer(LayerCall *call, OpsAttrs *attrs) {
    const Shape *shape = &call->inputs[0]->shape;
    Shape repeats, *out = &call->output_shapes[0];
    if (!read_ints(call, 1, &repeats)) return false;
    out->rank = repeats.rank > shape->rank ? repeats.rank : shape->rank;
    for (int i = 0; i < out->rank; i++) {
        const int own = i - (out->rank - shape->rank), given = i - (out->rank - repeats.rank);
        const int64_t extent = own < 0 ? 1 : shape->dim[own], times = given < 0 ? 1 : repeats.dim[given];
        if (times < 0) return ops_invalid(call, 1, "tile() expects counts that are not negative");
        attrs->number[i] = times;
        if (extent == DIM_UNKNOWN)
            out->dim[i] = DIM_UNKNOWN;
        else if (!checked_mul(extent, times, &out->dim[i]))
            return ops_invalid(call, 1, "the result of tile() is too large");
    }
    return true;
}

/* The tensor `times` in a row along the axis. */
static Op *tiled(const OpsLower *o, Op *x, int axis, int64_t times) {
    Op **copies = ARENA_ARRAY(o->l->ir->arena, Op *, (size_t)times);
    for (int64_t i = 0; i < times; i++) copies[i] = x;
    return ir_concat(o->l, o->node, copies, (size_t)times, axis);
}

bool ops_tile_lower(const OpsLower *o) {
    enum { MOST = 4096 };
    const int rank = o->node->outputs[0]->shape.rank;
    Shape shape = o->inputs[0]->shape;
    const int added = rank - shape.rank;
    Op *x = o->inputs[0];
    if (added > 0) {
        for (int i = rank - 1; i >= 0; i--) shape.dim[i] = i < added ? 1 : shape.dim[i - added];
        shape.rank = rank;
        x = ir_reshape(o->l, o->node, x, &shape);
    }
    for (int i = rank - 1; i >= 0; i--) {
        const int64_t times = o->attrs->number[i];
        if (times == 1) continue;
        if (x->shape.dim[i] == DIM_UNKNOWN)
            return lower_unsupported(o->l, o->node, "tile() repeats the batch");
        if (x->shape.dim[i] == 1 && times > 0) {
            shape = x->shape;
            shape.dim[i] = times;
            x = ir_broadcast(o->l, o->node, x, &shape);
            continue;
        }
        if (times == 0 || times > MOST)
            return lower_unsupported(o->l, o->node, "tile() with a count of %lld", (long long)times);
        x = tiled(o, x, i, times);
    }
    o->outputs[0] = x;
    return true;
}

bool ops_repeat_infer(LayerCall *call, OpsAttrs *attrs) {
    const Shape *shape = &call->inputs[0]->shape;
    Shape *out = &call->output_shapes[0], counts;
    int64_t total;
    if (!read_ints(call, 1, &counts)) return false;
    if (counts.rank != 1 || counts.dim[0] < 1)
        return ops_invalid(call, 1, "repeat() with other than one positive count is not supported yet");
    attrs->number[0] = counts.dim[0];
    attrs->axis = -1;
    if (value_is_none(attrs->value[2])) {
        if (!shape_count(shape, 0, &total)) total = DIM_UNKNOWN;
        *out = (Shape){1, {total}};
    } else {
        if (!ops_axis(call, 2, shape->rank, &attrs->axis)) return false;
        *out = *shape;
    }
    int64_t *extent = &out->dim[attrs->axis < 0 ? 0 : attrs->axis];
    if (*extent == DIM_UNKNOWN || checked_mul(*extent, counts.dim[0], extent)) return true;
    return ops_invalid(call, 1, "the result of repeat() is too large");
}

bool ops_repeat_lower(const OpsLower *o) {
    Op *x = o->inputs[0];
    int64_t count = 0;
    if (o->attrs->axis < 0) {
        if (!shape_count(&x->shape, 0, &count))
            return lower_unsupported(o->l, o->node, "repeat() of the batch");
        x = ir_reshape(o->l, o->node, x, &(Shape){1, {count}});
    }
    o->outputs[0] = ir_repeat(o->l, o->node, x, o->attrs->axis < 0 ? 0 : o->attrs->axis, o->attrs->number[0]);
    return true;
}

/* ---- pad ---- */

static bool read_width(LayerCall *call, Value value, int64_t width[2]) {
    const List *items = items_of(value);
    if (value_as_int(value, &width[0])) return width[1] = width[0], width[0] >= 0;
    if (!items || items->items.count < 1 || items->items.count > 2) return false;
    for (size_t i = 0; i < 2; i++) {
        const Value item = items->items.at[items->items.count == 1 ? 0 : i];
        if (!value_as_int(item, &width[i]) || width[i] < 0) return false;
    }
    (void)call;
    return true;
}

bool ops_pad_infer(LayerCall *call, OpsAttrs *attrs) {
    static const char *const modes[] = {"constant", "reflect", "symmetric", "edge"};
    const Shape *shape = &call->inputs[0]->shape;
    const char *mode = value_c_str(attrs->value[2]);
    const List *items = items_of(attrs->value[1]);
    const bool nested = items && items->items.count > 0 && items_of(items->items.at[0]);
    attrs->axis = -1;
    for (int i = 0; i < 3; i++)
        if (mode && strcasecmp(mode, modes[i]) == 0) attrs->axis = i;
    if (attrs->axis < 0)
        return ops_invalid(call, 2,
                           "pad() with mode=%s is not supported: use 'constant', 'reflect' or 'symmetric'",
                           value_repr(call->graph->arena, attrs->value[2]));
    if (attrs->axis != 0 && !value_is_none(attrs->value[3]))
        return ops_invalid(
            call, 3,
            "Argument `constant_values` can only be provided when `mode == 'constant'`. Received: mode=%s",
            mode);
    if (nested && items->items.count != 1 && items->items.count != (size_t)shape->rank)
        return ops_invalid(call, 1,
                           "`pad_width` must have the same length as `x.shape`. Received: pad_width=%s (of "
                           "length %zu) and x.shape=%s (of length %d)",
                           value_text(call->graph->arena, attrs->value[1]), items->items.count,
                           shape_text(call->graph->arena, shape), shape->rank);
    for (int i = 0; i < shape->rank; i++) {
        int64_t *width = &attrs->number[2 * i], *extent = &call->output_shapes[0].dim[i];
        const Value value =
            !nested ? attrs->value[1] : items->items.at[items->items.count == 1 ? 0 : (size_t)i];
        if (!read_width(call, value, width))
            return ops_invalid(
                call, 1, "`pad_width` must be an int or pairs of ints that are not negative. Received: %s",
                value_text(call->graph->arena, attrs->value[1]));
        const int64_t most = shape->dim[i] - (attrs->axis == 1);
        if (attrs->axis != 0 && shape->dim[i] != DIM_UNKNOWN && (width[0] > most || width[1] > most))
            return ops_invalid(call, 1, "pad() with mode='%s' cannot add more than the axis has: %lld", mode,
                               (long long)shape->dim[i]);
        if (*extent == DIM_UNKNOWN) continue;
        if (!checked_add(*extent, width[0], extent) || !checked_add(*extent, width[1], extent))
            return ops_invalid(call, 1, "the result of pad() is too large");
    }
    return true;
}

/* `count` elements next to an end of the axis, turned around; reflect leaves the end itself out. */
static Op *mirror(const OpsLower *o, Op *x, int axis, bool front, int64_t count, int64_t skip) {
    int64_t begin[SHAPE_MAX_RANK] = {0}, step[SHAPE_MAX_RANK];
    Shape shape = x->shape;
    for (int i = 0; i < shape.rank; i++) step[i] = 1;
    begin[axis] = front ? skip + count - 1 : shape.dim[axis] - 1 - skip;
    step[axis] = -1;
    shape.dim[axis] = count;
    return ir_slice(o->l, o->node, x, begin, shape.dim, step);
}

static Op *mirrored(const OpsLower *o, Op *x, int axis, const int64_t *width, int64_t skip) {
    Op *parts[3];
    size_t count = 0;
    if (width[0] > 0) parts[count++] = mirror(o, x, axis, true, width[0], skip);
    parts[count++] = x;
    if (width[1] > 0) parts[count++] = mirror(o, x, axis, false, width[1], skip);
    return count == 1 ? x : ir_concat(o->l, o->node, parts, count, axis);
}

bool ops_pad_lower(const OpsLower *o) {
    int64_t before[SHAPE_MAX_RANK], after[SHAPE_MAX_RANK];
    Op *x = o->inputs[0];
    double value = 0;
    (void)value_as_number(o->attrs->value[3], &value);
    for (int i = 0; i < x->shape.rank; i++) {
        before[i] = o->attrs->number[2 * i];
        after[i] = o->attrs->number[2 * i + 1];
        if (x->shape.dim[i] == DIM_UNKNOWN && (before[i] || after[i]))
            return lower_unsupported(o->l, o->node, "pad() adds samples to the batch");
        if (o->attrs->axis != 0) x = mirrored(o, x, i, &o->attrs->number[2 * i], o->attrs->axis == 1);
    }
    o->outputs[0] = o->attrs->axis == 0 ? ir_pad(o->l, o->node, x, before, after, value) : x;
    return true;
}

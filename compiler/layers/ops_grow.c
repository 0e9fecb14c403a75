/* keras.ops functions whose result has more elements: broadcast_to, tile, repeat, pad. */
#include <string.h>
#include <strings.h>

#include "base/checked.h"
#include "layers/ops.h"

/* ---- the same elements again ---- */

bool ops_broadcast_to_infer(LayerCall *call, OpsAttrs *attrs) {
    Shape target, joined;
    (void)attrs;
    if (!ops_read_ints(call, 1, &target)) return false;
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
    if (!ops_read_ints(call, 1, &repeats)) return false;
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
    if (!ops_read_ints(call, 1, &counts)) return false;
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
    const List *items = value_sequence(value);
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
    const List *items = value_sequence(attrs->value[1]);
    const bool nested = items && items->items.count > 0 && value_sequence(items->items.at[0]);
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

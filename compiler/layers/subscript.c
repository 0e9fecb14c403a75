/* x[:, 1:3], x[..., 0], x[:, None]: Keras' GetItem.
 *
 * In:  a tensor and a tuple of ints, slices, None and at most one Ellipsis.
 * Out: for each axis of the tensor where the slice begins, its step and its extent; the axes that stay, with
 * None as an axis of 1. Lowered to one strided slice and one reshape.
 */
#include "layers/operation.h"

typedef struct SubscriptAttrs {
    Value key;
    int64_t begin[SHAPE_MAX_RANK], extent[SHAPE_MAX_RANK], step[SHAPE_MAX_RANK];
} SubscriptAttrs;

typedef struct Subscript {
    LayerCall *call;
    SubscriptAttrs *attrs;
    const Shape *shape;
    int axis; /* the next axis of the tensor */
} Subscript;

static bool invalid(const Subscript *s, DiagCode code, const char *text) {
    const Value key = s->attrs->key;
    diag_report(s->call->graph->diags, code, s->call->at, "%s Received: `%s`", text,
                value_repr(s->call->graph->arena, key));
    layer_note_history(s->call->graph, s->call->inputs[0]);
    return false;
}

static bool unsupported_key(const Subscript *s) {
    return invalid(s, E273, "Unsupported key type for array slice.");
}

static bool push_axis(const Subscript *s, int64_t extent) {
    Shape *out = &s->call->output_shapes[0];
    if (out->rank == SHAPE_MAX_RANK) return invalid(s, E273, "The result has too many axes.");
    out->dim[out->rank++] = extent;
    return true;
}

static void cut(Subscript *s, int64_t begin, int64_t extent, int64_t step) {
    s->attrs->begin[s->axis] = begin;
    s->attrs->extent[s->axis] = extent;
    s->attrs->step[s->axis] = step;
    s->axis++;
}

static bool take_index(Subscript *s, int64_t index) {
    Arena *arena = s->call->graph->arena;
    const int64_t length = s->shape->dim[s->axis];
    const int64_t at = index < 0 && length != DIM_UNKNOWN ? index + length : index;
    if (length != DIM_UNKNOWN && (at < 0 || at >= length)) {
        diag_report(s->call->graph->diags, E272, s->call->at,
                    "Array has shape %s but out-of-bounds index %s was requested",
                    shape_text(arena, s->shape), value_repr(arena, s->attrs->key));
        layer_note_history(s->call->graph, s->call->inputs[0]);
        return false;
    }
    cut(s, at, 1, 1);
    return true;
}

static int64_t clamp(int64_t value, int64_t least, int64_t most) {
    return value < least ? least : value > most ? most : value;
}

/* Python's slice.indices for one bound of a slice. */
static bool bound(Value value, int64_t length, int64_t fallback, int64_t least, int64_t most, int64_t *out) {
    if (value_is_none(value)) return *out = fallback, true;
    if (!value_as_int(value, out)) return false;
    if (*out < 0) *out += length;
    *out = clamp(*out, least, most);
    return true;
}

static bool is_whole(const Slice *slice) {
    int64_t start = 0, step = 1;
    const bool from_start = value_is_none(slice->start) || (value_as_int(slice->start, &start) && start == 0);
    return from_start && value_is_none(slice->stop) &&
           (value_is_none(slice->step) || (value_as_int(slice->step, &step) && step == 1));
}

static bool take_slice(Subscript *s, const Slice *slice) {
    const int64_t length = s->shape->dim[s->axis];
    int64_t start, stop, step = 1;
    if (!value_is_none(slice->step) && !value_as_int(slice->step, &step)) return unsupported_key(s);
    if (step == 0) return invalid(s, E273, "slice step cannot be zero.");
    if (length == DIM_UNKNOWN) {
        cut(s, is_whole(slice) ? 0 : 1, DIM_UNKNOWN, 1); /* other than whole: refused when it is lowered */
        return push_axis(s, DIM_UNKNOWN);
    }
    const int64_t least = step < 0 ? -1 : 0, most = step < 0 ? length - 1 : length;
    if (!bound(slice->start, length, step < 0 ? most : least, least, most, &start)) return unsupported_key(s);
    if (!bound(slice->stop, length, step < 0 ? least : most, least, most, &stop)) return unsupported_key(s);
    const int64_t span = step > 0 ? stop - start : start - stop;
    const uint64_t stride = step > 0 ? (uint64_t)step : 0 - (uint64_t)step;
    const int64_t extent = span > 0 ? (int64_t)(((uint64_t)span - 1) / stride + 1) : 0;
    cut(s, extent ? start : 0, extent, extent > 1 ? step : 1);
    return push_axis(s, extent);
}

static bool take_whole(Subscript *s, int until) {
    while (s->axis < until) {
        const int64_t extent = s->shape->dim[s->axis];
        if (!push_axis(s, extent)) return false;
        cut(s, 0, extent, 1);
    }
    return true;
}

static bool take(Subscript *s, Value key) {
    int64_t index;
    if (value_is_none(key)) return push_axis(s, 1);
    if (key.kind != VALUE_INT && key.kind != VALUE_SLICE) return unsupported_key(s);
    if (s->axis >= s->shape->rank) {
        return invalid(s, E273,
                       arena_printf(s->call->graph->arena,
                                    "Array has shape %s but slice has too many indices.",
                                    shape_text(s->call->graph->arena, s->shape)));
    }
    return value_as_int(key, &index) ? take_index(s, index) : take_slice(s, key.as.slice);
}

static bool subscript_infer(LayerCall *call) {
    SubscriptAttrs *attrs = ARENA_NEW(call->graph->arena, SubscriptAttrs);
    attrs->key = ((const SubscriptAttrs *)call->node_attrs)->key;
    call->node_attrs = attrs; /* new ones: inside a model, the other calls keep theirs */
    Subscript s = {call, attrs, &call->inputs[0]->shape, 0};
    const bool is_tuple = attrs->key.kind == VALUE_TUPLE || attrs->key.kind == VALUE_LIST;
    const Value *keys = is_tuple ? attrs->key.as.list->items.at : &attrs->key;
    const size_t count = is_tuple ? attrs->key.as.list->items.count : 1;
    int ellipses = 0, after = 0; /* axes that the keys after the Ellipsis take */
    call->output_shapes[0].rank = 0;
    call->output_dtypes[0] = call->inputs[0]->dtype;
    if (!is_tuple && attrs->key.kind != VALUE_INT) return unsupported_key(&s);
    for (size_t i = 0; i < count; i++) {
        if (keys[i].kind == VALUE_ELLIPSIS)
            ellipses++;
        else if (ellipses && !value_is_none(keys[i]))
            after++;
    }
    if (ellipses > 1) return invalid(&s, E273, "Slice should only have one ellipsis.");
    for (size_t i = 0; i < count; i++) {
        const bool ellipsis = keys[i].kind == VALUE_ELLIPSIS;
        if (!(ellipsis ? take_whole(&s, s.shape->rank - after) : take(&s, keys[i]))) return false;
    }
    return take_whole(&s, s.shape->rank);
}

static bool subscript_lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    const SubscriptAttrs *attrs = node->attrs;
    Shape shape = node->outputs[0]->shape;
    Op *part = ir_slice(l, node, inputs[0], attrs->begin, attrs->extent, attrs->step);
    if (l->ir->broken) return false;
    outputs[0] = shape_equal(&part->shape, &shape) ? part : ir_reshape(l, node, part, &shape);
    return true;
}

static const LayerClass subscript_class = {
    .name = "GetItem",
    .module = "keras.src.ops.numpy",
    .about = "x[...]",
    .flags = LAYER_OPERATION | LAYER_NO_AUTOCAST,
    .infer = subscript_infer,
    .lower = subscript_lower,
};

/* The first opaque part of a key, the bounds of its slices included. */
static const Opaque *opaque_key(Value key) {
    const Opaque *found = value_find_opaque(key);
    if (key.kind == VALUE_SLICE) {
        const Value parts[] = {key.as.slice->start, key.as.slice->stop, key.as.slice->step};
        for (size_t i = 0; !found && i < 3; i++) found = value_find_opaque(parts[i]);
    }
    const bool is_list = key.kind == VALUE_TUPLE || key.kind == VALUE_LIST;
    for (size_t i = 0; is_list && !found && i < key.as.list->items.count; i++)
        found = opaque_key(key.as.list->items.at[i]);
    return found;
}

bool operator_subscript(Graph *graph, Tensor *tensor, Value index, SourceRange at, Value *out) {
    SubscriptAttrs *attrs = ARENA_NEW(graph->arena, SubscriptAttrs);
    const Opaque *opaque = opaque_key(index);
    attrs->key = index;
    if (opaque) return *out = (Value){.kind = VALUE_OPAQUE, .as.opaque = opaque}, true;
    const Value operand = value_tensor(tensor);
    return operation_record(graph, &subscript_class, &operand, 1, attrs, at, out);
}

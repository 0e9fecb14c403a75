/* x.reshape(newshape), x.squeeze(axis): the methods of symbolic tensors. */
#include <string.h>

#include "base/text.h"
#include "layers/operation.h"

typedef struct MethodAttrs {
    Value argument;
    SourceRange at;
} MethodAttrs;

static bool read_shape(LayerCall *call, const MethodAttrs *attrs, Shape *out) {
    const Value value = attrs->argument;
    const char *given = value_text(call->graph->arena, value);
    int unknown = 0;
    *out = (Shape){0};
    if ((value.kind != VALUE_LIST && value.kind != VALUE_TUPLE) ||
        value.as.list->items.count > SHAPE_MAX_RANK) {
        return diag_report_as(call->graph->diags, E204, "TypeError", attrs->at,
                              "`newshape` must be a tuple of at most %d integers. Received: newshape=%s",
                              SHAPE_MAX_RANK, given);
    }
    for (size_t i = 0; i < value.as.list->items.count; i++) {
        int64_t extent = DIM_UNKNOWN;
        const Value item = value.as.list->items.at[i];
        if (!value_is_none(item) && (!value_as_int(item, &extent) || extent < DIM_UNKNOWN)) {
            return diag_report(
                call->graph->diags, E204, attrs->at,
                "Each dimension in `newshape` must be a non-negative integer, or `-1` for a single unknown "
                "dimension. Received: newshape=%s",
                given);
        }
        if (extent == DIM_UNKNOWN) unknown++;
        out->dim[out->rank++] = extent;
    }
    if (unknown <= 1) return true;
    return diag_report(
        call->graph->diags, E204, attrs->at,
        "There must be at most one unknown dimension (-1) in `newshape`. Received: newshape=%s", given);
}

static bool reshape_infer(LayerCall *call) {
    Shape target;
    call->output_dtypes[0] = call->inputs[0]->dtype;
    if (!read_shape(call, call->node_attrs, &target)) return false;
    if (reshape_resolve(&call->inputs[0]->shape, 0, &target, &call->output_shapes[0])) return true;
    reshape_report(call->graph, call->at, &call->inputs[0]->shape, &target, "newshape");
    layer_note_history(call->graph, call->inputs[0]);
    return false;
}

static bool to_shape_lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    outputs[0] = ir_reshape(l, node, inputs[0], &node->outputs[0]->shape);
    return true;
}

/* The axes to remove, as bits; false after reporting. */
static bool read_axes(LayerCall *call, const MethodAttrs *attrs, uint32_t *axes) {
    const Shape *shape = &call->inputs[0]->shape;
    const Value value = attrs->argument;
    const bool is_list = value.kind == VALUE_LIST || value.kind == VALUE_TUPLE;
    const size_t count = is_list ? value.as.list->items.count : 1;
    *axes = 0;
    for (size_t i = 0; i < count; i++) {
        const Value item = is_list ? value.as.list->items.at[i] : value;
        int64_t axis = 0;
        int at = 0;
        const bool legal = value_as_int(item, &axis) && shape_axis(shape, axis, &at);
        const bool again = legal && *axes >> at & 1;
        if (!legal || again || shape->dim[at] != 1) {
            diag_report(call->graph->diags, E276, attrs->at,
                        "Cannot squeeze axis %s, because %s. Received: shape %s",
                        value_text(call->graph->arena, item),
                        again   ? "it is given twice"
                        : legal ? "the dimension is not 1"
                                : "there is no such axis",
                        shape_text(call->graph->arena, shape));
            layer_note_history(call->graph, call->inputs[0]);
            return false;
        }
        *axes |= 1u << at;
    }
    return true;
}

static bool squeeze_infer(LayerCall *call) {
    const MethodAttrs *attrs = call->node_attrs;
    const Shape *shape = &call->inputs[0]->shape;
    uint32_t axes = 0;
    call->output_dtypes[0] = call->inputs[0]->dtype;
    if (value_is_none(attrs->argument)) {
        for (int i = 0; i < shape->rank; i++) axes |= (uint32_t)(shape->dim[i] == 1) << i;
    } else if (!read_axes(call, attrs, &axes)) {
        return false;
    }
    Shape *out = &call->output_shapes[0];
    out->rank = 0;
    for (int i = 0; i < shape->rank; i++) {
        if (!(axes >> i & 1)) out->dim[out->rank++] = shape->dim[i];
    }
    return true;
}

static const struct {
    const char *name, *parameter;
    bool required;
    LayerClass class_;
} methods[] = {
#define METHOD(name_, parameter, required, class_name, rule)                                                 \
    {                                                                                                        \
        name_, parameter, required, {                                                                        \
            .name = class_name, .module = "keras.src.ops.numpy", .about = "x." name_ "()",                   \
            .flags = LAYER_OPERATION | LAYER_NO_AUTOCAST, .infer = rule, .lower = to_shape_lower             \
        }                                                                                                    \
    }
    METHOD("reshape", "newshape", true, "Reshape", reshape_infer),
    METHOD("squeeze", "axis", false, "Squeeze", squeeze_infer),
};
enum { METHOD_COUNT = sizeof methods / sizeof methods[0] };

static bool bind_argument(Graph *graph, size_t row, const Arguments *arguments, MethodAttrs *attrs) {
    *attrs = (MethodAttrs){value_none(), arguments->call};
    if (arguments->count > 1) {
        return diag_report(graph->diags, E200, arguments->call,
                           "KerasTensor.%s() takes %s2 positional arguments but %zu were given",
                           methods[row].name, methods[row].required ? "" : "from 1 to ",
                           arguments->count + 1);
    }
    if (arguments->count == 0) {
        if (!methods[row].required) return true;
        return diag_report(graph->diags, E200, arguments->call,
                           "KerasTensor.%s() missing 1 required positional argument: '%s'", methods[row].name,
                           methods[row].parameter);
    }
    const Argument *argument = &arguments->at[0];
    if (argument->keyword && strcmp(argument->keyword, methods[row].parameter) != 0) {
        return diag_report(graph->diags, E205, argument->keyword_at,
                           "KerasTensor.%s() got an unexpected keyword argument '%s'", methods[row].name,
                           argument->keyword);
    }
    *attrs = (MethodAttrs){argument->value, argument->at};
    return true;
}

bool operator_method(Graph *graph, Tensor *tensor, const char *name, const Arguments *arguments, Value *out) {
    size_t row = 0;
    while (row < METHOD_COUNT && strcmp(methods[row].name, name) != 0) row++;
    MethodAttrs *attrs = ARENA_NEW(graph->arena, MethodAttrs);
    if (row == METHOD_COUNT || !bind_argument(graph, row, arguments, attrs)) {
        *out = layer_poison(graph, arguments->call);
        if (row < METHOD_COUNT) return false;
        return diag_report(graph->diags, E302, arguments->call, "'KerasTensor' object has no attribute '%s'",
                           name);
    }
    const Opaque *opaque = value_find_opaque(attrs->argument);
    if (opaque) return *out = (Value){.kind = VALUE_OPAQUE, .as.opaque = opaque}, true;
    const Value operand = value_tensor(tensor);
    return operation_record(graph, &methods[row].class_, &operand, 1, attrs, arguments->call, out);
}

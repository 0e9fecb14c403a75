/* Rescaling: x * scale + offset, where each is a number or a list with one number per channel. */
#include "layers/rules.h"

typedef struct RescalingAttrs {
    Value scale, offset;
} RescalingAttrs;

static const ParamSpec rescaling_params[] = {
    {FIELD(RescalingAttrs, scale), .kind = PARAM_VALUE, .required = true,
     .about = "a number, or one per channel"},
    {FIELD(RescalingAttrs, offset), .kind = PARAM_VALUE, .fallback = "0.0",
     .about = "a number, or one per channel"},
    {0},
};

/* A number, or a list of numbers; *count is 0 for a number. */
static bool read_numbers(Value value, double *numbers, size_t capacity, size_t *count) {
    *count = 0;
    if (value.kind != VALUE_LIST && value.kind != VALUE_TUPLE) return value_as_number(value, numbers);
    const List *list = value.as.list;
    for (size_t i = 0; i < list->items.count; i++) {
        double number;
        if (!value_as_number(list->items.at[i], &number)) return false;
        if (i < capacity) numbers[i] = number;
    }
    *count = list->items.count;
    return *count > 0;
}

static bool check_numbers(Graph *graph, const Layer *layer, const Arguments *arguments, const char *name,
                          Value value) {
    double first;
    size_t count;
    if (read_numbers(value, &first, 1, &count)) return true;
    return diag_report(
        graph->diags, E204, layer_argument_at(layer->class_, arguments, name),
        "Received an invalid value for `%s`, expected a number or a list of numbers. Received: %s=%s", name,
        name, value_text(graph->arena, value));
}

static bool rescaling_validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    const RescalingAttrs *attrs = layer->attrs;
    const bool scale = check_numbers(graph, layer, arguments, "scale", attrs->scale);
    return check_numbers(graph, layer, arguments, "offset", attrs->offset) && scale;
}

static bool check_channels(LayerCall *call, const char *name, Value value) {
    const Shape *shape = &call->inputs[0]->shape;
    double first;
    size_t count;
    (void)read_numbers(value, &first, 1, &count);
    const int64_t channels = shape->rank > 0 ? shape->dim[shape->rank - 1] : 1;
    if (count <= 1 || channels == DIM_UNKNOWN || (int64_t)count == channels) return true;
    diag_report(call->graph->diags, E207, call->at,
                "input 0 of layer \"%s\" is incompatible: `%s` has %zu values, got %s", call->layer->name,
                name, count, shape_text(call->graph->arena, shape));
    layer_note_input(call, 0);
    return false;
}

static bool rescaling_accept(LayerCall *call) {
    const RescalingAttrs *attrs = call->layer->attrs;
    return check_channels(call, "scale", attrs->scale) && check_channels(call, "offset", attrs->offset);
}

static Op *lower_numbers(Lowering *lowering, const Node *node, Value value) {
    const DType dtype = node->layer->compute_dtype;
    double number = 0;
    size_t count;
    (void)read_numbers(value, &number, 1, &count);
    if (count == 0) return lower_scalar(lowering, node, dtype, number);
    double *numbers = ARENA_ARRAY(lowering->ir->arena, double, count);
    (void)read_numbers(value, numbers, count, &count);
    const Shape shape = {1, {(int64_t)count}};
    if (dtype == DTYPE_FLOAT64)
        return ir_constant(lowering, node, node->layer->name, &shape, DTYPE_FLOAT64, numbers);
    float *floats = ARENA_ARRAY(lowering->ir->arena, float, count);
    for (size_t i = 0; i < count; i++) floats[i] = (float)numbers[i];
    return ir_cast(lowering, node,
                   ir_constant(lowering, node, node->layer->name, &shape, DTYPE_FLOAT32, floats), dtype);
}

static bool rescaling_lower(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    const RescalingAttrs *attrs = node->layer->attrs;
    Op *x = ir_cast(lowering, node, inputs[0], node->layer->compute_dtype);
    x = ir_binary(lowering, node, BIN_MUL, x, lower_numbers(lowering, node, attrs->scale));
    outputs[0] = ir_binary(lowering, node, BIN_ADD, x, lower_numbers(lowering, node, attrs->offset));
    return true;
}

const LayerClass LAYER_CLASS_RESCALING = {
    .name = "Rescaling",
    .module = "keras.layers",
    .about = "x * scale + offset",
    .params = rescaling_params,
    .attrs_size = sizeof(RescalingAttrs),
    .flags = LAYER_ANY_ARGUMENT | LAYER_SUPPORTS_MASKING,
    .validate = rescaling_validate,
    .accept = rescaling_accept,
    .lower = rescaling_lower,
};

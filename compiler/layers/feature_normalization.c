/* Normalization: (x - mean) / sqrt(variance), by numbers in the file or by weights that adapt() has left.
 * Keras: layers/preprocessing/normalization.py.
 */
#include "layers/rules.h"

typedef struct NormalizationAttrs {
    ParamInts axis;
    Value mean, variance;
    bool invert;
} NormalizationAttrs;

static const ParamSpec PARAMS[] = {
    {FIELD(NormalizationAttrs, axis), .kind = PARAM_AXES, .fallback = "-1", .optional_none = true,
     .empty_as_none = true, .about = "with a mean and a variance for each element; None: one for all"},
    {FIELD(NormalizationAttrs, mean), .kind = PARAM_VALUE, .fallback = "None", .about = "a number or lists"},
    {FIELD(NormalizationAttrs, variance), .kind = PARAM_VALUE, .fallback = "None",
     .about = "a number or lists"},
    {FIELD(NormalizationAttrs, invert), .kind = PARAM_BOOL, .fallback = "False", .about = "undo it instead"},
    {0}};

/* Nested lists of numbers. */
typedef struct Numbers {
    Shape shape;
    double *at;
    size_t count, room;
} Numbers;

static bool read_level(Arena *arena, Value value, int depth, Numbers *out) {
    double number;
    if (value_as_number(value, &number)) {
        if (depth != out->shape.rank) return false;
        if (out->count == out->room) {
            double *more = ARENA_ARRAY(arena, double, out->room * 2 + 8);
            for (size_t i = 0; i < out->count; i++) more[i] = out->at[i];
            out->at = more;
            out->room = out->room * 2 + 8;
        }
        return out->at[out->count++] = number, true;
    }
    if ((value.kind != VALUE_LIST && value.kind != VALUE_TUPLE) || depth >= SHAPE_MAX_RANK) return false;
    const List *list = value.as.list;
    if (depth == out->shape.rank && out->count == 0)
        out->shape.dim[out->shape.rank++] = (int64_t)list->items.count;
    if (depth >= out->shape.rank || (int64_t)list->items.count != out->shape.dim[depth]) return false;
    for (size_t i = 0; i < list->items.count; i++)
        if (!read_level(arena, list->items.at[i], depth + 1, out)) return false;
    return true;
}

static bool read_numbers(Arena *arena, Value value, Numbers *out) {
    *out = (Numbers){0};
    return read_level(arena, value, 0, out);
}

static bool check_numbers(Graph *graph, const Layer *layer, const Arguments *arguments, const char *name,
                          Value value, Numbers *out) {
    if (read_numbers(graph->arena, value, out)) return true;
    return diag_report(graph->diags, E204, layer_argument_at(layer->class_, arguments, name),
                       "`%s` of a Normalization must be a number or lists of numbers. Received: %s=%s", name,
                       name, value_text(graph->arena, value));
}

static bool validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    const NormalizationAttrs *attrs = layer->attrs;
    const bool mean = !value_is_none(attrs->mean), variance = !value_is_none(attrs->variance);
    Numbers m, v;
    if (mean != variance)
        return diag_report(
            graph->diags, E204, arguments->call,
            "When setting values directly, both `mean` and `variance` must be set. Received: mean=%s "
            "and variance=%s",
            value_text(graph->arena, attrs->mean), value_text(graph->arena, attrs->variance));
    if (!mean) return true;
    if (!check_numbers(graph, layer, arguments, "mean", attrs->mean, &m) ||
        !check_numbers(graph, layer, arguments, "variance", attrs->variance, &v))
        return false;
    if (!shape_equal(&m.shape, &v.shape))
        return diag_report(
            graph->diags, E204, arguments->call,
            "When setting values directly, `mean` and `variance` must have the same shape. Received: "
            "mean shape %s and variance shape %s",
            shape_text(graph->arena, &m.shape), shape_text(graph->arena, &v.shape));
    if (m.shape.rank <= attrs->axis.count) return true;
    return diag_report(
        graph->diags, E204, arguments->call,
        "The rank of `mean` must be less than or equal to the number of axes (%d). Received: mean "
        "shape %s",
        attrs->axis.count, shape_text(graph->arena, &m.shape));
}

/* Bit i: axis i of the input is kept, which accept has checked. */
static uint32_t kept_axes(const NormalizationAttrs *attrs, const Shape *input) {
    uint32_t kept = 0;
    for (int i = 0; i < attrs->axis.count; i++) {
        int axis = 0;
        if (shape_axis(input, attrs->axis.at[i], &axis)) kept |= 1u << axis;
    }
    return kept;
}

/* The extents of the kept axes, 1 in place of the others. */
static Shape broadcast_shape(const NormalizationAttrs *attrs, const Shape *input) {
    const uint32_t kept = kept_axes(attrs, input);
    Shape shape = *input;
    for (int i = 0; i < shape.rank; i++)
        if (!(kept >> i & 1)) shape.dim[i] = 1;
    return shape;
}

/* Where numbers of their own shape stand: their axes are the last of the kept ones. */
static Shape aligned_shape(const NormalizationAttrs *attrs, const Shape *input, const Shape *numbers) {
    const uint32_t kept = kept_axes(attrs, input);
    Shape shape = *input;
    int next = numbers->rank;
    for (int i = shape.rank - 1; i >= 0; i--)
        shape.dim[i] = (kept >> i & 1) && next > 0 ? numbers->dim[--next] : 1;
    return shape;
}

static bool accept(LayerCall *call) {
    const NormalizationAttrs *attrs = call->layer->attrs;
    const Shape *input = &call->inputs[0]->shape;
    Numbers mean;
    for (int i = 0; i < attrs->axis.count; i++) {
        int axis;
        if (shape_axis(input, attrs->axis.at[i], &axis)) continue;
        diag_report(
            call->graph->diags, E284, call->at,
            "All `axis` values must be in the range [-ndim, ndim). Received inputs with ndim=%d, while "
            "axis=%lld of layer \"%s\"",
            input->rank, (long long)attrs->axis.at[i], call->layer->name);
        layer_note_input(call, 0);
        return false;
    }
    const Shape target = broadcast_shape(attrs, input);
    if (!layer_expect_known(call, &target, "mean")) return false;
    if (call->layer->built && call->layer->weights.count) {
        const Shape first = broadcast_shape(attrs, &call->layer->built_shapes[0]);
        for (int i = 0; i < target.rank && first.rank == target.rank; i++)
            if (!layer_expect_axis(call, 0, i, first.dim[i] == target.dim[i] ? input->dim[i] : first.dim[i]))
                return false;
    }
    if (value_is_none(attrs->mean) || !read_numbers(call->graph->arena, attrs->mean, &mean)) return true;
    const Shape own = aligned_shape(attrs, input, &mean.shape);
    Shape joined;
    if (shape_broadcast(&own, &target, &joined) && shape_equal(&joined, &target)) return true;
    diag_report(call->graph->diags, E207, call->at,
                "input 0 of layer \"%s\" is incompatible: `mean` has shape %s, got %s", call->layer->name,
                shape_text(call->graph->arena, &mean.shape), shape_text(call->graph->arena, input));
    layer_note_input(call, 0);
    return false;
}

static bool build(LayerCall *call) {
    const NormalizationAttrs *attrs = call->layer->attrs;
    const Shape *input = &call->inputs[0]->shape;
    const uint32_t kept = kept_axes(attrs, input);
    Shape shape = {.rank = 0};
    if (!value_is_none(attrs->mean)) return true;
    for (int i = 0; i < input->rank; i++)
        if (kept >> i & 1) shape.dim[shape.rank++] = input->dim[i];
    return layer_add_weight(call, "mean", &shape, false, (Initializer){.kind = INIT_ZEROS}) &&
           layer_add_weight(call, "variance", &shape, false, (Initializer){.kind = INIT_ONES}) &&
           graph_add_weight(call->graph, call->layer, "count", &(Shape){.rank = 0}, DTYPE_INT64, false,
                            (Initializer){.kind = INIT_ZEROS});
}

/* Mean (0) or variance (1), of a rank that broadcasts with the input. */
static Op *statistic(Lowering *l, const Node *node, const Shape *input, size_t which, DType dtype) {
    const NormalizationAttrs *attrs = node->layer->attrs;
    const Value value = which ? attrs->variance : attrs->mean;
    Numbers numbers;
    if (value_is_none(value)) {
        const Shape shape = broadcast_shape(attrs, input);
        return ir_reshape(l, node, ir_cast(l, node, ir_weight(l, node->layer->weights.at[which]), dtype),
                          &shape);
    }
    (void)read_numbers(l->ir->arena, value, &numbers);
    const Shape shape = aligned_shape(attrs, input, &numbers.shape);
    return ir_cast(l, node, ir_constant(l, node, node->layer->name, &shape, DTYPE_FLOAT64, numbers.at),
                   dtype);
}

static bool lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    const NormalizationAttrs *attrs = node->layer->attrs;
    const DType dtype = lower_wide_dtype(node->layer);
    Op *x = ir_cast(l, node, inputs[0], dtype);
    Op *mean = statistic(l, node, &x->shape, 0, dtype), *variance = statistic(l, node, &x->shape, 1, dtype);
    Op *scale = ir_unary(l, node, variance, UNARY_SQRT, 0, 0, 0);
    scale = ir_binary(l, node, BIN_MAX, scale, lower_scalar(l, node, dtype, 1e-7));
    if (attrs->invert)
        outputs[0] = ir_binary(l, node, BIN_ADD, mean, ir_binary(l, node, BIN_MUL, x, scale));
    else
        outputs[0] = ir_binary(l, node, BIN_DIV, ir_binary(l, node, BIN_SUB, x, mean), scale);
    return true;
}

const LayerClass LAYER_CLASS_NORMALIZATION = {.name = "Normalization",
                                              .module = "keras.layers",
                                              .about = "shifts and scales by a known mean and variance",
                                              .params = PARAMS,
                                              .attrs_size = sizeof(NormalizationAttrs),
                                              .flags = LAYER_SUPPORTS_MASKING,
                                              .validate = validate,
                                              .accept = accept,
                                              .build = build,
                                              .lower = lower};

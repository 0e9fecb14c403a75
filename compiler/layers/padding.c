/* ZeroPadding and Cropping, 1D to 3D. Keras: layers/reshaping/. */
#include "base/checked.h"
#include "base/text.h"
#include "layers/spatial.h"

/* `amounts`: as written; validate reads it into before and after. */
typedef struct BorderAttrs {
    Value amounts;
    int data_format;
    int64_t before[SPATIAL_MAX], after[SPATIAL_MAX];
} BorderAttrs;

#define AMOUNTS_PARAM(parameter, default_text)                                                               \
    {                                                                                                        \
        .name = parameter, .offset = offsetof(BorderAttrs, amounts), .kind = PARAM_VALUE,                    \
        .fallback = default_text                                                                             \
    }

static const ParamSpec PADDING1D_PARAMS[] = {
    AMOUNTS_PARAM("padding", "1"), DATA_FORMAT_PARAM(BorderAttrs), {0}};
static const ParamSpec PADDING2D_PARAMS[] = {
    AMOUNTS_PARAM("padding", "(1, 1)"), DATA_FORMAT_PARAM(BorderAttrs), {0}};
static const ParamSpec PADDING3D_PARAMS[] = {
    AMOUNTS_PARAM("padding", "(1, 1, 1)"), DATA_FORMAT_PARAM(BorderAttrs), {0}};
static const ParamSpec CROPPING1D_PARAMS[] = {AMOUNTS_PARAM("cropping", "(1, 1)"), {0}};
static const ParamSpec CROPPING2D_PARAMS[] = {
    AMOUNTS_PARAM("cropping", "((0, 0), (0, 0))"), DATA_FORMAT_PARAM(BorderAttrs), {0}};
static const ParamSpec CROPPING3D_PARAMS[] = {
    AMOUNTS_PARAM("cropping", "((1, 1), (1, 1), (1, 1))"), DATA_FORMAT_PARAM(BorderAttrs), {0}};

/* Spatial axes of the class: the digit before the D of its name. */
static int rank_of(const Layer *layer) {
    const char *name = layer->class_->name;
    size_t length = 0;
    while (name[length]) length++;
    return name[length - 2] - '0';
}

static bool amount(Value value, int64_t *out) {
    return value_as_int(value, out) && *out >= 0;
}

static bool is_sequence(Value value, size_t count) {
    return (value.kind == VALUE_TUPLE || value.kind == VALUE_LIST) && value.as.list->items.count == count;
}

static bool pair(Value value, int64_t *first, int64_t *second) {
    if (amount(value, first)) return *second = *first, true;
    if (!is_sequence(value, 2)) return false;
    return amount(value.as.list->items.at[0], first) && amount(value.as.list->items.at[1], second);
}

/* An int for all sides, or one int or pair for each axis; with one axis that pair itself. */
static bool read_amounts(BorderAttrs *attrs, int rank) {
    const Value amounts = attrs->amounts;
    if (rank == 1) return pair(amounts, &attrs->before[0], &attrs->after[0]);
    const bool same = amount(amounts, &attrs->before[0]);
    if (!same && !is_sequence(amounts, (size_t)rank)) return false;
    for (int i = 0; i < rank; i++)
        if (!pair(same ? amounts : amounts.as.list->items.at[i], &attrs->before[i], &attrs->after[i]))
            return false;
    return true;
}

static const char *const FORMS[SPATIAL_MAX] = {
    "an int or a tuple of 2 ints, none of them negative",
    "an int, a tuple of 2 ints (height, width), or a tuple of 2 tuples of 2 ints ((top, bottom), (left, "
    "right)), none of them negative",
    "an int, a tuple of 3 ints, or a tuple of 3 tuples of 2 ints, one for each axis, none of them negative"};

static bool validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    BorderAttrs *attrs = layer->attrs;
    const char *name = layer->class_->params[0].name;
    const int rank = rank_of(layer);
    if (layer->class_->params[1].name) layer_data_format(graph, &attrs->data_format);
    return read_amounts(attrs, rank) ||
           diag_report(graph->diags, E286, layer_argument_at(layer->class_, arguments, name),
                       "`%s` should be %s. Received: %s=%s", name, FORMS[rank - 1], name,
                       value_text(graph->arena, attrs->amounts));
}

static bool accept(LayerCall *call) {
    return layer_expect_rank(call, 0, rank_of(call->layer) + 2);
}

static bool padding_infer(LayerCall *call) {
    const BorderAttrs *attrs = call->layer->attrs;
    Shape shape = spatial_last(&call->inputs[0]->shape, attrs->data_format);
    for (int i = 0; i < shape.rank - 2; i++) {
        int64_t *extent = &shape.dim[1 + i];
        if (*extent == DIM_UNKNOWN) continue;
        if (!checked_add(*extent, attrs->before[i], extent) || !checked_add(*extent, attrs->after[i], extent))
            return diag_report(call->graph->diags, E283, call->at,
                               "the output of layer \"%s\" would be larger than can be counted",
                               call->layer->name);
    }
    call->output_shapes[0] = spatial_as(&shape, attrs->data_format);
    return true;
}

static bool cropping_infer(LayerCall *call) {
    const BorderAttrs *attrs = call->layer->attrs;
    Shape shape = spatial_last(&call->inputs[0]->shape, attrs->data_format);
    for (int i = 0; i < shape.rank - 2; i++) {
        int64_t *extent = &shape.dim[1 + i];
        if (*extent == DIM_UNKNOWN) continue;
        if (attrs->before[i] < *extent && attrs->after[i] < *extent - attrs->before[i]) {
            *extent -= attrs->before[i] + attrs->after[i];
            continue;
        }
        diag_report(call->graph->diags, E280, call->at,
                    "Values in `cropping` argument of layer \"%s\" should be smaller than the corresponding "
                    "extent of the input: cropping=%s, input shape %s",
                    call->layer->name, value_text(call->graph->arena, attrs->amounts),
                    shape_text(call->graph->arena, &call->inputs[0]->shape));
        layer_note_input(call, 0);
        return false;
    }
    call->output_shapes[0] = spatial_as(&shape, attrs->data_format);
    return true;
}

static bool padding_lower(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    const BorderAttrs *attrs = node->layer->attrs;
    int64_t before[SHAPE_MAX_RANK] = {0}, after[SHAPE_MAX_RANK] = {0};
    Op *x = lower_channels_last(lowering, node, inputs[0], attrs->data_format);
    for (int i = 0; i < x->shape.rank - 2; i++) {
        before[1 + i] = attrs->before[i];
        after[1 + i] = attrs->after[i];
    }
    Op *y = ir_pad(lowering, node, x, before, after, 0);
    outputs[0] = lower_channels_back(lowering, node, y, attrs->data_format);
    return true;
}

static bool cropping_lower(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    const BorderAttrs *attrs = node->layer->attrs;
    Op *x = lower_channels_last(lowering, node, inputs[0], attrs->data_format);
    const Shape *shape = &x->shape;
    int64_t begin[SHAPE_MAX_RANK] = {0}, extent[SHAPE_MAX_RANK], step[SHAPE_MAX_RANK];
    for (int i = 0; i < shape->rank; i++) {
        const bool spatial = i > 0 && i < shape->rank - 1;
        begin[i] = spatial ? attrs->before[i - 1] : 0;
        extent[i] = spatial ? shape->dim[i] - attrs->before[i - 1] - attrs->after[i - 1] : shape->dim[i];
        step[i] = 1;
    }
    Op *y = ir_slice(lowering, node, x, begin, extent, step);
    outputs[0] = lower_channels_back(lowering, node, y, attrs->data_format);
    return true;
}

#define BORDER_ROW(class_name, about_text, table, shape_rule, rule)                                          \
    {                                                                                                        \
        .name = class_name, .module = "keras.layers", .about = about_text, .params = table,                  \
        .attrs_size = sizeof(BorderAttrs), .validate = validate, .accept = accept, .infer = shape_rule,      \
        .lower = rule                                                                                        \
    }

const LayerClass LAYER_CLASS_ZERO_PADDING1D = BORDER_ROW("ZeroPadding1D", "zeros before and after the steps",
                                                         PADDING1D_PARAMS, padding_infer, padding_lower);
const LayerClass LAYER_CLASS_ZERO_PADDING2D =
    BORDER_ROW("ZeroPadding2D", "a border of zeros", PADDING2D_PARAMS, padding_infer, padding_lower);
const LayerClass LAYER_CLASS_ZERO_PADDING3D = BORDER_ROW("ZeroPadding3D", "a border of zeros around volumes",
                                                         PADDING3D_PARAMS, padding_infer, padding_lower);
const LayerClass LAYER_CLASS_CROPPING1D =
    BORDER_ROW("Cropping1D", "steps cut off at both ends", CROPPING1D_PARAMS, cropping_infer, cropping_lower);
const LayerClass LAYER_CLASS_CROPPING2D =
    BORDER_ROW("Cropping2D", "a border cut off", CROPPING2D_PARAMS, cropping_infer, cropping_lower);
const LayerClass LAYER_CLASS_CROPPING3D =
    BORDER_ROW("Cropping3D", "a border cut off volumes", CROPPING3D_PARAMS, cropping_infer, cropping_lower);

/* ZeroPadding, Cropping and UpSampling, 1D and 2D. Keras: layers/reshaping/. */
#include "base/checked.h"
#include "layers/spatial.h"

/* `amounts`: as written, for ZeroPadding and Cropping; validate reads it into before and after. */
typedef struct BorderAttrs {
    Value amounts;
    int data_format;
    int64_t before[2], after[2];
} BorderAttrs;

typedef struct UpSamplingAttrs {
    ParamInts size;
    int data_format, interpolation;
} UpSamplingAttrs;

#define DATA_FORMAT_PARAM(Attrs)                                                                             \
    {                                                                                                        \
        FIELD(Attrs, data_format), .kind = PARAM_CHOICE, .fallback = "None", .optional_none = true,          \
                                   .choices = LAYER_DATA_FORMATS                                             \
    }

static const char *const INTERPOLATIONS[] = {"nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", NULL};
static const ParamSpec PADDING1D_PARAMS[] = {
    {.name = "padding", .offset = offsetof(BorderAttrs, amounts), .kind = PARAM_VALUE, .fallback = "1"},
    DATA_FORMAT_PARAM(BorderAttrs),
    {0}};
static const ParamSpec PADDING2D_PARAMS[] = {
    {.name = "padding", .offset = offsetof(BorderAttrs, amounts), .kind = PARAM_VALUE, .fallback = "(1, 1)"},
    DATA_FORMAT_PARAM(BorderAttrs),
    {0}};
static const ParamSpec CROPPING1D_PARAMS[] = {
    {.name = "cropping", .offset = offsetof(BorderAttrs, amounts), .kind = PARAM_VALUE, .fallback = "(1, 1)"},
    {0}};
static const ParamSpec CROPPING2D_PARAMS[] = {
    {.name = "cropping", .offset = offsetof(BorderAttrs, amounts), .kind = PARAM_VALUE, .fallback = "(0, 0)"},
    DATA_FORMAT_PARAM(BorderAttrs),
    {0}};
static const ParamSpec UP_SAMPLING1D_PARAMS[] = {
    {FIELD(UpSamplingAttrs, size), .kind = PARAM_INTS, .rank = 1, .fallback = "2", .min = 1}, {0}};
static const ParamSpec UP_SAMPLING2D_PARAMS[] = {
    {FIELD(UpSamplingAttrs, size), .kind = PARAM_INTS, .rank = 2, .fallback = "(2, 2)", .min = 1},
    DATA_FORMAT_PARAM(UpSamplingAttrs),
    {FIELD(UpSamplingAttrs, interpolation), .kind = PARAM_CHOICE, .fallback = "'nearest'",
     .choices = INTERPOLATIONS},
    {0}};

/* ---- ZeroPadding and Cropping ---- */

static bool amount(Value value, int64_t *out) {
    return value_as_int(value, out) && *out >= 0;
}

static bool pair(Value value, int64_t *first, int64_t *second) {
    if (amount(value, first)) return *second = *first, true;
    if (value.kind != VALUE_TUPLE && value.kind != VALUE_LIST) return false;
    const List *items = value.as.list;
    return items->items.count == 2 && amount(items->items.at[0], first) && amount(items->items.at[1], second);
}

static bool bad_amounts(Graph *graph, const Layer *layer, const Arguments *arguments, const char *expected) {
    const BorderAttrs *attrs = layer->attrs;
    const char *name = layer->class_->params[0].name;
    return diag_report(graph->diags, E286, layer_argument_at(layer->class_, arguments, name),
                       "`%s` should be %s. Received: %s=%s", name, expected, name,
                       value_text(graph->arena, attrs->amounts));
}

static bool validate_1d(Graph *graph, Layer *layer, const Arguments *arguments) {
    BorderAttrs *attrs = layer->attrs;
    if (!pair(attrs->amounts, &attrs->before[0], &attrs->after[0]))
        return bad_amounts(graph, layer, arguments, "an int or a tuple of 2 ints, none of them negative");
    return !layer->class_->params[1].name || layer_channels_last(graph, layer, arguments, attrs->data_format);
}

static bool validate_2d(Graph *graph, Layer *layer, const Arguments *arguments) {
    BorderAttrs *attrs = layer->attrs;
    const Value amounts = attrs->amounts;
    bool valid = false;
    if (amount(amounts, &attrs->before[0])) {
        attrs->after[0] = attrs->before[1] = attrs->after[1] = attrs->before[0];
        valid = true;
    } else if ((amounts.kind == VALUE_TUPLE || amounts.kind == VALUE_LIST) &&
               amounts.as.list->items.count == 2) {
        valid = pair(amounts.as.list->items.at[0], &attrs->before[0], &attrs->after[0]) &&
                pair(amounts.as.list->items.at[1], &attrs->before[1], &attrs->after[1]);
    }
    if (!valid)
        return bad_amounts(
            graph, layer, arguments,
            "an int, a tuple of 2 ints (height, width), or a tuple of 2 tuples of 2 ints ((top, bottom), "
            "(left, right)), none of them negative");
    return layer_channels_last(graph, layer, arguments, attrs->data_format);
}

static bool accept_1d(LayerCall *call) {
    return layer_expect_rank(call, 0, 3);
}
static bool accept_2d(LayerCall *call) {
    return layer_expect_rank(call, 0, 4);
}

static bool too_large(LayerCall *call) {
    return diag_report(call->graph->diags, E283, call->at,
                       "the output of layer \"%s\" would be larger than can be counted", call->layer->name);
}

static bool padding_infer(LayerCall *call) {
    const BorderAttrs *attrs = call->layer->attrs;
    Shape shape = call->inputs[0]->shape;
    for (int i = 0; i < shape.rank - 2; i++) {
        int64_t *extent = &shape.dim[1 + i];
        if (*extent == DIM_UNKNOWN) continue;
        if (!checked_add(*extent, attrs->before[i], extent) || !checked_add(*extent, attrs->after[i], extent))
            return too_large(call);
    }
    call->output_shapes[0] = shape;
    return true;
}

static bool cropping_infer(LayerCall *call) {
    const BorderAttrs *attrs = call->layer->attrs;
    Shape shape = call->inputs[0]->shape;
    for (int i = 0; i < shape.rank - 2; i++) {
        int64_t *extent = &shape.dim[1 + i];
        if (*extent == DIM_UNKNOWN) continue;
        if (attrs->before[i] < *extent && attrs->after[i] < *extent - attrs->before[i]) {
            *extent -= attrs->before[i] + attrs->after[i];
            continue;
        }
        diag_report(call->graph->diags, E280, call->at,
                    "Values in `cropping` argument of layer \"%s\" should be smaller than the corresponding "
                    "extent of the "
                    "input: cropping=%s, input shape %s",
                    call->layer->name, value_text(call->graph->arena, attrs->amounts),
                    shape_text(call->graph->arena, &call->inputs[0]->shape));
        layer_note_input(call, 0);
        return false;
    }
    call->output_shapes[0] = shape;
    return true;
}

static bool padding_lower(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    const BorderAttrs *attrs = node->layer->attrs;
    int64_t before[SHAPE_MAX_RANK] = {0}, after[SHAPE_MAX_RANK] = {0};
    for (int i = 0; i < inputs[0]->shape.rank - 2; i++) {
        before[1 + i] = attrs->before[i];
        after[1 + i] = attrs->after[i];
    }
    outputs[0] = ir_pad(lowering, node, inputs[0], before, after, 0);
    return true;
}

static bool cropping_lower(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    const BorderAttrs *attrs = node->layer->attrs;
    const Shape *shape = &inputs[0]->shape;
    int64_t begin[SHAPE_MAX_RANK] = {0}, extent[SHAPE_MAX_RANK], step[SHAPE_MAX_RANK];
    for (int i = 0; i < shape->rank; i++) {
        const bool spatial = i > 0 && i < shape->rank - 1;
        begin[i] = spatial ? attrs->before[i - 1] : 0;
        extent[i] = spatial ? shape->dim[i] - attrs->before[i - 1] - attrs->after[i - 1] : shape->dim[i];
        step[i] = 1;
    }
    outputs[0] = ir_slice(lowering, node, inputs[0], begin, extent, step);
    return true;
}

#define BORDER_ROW(class_name, about_text, table, check, spec, shape_rule, rule)                             \
    {                                                                                                        \
        .name = class_name, .module = "keras.layers", .about = about_text, .params = table,                  \
        .attrs_size = sizeof(BorderAttrs), .validate = check, .accept = spec, .infer = shape_rule,           \
        .lower = rule                                                                                        \
    }

const LayerClass LAYER_CLASS_ZERO_PADDING1D =
    BORDER_ROW("ZeroPadding1D", "zeros before and after the steps", PADDING1D_PARAMS, validate_1d, accept_1d,
               padding_infer, padding_lower);
const LayerClass LAYER_CLASS_ZERO_PADDING2D =
    BORDER_ROW("ZeroPadding2D", "a border of zeros", PADDING2D_PARAMS, validate_2d, accept_2d, padding_infer,
               padding_lower);
const LayerClass LAYER_CLASS_CROPPING1D =
    BORDER_ROW("Cropping1D", "steps cut off at both ends", CROPPING1D_PARAMS, validate_1d, accept_1d,
               cropping_infer, cropping_lower);
const LayerClass LAYER_CLASS_CROPPING2D = BORDER_ROW("Cropping2D", "a border cut off", CROPPING2D_PARAMS,
                                                     validate_2d, accept_2d, cropping_infer, cropping_lower);

/* ---- UpSampling ---- */

static bool up_sampling_validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    const UpSamplingAttrs *attrs = layer->attrs;
    return attrs->size.count == 1 || layer_channels_last(graph, layer, arguments, attrs->data_format);
}

static bool up_sampling_infer(LayerCall *call) {
    const UpSamplingAttrs *attrs = call->layer->attrs;
    Shape shape = call->inputs[0]->shape;
    for (int i = 0; i < attrs->size.count; i++) {
        int64_t *extent = &shape.dim[1 + i];
        if (*extent != DIM_UNKNOWN && !checked_mul(*extent, attrs->size.at[i], extent))
            return too_large(call);
    }
    call->output_shapes[0] = shape;
    return true;
}

static bool up_sampling_lower(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    const UpSamplingAttrs *attrs = node->layer->attrs;
    if (attrs->interpolation != 0)
        return lower_unsupported(lowering, node, "UpSampling2D with interpolation='%s'",
                                 INTERPOLATIONS[attrs->interpolation]);
    Op *y = inputs[0];
    for (int i = 0; i < attrs->size.count; i++) y = ir_repeat(lowering, node, y, 1 + i, attrs->size.at[i]);
    outputs[0] = y;
    return true;
}

#define UP_SAMPLING_ROW(class_name, about_text, table, spec)                                                 \
    {                                                                                                        \
        .name = class_name, .module = "keras.layers", .about = about_text, .params = table,                  \
        .attrs_size = sizeof(UpSamplingAttrs), .validate = up_sampling_validate, .accept = spec,             \
        .infer = up_sampling_infer, .lower = up_sampling_lower                                               \
    }

const LayerClass LAYER_CLASS_UP_SAMPLING1D =
    UP_SAMPLING_ROW("UpSampling1D", "each step several times", UP_SAMPLING1D_PARAMS, accept_1d);
const LayerClass LAYER_CLASS_UP_SAMPLING2D =
    UP_SAMPLING_ROW("UpSampling2D", "each pixel several times", UP_SAMPLING2D_PARAMS, accept_2d);

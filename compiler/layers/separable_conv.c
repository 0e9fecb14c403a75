/* SeparableConv1D and SeparableConv2D: depthwise, then 1x1. Keras:
 * layers/convolutional/base_separable_conv.py. */
#include "base/checked.h"
#include "layers/spatial.h"

typedef struct SeparableAttrs {
    int64_t filters, depth_multiplier;
    ParamInts kernel_size, strides, dilation_rate;
    int padding, data_format;
    ActivationRef activation;
    bool use_bias;
    Initializer depthwise_initializer, pointwise_initializer, bias_initializer;
} SeparableAttrs;

#define SEPARABLE_PARAMS(spatial_rank, one, paddings)                                                        \
    {FIELD(SeparableAttrs, filters), .kind = PARAM_INT, .required = true, .min = 1,                          \
     .about = "output channels"},                                                                            \
        {FIELD(SeparableAttrs, kernel_size), .kind = PARAM_INTS, .rank = (spatial_rank), .required = true,   \
         .min = 1},                                                                                          \
        {FIELD(SeparableAttrs, strides), .kind = PARAM_INTS, .rank = (spatial_rank), .fallback = one,        \
         .min = 1},                                                                                          \
        {FIELD(SeparableAttrs, padding), .kind = PARAM_CHOICE, .any_case = true, .fallback = "'valid'",      \
         .choices = paddings},                                                                               \
        {FIELD(SeparableAttrs, data_format),                                                                 \
         .kind = PARAM_CHOICE,                                                                               \
         .any_case = true,                                                                                   \
         .fallback = "None",                                                                                 \
         .optional_none = true,                                                                              \
         .choices = LAYER_DATA_FORMATS},                                                                     \
        {FIELD(SeparableAttrs, dilation_rate), .kind = PARAM_INTS, .rank = (spatial_rank), .fallback = one,  \
         .min = 1},                                                                                          \
        {FIELD(SeparableAttrs, depth_multiplier), .kind = PARAM_INT, .fallback = "1", .min = 1},             \
        {FIELD(SeparableAttrs, activation), .kind = PARAM_ACTIVATION, .fallback = "None"},                   \
        {FIELD(SeparableAttrs, use_bias), .kind = PARAM_BOOL, .fallback = "True"},                           \
        {FIELD(SeparableAttrs, depthwise_initializer), .kind = PARAM_INITIALIZER,                            \
         .fallback = "'glorot_uniform'"},                                                                    \
        {FIELD(SeparableAttrs, pointwise_initializer), .kind = PARAM_INITIALIZER,                            \
         .fallback = "'glorot_uniform'"},                                                                    \
        {FIELD(SeparableAttrs, bias_initializer), .kind = PARAM_INITIALIZER, .fallback = "'zeros'"},         \
        IGNORED("depthwise_regularizer"), IGNORED("pointwise_regularizer"), IGNORED("bias_regularizer"),     \
        IGNORED("activity_regularizer"), IGNORED("depthwise_constraint"), IGNORED("pointwise_constraint"),   \
        IGNORED("bias_constraint"), {                                                                        \
        0                                                                                                    \
    }

static const ParamSpec SEPARABLE1D_PARAMS[] = {SEPARABLE_PARAMS(1, "1", SPATIAL_PADDINGS_1D)};
static const ParamSpec SEPARABLE2D_PARAMS[] = {SEPARABLE_PARAMS(2, "(1, 1)", SPATIAL_PADDINGS)};

static bool validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    (void)arguments;
    layer_data_format(graph, &((SeparableAttrs *)layer->attrs)->data_format);
    return true;
}

static bool accept(LayerCall *call) {
    const SeparableAttrs *attrs = call->layer->attrs;
    const int rank = attrs->kernel_size.count;
    if (!layer_expect_rank(call, 0, rank + 2)) return false;
    const int channels = spatial_channel_axis(&call->inputs[0]->shape, attrs->data_format);
    return !call->layer->built ||
           layer_expect_axis(call, 0, channels, call->layer->weights.at[0]->shape.dim[rank]);
}

static void windows_of(const SeparableAttrs *attrs, Window *windows) {
    spatial_windows(&attrs->kernel_size, &attrs->strides, &attrs->dilation_rate, attrs->padding, windows);
}

static bool infer(LayerCall *call) {
    const SeparableAttrs *attrs = call->layer->attrs;
    Window windows[2];
    windows_of(attrs, windows);
    if (!spatial_infer(call, windows, attrs->kernel_size.count, attrs->filters, attrs->data_format, "kernel"))
        return false;
    if (call->layer->built) spatial_warn_bias(call, attrs->use_bias, attrs->data_format, attrs->filters);
    return true;
}

static bool build(LayerCall *call) {
    const SeparableAttrs *attrs = call->layer->attrs;
    const int rank = attrs->kernel_size.count;
    Shape depthwise = {.rank = rank + 2}, pointwise = {.rank = rank + 2};
    for (int i = 0; i < rank; i++) {
        depthwise.dim[i] = attrs->kernel_size.at[i];
        pointwise.dim[i] = 1;
    }
    const Shape *input = &call->inputs[0]->shape;
    depthwise.dim[rank] = input->dim[spatial_channel_axis(input, attrs->data_format)];
    depthwise.dim[rank + 1] = attrs->depth_multiplier;
    pointwise.dim[rank + 1] = attrs->filters;
    if (!layer_expect_known(call, &depthwise, "depthwise_kernel") || !infer(call)) return false;
    if (!checked_mul(depthwise.dim[rank], attrs->depth_multiplier, &pointwise.dim[rank]))
        return diag_report(call->graph->diags, E283, call->at,
                           "layer \"%s\" would have more channels than can be counted", call->layer->name);
    const Shape bias = {1, {attrs->filters}};
    return layer_add_weight(call, "depthwise_kernel", &depthwise, true, attrs->depthwise_initializer) &&
           layer_add_weight(call, "pointwise_kernel", &pointwise, true, attrs->pointwise_initializer) &&
           (!attrs->use_bias || layer_add_weight(call, "bias", &bias, true, attrs->bias_initializer));
}

static bool lower(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    const SeparableAttrs *attrs = node->layer->attrs;
    const int rank = attrs->kernel_size.count;
    Op *x = spatial_enter(lowering, node, inputs[0], attrs->data_format, 2);
    Window windows[2] = {{1, 1, 1, PADDING_VALID}};
    windows_of(attrs, windows + 2 - rank);
    const Conv2dAttrs depthwise = spatial_conv_attrs(windows, x, 1);
    const Conv2dAttrs pointwise = {.stride = {1, 1}, .dilation = {1, 1}, .groups = 1};
    Op *bias = attrs->use_bias ? lower_weight(lowering, node, 2) : NULL;
    Op *y = ir_depthwise_conv2d(lowering, node, x, spatial_kernel(lowering, node, 0, 2), NULL, &depthwise);
    y = ir_conv2d(lowering, node, y, spatial_kernel(lowering, node, 1, 2),
                  spatial_bias(node, bias, attrs->data_format), &pointwise);
    y = spatial_finish(lowering, node, y, bias, attrs->data_format, rank);
    outputs[0] = activation_lower(lowering, node, &attrs->activation, y);
    return outputs[0] != NULL;
}

#define SEPARABLE_ROW(class_name, names, about_text, table)                                                  \
    {                                                                                                        \
        .name = class_name, .aliases = names, .module = "keras.layers", .about = about_text,                 \
        .params = table, .attrs_size = sizeof(SeparableAttrs), .validate = validate, .accept = accept,       \
        .build = build, .infer = infer, .lower = lower                                                       \
    }

static const char *const SEPARABLE1D_ALIASES[] = {"SeparableConvolution1D", NULL};
static const char *const SEPARABLE2D_ALIASES[] = {"SeparableConvolution2D", NULL};
const LayerClass LAYER_CLASS_SEPARABLE_CONV1D =
    SEPARABLE_ROW("SeparableConv1D", SEPARABLE1D_ALIASES,
                  "a depthwise convolution over steps, then a 1-wide one", SEPARABLE1D_PARAMS);
const LayerClass LAYER_CLASS_SEPARABLE_CONV2D = SEPARABLE_ROW(
    "SeparableConv2D", SEPARABLE2D_ALIASES, "a depthwise convolution, then a 1x1 one", SEPARABLE2D_PARAMS);

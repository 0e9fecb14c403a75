/* Conv1D, Conv2D and Conv3D. Keras: layers/convolutional/base_conv.py. A 1-D convolution is lowered as a 2-D
 * one of height 1. */
#include "layers/spatial.h"

typedef struct ConvAttrs {
    int64_t filters, groups;
    ParamInts kernel_size, strides, dilation_rate;
    int padding, data_format;
    ActivationRef activation;
    bool use_bias;
    Initializer kernel_initializer, bias_initializer;
} ConvAttrs;

#define CONV_PARAMS(spatial_rank, one, paddings)                                                             \
    {FIELD(ConvAttrs, filters), .kind = PARAM_INT, .required = true, .min = 1, .about = "output channels"},  \
        {FIELD(ConvAttrs, kernel_size), .kind = PARAM_INTS, .rank = (spatial_rank), .required = true,        \
         .min = 1},                                                                                          \
        {FIELD(ConvAttrs, strides), .kind = PARAM_INTS, .rank = (spatial_rank), .fallback = one, .min = 1},  \
        {FIELD(ConvAttrs, padding), .kind = PARAM_CHOICE, .any_case = true, .fallback = "'valid'",           \
         .choices = paddings},                                                                               \
        DATA_FORMAT_PARAM(ConvAttrs),                                                                        \
        {FIELD(ConvAttrs, dilation_rate), .kind = PARAM_INTS, .rank = (spatial_rank), .fallback = one,       \
         .min = 1},                                                                                          \
        {FIELD(ConvAttrs, groups), .kind = PARAM_INT, .fallback = "1", .min = 1},                            \
        {FIELD(ConvAttrs, activation), .kind = PARAM_ACTIVATION, .fallback = "None"},                        \
        {FIELD(ConvAttrs, use_bias), .kind = PARAM_BOOL, .fallback = "True"},                                \
        {FIELD(ConvAttrs, kernel_initializer), .kind = PARAM_INITIALIZER, .fallback = "'glorot_uniform'"},   \
        {FIELD(ConvAttrs, bias_initializer), .kind = PARAM_INITIALIZER, .fallback = "'zeros'"},              \
        IGNORED("kernel_regularizer"), IGNORED("bias_regularizer"), IGNORED("activity_regularizer"),         \
        IGNORED("kernel_constraint"), IGNORED("bias_constraint"), {                                          \
        0                                                                                                    \
    }

static const ParamSpec CONV1D_PARAMS[] = {CONV_PARAMS(1, "1", SPATIAL_PADDINGS_1D)};
static const ParamSpec CONV2D_PARAMS[] = {CONV_PARAMS(2, "(1, 1)", SPATIAL_PADDINGS)};
static const ParamSpec CONV3D_PARAMS[] = {CONV_PARAMS(3, "(1, 1, 1)", SPATIAL_PADDINGS)};

static bool strided_and_dilated(const ConvAttrs *attrs) {
    bool strided = false, dilated = false;
    for (int i = 0; i < attrs->strides.count; i++) {
        strided |= attrs->strides.at[i] > 1;
        dilated |= attrs->dilation_rate.at[i] > 1;
    }
    return strided && dilated;
}

static bool validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    ConvAttrs *attrs = layer->attrs;
    layer_data_format(graph, &attrs->data_format);
    if (attrs->filters % attrs->groups != 0)
        return diag_report(
            graph->diags, E281, layer_argument_at(layer->class_, arguments, "groups"),
            "The number of filters must be evenly divisible by the number of groups. Received: "
            "groups=%lld, filters=%lld",
            (long long)attrs->groups, (long long)attrs->filters);
    if (strided_and_dilated(attrs))
        return diag_report(graph->diags, E282, layer_argument_at(layer->class_, arguments, "dilation_rate"),
                           "`strides > 1` not supported in conjunction with `dilation_rate > 1`");
    return true;
}

static bool accept(LayerCall *call) {
    const ConvAttrs *attrs = call->layer->attrs;
    if (!layer_expect_rank(call, 0, attrs->kernel_size.count + 2)) return false;
    if (!call->layer->built) return true;
    return layer_expect_axis(call, 0, spatial_channel_axis(&call->inputs[0]->shape, attrs->data_format),
                             call->layer->weights.at[0]->shape.dim[attrs->kernel_size.count] * attrs->groups);
}

static void windows_of(const ConvAttrs *attrs, Window *windows) {
    spatial_windows(&attrs->kernel_size, &attrs->strides, &attrs->dilation_rate, attrs->padding, windows);
}

static bool infer(LayerCall *call) {
    const ConvAttrs *attrs = call->layer->attrs;
    Window windows[SPATIAL_MAX];
    windows_of(attrs, windows);
    if (!spatial_infer(call, windows, attrs->kernel_size.count, attrs->filters, attrs->data_format, "kernel"))
        return false;
    if (call->layer->built) spatial_warn_bias(call, attrs->use_bias, attrs->data_format, attrs->filters);
    return true;
}

static bool build(LayerCall *call) {
    const ConvAttrs *attrs = call->layer->attrs;
    const Shape *input = &call->inputs[0]->shape;
    const int rank = attrs->kernel_size.count;
    const int64_t channels = input->dim[spatial_channel_axis(input, attrs->data_format)];
    if (channels != DIM_UNKNOWN && channels % attrs->groups != 0) {
        diag_report(call->graph->diags, E281, call->at,
                    "The number of input channels must be evenly divisible by the number of groups. Received "
                    "groups=%lld, but the input has %lld channels (full input shape is %s)",
                    (long long)attrs->groups, (long long)channels, shape_text(call->graph->arena, input));
        layer_note_input(call, 0);
        return false;
    }
    Shape kernel = {.rank = rank + 2};
    for (int i = 0; i < rank; i++) kernel.dim[i] = attrs->kernel_size.at[i];
    kernel.dim[rank] = channels == DIM_UNKNOWN ? DIM_UNKNOWN : channels / attrs->groups;
    kernel.dim[rank + 1] = attrs->filters;
    if (!layer_expect_known(call, &kernel, "kernel") || !infer(call)) return false;
    if (!layer_add_weight(call, "kernel", &kernel, true, attrs->kernel_initializer)) return false;
    const Shape bias = {1, {attrs->filters}};
    return !attrs->use_bias || layer_add_weight(call, "bias", &bias, true, attrs->bias_initializer);
}

static Op *lower_flat(Lowering *lowering, const Node *node, Op *x, Op *bias) {
    const ConvAttrs *attrs = node->layer->attrs;
    x = spatial_enter(lowering, node, x, attrs->data_format, 2);
    Window windows[2] = {{1, 1, 1, PADDING_VALID}};
    windows_of(attrs, windows + 2 - attrs->kernel_size.count);
    const Conv2dAttrs conv = spatial_conv_attrs(windows, x, attrs->groups);
    return ir_conv2d(lowering, node, x, spatial_kernel(lowering, node, 0, 2), bias, &conv);
}

static Op *lower_volume(Lowering *lowering, const Node *node, Op *x, Op *bias) {
    const ConvAttrs *attrs = node->layer->attrs;
    x = spatial_enter(lowering, node, x, attrs->data_format, 3);
    Window windows[3];
    windows_of(attrs, windows);
    Conv3dAttrs conv = {.groups = attrs->groups};
    for (int i = 0; i < 3; i++) {
        conv.stride[i] = windows[i].stride;
        conv.dilation[i] = windows[i].dilation;
    }
    spatial_pads(windows, 3, x, conv.pad);
    return ir_conv3d(lowering, node, x, lower_weight(lowering, node, 0), bias, &conv);
}

static bool lower(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    const ConvAttrs *attrs = node->layer->attrs;
    const int rank = attrs->kernel_size.count;
    Op *bias = attrs->use_bias ? lower_weight(lowering, node, 1) : NULL;
    Op *own = spatial_bias(node, bias, attrs->data_format);
    Op *y =
        rank == 3 ? lower_volume(lowering, node, inputs[0], own) : lower_flat(lowering, node, inputs[0], own);
    y = spatial_finish(lowering, node, y, bias, attrs->data_format, rank);
    outputs[0] = activation_lower(lowering, node, &attrs->activation, y);
    return outputs[0] != NULL;
}

static const char *const CONV1D_ALIASES[] = {"Convolution1D", NULL};
static const char *const CONV2D_ALIASES[] = {"Convolution2D", NULL};
static const char *const CONV3D_ALIASES[] = {"Convolution3D", NULL};

#define CONV_ROW(class_name, names, about_text, table)                                                       \
    {                                                                                                        \
        .name = class_name, .aliases = names, .module = "keras.layers", .about = about_text,                 \
        .params = table, .attrs_size = sizeof(ConvAttrs), .validate = validate, .accept = accept,            \
        .build = build, .infer = infer, .lower = lower                                                       \
    }

const LayerClass LAYER_CLASS_CONV1D =
    CONV_ROW("Conv1D", CONV1D_ALIASES, "convolution over steps", CONV1D_PARAMS);
const LayerClass LAYER_CLASS_CONV2D =
    CONV_ROW("Conv2D", CONV2D_ALIASES, "convolution over images", CONV2D_PARAMS);
const LayerClass LAYER_CLASS_CONV3D =
    CONV_ROW("Conv3D", CONV3D_ALIASES, "convolution over volumes", CONV3D_PARAMS);

/* Conv1D and Conv2D. Keras: layers/convolutional/base_conv.py. A 1-D convolution is lowered as a 2-D one of
 * height 1. */
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
        {FIELD(ConvAttrs, padding), .kind = PARAM_CHOICE, .fallback = "'valid'", .choices = paddings},       \
        {FIELD(ConvAttrs, data_format), .kind = PARAM_CHOICE, .fallback = "None", .optional_none = true,     \
         .choices = LAYER_DATA_FORMATS},                                                                     \
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

static bool strided_and_dilated(const ConvAttrs *attrs) {
    bool strided = false, dilated = false;
    for (int i = 0; i < attrs->strides.count; i++) {
        strided |= attrs->strides.at[i] > 1;
        dilated |= attrs->dilation_rate.at[i] > 1;
    }
    return strided && dilated;
}

static bool validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    const ConvAttrs *attrs = layer->attrs;
    if (attrs->filters % attrs->groups != 0)
        return diag_report(
            graph->diags, E281, layer_argument_at(layer->class_, arguments, "groups"),
            "The number of filters must be evenly divisible by the number of groups. Received: "
            "groups=%lld, filters=%lld",
            (long long)attrs->groups, (long long)attrs->filters);
    if (strided_and_dilated(attrs))
        return diag_report(graph->diags, E282, layer_argument_at(layer->class_, arguments, "dilation_rate"),
                           "`strides > 1` not supported in conjunction with `dilation_rate > 1`");
    return layer_channels_last(graph, layer, arguments, attrs->data_format);
}

static bool accept(LayerCall *call) {
    const ConvAttrs *attrs = call->layer->attrs;
    if (!layer_expect_rank(call, 0, attrs->kernel_size.count + 2)) return false;
    if (!call->layer->built) return true;
    return layer_expect_axis(call, 0, -1,
                             call->layer->weights.at[0]->shape.dim[attrs->kernel_size.count] * attrs->groups);
}

static void windows_of(const ConvAttrs *attrs, Window *windows) {
    spatial_windows(&attrs->kernel_size, &attrs->strides, &attrs->dilation_rate, attrs->padding, windows);
}

static bool infer(LayerCall *call) {
    const ConvAttrs *attrs = call->layer->attrs;
    Window windows[2];
    windows_of(attrs, windows);
    return spatial_infer(call, windows, attrs->kernel_size.count, attrs->filters, "kernel");
}

static bool build(LayerCall *call) {
    const ConvAttrs *attrs = call->layer->attrs;
    const Shape *input = &call->inputs[0]->shape;
    const int rank = attrs->kernel_size.count;
    const int64_t channels = input->dim[rank + 1];
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

static bool lower(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    const ConvAttrs *attrs = node->layer->attrs;
    const bool flat = attrs->kernel_size.count == 1;
    Op *x = flat ? spatial_expand(lowering, node, inputs[0]) : inputs[0];
    Op *kernel = spatial_kernel(lowering, node, 0);
    Op *bias = attrs->use_bias ? lower_weight(lowering, node, 1) : NULL;
    Window windows[2] = {{1, 1, 1, PADDING_VALID}};
    windows_of(attrs, windows + flat);
    const Conv2dAttrs conv = spatial_conv_attrs(windows, x, attrs->groups);
    Op *y = ir_conv2d(lowering, node, x, kernel, bias, &conv);
    y = activation_lower(lowering, node, &attrs->activation, y);
    outputs[0] = flat && y ? spatial_drop(lowering, node, y) : y;
    return outputs[0] != NULL;
}

static const char *const CONV1D_ALIASES[] = {"Convolution1D", NULL};
static const char *const CONV2D_ALIASES[] = {"Convolution2D", NULL};

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

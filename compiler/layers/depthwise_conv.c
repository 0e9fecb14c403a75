/* DepthwiseConv1D and DepthwiseConv2D. Keras: layers/convolutional/base_depthwise_conv.py. */
#include "base/checked.h"
#include "layers/spatial.h"

typedef struct DepthwiseAttrs {
    ParamInts kernel_size, strides, dilation_rate;
    int padding, data_format;
    int64_t depth_multiplier;
    ActivationRef activation;
    bool use_bias;
    Initializer depthwise_initializer, bias_initializer;
} DepthwiseAttrs;

#define DEPTHWISE_PARAMS(spatial_rank, one)                                                                  \
    {FIELD(DepthwiseAttrs, kernel_size), .kind = PARAM_INTS, .rank = (spatial_rank), .required = true,       \
     .min = 1},                                                                                              \
        {FIELD(DepthwiseAttrs, strides), .kind = PARAM_INTS, .rank = (spatial_rank), .fallback = one,        \
         .min = 1},                                                                                          \
        {FIELD(DepthwiseAttrs, padding), .kind = PARAM_CHOICE, .any_case = true, .fallback = "'valid'",      \
         .choices = SPATIAL_PADDINGS},                                                                       \
        {FIELD(DepthwiseAttrs, depth_multiplier), .kind = PARAM_INT, .fallback = "1", .min = 1,              \
         .about = "outputs per input channel"},                                                              \
        {FIELD(DepthwiseAttrs, data_format),                                                                 \
         .kind = PARAM_CHOICE,                                                                               \
         .any_case = true,                                                                                   \
         .fallback = "None",                                                                                 \
         .optional_none = true,                                                                              \
         .choices = LAYER_DATA_FORMATS},                                                                     \
        {FIELD(DepthwiseAttrs, dilation_rate), .kind = PARAM_INTS, .rank = (spatial_rank), .fallback = one,  \
         .min = 1},                                                                                          \
        {FIELD(DepthwiseAttrs, activation), .kind = PARAM_ACTIVATION, .fallback = "None"},                   \
        {FIELD(DepthwiseAttrs, use_bias), .kind = PARAM_BOOL, .fallback = "True"},                           \
        {FIELD(DepthwiseAttrs, depthwise_initializer), .kind = PARAM_INITIALIZER,                            \
         .fallback = "'glorot_uniform'"},                                                                    \
        {FIELD(DepthwiseAttrs, bias_initializer), .kind = PARAM_INITIALIZER, .fallback = "'zeros'"},         \
        IGNORED("depthwise_regularizer"), IGNORED("bias_regularizer"), IGNORED("activity_regularizer"),      \
        IGNORED("depthwise_constraint"), IGNORED("bias_constraint"), {                                       \
        0                                                                                                    \
    }

static const ParamSpec DEPTHWISE1D_PARAMS[] = {DEPTHWISE_PARAMS(1, "1")};
static const ParamSpec DEPTHWISE2D_PARAMS[] = {DEPTHWISE_PARAMS(2, "(1, 1)")};

static bool validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    (void)arguments;
    layer_data_format(graph, &((DepthwiseAttrs *)layer->attrs)->data_format);
    return true;
}

static bool accept(LayerCall *call) {
    const DepthwiseAttrs *attrs = call->layer->attrs;
    const int rank = attrs->kernel_size.count;
    if (!layer_expect_rank(call, 0, rank + 2)) return false;
    const int channels = spatial_channel_axis(&call->inputs[0]->shape, attrs->data_format);
    return !call->layer->built ||
           layer_expect_axis(call, 0, channels, call->layer->weights.at[0]->shape.dim[rank]);
}

static void windows_of(const DepthwiseAttrs *attrs, Window *windows) {
    spatial_windows(&attrs->kernel_size, &attrs->strides, &attrs->dilation_rate, attrs->padding, windows);
}

static bool output_channels(LayerCall *call, int64_t *channels) {
    const DepthwiseAttrs *attrs = call->layer->attrs;
    const Shape *input = &call->inputs[0]->shape;
    *channels = input->dim[spatial_channel_axis(input, attrs->data_format)];
    if (*channels == DIM_UNKNOWN || checked_mul(*channels, attrs->depth_multiplier, channels)) return true;
    return diag_report(call->graph->diags, E283, call->at,
                       "layer \"%s\" would have more outputs than can be counted", call->layer->name);
}

static bool infer(LayerCall *call) {
    const DepthwiseAttrs *attrs = call->layer->attrs;
    Window windows[2];
    int64_t channels;
    windows_of(attrs, windows);
    if (!output_channels(call, &channels) ||
        !spatial_infer(call, windows, attrs->kernel_size.count, channels, attrs->data_format, "kernel"))
        return false;
    if (call->layer->built) spatial_warn_bias(call, attrs->use_bias, attrs->data_format, channels);
    return true;
}

static bool build(LayerCall *call) {
    const DepthwiseAttrs *attrs = call->layer->attrs;
    const int rank = attrs->kernel_size.count;
    Shape kernel = {.rank = rank + 2}, bias = {.rank = 1};
    for (int i = 0; i < rank; i++) kernel.dim[i] = attrs->kernel_size.at[i];
    const Shape *input = &call->inputs[0]->shape;
    kernel.dim[rank] = input->dim[spatial_channel_axis(input, attrs->data_format)];
    kernel.dim[rank + 1] = attrs->depth_multiplier;
    if (!layer_expect_known(call, &kernel, "kernel") || !infer(call) || !output_channels(call, &bias.dim[0]))
        return false;
    if (!layer_add_weight(call, "kernel", &kernel, true, attrs->depthwise_initializer)) return false;
    return !attrs->use_bias || layer_add_weight(call, "bias", &bias, true, attrs->bias_initializer);
}

static bool lower(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    const DepthwiseAttrs *attrs = node->layer->attrs;
    const int rank = attrs->kernel_size.count;
    Op *x = spatial_enter(lowering, node, inputs[0], attrs->data_format, 2);
    Op *kernel = spatial_kernel(lowering, node, 0, 2);
    Op *bias = attrs->use_bias ? lower_weight(lowering, node, 1) : NULL;
    Window windows[2] = {{1, 1, 1, PADDING_VALID}};
    windows_of(attrs, windows + 2 - rank);
    const Conv2dAttrs conv = spatial_conv_attrs(windows, x, 1);
    Op *y =
        ir_depthwise_conv2d(lowering, node, x, kernel, spatial_bias(node, bias, attrs->data_format), &conv);
    y = spatial_finish(lowering, node, y, bias, attrs->data_format, rank);
    outputs[0] = activation_lower(lowering, node, &attrs->activation, y);
    return outputs[0] != NULL;
}

#define DEPTHWISE_ROW(class_name, about_text, table)                                                         \
    {                                                                                                        \
        .name = class_name, .module = "keras.layers", .about = about_text, .params = table,                  \
        .attrs_size = sizeof(DepthwiseAttrs), .validate = validate, .accept = accept, .build = build,        \
        .infer = infer, .lower = lower                                                                       \
    }

const LayerClass LAYER_CLASS_DEPTHWISE_CONV1D = DEPTHWISE_ROW(
    "DepthwiseConv1D", "a convolution of each channel by itself, over steps", DEPTHWISE1D_PARAMS);
const LayerClass LAYER_CLASS_DEPTHWISE_CONV2D = DEPTHWISE_ROW(
    "DepthwiseConv2D", "a convolution of each channel by itself, over images", DEPTHWISE2D_PARAMS);

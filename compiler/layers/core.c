/* Dense, Activation, Identity. */
#include "layers/rules.h"

typedef struct DenseAttrs {
    int64_t units;
    ActivationRef activation;
    bool use_bias;
    Initializer kernel_initializer, bias_initializer;
    Value lora_rank, quantization_config;
} DenseAttrs;

static const ParamSpec dense_params[] = {
    {FIELD(DenseAttrs, units), .kind = PARAM_INT, .required = true, .min = 1, .about = "width of the result"},
    {FIELD(DenseAttrs, activation), .kind = PARAM_ACTIVATION, .fallback = "None",
     .about = "applied to the result"},
    {FIELD(DenseAttrs, use_bias), .kind = PARAM_BOOL, .fallback = "True", .about = "whether a bias is added"},
    {FIELD(DenseAttrs, kernel_initializer), .kind = PARAM_INITIALIZER, .fallback = "'glorot_uniform'"},
    {FIELD(DenseAttrs, bias_initializer), .kind = PARAM_INITIALIZER, .fallback = "'zeros'"},
    IGNORED("kernel_regularizer"),
    IGNORED("bias_regularizer"),
    IGNORED("activity_regularizer"),
    IGNORED("kernel_constraint"),
    IGNORED("bias_constraint"),
    {FIELD(DenseAttrs, lora_rank), .kind = PARAM_VALUE, .fallback = "None", .about = "not supported"},
    IGNORED("lora_alpha"),
    {FIELD(DenseAttrs, quantization_config), .kind = PARAM_VALUE, .fallback = "None",
     .about = "not supported"},
    {0},
};

static bool dense_validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    const DenseAttrs *attrs = layer->attrs;
    const char *name = !value_is_none(attrs->lora_rank)             ? "lora_rank"
                       : !value_is_none(attrs->quantization_config) ? "quantization_config"
                                                                    : NULL;
    if (!name) return true;
    return diag_report_as(graph->diags, E204, "", layer_argument_at(layer->class_, arguments, name),
                          "`%s` of Dense is not supported yet", name);
}

static bool dense_accept(LayerCall *call) {
    const Layer *layer = call->layer;
    if (!layer_expect_min_rank(call, 0, 2)) return false;
    return !layer->built || layer_expect_axis(call, 0, -1, layer->weights.at[0]->shape.dim[0]);
}

static bool dense_build(LayerCall *call) {
    const DenseAttrs *attrs = call->layer->attrs;
    const Shape *input = &call->inputs[0]->shape;
    const Shape kernel = {2, {input->dim[input->rank - 1], attrs->units}}, bias = {1, {attrs->units}};
    if (!layer_expect_known(call, &kernel, "kernel")) return false;
    layer_add_weight(call, "kernel", &kernel, true, attrs->kernel_initializer);
    if (attrs->use_bias) layer_add_weight(call, "bias", &bias, true, attrs->bias_initializer);
    return true;
}

static bool dense_infer(LayerCall *call) {
    const DenseAttrs *attrs = call->layer->attrs;
    Shape *shape = &call->output_shapes[0];
    shape->dim[shape->rank - 1] = attrs->units;
    return activation_infer(call, &attrs->activation, shape);
}

static bool dense_lower(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    const DenseAttrs *attrs = node->layer->attrs;
    Op *kernel = lower_weight(lowering, node, 0);
    Op *bias = attrs->use_bias ? lower_weight(lowering, node, 1) : NULL;
    Op *y = ir_dense(lowering, node, inputs[0], kernel, bias);
    outputs[0] = activation_lower(lowering, node, &attrs->activation, y);
    return outputs[0] != NULL;
}

const ActivationRef *dense_activation(const Layer *layer) {
    return &((const DenseAttrs *)layer->attrs)->activation;
}

const LayerClass LAYER_CLASS_DENSE = {
    .name = "Dense",
    .module = "keras.layers",
    .about = "activation(x @ kernel + bias), on the last axis",
    .params = dense_params,
    .attrs_size = sizeof(DenseAttrs),
    .flags = LAYER_SUPPORTS_MASKING,
    .validate = dense_validate,
    .accept = dense_accept,
    .build = dense_build,
    .infer = dense_infer,
    .lower = dense_lower,
};

typedef struct ActivationAttrs {
    ActivationRef activation;
} ActivationAttrs;

static const ParamSpec activation_params[] = {
    {FIELD(ActivationAttrs, activation), .kind = PARAM_ACTIVATION, .required = true,
     .about = "name or function"},
    {0},
};

static bool activation_layer_infer(LayerCall *call) {
    const ActivationAttrs *attrs = call->layer->attrs;
    return activation_infer(call, &attrs->activation, &call->output_shapes[0]);
}

static bool activation_layer_lower(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    const ActivationAttrs *attrs = node->layer->attrs;
    outputs[0] = activation_lower(lowering, node, &attrs->activation, inputs[0]);
    return outputs[0] != NULL;
}

const LayerClass LAYER_CLASS_ACTIVATION = {
    .name = "Activation",
    .module = "keras.layers",
    .about = "an activation function",
    .params = activation_params,
    .attrs_size = sizeof(ActivationAttrs),
    .flags = LAYER_SUPPORTS_MASKING,
    .infer = activation_layer_infer,
    .lower = activation_layer_lower,
};

static bool identity_infer(LayerCall *call) {
    const DType given = call->inputs[0]->dtype;
    if (!dtype_is_float(given)) call->output_dtypes[0] = given;
    return true;
}

const LayerClass LAYER_CLASS_IDENTITY = {
    .name = "Identity",
    .module = "keras.layers",
    .about = "the input itself",
    .flags = LAYER_IDENTITY | LAYER_SUPPORTS_MASKING,
    .infer = identity_infer,
};

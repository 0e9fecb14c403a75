/* ReLU, LeakyReLU, ELU, PReLU, Softmax: activations with parameters, as layers. */
#include "layers/rules.h"

typedef struct ReluAttrs {
    double max_value, negative_slope, threshold;
    Value alpha;
} ReluAttrs;

static ActivationRef relu_ref(const ReluAttrs *attrs) {
    ActivationRef ref = activation_make(ACTIVATION_RELU);
    ref.parameter[0] = attrs->negative_slope;
    ref.parameter[1] = attrs->max_value;
    ref.parameter[2] = attrs->threshold;
    return ref;
}

static const ParamSpec relu_params[] = {
    {FIELD(ReluAttrs, max_value), .kind = PARAM_FLOAT, ANY_NUMBER, .optional_none = true, .fallback = "None",
     .about = "largest result; None: none"},
    {FIELD(ReluAttrs, negative_slope), .kind = PARAM_FLOAT, ANY_NUMBER, .optional_none = true,
     .fallback = "0.0", .about = "slope below the threshold"},
    {FIELD(ReluAttrs, threshold), .kind = PARAM_FLOAT, ANY_NUMBER, .optional_none = true, .fallback = "0.0",
     .about = "where the positive part begins"},
    {0},
};

static bool relu_validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    const ReluAttrs *attrs = layer->attrs;
    const struct {
        const char *name, *words;
        bool wrong;
    } rules[] = {{"max_value", "a negative value", attrs->max_value < 0},
                 {"negative_slope", "None or a negative value", !(attrs->negative_slope >= 0)},
                 {"threshold", "None or a negative value", !(attrs->threshold >= 0)}};
    for (size_t i = 0; i < 3; i++) {
        if (!rules[i].wrong) continue;
        const Argument *argument = layer_argument(layer->class_, arguments, rules[i].name);
        return diag_report(graph->diags, E204, argument->at,
                           "%s of a ReLU layer cannot be %s. Received: %s=%s", rules[i].name, rules[i].words,
                           rules[i].name, value_text(graph->arena, argument->value));
    }
    return true;
}

static bool relu_lower(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    const ActivationRef ref = relu_ref(node->layer->attrs);
    outputs[0] = activation_lower(lowering, node, &ref, inputs[0]);
    return true;
}

const LayerClass LAYER_CLASS_RELU = {
    .name = "ReLU",
    .module = "keras.layers",
    .about = "max(x, 0), with a slope, a limit, a threshold",
    .params = relu_params,
    .attrs_size = sizeof(ReluAttrs),
    .flags = LAYER_SUPPORTS_MASKING,
    .validate = relu_validate,
    .lower = relu_lower,
};

static const ParamSpec leaky_relu_params[] = {
    {FIELD(ReluAttrs, negative_slope), .kind = PARAM_FLOAT, ANY_NUMBER, .optional_none = true,
     .fallback = "0.3", .about = "slope below 0"},
    {FIELD(ReluAttrs, alpha), .kind = PARAM_VALUE, .fallback = "None", .keyword_only = true,
     .about = "the old name of negative_slope"},
    {0},
};

static bool leaky_relu_validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    ReluAttrs *attrs = layer->attrs;
    const Argument *argument = layer_argument(layer->class_, arguments, "alpha");
    if (argument) {
        if (!value_as_number(argument->value, &attrs->negative_slope)) attrs->negative_slope = NAN;
        diag_report(graph->diags, W252, argument->keyword_at,
                    "Argument `alpha` is deprecated. Use `negative_slope` instead");
        diag_help(graph->diags, argument->keyword_at, "negative_slope", "write negative_slope");
    } else {
        argument = layer_argument(layer->class_, arguments, "negative_slope");
    }
    attrs->max_value = NAN;
    if (attrs->negative_slope >= 0) return true;
    return diag_report(
        graph->diags, E204, argument->at,
        "The negative_slope value of a Leaky ReLU layer cannot be None or negative value. Expected a "
        "float. Received: negative_slope=%s",
        value_text(graph->arena, argument->value));
}

/* Unlike ReLU(negative_slope=0.0), a slope of 0 is still tf.nn.leaky_relu. */
static ActivationRef leaky_relu_ref(const ReluAttrs *attrs) {
    ActivationRef ref = activation_make(ACTIVATION_LEAKY_RELU);
    ref.parameter[0] = attrs->negative_slope;
    return ref;
}

static bool leaky_relu_lower(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    const ActivationRef ref = leaky_relu_ref(node->layer->attrs);
    outputs[0] = activation_lower(lowering, node, &ref, inputs[0]);
    return true;
}

const LayerClass LAYER_CLASS_LEAKY_RELU = {
    .name = "LeakyReLU",
    .module = "keras.layers",
    .about = "x where x >= 0, else negative_slope * x",
    .params = leaky_relu_params,
    .attrs_size = sizeof(ReluAttrs),
    .flags = LAYER_SUPPORTS_MASKING,
    .validate = leaky_relu_validate,
    .lower = leaky_relu_lower,
};

typedef struct EluAttrs {
    double alpha;
} EluAttrs;

static const ParamSpec elu_params[] = {
    {FIELD(EluAttrs, alpha), .kind = PARAM_FLOAT, ANY_NUMBER, .fallback = "1.0",
     .about = "limit below 0, negated"},
    {0},
};

static ActivationRef elu_ref(const EluAttrs *attrs) {
    ActivationRef ref = activation_make(ACTIVATION_ELU);
    ref.parameter[0] = attrs->alpha;
    return ref;
}

static bool elu_lower(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    const ActivationRef ref = elu_ref(node->layer->attrs);
    outputs[0] = activation_lower(lowering, node, &ref, inputs[0]);
    return true;
}

const LayerClass LAYER_CLASS_ELU = {
    .name = "ELU",
    .module = "keras.layers",
    .about = "x where x > 0, else alpha * (exp(x) - 1)",
    .params = elu_params,
    .attrs_size = sizeof(EluAttrs),
    .flags = LAYER_SUPPORTS_MASKING,
    .lower = elu_lower,
};

bool layer_as_activation(const Layer *layer, ActivationRef *out) {
    if (layer->opaque || !layer->attrs) return false;
    if (layer->class_ == &LAYER_CLASS_RELU) return *out = relu_ref(layer->attrs), true;
    if (layer->class_ == &LAYER_CLASS_LEAKY_RELU) return *out = leaky_relu_ref(layer->attrs), true;
    if (layer->class_ == &LAYER_CLASS_ELU) return *out = elu_ref(layer->attrs), true;
    /* An Activation's attributes are its ActivationRef. */
    if (layer->class_ == &LAYER_CLASS_ACTIVATION) return *out = *(const ActivationRef *)layer->attrs, true;
    return false;
}

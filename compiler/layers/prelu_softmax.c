/* PReLU and Softmax: the activation layers that work along axes. */
#include "layers/rules.h"

typedef struct PreluAttrs {
    Initializer alpha_initializer;
    ParamInts shared_axes;
} PreluAttrs;

static const ParamSpec prelu_params[] = {
    {FIELD(PreluAttrs, alpha_initializer), .kind = PARAM_INITIALIZER, .fallback = "'zeros'"},
    IGNORED("alpha_regularizer"),
    IGNORED("alpha_constraint"),
    {FIELD(PreluAttrs, shared_axes), .kind = PARAM_AXES, .optional_none = true, .fallback = "None",
     .about = "axes along which alpha is one"},
    {0},
};

static bool is_shared(const PreluAttrs *attrs, int axis) {
    for (int i = 0; i < attrs->shared_axes.count; i++) {
        if (attrs->shared_axes.at[i] == axis) return true;
    }
    return false;
}

/* Keras' input_spec: the rank, and with shared_axes the other extents. Without them the extents are in the
 * spec only through broadcasting against alpha. */
static bool prelu_accept(LayerCall *call) {
    const Layer *layer = call->layer;
    if (!layer->built) return layer_expect_min_rank(call, 0, 1);
    const Shape *alpha = &layer->weights.at[0]->shape;
    if (!layer_expect_rank(call, 0, alpha->rank + 1)) return false;
    for (int i = 1; i <= alpha->rank; i++) {
        if (!is_shared(layer->attrs, i) && !layer_expect_axis(call, 0, i, alpha->dim[i - 1])) return false;
    }
    return true;
}

static bool prelu_build(LayerCall *call) {
    const PreluAttrs *attrs = call->layer->attrs;
    const Shape *input = &call->inputs[0]->shape;
    Shape alpha = {.rank = input->rank - 1};
    for (int i = 1; i < input->rank; i++) alpha.dim[i - 1] = is_shared(attrs, i) ? 1 : input->dim[i];
    for (int i = 0; i < attrs->shared_axes.count; i++) {
        const int64_t axis = attrs->shared_axes.at[i];
        if (axis >= 1 && axis < input->rank) continue;
        return diag_report(call->graph->diags, E256, call->at,
                           "shared axis %lld of layer \"%s\" is out of range for shape %s", (long long)axis,
                           call->layer->name, shape_text(call->graph->arena, input));
    }
    if (!layer_expect_known(call, &alpha, "alpha")) return false;
    layer_add_weight(call, "alpha", &alpha, true, attrs->alpha_initializer);
    return true;
}

/* relu(x) + (-alpha) * relu(-x), as Keras writes it. */
static bool prelu_lower(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    Op *x = inputs[0], *alpha = lower_weight(lowering, node, 0);
    Op *below =
        ir_unary(lowering, node, ir_unary(lowering, node, x, UNARY_NEGATE, 0, 0, 0), UNARY_RELU, 0, 0, 0);
    Op *above = ir_unary(lowering, node, x, UNARY_RELU, 0, 0, 0);
    outputs[0] = ir_binary(lowering, node, BIN_SUB, above, ir_binary(lowering, node, BIN_MUL, alpha, below));
    return true;
}

const LayerClass LAYER_CLASS_PRELU = {
    .name = "PReLU",
    .module = "keras.layers",
    .about = "x where x >= 0, else alpha * x with trained alpha",
    .params = prelu_params,
    .attrs_size = sizeof(PreluAttrs),
    .accept = prelu_accept,
    .build = prelu_build,
    .lower = prelu_lower,
};

typedef struct SoftmaxAttrs {
    ParamInts axis;
} SoftmaxAttrs;

static const ParamSpec softmax_params[] = {
    {FIELD(SoftmaxAttrs, axis), .kind = PARAM_AXES, .fallback = "-1", .about = "axis or axes that sum to 1"},
    {0},
};

static bool softmax_infer(LayerCall *call) {
    const SoftmaxAttrs *attrs = call->layer->attrs;
    const Argument *mask = layer_call_argument(call, "mask");
    int axis;
    for (int i = 0; i < attrs->axis.count; i++) {
        if (shape_axis(&call->inputs[0]->shape, attrs->axis.at[i], &axis)) continue;
        return diag_report(call->graph->diags, E253, call->at,
                           "axis %lld of softmax is out of bounds for shape %s", (long long)attrs->axis.at[i],
                           shape_text(call->graph->arena, &call->inputs[0]->shape));
    }
    if (!mask || value_is_none(mask->value)) return true;
    return diag_report_as(call->graph->diags, E204, "", mask->at, "`mask` of Softmax is not supported yet");
}

static bool softmax_lower(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    const SoftmaxAttrs *attrs = node->layer->attrs;
    uint32_t axes = 0;
    int axis;
    for (int i = 0; i < attrs->axis.count; i++) {
        if (shape_axis(&inputs[0]->shape, attrs->axis.at[i], &axis)) axes |= 1u << axis;
    }
    Op *x = ir_cast(lowering, node, inputs[0], node->layer->compute_dtype);
    outputs[0] = ir_row(lowering, node, x, ROW_SOFTMAX, axes);
    return true;
}

static const char *const softmax_call[] = {"inputs", "mask", NULL};

const LayerClass LAYER_CLASS_SOFTMAX = {
    .name = "Softmax",
    .module = "keras.layers",
    .about = "exp(x) / sum(exp(x)) along axes",
    .params = softmax_params,
    .attrs_size = sizeof(SoftmaxAttrs),
    .infer = softmax_infer,
    .lower = softmax_lower,
    .call_params = softmax_call,
};

/* PReLU and Softmax: the activation layers that work along axes. */
#include "layers/masks.h"

typedef struct PreluAttrs {
    Initializer alpha_initializer;
    ParamInts shared_axes;
} PreluAttrs;

static const ParamSpec prelu_params[] = {
    {FIELD(PreluAttrs, alpha_initializer), .kind = PARAM_INITIALIZER, .fallback = "'zeros'"},
    IGNORED("alpha_regularizer"),
    IGNORED("alpha_constraint"),
    {FIELD(PreluAttrs, shared_axes), .kind = PARAM_AXES, .optional_none = true, .empty_as_none = true,
     .fallback = "None", .about = "axes along which alpha is one"},
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
    .flags = LAYER_SUPPORTS_MASKING,
    .accept = prelu_accept,
    .build = prelu_build,
    .lower = prelu_lower,
};

typedef struct SoftmaxAttrs {
    ParamInts axis;
} SoftmaxAttrs;

static const ParamSpec softmax_params[] = {
    {FIELD(SoftmaxAttrs, axis), .kind = PARAM_AXES, .optional_none = true, .fallback = "-1",
     .about = "axis or axes that sum to 1; None: all"},
    {0},
};

/* Keras' check: the mask broadcasts to the input, and has no more axes. */
static bool check_mask(LayerCall *call) {
    Arena *arena = call->graph->arena;
    const Argument *mask = layer_call_argument(call, "mask");
    if (!mask || mask->value.kind != VALUE_TENSOR) return true;
    const Shape *given = &mask->value.as.tensor->shape, *input = &call->inputs[0]->shape;
    if (given->rank > input->rank)
        return diag_report(call->graph->diags, E263, mask->at,
                           "The `mask` must be broadcastable to `inputs` and must not have more dimensions. "
                           "Received: inputs.shape=%s, mask.shape=%s",
                           shape_text(arena, input), shape_text(arena, given));
    for (int i = 1; i <= given->rank; i++) {
        const int64_t m = given->dim[given->rank - i], x = input->dim[input->rank - i];
        if (m == DIM_UNKNOWN || x == DIM_UNKNOWN || m == 1 || m == x) continue;
        return diag_report(
            call->graph->diags, E263, mask->at,
            "The `mask` must be broadcastable to `inputs`. Each mask dimension must be 1 or match "
            "the corresponding input dimension. Received: inputs.shape=%s, mask.shape=%s",
            shape_text(arena, input), shape_text(arena, given));
    }
    return true;
}

static bool softmax_infer(LayerCall *call) {
    const SoftmaxAttrs *attrs = call->layer->attrs;
    int axis;
    for (int i = 0; i < attrs->axis.count; i++) {
        if (shape_axis(&call->inputs[0]->shape, attrs->axis.at[i], &axis)) continue;
        return diag_report(call->graph->diags, E253, call->at,
                           "axis %lld of softmax is out of bounds for shape %s", (long long)attrs->axis.at[i],
                           shape_text(call->graph->arena, &call->inputs[0]->shape));
    }
    return check_mask(call);
}

/* Keras' _large_negative_number. */
static double large_negative(DType dtype) {
    return dtype == DTYPE_FLOAT16 ? -3e4 : -1e9;
}

/* A mask of numbers holds where they are over one half. */
static Op *as_bool(Lowering *l, const Node *node, Op *mask) {
    if (mask->dtype == DTYPE_BOOL) return mask;
    if (!dtype_is_float(mask->dtype)) mask = ir_cast(l, node, mask, DTYPE_FLOAT32);
    return ir_binary(l, node, BIN_GT, mask, lower_scalar(l, node, mask->dtype, 0.5));
}

static bool softmax_lower(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    const SoftmaxAttrs *attrs = node->layer->attrs;
    uint32_t axes = attrs->axis.count > 0 ? 0 : (1u << inputs[0]->shape.rank) - 1;
    int axis;
    for (int i = 0; i < attrs->axis.count; i++) {
        if (shape_axis(&inputs[0]->shape, attrs->axis.at[i], &axis)) axes |= 1u << axis;
    }
    Op *x = ir_cast(lowering, node, inputs[0], node->layer->compute_dtype);
    Op *mask = lower_mask(lowering, node, inputs);
    if (mask) {
        mask = as_bool(lowering, node, mask);
        x = ir_select(lowering, node, mask, x,
                      lower_scalar(lowering, node, x->dtype, large_negative(x->dtype)));
    }
    Op *y = ir_row(lowering, node, x, ROW_SOFTMAX, axes);
    outputs[0] = mask ? ir_select(lowering, node, mask, y, lower_scalar(lowering, node, y->dtype, 0)) : y;
    return true;
}

static const char *const softmax_call[] = {"inputs", "mask", NULL};

const LayerClass LAYER_CLASS_SOFTMAX = {
    .name = "Softmax",
    .module = "keras.layers",
    .about = "exp(x) / sum(exp(x)) along axes",
    .params = softmax_params,
    .attrs_size = sizeof(SoftmaxAttrs),
    .flags = LAYER_SUPPORTS_MASKING,
    .infer = softmax_infer,
    .lower = softmax_lower,
    .call_params = softmax_call,
};

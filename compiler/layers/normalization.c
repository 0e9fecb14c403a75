/* BatchNormalization (at inference: one scale and shift per channel) and LayerNormalization.
 * Keras: layers/normalization/. */
#include "layers/rules.h"

typedef struct BatchNormAttrs {
    int64_t axis;
    double momentum, epsilon;
    bool center, scale, renorm, synchronized;
    Initializer beta_initializer, gamma_initializer, moving_mean_initializer, moving_variance_initializer;
} BatchNormAttrs;

static const ParamSpec BATCH_NORM_PARAMS[] = {
    {FIELD(BatchNormAttrs, axis), .kind = PARAM_INT, .fallback = "-1", ANY_NUMBER, .about = "the channels"},
    {FIELD(BatchNormAttrs, momentum), .kind = PARAM_FLOAT, .fallback = "0.99", ANY_NUMBER,
     .about = "training only"},
    {FIELD(BatchNormAttrs, epsilon), .kind = PARAM_FLOAT, .fallback = "0.001", ANY_NUMBER},
    {FIELD(BatchNormAttrs, center), .kind = PARAM_BOOL, .fallback = "True", .about = "add beta"},
    {FIELD(BatchNormAttrs, scale), .kind = PARAM_BOOL, .fallback = "True", .about = "multiply by gamma"},
    {FIELD(BatchNormAttrs, beta_initializer), .kind = PARAM_INITIALIZER, .fallback = "'zeros'"},
    {FIELD(BatchNormAttrs, gamma_initializer), .kind = PARAM_INITIALIZER, .fallback = "'ones'"},
    {FIELD(BatchNormAttrs, moving_mean_initializer), .kind = PARAM_INITIALIZER, .fallback = "'zeros'"},
    {FIELD(BatchNormAttrs, moving_variance_initializer), .kind = PARAM_INITIALIZER, .fallback = "'ones'"},
    IGNORED("beta_regularizer"),
    IGNORED("gamma_regularizer"),
    IGNORED("beta_constraint"),
    IGNORED("gamma_constraint"),
    {FIELD(BatchNormAttrs, renorm), .kind = PARAM_BOOL, .fallback = "False",
     .about = "training only, but for its weights"},
    IGNORED("renorm_clipping"),
    IGNORED("renorm_momentum"),
    IGNORED("synchronized"),
    {0}};

static bool bad_axis(LayerCall *call, int64_t axis) {
    diag_report(call->graph->diags, E284, call->at,
                "Axis %lld is out of bounds for input shape %s of layer \"%s\"", (long long)axis,
                shape_text(call->graph->arena, &call->inputs[0]->shape), call->layer->name);
    layer_note_input(call, 0);
    return false;
}

/* At inference the mask has no effect, but its rank is looked at. */
static bool check_mask(LayerCall *call) {
    const Argument *mask = layer_call_argument(call, "mask");
    if (!mask || mask->value.kind != VALUE_TENSOR) return true;
    const Shape *given = &mask->value.as.tensor->shape, *input = &call->inputs[0]->shape;
    if (given->rank == input->rank - 1) return true;
    return diag_report(
        call->graph->diags, E263, mask->at,
        "The mask provided should be one dimension less than the inputs. Received: mask.shape=%s, "
        "inputs.shape=%s in layer \"%s\"",
        shape_text(call->graph->arena, given), shape_text(call->graph->arena, input), call->layer->name);
}

static bool batch_norm_accept(LayerCall *call) {
    const BatchNormAttrs *attrs = call->layer->attrs;
    const Argument *training = layer_call_training(call);
    int axis;
    if (training && call->layer->trainable)
        return diag_report(call->graph->diags, E262, training->at,
                           "layer \"%s\" normalises with the statistics of each batch, because it is called "
                           "with training=%s",
                           call->layer->name, value_text(call->graph->arena, training->value));
    if (!check_mask(call)) return false;
    if (!shape_axis(&call->inputs[0]->shape, attrs->axis, &axis)) return bad_axis(call, attrs->axis);
    if (!call->layer->built) return true;
    if (call->inputs[0]->shape.rank != call->layer->built_shapes[0].rank)
        return layer_expect_rank(call, 0, call->layer->built_shapes[0].rank);
    return layer_expect_axis(call, 0, attrs->axis, call->layer->built_shapes[0].dim[axis]);
}

static bool batch_norm_build(LayerCall *call) {
    const BatchNormAttrs *attrs = call->layer->attrs;
    int axis;
    if (!shape_axis(&call->inputs[0]->shape, attrs->axis, &axis)) return bad_axis(call, attrs->axis);
    const Shape shape = {1, {call->inputs[0]->shape.dim[axis]}};
    if (!layer_expect_known(call, &shape, "gamma")) return false;
    if (attrs->scale && !layer_add_weight(call, "gamma", &shape, true, attrs->gamma_initializer))
        return false;
    if (attrs->center && !layer_add_weight(call, "beta", &shape, true, attrs->beta_initializer)) return false;
    if (!layer_add_weight(call, "moving_mean", &shape, false, attrs->moving_mean_initializer)) return false;
    return layer_add_weight(call, "moving_variance", &shape, false, attrs->moving_variance_initializer) !=
           NULL;
}

static bool batch_norm_validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    const BatchNormAttrs *attrs = layer->attrs;
    if (!attrs->renorm) return true;
    return diag_report(graph->diags, E285, layer_argument_at(layer->class_, arguments, "renorm"),
                       "BatchNormalization with renorm=True is not supported yet");
}

/* x * scale + shift, where both have one value per element of the axis. */
static Op *scale_and_shift(Lowering *lowering, const Node *node, Op *x, int axis, Op *scale, Op *shift) {
    if (axis == x->shape.rank - 1) return ir_affine(lowering, node, x, scale, shift);
    Shape shape = {.rank = x->shape.rank - axis};
    for (int i = 0; i < shape.rank; i++) shape.dim[i] = 1;
    shape.dim[0] = scale->shape.dim[0];
    x = ir_binary(lowering, node, BIN_MUL, x, ir_reshape(lowering, node, scale, &shape));
    return ir_binary(lowering, node, BIN_ADD, x, ir_reshape(lowering, node, shift, &shape));
}

static bool batch_norm_lower(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    const BatchNormAttrs *attrs = node->layer->attrs;
    Op *x = ir_cast(lowering, node, inputs[0], lower_wide_dtype(node->layer));
    int axis = 0;
    size_t next = 0;
    (void)shape_axis(&x->shape, attrs->axis, &axis);
    Op *gamma = attrs->scale ? lower_wide_weight(lowering, node, next++) : NULL;
    Op *beta = attrs->center ? lower_wide_weight(lowering, node, next++) : NULL;
    Op *mean = lower_wide_weight(lowering, node, next++), *variance = lower_wide_weight(lowering, node, next);
    Op *epsilon = lower_scalar(lowering, node, x->dtype, attrs->epsilon);
    Op *scale =
        ir_unary(lowering, node, ir_binary(lowering, node, BIN_ADD, variance, epsilon), UNARY_RSQRT, 0, 0, 0);
    if (gamma) scale = ir_binary(lowering, node, BIN_MUL, scale, gamma);
    Op *shift =
        ir_unary(lowering, node, ir_binary(lowering, node, BIN_MUL, mean, scale), UNARY_NEGATE, 0, 0, 0);
    if (beta) shift = ir_binary(lowering, node, BIN_ADD, shift, beta);
    outputs[0] = scale_and_shift(lowering, node, x, axis, scale, shift);
    return true;
}

static const char *const NORMALIZATION_CALL[] = {"inputs", "training", "mask", NULL};
const LayerClass LAYER_CLASS_BATCH_NORMALIZATION = {.name = "BatchNormalization",
                                                    .module = "keras.layers",
                                                    .about = "normalises by the moving mean and variance",
                                                    .params = BATCH_NORM_PARAMS,
                                                    .attrs_size = sizeof(BatchNormAttrs),
                                                    .flags = LAYER_SUPPORTS_MASKING,
                                                    .validate = batch_norm_validate,
                                                    .accept = batch_norm_accept,
                                                    .build = batch_norm_build,
                                                    .lower = batch_norm_lower,
                                                    .call_params = NORMALIZATION_CALL};

/* ---- LayerNormalization ---- */

typedef struct LayerNormAttrs {
    ParamInts axis;
    double epsilon;
    bool center, scale, rms_scaling;
    Initializer beta_initializer, gamma_initializer;
} LayerNormAttrs;

static const ParamSpec LAYER_NORM_PARAMS[] = {
    {FIELD(LayerNormAttrs, axis), .kind = PARAM_AXES, .fallback = "-1", .about = "normalised together"},
    {FIELD(LayerNormAttrs, epsilon), .kind = PARAM_FLOAT, .fallback = "0.001", ANY_NUMBER},
    {FIELD(LayerNormAttrs, center), .kind = PARAM_BOOL, .fallback = "True", .about = "add beta"},
    {FIELD(LayerNormAttrs, scale), .kind = PARAM_BOOL, .fallback = "True", .about = "multiply by gamma"},
    {FIELD(LayerNormAttrs, beta_initializer), .kind = PARAM_INITIALIZER, .fallback = "'zeros'"},
    {FIELD(LayerNormAttrs, gamma_initializer), .kind = PARAM_INITIALIZER, .fallback = "'ones'"},
    IGNORED("beta_regularizer"),
    IGNORED("gamma_regularizer"),
    IGNORED("beta_constraint"),
    IGNORED("gamma_constraint"),
    {FIELD(LayerNormAttrs, rms_scaling), .kind = PARAM_BOOL, .fallback = "False", .keyword_only = true,
     .about = "deprecated: only divide by the standard deviation"},
    {0}};

static bool layer_norm_accept(LayerCall *call) {
    const LayerNormAttrs *attrs = call->layer->attrs;
    if (!layer_expect_float(call->graph->diags, call->layer, call->inputs[0]->dtype, call->at)) return false;
    for (int i = 0; i < attrs->axis.count; i++) {
        int axis;
        if (!shape_axis(&call->inputs[0]->shape, attrs->axis.at[i], &axis))
            return bad_axis(call, attrs->axis.at[i]);
        if (call->layer->built && call->layer->weights.count) {
            int built = 0;
            (void)shape_axis(&call->layer->built_shapes[0], attrs->axis.at[i], &built);
            if (!layer_expect_axis(call, 0, attrs->axis.at[i], call->layer->built_shapes[0].dim[built]))
                return false;
        }
    }
    return true;
}

/* Keras sorts the axes as they were written (negative ones first); the weights have their extents in that
 * order. */
static Shape sorted_extents(const LayerNormAttrs *attrs, const Shape *input) {
    int64_t sorted[SHAPE_MAX_RANK];
    Shape shape = {.rank = attrs->axis.count};
    for (int i = 0; i < shape.rank; i++) {
        int place = i;
        for (; place > 0 && sorted[place - 1] > attrs->axis.at[i]; place--) sorted[place] = sorted[place - 1];
        sorted[place] = attrs->axis.at[i];
    }
    for (int i = 0; i < shape.rank; i++) {
        int axis = 0;
        (void)shape_axis(input, sorted[i], &axis);
        shape.dim[i] = input->dim[axis];
    }
    return shape;
}

/* rms_scaling has its gamma whatever `scale` says, and no beta. */
static bool has_gamma(const LayerNormAttrs *attrs) {
    return attrs->scale || attrs->rms_scaling;
}
static bool has_beta(const LayerNormAttrs *attrs) {
    return attrs->center && !attrs->rms_scaling;
}

static bool layer_norm_build(LayerCall *call) {
    const LayerNormAttrs *attrs = call->layer->attrs;
    const Shape shape = sorted_extents(attrs, &call->inputs[0]->shape);
    const bool scale = has_gamma(attrs), center = has_beta(attrs);
    if ((scale || center) && !layer_expect_known(call, &shape, "gamma")) return false;
    if (scale && !layer_add_weight(call, "gamma", &shape, true, attrs->gamma_initializer)) return false;
    return !center || layer_add_weight(call, "beta", &shape, true, attrs->beta_initializer);
}

/* The weight reshaped, without reordering, to the normalised axes of x: what Keras does too. */
static Op *along_axes(Lowering *lowering, const Node *node, Op *weight, const Op *x, uint32_t axes) {
    Shape shape = {.rank = x->shape.rank};
    for (int i = 0; i < shape.rank; i++) shape.dim[i] = axes >> i & 1 ? x->shape.dim[i] : 1;
    return ir_reshape(lowering, node, weight, &shape);
}

/* x / sqrt(its variance + epsilon), whatever its mean. */
static Op *over_deviation(Lowering *lowering, const Node *node, Op *x, uint32_t axes, double epsilon) {
    Op *rest = ir_binary(lowering, node, BIN_SUB, x, ir_reduce(lowering, node, x, REDUCE_MEAN, axes, true));
    Op *square = ir_unary(lowering, node, rest, UNARY_SQUARE, 0, 0, 0);
    Op *variance = ir_reduce(lowering, node, square, REDUCE_MEAN, axes, true);
    Op *sum = ir_binary(lowering, node, BIN_ADD, variance, lower_scalar(lowering, node, x->dtype, epsilon));
    return ir_binary(lowering, node, BIN_MUL, x, ir_unary(lowering, node, sum, UNARY_RSQRT, 0, 0, 0));
}

static bool layer_norm_lower(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    const LayerNormAttrs *attrs = node->layer->attrs;
    if (!layer_expect_float(lowering->ir->diags, node->layer, inputs[0]->dtype, node->at)) return false;
    Op *x = ir_cast(lowering, node, inputs[0], lower_wide_dtype(node->layer));
    uint32_t axes = 0;
    size_t next = 0;
    for (int i = 0; i < attrs->axis.count; i++) {
        int axis = 0;
        (void)shape_axis(&x->shape, attrs->axis.at[i], &axis);
        axes |= 1u << axis;
    }
    Op *y = attrs->rms_scaling ? over_deviation(lowering, node, x, axes, attrs->epsilon)
                               : ir_normalize(lowering, node, x, axes, attrs->epsilon);
    if (has_gamma(attrs))
        y = ir_binary(lowering, node, BIN_MUL, y,
                      along_axes(lowering, node, lower_wide_weight(lowering, node, next++), x, axes));
    if (has_beta(attrs))
        y = ir_binary(lowering, node, BIN_ADD, y,
                      along_axes(lowering, node, lower_wide_weight(lowering, node, next), x, axes));
    outputs[0] = y;
    return true;
}

const LayerClass LAYER_CLASS_LAYER_NORMALIZATION = {.name = "LayerNormalization",
                                                    .module = "keras.layers",
                                                    .about = "zero mean and unit variance within each sample",
                                                    .params = LAYER_NORM_PARAMS,
                                                    .attrs_size = sizeof(LayerNormAttrs),
                                                    .flags = LAYER_SUPPORTS_MASKING,
                                                    .accept = layer_norm_accept,
                                                    .build = layer_norm_build,
                                                    .lower = layer_norm_lower};

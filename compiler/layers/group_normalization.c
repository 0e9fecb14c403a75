/* GroupNormalization, RMSNormalization and UnitNormalization. Keras: layers/normalization/. */
#include "layers/operation.h"

static bool bad_axis(LayerCall *call, int64_t axis) {
    diag_report(call->graph->diags, E284, call->at,
                "Axis %lld is out of bounds for input shape %s of layer \"%s\"", (long long)axis,
                shape_text(call->graph->arena, &call->inputs[0]->shape), call->layer->name);
    layer_note_input(call, 0);
    return false;
}

/* ---- GroupNormalization ---- */

typedef struct GroupNormAttrs {
    int64_t groups, axis;
    double epsilon;
    bool center, scale;
    Initializer beta_initializer, gamma_initializer;
} GroupNormAttrs;

static const ParamSpec group_norm_params[] = {
    {FIELD(GroupNormAttrs, groups), .kind = PARAM_INT, .fallback = "32", .min = -1,
     .about = "of channels that are normalised together; -1: each on its own"},
    {FIELD(GroupNormAttrs, axis), .kind = PARAM_INT, .fallback = "-1", ANY_NUMBER, .about = "the channels"},
    {FIELD(GroupNormAttrs, epsilon), .kind = PARAM_FLOAT, .fallback = "0.001", ANY_NUMBER},
    {FIELD(GroupNormAttrs, center), .kind = PARAM_BOOL, .fallback = "True", .about = "add beta"},
    {FIELD(GroupNormAttrs, scale), .kind = PARAM_BOOL, .fallback = "True", .about = "multiply by gamma"},
    {FIELD(GroupNormAttrs, beta_initializer), .kind = PARAM_INITIALIZER, .fallback = "'zeros'"},
    {FIELD(GroupNormAttrs, gamma_initializer), .kind = PARAM_INITIALIZER, .fallback = "'ones'"},
    IGNORED("beta_regularizer"),
    IGNORED("gamma_regularizer"),
    IGNORED("beta_constraint"),
    IGNORED("gamma_constraint"),
    {0}};

static bool group_norm_validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    const GroupNormAttrs *attrs = layer->attrs;
    layer->autocast = false;
    if (attrs->groups != 0) return true;
    return diag_report(
        graph->diags, E204, layer_argument_at(layer->class_, arguments, "groups"),
        "Received an invalid value for argument `groups`, expected a positive integer (or `-1` for "
        "instance normalization). Received: groups=0");
}

static bool group_norm_accept(LayerCall *call) {
    const GroupNormAttrs *attrs = call->layer->attrs;
    const Shape *input = &call->inputs[0]->shape;
    int axis;
    if (!layer_expect_float(call->graph->diags, call->layer, call->inputs[0]->dtype, call->at)) return false;
    if (!shape_axis(input, attrs->axis, &axis) || axis == 0) return bad_axis(call, attrs->axis);
    const int64_t dim = input->dim[axis], groups = attrs->groups == -1 ? dim : attrs->groups;
    const Shape known = {1, {dim}};
    if (!layer_expect_known(call, &known, "gamma")) return false;
    const char *wrong = dim < groups        ? "cannot be more than"
                        : dim % groups != 0 ? "must be a multiple of"
                                            : NULL;
    if (wrong) {
        diag_report(call->graph->diags, E259, call->at,
                    "Number of groups (%lld) %s the number of channels (%lld).", (long long)groups, wrong,
                    (long long)dim);
        layer_note_input(call, 0);
        return false;
    }
    if (input->rank == SHAPE_MAX_RANK) return bad_axis(call, attrs->axis);
    if (!call->layer->built) return true;
    return layer_expect_rank(call, 0, call->layer->built_shapes[0].rank) &&
           layer_expect_axis(call, 0, attrs->axis, call->layer->built_shapes[0].dim[axis]);
}

static bool group_norm_build(LayerCall *call) {
    const GroupNormAttrs *attrs = call->layer->attrs;
    int axis = 0;
    (void)shape_axis(&call->inputs[0]->shape, attrs->axis, &axis);
    const Shape shape = {1, {call->inputs[0]->shape.dim[axis]}};
    if (attrs->scale) layer_add_weight(call, "gamma", &shape, true, attrs->gamma_initializer);
    if (attrs->center) layer_add_weight(call, "beta", &shape, true, attrs->beta_initializer);
    return true;
}

/* The shape with the channels as groups x channels of a group. */
static Shape grouped(const Shape *shape, int axis, int64_t groups, bool ones) {
    Shape out = {.rank = shape->rank + 1};
    for (int i = 0; i < shape->rank; i++) out.dim[i + (i > axis)] = ones ? 1 : shape->dim[i];
    out.dim[axis] = groups;
    out.dim[axis + 1] = shape->dim[axis] / groups;
    return out;
}

static bool group_norm_lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    const GroupNormAttrs *attrs = node->layer->attrs;
    Op *x = inputs[0];
    if (!layer_expect_float(l->ir->diags, node->layer, x->dtype, node->at)) return false;
    const Shape whole = x->shape;
    int axis = 0;
    size_t next = 0;
    (void)shape_axis(&whole, attrs->axis, &axis);
    const int64_t groups = attrs->groups == -1 ? whole.dim[axis] : attrs->groups;
    const Shape shape = grouped(&whole, axis, groups, false), weight = grouped(&whole, axis, groups, true);
    const uint32_t axes = ((1u << shape.rank) - 1) & ~1u & ~(1u << axis);
    Op *y = ir_normalize(l, node, ir_reshape(l, node, x, &shape), axes, attrs->epsilon);
    if (attrs->scale)
        y = ir_binary(l, node, BIN_MUL, y, ir_reshape(l, node, lower_weight(l, node, next++), &weight));
    if (attrs->center)
        y = ir_binary(l, node, BIN_ADD, y, ir_reshape(l, node, lower_weight(l, node, next), &weight));
    outputs[0] = ir_cast(l, node, ir_reshape(l, node, y, &whole), node->layer->compute_dtype);
    return true;
}

const LayerClass LAYER_CLASS_GROUP_NORMALIZATION = {
    .name = "GroupNormalization",
    .module = "keras.layers",
    .about = "zero mean and unit variance within groups of channels",
    .params = group_norm_params,
    .attrs_size = sizeof(GroupNormAttrs),
    .flags = LAYER_SUPPORTS_MASKING,
    .validate = group_norm_validate,
    .accept = group_norm_accept,
    .build = group_norm_build,
    .lower = group_norm_lower,
};

/* ---- RMSNormalization, UnitNormalization ---- */

typedef struct ScaleNormAttrs {
    ParamInts axis;
    double epsilon;
} ScaleNormAttrs;

static const ParamSpec rms_norm_params[] = {
    {FIELD(ScaleNormAttrs, axis), .kind = PARAM_AXES, .fallback = "-1", .about = "normalised together"},
    {FIELD(ScaleNormAttrs, epsilon), .kind = PARAM_FLOAT, .fallback = "1e-06", ANY_NUMBER},
    {0}};

static const ParamSpec unit_norm_params[] = {
    {FIELD(ScaleNormAttrs, axis), .kind = PARAM_AXES, .fallback = "-1", .about = "normalised together"}, {0}};

static bool scale_norm_accept(LayerCall *call) {
    const ScaleNormAttrs *attrs = call->layer->attrs;
    int axis;
    if (!layer_expect_float(call->graph->diags, call->layer, call->inputs[0]->dtype, call->at)) return false;
    for (int i = 0; i < attrs->axis.count; i++)
        if (!shape_axis(&call->inputs[0]->shape, attrs->axis.at[i], &axis))
            return bad_axis(call, attrs->axis.at[i]);
    return true;
}

/* The extents of the axes, sorted as they were written. */
static Shape axis_extents(const ScaleNormAttrs *attrs, const Shape *input) {
    ParamInts sorted = attrs->axis;
    Shape shape = {.rank = sorted.count};
    for (int i = 1; i < sorted.count; i++) {
        const int64_t axis = sorted.at[i];
        int place = i;
        for (; place > 0 && sorted.at[place - 1] > axis; place--) sorted.at[place] = sorted.at[place - 1];
        sorted.at[place] = axis;
    }
    for (int i = 0; i < sorted.count; i++) {
        int axis = 0;
        (void)shape_axis(input, sorted.at[i], &axis);
        shape.dim[i] = input->dim[axis];
    }
    return shape;
}

static bool rms_norm_build(LayerCall *call) {
    const Shape shape = axis_extents(call->layer->attrs, &call->inputs[0]->shape);
    const Initializer ones = {.kind = INIT_ONES};
    return layer_expect_known(call, &shape, "scale") && layer_add_weight(call, "scale", &shape, true, ones);
}

static bool rms_norm_infer(LayerCall *call) {
    return operation_broadcast(call, &call->inputs[0]->shape, &call->layer->weights.at[0]->shape,
                               &call->output_shapes[0]);
}

static uint32_t axis_bits(const ScaleNormAttrs *attrs, const Shape *shape) {
    uint32_t axes = 0;
    for (int i = 0; i < attrs->axis.count; i++) {
        int axis = 0;
        (void)shape_axis(shape, attrs->axis.at[i], &axis);
        axes |= 1u << axis;
    }
    return axes;
}

/* x * rsqrt(mean(x^2) + epsilon) * scale, where the scale broadcasts as numpy has it: Keras does not align
 * it. */
static bool rms_norm_lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    const ScaleNormAttrs *attrs = node->layer->attrs;
    Op *x = inputs[0];
    if (!layer_expect_float(l->ir->diags, node->layer, x->dtype, node->at)) return false;
    Op *mean = ir_reduce(l, node, ir_unary(l, node, x, UNARY_SQUARE, 0, 0, 0), REDUCE_MEAN,
                         axis_bits(attrs, &x->shape), true);
    Op *sum = ir_binary(l, node, BIN_ADD, mean, lower_scalar(l, node, x->dtype, attrs->epsilon));
    Op *y = ir_binary(l, node, BIN_MUL, x, ir_unary(l, node, sum, UNARY_RSQRT, 0, 0, 0));
    outputs[0] = ir_binary(l, node, BIN_MUL, y, lower_weight(l, node, 0));
    return true;
}

const LayerClass LAYER_CLASS_RMS_NORMALIZATION = {
    .name = "RMSNormalization",
    .module = "keras.layers",
    .about = "unit mean square within each sample, times a trained scale",
    .params = rms_norm_params,
    .attrs_size = sizeof(ScaleNormAttrs),
    .accept = scale_norm_accept,
    .build = rms_norm_build,
    .infer = rms_norm_infer,
    .lower = rms_norm_lower,
};

/* x * min(rsqrt(sum(x^2)), 1e12): zeros stay zeros. */
static bool unit_norm_lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    Op *x = inputs[0];
    if (!layer_expect_float(l->ir->diags, node->layer, x->dtype, node->at)) return false;
    Op *sum = ir_reduce(l, node, ir_unary(l, node, x, UNARY_SQUARE, 0, 0, 0), REDUCE_SUM,
                        axis_bits(node->layer->attrs, &x->shape), true);
    Op *scale = ir_binary(l, node, BIN_MIN, ir_unary(l, node, sum, UNARY_RSQRT, 0, 0, 0),
                          lower_scalar(l, node, x->dtype, 1e12));
    outputs[0] = ir_binary(l, node, BIN_MUL, x, scale);
    return true;
}

const LayerClass LAYER_CLASS_UNIT_NORMALIZATION = {
    .name = "UnitNormalization",
    .module = "keras.layers",
    .about = "a sum of squares of 1 within each sample",
    .params = unit_norm_params,
    .attrs_size = sizeof(ScaleNormAttrs),
    .flags = LAYER_SUPPORTS_MASKING,
    .accept = scale_norm_accept,
    .lower = unit_norm_lower,
};

/* Flatten, Reshape, Permute, RepeatVector: the same elements in another shape or order; integers stay
 * integers. */
#include "base/checked.h"
#include "base/text.h"
#include "layers/rules.h"

/* Floats are cast to the compute type (autocast), anything else is kept. */
static void keep_dtype(LayerCall *call) {
    const DType given = call->inputs[0]->dtype;
    if (!dtype_is_float(given) || !call->layer->autocast) call->output_dtypes[0] = given;
}

static bool lower_to_shape(Lowering *lowering, const Node *node, Op *x, Op **outputs) {
    Shape shape = node->outputs[0]->shape;
    if (shape.rank > 0 && x->shape.rank > 0) shape.dim[0] = x->shape.dim[0];
    outputs[0] = ir_reshape(lowering, node, x, &shape);
    return true;
}

typedef struct FlattenAttrs {
    int data_format;
} FlattenAttrs;

static const ParamSpec flatten_params[] = {
    {FIELD(FlattenAttrs, data_format), .kind = PARAM_CHOICE, .any_case = true, .choices = LAYER_DATA_FORMATS,
     .optional_none = true, .fallback = "None", .about = "where the channels of its input are"},
    {0},
};

static bool flatten_validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    (void)arguments;
    layer_data_format(graph, &((FlattenAttrs *)layer->attrs)->data_format);
    return true;
}

static bool flatten_accept(LayerCall *call) {
    return layer_expect_min_rank(call, 0, 1);
}

static bool flatten_infer(LayerCall *call) {
    const Shape *input = &call->inputs[0]->shape;
    int64_t count;
    if (!shape_count(input, 1, &count)) count = DIM_UNKNOWN;
    call->output_shapes[0] = (Shape){2, {input->dim[0], count}};
    keep_dtype(call);
    return true;
}

/* The elements come in the order of channels_last, also from channels_first. */
static bool flatten_lower(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    const FlattenAttrs *attrs = node->layer->attrs;
    Op *x = lower_channels_last(lowering, node, inputs[0], attrs->data_format);
    return lower_to_shape(lowering, node, x, outputs);
}

const LayerClass LAYER_CLASS_FLATTEN = {
    .name = "Flatten",
    .module = "keras.layers",
    .about = "all axes but the batch as one",
    .params = flatten_params,
    .attrs_size = sizeof(FlattenAttrs),
    .validate = flatten_validate,
    .accept = flatten_accept,
    .infer = flatten_infer,
    .lower = flatten_lower,
};

typedef struct ReshapeAttrs {
    Shape target_shape;
} ReshapeAttrs;

static const ParamSpec reshape_params[] = {
    {FIELD(ReshapeAttrs, target_shape), .kind = PARAM_SHAPE, .required = true,
     .about = "without the batch; one may be -1"},
    {0},
};

static bool reshape_validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    const ReshapeAttrs *attrs = layer->attrs;
    const Argument *argument = layer_argument(layer->class_, arguments, "target_shape");
    const char *given = value_text(graph->arena, argument->value);
    int unknown = 0;
    for (int i = 0; i < attrs->target_shape.rank; i++) {
        if (attrs->target_shape.dim[i] == DIM_UNKNOWN)
            unknown++;
        else if (attrs->target_shape.dim[i] < 0)
            return diag_report(
                graph->diags, E204, argument->at,
                "Each dimension in `target_shape` must be a non-negative integer, or `-1` for a single "
                "unknown dimension. Received: target_shape=%s",
                given);
    }
    if (unknown <= 1 && attrs->target_shape.rank < SHAPE_MAX_RANK) return true;
    if (unknown <= 1)
        return diag_report(graph->diags, E204, argument->at, "`target_shape` has more than %d extents: %s",
                           SHAPE_MAX_RANK - 1, given);
    return diag_report(
        graph->diags, E204, argument->at,
        "There must be at most one unknown dimension (-1) in `target_shape`. Received: target_shape=%s",
        given);
}

/* The target with -1 resolved where the input's extents are known: Keras' compute_reshape_output_shape. */
bool reshape_resolve(const Shape *input, int first, const Shape *target, Shape *out) {
    int64_t total, known = 1;
    int hole = -1;
    *out = *target;
    if (!shape_count(input, first, &total)) return true;
    for (int i = 0; i < target->rank; i++) {
        if (target->dim[i] == DIM_UNKNOWN)
            hole = i;
        else if (!checked_mul(known, target->dim[i], &known))
            return false;
    }
    if (hole < 0) return known == total;
    if (known == 0 || total % known != 0) return false;
    out->dim[hole] = total / known;
    return true;
}

bool reshape_report(Graph *graph, SourceRange at, const Shape *input, const Shape *target, const char *name) {
    Text text = text_new(graph->arena);
    for (int i = 0; i < target->rank; i++)
        text_printf(&text, "%s%lld", i ? ", " : "", (long long)target->dim[i]);
    return diag_report(
        graph->diags, E252, at,
        "The total size of the tensor must be unchanged%s. Received: input_shape=%s, %s=(%s%s)",
        shape_is_static(target, 0) ? "" : ", and the known extents do not divide it",
        shape_text(graph->arena, input), name, text.data, target->rank == 1 ? "," : "");
}

static bool reshape_infer(LayerCall *call) {
    const ReshapeAttrs *attrs = call->layer->attrs;
    const Shape *input = &call->inputs[0]->shape;
    Shape inner, sample = {.rank = input->rank - 1};
    for (int i = 1; i < input->rank; i++) sample.dim[i - 1] = input->dim[i];
    keep_dtype(call);
    if (!reshape_resolve(input, 1, &attrs->target_shape, &inner)) {
        reshape_report(call->graph, call->at, &sample, &attrs->target_shape, "target_shape");
        layer_note_input(call, 0);
        return false;
    }
    call->output_shapes[0] = (Shape){inner.rank + 1, {input->dim[0]}};
    for (int i = 0; i < inner.rank; i++) call->output_shapes[0].dim[i + 1] = inner.dim[i];
    return true;
}

static bool reshape_lower(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    return lower_to_shape(lowering, node, inputs[0], outputs);
}

const LayerClass LAYER_CLASS_RESHAPE = {
    .name = "Reshape",
    .module = "keras.layers",
    .about = "another shape for each sample",
    .params = reshape_params,
    .attrs_size = sizeof(ReshapeAttrs),
    .validate = reshape_validate,
    .accept = flatten_accept,
    .infer = reshape_infer,
    .lower = reshape_lower,
};

typedef struct PermuteAttrs {
    Shape dims;
} PermuteAttrs;

static const ParamSpec permute_params[] = {
    {FIELD(PermuteAttrs, dims), .kind = PARAM_SHAPE, .required = true, .about = "a permutation of 1 .. rank"},
    {0},
};

static bool permute_validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    const PermuteAttrs *attrs = layer->attrs;
    uint64_t seen = 1;
    for (int i = 0; i < attrs->dims.rank; i++) {
        const int64_t dim = attrs->dims.dim[i];
        if (dim >= 1 && dim <= attrs->dims.rank) seen |= UINT64_C(1) << dim;
    }
    if (attrs->dims.rank < SHAPE_MAX_RANK && seen == (UINT64_C(1) << (attrs->dims.rank + 1)) - 1) return true;
    const Argument *argument = layer_argument(layer->class_, arguments, "dims");
    return diag_report(
        graph->diags, E204, argument->at,
        "Invalid permutation argument `dims` for Permute Layer. The set of indices in `dims` must be "
        "consecutive and start from 1. Received dims=%s",
        value_text(graph->arena, argument->value));
}

static bool permute_accept(LayerCall *call) {
    const PermuteAttrs *attrs = call->layer->attrs;
    return layer_expect_rank(call, 0, attrs->dims.rank + 1);
}

static bool permute_infer(LayerCall *call) {
    const PermuteAttrs *attrs = call->layer->attrs;
    for (int i = 0; i < attrs->dims.rank; i++) {
        call->output_shapes[0].dim[i + 1] = call->inputs[0]->shape.dim[attrs->dims.dim[i]];
    }
    keep_dtype(call);
    return true;
}

static bool permute_lower(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    const PermuteAttrs *attrs = node->layer->attrs;
    int perm[SHAPE_MAX_RANK] = {0};
    for (int i = 0; i < attrs->dims.rank; i++) perm[i + 1] = (int)attrs->dims.dim[i];
    outputs[0] = ir_transpose(lowering, node, inputs[0], perm);
    return true;
}

const LayerClass LAYER_CLASS_PERMUTE = {
    .name = "Permute",
    .module = "keras.layers",
    .about = "axes in another order",
    .params = permute_params,
    .attrs_size = sizeof(PermuteAttrs),
    .validate = permute_validate,
    .accept = permute_accept,
    .infer = permute_infer,
    .lower = permute_lower,
};

typedef struct RepeatVectorAttrs {
    Value n;
    int64_t count;
} RepeatVectorAttrs;

static const ParamSpec repeat_vector_params[] = {
    {FIELD(RepeatVectorAttrs, n), .kind = PARAM_VALUE, .required = true, .about = "how many times"},
    {0},
};

static bool repeat_vector_validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    RepeatVectorAttrs *attrs = layer->attrs;
    const SourceRange at = layer_argument_at(layer->class_, arguments, "n");
    if (attrs->n.kind != VALUE_INT) {
        return diag_report_as(graph->diags, E204, "TypeError", at,
                              "Expected an integer value for `n`, got <class '%s'>",
                              value_type_name(attrs->n));
    }
    attrs->count = attrs->n.as.integer;
    if (attrs->count > 0) return true;
    return diag_report(graph->diags, E204, at, "Argument `n` should be a positive integer. Received: n=%lld",
                       (long long)attrs->count);
}

static bool repeat_vector_accept(LayerCall *call) {
    return layer_expect_rank(call, 0, 2);
}

static bool repeat_vector_infer(LayerCall *call) {
    const RepeatVectorAttrs *attrs = call->layer->attrs;
    const Shape *input = &call->inputs[0]->shape;
    call->output_shapes[0] = (Shape){3, {input->dim[0], attrs->count, input->dim[1]}};
    return true;
}

static bool repeat_vector_lower(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    const RepeatVectorAttrs *attrs = node->layer->attrs;
    const Shape shape = {3, {inputs[0]->shape.dim[0], 1, inputs[0]->shape.dim[1]}};
    Op *row = ir_reshape(lowering, node, inputs[0], &shape);
    outputs[0] = ir_repeat(lowering, node, row, 1, attrs->count);
    return true;
}

const LayerClass LAYER_CLASS_REPEAT_VECTOR = {
    .name = "RepeatVector",
    .module = "keras.layers",
    .about = "a vector n times in a row",
    .params = repeat_vector_params,
    .attrs_size = sizeof(RepeatVectorAttrs),
    .validate = repeat_vector_validate,
    .accept = repeat_vector_accept,
    .infer = repeat_vector_infer,
    .lower = repeat_vector_lower,
};

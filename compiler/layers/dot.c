/* Dot: the product of two tensors, summed over one axis of each, sample by sample.
 *
 * Lowered to a batched matrix product: the summed axis is brought to the end of the left tensor and to the
 * last but one place of the right, the other axes are flattened, and the result gets its shape back.
 */
#include "layers/merging.h"

typedef struct DotAttrs {
    Value axes;
    bool normalize;
} DotAttrs;

static const ParamSpec dot_params[] = {
    {FIELD(DotAttrs, axes), .kind = PARAM_VALUE, .required = true,
     .about = "an axis, or one for each tensor"},
    {FIELD(DotAttrs, normalize), .kind = PARAM_BOOL, .fallback = "False", .about = "cosine similarity"},
    {0},
};

static bool dot_validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    const DotAttrs *attrs = layer->attrs;
    const SourceRange at = layer_argument_at(layer->class_, arguments, "axes");
    const char *given = value_text(graph->arena, attrs->axes);
    int64_t axis;
    if (value_as_int(attrs->axes, &axis)) return true;
    if (attrs->axes.kind != VALUE_LIST && attrs->axes.kind != VALUE_TUPLE) {
        return diag_report_as(
            graph->diags, E204, "TypeError", at,
            "Invalid type for argument `axes`: it should be a list or an int. Received: axes=%s", given);
    }
    const List *list = attrs->axes.as.list;
    if (list->items.count != 2) {
        return diag_report(
            graph->diags, E204, at,
            "Invalid format for argument `axes`: it should contain two elements. Received: axes=%s", given);
    }
    if (value_as_int(list->items.at[0], &axis) && value_as_int(list->items.at[1], &axis)) return true;
    return diag_report(
        graph->diags, E204, at,
        "Invalid format for argument `axes`: list elements should be integers. Received: axes=%s", given);
}

/* The two axes, counted from the front; false where one is out of range or the batch. */
static bool dot_axes(const DotAttrs *attrs, const Shape *a, const Shape *b, int axes[2]) {
    int64_t given[2];
    if (value_as_int(attrs->axes, &given[0])) {
        given[1] = given[0];
    } else {
        const List *list = attrs->axes.as.list;
        if (!value_as_int(list->items.at[0], &given[0]) || !value_as_int(list->items.at[1], &given[1]))
            return false;
    }
    return shape_axis(a, given[0], &axes[0]) && shape_axis(b, given[1], &axes[1]) && axes[0] > 0 &&
           axes[1] > 0;
}

static bool dot_accept(LayerCall *call) {
    static const char text[] = "A `Dot` layer should be called on a list of 2 inputs";
    const DotAttrs *attrs = call->layer->attrs;
    int axes[2];
    if (!merge_expect_list(call, text)) return false;
    if (call->n_inputs != 2) return merge_report(call, E250, text);
    if (dot_axes(attrs, &call->inputs[0]->shape, &call->inputs[1]->shape, axes)) return true;
    return merge_report(call, E256,
                        arena_printf(call->graph->arena,
                                     "Dot cannot work over axes=%s: they count from 1, axis 0 is the batch",
                                     value_text(call->graph->arena, attrs->axes)));
}

static bool dot_infer(LayerCall *call) {
    const DotAttrs *attrs = call->layer->attrs;
    const Shape *a = &call->inputs[0]->shape, *b = &call->inputs[1]->shape;
    Arena *arena = call->graph->arena;
    int axes[2];
    (void)dot_axes(attrs, a, b, axes);
    if (a->dim[axes[0]] != b->dim[axes[1]]) {
        return merge_report(
            call, E251,
            arena_printf(arena,
                         "Incompatible input shapes: axis values %lld (at axis %d) != %lld (at axis %d)",
                         (long long)a->dim[axes[0]], axes[0], (long long)b->dim[axes[1]], axes[1]));
    }
    if (a->rank + b->rank - 3 > SHAPE_MAX_RANK)
        return merge_report(call, E251, "The result of Dot has too many axes");
    Shape *out = &call->output_shapes[0];
    out->rank = 0;
    for (int i = 0; i < a->rank; i++) {
        if (i != axes[0]) out->dim[out->rank++] = a->dim[i];
    }
    for (int i = 1; i < b->rank; i++) {
        if (i != axes[1]) out->dim[out->rank++] = b->dim[i];
    }
    if (out->rank == 1) out->dim[out->rank++] = 1;
    return true;
}

/* x * min(rsqrt(sum(x^2)), 1 / epsilon) along the axis, as keras.ops.normalize: zeros stay zeros. */
static Op *normalized(Lowering *l, const Node *node, Op *x, int axis) {
    Op *square = ir_unary(l, node, x, UNARY_SQUARE, 0, 0, 0);
    Op *sum = ir_reduce(l, node, square, REDUCE_SUM, 1u << axis, true);
    Op *inverse = ir_unary(l, node, sum, UNARY_RSQRT, 0, 0, 0);
    Op *most = lower_scalar(l, node, x->dtype, 1 / l->graph->settings.epsilon);
    return ir_binary(l, node, BIN_MUL, x, ir_binary(l, node, BIN_MIN, inverse, most));
}

/* The tensor as [batch][others][summed] or, `first`, as [batch][summed][others]. */
static Op *as_matrices(Lowering *l, const Node *node, Op *x, int axis, bool first) {
    int perm[SHAPE_MAX_RANK] = {0}, count = 1;
    int64_t others = 1;
    const int64_t summed = x->shape.dim[axis];
    if (first) perm[count++] = axis;
    for (int i = 1; i < x->shape.rank; i++) {
        if (i == axis) continue;
        perm[count++] = i;
        others *= x->shape.dim[i]; /* a part of the tensor's own count, which was checked */
    }
    if (!first) perm[count++] = axis;
    const Shape shape = {3, {x->shape.dim[0], first ? summed : others, first ? others : summed}};
    return ir_reshape(l, node, ir_transpose(l, node, x, perm), &shape);
}

static bool dot_lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    const DotAttrs *attrs = node->layer->attrs;
    Op *a = inputs[0], *b = inputs[1];
    int axes[2];
    if (a->dtype == DTYPE_BOOL || b->dtype == DTYPE_BOOL)
        return lower_unsupported(l, node, "a product of bool");
    if (a->dtype == DTYPE_INT8 && b->dtype == DTYPE_INT8) { /* as Keras' matmul of them */
        a = ir_cast(l, node, a, DTYPE_INT32);
        b = ir_cast(l, node, b, DTYPE_INT32);
    }
    (void)dot_axes(attrs, &a->shape, &b->shape, axes);
    if (attrs->normalize) {
        a = normalized(l, node, a, axes[0]);
        b = normalized(l, node, b, axes[1]);
    }
    Op *product = ir_matmul(l, node, as_matrices(l, node, a, axes[0], false),
                            as_matrices(l, node, b, axes[1], true), false);
    Shape shape = node->outputs[0]->shape;
    shape.dim[0] = product->shape.dim[0];
    outputs[0] = ir_reshape(l, node, product, &shape);
    return true;
}

const LayerClass LAYER_CLASS_DOT = {
    .name = "Dot",
    .module = "keras.layers",
    .about = "a product of two tensors, summed over one axis of each",
    .params = dot_params,
    .attrs_size = sizeof(DotAttrs),
    .flags = LAYER_LIST_INPUT | LAYER_SUPPORTS_MASKING,
    .validate = dot_validate,
    .accept = dot_accept,
    .infer = dot_infer,
    .lower = dot_lower,
    .mask = mask_none,
};

/* Keras' operations on masks, as nodes of the graph and as ops: not_equal, any, logical_or, expand_dims,
 * zeros_like, ones_like, concatenate and convert_to_tensor, with the names and the few arguments with which
 * compute_mask calls them.
 */
#include "layers/masks.h"
#include "layers/operation.h"

typedef enum MaskOperation {
    MASK_NOT_EQUAL,
    MASK_ANY,
    MASK_LOGICAL_OR,
    MASK_EXPAND_DIMS,
    MASK_ZEROS_LIKE,
    MASK_ONES_LIKE,
    MASK_CONCATENATE,
    MASK_CONVERT,
    MASK_OPERATION_COUNT
} MaskOperation;

typedef struct MaskAttrs {
    MaskOperation operation;
    double value; /* NOT_EQUAL */
    int axis;     /* CONCATENATE */
} MaskAttrs;

/* ---- as ops ---- */

static Op *emit_not_equal(Lowering *l, const Node *node, Op *x, double value) {
    return ir_binary(l, node, BIN_NE, x, lower_scalar(l, node, x->dtype, value));
}

static Op *emit_any(Lowering *l, const Node *node, Op *x) {
    Op *numbers = ir_cast(l, node, x, DTYPE_FLOAT32);
    Op *most = ir_reduce(l, node, numbers, REDUCE_MAX, 1u << (x->shape.rank - 1), false);
    return ir_cast(l, node, most, DTYPE_BOOL);
}

static Op *emit_expand(Lowering *l, const Node *node, Op *x) {
    Shape shape = x->shape;
    shape.dim[shape.rank++] = 1;
    return ir_reshape(l, node, x, &shape);
}

static Op *emit_constant_like(Lowering *l, const Node *node, const Op *x, bool value) {
    static const uint8_t bytes[2] = {0, 1};
    const Shape scalar = {.rank = 0};
    Op *constant = ir_constant(l, node, node->layer->name, &scalar, DTYPE_BOOL, &bytes[value]);
    return ir_broadcast(l, node, constant, &x->shape);
}

static Op *emit(Lowering *l, const Node *node, const MaskAttrs *attrs, Op *const *inputs, size_t n) {
    switch (attrs->operation) {
    case MASK_NOT_EQUAL: return emit_not_equal(l, node, inputs[0], attrs->value);
    case MASK_ANY: return emit_any(l, node, inputs[0]);
    case MASK_LOGICAL_OR: return ir_binary(l, node, BIN_OR, inputs[0], inputs[1]);
    case MASK_EXPAND_DIMS: return emit_expand(l, node, inputs[0]);
    case MASK_ZEROS_LIKE: return emit_constant_like(l, node, inputs[0], false);
    case MASK_ONES_LIKE: return emit_constant_like(l, node, inputs[0], true);
    case MASK_CONVERT: return inputs[0];
    default: return ir_concat(l, node, inputs, n, attrs->axis);
    }
}

static bool mask_lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    outputs[0] = emit(l, node, node->attrs, inputs, node->n_inputs);
    return true;
}

/* ---- as nodes ---- */

static void concatenate_shapes(const LayerCall *call, int axis, Shape *out) {
    *out = call->inputs[0]->shape;
    for (size_t i = 1; i < call->n_inputs; i++) {
        const int64_t more = call->inputs[i]->shape.dim[axis];
        const bool known = more != DIM_UNKNOWN && out->dim[axis] != DIM_UNKNOWN;
        out->dim[axis] = known ? out->dim[axis] + more : DIM_UNKNOWN;
    }
}

static bool mask_infer(LayerCall *call) {
    const MaskAttrs *attrs = call->node_attrs;
    Shape *shape = &call->output_shapes[0];
    call->output_dtypes[0] = DTYPE_BOOL;
    switch (attrs->operation) {
    case MASK_ANY: shape->rank--; return true;
    case MASK_LOGICAL_OR:
        return operation_broadcast(call, &call->inputs[0]->shape, &call->inputs[1]->shape, shape);
    case MASK_EXPAND_DIMS: shape->dim[shape->rank++] = 1; return true;
    case MASK_CONCATENATE: concatenate_shapes(call, attrs->axis, shape); return true;
    case MASK_CONVERT: call->output_dtypes[0] = call->inputs[0]->dtype; return true;
    default: return true;
    }
}

#define MASK_CLASS_OF(module_, name_)                                                                        \
    {                                                                                                        \
        .name = name_, .module = module_, .about = "of masks", .flags = LAYER_OPERATION | LAYER_NO_AUTOCAST, \
        .infer = mask_infer, .lower = mask_lower                                                             \
    }
#define MASK_CLASS(name_) MASK_CLASS_OF("keras.src.ops.numpy", name_)
static const LayerClass classes[MASK_OPERATION_COUNT] = {
    [MASK_NOT_EQUAL] = MASK_CLASS("NotEqual"),
    [MASK_ANY] = MASK_CLASS("Any"),
    [MASK_LOGICAL_OR] = MASK_CLASS("LogicalOr"),
    [MASK_EXPAND_DIMS] = MASK_CLASS("ExpandDims"),
    [MASK_ZEROS_LIKE] = MASK_CLASS("ZerosLike"),
    [MASK_ONES_LIKE] = MASK_CLASS("OnesLike"),
    [MASK_CONCATENATE] = MASK_CLASS("Concatenate"),
    [MASK_CONVERT] = MASK_CLASS_OF("keras.src.ops.core", "ConvertToTensor"),
};

static Mask record(MaskCall *call, MaskAttrs attrs, const Mask *inputs, size_t n) {
    Arena *arena = call->graph->arena;
    Value result, *operands = ARENA_ARRAY(arena, Value, n);
    MaskAttrs *kept = ARENA_NEW(arena, MaskAttrs);
    *kept = attrs;
    for (size_t i = 0; i < n; i++) operands[i] = value_tensor(inputs[i].tensor);
    call->failed |=
        !operation_record(call->graph, &classes[attrs.operation], operands, n, kept, call->node->at, &result);
    return (Mask){.tensor = result.kind == VALUE_TENSOR ? result.as.tensor : NULL};
}

static Mask apply(MaskCall *call, MaskAttrs attrs, const Mask *inputs, size_t n) {
    if (!call->lowering) return record(call, attrs, inputs, n);
    Op **ops = ARENA_ARRAY(call->lowering->ir->arena, Op *, n);
    for (size_t i = 0; i < n; i++) ops[i] = inputs[i].op;
    return (Mask){.op = emit(call->lowering, call->node, &attrs, ops, n)};
}

Mask mask_not_equal(MaskCall *call, Mask x, double value) {
    return apply(call, (MaskAttrs){.operation = MASK_NOT_EQUAL, .value = value}, &x, 1);
}

Mask mask_any(MaskCall *call, Mask x) {
    return apply(call, (MaskAttrs){.operation = MASK_ANY}, &x, 1);
}

Mask mask_or(MaskCall *call, Mask a, Mask b) {
    return apply(call, (MaskAttrs){.operation = MASK_LOGICAL_OR}, (Mask[]){a, b}, 2);
}

Mask mask_expand(MaskCall *call, Mask x) {
    return apply(call, (MaskAttrs){.operation = MASK_EXPAND_DIMS}, &x, 1);
}

Mask mask_constant_like(MaskCall *call, Mask x, bool value) {
    return apply(call, (MaskAttrs){.operation = value ? MASK_ONES_LIKE : MASK_ZEROS_LIKE}, &x, 1);
}

Mask mask_concatenate(MaskCall *call, const Mask *parts, size_t n, int axis) {
    return apply(call, (MaskAttrs){.operation = MASK_CONCATENATE, .axis = axis}, parts, n);
}

Mask mask_convert(MaskCall *call, Mask x) {
    return apply(call, (MaskAttrs){.operation = MASK_CONVERT}, &x, 1);
}

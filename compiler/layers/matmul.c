/* a @ b: numpy's matrix product of symbolic tensors. */
#include "layers/operation.h"

static bool report_inner(LayerCall *call, const Shape *a, const Shape *b) {
    Arena *arena = call->graph->arena;
    diag_report(call->graph->diags, E275, call->at,
                "Inner dimensions (`x1.shape[-1]` and `x2.shape[-2]`) must be equal, but received "
                "`x1.shape=%s` and `x2.shape=%s`",
                shape_text(arena, a), shape_text(arena, b));
    for (size_t i = 0; i < call->n_inputs; i++) layer_note_history(call->graph, call->inputs[i]);
    return false;
}

/* The last two axes, an axis of 1 added where the tensor is a vector; *outer is what comes before them. */
static void split(const Shape *shape, bool left, int64_t matrix[2], Shape *outer) {
    *outer = *shape;
    outer->rank = shape->rank > 2 ? shape->rank - 2 : 0;
    if (shape->rank == 1) {
        matrix[0] = left ? 1 : shape->dim[0];
        matrix[1] = left ? shape->dim[0] : 1;
        return;
    }
    matrix[0] = shape->dim[shape->rank - 2];
    matrix[1] = shape->dim[shape->rank - 1];
}

static bool matmul_infer(LayerCall *call) {
    const Shape *a = &call->inputs[0]->shape, *b = &call->inputs[1]->shape;
    const DType x = call->inputs[0]->dtype, y = call->inputs[1]->dtype;
    int64_t left[2], right[2];
    Shape left_outer, right_outer, out;
    if (a->rank == 0 || b->rank == 0) return report_inner(call, a, b);
    split(a, true, left, &left_outer);
    split(b, false, right, &right_outer);
    if (left[1] != DIM_UNKNOWN && right[0] != DIM_UNKNOWN && left[1] != right[0])
        return report_inner(call, a, b);
    if (!operation_broadcast(call, &left_outer, &right_outer, &out)) return false;
    if (a->rank > 1) out.dim[out.rank++] = left[0];
    if (b->rank > 1) out.dim[out.rank++] = right[1];
    call->output_shapes[0] = out;
    call->output_dtypes[0] = x == DTYPE_INT8 && y == DTYPE_INT8 ? DTYPE_INT32 : dtype_promote(x, y);
    return true;
}

static bool matmul_lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    const Shape *a = &inputs[0]->shape, *b = &inputs[1]->shape;
    const DType dtype = node->outputs[0]->dtype;
    if (!dtype_is_float(dtype))
        return lower_unsupported(l, node, "@ computes in %s, and only floats can be computed with",
                                 dtype_name(dtype));
    if (a->rank < 2 || b->rank < 2) return lower_unsupported(l, node, "@ of a tensor with one axis");
    if (a->rank != b->rank && (a->dim[0] == DIM_UNKNOWN || b->dim[0] == DIM_UNKNOWN) && a->rank > 2 &&
        b->rank > 2)
        return lower_unsupported(l, node, "the batch of one operand meets another axis of the other");
    outputs[0] = ir_matmul(l, node, inputs[0], inputs[1], false);
    return true;
}

static const LayerClass matmul_class = {
    .name = "Matmul",
    .module = "keras.src.ops.numpy",
    .about = "@",
    .flags = LAYER_OPERATION | LAYER_NO_AUTOCAST,
    .infer = matmul_infer,
    .lower = matmul_lower,
};

bool operator_matmul(Graph *graph, Value left, Value right, SourceRange at, Value *out) {
    const Value operands[2] = {left, right};
    for (int i = 0; i < 2; i++) {
        if (operands[i].kind == VALUE_TENSOR || operands[i].kind == VALUE_OPAQUE) continue;
        *out = layer_poison(graph, at);
        return diag_report(graph->diags, E270, at,
                           "@ needs two tensors, but received %s (of type <class '%s'>)",
                           value_text(graph->arena, operands[i]), value_type_name(operands[i]));
    }
    return operation_record(graph, &matmul_class, operands, 2, NULL, at, out);
}

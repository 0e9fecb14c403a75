/* Add, Subtract, Multiply, Average, Maximum, Minimum: elementwise merging of a list of tensors, with Keras'
 * own rules of broadcasting: tensors of lower rank get axes of 1 after the batch, not in front of it.
 */
#include <string.h>

#include "base/text.h"
#include "layers/merging.h"

static const char *shapes_text(const LayerCall *call) {
    Text text = text_new(call->graph->arena);
    for (size_t i = 0; i < call->n_inputs; i++) {
        text_printf(&text, "%s%s", i ? ", " : "[", shape_text(call->graph->arena, &call->inputs[i]->shape));
    }
    text_char(&text, ']');
    return text.data;
}

bool merge_report(LayerCall *call, DiagCode code, const char *text) {
    diag_report(call->graph->diags, code, call->at, "%s. Received: input_shape=%s in layer \"%s\"", text,
                shapes_text(call), call->layer->name);
    for (size_t i = 0; i < call->n_inputs && i < 2; i++) layer_note_history(call->graph, call->inputs[i]);
    return false;
}

bool merge_expect_list(LayerCall *call, const char *text) {
    const Argument *argument = layer_call_argument(call, "inputs");
    const ValueKind kind = argument->value.kind;
    const bool is_list = kind == VALUE_LIST || kind == VALUE_TUPLE;
    if (is_list && call->n_inputs > 0 && argument->value.as.list->items.count == call->n_inputs) return true;
    diag_report(call->graph->diags, E250, argument->at, "%s. Received: inputs=%s", text,
                call->n_inputs == 1 && !is_list ? shape_text(call->graph->arena, &call->inputs[0]->shape)
                                                : value_text(call->graph->arena, argument->value));
    if (kind == VALUE_TENSOR)
        diag_help(call->graph->diags, argument->at, NULL, "put the tensors in one list: %s()([a, b])",
                  call->layer->class_->name);
    return false;
}

static Shape without_batch(const Shape *shape) {
    Shape sample = {.rank = shape->rank > 0 ? shape->rank - 1 : 0};
    for (int i = 0; i < sample.rank; i++) sample.dim[i] = shape->dim[i + 1];
    return sample;
}

/* Like numpy's broadcasting, but an unknown extent stays unknown against any other. */
static bool join(const Shape *a, const Shape *b, Shape *out) {
    if (a->rank < b->rank) return join(b, a, out);
    const int shift = a->rank - b->rank;
    *out = *a;
    for (int i = 0; i < b->rank; i++) {
        const int64_t x = a->dim[i + shift], y = b->dim[i];
        int64_t *joined = &out->dim[i + shift];
        if (x == DIM_UNKNOWN || y == DIM_UNKNOWN)
            *joined = DIM_UNKNOWN;
        else if (x == 1 || x == y)
            *joined = y;
        else if (y != 1)
            return false;
    }
    return true;
}

static bool join_batches(LayerCall *call, int64_t *batch) {
    *batch = DIM_UNKNOWN;
    for (size_t i = 0; i < call->n_inputs; i++) {
        const Shape *shape = &call->inputs[i]->shape;
        if (shape->rank == 0 || shape->dim[0] == DIM_UNKNOWN) continue;
        if (*batch != DIM_UNKNOWN && *batch != shape->dim[0])
            return merge_report(call, E251, "Cannot merge tensors with different batch sizes");
        *batch = shape->dim[0];
    }
    return true;
}

static bool merge_infer(LayerCall *call) {
    int64_t batch;
    Shape joined = without_batch(&call->inputs[0]->shape);
    if (!join_batches(call, &batch)) return false;
    for (size_t i = 1; i < call->n_inputs; i++) {
        const Shape before = joined, next = without_batch(&call->inputs[i]->shape);
        if (join(&before, &next, &joined)) continue;
        diag_report(call->graph->diags, E251, call->at,
                    "Inputs have incompatible shapes. Received shapes %s and %s in layer \"%s\"",
                    shape_text(call->graph->arena, &before), shape_text(call->graph->arena, &next),
                    call->layer->name);
        layer_note_history(call->graph, call->inputs[i - 1]);
        layer_note_history(call->graph, call->inputs[i]);
        return false;
    }
    call->output_shapes[0] = (Shape){joined.rank + 1, {batch}};
    for (int i = 0; i < joined.rank; i++) call->output_shapes[0].dim[i + 1] = joined.dim[i];
    return true;
}

static bool merge_accept(LayerCall *call) {
    if (!merge_expect_list(call, "A merge layer should be called on a list of inputs")) return false;
    if (strcmp(call->layer->class_->name, "Subtract") != 0 || call->n_inputs == 2) return true;
    return merge_report(call, E250, "A `Subtract` layer should be called on exactly 2 inputs");
}

/* Where every input has a mask: a step is real where it is in any of them. */
static void merge_mask(MaskCall *call) {
    for (size_t i = 0; i < call->n_inputs; i++)
        if (!mask_given(call->previous[i])) return;
    call->out[0] = call->previous[0];
    for (size_t i = 1; i < call->n_inputs; i++) call->out[0] = mask_or(call, call->out[0], call->previous[i]);
}

/* x with axes of 1 put in after the batch until it has the rank. */
static Op *expand(Lowering *lowering, const Node *node, Op *x, int rank) {
    const int missing = rank - x->shape.rank;
    Shape shape = {rank, {x->shape.rank > 0 ? x->shape.dim[0] : 1}};
    if (missing <= 0 || x->shape.rank == 0) return x;
    for (int i = 1; i < rank; i++) shape.dim[i] = i <= missing ? 1 : x->shape.dim[i - missing];
    return ir_reshape(lowering, node, x, &shape);
}

static Op **expand_all(Lowering *l, const Node *node, Op *const *inputs) {
    Op **expanded = ARENA_ARRAY(l->ir->arena, Op *, node->n_inputs);
    for (size_t i = 0; i < node->n_inputs; i++)
        expanded[i] = expand(l, node, inputs[i], node->outputs[0]->shape.rank);
    return expanded;
}

static bool merge_lower(Lowering *lowering, const Node *node, BinaryFunction function, Op *const *inputs,
                        Op **outputs) {
    const int rank = node->outputs[0]->shape.rank;
    Op *y = expand(lowering, node, inputs[0], rank);
    for (size_t i = 1; i < node->n_inputs; i++) {
        y = ir_binary(lowering, node, function, y, expand(lowering, node, inputs[i], rank));
    }
    outputs[0] = y;
    return true;
}

static bool add_lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    return merge_lower(l, node, BIN_ADD, inputs, outputs);
}
static bool subtract_lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    return merge_lower(l, node, BIN_SUB, inputs, outputs);
}
static bool multiply_lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    if (!merge_has_masks(l, node)) return merge_lower(l, node, BIN_MUL, inputs, outputs);
    return (outputs[0] = merge_masked_product(l, node, expand_all(l, node, inputs))) != NULL;
}
static bool maximum_lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    if (!merge_has_masks(l, node)) return merge_lower(l, node, BIN_MAX, inputs, outputs);
    return (outputs[0] = merge_masked_extreme(l, node, BIN_MAX, expand_all(l, node, inputs))) != NULL;
}
static bool minimum_lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    if (!merge_has_masks(l, node)) return merge_lower(l, node, BIN_MIN, inputs, outputs);
    return (outputs[0] = merge_masked_extreme(l, node, BIN_MIN, expand_all(l, node, inputs))) != NULL;
}

static bool average_lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    merge_lower(l, node, BIN_ADD, inputs, outputs);
    Op *count = lower_scalar(l, node, node->layer->compute_dtype, (double)node->n_inputs);
    outputs[0] = ir_binary(l, node, BIN_DIV, outputs[0], count);
    return true;
}

#define MERGING(id, class_name, text, rule)                                                                  \
    const LayerClass LAYER_CLASS_##id = {.name = class_name,                                                 \
                                         .module = "keras.layers",                                           \
                                         .about = text,                                                      \
                                         .flags = LAYER_LIST_INPUT | LAYER_SUPPORTS_MASKING,                 \
                                         .mask = merge_mask,                                                 \
                                         .accept = merge_accept,                                             \
                                         .infer = merge_infer,                                               \
                                         .lower = rule}

MERGING(ADD, "Add", "the sum of tensors", add_lower);
MERGING(SUBTRACT, "Subtract", "the difference of two tensors", subtract_lower);
MERGING(MULTIPLY, "Multiply", "the elementwise product of tensors", multiply_lower);
MERGING(AVERAGE, "Average", "the elementwise mean of tensors", average_lower);
MERGING(MAXIMUM, "Maximum", "the elementwise maximum of tensors", maximum_lower);
MERGING(MINIMUM, "Minimum", "the elementwise minimum of tensors", minimum_lower);

/* What Keras runs may have other element types than its symbolic tensors say: `x % 3` of int8 is int32, and
 * what most layers make of whole numbers, "float32", is as whole as before. The run decides what a model
 * means, so what comes after works on the types that there are.
 *
 * In:  a node and the ops of its inputs. Out: the node with these types, its rules run anew where they
 * differ.
 */
#include "lower/run_types.h"

static bool is_other(const Op *op, const Tensor *tensor) {
    return op->dtype != tensor->dtype && !(dtype_is_float(op->dtype) && dtype_is_float(tensor->dtype));
}

bool run_types_differ(const Node *node, Op *const *inputs) {
    for (size_t i = 0; i < node->n_inputs; i++)
        if (is_other(inputs[i], node->inputs[i])) return true;
    return false;
}

/* A copy under the same number: nothing but the type is another's. */
static Tensor *with_dtype(Arena *arena, const Tensor *tensor, DType dtype) {
    Tensor *copy = ARENA_NEW(arena, Tensor);
    *copy = *tensor;
    copy->dtype = dtype;
    return copy;
}

static Node *with_inputs(Arena *arena, const Node *node, Op *const *inputs) {
    Node *copy = ARENA_NEW(arena, Node);
    *copy = *node;
    copy->inputs = ARENA_ARRAY(arena, Tensor *, node->n_inputs);
    for (size_t i = 0; i < node->n_inputs; i++)
        copy->inputs[i] = with_dtype(arena, node->inputs[i], inputs[i]->dtype);
    return copy;
}

static bool infer(Lowering *l, Node *node) {
    LayerCall call = {.graph = l->graph,
                      .layer = node->layer,
                      .arguments = node->arguments,
                      .inputs = node->inputs,
                      .n_inputs = node->n_inputs,
                      .node_attrs = node->attrs,
                      .at = node->at,
                      .n_outputs = node->n_outputs,
                      .node = node};
    Tensor **outputs = ARENA_ARRAY(l->ir->arena, Tensor *, node->n_outputs);
    for (size_t i = 0; i < node->n_outputs && i < LAYER_MAX_OUTPUTS; i++) {
        call.output_shapes[i] = node->outputs[i]->shape;
        call.output_dtypes[i] = node->inputs[0]->dtype;
    }
    if (node->layer->class_->infer && !node->layer->class_->infer(&call)) return false;
    for (size_t i = 0; i < node->n_outputs && i < LAYER_MAX_OUTPUTS; i++)
        outputs[i] = with_dtype(l->ir->arena, node->outputs[i], call.output_dtypes[i]);
    node->outputs = outputs;
    node->attrs = call.node_attrs;
    return true;
}

const Node *run_types_node(Lowering *l, const Node *node, Op *const *inputs) {
    const LayerClass *class_ = node->layer->class_;
    const bool operation = class_->flags & LAYER_OPERATION, traced = class_->trace && !node->layer->model;
    if ((!operation && !traced) || !run_types_differ(node, inputs)) return node;
    Node *copy = with_inputs(l->ir->arena, node, inputs);
    if (operation) return infer(l, copy) ? copy : NULL;
    copy->attrs = class_->trace(l->graph, node, copy->inputs, node->at);
    return copy->attrs ? copy : NULL;
}

void run_types_of_outputs(Arena *arena, const Ir *ir, Model *model) {
    Tensor **outputs = ARENA_ARRAY(arena, Tensor *, model->n_outputs);
    for (size_t i = 0; i < model->n_outputs; i++)
        outputs[i] = with_dtype(arena, model->outputs[i], ir->outputs[i]->dtype);
    model->outputs = outputs;
}

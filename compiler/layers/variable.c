/* Variables: a weight of a layer of the file as an operand of what its call computes.
 *
 * In:  the weight. Out: a tensor whose node has no inputs and names the weight.
 * Invariant: such a node is part of the inside of a call only, never of a model's own nodes.
 */
#include "layers/rules.h"

static bool variable_lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    (void)inputs;
    outputs[0] = ir_cast(l, node, ir_weight(l, node->attrs), node->outputs[0]->dtype);
    return true;
}

static const LayerClass variable_class = {
    .name = "Variable",
    .module = "keras.src.backend",
    .about = "a weight as a tensor",
    .flags = LAYER_OPERATION | LAYER_NO_AUTOCAST | LAYER_VARIABLE,
    .lower = variable_lower,
};

Tensor *layer_variable(Graph *graph, Weight *weight, DType dtype, SourceRange at) {
    Layer *layer = graph_add_layer(graph, &variable_class, weight->name, at);
    Tensor *tensor = graph_add_tensor(graph, &weight->shape, dtype, weight->name, at);
    tensor->traced = true;
    Node *node = graph_add_node(graph, layer, NULL, NULL, 0, &tensor, 1, at);
    node->attrs = weight;
    return tensor;
}

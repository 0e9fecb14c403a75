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
    return layer_leaf(graph, &variable_class, weight->name, &weight->shape, dtype, weight, at);
}

Tensor *layer_leaf(Graph *graph, const LayerClass *class_, const char *name, const Shape *shape, DType dtype,
                   void *attrs, SourceRange at) {
    Layer *layer = graph_add_layer(graph, class_, name, at);
    Tensor *tensor = graph_add_tensor(graph, shape, dtype, name, at);
    tensor->traced = true;
    graph_add_node(graph, layer, NULL, NULL, 0, &tensor, 1, at)->attrs = attrs;
    return tensor;
}

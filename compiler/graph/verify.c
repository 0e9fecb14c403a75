/* graph_verify: the invariants of graph.h, checked object by object.
 *
 * In: a graph. Out: whether all hold; the first that does not is reported as E900, once for each kind of
 * object.
 */
#include "graph/graph.h"

static bool fail(Graph *graph, SourceRange at, const char *what, const char *name, const char *problem) {
    return diag_report(graph->diags, E900, at, "%s \"%s\" %s", what, name, problem);
}

static bool verify_tensor(Graph *graph, size_t id) {
    const Tensor *tensor = graph->tensors.at[id];
    if (tensor->id != id) return fail(graph, tensor->at, "tensor", tensor->name, "has another's number");
    if (tensor->shape.rank < 0 || tensor->shape.rank > SHAPE_MAX_RANK)
        return fail(graph, tensor->at, "tensor", tensor->name, "has an impossible rank");
    const Layer *layer = tensor->history.layer;
    if (!layer) return true;
    if (tensor->history.node_index >= layer->nodes.count)
        return fail(graph, tensor->at, "tensor", tensor->name,
                    "comes from a call that its layer does not know");
    const Node *node = layer->nodes.at[tensor->history.node_index];
    if (tensor->history.tensor_index >= node->n_outputs ||
        node->outputs[tensor->history.tensor_index] != tensor)
        return fail(graph, tensor->at, "tensor", tensor->name, "is not the output that its history names");
    return true;
}

static bool verify_node(Graph *graph, size_t id) {
    const Node *node = graph->nodes.at[id];
    const char *name = node->layer ? node->layer->name : "?";
    if (node->id != id) return fail(graph, node->at, "call of", name, "has another's number");
    if (!node->layer || node->index >= node->layer->nodes.count || node->layer->nodes.at[node->index] != node)
        return fail(graph, node->at, "call of", name, "is not among its layer's calls");
    for (size_t i = 0; i < node->n_inputs; i++) {
        if (!node->inputs[i]) return fail(graph, node->at, "call of", name, "lacks an input");
    }
    return true;
}

static bool verify_layer(Graph *graph, size_t id) {
    const Layer *layer = graph->layers.at[id];
    if (layer->id != id) return fail(graph, layer->at, "layer", layer->name, "has another's number");
    for (size_t i = 0; i < layer->weights.count; i++) {
        const Weight *weight = layer->weights.at[i];
        if (!shape_is_static(&weight->shape, 0))
            return fail(graph, layer->at, "weight", weight->path, "has an unknown extent");
        if (i > 0 && weight->trainable && !layer->weights.at[i - 1]->trainable)
            return fail(graph, layer->at, "weight", weight->path, "stands behind one that is not trained");
    }
    return true;
}

bool graph_verify(Graph *graph) {
    bool ok = true;
    for (size_t i = 0; ok && i < graph->tensors.count; i++) ok = verify_tensor(graph, i);
    for (size_t i = 0; ok && i < graph->nodes.count; i++) ok = verify_node(graph, i);
    for (size_t i = 0; ok && i < graph->layers.count; i++) ok = verify_layer(graph, i);
    return ok;
}

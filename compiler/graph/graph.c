/* The graph's constructors: each makes one object, numbers it, and links it to those it belongs to.
 *
 * In:  what the layers and models decide. Out: the objects of graph.h.
 * Invariant: an output's history is written here and nowhere else.
 */
#include "graph/graph.h"

#include <string.h>

static const size_t DEFAULT_MAX_NODES = 200000;

Graph *graph_new(Arena *arena, Diagnostics *diags) {
    Graph *graph = ARENA_NEW(arena, Graph);
    graph->arena = arena;
    graph->diags = diags;
    graph->settings = (GraphSettings){.floatx = DTYPE_FLOAT32, .epsilon = 1e-7};
    graph->name_counts = map_new(arena);
    graph->name_doubts = map_new(arena);
    graph->name_scope = "";
    graph->max_nodes = DEFAULT_MAX_NODES;
    return graph;
}

/* A LayerClass is defined above this stage (layers/layer.h); its first member is its name. */
static const char *class_name(const struct LayerClass *class_) {
    return *(const char *const *)(const void *)class_;
}

Layer *graph_add_layer(Graph *graph, const struct LayerClass *class_, const char *name, SourceRange at) {
    const GraphSettings *settings = &graph->settings;
    Layer *layer = ARENA_NEW(graph->arena, Layer);
    layer->id = (uint32_t)graph->layers.count;
    layer->class_ = class_;
    layer->named = name != NULL;
    layer->name = name ? arena_strdup(graph->arena, name) : graph_auto_name(graph, class_name(class_));
    layer->variable_dtype = settings->policy_set ? settings->policy_variable : settings->floatx;
    layer->compute_dtype = settings->policy_set ? settings->policy_compute : settings->floatx;
    layer->autocast = true;
    layer->trainable = true;
    layer->at = at;
    vec_push(graph->arena, &graph->layers, layer);
    return layer;
}

Tensor *graph_add_tensor(Graph *graph, const Shape *shape, DType dtype, const char *name, SourceRange at) {
    Tensor *tensor = ARENA_NEW(graph->arena, Tensor);
    tensor->id = (uint32_t)graph->tensors.count;
    tensor->name = name ? arena_strdup(graph->arena, name) : graph_auto_name(graph, "KerasTensor");
    tensor->shape = *shape;
    tensor->dtype = dtype;
    tensor->at = at;
    vec_push(graph->arena, &graph->tensors, tensor);
    return tensor;
}

static Tensor **copy_tensors(Arena *arena, Tensor *const *tensors, size_t count) {
    Tensor **copy = ARENA_ARRAY(arena, Tensor *, count);
    if (count) memcpy(copy, tensors, count * sizeof *copy);
    return copy;
}

static bool any_traced(Tensor *const *tensors, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (tensors[i]->traced) return true;
    return false;
}

static bool all_known(Tensor *const *tensors, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!tensors[i]->known) return false;
    return count > 0;
}

Node *graph_add_node(Graph *graph, Layer *layer, const Arguments *arguments, Tensor *const *inputs,
                     size_t n_inputs, Tensor *const *outputs, size_t n_outputs, SourceRange at) {
    Node *node = ARENA_NEW(graph->arena, Node);
    node->id = (uint32_t)graph->nodes.count;
    node->layer = layer;
    node->index = (uint32_t)layer->nodes.count;
    node->arguments = arguments;
    node->inputs = copy_tensors(graph->arena, inputs, n_inputs);
    node->n_inputs = n_inputs;
    node->outputs = copy_tensors(graph->arena, outputs, n_outputs);
    node->n_outputs = n_outputs;
    node->result = n_outputs == 1 ? value_tensor(outputs[0]) : value_none();
    node->at = at;
    const bool traced = any_traced(inputs, n_inputs), known = all_known(inputs, n_inputs);
    for (size_t i = 0; i < n_outputs; i++) {
        outputs[i]->history = (History){layer, node->index, (uint32_t)i};
        outputs[i]->traced = outputs[i]->traced || traced;
        outputs[i]->known = outputs[i]->known || known;
    }
    if (layer->nodes.count == 0) layer->first_call = at;
    vec_push(graph->arena, &layer->nodes, node);
    vec_push(graph->arena, &graph->nodes, node);
    return node;
}

const char *graph_traced_name(Tensor *const *tensors, size_t count) {
    return any_traced(tensors, count) || all_known(tensors, count) ? "traced" : NULL;
}

/* The layer's calls were made in order, so those that go are its last. */
static void forget_call(Node *node) {
    if (node->layer->nodes.count > node->index) node->layer->nodes.count = node->index;
    for (size_t i = 0; i < node->n_outputs; i++) node->outputs[i]->history = (History){NULL, 0, 0};
}

void graph_take_traced(Graph *graph, size_t first) {
    size_t kept = first;
    for (size_t i = first; i < graph->nodes.count; i++) {
        Node *node = graph->nodes.at[i];
        if (any_traced(node->inputs, node->n_inputs)) {
            forget_call(node);
            continue;
        }
        node->id = (uint32_t)kept;
        graph->nodes.at[kept++] = node;
    }
    graph->nodes.count = kept;
}

Weight *graph_add_weight(Graph *graph, Layer *layer, const char *name, const Shape *shape, DType dtype,
                         bool trainable, Initializer initializer) {
    Weight *weight = ARENA_NEW(graph->arena, Weight);
    weight->id = (uint32_t)graph->weights.count;
    weight->layer = layer;
    weight->name = name;
    weight->path = arena_printf(graph->arena, "%s%s/%s", graph->name_scope, layer->name, name);
    weight->shape = *shape;
    weight->dtype = dtype;
    weight->trainable = trainable;
    weight->initializer = initializer;
    vec_push(graph->arena, &graph->weights, weight);
    vec_push(graph->arena, &layer->weights, weight);
    if (!trainable) return weight;
    for (size_t i = layer->weights.count - 1; i > 0 && !layer->weights.at[i - 1]->trainable; i--) {
        layer->weights.at[i] = layer->weights.at[i - 1];
        layer->weights.at[i - 1] = weight;
    }
    return weight;
}

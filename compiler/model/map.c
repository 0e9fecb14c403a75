/* The map of a graph: which nodes and layers a model consists of, and in which order.
 *
 * In:  the inputs and outputs of a model. Out: its nodes, operations and layers in the order of Keras'
 * map_graph, on which model.layers, summaries and weight files depend. Invariant: the walk goes from the
 * outputs along the histories, depth first, inputs before the node; a depth is the longest way to an output;
 * ties keep the order of the first visit.
 */
#include "model/parts.h"

#include <stdlib.h>
#include <string.h>

/* ---- the walk (_build_map) ---- */

enum { UNSEEN, IN_PROGRESS, FINISHED };

typedef struct Step {
    Node *node;
    size_t next_input;
} Step;

typedef struct Walk {
    Graph *graph;
    unsigned char *states; /* by Node.id */
    bool *is_model_input;  /* by Tensor.id */
    VEC(Step) stack;       /* the nodes in progress: no recursion, graphs may be deep */
    NodeList *order;
    uint32_t *positions, n_positions;
} Walk;

static bool walk_enter(Walk *walk, const Tensor *tensor) {
    Node *node = tensor_node(tensor);
    if (!node || tensor->known || walk->states[node->id] == FINISHED) return true;
    if (node->n_inputs > 0 && walk->is_model_input[tensor->id]) { /* a cut: what lies before it is outside */
        walk->states[node->id] = FINISHED;
        return true;
    }
    if (walk->states[node->id] == IN_PROGRESS) {
        return diag_report(walk->graph->diags, E900, node->at,
                           "Tensor %s from operation '%s' is part of a cycle",
                           value_repr(walk->graph->arena, value_tensor((Tensor *)tensor)), node->layer->name);
    }
    if (walk->positions[node->layer->id] == 0) walk->positions[node->layer->id] = ++walk->n_positions;
    walk->states[node->id] = IN_PROGRESS;
    vec_push(walk->graph->arena, &walk->stack, ((Step){node, 0}));
    return true;
}

static bool walk_from(Walk *walk, const Tensor *output) {
    if (!walk_enter(walk, output)) return false;
    while (walk->stack.count > 0) {
        Step *step = &walk->stack.at[walk->stack.count - 1];
        if (step->next_input < step->node->n_inputs) {
            if (!walk_enter(walk, step->node->inputs[step->next_input++])) return false;
            continue;
        }
        walk->states[step->node->id] = FINISHED;
        vec_push(walk->graph->arena, walk->order, step->node);
        walk->stack.count--;
    }
    return true;
}

bool graph_walk(Graph *graph, Tensor *const *inputs, size_t n_inputs, Tensor *const *outputs,
                size_t n_outputs, NodeList *order, uint32_t *positions) {
    Walk walk = {.graph = graph, .order = order, .positions = positions};
    walk.states = arena_alloc(graph->arena, graph->nodes.count);
    walk.is_model_input = ARENA_ARRAY(graph->arena, bool, graph->tensors.count);
    for (size_t i = 0; i < n_inputs; i++) walk.is_model_input[inputs[i]->id] = true;
    for (size_t i = 0; i < n_outputs; i++) {
        if (!walk_from(&walk, outputs[i])) return false;
    }
    return true;
}

/* ---- depths and order (map_graph) ---- */

typedef struct Ranked {
    void *object; /* Node or Layer */
    size_t depth;
    size_t place; /* among equals: ascending */
} Ranked;

static int compare_ranked(const void *left, const void *right) {
    const Ranked *a = left, *b = right;
    if (a->depth != b->depth) return a->depth > b->depth ? -1 : 1;
    return a->place < b->place ? -1 : a->place > b->place;
}

typedef struct Depths {
    Graph *graph;
    size_t *of_node, *of_layer; /* by id, 1 + the depth; 0: not in the model */
    VEC(Ranked) nodes;          /* in the order in which Keras' dict got them */
    VEC(Ranked) layers;
} Depths;

static void node_depth(Depths *depths, Node *node, size_t depth) {
    size_t *known = &depths->of_node[node->id];
    if (*known == 0) vec_push(depths->graph->arena, &depths->nodes, ((Ranked){node, 0, depths->nodes.count}));
    if (*known < depth + 1) *known = depth + 1;
}

static void rank_nodes(Depths *depths, const NodeList *order) {
    bool *inside = ARENA_ARRAY(depths->graph->arena, bool, depths->graph->nodes.count);
    for (size_t i = 0; i < order->count; i++) inside[order->at[i]->id] = true;
    for (size_t i = order->count; i-- > 0;) {
        Node *node = order->at[i];
        size_t *layer_depth = &depths->of_layer[node->layer->id];
        if (*layer_depth == 0) vec_push(depths->graph->arena, &depths->layers, ((Ranked){node->layer, 0, 0}));
        node_depth(depths, node,
                   *layer_depth ? *layer_depth - 1 : 0); /* a shared layer stays at its greatest depth */
        *layer_depth = depths->of_node[node->id];
        for (size_t k = 0; k < node->n_inputs; k++) {
            Node *parent = tensor_node(node->inputs[k]);
            if (parent && inside[parent->id]) node_depth(depths, parent, *layer_depth);
        }
    }
}

/* Inputs that no output needs belong to the model all the same. */
static void rank_unused_inputs(Depths *depths, const Model *model) {
    for (size_t i = 0; i < model->n_inputs; i++) {
        Layer *layer = model->inputs[i]->history.layer;
        Node *node = tensor_node(model->inputs[i]);
        if (!node || depths->of_layer[layer->id] || node->n_inputs > 0) continue;
        node_depth(depths, node, 0);
        depths->of_layer[layer->id] = 1;
        vec_push(depths->graph->arena, &depths->layers, ((Ranked){layer, 0, 0}));
    }
}

static void warn_of_unused(Graph *graph, const Model *model, const uint32_t *positions) {
    for (size_t i = 0; i < model->n_inputs; i++) {
        const Layer *layer = model->inputs[i]->history.layer;
        if (!layer || positions[layer->id]) continue;
        diag_report(graph->diags, W202, layer->at, "the input \"%s\" is not used by any output of the model",
                    layer->name);
    }
}

static void order_nodes(Depths *depths, Model *model) {
    Ranked *ranked = depths->nodes.at;
    for (size_t i = 0; i < depths->nodes.count; i++)
        ranked[i].depth = depths->of_node[((Node *)ranked[i].object)->id];
    if (depths->nodes.count) qsort(ranked, depths->nodes.count, sizeof *ranked, compare_ranked);
    model->n_nodes = depths->nodes.count;
    model->nodes = ARENA_ARRAY(depths->graph->arena, Node *, model->n_nodes);
    model->depths = ARENA_ARRAY(depths->graph->arena, size_t, model->n_nodes);
    for (size_t i = 0; i < model->n_nodes; i++) {
        model->nodes[i] = ranked[i].object;
        model->depths[i] = ranked[i].depth - 1;
    }
}

static void order_operations(Depths *depths, Model *model, const uint32_t *positions) {
    Arena *arena = depths->graph->arena;
    const size_t n = depths->layers.count;
    Ranked *ranked = depths->layers.at;
    for (size_t i = 0; i < n;
         i++) { /* position 0 is an unused input: in front of its depth, in the order of inputs */
        const uint32_t id = ((Layer *)ranked[i].object)->id;
        ranked[i].depth = depths->of_layer[id];
        ranked[i].place = positions[id] ? n + positions[id] : i;
    }
    if (n) qsort(ranked, n, sizeof *ranked, compare_ranked);
    model->operations = ARENA_ARRAY(arena, Layer *, n);
    model->layers = ARENA_ARRAY(arena, Layer *, n);
    model->n_operations = n;
    model->n_layers = 0;
    for (size_t i = 0; i < n; i++) {
        Layer *layer = model->operations[i] = ranked[i].object;
        if (!(layer->class_->flags & LAYER_OPERATION)) model->layers[model->n_layers++] = layer;
    }
}

/* ---- checks ---- */

static bool check_names(Graph *graph, const Model *model, SourceRange at) {
    Map seen = map_new(graph->arena);
    for (size_t i = 0; i < model->n_operations; i++) {
        const Layer *layer = model->operations[i], *first = map_get(&seen, layer->name);
        if (!first) {
            map_put(&seen, layer->name, model->operations[i]);
            continue;
        }
        size_t uses = 0;
        for (size_t k = 0; k < model->n_operations; k++)
            uses += strcmp(model->operations[k]->name, layer->name) == 0;
        diag_report(graph->diags, E229, at,
                    "The name \"%s\" is used %zu times in the model. All operation names should be unique",
                    layer->name, uses);
        diag_note(graph->diags, first->at, "the first \"%s\" is made here", layer->name);
        diag_note(graph->diags, layer->at, "another one here");
        return false;
    }
    return true;
}

/* Runs through the nodes as an execution would: what cannot be computed is skipped. */
static bool check_connected(Graph *graph, const Model *model, SourceRange at) {
    bool *computable = ARENA_ARRAY(graph->arena, bool, graph->tensors.count);
    for (size_t i = 0; i < model->n_inputs; i++) computable[model->inputs[i]->id] = true;
    for (size_t i = 0; i < model->n_nodes; i++) {
        const Node *node = model->nodes[i];
        bool ready = node->n_inputs > 0;
        for (size_t k = 0; ready && k < node->n_inputs; k++)
            ready = node->inputs[k]->known || computable[node->inputs[k]->id];
        for (size_t k = 0; ready && k < node->n_outputs; k++) computable[node->outputs[k]->id] = true;
    }
    bool ok = true;
    for (size_t i = 0; ok && i < model->n_outputs; i++) {
        if (!computable[model->outputs[i]->id])
            ok = model_report_disconnected(graph, model, i, computable, at);
    }
    return ok;
}

bool model_map(Graph *graph, Model *model, SourceRange at) {
    NodeList order = {0};
    uint32_t *positions = ARENA_ARRAY(graph->arena, uint32_t, graph->layers.count);
    Depths depths = {.graph = graph};
    depths.of_node = ARENA_ARRAY(graph->arena, size_t, graph->nodes.count);
    depths.of_layer = ARENA_ARRAY(graph->arena, size_t, graph->layers.count);
    if (!graph_walk(graph, model->inputs, model->n_inputs, model->outputs, model->n_outputs, &order,
                    positions))
        return false;
    rank_nodes(&depths, &order);
    rank_unused_inputs(&depths, model);
    order_nodes(&depths, model);
    order_operations(&depths, model, positions);
    model->output_names = ARENA_ARRAY(graph->arena, const char *, model->n_outputs);
    for (size_t i = 0; i < model->n_outputs; i++) {
        const Layer *layer = model->outputs[i]->history.layer;
        model->output_names[i] = layer ? layer->name : model->outputs[i]->name;
    }
    if (!check_connected(graph, model, at) || !check_names(graph, model, at)) return false;
    warn_of_unused(graph, model, positions);
    return true;
}

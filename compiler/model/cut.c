/* Cuts: a model whose inputs lie in the middle of a graph.
 *
 * In:  a model with inputs and outputs as the user gave them. Out: new InputLayers in place of the inputs
 * that are no Inputs, and clones of all calls between them and the outputs, as Keras' clone_graph_nodes makes
 * them. Invariant: the calls are added to the same layers, so weights are shared; the user's tensors keep
 * their histories.
 */
#include "model/parts.h"

bool tensor_is_input(const Tensor *tensor) {
    const Node *node = tensor_node(tensor);
    return node && node->n_inputs == 0;
}

typedef struct Cut {
    Graph *graph;
    Tensor **clones; /* by Tensor.id, of the tensors there were before */
    size_t n_clones;
    bool *is_cut_layer; /* by Layer.id: makes one of the cut tensors */
} Cut;

static Tensor *clone_tensor(Cut *cut, Tensor *tensor) {
    if (tensor->id >= cut->n_clones) return tensor;
    if (cut->clones[tensor->id]) return cut->clones[tensor->id];
    Graph *graph = cut->graph;
    const char *name = arena_printf(graph->arena, "%s_clone", tensor->name);
    Tensor *clone = graph_add_tensor(graph, &tensor->shape, tensor->dtype, name, tensor->at);
    clone->sparse = tensor->sparse;
    clone->variable = tensor->variable;
    clone->opaque = tensor->opaque;
    cut->clones[tensor->id] = clone;
    return clone;
}

static Tensor *cut_input(Cut *cut, Tensor *tensor, SourceRange at) {
    if (tensor_is_input(tensor)) {
        cut->clones[tensor->id] = tensor;
        return tensor;
    }
    Graph *graph = cut->graph;
    const char *name = arena_printf(graph->arena, "%sCLONE", tensor->name);
    Layer *layer = graph_add_layer(graph, &MODEL_CLASS_INPUT_LAYER, name, at);
    InputAttrs *attrs = ARENA_NEW(graph->arena, InputAttrs);
    *attrs = (InputAttrs){.batch_shape = tensor->shape, .dtype = tensor->dtype, .sparse = tensor->sparse};
    layer->attrs = attrs;
    layer->variable_dtype = layer->compute_dtype = tensor->dtype;
    layer->built = true;
    layer->variable = tensor->variable;
    Tensor *clone = graph_add_tensor(graph, &tensor->shape, tensor->dtype, name, at);
    clone->sparse = tensor->sparse;
    clone->variable = tensor->variable;
    graph_add_node(graph, layer, NULL, NULL, 0, &clone, 1, at);
    cut->clones[tensor->id] = clone;
    cut->is_cut_layer[tensor->history.layer->id] = true;
    return clone;
}

static const Arguments *clone_arguments(Cut *cut, const Arguments *arguments) {
    if (!arguments) return NULL;
    Argument *at = ARENA_ARRAY(cut->graph->arena, Argument, arguments->count);
    for (size_t i = 0; i < arguments->count; i++) {
        at[i] = arguments->at[i];
        at[i].value = structure_replace(cut->graph->arena, at[i].value, cut->clones, cut->n_clones);
    }
    Arguments *copy = ARENA_NEW(cut->graph->arena, Arguments);
    *copy = (Arguments){at, arguments->count, arguments->call};
    return copy;
}

static Tensor **clone_tensors(Cut *cut, Tensor *const *tensors, size_t count) {
    Tensor **clones = ARENA_ARRAY(cut->graph->arena, Tensor *, count);
    for (size_t i = 0; i < count; i++) clones[i] = clone_tensor(cut, tensors[i]);
    return clones;
}

static void clone_node(Cut *cut, const Node *node) {
    Tensor **outputs = clone_tensors(cut, node->outputs, node->n_outputs);
    Tensor **inputs = clone_tensors(cut, node->inputs, node->n_inputs);
    Node *clone = graph_add_node(cut->graph, node->layer, clone_arguments(cut, node->arguments), inputs,
                                 node->n_inputs, outputs, node->n_outputs, node->at);
    clone->attrs = node->attrs;
    clone->result = structure_replace(cut->graph->arena, node->result, cut->clones, cut->n_clones);
}

/* Keras' clone takes every call of a layer that makes a cut tensor for the new Input. */
static bool check_not_shared(Cut *cut, const NodeList *nodes, SourceRange at) {
    for (size_t i = 0; i < nodes->count; i++) {
        const Node *node = nodes->at[i];
        if (!cut->is_cut_layer[node->layer->id]) continue;
        diag_report(cut->graph->diags, E247, at,
                    "the model starts at an output of \"%s\", which is called again behind it: Keras cannot "
                    "make a model "
                    "of that",
                    node->layer->name);
        diag_note(cut->graph->diags, node->at, "\"%s\" is called again here", node->layer->name);
        diag_help(cut->graph->diags, at, NULL, "call the layers on a new Input of the tensor's shape");
        return false;
    }
    return true;
}

/* Keras' clone loses an input that is an output too. */
static bool check_outputs(Graph *graph, const Model *model, SourceRange at) {
    for (size_t i = 0; i < model->n_outputs; i++) {
        for (size_t k = 0; k < model->n_inputs; k++) {
            if (model->outputs[i] != model->inputs[k]) continue;
            diag_report(graph->diags, E247, at,
                        "a model that starts in the middle of a graph cannot have one of its inputs as an "
                        "output: Keras "
                        "cannot connect it");
            diag_note(graph->diags, model->outputs[i]->at, "this tensor is both");
            return false;
        }
    }
    return true;
}

bool model_cut(Graph *graph, Model *model, SourceRange at) {
    NodeList nodes = {0};
    uint32_t *positions = ARENA_ARRAY(graph->arena, uint32_t, graph->layers.count);
    Cut cut = {.graph = graph, .n_clones = graph->tensors.count};
    cut.clones = ARENA_ARRAY(graph->arena, Tensor *, cut.n_clones);
    cut.is_cut_layer = ARENA_ARRAY(graph->arena, bool, graph->layers.count);
    if (!check_outputs(graph, model, at)) return false;
    if (!graph_walk(graph, model->inputs, model->n_inputs, model->outputs, model->n_outputs, &nodes,
                    positions))
        return false;
    for (size_t i = 0; i < model->n_inputs; i++) model->inputs[i] = cut_input(&cut, model->inputs[i], at);
    for (size_t i = 0; i < model->n_outputs; i++) model->outputs[i] = clone_tensor(&cut, model->outputs[i]);
    if (!check_not_shared(&cut, &nodes, at)) return false;
    for (size_t i = 0; i < nodes.count; i++) clone_node(&cut, nodes.at[i]);
    model->input_structure = structure_pack(graph->arena, model->input_structure, model->inputs);
    model->output_structure = structure_pack(graph->arena, model->output_structure, model->outputs);
    return true;
}

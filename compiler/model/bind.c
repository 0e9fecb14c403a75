/* Binding: a model with extents for what its inputs leave open (beside the batch).
 *
 * In:  a model whose inputs have open inner extents, and full shapes for them. Out: the same model (layers,
 * weights, names) with its calls inferred anew on those shapes, as a call of the model on them would.
 * Invariant: the graph of the file is unchanged; the bound inputs keep the histories of the model's own.
 */
#include <string.h>

#include "model/parts.h"

static const char *dim_name(Arena *arena, const ModelDimList *known, const char *wanted) {
    const char *name = wanted;
    for (size_t i = 0, k = 2; i < known->count; i++) {
        if (strcmp(known->at[i].name, name) != 0) continue;
        name = arena_printf(arena, "%s_%zu", wanted, k++);
        i = 0;
    }
    return name;
}

void model_dims(Arena *arena, const Model *model, ModelDimList *out) {
    for (size_t i = 0; i < model->n_inputs; i++) {
        const Tensor *input = model->inputs[i];
        for (int axis = 1; axis < input->shape.rank; axis++) {
            if (input->shape.dim[axis] != DIM_UNKNOWN) continue;
            const char *wanted = arena_printf(arena, "%s_dim%d", input->history.layer->name, axis);
            const char *name = dim_name(arena, out, wanted);
            vec_push(arena, out, ((ModelDim){name, i, axis}));
        }
    }
}

/* What stands for a tensor of the model in the bound one is known by the same history. */
static void keep_history(Tensor *bound, const Tensor *own) {
    if (!bound->history.layer) bound->history = own->history;
    bound->variable = own->variable;
}

/* The depths of the nodes that were inferred: copies keep their ids, what lies outside is left out. */
static size_t *depths_of(Arena *arena, const Model *model, const ModelCall *call) {
    size_t *depths = ARENA_ARRAY(arena, size_t, call->n_nodes);
    for (size_t i = 0, k = 0; i < model->n_nodes && k < call->n_nodes; i++)
        if (model->nodes[i]->id == call->nodes[k]->id) depths[k++] = model->depths[i];
    return depths;
}

Model *model_bind(Graph *graph, const Model *model, const Shape *shapes) {
    const SourceRange at = model->layer->at;
    Tensor **inputs = ARENA_ARRAY(graph->arena, Tensor *, model->n_inputs);
    for (size_t i = 0; i < model->n_inputs; i++) {
        inputs[i] = graph_add_tensor(graph, &shapes[i], model->inputs[i]->dtype, model->inputs[i]->name,
                                     model->inputs[i]->at);
        inputs[i]->sparse = model->inputs[i]->sparse;
    }
    const ModelCall *call = call_infer(graph, model, inputs, at);
    if (!call) return NULL;
    Model *bound = ARENA_NEW(graph->arena, Model);
    *bound = *model;
    bound->nodes = call->nodes;
    bound->n_nodes = call->n_nodes;
    bound->depths = depths_of(graph->arena, model, call);
    bound->inputs = call->inputs;
    bound->outputs = call->outputs;
    for (size_t i = 0; i < model->n_inputs; i++) keep_history(bound->inputs[i], model->inputs[i]);
    for (size_t i = 0; i < model->n_outputs; i++) keep_history(bound->outputs[i], model->outputs[i]);
    return bound;
}

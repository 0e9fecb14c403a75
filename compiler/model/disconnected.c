/* "Graph disconnected": names the Input that is missing and the way from it to the output.
 */
#include "model/parts.h"

#include "base/text.h"

typedef VEC(const Tensor *) TensorPath;

/* How tensors are called in messages: by their variable, else by the layer that makes them. */
static const char *tensor_label(Arena *arena, const Tensor *tensor) {
    const Layer *layer = tensor->history.layer;
    if (!layer) return arena_printf(arena, "the KerasTensor \"%s\"", tensor->name);
    if (layer_is_input(layer)) return arena_printf(arena, "the Input \"%s\"", layer->name);
    return arena_printf(arena, "the output of \"%s\"", layer->name);
}

/* From the output to the first tensor that nothing computes. */
static const Tensor *find_root(const Graph *graph, const Tensor *tensor, const bool *computable,
                               TensorPath *way) {
    for (size_t steps = 0; steps <= graph->nodes.count; steps++) {
        vec_push(graph->arena, way, tensor);
        const Node *node = tensor_node(tensor);
        const Tensor *next = NULL;
        for (size_t i = 0; node && !next && i < node->n_inputs; i++) {
            if (!node->inputs[i]->known && !computable[node->inputs[i]->id]) next = node->inputs[i];
        }
        if (!next) break;
        tensor = next;
    }
    return tensor;
}

static const char *output_path(Arena *arena, const Model *model, size_t output) {
    LeafList leaves = {0};
    structure_flatten(arena, model->output_structure, &leaves);
    return output < leaves.count ? leaves.at[output].path : "";
}

static void note_way(Graph *graph, const Tensor *const *way, size_t count) {
    Text text = text_new(graph->arena);
    for (size_t i = count; i-- > 0;) {
        const Layer *layer = way[i]->history.layer;
        text_printf(&text, "%s%s", i + 1 == count ? "" : " -> ", layer ? layer->name : way[i]->name);
    }
    diag_note(graph->diags, way[0]->at, "the way from there to the output: %s", text.data);
}

bool model_report_disconnected(Graph *graph, const Model *model, size_t output, const bool *computable,
                               SourceRange at) {
    TensorPath way = {0};
    const char *path = output_path(graph->arena, model, output);
    const char *what =
        *path ? arena_printf(graph->arena, "Output with path `%s`", path) : "The output"; /* of one alone */
    const Tensor *root = find_root(graph, model->outputs[output], computable, &way);
    const char *label = tensor_label(graph->arena, root);
    if (way.count == 1) {
        diag_report(graph->diags, E228, at,
                    "%s is not connected to `inputs`: it is %s itself, which is not among them", what, label);
    } else {
        diag_report(graph->diags, E228, at,
                    "%s is not connected to `inputs`: it needs %s, which is not among them", what, label);
    }
    diag_note(graph->diags, root->history.layer ? root->history.layer->at : root->at, "%s is made here",
              label);
    if (way.count > 1) note_way(graph, way.at, way.count);
    return false;
}

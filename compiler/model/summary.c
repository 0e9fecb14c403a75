/* The summary of a model: Keras' own table, and a second one with what a compiler adds.
 *
 * In:  a model. Out: the rows, names, shapes and counts of model.summary(), then MACs, bytes and source
 * lines. Columns are as wide as their content, so no cell is ever broken into lines.
 */
#include <inttypes.h>

#include "base/text.h"
#include "model/cost.h"
#include "model/parts.h"
#include "model/table.h"

const char *layer_label(Arena *arena, const Layer *layer) {
    return arena_printf(arena, "%s (%s)", layer->name, layer->class_->name);
}

const char *source_label(Arena *arena, const Sources *sources, SourceRange at) {
    if (at.file == 0) return "-";
    const SourceFile *file = sources_get(sources, at.file);
    return arena_printf(arena, "%s:%u", file->name,
                        (unsigned)sources_position(sources, at.file, at.begin).line);
}

/* As Keras' summary prints a shape: a tuple, but without the comma behind a single extent. */
static const char *shape_cell(Arena *arena, const Shape *shape) {
    if (shape->rank != 1) return shape_text(arena, shape);
    return shape->dim[0] == DIM_UNKNOWN ? "(None)" : arena_printf(arena, "(%" PRId64 ")", shape->dim[0]);
}

/* The shapes of the layer's last call. */
static const char *output_shape(Arena *arena, const Layer *layer) {
    if (layer->nodes.count == 0) return "?";
    const Node *node = layer->nodes.at[layer->nodes.count - 1];
    if (node->n_outputs == 1) return shape_cell(arena, &node->outputs[0]->shape);
    Text text = text_new(arena);
    for (size_t i = 0; i < node->n_outputs; i++)
        text_printf(&text, "%s%s", i ? ", " : "[", shape_cell(arena, &node->outputs[i]->shape));
    text_char(&text, ']');
    return text.data;
}

static const char *params(Arena *arena, const Layer *layer) {
    if (layer->class_->flags & LAYER_OPERATION) return "0";
    if (!layer->built) return "0 (unbuilt)";
    return cost_number(arena, cost_of_layer(arena, layer).params);
}

/* Where the inputs of the layer's calls in this model come from: "dense[0][0], conv[1][0]". */
static const char *connections(Arena *arena, const Model *model, const Layer *layer) {
    Text text = text_new(arena);
    for (size_t i = 0; i < layer->nodes.count; i++) {
        const Node *node = layer->nodes.at[i];
        bool inside = false;
        for (size_t k = 0; !inside && k < model->n_nodes; k++) inside = model->nodes[k] == node;
        for (size_t k = 0; inside && k < node->n_inputs; k++) {
            const History *history = &node->inputs[k]->history;
            if (node->inputs[k]->known) continue;
            text_printf(&text, "%s%s[%u][%u]", text.length ? ", " : "",
                        history->layer ? history->layer->name : "?", (unsigned)history->node_index,
                        (unsigned)history->tensor_index);
        }
    }
    return text.length ? text.data : "-";
}

/* Keras shows no connections where the model is a chain: one node at each depth, one input each, no shared
 * layer. */
static bool is_chain(const Model *model) {
    if (model->kind == MODEL_SEQUENTIAL) return true;
    for (size_t i = 0; i < model->n_nodes; i++) {
        size_t inputs = 0;
        for (size_t k = 0; k < model->nodes[i]->n_inputs; k++) inputs += !model->nodes[i]->inputs[k]->known;
        if (inputs > 1) return false;
        if (i > 0 && model->depths[i] == model->depths[i - 1]) return false;
    }
    for (size_t i = 0; i < model->n_nodes; i++) {
        for (size_t k = 0; k < i; k++) {
            if (model->nodes[i]->layer == model->nodes[k]->layer) return false;
        }
    }
    return true;
}

static void print_keras_table(Arena *arena, const Model *model, Layer *const *layers, size_t n_layers,
                              FILE *out) {
    const bool chain = is_chain(model);
    Table table = {.arena = arena,
                   .n_columns = chain ? 3 : 4,
                   .headers = {"Layer (type)", "Output Shape", "Param #", "Connected to"},
                   .widths = {28, 20, 10, 20},
                   .right = {[2] = true}};
    for (size_t i = 0; i < n_layers; i++) {
        const Layer *layer = layers[i];
        const char *cells[] = {layer_label(arena, layer), output_shape(arena, layer), params(arena, layer),
                               chain ? "" : connections(arena, model, layer)};
        table_add_row(&table, cells);
    }
    table_print(&table, out);
}

static void print_totals(Arena *arena, const Cost *cost, FILE *out) {
    fprintf(out, " Total params: %s (%s)\n", cost_number(arena, cost->params),
            cost_memory(arena, cost->bytes));
    fprintf(out, " Trainable params: %s (%s)\n", cost_number(arena, cost->trainable_params),
            cost_memory(arena, cost->trainable_bytes));
    fprintf(out, " Non-trainable params: %s (%s)\n",
            cost_number(arena, cost->params < 0 || cost->trainable_params < 0
                                   ? -1
                                   : cost->params - cost->trainable_params),
            cost_memory(arena, cost->bytes - cost->trainable_bytes));
}

static const char *cost_bytes(Arena *arena, const Layer *layer) {
    const double bytes = cost_of_layer(arena, layer).bytes;
    return cost_number(arena, bytes < 9e18 ? (int64_t)bytes : -1);
}

static int64_t macs_of(const ModelCosts *costs, const Layer *layer) {
    return layer->id < costs->n_macs ? costs->macs[layer->id] : -1;
}

static void print_cost_table(Arena *arena, const Sources *sources, const ModelCosts *costs,
                             Layer *const *layers, size_t n_layers, FILE *out) {
    Table table = {.arena = arena,
                   .n_columns = 4,
                   .headers = {"Layer (type)", "MACs", "Weight bytes", "Source"},
                   .widths = {28, 14, 14, 20},
                   .right = {[1] = true, [2] = true}};
    for (size_t i = 0; i < n_layers; i++) {
        const Layer *layer = layers[i];
        const char *cells[] = {layer_label(arena, layer), cost_number(arena, macs_of(costs, layer)),
                               cost_bytes(arena, layer), source_label(arena, sources, layer->at)};
        table_add_row(&table, cells);
    }
    table_print(&table, out);
}

static void print_cost_totals(Arena *arena, const Cost *cost, const ModelCosts *costs, FILE *out) {
    fprintf(out, " MACs: %s\n Weights: %s bytes (%s)\n", cost_number(arena, costs->total_macs),
            cost_number(arena, cost->bytes < 9e18 ? (int64_t)cost->bytes : -1),
            cost_memory(arena, cost->bytes));
    fprintf(out, " Workspace: %s bytes", cost_number(arena, costs->workspace));
    if (costs->workspace > 0 && costs->chunk > 1)
        fprintf(out, " for each sample of a batch, up to %" PRId64 " of them", costs->chunk);
    fputc('\n', out);
    if (costs->why_not) fprintf(out, " Not known, since %s\n", costs->why_not);
}

void model_summary(Arena *arena, const Sources *sources, const Model *model, const ModelCosts *costs,
                   FILE *out) {
    const bool sequential = model->kind == MODEL_SEQUENTIAL; /* Keras leaves its InputLayer out */
    Layer *const *layers = sequential ? model->layers : model->operations;
    const size_t n_layers = sequential ? model->n_layers : model->n_operations;
    const Cost cost = cost_of_layer(arena, model->layer);
    fprintf(out, "Model: \"%s\"\n", model->layer->name);
    print_keras_table(arena, model, layers, n_layers, out);
    print_totals(arena, &cost, out);
    fprintf(out, "\nFor one sample: %s MACs\n", cost_number(arena, costs->total_macs));
    print_cost_table(arena, sources, costs, layers, n_layers, out);
    print_cost_totals(arena, &cost, costs, out);
}

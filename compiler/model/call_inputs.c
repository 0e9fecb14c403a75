/* The first argument of a model's call, brought into the order of the model's inputs: a tensor, a list or
 * tuple in that order, or a dict by names. Where Keras would pair by chance, this is an error.
 */
#include "model/parts.h"

#include <string.h>

#include "base/text.h"

static const char *join_names(Arena *arena, const char *const *names, size_t count) {
    Text text = text_new(arena);
    for (size_t i = 0; i < count; i++) text_printf(&text, "%s'%s'", i ? ", " : "", names[i]);
    return text.data;
}

/* The keys of the model's own dict, or the names of its input tensors. */
static const char **expected_keys(Graph *graph, const Model *model) {
    const char **names = ARENA_ARRAY(graph->arena, const char *, model->n_inputs);
    LeafList leaves = {0};
    structure_flatten(graph->arena, model->input_structure, &leaves);
    for (size_t i = 0; i < model->n_inputs; i++)
        names[i] = model->input_structure.kind == VALUE_DICT ? leaves.at[i].path : model->inputs[i]->name;
    return names;
}

static bool report_key(Graph *graph, const Layer *layer, const char *key, const Dict *dict, SourceRange at) {
    const char **names = expected_keys(graph, layer->model);
    const char **found = ARENA_ARRAY(graph->arena, const char *, dict->entries.count);
    for (size_t i = 0; i < dict->entries.count; i++)
        found[i] = value_text(graph->arena, dict->entries.at[i].key);
    return diag_report(
        graph->diags, E232, at,
        "Missing data for input \"%s\" of layer \"%s\". You passed a data dictionary with keys [%s]. "
        "Expected the following keys: [%s]",
        key, layer->name, join_names(graph->arena, found, dict->entries.count),
        join_names(graph->arena, names, layer->model->n_inputs));
}

static bool take(Graph *graph, const Layer *layer, Value value, SourceRange at, Tensor **out) {
    if (value.kind == VALUE_TENSOR) {
        *out = value.as.tensor;
        return true;
    }
    if (value_is_none(value)) {
        return diag_report(graph->diags, E232, at,
                           "an input of layer \"%s\" is None. Please provide a valid tensor", layer->name);
    }
    return diag_report(
        graph->diags, E232, at,
        "Inputs to a layer should be tensors. Got '%s' (of type <class '%s'>) as input for layer '%s'",
        value_text(graph->arena, value), value_type_name(value), layer->name);
}

static bool match_dict(Graph *graph, const Layer *layer, Dict *dict, SourceRange at, Tensor **out) {
    const Model *model = layer->model;
    const char **names = expected_keys(graph, model);
    for (size_t i = 0; i < model->n_inputs; i++) {
        const DictEntry *entry = value_dict_find(graph->arena, dict, value_str(graph->arena, names[i]));
        if (!entry) return report_key(graph, layer, names[i], dict, at);
        if (!take(graph, layer, entry->value, at, &out[i])) return false;
    }
    if (dict->entries.count == model->n_inputs) return true;
    return diag_report(graph->diags, E232, at,
                       "Layer \"%s\" expects %zu inputs with keys [%s], but the dict has %zu entries",
                       layer->name, model->n_inputs, join_names(graph->arena, names, model->n_inputs),
                       dict->entries.count);
}

static bool report_count(Graph *graph, const Layer *layer, size_t found, SourceRange at) {
    const Model *model = layer->model;
    const char **names = ARENA_ARRAY(graph->arena, const char *, model->n_inputs);
    for (size_t i = 0; i < model->n_inputs; i++) names[i] = model->inputs[i]->history.layer->name;
    return diag_report(
        graph->diags, E232, at,
        "Layer \"%s\" expects %zu named input(s) with keys [%s], but it received %zu input tensors",
        layer->name, model->n_inputs, join_names(graph->arena, names, model->n_inputs), found);
}

/* A list given to a model whose inputs are a dict is paired in the order of the sorted keys, which surprises
 * where the dict was written in another order: Keras refuses it there. */
static bool keys_are_sorted(const Dict *dict) {
    for (size_t i = 1; i < dict->entries.count; i++) {
        const Value a = dict->entries.at[i - 1].key, b = dict->entries.at[i].key;
        if (a.kind == VALUE_STR && b.kind == VALUE_STR && value_compare_str(a.as.str, b.as.str) > 0)
            return false;
    }
    return true;
}

bool call_match_inputs(Graph *graph, const Layer *layer, const Argument *argument, SourceRange at,
                       Tensor **out) {
    const Model *model = layer->model;
    const Value value = argument->value;
    if (value.kind == VALUE_DICT) return match_dict(graph, layer, value.as.dict, at, out);
    LeafList leaves = {0};
    if (!structure_flatten(graph->arena, value, &leaves) || leaves.count != model->n_inputs)
        return report_count(graph, layer, leaves.count, at);
    if (model->input_structure.kind == VALUE_DICT && model->n_inputs > 1) {
        if (!keys_are_sorted(model->input_structure.as.dict)) {
            return diag_report(
                graph->diags, E232, at,
                "The structure of `inputs` doesn't match the expected structure: layer \"%s\" takes a dict "
                "with keys [%s]",
                layer->name, join_names(graph->arena, expected_keys(graph, model), model->n_inputs));
        }
        diag_report(graph->diags, W207, at,
                    "The structure of `inputs` doesn't match the expected structure: layer \"%s\" takes a "
                    "dict with keys "
                    "[%s]",
                    layer->name, join_names(graph->arena, expected_keys(graph, model), model->n_inputs));
    }
    for (size_t i = 0; i < model->n_inputs; i++) {
        if (!take(graph, layer, leaves.at[i].value, at, &out[i])) return false;
    }
    return true;
}

/* What a Model answers about its parts: get_layer, its weights, and whether it may be compiled.
 */
#include "model/parts.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

/* ---- get_layer ---- */

enum { NAME, INDEX, N_PARAMETERS };
static const char *const NAMES[] = {"name", "index", NULL};
static const Signature GET_LAYER = {.function = "Model.get_layer", .names = NAMES};

static const char **layer_names(Graph *graph, const Model *model) {
    const char **names = ARENA_ARRAY(graph->arena, const char *, model->n_layers);
    for (size_t i = 0; i < model->n_layers; i++) names[i] = model->layers[i]->name;
    return names;
}

static Layer *layer_by_name(Graph *graph, const Model *model, const Argument *argument) {
    const char *wanted = value_c_str(argument->value);
    const char **names = layer_names(graph, model);
    Text list = text_new(graph->arena);
    for (size_t i = 0; i < model->n_layers; i++) {
        if (wanted && strcmp(names[i], wanted) == 0) return model->layers[i];
        if (i < 12) text_printf(&list, "%s'%s'", i ? ", " : "", names[i]);
        if (i == 12) text_printf(&list, ", … (%zu in all)", model->n_layers);
    }
    diag_report(graph->diags, E240, argument->at, "No such layer: %s. Existing layers are: [%s]",
                value_text(graph->arena, argument->value), list.data);
    const char *near = wanted ? text_nearest(wanted, names, model->n_layers) : NULL;
    diag_suggest(graph->diags, argument->at, wanted, near);
    return NULL;
}

static Layer *layer_by_index(Graph *graph, const Model *model, const Argument *argument) {
    const Value value = argument->value;
    const int64_t count = (int64_t)model->n_layers;
    int64_t index = value.kind == VALUE_INT    ? value.as.integer
                    : value.kind == VALUE_BOOL ? value.as.boolean
                                               : count;
    if (value.kind != VALUE_INT && value.kind != VALUE_BOOL) {
        diag_report_as(graph->diags, E241, "TypeError", argument->at,
                       "list indices must be integers or slices, not %s", value_type_name(value));
        return NULL;
    }
    if (index < 0 && index >= -count) index += count;
    if (index >= 0 && index < count) return model->layers[index];
    if (index < 0) {
        diag_report_as(graph->diags, E240, "IndexError", argument->at,
                       "list index out of range: the model has %zu layers", model->n_layers);
    } else {
        diag_report(graph->diags, E240, argument->at,
                    "Was asked to retrieve layer at index %" PRId64 " but model only has %zu layers", index,
                    model->n_layers);
    }
    return NULL;
}

Layer *model_get_layer(Graph *graph, Layer *layer, const Arguments *arguments) {
    const Argument *bound[N_PARAMETERS];
    if (!signature_bind(graph, &GET_LAYER, arguments, bound)) return NULL;
    const bool name = argument_given(bound[NAME]), index = argument_given(bound[INDEX]);
    if (name && index) {
        diag_report(graph->diags, E241, arguments->call,
                    "Provide only a layer name or a layer index. Received: index=%s, name=%s",
                    value_text(graph->arena, bound[INDEX]->value),
                    value_text(graph->arena, bound[NAME]->value));
        return NULL;
    }
    if (name) return layer_by_name(graph, layer->model, bound[NAME]);
    if (index) return layer_by_index(graph, layer->model, bound[INDEX]);
    diag_report(graph->diags, E241, arguments->call,
                "Provide either a layer name or layer index at `get_layer`");
    return NULL;
}

/* ---- weights ---- */

typedef struct Collector {
    Arena *arena;
    Map seen; /* layers by number, and weights: a shared one counts once */
    WeightList *out;
} Collector;

static void collect(Collector *collector, const Layer *layer) {
    const char *key = arena_printf(collector->arena, "%" PRIu32, layer->id);
    if (map_has(&collector->seen, key)) return;
    map_put(&collector->seen, key, collector);
    for (size_t i = 0; i < layer->weights.count; i++) {
        const char *weight = arena_printf(collector->arena, "weight %" PRIu32, layer->weights.at[i]->id);
        if (map_has(&collector->seen, weight)) continue;
        map_put(&collector->seen, weight, collector);
        vec_push(collector->arena, collector->out, layer->weights.at[i]);
    }
    for (size_t i = 0; i < layer->n_sublayers; i++) collect(collector, layer->sublayers[i]);
    for (size_t i = 0; layer->model && i < layer->model->n_layers; i++)
        collect(collector, layer->model->layers[i]);
}

void model_weights(Arena *arena, const Model *model, WeightList *out) {
    Collector collector = {arena, map_new(arena), out};
    collect(&collector, model->layer);
}

/* ---- check ---- */

static bool report_opaque(Graph *graph, const char *what, const char *name, SourceRange made,
                          const Opaque *opaque, SourceRange at) {
    if (diag_error_count(graph->diags) > 0) return false; /* it may follow from them */
    diag_report(graph->diags, E242, opaque->at,
                "the model depends on the %s \"%s\", which is unknown from here on: %s", what, name,
                opaque->reason ? opaque->reason : "what it was made from failed");
    diag_note(graph->diags, made, "\"%s\" is made here", name);
    diag_note(graph->diags, at, "the model that needs it");
    return false;
}

static const Opaque *first_opaque(Tensor *const *tensors, size_t count, const Tensor **which) {
    for (size_t i = 0; i < count; i++) {
        *which = tensors[i];
        if (tensors[i]->opaque) return tensors[i]->opaque;
    }
    return NULL;
}

static bool check_opaque(Graph *graph, const Model *model, SourceRange at) {
    const Layer *layer = model->layer;
    const Tensor *tensor = NULL;
    const Opaque *opaque = model->opaque ? model->opaque : layer->opaque;
    if (opaque) return report_opaque(graph, "model", layer->name, layer->at, opaque, at);
    for (size_t i = 0; i < model->n_operations; i++) {
        layer = model->operations[i];
        if (layer->opaque) return report_opaque(graph, "layer", layer->name, layer->at, layer->opaque, at);
        if (layer->model && !check_opaque(graph, layer->model, at)) return false;
        for (size_t k = 0; k < layer->n_sublayers; k++) {
            const Layer *inner = layer->sublayers[k];
            if (inner->opaque)
                return report_opaque(graph, "layer", inner->name, inner->at, inner->opaque, at);
        }
    }
    for (size_t i = 0; i < model->n_nodes; i++) {
        const Node *node = model->nodes[i];
        opaque = first_opaque(node->inputs, node->n_inputs, &tensor);
        if (!opaque) opaque = first_opaque(node->outputs, node->n_outputs, &tensor);
        const char *name = tensor && tensor->variable ? tensor->variable : node->layer->name;
        if (opaque) return report_opaque(graph, "tensor", name, tensor->at, opaque, at);
    }
    return true;
}

bool model_check(Graph *graph, Model *model, SourceRange at) {
    if (model->opaque || model->layer->opaque) return check_opaque(graph, model, at);
    if (model->poisoned) {
        if (diag_error_count(graph->diags) > 0) return false;
        return diag_report(graph->diags, E245, model->layer->at, "the model \"%s\" could not be made",
                           model->layer->name);
    }
    if (!model->built && diag_error_count(graph->diags) > 0) return false;
    if (!model->built) {
        diag_report(graph->diags, E239, model->layer->at,
                    "Sequential model '%s' has no defined input shape yet", model->layer->name);
        diag_help(graph->diags, model->layer->at, NULL,
                  "give it an Input first: Sequential([Input(shape=(...)), ...])");
        return false;
    }
    return check_opaque(graph, model, at);
}

/* Keras' input_spec: ranks and extents that a layer demands of its inputs, and notes that tell where an input
 * that does not fit came from.
 */
#include <string.h>

#include "base/checked.h"
#include "base/text.h"
#include "layers/rules.h"

enum { MAX_HISTORY_NOTES = 4 };

/* "16 units", "8 filters": what a layer was told about the width of its result; NULL for most. */
static const char *width_text(Arena *arena, const Layer *layer) {
    for (const ParamSpec *spec = layer->class_->params; spec && spec->name && layer->attrs; spec++) {
        if (spec->kind != PARAM_INT ||
            (strcmp(spec->name, "units") != 0 && strcmp(spec->name, "filters") != 0))
            continue;
        return arena_printf(arena, "%lld %s",
                            (long long)*(int64_t *)(void *)((char *)layer->attrs + spec->offset), spec->name);
    }
    return NULL;
}

static const char *tensor_text(const Tensor *tensor) {
    if (tensor->variable) return tensor->variable;
    return tensor->history.layer ? tensor->history.layer->name : tensor->name;
}

static const char *sources_text(Arena *arena, const Node *node) {
    Text text = text_new(arena);
    for (size_t i = 0; i < node->n_inputs; i++) {
        const char *separator = i == 0 ? "" : i + 1 < node->n_inputs ? ", " : " and ";
        text_printf(&text, "%s%s", separator, tensor_text(node->inputs[i]));
    }
    return text.data;
}

static void note_one(Graph *graph, const Tensor *tensor, const Node *node) {
    const char *name = tensor->variable ? tensor->variable : "this tensor";
    const char *width = width_text(graph->arena, node->layer);
    if (node->n_inputs == 0) {
        diag_note(graph->diags, tensor->at, "%s is the Input \"%s\" of shape %s, made here", name,
                  node->layer->name, shape_text(graph->arena, &tensor->shape));
        return;
    }
    diag_note(graph->diags, tensor->at, "%s is the output of %s%s%s%s, made here from %s", name,
              node->layer->name, width ? " (" : "", width ? width : "", width ? ")" : "",
              sources_text(graph->arena, node));
}

void layer_note_history(Graph *graph, const Tensor *tensor) {
    for (int i = 0; i < MAX_HISTORY_NOTES; i++) {
        const Node *node = tensor_node(tensor);
        if (!node) return;
        note_one(graph, tensor, node);
        if (node->n_inputs == 0 || !shape_equal(&node->inputs[0]->shape, &tensor->shape)) return;
        tensor = node->inputs[0]; /* this step kept the shape: what made it comes before */
    }
}

void layer_note_input(LayerCall *call, size_t input) {
    Graph *graph = call->graph;
    const Layer *layer = call->layer;
    layer_note_history(graph, call->inputs[input]);
    if (!layer->built || input >= layer->n_built_shapes || layer->nodes.count == 0) return;
    diag_note(graph->diags, layer->first_call, "%s was first called here, on shape %s",
              layer->variable ? layer->variable : layer->name,
              shape_text(graph->arena, &layer->built_shapes[input]));
}

static bool incompatible(LayerCall *call, size_t input, const char *expected) {
    diag_report(call->graph->diags, E207, call->at,
                "input %zu of layer \"%s\" is incompatible: expected %s, got %s", input, call->layer->name,
                expected, shape_text(call->graph->arena, &call->inputs[input]->shape));
    layer_note_input(call, input);
    return false;
}

static bool has_parameter(const Layer *layer, const char *name) {
    for (const ParamSpec *spec = layer->class_->params; spec && spec->name; spec++)
        if (strcmp(spec->name, name) == 0) return true;
    return false;
}

/* (28, 28) as (28, 28, 1): the target_shape that adds an axis of channels. */
static const char *with_channels(Arena *arena, const Shape *shape) {
    Text text = text_new(arena);
    for (int i = 1; i < shape->rank; i++) text_printf(&text, "%lld, ", (long long)shape->dim[i]);
    return arena_printf(arena, "(%s1)", text.data);
}

/* The usual ways out of a wrong number of axes. */
static bool help_rank(LayerCall *call, const Tensor *tensor, int rank) {
    Graph *graph = call->graph;
    const Shape *shape = &tensor->shape;
    const Layer *maker = tensor->history.layer;
    if (shape->rank == 2 && rank == 3 && maker && has_parameter(maker, "return_sequences"))
        diag_help(graph->diags, call->at, NULL, "return_sequences=True keeps all steps of \"%s\"",
                  maker->name);
    else if (shape->rank == rank - 1 && shape->rank > 1 && shape_is_static(shape, 1))
        diag_help(graph->diags, call->at, NULL,
                  "the last axis is that of channels or features; Reshape(%s) adds one",
                  with_channels(graph->arena, shape));
    return false;
}

bool layer_expect_rank(LayerCall *call, size_t input, int rank) {
    const Tensor *tensor = call->inputs[input];
    if (tensor->shape.rank == rank) return true;
    incompatible(call, input,
                 arena_printf(call->graph->arena, "ndim=%d, found ndim=%d", rank, tensor->shape.rank));
    return help_rank(call, tensor, rank);
}

bool layer_expect_min_rank(LayerCall *call, size_t input, int rank) {
    if (call->inputs[input]->shape.rank >= rank) return true;
    return incompatible(call, input,
                        arena_printf(call->graph->arena, "min_ndim=%d, found ndim=%d", rank,
                                     call->inputs[input]->shape.rank));
}

/* Where Flatten gives just what is expected, it was probably forgotten. */
static bool help_flatten(LayerCall *call, const Shape *shape, int64_t extent) {
    int64_t product = 1;
    if (shape->rank < 3 || !shape_is_static(shape, 1)) return false;
    for (int i = 1; i < shape->rank; i++)
        if (!checked_mul(product, shape->dim[i], &product)) return false;
    if (product == extent)
        diag_help(call->graph->diags, call->at, NULL, "Flatten() makes it (None, %lld)", (long long)extent);
    return false;
}

bool layer_expect_axis(LayerCall *call, size_t input, int64_t axis, int64_t extent) {
    const Shape *shape = &call->inputs[input]->shape;
    int at;
    if (!shape_axis(shape, axis, &at))
        return layer_expect_min_rank(call, input, (int)(axis < 0 ? -axis : axis + 1));
    if (extent == DIM_UNKNOWN || shape->dim[at] == DIM_UNKNOWN || shape->dim[at] == extent) return true;
    incompatible(
        call, input,
        arena_printf(call->graph->arena, "axis %lld to have value %lld", (long long)axis, (long long)extent));
    return help_flatten(call, shape, extent);
}

bool layer_expect_known(LayerCall *call, const Shape *weight_shape, const char *weight) {
    if (shape_is_static(weight_shape, 0)) return true;
    diag_report(call->graph->diags, E255, call->at,
                "Shapes used to initialize variables must be fully-defined (no `None` dimensions). Received: "
                "shape=%s for "
                "variable path='%s/%s'",
                shape_text(call->graph->arena, weight_shape), call->layer->name, weight);
    layer_note_input(call, 0);
    return false;
}

bool layer_expect_float(Diagnostics *diags, const Layer *layer, DType dtype, SourceRange at) {
    if (dtype_is_float(dtype)) return true;
    diag_report(diags, E299, at, "layer \"%s\" normalises %s: Keras computes the deviations in that type",
                layer->name, dtype_name(dtype));
    diag_help(diags, at, NULL, "make floats of them first: Rescaling(1.0)(x), or ops.cast(x, 'float32')");
    return false;
}

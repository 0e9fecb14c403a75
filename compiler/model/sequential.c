/* Sequential: a stack of layers, built into inputs, outputs and nodes as soon as its input shape is known.
 *
 * In:  layers, by list or one at a time. Out: a layer whose `model` is filled each time the stack changes.
 * Invariants: each change calls every layer of the stack again, and takes a name for the functional model
 * inside, as Keras does: node indices and automatic names depend on it. model->added starts with the
 * InputLayer once there is one.
 */
#include "model/input_parts.h"

#include <string.h>

#include "layers/rules.h"

const LayerClass MODEL_CLASS_SEQUENTIAL = {
    .name = "Sequential",
    .module = "keras.models",
    .about = "a model that is a stack of layers",
    .flags = LAYER_ANY_ARGUMENT | LAYER_NO_AUTOCAST,
    .call = model_call,
    .call_params = MODEL_CALL_PARAMS,
};

enum { LAYERS, TRAINABLE, NAME, N_PARAMETERS };
static const char *const NAMES[] = {"layers", "trainable", "name", NULL};
static const Signature SEQUENTIAL = {.function = "Sequential.__init__", .names = NAMES};
static const char *const ADD_NAMES[] = {"layer", "rebuild", NULL};
static const Signature ADD = {.function = "Sequential.add", .names = ADD_NAMES};
static const char *const POP_NAMES[] = {"rebuild", NULL};
static const Signature POP = {.function = "Sequential.pop", .names = POP_NAMES};
static const char *const BUILD_NAMES[] = {"input_shape", NULL};
static const Signature BUILD = {.function = "build", .names = BUILD_NAMES};

/* ---- building ---- */

/* One layer of the stack on the output of the one below; NULL after reporting, or where something failed
 * before. */
static Tensor *call_layer(Graph *graph, Model *model, Layer *layer, Tensor *input) {
    Argument *argument = ARENA_NEW(graph->arena, Argument);
    *argument = (Argument){.value = value_tensor(input), .at = layer->at};
    Arguments *arguments = ARENA_NEW(graph->arena, Arguments);
    *arguments = (Arguments){argument, 1, layer->at};
    Value result;
    if (!layer_call(graph, layer, arguments, &result)) return NULL;
    if (result.kind == VALUE_OPAQUE) {
        model->opaque = model->opaque ? model->opaque : result.as.opaque;
        return NULL;
    }
    if (result.kind == VALUE_TENSOR) return result.as.tensor->poisoned ? NULL : result.as.tensor;
    if (result.kind == VALUE_LIST && result.as.list->items.count == 1 &&
        result.as.list->items.at[0].kind == VALUE_TENSOR)
        return result.as.list->items.at[0].as.tensor;
    diag_report(graph->diags, E235, layer->at,
                "a layer of a Sequential model gives one tensor to the next; \"%s\" gives %s", layer->name,
                value_repr(graph->arena, result));
    return NULL;
}

/* Calls the layers in turn. What they build belongs to the stack: its name starts the paths of their weights.
 */
static Tensor *call_layers(Graph *graph, Layer *sequential) {
    Model *model = sequential->model;
    const char *outer = graph->name_scope;
    if (!model->scope) model->scope = arena_printf(graph->arena, "%s%s/", outer, sequential->name);
    graph->name_scope = model->scope;
    Tensor *output = input_layer_tensor(model->added.at[0]);
    for (size_t i = 1; i < model->added.count && output; i++)
        output = call_layer(graph, model, model->added.at[i], output);
    graph->name_scope = outer;
    return output;
}

/* Calls the stack from its InputLayer on, and makes the model between. */
static bool build_stack(Graph *graph, Layer *sequential, SourceRange at) {
    Model *model = sequential->model;
    Tensor *input = input_layer_tensor(model->added.at[0]), *output = call_layers(graph, sequential);
    if (!output) {
        model->poisoned = model->opaque == NULL;
        return !model->poisoned;
    }
    graph_auto_name(graph, "Functional"); /* the name of the model that Keras makes inside */
    model->inputs = ARENA_ARRAY(graph->arena, Tensor *, 1);
    model->outputs = ARENA_ARRAY(graph->arena, Tensor *, 1);
    model->inputs[0] = input;
    model->outputs[0] = output;
    model->n_inputs = model->n_outputs = 1;
    model->input_structure = value_tensor(input);
    model->output_structure = value_tensor(output);
    model->built = model_map(graph, model, at);
    model->poisoned = !model->built;
    sequential->built = model->built;
    /* Sequential.layers: as added, without the InputLayer */
    model->n_layers = model->added.count - 1;
    model->layers = ARENA_ARRAY(graph->arena, Layer *, model->n_layers);
    for (size_t i = 0; i < model->n_layers; i++) model->layers[i] = model->added.at[i + 1];
    return model->built;
}

static void push_front(Graph *graph, Model *model, Layer *layer) {
    vec_push(graph->arena, &model->added, layer);
    memmove(model->added.at + 1, model->added.at, (model->added.count - 1) * sizeof *model->added.at);
    model->added.at[0] = layer;
}

bool sequential_build(Graph *graph, Layer *layer, const Shape *batch_shape, SourceRange at) {
    Model *model = layer->model;
    if (model->added.count == 0) {
        diag_report(graph->diags, E239, at,
                    "Sequential model %s cannot be built because it has no layers. Call "
                    "`model.add(layer)`",
                    layer->name);
        return false;
    }
    Layer *first = model->added.at[0];
    if (!layer_is_input(first)) {
        push_front(graph, model, input_layer_new(graph, batch_shape, first->compute_dtype, at));
    } else if (!shape_equal(&input_layer_tensor(first)->shape, batch_shape)) {
        diag_report(graph->diags, E246, at,
                    "Sequential model '%s' has already been configured to use input shape %s. You cannot "
                    "build it with "
                    "input_shape %s",
                    layer->name, shape_text(graph->arena, &input_layer_tensor(first)->shape),
                    shape_text(graph->arena, batch_shape));
        diag_note(graph->diags, first->at, "its input is made here");
        return false;
    }
    return build_stack(graph, layer, at);
}

static void forget(Layer *layer) {
    Model *model = layer->model;
    model->built = layer->built = false;
    model->n_inputs = model->n_outputs = model->n_nodes = model->n_operations = 0;
    const size_t skipped = model->added.count > 0 && layer_is_input(model->added.at[0]);
    model->layers =
        model->added.at ? model->added.at + skipped : NULL; /* what Sequential.layers gives meanwhile */
    model->n_layers = model->added.count - skipped;
}

/* Builds the stack where its input shape is known: it starts with an InputLayer, or a model with one input.
 */
static bool rebuild(Graph *graph, Layer *layer, SourceRange at) {
    Model *model = layer->model;
    forget(layer);
    if (model->poisoned || model->added.count < 2) return true;
    const Layer *first = model->added.at[0];
    if (layer_is_input(first)) return sequential_build(graph, layer, &input_layer_tensor(first)->shape, at);
    if (first->model && first->model->built && first->model->n_inputs == 1)
        return sequential_build(graph, layer, &first->model->inputs[0]->shape, at);
    return true;
}

/* ---- the stack ---- */

static bool reject_item(Graph *graph, Value item, SourceRange at) {
    diag_report(graph->diags, E235, at,
                "Only instances of `keras.Layer` can be added to a Sequential model. Received: %s (of type "
                "<class '%s'>)",
                value_repr(graph->arena, item), value_type_name(item));
    if (item.kind == VALUE_LAYER_CLASS)
        diag_help(graph->diags, at, NULL, "make a layer of the class: add parentheses");
    if (item.kind == VALUE_TENSOR)
        diag_help(graph->diags, at, NULL, "add the layer itself, without calling it on a tensor");
    return false;
}

/* The layer that is meant: an Input stands for its InputLayer. */
static Layer *item_layer(Value item) {
    if (item.kind == VALUE_TENSOR && item.as.tensor->history.layer &&
        layer_is_input(item.as.tensor->history.layer))
        return item.as.tensor->history.layer;
    return item.kind == VALUE_LAYER ? item.as.layer : NULL;
}

static bool check_item(Graph *graph, const Layer *sequential, const Layer *layer, SourceRange at) {
    const Model *model = sequential->model;
    for (size_t i = 0; i < model->added.count; i++) {
        const Layer *other = model->added.at[i];
        if (other == layer || strcmp(other->name, layer->name) != 0) continue;
        diag_report(graph->diags, E236, at,
                    "All layers added to a Sequential model should have unique names. Name '%s' is already "
                    "the name of a "
                    "layer in this model. Update the `name` argument to pass a unique name",
                    layer->name);
        diag_note(graph->diags, other->at, "the first '%s' is made here", layer->name);
        return false;
    }
    if (!layer_is_input(layer) || model->added.count == 0) return true;
    if (layer_is_input(model->added.at[0])) {
        return diag_report(
            graph->diags, E237, at,
            "Sequential model '%s' has already been configured to use input shape %s. You cannot add a "
            "different Input layer to it",
            sequential->name, shape_text(graph->arena, &input_layer_tensor(model->added.at[0])->shape));
    }
    return diag_report(graph->diags, E237, at, "an Input can only be the first item of Sequential model '%s'",
                       sequential->name);
}

/* Without building. */
static bool append(Graph *graph, Layer *sequential, Value item, SourceRange at) {
    Model *model = sequential->model;
    if (item.kind == VALUE_TENSOR && item.as.tensor->poisoned) {
        model->poisoned = true;
        return true;
    }
    Layer *layer = item_layer(item);
    if (!layer || (layer->class_->flags & LAYER_OPERATION)) return reject_item(graph, item, at);
    if (layer->model && layer->model->poisoned) model->poisoned = true;
    if (model->added.count == 0 && layer->given_shape) { /* the first layer's input_shape= or input_dim= */
        vec_push(graph->arena, &model->added,
                 input_layer_new(graph, layer->given_shape, graph->settings.floatx, layer->at));
    }
    if (!check_item(graph, sequential, layer, at)) return false;
    vec_push(graph->arena, &model->added, layer);
    forget(sequential);
    return true;
}

static bool append_all(Graph *graph, Layer *sequential, const Argument *argument) {
    const Value value = argument->value;
    if (value.kind != VALUE_LIST && value.kind != VALUE_TUPLE) {
        diag_report_as(graph->diags, E235, "TypeError", argument->at,
                       "'%s' object is not iterable: Sequential takes a list of layers",
                       value_type_name(value));
        diag_help(graph->diags, argument->at, NULL, "put them in brackets: Sequential([...])");
        return false;
    }
    for (size_t i = 0; i < value.as.list->items.count; i++) {
        if (!append(graph, sequential, value.as.list->items.at[i], argument->at)) return false;
    }
    return value.as.list->items.count == 0 || rebuild(graph, sequential, argument->at);
}

/* ---- the functions of the language ---- */

bool model_sequential(Graph *graph, const Arguments *arguments, Value *out) {
    const Argument *bound[N_PARAMETERS] = {NULL};
    const char *name = NULL;
    const Opaque *opaque = arguments_opaque(arguments);
    *out = opaque ? value_from_opaque(opaque) : value_none();
    if (opaque) return true;
    bool ok =
        signature_bind(graph, &SEQUENTIAL, arguments, bound) && argument_name(graph, bound[NAME], &name);
    Layer *layer = model_layer_new(graph, &MODEL_CLASS_SEQUENTIAL, name, MODEL_SEQUENTIAL, arguments->call);
    layer->trainable = argument_truth(bound[TRAINABLE], true);
    if (ok && argument_truth(bound[LAYERS], false)) ok = append_all(graph, layer, bound[LAYERS]);
    layer->model->poisoned |= !ok;
    *out = value_layer(layer);
    return ok;
}

bool model_sequential_add(Graph *graph, Layer *sequential, const Arguments *arguments, Value *out) {
    const Argument *bound[2];
    const Opaque *opaque = arguments_opaque(arguments);
    *out = value_none();
    if (opaque) {
        if (!sequential->model->opaque) sequential->model->opaque = opaque;
        return true;
    }
    bool ok = signature_bind(graph, &ADD, arguments, bound);
    if (ok && !bound[0]) {
        ok = diag_report(graph->diags, E222, arguments->call,
                         "Sequential.add() missing 1 required positional argument: 'layer'");
    }
    if (!ok || !append(graph, sequential, bound[0]->value, bound[0]->at))
        return false; /* the stack is as before */
    return rebuild(graph, sequential, arguments->call);
}

bool model_sequential_pop(Graph *graph, Layer *sequential, const Arguments *arguments, Value *out) {
    const Argument *bound[1];
    Model *model = sequential->model;
    *out = value_none();
    if (!signature_bind(graph, &POP, arguments, bound)) return false;
    if (model->added.count <= 1) {
        return diag_report(graph->diags, E238, arguments->call,
                           "list index out of range: Sequential model '%s' would have no "
                           "layer left",
                           sequential->name);
    }
    *out = value_layer(model->added.at[--model->added.count]);
    return rebuild(graph, sequential, arguments->call);
}

bool model_build(Graph *graph, Layer *layer, const Arguments *arguments, Value *out) {
    const Argument *bound[1];
    Shape shape;
    *out = value_none();
    if (!layer->model || layer->model->kind != MODEL_SEQUENTIAL || layer->model->poisoned) return true;
    const Opaque *opaque = arguments_opaque(arguments);
    if (opaque) {
        if (!layer->model->opaque && !layer->model->built) layer->model->opaque = opaque;
        return true;
    }
    if (!signature_bind(graph, &BUILD, arguments, bound)) return false;
    if (!argument_given(bound[0])) return true; /* Keras leaves the model as it is */
    return shape_argument(graph, bound[0], NULL, &shape) &&
           sequential_build(graph, layer, &shape, arguments->call);
}

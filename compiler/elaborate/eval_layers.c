/* Layers and models as objects of the file: calls, attributes and methods (construction: eval_construct.c).
 *
 * Invariant: what is opaque or built from something opaque is never handed to the layers' own rules.
 */
#include <string.h>

#include "base/text.h"
#include "elaborate/applications.h"
#include "elaborate/classes.h"
#include "value/shape.h"

/* ---- calls ---- */

bool eval_graph_fits(Eval *eval, SourceRange at) {
    const size_t most = eval->options->max_nodes ? eval->options->max_nodes : ELABORATE_MAX_NODES;
    const bool calls = eval->graph->nodes.count > most;
    if (!calls && eval->graph->layers.count <= most) return true;
    if (eval->fatal) return false;
    eval->fatal = true;
    return eval_raise(eval, E316, NULL, at,
                      "the graph has more than %zu layer%s; --max-nodes raises the bound", most,
                      calls ? " calls" : "s");
}

/* A layer of Keras inside the call of one of the file's behaves as that one was told to. */
static const Arguments *with_training(Eval *eval, const Layer *layer, const Arguments *arguments) {
    const Value training = eval->layer_scope ? eval->layer_scope->training : value_none();
    if (layer->instance || training.kind != VALUE_BOOL || !training.as.boolean) return arguments;
    for (size_t i = 0; i < arguments->count; i++)
        if (arguments->at[i].keyword && strcmp(arguments->at[i].keyword, "training") == 0) return arguments;
    Argument *list = ARENA_ARRAY(eval->arena, Argument, arguments->count + 1);
    Arguments *result = ARENA_NEW(eval->arena, Arguments);
    for (size_t i = 0; i < arguments->count; i++) list[i] = arguments->at[i];
    list[arguments->count] = (Argument){"training", training, arguments->call, arguments->call};
    *result = (Arguments){list, arguments->count + 1, arguments->call};
    return result;
}

bool eval_call_layer(Eval *eval, Layer *layer, const Arguments *arguments, Value *out) {
    const Value callee = value_layer(layer);
    const Opaque *cause = eval_opaque_of(callee);
    if (!cause) cause = eval_arguments_opaque(arguments);
    for (size_t i = 0; i < arguments->count && !cause && !eval->layer_scope && !eval_has_symbolic(arguments);
         i++)
        cause = eval_known_opaque(eval, arguments->at[i].value, arguments->call);
    if (cause) {
        skip_call(eval, callee, arguments, cause);
        *out = eval_opaque_from(eval, cause);
        return true;
    }
    if (!eval_graph_fits(eval, arguments->call)) return false;
    *out = value_none();
    arguments = with_training(eval, layer, arguments);
    const DiagMark mark = diag_mark(eval->diags);
    return eval_checked(eval, mark, layer_call(eval->graph, layer, arguments, out));
}

/* ---- attributes ---- */

static Value dims_tuple(Eval *eval, const int64_t *dims, int count) {
    const Value tuple = value_list_new(eval->arena, VALUE_TUPLE);
    for (int i = 0; i < count; i++)
        value_list_push(eval->arena, tuple, dims[i] == DIM_UNKNOWN ? value_none() : value_int(dims[i]));
    return tuple;
}

static Value tensor_list(Eval *eval, Tensor *const *tensors, size_t count) {
    const Value list = value_list_new(eval->arena, VALUE_LIST);
    for (size_t i = 0; i < count; i++) value_list_push(eval->arena, list, value_tensor(tensors[i]));
    return list;
}

/* An activation as the symbol that makes the same again; false where it has parameters of its own. */
static bool activation_attribute(Eval *eval, const Layer *layer, const ActivationRef *ref, Value *out) {
    const char *name = activation_name(ref->id);
    if (!name || ref->function) return false;
    *out = value_symbol(eval_str(eval, "activations.%s", name));
    ActivationRef again;
    const DiagMark mark = diag_mark(eval->diags);
    if (!activation_parse(eval->graph, *out, layer->at, &again)) {
        diag_rewind(eval->diags, mark);
        return false;
    }
    return again.id == ref->id && memcmp(again.parameter, ref->parameter, sizeof again.parameter) == 0 &&
           again.axis == ref->axis;
}

/* A constructor argument as an attribute: dense.units, conv.kernel_size. False where its form is not kept. */
static bool param_attribute(Eval *eval, const Layer *layer, const char *name, Value *out) {
    const ParamSpec *spec = layer->class_->params;
    while (spec && spec->name && strcmp(spec->name, name) != 0) spec++;
    if (!spec || !spec->name || !layer->attrs) return false;
    const void *field = (const char *)layer->attrs + spec->offset;
    switch (spec->kind) {
    case PARAM_INT:
        if (spec->optional_none) return false;
        *out = value_int(*(const int64_t *)field);
        return true;
    case PARAM_FLOAT:
        if (spec->optional_none) return false;
        *out = value_float(*(const double *)field);
        return true;
    case PARAM_BOOL: *out = value_bool(*(const bool *)field); return true;
    case PARAM_CHOICE:
        if (*(const int *)field < 0) return false;
        *out = value_str(eval->arena, spec->choices[*(const int *)field]);
        return true;
    case PARAM_INTS: {
        const ParamInts *ints = field;
        if (ints->count == 0) return false;
        *out = dims_tuple(eval, ints->at, ints->count);
        return true;
    }
    case PARAM_SHAPE:
        *out = dims_tuple(eval, ((const Shape *)field)->dim, ((const Shape *)field)->rank);
        return true;
    case PARAM_ACTIVATION: return activation_attribute(eval, layer, field, out);
    default: return false;
    }
}

static Value single(Eval *eval, Tensor *const *tensors, size_t count) {
    return count == 1 ? value_tensor(tensors[0]) : tensor_list(eval, tensors, count);
}

/* layer.input and layer.output: those of its first call. */
static bool node_attribute(Eval *eval, const Layer *layer, bool output, SourceRange at, Value *out) {
    if (layer->nodes.count == 0)
        return eval_raise(eval, E321, NULL, at,
                          "The layer %s has never been called and thus has no defined %s", layer->name,
                          output ? "output" : "input");
    const Node *node = layer->nodes.at[0];
    if (!output) {
        *out = single(eval, node->inputs, node->n_inputs);
        return true;
    }
    *out = value_is_none(node->result) ? single(eval, node->outputs, node->n_outputs) : node->result;
    return true;
}

static bool unbuilt(Eval *eval, const Layer *layer, const char *name, SourceRange at) {
    return eval_raise(eval, E321, NULL, at, "The layer %s has never been called and thus has no defined %s",
                      layer->name, name);
}

static bool model_attribute(Eval *eval, const Layer *layer, const char *name, SourceRange at, Value *out,
                            bool *found) {
    const Model *model = layer->model;
    *found = true;
    if (strcmp(name, "layers") == 0 || strcmp(name, "operations") == 0) {
        const bool layers = name[0] == 'l';
        *out = value_list_new(eval->arena, VALUE_LIST);
        for (size_t i = 0; i < (layers ? model->n_layers : model->n_operations); i++)
            value_list_push(eval->arena, *out, value_layer(layers ? model->layers[i] : model->operations[i]));
        return true;
    }
    const bool input = strcmp(name, "input") == 0, inputs = strcmp(name, "inputs") == 0;
    const bool output = strcmp(name, "output") == 0, outputs = strcmp(name, "outputs") == 0;
    const bool input_shape = strcmp(name, "input_shape") == 0,
               output_shape = strcmp(name, "output_shape") == 0;
    const bool names = strcmp(name, "output_names") == 0;
    if (!(input || inputs || output || outputs || input_shape || output_shape || names)) {
        *found = false;
        return true;
    }
    /* A Sequential has only those of its calls. */
    if ((input || output) && model->kind == MODEL_SEQUENTIAL)
        return node_attribute(eval, layer, output, at, out);
    if (!model->built) return unbuilt(eval, layer, name, at);
    if (names) {
        *out = value_list_new(eval->arena, VALUE_LIST);
        for (size_t i = 0; i < model->n_outputs; i++)
            value_list_push(eval->arena, *out, value_str(eval->arena, model->output_names[i]));
    } else if (input_shape || output_shape) {
        const Value value = input_shape ? model->input_structure : model->output_structure;
        if (value.kind == VALUE_TENSOR) return eval_attribute(eval, value, "shape", at, out);
        *out = eval_opaque_package(eval, at, "the %s of a model with several tensors is not evaluated", name);
    } else if (inputs || outputs) {
        *out = tensor_list(eval, inputs ? model->inputs : model->outputs,
                           inputs ? model->n_inputs : model->n_outputs);
    } else {
        *out = input ? model->input_structure : model->output_structure;
    }
    return true;
}

/* What every layer has. False where the name is none of these. */
static bool common_attribute(Eval *eval, Layer *layer, const char *name, SourceRange at, Value *out) {
    static const char *const WEIGHTS[] = {"weights",
                                          "trainable_weights",
                                          "non_trainable_weights",
                                          "variables",
                                          "trainable_variables",
                                          "non_trainable_variables",
                                          "kernel",
                                          "bias",
                                          "losses",
                                          "metrics",
                                          "metrics_names",
                                          "history",
                                          "optimizer",
                                          "dtype_policy",
                                          "loss"};
    if (strcmp(name, "name") == 0)
        *out = value_str(eval->arena, layer->name);
    else if (strcmp(name, "trainable") == 0)
        *out = value_bool(layer->trainable);
    else if (strcmp(name, "built") == 0)
        *out = value_bool(layer->model ? layer->model->built : layer->built);
    else if (strcmp(name, "dtype") == 0 || strcmp(name, "variable_dtype") == 0)
        *out = value_str(eval->arena, dtype_name(layer->variable_dtype));
    else if (strcmp(name, "compute_dtype") == 0)
        *out = value_str(eval->arena, dtype_name(layer->compute_dtype));
    else if (strcmp(name, "__class__") == 0)
        *out = (Value){.kind = VALUE_LAYER_CLASS, .as.layer_class = layer->class_};
    else {
        for (size_t i = 0; i < sizeof WEIGHTS / sizeof WEIGHTS[0]; i++) {
            if (strcmp(WEIGHTS[i], name) != 0) continue;
            *out = eval_opaque_package(eval, at, "the %s of a layer are not known before -w is read", name);
            return true;
        }
        return false;
    }
    return true;
}

static bool was_attribute(const char *name) {
    static const char *const NAMES[] = {"input_shape",    "output_shape",  "input_names",  "inbound_nodes",
                                        "outbound_nodes", "get_output_at", "get_input_at", "output_mask",
                                        "input_mask",     "updates"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        if (strcmp(NAMES[i], name) == 0) return true;
    return false;
}

/* Attributes of models and layers that are often misspelt. */
static const char *hint_attribute(Eval *eval, const char *name) {
    static const char *const NAMES[] = {
        "summary",      "compile", "fit",   "evaluate", "predict",           "save",          "save_weights",
        "load_weights", "layers",  "input", "inputs",   "outputs",           "output",        "get_layer",
        "get_weights",  "name",    "dtype", "weights",  "set_weights",       "trainable",     "count_params",
        "get_config",   "add",     "pop",   "build",    "trainable_weights", "train_on_batch"};
    const char *near = text_nearest(name, NAMES, sizeof NAMES / sizeof *NAMES);
    return near && strcmp(near, name) != 0 ? eval_str(eval, ": did you mean '%s'?", near) : "";
}

bool layer_attribute(Eval *eval, Layer *layer, const char *name, SourceRange at, Value *out, bool *found) {
    *found = true;
    if (layer->instance ? custom_has_method(layer, name) : layer_has_method(layer, name)) {
        Method *method = ARENA_NEW(eval->arena, Method);
        *method = (Method){.self = value_layer(layer), .name = name};
        *out = (Value){.kind = VALUE_METHOD, .as.method = method};
        return true;
    }
    const Opaque *cause = eval_opaque_of(value_layer(layer));
    if (cause) {
        Value *part_of = ARENA_NEW(eval->arena, Value);
        *part_of = value_layer(layer);
        Opaque *opaque = ARENA_NEW(eval->arena, Opaque);
        *opaque = (Opaque){.reason = cause->reason, .at = cause->at, .part_of = part_of};
        *out = eval_opaque_from(eval, opaque);
        return true;
    }
    if (layer->model) {
        if (!model_attribute(eval, layer, name, at, out, found)) return false;
        if (*found) return true;
    }
    *found = true;
    if (strcmp(name, "input") == 0 || strcmp(name, "output") == 0)
        return node_attribute(eval, layer, name[0] == 'o', at, out);
    if (common_attribute(eval, layer, name, at, out) || param_attribute(eval, layer, name, out)) return true;
    if (was_attribute(name)) {
        eval_raise(eval, E302, NULL, at, "'%s' object has no attribute '%s'", layer->class_->name, name);
        if (strstr(name, "_shape"))
            diag_help(eval->diags, at, NULL, "in Keras 3: layer.%.*s.shape", (int)(strlen(name) - 6), name);
        return false;
    }
    Value *part_of = ARENA_NEW(eval->arena, Value);
    *part_of = value_layer(layer);
    Opaque *opaque = ARENA_NEW(eval->arena, Opaque);
    *opaque = (Opaque){.reason = eval_str(eval, "the attribute %s of %s layers is not evaluated%s", name,
                                          layer->class_->name, hint_attribute(eval, name)),
                       .at = at,
                       .part_of = part_of};
    *out = eval_opaque_from(eval, opaque);
    return true;
}

/* ---- methods ---- */

bool layer_has_method(const Layer *layer, const char *name) {
    if (strcmp(name, "__call__") == 0 || strcmp(name, "call") == 0 || strcmp(name, "build") == 0) return true;
    if (layer->model && layer->model->kind == MODEL_SEQUENTIAL &&
        (strcmp(name, "add") == 0 || strcmp(name, "pop") == 0))
        return true;
    if (!layer->model && (strcmp(name, "get_layer") == 0 || strcmp(name, "fit") == 0)) return false;
    return skip_is_quiet_method(name);
}

static bool change_sequential(Eval *eval, Layer *layer, const char *name, const Arguments *arguments,
                              Value *out) {
    const Opaque *cause = eval->settings_unknown ? eval->settings_unknown : eval_arguments_opaque(arguments);
    *out = value_none();
    if (cause) {
        eval_spoil(eval, value_layer(layer), cause);
        return true;
    }
    const DiagMark mark = diag_mark(eval->diags);
    if (strcmp(name, "add") == 0)
        return eval_checked(eval, mark, model_sequential_add(eval->graph, layer, arguments, out));
    if (strcmp(name, "pop") == 0)
        return eval_checked(eval, mark, model_sequential_pop(eval->graph, layer, arguments, out));
    return eval_checked(eval, mark, model_build(eval->graph, layer, arguments, out));
}

static bool read_shape(Value value, Shape *shape) {
    *shape = (Shape){0};
    if (value.kind != VALUE_TUPLE && value.kind != VALUE_LIST) return false;
    for (size_t i = 0; i < value.as.list->items.count; i++) {
        int64_t extent = DIM_UNKNOWN;
        const Value item = value.as.list->items.at[i];
        if (shape->rank == SHAPE_MAX_RANK || (!value_is_none(item) && !value_as_int(item, &extent)))
            return false;
        shape->dim[shape->rank++] = extent;
    }
    return true;
}

/* layer.build(shape) of one of Keras' own layers; *known is false where the arguments are no plain shapes. */
static bool build_from_shapes(Eval *eval, Layer *layer, const Arguments *arguments, bool *known) {
    *known = !layer->model && !layer->instance && arguments->count > 0 && !layer->n_sublayers;
    Shape *shapes = ARENA_ARRAY(eval->arena, Shape, arguments->count);
    for (size_t i = 0; i < arguments->count && *known; i++)
        *known = read_shape(arguments->at[i].value, &shapes[i]);
    if (!*known) return true;
    const DiagMark mark = diag_mark(eval->diags);
    return eval_checked(eval, mark,
                        layer_build(eval->graph, layer, shapes, arguments->count, arguments->call));
}

static bool call_build(Eval *eval, Layer *layer, const Arguments *arguments, Value *out) {
    if (layer->model && layer->model->kind == MODEL_SEQUENTIAL)
        return change_sequential(eval, layer, "build", arguments, out);
    *out = value_none();
    if (layer->built || (layer->model && layer->model->built)) return true;
    bool known;
    if (!build_from_shapes(eval, layer, arguments, &known)) return false;
    if (known) return true;
    const Value opaque = eval_opaque(eval, arguments->call, "building a layer by hand is not evaluated");
    eval_spoil(eval, value_layer(layer), opaque.as.opaque);
    return true;
}

static bool call_get_layer(Eval *eval, Layer *layer, const Arguments *arguments, Value *out) {
    const Opaque *cause = eval_arguments_opaque(arguments);
    if (!cause) cause = eval_opaque_of(value_layer(layer));
    if (cause) {
        Value *part_of = ARENA_NEW(eval->arena, Value);
        *part_of = value_layer(layer);
        Opaque *opaque = ARENA_NEW(eval->arena, Opaque);
        *opaque = (Opaque){.reason = cause->reason, .at = cause->at, .part_of = part_of};
        *out = eval_opaque_from(eval, opaque);
        return true;
    }
    const DiagMark mark = diag_mark(eval->diags);
    Layer *found = model_get_layer(eval->graph, layer, arguments);
    if (!eval_checked(eval, mark, found != NULL)) return false;
    *out = value_layer(found);
    return true;
}

static bool count_params(Eval *eval, const Layer *layer, SourceRange at, Value *out) {
    int64_t total = 0;
    bool known = layer->model && layer->model->built;
    WeightList weights = {0};
    if (known) model_weights(eval->arena, layer->model, &weights);
    for (size_t i = 0; i < weights.count && known; i++) {
        int64_t count;
        known = shape_count(&weights.at[i]->shape, 0, &count);
        total += known ? count : 0;
    }
    *out = known ? value_int(total)
                 : eval_opaque_package(eval, at, "count_params of a single layer is not evaluated");
    return true;
}

static bool is_one_of(const char *name, const char *const *names) {
    for (; *names; names++)
        if (strcmp(*names, name) == 0) return true;
    return false;
}

bool layer_method(Eval *eval, Layer *layer, const char *name, const Arguments *arguments, Value *out) {
    static const char *const SILENT[] = {"compile",       "summary", "save",
                                         "save_weights",  "export",  "reset_states",
                                         "reset_metrics", "adapt",   NULL};
    const SourceRange at = arguments->call;
    bool known = false;
    if (layer->instance && !custom_method(eval, layer, name, arguments, out, &known)) return false;
    if (known) return true;
    *out = value_none();
    if (strcmp(name, "get_layer") == 0 && layer->model) return call_get_layer(eval, layer, arguments, out);
    if (strcmp(name, "build") == 0) return call_build(eval, layer, arguments, out);
    if (strcmp(name, "__call__") == 0 || strcmp(name, "call") == 0)
        return eval_call_layer(eval, layer, arguments, out);
    if (strcmp(name, "add") == 0 || strcmp(name, "pop") == 0)
        return change_sequential(eval, layer, name, arguments, out);
    if (strcmp(name, "count_params") == 0) return count_params(eval, layer, at, out);
    eval_train(eval, value_layer(layer), arguments);
    if (is_one_of(name, SILENT)) return true;
    if (strcmp(name, "load_weights") == 0 || strcmp(name, "set_weights") == 0) {
        if (!applications_running(eval)) /* there a note stands at the call of the model's function */
            diag_report(eval->diags, W100, at, "%s has no effect here: the weights come from -w", name);
        return true;
    }
    *out = eval_opaque_package(eval, at, "what %s() of a model gives is not evaluated", name);
    return true;
}

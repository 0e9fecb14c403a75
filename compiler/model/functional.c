/* Model(inputs, outputs): checks what it is given, cuts and maps the graph between.
 *
 * In:  tensors in any structure. Out: a layer whose `model` is complete, or poisoned after a report.
 */
#include "model/parts.h"

#include <string.h>

#include "base/text.h"

enum { INPUTS, OUTPUTS, NAME, TRAINABLE, N_PARAMETERS };

static const char *const NAMES[] = {"inputs", "outputs", "name", "trainable", NULL};
static const Signature FUNCTIONAL = {
    .function = "Model", .names = NAMES, .unknown = signature_ignore_unknown};

const LayerClass MODEL_CLASS_FUNCTIONAL = {
    .name = "Functional",
    .module = "keras.src.models.functional",
    .about = "a model made of inputs and outputs: Model(x, y)",
    .flags = LAYER_ANY_ARGUMENT | LAYER_NO_AUTOCAST,
    .call = model_call,
    .call_params = MODEL_CALL_PARAMS,
};

Layer *model_layer_new(Graph *graph, const LayerClass *class_, const char *name, ModelKind kind,
                       SourceRange at) {
    Layer *layer = graph_add_layer(graph, class_, name, at);
    layer->model = ARENA_NEW(graph->arena, Model);
    layer->model->kind = kind;
    layer->model->layer = layer;
    return layer;
}

/* ---- the forms of the call ---- */

static const Argument *find_keyword(const Arguments *arguments, const char *keyword) {
    for (size_t i = 0; i < arguments->count; i++) {
        if (arguments->at[i].keyword && strcmp(arguments->at[i].keyword, keyword) == 0)
            return &arguments->at[i];
    }
    return NULL;
}

/* Model(input=a, output=b), as Keras' documentation of Input has it, with the keywords of today. */
static const Arguments *modernize(Graph *graph, const Arguments *arguments) {
    static const char *const ALIASES[][2] = {{"input", "inputs"}, {"output", "outputs"}};
    Argument *at = ARENA_ARRAY(graph->arena, Argument, arguments->count);
    const char *written = NULL;
    if (arguments->count) memcpy(at, arguments->at, arguments->count * sizeof *at);
    for (size_t i = 0; i < 2; i++) {
        const Argument *old = find_keyword(arguments, ALIASES[i][0]);
        if (!old || find_keyword(arguments, ALIASES[i][1])) continue;
        at[old - arguments->at].keyword = ALIASES[i][1];
        diag_report(graph->diags, W200, old->keyword_at,
                    "Keras 3 does not accept %s= here; it is taken as %s=", ALIASES[i][0], ALIASES[i][1]);
        diag_help(graph->diags, old->keyword_at, ALIASES[i][1], "write %s=", ALIASES[i][1]);
        written = ALIASES[i][0];
    }
    if (!written) return arguments;
    Arguments *modern = ARENA_NEW(graph->arena, Arguments);
    *modern = (Arguments){at, arguments->count, arguments->call};
    return modern;
}

/* A keyword that is nearly `inputs` or `outputs`; NULL where there is none. */
static const Argument *find_misspelt(const Arguments *arguments) {
    static const char *const WANTED[] = {"inputs", "outputs"};
    for (size_t i = 0; i < arguments->count; i++) {
        const char *keyword = arguments->at[i].keyword;
        if (keyword && strcmp(keyword, "inputs") != 0 && strcmp(keyword, "outputs") != 0 &&
            text_nearest(keyword, WANTED, 2))
            return &arguments->at[i];
    }
    return NULL;
}

/* Keras takes other forms for a subclass without inputs and outputs. */
static bool check_form(Graph *graph, const Arguments *arguments) {
    size_t n_positional = 0;
    while (n_positional < arguments->count && !arguments->at[n_positional].keyword) n_positional++;
    const bool inputs = find_keyword(arguments, "inputs"), outputs = find_keyword(arguments, "outputs");
    if (n_positional == 2 || (n_positional == 1 && outputs) || (inputs && outputs)) return true;
    if (n_positional > 0) {
        diag_report_as(graph->diags, E225, "TypeError", arguments->call,
                       "Layer.__init__() takes 1 positional argument but %zu were given", n_positional + 1);
    } else {
        diag_report(graph->diags, E225, arguments->call, "Model() needs `inputs` and `outputs`");
    }
    const bool third_is_name = n_positional == 3 && arguments->at[2].value.kind == VALUE_STR;
    if (third_is_name) {
        const char *name =
            arena_printf(graph->arena, "name=%s", value_repr(graph->arena, arguments->at[2].value));
        diag_help(graph->diags, arguments->at[2].at, name, "the name is given by keyword: %s", name);
    } else {
        const Argument *misspelt = find_misspelt(arguments);
        if (misspelt)
            diag_suggest(graph->diags, misspelt->keyword_at, misspelt->keyword,
                         misspelt->keyword[0] == 'i' ? "inputs" : "outputs");
        diag_help(graph->diags, arguments->call, NULL, "write Model(inputs, outputs)");
    }
    return false;
}

/* ---- inputs and outputs ---- */

static bool report_no_tensor(Graph *graph, const Argument *argument, const char *which, Value value) {
    diag_report(graph->diags, E226, argument->at,
                "All `%s` values must be KerasTensors. Received: %s=%s including invalid value %s of type "
                "<class '%s'>",
                which, which, value_repr(graph->arena, argument->value), value_repr(graph->arena, value),
                value_type_name(value));
    if (value.kind == VALUE_LAYER)
        diag_help(graph->diags, argument->at, NULL,
                  "a layer is no tensor: call it on one, as in Dense(4)(x)");
    return false;
}

/* The tensors of one argument; NULL after reporting. */
static Tensor **read_tensors(Graph *graph, const Argument *argument, const char *which, size_t *count) {
    LeafList leaves = {0};
    if (!structure_flatten(graph->arena, argument->value, &leaves)) {
        diag_report(graph->diags, E226, argument->at, "`%s` is nested too deeply", which);
        return NULL;
    }
    if (leaves.count == 0) {
        diag_report(graph->diags, E227, argument->at, "`%s` argument cannot be empty. Received: %s", which,
                    value_repr(graph->arena, argument->value));
        return NULL;
    }
    Tensor **tensors = ARENA_ARRAY(graph->arena, Tensor *, leaves.count);
    for (size_t i = 0; i < leaves.count; i++) {
        if (leaves.at[i].value.kind != VALUE_TENSOR) {
            report_no_tensor(graph, argument, which, leaves.at[i].value);
            return NULL;
        }
        tensors[i] = leaves.at[i].value.as.tensor;
    }
    *count = leaves.count;
    return tensors;
}

static const char *input_label(const Tensor *tensor) {
    return tensor->history.layer ? tensor->history.layer->name : tensor->name;
}

/* Each input once, and made by a layer. */
static bool check_inputs(Graph *graph, const Model *model, const Argument *argument) {
    for (size_t i = 0; i < model->n_inputs; i++) {
        const Tensor *tensor = model->inputs[i];
        if (!tensor->history.layer) {
            diag_report(graph->diags, E226, argument->at,
                        "Input tensors to a Model must come from `Input`. Received: %s (missing previous "
                        "layer metadata)",
                        value_repr(graph->arena, value_tensor((Tensor *)tensor)));
            diag_help(graph->diags, argument->at, NULL, "make it one with Input(tensor=...)");
            return false;
        }
        for (size_t k = 0; k < i; k++) {
            if (model->inputs[k] != tensor) continue;
            return diag_report(
                graph->diags, E230, argument->at,
                "The list of inputs passed to the model is redundant. All inputs should only appear once. "
                "Found \"%s\" twice",
                input_label(tensor));
        }
    }
    return true;
}

static void warn_of_keys(Graph *graph, const Argument *argument) {
    if (argument->value.kind != VALUE_DICT) return;
    const Dict *dict = argument->value.as.dict;
    for (size_t i = 0; i < dict->entries.count; i++) {
        const Value key = dict->entries.at[i].key, value = dict->entries.at[i].value;
        if (value.kind != VALUE_TENSOR) continue;
        const char *text = value_text(graph->arena, key), *name = value.as.tensor->name;
        if (key.kind == VALUE_STR && strcmp(text, name) == 0) continue;
        diag_report(graph->diags, W203, argument->at,
                    "When providing `inputs` as a dict, all keys in the dict must match the names of the "
                    "corresponding "
                    "tensors. Received key '%s' mapping to a tensor which has name '%s'",
                    text, name);
        diag_help(graph->diags, value.as.tensor->at, NULL, "write Input(..., name='%s')", text);
    }
}

static bool any_poisoned(Tensor *const *tensors, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (tensors[i]->poisoned) return true;
    }
    return false;
}

/* ---- construction ---- */

/* Fills `model`; false after reporting. */
static bool fill(Graph *graph, const Argument *const *bound, Model *model, SourceRange at) {
    warn_of_keys(graph, bound[INPUTS]);
    model->inputs = read_tensors(graph, bound[INPUTS], "inputs", &model->n_inputs);
    if (!model->inputs) return false;
    model->outputs = read_tensors(graph, bound[OUTPUTS], "outputs", &model->n_outputs);
    if (!model->outputs) return false;
    model->input_structure = structure_pack(graph->arena, bound[INPUTS]->value, model->inputs);
    model->output_structure = structure_pack(graph->arena, bound[OUTPUTS]->value, model->outputs);
    model->poisoned =
        any_poisoned(model->inputs, model->n_inputs) || any_poisoned(model->outputs, model->n_outputs);
    if (model->poisoned) return true;
    if (!check_inputs(graph, model, bound[INPUTS])) return false;
    bool cut = false;
    for (size_t i = 0; i < model->n_inputs; i++) cut = cut || !tensor_is_input(model->inputs[i]);
    return !cut || model_cut(graph, model, at);
}

bool model_is_functional(const Arguments *arguments) {
    size_t n_positional = 0;
    while (n_positional < arguments->count && !arguments->at[n_positional].keyword) n_positional++;
    const bool outputs = find_keyword(arguments, "outputs");
    return n_positional == 2 || (n_positional == 1 && outputs) ||
           (find_keyword(arguments, "inputs") && outputs);
}

static bool is_constant(const Tensor *tensor) {
    return tensor_is_input(tensor) && ((const InputAttrs *)tensor->history.layer->attrs)->constant;
}

/* TensorFlow 1's Input(tensor=constant) is one of the model's layers, but nothing that it is called with. */
static void drop_constants(Graph *graph, Model *model) {
    size_t left = 0;
    for (size_t i = 0; i < model->n_inputs; i++)
        if (!is_constant(model->inputs[i])) model->inputs[left++] = model->inputs[i];
    if (left == model->n_inputs) return;
    model->n_inputs = left;
    model->input_structure = value_list_new(graph->arena, VALUE_LIST);
    for (size_t i = 0; i < left; i++)
        value_list_push(graph->arena, model->input_structure, value_tensor(model->inputs[i]));
    if (left == 1) model->input_structure = value_tensor(model->inputs[0]);
}

static void name_layer(Graph *graph, Layer *layer, const char *name) {
    layer->named = name != NULL;
    layer->name = name ? arena_strdup(graph->arena, name) : graph_auto_name(graph, layer->class_->name);
}

/* Makes the model, as `layer` or (NULL) as a layer of its own. */
static bool construct(Graph *graph, Layer *layer, const Arguments *arguments, Value *out) {
    const Argument *bound[N_PARAMETERS];
    const char *name = NULL;
    Model *model = ARENA_NEW(graph->arena, Model);
    arguments = modernize(graph, arguments);
    bool ok = check_form(graph, arguments) && signature_bind(graph, &FUNCTIONAL, arguments, bound) &&
              argument_name(graph, bound[NAME], &name) && fill(graph, bound, model, arguments->call);
    if (layer)
        name_layer(graph, layer, name);
    else
        layer = model_layer_new(graph, &MODEL_CLASS_FUNCTIONAL, name, MODEL_FUNCTIONAL, arguments->call);
    model->kind = MODEL_FUNCTIONAL;
    model->layer = layer;
    layer->model = model;
    layer->built = true;
    ok = ok && (model->poisoned || model_map(graph, model, arguments->call));
    if (ok && !model->poisoned) drop_constants(graph, model);
    if (ok && argument_given(bound[TRAINABLE])) layer->trainable = argument_truth(bound[TRAINABLE], true);
    model->built = ok && !model->poisoned;
    model->poisoned = !model->built;
    *out = value_layer(layer);
    return ok;
}

bool model_functional(Graph *graph, const Arguments *arguments, Value *out) {
    const Opaque *opaque = arguments_opaque(arguments);
    *out = opaque ? value_from_opaque(opaque) : value_none();
    return opaque || construct(graph, NULL, arguments, out);
}

bool model_functional_init(Graph *graph, Layer *layer, const Arguments *arguments) {
    Value ignored;
    layer->opaque = arguments_opaque(arguments);
    return layer->opaque || construct(graph, layer, arguments, &ignored);
}

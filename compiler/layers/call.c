/* Calling a layer: layer(x), layer([a, b]), layer(x, training=False).
 *
 * In:  the layer and the arguments as evaluated.
 * Out: the symbolic result, with a node and its history recorded. Poisoned inputs (their mistake was
 * reported) give a poisoned result, opaque ones an opaque result with the same reason: neither is reported
 * again. Invariant: a rule of the class sees only known, healthy tensors.
 */
#include <string.h>

#include "layers/masks.h"

static const char *const default_params[] = {"inputs", NULL};

typedef VEC(Tensor *) TensorList;

typedef struct Collect {
    Arena *arena;
    TensorList *tensors;
} Collect;

static void collect_tensor(void *context, Tensor *tensor) {
    Collect *collect = context;
    vec_push(collect->arena, collect->tensors, tensor);
}

const char *const *layer_call_params(const Layer *layer) {
    return layer->class_->call_params ? layer->class_->call_params : default_params;
}

static size_t count_names(const char *const *names) {
    size_t count = 0;
    while (names[count]) count++;
    return count;
}

static bool is_training(const Argument *argument) {
    return argument->keyword && strcmp(argument->keyword, "training") == 0;
}

/* What the result depends on that was not evaluated. */
static const Opaque *find_opaque(const Layer *layer, const Arguments *arguments) {
    const Opaque *found = layer->opaque;
    for (size_t i = 0; !found && i < arguments->count; i++) found = value_find_opaque(arguments->at[i].value);
    return found;
}

bool layer_only_tensors(Value value, Value *other) {
    if (value.kind == VALUE_TENSOR || value_is_none(value)) return true;
    if (value.kind != VALUE_LIST && value.kind != VALUE_TUPLE && value.kind != VALUE_DICT) {
        *other = value;
        return false;
    }
    for (size_t i = 0; i < value_part_count(value); i++)
        if (!layer_only_tensors(value_part(value, i), other)) return false;
    return true;
}

static bool too_many(Graph *graph, const Layer *layer, const Argument *argument) {
    const char *name = layer->class_->name;
    diag_report(graph->diags, E200, argument->at, "%s.call() got too many positional arguments", name);
    if ((layer->class_->flags & LAYER_LIST_INPUT) && argument->value.kind == VALUE_TENSOR)
        diag_help(graph->diags, argument->at, NULL, "put the tensors in one list: %s()([a, b])", name);
    return false;
}

/* A layer where its output was meant. */
static bool explain_layer(Graph *graph, Value value) {
    if (value.kind != VALUE_LAYER) return false;
    const Layer *layer = value.as.layer;
    const char *name = layer->variable ? layer->variable : layer->class_->name;
    diag_note(graph->diags, layer->at, "%s is made here, and is a layer, not its output", name);
    diag_help(graph->diags, layer->at, NULL, "call it on a tensor: %s%s(x)", name,
              layer->variable ? "" : "(...)");
    return false;
}

static bool check_positional(Graph *graph, const Layer *layer, const Arguments *arguments) {
    const size_t most = count_names(layer_call_params(layer));
    for (size_t i = 0; i < arguments->count && !arguments->at[i].keyword; i++) {
        const Argument *argument = &arguments->at[i];
        Value other;
        if (i >= most) return too_many(graph, layer, argument);
        if ((layer->class_->flags & LAYER_ANY_ARGUMENT) || layer_only_tensors(argument->value, &other))
            continue;
        diag_report(graph->diags, E202, argument->at,
                    "Only input tensors may be passed as positional arguments. The following argument value "
                    "should be passed as a keyword argument: %s (of type <class '%s'>)",
                    value_text(graph->arena, other), value_type_name(other));
        return explain_layer(graph, other);
    }
    return true;
}

static bool check_keywords(Graph *graph, const Layer *layer, const Arguments *arguments) {
    const char *const *names = layer_call_params(layer);
    size_t given = 0;
    while (given < arguments->count && !arguments->at[given].keyword) given++;
    for (size_t i = given; i < arguments->count; i++) {
        const Argument *argument = &arguments->at[i];
        size_t row = 0;
        if (is_training(argument)) continue;
        while (names[row] && strcmp(names[row], argument->keyword) != 0) row++;
        if (!names[row]) {
            return diag_report(graph->diags, E205, argument->keyword_at,
                               "%s.call() got an unexpected keyword argument '%s'", layer->class_->name,
                               argument->keyword);
        }
        if (row < given) {
            return diag_report(graph->diags, E200, argument->keyword_at,
                               "%s.call() got multiple values for argument '%s'", layer->class_->name,
                               argument->keyword);
        }
    }
    return true;
}

const Argument *layer_call_training(const LayerCall *call) {
    for (size_t i = 0; i < call->arguments->count; i++) {
        const Argument *argument = &call->arguments->at[i];
        double number;
        if (is_training(argument) && value_as_number(argument->value, &number) && number != 0)
            return argument;
    }
    return NULL;
}

bool layer_reject_training(LayerCall *call) {
    const Argument *training = layer_call_training(call);
    if (!training) return true;
    return diag_report(
        call->graph->diags, E261, training->at,
        "layer \"%s\" draws random numbers at inference, because it is called with training=%s",
        call->layer->name, value_text(call->graph->arena, training->value));
}

Value layer_result_tuple(LayerCall *call, Tensor *const *outputs) {
    Value all = value_list_new(call->graph->arena, VALUE_TUPLE);
    for (size_t i = 0; i < call->n_outputs; i++)
        value_list_push(call->graph->arena, all, value_tensor(outputs[i]));
    return all;
}

const Argument *layer_call_argument(const LayerCall *call, const char *name) {
    const char *const *names = layer_call_params(call->layer);
    for (size_t i = 0; i < call->arguments->count; i++) {
        const Argument *argument = &call->arguments->at[i];
        if (strcmp(argument->keyword ? argument->keyword : names[i], name) == 0) return argument;
    }
    return NULL;
}

/* The tensors of the call in the order of the parameters, structures flattened. */
static void collect_inputs(Graph *graph, const LayerCall *call, TensorList *out) {
    Collect collect = {graph->arena, out};
    for (const char *const *name = layer_call_params(call->layer); *name; name++) {
        const Argument *argument = layer_call_argument(call, *name);
        if (argument) value_each_tensor(argument->value, collect_tensor, &collect);
    }
}

/* The first parameter is given, and is one tensor unless the class takes lists. */
static bool check_first(const LayerCall *call) {
    const Layer *layer = call->layer;
    Diagnostics *diags = call->graph->diags;
    const char *name = layer_call_params(layer)[0];
    const Argument *first = layer_call_argument(call, name);
    if (!first)
        return diag_report_as(diags, E202, "TypeError", call->at, "missing a required argument: '%s'", name);
    if (layer->class_->flags & LAYER_LIST_INPUT) return true;
    if (first->value.kind == VALUE_TENSOR) return true;
    if (call->n_inputs > 0) {
        return diag_report(diags, E202, first->at,
                           "Layer \"%s\" expects 1 input(s), but it received a %s of %zu input tensor%s",
                           layer->name, value_type_name(first->value), call->n_inputs,
                           call->n_inputs == 1 ? "" : "s");
    }
    return diag_report(
        diags, E202, first->at,
        "Inputs to a layer should be tensors. Got '%s' (of type <class '%s'>) as input for layer '%s'",
        value_text(call->graph->arena, first->value), value_type_name(first->value), layer->name);
}

static bool any_poisoned(const TensorList *tensors) {
    for (size_t i = 0; i < tensors->count; i++) {
        if (tensors->at[i]->poisoned) return true;
    }
    return false;
}

Value layer_poison(Graph *graph, SourceRange at) {
    Tensor *tensor = graph_add_tensor(graph, &(Shape){0}, graph->settings.floatx, NULL, at);
    tensor->poisoned = true;
    return value_tensor(tensor);
}

static bool fail(const LayerCall *call, Value *out) {
    *out = layer_poison(call->graph, call->at);
    return false;
}

/* Keras' autocast makes a Cast operation for each input of another float type, which takes a name of its own.
 */
static void count_casts(const LayerCall *call) {
    const Layer *layer = call->layer;
    if (graph_traced_name(call->inputs, call->n_inputs)) return;
    for (size_t i = 0; layer->autocast && dtype_is_float(layer->compute_dtype) && i < call->n_inputs; i++) {
        const DType dtype = call->inputs[i]->dtype;
        if (dtype_is_float(dtype) && dtype != layer->compute_dtype)
            (void)graph_auto_name(call->graph, "Cast");
    }
}

static bool build_once(LayerCall *call) {
    Layer *layer = call->layer;
    if (layer->built) return true;
    if (layer->class_->build && !layer->class_->build(call)) return false;
    layer->built_shapes = ARENA_ARRAY(call->graph->arena, Shape, call->n_inputs);
    layer->n_built_shapes = call->n_inputs;
    for (size_t i = 0; i < call->n_inputs; i++) layer->built_shapes[i] = call->inputs[i]->shape;
    return layer->built = true;
}

bool layer_build(Graph *graph, Layer *layer, const Shape *shapes, size_t count, SourceRange at) {
    LayerCall call = {.graph = graph, .layer = layer, .at = at, .n_inputs = count};
    Tensor **inputs = ARENA_ARRAY(graph->arena, Tensor *, count);
    for (size_t i = 0; i < count; i++)
        inputs[i] = graph_add_tensor(graph, &shapes[i], layer->compute_dtype, "shape", at);
    call.inputs = inputs;
    call.arguments = ARENA_NEW(graph->arena, Arguments);
    return build_once(&call);
}

static bool infer(LayerCall *call) {
    call->n_outputs = 1;
    for (size_t i = 0; i < sizeof call->output_dtypes / sizeof call->output_dtypes[0]; i++) {
        call->output_dtypes[i] = call->layer->compute_dtype;
    }
    if (call->n_inputs > 0) call->output_shapes[0] = call->inputs[0]->shape;
    return !call->layer->class_->infer || call->layer->class_->infer(call);
}

static Value record(LayerCall *call) {
    Graph *graph = call->graph;
    Tensor *outputs[sizeof call->output_shapes / sizeof call->output_shapes[0]];
    const char *name = graph_traced_name(call->inputs, call->n_inputs);
    for (size_t i = 0; i < call->n_outputs; i++) {
        outputs[i] = graph_add_tensor(graph, &call->output_shapes[i], call->output_dtypes[i], name, call->at);
    }
    Node *node = graph_add_node(graph, call->layer, call->arguments, call->inputs, call->n_inputs, outputs,
                                call->n_outputs, call->at);
    node->attrs = call->node_attrs;
    call->node = node;
    if (call->n_outputs == 1) return node->result;
    if (call->layer->class_->result) return node->result = call->layer->class_->result(call, outputs);
    node->result = value_list_new(graph->arena, VALUE_LIST);
    for (size_t i = 0; i < call->n_outputs; i++)
        value_list_push(graph->arena, node->result, value_tensor(outputs[i]));
    return node->result;
}

bool layer_call_tensors(LayerCall *call, Value *out) {
    const LayerClass *class_ = call->layer->class_;
    if ((class_->accept && !class_->accept(call)) || !build_once(call) || !infer(call))
        return fail(call, out);
    *out = record(call);
    return mask_propagate(call->graph, call->node);
}

/* The mask that Keras hands to the layer by itself is one more input of the node. */
static void capture_mask(LayerCall *call, TensorList *inputs) {
    const Arguments *more = mask_capture(call->graph, call->layer, call->arguments, false);
    if (more == call->arguments) return;
    call->arguments = more;
    inputs->count = 0;
    collect_inputs(call->graph, call, inputs);
    call->inputs = inputs->at;
    call->n_inputs = inputs->count;
}

bool layer_call(Graph *graph, Layer *layer, const Arguments *arguments, Value *out) {
    if (layer->class_->call) return layer->class_->call(graph, layer, arguments, out);
    LayerCall call = {.graph = graph, .layer = layer, .arguments = arguments, .at = arguments->call};
    const Opaque *opaque = find_opaque(layer, arguments);
    TensorList inputs = {0};
    *out = (Value){.kind = VALUE_OPAQUE, .as.opaque = opaque};
    if (opaque) return true;
    if (!check_positional(graph, layer, arguments) || !check_keywords(graph, layer, arguments))
        return fail(&call, out);
    collect_inputs(graph, &call, &inputs);
    call.inputs = inputs.at;
    call.n_inputs = inputs.count;
    if (any_poisoned(&inputs)) return !fail(&call, out);
    if (!check_first(&call)) return fail(&call, out);
    capture_mask(&call, &inputs);
    count_casts(&call);
    return layer_call_tensors(&call, out);
}

Weight *layer_add_weight(LayerCall *call, const char *name, const Shape *shape, bool trainable,
                         Initializer initializer) {
    return graph_add_weight(call->graph, call->layer, name, shape, call->layer->variable_dtype, trainable,
                            initializer);
}

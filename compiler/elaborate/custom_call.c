/* The call of a layer of the file: its `build` and `call` run on tensors that stand for the arguments, and
 * what they compute becomes the inside of one node.
 *
 * Source: keras/src/layers/layer.py (__call__, _maybe_build). As in Keras, the inside has no symbolic
 * tensors: operations there take no automatic names, and inner layers get no nodes.
 */
#include <string.h>

#include "elaborate/classes.h"
#include "layers/masks.h"

typedef VEC(Tensor *) TensorVec;

typedef struct Collect {
    Arena *arena;
    TensorVec *out;
} Collect;

static void collect_tensor(void *context, Tensor *tensor) {
    Collect *collect = context;
    vec_push(collect->arena, collect->out, tensor);
}

/* The tensors among the arguments as Keras flattens them: positional ones, then keywords in order of name. */
static void collect_inputs(Arena *arena, const Arguments *arguments, TensorVec *out) {
    Collect collect = {arena, out};
    const char *last = "";
    for (size_t i = 0; i < arguments->count; i++)
        if (!arguments->at[i].keyword) value_each_tensor(arguments->at[i].value, collect_tensor, &collect);
    for (;;) {
        const Argument *next = NULL;
        for (size_t i = 0; i < arguments->count; i++) {
            const char *keyword = arguments->at[i].keyword;
            if (keyword && strcmp(keyword, last) > 0 && (!next || strcmp(keyword, next->keyword) < 0))
                next = &arguments->at[i];
        }
        if (!next) return;
        value_each_tensor(next->value, collect_tensor, &collect);
        last = next->keyword;
    }
}

/* ---- scopes ---- */

static void enter_scope(Eval *eval, const Layer *layer, LayerScope *scope) {
    const Value outer = eval->layer_scope ? eval->layer_scope->training : value_none();
    *scope = (LayerScope){eval->layer_scope, layer, eval->graph->name_scope, outer};
    eval->graph->name_scope = eval_str(eval, "%s%s/", scope->before, layer->name);
    eval->layer_scope = scope;
}

static void leave_scope(Eval *eval, const LayerScope *scope) {
    eval->graph->name_scope = scope->before;
    eval->layer_scope = scope->outer;
}

/* ---- what call() is called with ---- */

static const Argument *find_argument(const struct Function *call, const Arguments *arguments,
                                     const char *name) {
    for (size_t i = 0; i < arguments->count; i++) {
        const char *keyword = arguments->at[i].keyword;
        if (!keyword && i + 1 < call->parameters->count) keyword = call->parameters->at[i + 1].name.text;
        if (keyword && strcmp(keyword, name) == 0) return &arguments->at[i];
    }
    return NULL;
}

/* training= is the argument given, else that of the layer around, else False: so Keras runs a model, whatever
 * the parameter's default. */
static const Arguments *with_training(Eval *eval, const struct Function *call, const Arguments *arguments) {
    LayerScope *scope = eval->layer_scope;
    const Argument *given = NULL;
    for (size_t i = 0; i < arguments->count && !given; i++)
        if (arguments->at[i].keyword && strcmp(arguments->at[i].keyword, "training") == 0)
            given = &arguments->at[i];
    if (!given) given = find_argument(call, arguments, "training");
    if (given && !value_is_none(given->value)) scope->training = given->value;
    const bool takes = custom_has_parameter(call, "training");
    VEC(Argument) list = {0};
    for (size_t i = 0; i < arguments->count; i++)
        if (&arguments->at[i] != given) vec_push(eval->arena, &list, arguments->at[i]);
    const Value training = value_is_none(scope->training) ? value_bool(false) : scope->training;
    if (takes)
        vec_push(eval->arena, &list, ((Argument){"training", training, arguments->call, arguments->call}));
    Arguments *result = ARENA_NEW(eval->arena, Arguments);
    *result = (Arguments){list.at, list.count, arguments->call};
    return result;
}

static DType input_dtype(const Layer *layer, const Tensor *tensor) {
    const bool cast =
        layer->autocast && dtype_is_float(layer->compute_dtype) && dtype_is_float(tensor->dtype);
    return cast ? layer->compute_dtype : tensor->dtype;
}

/* The arguments with tensors of their own in place of `from`; those go to `inputs`. `like` gives their
 * shapes. */
static const Arguments *substitute(Eval *eval, const Layer *layer, const Arguments *arguments,
                                   const TensorVec *from, Tensor *const *like, Tensor **inputs) {
    Graph *graph = eval->graph;
    const size_t n_map = graph->tensors.count;
    Tensor **map = ARENA_ARRAY(eval->arena, Tensor *, n_map);
    for (size_t i = 0; i < from->count; i++) {
        Tensor **slot = &map[from->at[i]->id];
        if (!*slot) {
            *slot = graph_add_tensor(graph, &like[i]->shape, input_dtype(layer, like[i]), "traced",
                                     arguments->call);
            (*slot)->traced = true;
            (*slot)->variable = from->at[i]->variable;
        }
        inputs[i] = *slot;
    }
    Argument *list = ARENA_ARRAY(eval->arena, Argument, arguments->count);
    Arguments *result = ARENA_NEW(eval->arena, Arguments);
    *result = (Arguments){list, arguments->count, arguments->call};
    for (size_t i = 0; i < arguments->count; i++) {
        list[i] = arguments->at[i];
        list[i].value = structure_replace(eval->arena, list[i].value, map, n_map);
    }
    return result;
}

/* ---- the inside ---- */

typedef struct Inside {
    Eval *eval;
    const Layer *layer;
    bool *needed;   /* by Tensor.id */
    bool *computed; /* by Tensor.id: inputs, variables and what the nodes give */
    VEC(Node *) nodes;
} Inside;

static void need_tensor(void *context, Tensor *tensor) {
    ((Inside *)context)->needed[tensor->id] = true;
}

static bool is_needed(const Inside *inside, const Node *node) {
    for (size_t i = 0; i < node->n_outputs; i++)
        if (inside->needed[node->outputs[i]->id]) return true;
    return false;
}

static void add_variable(Inside *inside, Tensor *tensor) {
    Node *node = tensor_node(tensor);
    if (tensor->known) inside->computed[tensor->id] = true;
    if (inside->computed[tensor->id] || !node || !(node->layer->class_->flags & LAYER_VARIABLE)) return;
    inside->computed[tensor->id] = true;
    vec_push(inside->eval->arena, &inside->nodes, node);
}

static bool report_outside(Inside *inside, const Tensor *tensor, SourceRange at) {
    eval_raise(inside->eval, E327, NULL, at,
               "the call of layer \"%s\" computes with a tensor that is not among its arguments",
               inside->layer->name);
    layer_note_history(inside->eval->graph, tensor);
    return false;
}

/* Every needed tensor is computed by the nodes, or is an input or variable. */
static bool check_inside(Inside *inside, SourceRange at) {
    const Graph *graph = inside->eval->graph;
    for (size_t i = 0; i < graph->tensors.count; i++)
        if (inside->needed[i] && !inside->computed[i])
            return report_outside(inside, graph->tensors.at[i], at);
    return true;
}

/* The nodes made since `first` that the result needs, variables first. */
static bool gather_nodes(Inside *inside, size_t first, const TensorVec *outputs, SourceRange at) {
    const Graph *graph = inside->eval->graph;
    const size_t n = graph->nodes.count - first;
    bool *kept = ARENA_ARRAY(inside->eval->arena, bool, n + 1);
    for (size_t i = 0; i < outputs->count; i++) need_tensor(inside, outputs->at[i]);
    for (size_t i = n; i > 0; i--) {
        const Node *node = graph->nodes.at[first + i - 1];
        kept[i - 1] = node->n_inputs > 0 && is_needed(inside, node);
        for (size_t k = 0; kept[i - 1] && k < node->n_inputs; k++) need_tensor(inside, node->inputs[k]);
    }
    for (size_t i = 0; i < graph->tensors.count; i++)
        if (inside->needed[i]) add_variable(inside, graph->tensors.at[i]);
    for (size_t i = 0; i < n; i++) {
        if (!kept[i]) continue;
        Node *node = graph->nodes.at[first + i];
        vec_push(inside->eval->arena, &inside->nodes, node);
        for (size_t k = 0; k < node->n_outputs; k++) inside->computed[node->outputs[k]->id] = true;
    }
    return check_inside(inside, at);
}

/* Tensors and None; anything else Keras would turn into a constant. */
static const Opaque *other_result(Eval *eval, Value result, SourceRange at) {
    Value other;
    const Opaque *cause = eval_opaque_inside(result);
    if (cause || layer_only_tensors(result, &other)) return cause;
    return eval_opaque(eval, at,
                       eval_str(eval, "a call() that gives %s instead of a tensor is not evaluated",
                                value_repr(eval->arena, other)))
        .as.opaque;
}

/* Fills in the nodes between the inputs of `call` and its outputs and masks. */
static bool fill_inside(Eval *eval, const Layer *layer, size_t first, ModelCall *call, size_t n_inputs,
                        size_t n_outputs, SourceRange at) {
    const size_t n_tensors = eval->graph->tensors.count;
    Inside inside = {.eval = eval, .layer = layer};
    TensorVec wanted = {0};
    inside.needed = ARENA_ARRAY(eval->arena, bool, n_tensors);
    inside.computed = ARENA_ARRAY(eval->arena, bool, n_tensors);
    for (size_t i = 0; i < n_inputs; i++) {
        inside.computed[call->inputs[i]->id] = true;
        if (call->input_masks && call->input_masks[i]) inside.computed[call->input_masks[i]->id] = true;
    }
    for (size_t i = 0; i < n_outputs; i++) {
        vec_push(eval->arena, &wanted, call->outputs[i]);
        if (call->masks && call->masks[i]) vec_push(eval->arena, &wanted, call->masks[i]);
    }
    if (!gather_nodes(&inside, first, &wanted, at)) return false;
    call->nodes = inside.nodes.at;
    call->n_nodes = inside.nodes.count;
    return true;
}

/* The inside of a call that was run on `inputs`, which stand for `from`; NULL and *unknown: not evaluated,
 * why. */
static ModelCall *make_inside(Eval *eval, Layer *layer, size_t first, const Arguments *own,
                              const TensorVec *from, Tensor **inputs, const TensorVec *outputs,
                              const Opaque **unknown) {
    ModelCall *call = ARENA_NEW(eval->arena, ModelCall);
    *call = (ModelCall){.inputs = inputs, .outputs = outputs->at};
    if (custom_has_mask(layer) &&
        (!custom_mask_inside(eval, layer, own, from->at, call, from->count, outputs->count, unknown) ||
         *unknown))
        return NULL;
    return fill_inside(eval, layer, first, call, from->count, outputs->count, own->call) ? call : NULL;
}

static bool run_call(Eval *eval, Layer *layer, Value call, const Arguments *own, Value *result) {
    if (lambda_is(layer)) return lambda_run(eval, layer, own, result);
    if (custom_is_native(layer)) return custom_rnn_run(eval, layer, own, result);
    const Value bound = instance_bind(eval, value_layer(layer), call.as.function);
    return instance_call_method(eval, bound.as.method, own, result);
}

/* A call's inside and what it returned; *unknown instead where that is not known. NULL after an exception. */
static ModelCall *trace(Eval *eval, Layer *layer, const Arguments *arguments, const TensorVec *from,
                        Tensor *const *like, Value *result, const Opaque **unknown) {
    const Value call = custom_find_method(layer, "call");
    Tensor **inputs = ARENA_ARRAY(eval->arena, Tensor *, from->count);
    const size_t first = eval->graph->nodes.count;
    TensorVec outputs = {0};
    Collect collect = {eval->arena, &outputs};
    bool known;
    ModelCall *inside = NULL;
    *unknown = NULL;
    const bool native = custom_is_native(layer);
    if (layer->external) {
        const Arguments *shaped = substitute(eval, layer, arguments, from, like, inputs);
        inside = external_inside(eval, layer, shaped, inputs, from->count);
        if (inside) *result = value_tensor(inside->outputs[0]);
        return inside;
    }
    if (call.kind != VALUE_FUNCTION && !native) {
        (void)custom_method(eval, layer, "call", arguments, result, &known);
        return NULL;
    }
    const Arguments *own = native ? arguments : with_training(eval, call.as.function, arguments);
    TensorVec moved = *from;
    own = substitute(eval, layer, own, &moved, like, inputs);
    if (run_call(eval, layer, call, own, result)) {
        *unknown = other_result(eval, *result, arguments->call);
        value_each_tensor(*result, collect_tensor, &collect);
        if (!*unknown) inside = make_inside(eval, layer, first, own, from, inputs, &outputs, unknown);
    }
    graph_take_traced(eval->graph, first);
    if (!native) custom_track(eval, layer);
    return inside;
}

/* ---- building ---- */

static bool has_unbuilt(const Layer *layer) {
    for (size_t i = 0; i < layer->n_sublayers; i++)
        if (!layer->sublayers[i]->built) return true;
    return false;
}

static bool build_once(Eval *eval, Layer *layer, const Arguments *arguments, const TensorVec *inputs) {
    const Value build = custom_find_method(layer, "build"), call = custom_find_method(layer, "call");
    Value ignored;
    const Opaque *unknown = NULL;
    if (layer->built || lambda_is(layer)) return layer->built = true;
    if (!custom_is_native(layer)) custom_track(eval, layer);
    if (build.kind == VALUE_FUNCTION) {
        const Value bound = instance_bind(eval, value_layer(layer), build.as.function);
        const Arguments *shapes = custom_shape_arguments(
            eval, build.as.function, call.kind == VALUE_FUNCTION ? call.as.function : NULL, arguments);
        if (!instance_call_method(eval, bound.as.method, shapes, &ignored)) return false;
    } else if (has_unbuilt(layer) && !layer->external) {
        if (!trace(eval, layer, arguments, inputs, inputs->at, &ignored, &unknown) && !unknown) return false;
    }
    if (!custom_is_native(layer)) custom_track(eval, layer);
    layer->n_built_shapes = inputs->count;
    layer->built_shapes = ARENA_ARRAY(eval->arena, Shape, inputs->count);
    for (size_t i = 0; i < inputs->count; i++) layer->built_shapes[i] = inputs->at[i]->shape;
    return layer->built = true;
}

/* ---- the call ---- */

static bool check_positional(Graph *graph, const Arguments *arguments) {
    for (size_t i = 0; i < arguments->count && !arguments->at[i].keyword; i++) {
        const Argument *argument = &arguments->at[i];
        Value other;
        if (layer_only_tensors(argument->value, &other)) continue;
        return diag_report(
            graph->diags, E202, argument->at,
            "Only input tensors may be passed as positional arguments. The following argument value "
            "should be passed as a keyword argument: %s (of type <class '%s'>)",
            value_text(graph->arena, other), value_type_name(other));
    }
    return true;
}

/* One node whose outputs have the shapes of the inside's. */
static bool record(Eval *eval, Layer *layer, const Arguments *arguments, const TensorVec *inputs,
                   ModelCall *inside, size_t n_outputs, Value result, Value *out) {
    Graph *graph = eval->graph;
    const size_t n_map = graph->tensors.count;
    Tensor **map = ARENA_ARRAY(eval->arena, Tensor *, n_map);
    Tensor **outputs = ARENA_ARRAY(eval->arena, Tensor *, n_outputs);
    const char *name = graph_traced_name(inputs->at, inputs->count);
    for (size_t i = 0; i < n_outputs; i++) {
        const Tensor *made = inside->outputs[i];
        const DType dtype = lambda_is(layer) ? layer->compute_dtype : made->dtype;
        outputs[i] = graph_add_tensor(graph, &made->shape, dtype, name, arguments->call);
        map[made->id] = outputs[i];
    }
    Node *node = graph_add_node(graph, layer, arguments, inputs->at, inputs->count, outputs, n_outputs,
                                arguments->call);
    node->attrs = inside;
    node->result = *out = structure_replace(eval->arena, result, map, n_map);
    if (custom_has_mask(layer)) return custom_mask_symbolic(eval, node);
    return mask_propagate(graph, node);
}

static size_t count_tensors(Eval *eval, Value value) {
    TensorVec tensors = {0};
    Collect collect = {eval->arena, &tensors};
    value_each_tensor(value, collect_tensor, &collect);
    return tensors.count;
}

static bool run(Eval *eval, Layer *layer, const Arguments *arguments, const TensorVec *inputs, Value *out) {
    LayerScope scope;
    Value result;
    const Opaque *unknown = NULL;
    ModelCall *inside = NULL;
    enter_scope(eval, layer, &scope);
    if (build_once(eval, layer, arguments, inputs))
        inside = trace(eval, layer, arguments, inputs, inputs->at, &result, &unknown);
    leave_scope(eval, &scope);
    if (!inside) {
        *out = unknown ? eval_opaque_from(eval, unknown) : layer_poison(eval->graph, arguments->call);
        return unknown != NULL;
    }
    return record(eval, layer, arguments, inputs, inside, count_tensors(eval, result), result, out);
}

/* The names of call()'s parameters, by which masks are handed to it. */
static const char *const *parameter_names(Arena *arena, const struct Function *call) {
    const size_t n = call->parameters->count;
    const char **names = ARENA_ARRAY(arena, const char *, n + 1);
    for (size_t i = 1, k = 0; i < n; i++)
        if (call->parameters->at[i].name.text && call->parameters->at[i].kind != PARAMETER_DOUBLE_STAR)
            names[k++] = call->parameters->at[i].name.text;
    return names;
}

/* The arguments, with the mask that Keras hands to the layer by itself. */
static const Arguments *with_mask(Eval *eval, Layer *layer, const Arguments *arguments) {
    const Value call = custom_find_method(layer, "call");
    CustomRow *row = (CustomRow *)(uintptr_t)layer->class_;
    if (custom_is_native(layer)) return mask_capture(eval->graph, layer, arguments, false);
    if (call.kind != VALUE_FUNCTION || layer->model || layer->external) return arguments;
    if (!row->row.call_params) row->row.call_params = parameter_names(eval->arena, call.as.function);
    return mask_capture(eval->graph, layer, arguments, false);
}

static bool custom_call(Graph *graph, Layer *layer, const Arguments *arguments, Value *out) {
    Eval *eval = custom_row(layer)->eval;
    TensorVec inputs = {0};
    const bool own = custom_is_native(layer) || custom_find_method(layer, "call").kind == VALUE_FUNCTION;
    if (layer->model && !own) return model_call(graph, layer, arguments, out);
    if (!layer->external && !layer->model && !custom_rnn_is(layer))
        layer->external = external_find(eval, layer);
    const Opaque *cause = eval_opaque_of(value_layer(layer));
    if (!cause) cause = eval_arguments_opaque(arguments);
    collect_inputs(eval->arena, arguments, &inputs);
    if (!cause && layer->model)
        cause =
            eval_opaque(eval, arguments->call, "a functional model with a call() of its own is not evaluated")
                .as.opaque;
    if (!cause && inputs.count == 0)
        cause = eval_opaque(eval, arguments->call, "a layer's call on values is not evaluated").as.opaque;
    if (cause) {
        *out = eval_opaque_from(eval, cause);
        return true;
    }
    if (lambda_is(layer))
        cause = lambda_unknown(eval, layer, inputs.at, inputs.count, with_mask(eval, layer, arguments));
    if (cause) return *out = eval_opaque_from(eval, cause), true;
    bool poisoned = false;
    for (size_t i = 0; i < inputs.count; i++) poisoned |= inputs.at[i]->poisoned;
    if (!poisoned && check_positional(graph, arguments)) {
        const Arguments *all = with_mask(eval, layer, arguments);
        inputs.count = 0;
        collect_inputs(eval->arena, all, &inputs);
        return run(eval, layer, all, &inputs, out);
    }
    *out = layer_poison(graph, arguments->call);
    return poisoned;
}

static ModelCall *custom_trace(Graph *graph, const Node *node, Tensor *const *inputs, SourceRange at) {
    Layer *layer = node->layer;
    Eval *eval = custom_row(layer)->eval;
    TensorVec from = {0};
    LayerScope scope;
    Value result;
    const Opaque *unknown = NULL;
    collect_inputs(eval->arena, node->arguments, &from);
    enter_scope(eval, layer, &scope);
    ModelCall *inside = trace(eval, layer, node->arguments, &from, inputs, &result, &unknown);
    leave_scope(eval, &scope);
    if (inside && count_tensors(eval, result) == node->n_outputs) return inside;
    if (unknown || inside)
        diag_report(graph->diags, E328, at, "layer \"%s\" cannot be called on other shapes here: %s",
                    layer->name, unknown && unknown->reason ? unknown->reason : "its results differ");
    return NULL;
}

const LayerClass CUSTOM_LAYER = {
    .module = "__main__", .about = "a layer of the file", .call = custom_call, .trace = custom_trace};

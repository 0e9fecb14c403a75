/* A call of a model as a layer.
 *
 * In:  tensors, in a structure that fits the model's inputs. Out: one node of the model's layer, with new
 * tensors for its outputs; where shapes differ from the model's own, the shape rules of its inside run anew.
 * Invariant: node->inputs are in the order of model->inputs, node->outputs in that of model->outputs.
 */
#include "model/parts.h"

#include <string.h>

#include "layers/masks.h"

enum { INPUTS, TRAINING, MASK, N_PARAMETERS };
const char *const MODEL_CALL_PARAMS[] = {"inputs", "training", "mask", NULL};

/* ---- shapes ---- */

static Shape *copy_shape(Arena *arena, const Shape *shape) {
    Shape *copy = ARENA_NEW(arena, Shape);
    *copy = *shape;
    return copy;
}

/* The name that a dict call would use for input i. */
static const char *input_name(Arena *arena, const Model *model, size_t i) {
    if (model->input_structure.kind != VALUE_DICT) return model->inputs[i]->history.layer->name;
    LeafList leaves = {0};
    structure_flatten(arena, model->input_structure, &leaves);
    return leaves.at[i].path;
}

static bool report_shape(Graph *graph, const Layer *layer, size_t i, const Tensor *tensor, SourceRange at) {
    Arena *arena = graph->arena;
    const Shape *wanted = &layer->model->inputs[i]->shape;
    const char *name = input_name(arena, layer->model, i);
    if (wanted->rank != tensor->shape.rank) {
        diag_report(
            graph->diags, E207, at,
            "Input %zu with name '%s' of layer '%s' is incompatible with the layer: expected ndim=%d, found "
            "ndim=%d. Full shape received: %s",
            i, name, layer->name, wanted->rank, tensor->shape.rank, shape_text(arena, &tensor->shape));
    } else {
        Shape *spec = copy_shape(arena, wanted); /* Keras leaves the batch open here */
        if (spec->rank > 0) spec->dim[0] = DIM_UNKNOWN;
        diag_report(
            graph->diags, E207, at,
            "Input %zu with name '%s' of layer '%s' is incompatible with the layer: expected shape=%s, found "
            "shape=%s",
            i, name, layer->name, shape_text(arena, spec), shape_text(arena, &tensor->shape));
    }
    layer_note_history(graph, tensor);
    diag_note(graph->diags, layer->model->inputs[i]->history.layer->at, "the model's input is made here");
    return false;
}

bool call_check_shapes(Graph *graph, const Layer *layer, Tensor *const *tensors, SourceRange at) {
    const Model *model = layer->model;
    for (size_t i = 0; i < model->n_inputs; i++) {
        const Shape *wanted = &model->inputs[i]->shape, *found = &tensors[i]->shape;
        bool fits = wanted->rank == found->rank;
        for (int axis = 1; fits && axis < wanted->rank; axis++) {
            fits = wanted->dim[axis] == found->dim[axis] || wanted->dim[axis] == DIM_UNKNOWN ||
                   found->dim[axis] == DIM_UNKNOWN;
        }
        if (!fits) return report_shape(graph, layer, i, tensors[i], at);
    }
    return true;
}

/* ---- the inside on other shapes ---- */

typedef struct Inference {
    Graph *graph;
    SourceRange at;
    Tensor **map; /* by Tensor.id: what stands for an inner tensor in this call */
    size_t n_map;
    bool traced; /* inside the call of a layer of the file: nothing is named */
} Inference;

static Tensor *inferred_tensor(Inference *inference, const Tensor *like, const Shape *shape, DType dtype,
                               const char *name) {
    if (inference->traced) name = "traced";
    Tensor *tensor = graph_add_tensor(inference->graph, shape, dtype, name, inference->at);
    tensor->sparse = like->sparse;
    tensor->traced = inference->traced;
    tensor->opaque = like->opaque;
    inference->map[like->id] = tensor;
    return tensor;
}

/* Keras gives the result of a model called on other shapes as it is, and names it anew otherwise (NULL). */
static const char *output_name(const Model *model, const ModelCall *call, size_t i) {
    return call->nodes == model->nodes ? NULL : call->outputs[i]->name;
}

static bool infer_model_node(Inference *inference, Node *node) {
    const Model *model = node->layer->model;
    if (!call_check_shapes(inference->graph, node->layer, node->inputs, inference->at)) return false;
    ModelCall *call = call_infer(inference->graph, model, node->inputs, inference->at);
    if (!call) return false;
    node->attrs = call;
    for (size_t i = 0; i < node->n_outputs; i++) {
        Tensor *made = call->outputs[i];
        const char *name = output_name(model, call, i);
        node->outputs[i] = inferred_tensor(inference, node->outputs[i], &made->shape, made->dtype, name);
    }
    return true;
}

/* A layer of the file: its call runs anew. */
static bool infer_traced_node(Inference *inference, Node *node) {
    ModelCall *call = node->layer->class_->trace(inference->graph, node, node->inputs, inference->at);
    if (!call) return false;
    node->attrs = call;
    for (size_t i = 0; i < node->n_outputs; i++) {
        const Tensor *made = call->outputs[i];
        node->outputs[i] = inferred_tensor(inference, node->outputs[i], &made->shape, made->dtype, NULL);
    }
    return true;
}

static bool infer_layer_node(Inference *inference, Node *node) {
    const LayerClass *class_ = node->layer->class_;
    LayerCall call = {.graph = inference->graph,
                      .layer = node->layer,
                      .arguments = node->arguments,
                      .inputs = node->inputs,
                      .n_inputs = node->n_inputs,
                      .node_attrs = node->attrs,
                      .at = inference->at,
                      .n_outputs = node->n_outputs};
    for (size_t i = 0; i < sizeof call.output_dtypes / sizeof call.output_dtypes[0]; i++)
        call.output_dtypes[i] = i < node->n_outputs ? node->outputs[i]->dtype : node->layer->compute_dtype;
    if (class_->accept && !class_->accept(&call)) return false;
    call.output_shapes[0] = node->inputs[0]->shape;
    if (class_->infer && !class_->infer(&call)) return false;
    node->attrs = call.node_attrs;
    for (size_t i = 0; i < node->n_outputs; i++)
        node->outputs[i] =
            inferred_tensor(inference, node->outputs[i], &call.output_shapes[i], call.output_dtypes[i], NULL);
    return true;
}

/* The inner node with the tensors of this call in place of its own; NULL after reporting. */
static Node *infer_node(Inference *inference, const Node *node) {
    Arena *arena = inference->graph->arena;
    Node *copy = ARENA_NEW(arena, Node);
    *copy = *node;
    copy->inputs = ARENA_ARRAY(arena, Tensor *, node->n_inputs);
    for (size_t i = 0; i < node->n_inputs; i++)
        copy->inputs[i] = node->inputs[i]->known ? node->inputs[i] : inference->map[node->inputs[i]->id];
    copy->outputs = ARENA_ARRAY(arena, Tensor *, node->n_outputs);
    for (size_t i = 0; i < node->n_outputs; i++) copy->outputs[i] = node->outputs[i];
    const bool ok = node->layer->model           ? infer_model_node(inference, copy)
                    : node->layer->class_->trace ? infer_traced_node(inference, copy)
                                                 : infer_layer_node(inference, copy);
    if (!ok)
        diag_note(inference->graph->diags, node->at,
                  "inside the model, this call failed on the shapes given here");
    return ok ? copy : NULL;
}

static bool is_computable(const Inference *inference, const Node *node) {
    for (size_t i = 0; i < node->n_inputs; i++) {
        if (!node->inputs[i]->known && !inference->map[node->inputs[i]->id]) return false;
    }
    return node->n_inputs > 0;
}

static ModelCall *infer_anew(Graph *graph, const Model *model, Tensor *const *tensors, SourceRange at) {
    Inference inference = {.graph = graph, .at = at, .n_map = graph->tensors.count};
    inference.map = ARENA_ARRAY(graph->arena, Tensor *, inference.n_map);
    inference.traced = graph_traced_name(tensors, model->n_inputs) != NULL;
    ModelCall *call = ARENA_NEW(graph->arena, ModelCall);
    call->nodes = ARENA_ARRAY(graph->arena, Node *, model->n_nodes);
    call->inputs = ARENA_ARRAY(graph->arena, Tensor *, model->n_inputs);
    call->outputs = ARENA_ARRAY(graph->arena, Tensor *, model->n_outputs);
    for (size_t i = 0; i < model->n_inputs; i++) { /* at run time Keras casts to the input's own type */
        const char *name = model->inputs[i]->name;
        Tensor *input = graph_add_tensor(graph, &tensors[i]->shape, model->inputs[i]->dtype, name, at);
        input->sparse = model->inputs[i]->sparse;
        input->traced = inference.traced;
        call->inputs[i] = inference.map[model->inputs[i]->id] = input;
    }
    for (size_t i = 0; i < model->n_nodes; i++) {
        if (!is_computable(&inference, model->nodes[i])) continue;
        Node *node = infer_node(&inference, model->nodes[i]);
        if (!node) return NULL;
        call->nodes[call->n_nodes++] = node;
    }
    for (size_t i = 0; i < model->n_outputs; i++) call->outputs[i] = inference.map[model->outputs[i]->id];
    return call;
}

ModelCall *call_infer(Graph *graph, const Model *model, Tensor *const *tensors, SourceRange at) {
    bool same = true;
    for (size_t i = 0; same && i < model->n_inputs; i++)
        same = shape_equal(&tensors[i]->shape, &model->inputs[i]->shape);
    if (!same) return infer_anew(graph, model, tensors, at);
    ModelCall *call = ARENA_NEW(graph->arena, ModelCall);
    *call = (ModelCall){.nodes = model->nodes,
                        .n_nodes = model->n_nodes,
                        .inputs = model->inputs,
                        .outputs = model->outputs};
    return call;
}

/* ---- the call ---- */

static Value call_result(Graph *graph, const Model *model, Tensor **outputs) {
    return structure_pack(graph->arena, model->output_structure, outputs);
}

static void poison_result(Graph *graph, const Model *model, SourceRange at, Value *out) {
    Tensor **outputs = ARENA_ARRAY(graph->arena, Tensor *, model->n_outputs + 1);
    for (size_t i = 0; i <= model->n_outputs; i++) outputs[i] = tensor_poisoned(graph, at);
    *out = model->n_outputs > 0 ? call_result(graph, model, outputs) : value_tensor(outputs[0]);
}

/* mask= is a tensor, or a list with a tensor or None for each input. */
static bool check_mask(Graph *graph, const Layer *layer, const Argument *mask) {
    const Value value = mask->value;
    if (value.kind == VALUE_TENSOR) return true;
    bool fits = value.kind == VALUE_LIST || value.kind == VALUE_TUPLE;
    for (size_t i = 0; fits && i < value.as.list->items.count; i++) {
        const Value item = value.as.list->items.at[i];
        fits = item.kind == VALUE_TENSOR || value_is_none(item);
    }
    return fits ||
           diag_report(
               graph->diags, E233, mask->at,
               "mask= of layer \"%s\" must be a tensor or a list of tensors, one for each input, not %s",
               layer->name, value_repr(graph->arena, value));
}

static bool read_call(Graph *graph, Layer *layer, const Arguments *arguments, const Argument **bound) {
    const char *class_name = layer->class_->name;
    const Signature signature = {.function = arena_printf(graph->arena, "%s.call", class_name),
                                 .names = MODEL_CALL_PARAMS};
    if (arguments->count > 1 && !arguments->at[1].keyword && arguments->at[1].value.kind == VALUE_TENSOR) {
        diag_report(graph->diags, E232, arguments->call, "Layer \"%s\" takes its inputs as one argument",
                    layer->name);
        diag_help(graph->diags, arguments->call, NULL, "several tensors are given as a list: %s([a, b])",
                  layer->variable ? layer->variable : "model");
        return false;
    }
    if (!signature_bind(graph, &signature, arguments, bound)) return false;
    if (!bound[INPUTS])
        return diag_report_as(graph->diags, E232, "TypeError", arguments->call,
                              "missing a required argument: 'inputs'");
    if (argument_given(bound[MASK]) && !check_mask(graph, layer, bound[MASK])) return false;
    if (argument_truth(bound[TRAINING], false)) {
        return diag_report(graph->diags, E233, bound[TRAINING]->at,
                           "training=True asks for the behaviour of training; only inference is compiled");
    }
    return true;
}

static bool prepare(Graph *graph, Layer *layer, const Argument *input, SourceRange at) {
    Model *model = layer->model;
    if (model->built || model->poisoned) return true;
    if (input->value.kind != VALUE_TENSOR) {
        diag_report(graph->diags, E232, input->at,
                    "Sequential model '%s' has a single input: it takes one tensor, not %s", layer->name,
                    value_repr(graph->arena, input->value));
        return false;
    }
    return input->value.as.tensor->poisoned ||
           sequential_build(graph, layer, &input->value.as.tensor->shape, at);
}

static void visit_poison(void *context, Tensor *tensor) {
    *(bool *)context |= tensor->poisoned;
}

typedef struct Collect {
    Arena *arena;
    VEC(Tensor *) tensors;
} Collect;

static void collect_tensor(void *context, Tensor *tensor) {
    Collect *collect = context;
    vec_push(collect->arena, &collect->tensors, tensor);
}

/* The inputs, and behind them the masks given in the call. */
static Tensor **with_masks(Graph *graph, const Arguments *arguments, Tensor **inputs, size_t *n_inputs) {
    Collect all = {.arena = graph->arena};
    for (size_t i = 0; i < *n_inputs; i++) vec_push(graph->arena, &all.tensors, inputs[i]);
    for (size_t i = 0; i < arguments->count; i++) {
        const Argument *argument = &arguments->at[i];
        const char *name = argument->keyword ? argument->keyword : MODEL_CALL_PARAMS[i];
        if (strcmp(name, "mask") == 0) value_each_tensor(argument->value, collect_tensor, &all);
    }
    *n_inputs = all.tensors.count;
    return all.tensors.at;
}

bool model_call(Graph *graph, Layer *layer, const Arguments *arguments, Value *out) {
    const Argument *bound[N_PARAMETERS];
    Model *model = layer->model;
    const Opaque *opaque = arguments_opaque(arguments);
    if (opaque) {
        *out = value_from_opaque(opaque);
        return true;
    }
    bool poisoned = model->poisoned;
    for (size_t i = 0; i < arguments->count; i++)
        value_each_tensor(arguments->at[i].value, visit_poison, &poisoned);
    if (poisoned) {
        poison_result(graph, model, arguments->call, out);
        return true;
    }
    ModelCall *call = NULL;
    Tensor **inputs = NULL;
    bool ok =
        read_call(graph, layer, arguments, bound) && prepare(graph, layer, bound[INPUTS], arguments->call);
    if (ok) inputs = ARENA_ARRAY(graph->arena, Tensor *, model->n_inputs);
    ok = ok && call_match_inputs(graph, layer, bound[INPUTS], arguments->call, inputs) &&
         call_check_shapes(graph, layer, inputs, arguments->call);
    if (ok) call = call_infer(graph, model, inputs, arguments->call);
    if (!call) {
        poison_result(graph, model, arguments->call, out);
        return false;
    }
    Tensor **outputs = ARENA_ARRAY(graph->arena, Tensor *, model->n_outputs);
    const char *traced = graph_traced_name(inputs, model->n_inputs);
    for (size_t i = 0; i < model->n_outputs; i++) {
        const Tensor *made = call->outputs[i];
        outputs[i] = graph_add_tensor(graph, &made->shape, made->dtype,
                                      traced ? traced : output_name(model, call, i), arguments->call);
        outputs[i]->sparse = made->sparse;
    }
    size_t n_inputs = model->n_inputs;
    arguments = mask_capture(graph, layer, arguments, true);
    inputs = with_masks(graph, arguments, inputs, &n_inputs);
    Node *node =
        graph_add_node(graph, layer, arguments, inputs, n_inputs, outputs, model->n_outputs, arguments->call);
    node->attrs = call;
    node->result = *out = call_result(graph, model, outputs);
    return true;
}

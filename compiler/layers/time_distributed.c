/* TimeDistributed: a layer, or a model, applied to each step. Keras: layers/rnn/time_distributed.py.
 *
 * Layers that work on the last axis alone take all steps at once; others are lowered step by step.
 */
#include <string.h>

#include "layers/masks.h"

enum { MOST_STEPS = 4096 };

typedef struct TimeAttrs {
    Value layer;
} TimeAttrs;

static const ParamSpec time_params[] = {
    {FIELD(TimeAttrs, layer), .kind = PARAM_VALUE, .required = true, .about = "what is applied to each step"},
    {0},
};

static bool validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    const TimeAttrs *attrs = layer->attrs;
    if (attrs->layer.kind != VALUE_LAYER)
        return diag_report(
            graph->diags, E287, layer_argument_at(layer->class_, arguments, "layer"),
            "Please initialize `TimeDistributed` layer with a `keras.layers.Layer` instance. Received: %s",
            value_text(graph->arena, attrs->layer));
    layer->opaque = attrs->layer.as.layer->opaque ? attrs->layer.as.layer->opaque : layer->opaque;
    layer->sublayers = ARENA_ARRAY(graph->arena, Layer *, 1);
    layer->sublayer_names = ARENA_ARRAY(graph->arena, const char *, 1);
    layer->sublayers[0] = attrs->layer.as.layer;
    layer->sublayer_names[0] = "layer";
    layer->n_sublayers = 1;
    return true;
}

/* ---- a call ---- */

static bool check_mask(LayerCall *call) {
    Arena *arena = call->graph->arena;
    const Argument *argument = layer_call_argument(call, "mask");
    if (!argument || argument->value.kind != VALUE_TENSOR) return true;
    const Shape *mask = &argument->value.as.tensor->shape, *input = &call->inputs[0]->shape;
    if (mask->rank < 2)
        return diag_report(
            call->graph->diags, E263, argument->at,
            "The `mask` passed to the `TimeDistributed` layer must be at least 2D (e.g., `(batch_size, "
            "timesteps)`), but it has %d dimension(s) with shape %s",
            mask->rank, shape_text(arena, mask));
    for (int i = 0; i < 2; i++)
        if (mask->dim[i] != DIM_UNKNOWN && input->dim[i] != DIM_UNKNOWN && mask->dim[i] != input->dim[i])
            return diag_report(
                call->graph->diags, E263, argument->at,
                "The `mask` passed to the `TimeDistributed` layer has a shape %s that is incompatible "
                "with the input shape %s. The first two dimensions of the mask (batch size and "
                "timesteps) must match the input's first two dimensions",
                shape_text(arena, mask), shape_text(arena, input));
    return true;
}

static bool accept(LayerCall *call) {
    const Shape *input = &call->inputs[0]->shape;
    if (input->rank < 3) {
        diag_report(call->graph->diags, E288, call->at,
                    "`TimeDistributed` Layer should be passed an `input_shape` with at least 3 dimensions, "
                    "received: %s",
                    shape_text(call->graph->arena, input));
        layer_note_input(call, 0);
        return false;
    }
    return check_mask(call);
}

/* Calls the inner layer on one step. What that makes has no part in Keras' names of tensors. */
static bool call_inner(LayerCall *call, Node **out) {
    Graph *graph = call->graph;
    const Shape *input = &call->inputs[0]->shape;
    Shape step = {input->rank - 1, {input->dim[0]}};
    for (int i = 2; i < input->rank; i++) step.dim[i - 1] = input->dim[i];
    size_t *counter = map_get(&graph->name_counts, "keras_tensor");
    const size_t before = counter ? *counter : 0;
    Tensor *tensor = graph_add_tensor(graph, &step, call->inputs[0]->dtype, "step", call->at);
    Argument *argument = ARENA_NEW(graph->arena, Argument);
    Arguments *arguments = ARENA_NEW(graph->arena, Arguments);
    *argument = (Argument){.value = value_tensor(tensor), .at = call->at};
    *arguments = (Arguments){argument, 1, call->at};
    const char *outer = graph->name_scope;
    graph->name_scope = arena_printf(graph->arena, "%s%s/", outer ? outer : "", call->layer->name);
    Value result;
    const bool ok = layer_call(graph, call->layer->sublayers[0], arguments, &result);
    graph->name_scope = outer;
    if (counter) *counter = before;
    if (!ok) return false;
    if (result.kind != VALUE_TENSOR)
        return diag_report(
            call->graph->diags, E289, call->at,
            "layer \"%s\" gives several tensors for each step, which TimeDistributed cannot put together",
            call->layer->sublayers[0]->name);
    if (result.as.tensor->poisoned) return false;
    *out = tensor_node(result.as.tensor);
    return true;
}

static bool infer(LayerCall *call) {
    Node *inner = NULL;
    if (!call_inner(call, &inner)) return false;
    const Shape *step = &inner->outputs[0]->shape;
    if (step->rank < 1 || step->rank == SHAPE_MAX_RANK)
        return diag_report(call->graph->diags, E288, call->at, "a step of layer \"%s\" has shape %s",
                           call->layer->name, shape_text(call->graph->arena, step));
    Shape *shape = &call->output_shapes[0];
    *shape = (Shape){step->rank + 1, {call->inputs[0]->shape.dim[0], call->inputs[0]->shape.dim[1]}};
    for (int i = 1; i < step->rank; i++) shape->dim[i + 1] = step->dim[i];
    call->output_dtypes[0] = inner->outputs[0]->dtype;
    call->node_attrs = inner;
    return true;
}

/* ---- lowering ---- */

/* Works on each element, or on the last axis alone. */
static bool takes_all_steps(const Layer *layer) {
    UnaryFunction function;
    double parameter[3];
    if (layer->model) return false;
    if (layer->class_ == &LAYER_CLASS_DENSE) {
        const ActivationRef *activation = dense_activation(layer);
        return activation_unary(activation, &function, parameter);
    }
    if (layer->class_ == &LAYER_CLASS_ACTIVATION) return activation_unary(layer->attrs, &function, parameter);
    return layer->class_ == &LAYER_CLASS_RELU || layer->class_ == &LAYER_CLASS_LEAKY_RELU ||
           layer->class_ == &LAYER_CLASS_ELU || (layer->class_->flags & LAYER_IDENTITY);
}

static bool lower_all_steps(Lowering *l, const Node *node, const Node *inner, Op *x, Op **out) {
    Node *whole = ARENA_NEW(l->ir->arena, Node);
    *whole = *inner;
    whole->inputs = node->inputs;
    whole->outputs = node->outputs;
    whole->at = node->at;
    if (whole->layer->class_->flags & LAYER_IDENTITY) return *out = x, true;
    return whole->layer->class_->lower(l, whole, &x, out);
}

/* A mask would be handed to the inner layer step by step. */
static bool inner_wants_mask(const Layer *layer) {
    if (layer->class_ == &LAYER_CLASS_BATCH_NORMALIZATION) return false;
    for (const char *const *name = layer_call_params(layer); *name; name++)
        if (strcmp(*name, "mask") == 0) return true;
    return false;
}

static bool lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    const Node *inner = node->attrs;
    const int64_t steps = inputs[0]->shape.dim[1];
    Op *mask = inner_wants_mask(inner->layer) ? lower_mask(l, node, inputs) : NULL;
    if (mask && mask->shape.rank < 3 && !inner->layer->model) /* in a model, lower_mask refuses who takes it */
        return lower_unsupported(l, node, "the mask of each step, one value, would go to layer \"%s\"",
                                 inner->layer->name);
    if (takes_all_steps(inner->layer)) return lower_all_steps(l, node, inner, inputs[0], &outputs[0]);
    if (steps < 1 || steps > MOST_STEPS)
        return lower_unsupported(l, node, "%lld steps are not taken one by one", (long long)steps);
    Op **all = ARENA_ARRAY(l->ir->arena, Op *, (size_t)steps);
    for (int64_t i = 0; i < steps; i++) {
        Op *x = lower_step(l, node, inputs[0], i), *y = NULL;
        Op **hanging = &l->mask_ops[inner->inputs[0]->id];
        *hanging = mask ? lower_step(l, node, mask, i) : NULL;
        const bool ok = l->lower_inner(l, inner, &x, &y);
        *hanging = NULL;
        if (!ok) return false;
        all[i] = lower_as_step(l, node, y);
    }
    outputs[0] = ir_concat(l, node, all, (size_t)steps, 1);
    return !l->ir->broken;
}

static const char *const TIME_CALL_PARAMS[] = {"inputs", "training", "mask", NULL};

const LayerClass LAYER_CLASS_TIME_DISTRIBUTED = {
    .name = "TimeDistributed",
    .module = "keras.layers",
    .about = "a layer applied to each step",
    .params = time_params,
    .attrs_size = sizeof(TimeAttrs),
    .flags = LAYER_SUPPORTS_MASKING,
    .validate = validate,
    .accept = accept,
    .infer = infer,
    .lower = lower,
    .call_params = TIME_CALL_PARAMS,
};

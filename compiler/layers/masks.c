/* Handing masks to layers and on to their outputs: Keras' Layer.__call__, steps 6 and 7
 * (keras/src/layers/layer.py).
 *
 * In:  a call or node, and the masks of its tensors. Out: the masks of the outputs.
 * Invariant: a mask that is recorded in a node is one of node->inputs; one that Keras would find at run time
 * only is not.
 */
#include "layers/masks.h"

#include <string.h>

/* ---- arguments ---- */

static void count_tensor(void *context, Tensor *tensor) {
    (void)tensor;
    ++*(size_t *)context;
}

static size_t tensors_in(Value value) {
    size_t count = 0;
    value_each_tensor(value, count_tensor, &count);
    return count;
}

static const Argument *find_argument(const Arguments *arguments, const char *const *params,
                                     const char *name) {
    for (size_t i = 0; arguments && i < arguments->count; i++) {
        const Argument *argument = &arguments->at[i];
        if (strcmp(argument->keyword ? argument->keyword : params[i], name) == 0) return argument;
    }
    return NULL;
}

/* The first of node->inputs that the argument `name` gave, and how many; NULL where it gave none. */
static const Argument *argument_inputs(const Node *node, const char *name, size_t *first, size_t *count) {
    const char *const *params = layer_call_params(node->layer);
    *first = *count = 0;
    for (const char *const *param = params; *param; param++) {
        const Argument *argument = find_argument(node->arguments, params, *param);
        const size_t tensors = argument ? tensors_in(argument->value) : 0;
        if (strcmp(*param, name) == 0) {
            *count = tensors;
            return argument && tensors ? argument : NULL;
        }
        *first += tensors;
    }
    return NULL;
}

static bool knows_mask(const char *const *params) {
    for (; *params; params++)
        if (strcmp(*params, "mask") == 0) return true;
    return false;
}

/* Keras fills `mask` in only where the call has one argument with tensors. */
static bool has_one_tensor_argument(const Arguments *arguments) {
    size_t with_tensors = 0;
    for (size_t i = 0; arguments && i < arguments->count; i++)
        with_tensors += tensors_in(arguments->at[i].value) > 0;
    return with_tensors == 1;
}

typedef struct MaskList {
    Arena *arena;
    Value list;
    Tensor *any;
} MaskList;

static void add_mask(void *context, Tensor *tensor) {
    MaskList *masks = context;
    value_list_push(masks->arena, masks->list, tensor->mask ? value_tensor(tensor->mask) : value_none());
    if (tensor->mask) masks->any = tensor->mask;
}

const Arguments *mask_capture(Graph *graph, const Layer *layer, const Arguments *arguments, bool always) {
    Arena *arena = graph->arena;
    const char *const *params = layer_call_params(layer);
    if (!knows_mask(params) || !has_one_tensor_argument(arguments)) return arguments;
    const Argument *given = find_argument(arguments, params, "mask");
    if (given && !value_is_none(given->value)) return arguments;
    const Value first = arguments->at[0].value;
    const bool plain = arguments->count == 1 && !arguments->at[0].keyword && first.kind == VALUE_TENSOR &&
                       first.as.tensor->dtype == layer->compute_dtype;
    if (!plain && !always) return arguments;
    MaskList masks = {.arena = arena, .list = value_list_new(arena, VALUE_LIST)};
    value_each_tensor(first, add_mask, &masks);
    if (!masks.any) return arguments;
    const Value value = first.kind == VALUE_TENSOR ? value_tensor(masks.any) : masks.list;
    Argument *list = ARENA_ARRAY(arena, Argument, arguments->count + 1);
    Arguments *more = ARENA_NEW(arena, Arguments);
    *more = (Arguments){list, 0, arguments->call};
    for (size_t i = 0; i < arguments->count; i++)
        if (&arguments->at[i] != given) list[more->count++] = arguments->at[i];
    list[more->count++] =
        (Argument){.keyword = "mask", .value = value, .at = arguments->call, .keyword_at = arguments->call};
    return more;
}

/* ---- the rule ---- */

void mask_none(MaskCall *call) {
    (void)call;
}

static bool supports_masking(const Layer *layer) {
    return (layer->class_->flags & LAYER_SUPPORTS_MASKING) != 0;
}

static void run_rule(MaskCall *call) {
    if (call->layer->class_->mask) {
        call->layer->class_->mask(call);
        return;
    }
    for (size_t i = 0; i < call->n_inputs && i < call->node->n_outputs && i < MASK_MAX_OUTPUTS; i++)
        call->out[i] = call->previous[i];
}

/* The layer's inputs and their masks, or those given as mask=. */
static void fill_call(MaskCall *call, Arena *arena, Op *const *ops) {
    const Node *node = call->node;
    size_t first, n_masks;
    (void)argument_inputs(node, layer_call_params(node->layer)[0], &first, &call->n_inputs);
    const Argument *given = argument_inputs(node, "mask", &first, &n_masks);
    Mask *inputs = ARENA_ARRAY(arena, Mask, call->n_inputs + 1);
    Mask *previous = ARENA_ARRAY(arena, Mask, call->n_inputs + 1);
    for (size_t i = 0; i < call->n_inputs; i++) {
        Tensor *tensor = node->inputs[i];
        inputs[i] = ops ? (Mask){.op = ops[i]} : (Mask){.tensor = tensor};
        if (given)
            previous[i] = i >= n_masks ? (Mask){0}
                          : ops        ? (Mask){.op = ops[first + i]}
                                       : (Mask){.tensor = node->inputs[first + i]};
        else
            previous[i] = ops ? (Mask){.op = lower_input_mask(call->lowering, node, i)}
                              : (Mask){.tensor = tensor->mask};
    }
    call->inputs = inputs;
    call->previous = previous;
}

static bool any_mask(const MaskCall *call) {
    for (size_t i = 0; i < call->n_inputs; i++)
        if (mask_given(call->previous[i])) return true;
    return false;
}

/* Keras' warning. A model is no such layer: at run time masks go through it. */
static void warn_dropped(const MaskCall *call) {
    const Layer *layer = call->layer;
    if (layer->model || (layer->class_->flags & LAYER_OPERATION) || !any_mask(call)) return;
    diag_report(
        call->graph->diags, W254, call->node->at,
        "Layer '%s' (of type %s) was passed an input with a mask attached to it. However, this layer does "
        "not support masking and will therefore destroy the mask information. Downstream layers will not "
        "see the mask",
        layer->name, layer->class_->name);
}

/* ---- while the graph is built ---- */

static bool no_masks(const Node *node) {
    for (size_t i = 0; i < node->n_inputs; i++)
        if (node->inputs[i]->mask) return false;
    size_t first, count;
    return !node->layer->class_->mask && !argument_inputs(node, "mask", &first, &count);
}

bool mask_propagate(Graph *graph, const Node *node) {
    if ((node->layer->class_->flags & LAYER_OPERATION) || no_masks(node)) return true;
    MaskCall call = {.graph = graph, .node = node, .layer = node->layer};
    fill_call(&call, graph->arena, NULL);
    if (!supports_masking(node->layer)) {
        warn_dropped(&call);
        return true;
    }
    run_rule(&call);
    for (size_t i = 0; i < node->n_outputs && i < MASK_MAX_OUTPUTS; i++)
        node->outputs[i]->mask = call.out[i].tensor;
    return !call.failed;
}

/* ---- while a model is lowered ---- */

Op *lower_input_mask(const Lowering *l, const Node *node, size_t input) {
    return l->mask_ops ? l->mask_ops[node->inputs[input]->id] : NULL;
}

Op *lower_argument(const Node *node, Op *const *inputs, const char *name) {
    size_t first, count;
    return argument_inputs(node, name, &first, &count) ? inputs[first] : NULL;
}

Op *lower_mask(Lowering *l, const Node *node, Op *const *inputs) {
    Op *given = lower_argument(node, inputs, "mask");
    if (given) return given;
    given = has_one_tensor_argument(node->arguments) ? lower_input_mask(l, node, 0) : NULL;
    if (!given || given->shape.rank > 1) return given;
    /* what TimeDistributed hands to the model of a step */
    l->ir->broken = true;
    (void)lower_unsupported(l, node, "its mask has one value for each sample");
    return NULL;
}

void lower_set_mask(Lowering *l, const Node *node, size_t output, Op *mask) {
    if (l->mask_ops) l->mask_ops[node->outputs[output]->id] = mask;
}

/* The mask that the item of a list given as mask= is. */
static Op *listed_mask(const Value list, size_t index, Op *const *ops) {
    size_t before = 0;
    for (size_t i = 0; i < index; i++) before += tensors_in(list.as.list->items.at[i]);
    return tensors_in(list.as.list->items.at[index]) ? ops[before] : NULL;
}

Op *lower_model_mask(const Lowering *l, const Node *node, Op *const *inputs, size_t input) {
    size_t first, count;
    const Argument *given = argument_inputs(node, "mask", &first, &count);
    if (!given) return lower_input_mask(l, node, input);
    if (given->value.kind == VALUE_TENSOR) return input == 0 ? inputs[first] : NULL;
    if (input >= given->value.as.list->items.count) return NULL;
    return listed_mask(given->value, input, inputs + first);
}

bool lower_output_masks(Lowering *l, const Node *node, Op *const *inputs) {
    if (!l->mask_ops || !supports_masking(node->layer)) return true;
    MaskCall call = {.graph = l->graph, .lowering = l, .node = node, .layer = node->layer};
    fill_call(&call, l->ir->arena, inputs);
    run_rule(&call);
    for (size_t i = 0; i < node->n_outputs && i < MASK_MAX_OUTPUTS; i++)
        if (!l->mask_ops[node->outputs[i]->id]) lower_set_mask(l, node, i, call.out[i].op);
    return !l->ir->broken;
}

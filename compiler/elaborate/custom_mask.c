/* compute_mask of the file's layers, and the mask= function of a Lambda: what hangs on a layer's outputs.
 *
 * Source: keras/src/layers/layer.py (_set_mask_metadata). Keras calls it twice: on the symbolic tensors of
 * the model, where what it computes are operations with names, and on the values of each run. So do we:
 * custom_mask_symbolic sets the masks of a new node's outputs, and custom_mask_inside computes them once more
 * inside of the layer, for the masks that cross the borders of models when one is lowered.
 */
#include <string.h>

#include "elaborate/classes.h"

bool custom_has_mask(const Layer *layer) {
    if (lambda_is(layer)) return lambda_has_mask(layer);
    return layer->instance && (layer->class_->flags & LAYER_SUPPORTS_MASKING) &&
           custom_find_method(layer, "compute_mask").kind == VALUE_FUNCTION;
}

/* Keras' first_arg: the value of the first parameter of call(). */
static Value first_argument(const Layer *layer, const Arguments *arguments) {
    const Value call = custom_find_method(layer, "call");
    const bool own = call.kind == VALUE_FUNCTION && call.as.function->parameters->count > 1;
    const char *name = own ? call.as.function->parameters->at[1].name.text : "inputs";
    for (size_t i = 0; i < arguments->count; i++) {
        const char *keyword = arguments->at[i].keyword;
        if (!keyword || (name && strcmp(keyword, name) == 0)) return arguments->at[i].value;
    }
    return value_none();
}

static Value mask_of(Value tensor) {
    const bool has = tensor.kind == VALUE_TENSOR && tensor.as.tensor->mask;
    return has ? value_tensor(tensor.as.tensor->mask) : value_none();
}

/* The masks in the places of the tensors; false where these are nested more deeply than in a list. */
static bool previous_masks(Arena *arena, Value first, Value *out) {
    const List *items = value_sequence(first);
    *out = mask_of(first);
    if (!items) return first.kind == VALUE_TENSOR;
    *out = value_list_new(arena, first.kind);
    for (size_t i = 0; i < items->items.count; i++) {
        if (items->items.at[i].kind != VALUE_TENSOR) return false;
        value_list_push(arena, *out, mask_of(items->items.at[i]));
    }
    return true;
}

/* compute_mask(inputs, previous_mask) */
static bool compute(Eval *eval, Layer *layer, const Arguments *own, Value *result) {
    Argument *list = ARENA_ARRAY(eval->arena, Argument, 2);
    Arguments *arguments = ARENA_NEW(eval->arena, Arguments);
    *arguments = (Arguments){list, 2, own->call};
    list[0] = (Argument){.value = first_argument(layer, own), .at = own->call};
    list[1] = (Argument){.value = value_none(), .at = own->call};
    if (!previous_masks(eval->arena, list[0].value, &list[1].value)) {
        *result = eval_opaque(eval, own->call, "the mask of nested inputs is not evaluated");
        return true;
    }
    if (lambda_is(layer)) return eval_call(eval, lambda_mask(layer), arguments, result);
    const Value method = custom_find_method(layer, "compute_mask");
    const Value bound = instance_bind(eval, value_layer(layer), method.as.function);
    return instance_call_method(eval, bound.as.method, arguments, result);
}

/* The masks by output; NULL: none. False after an exception. */
static bool by_output(Eval *eval, const Layer *layer, Value result, SourceRange at, Tensor **masks,
                      size_t n) {
    const List *items = value_sequence(result);
    const size_t count = items ? items->items.count : 1;
    for (size_t i = 0; i < n; i++) masks[i] = NULL;
    for (size_t i = 0; i < count; i++) {
        const Value item = items ? items->items.at[i] : result;
        if (item.kind != VALUE_TENSOR && !value_is_none(item))
            return eval_raise(eval, E671, NULL, at,
                              "the mask function of layer \"%s\" gives %s, not a tensor or None", layer->name,
                              value_repr(eval->arena, item));
        if (i < n && item.kind == VALUE_TENSOR) masks[i] = item.as.tensor;
    }
    return true;
}

bool custom_mask_symbolic(Eval *eval, Node *node) {
    Tensor **masks = ARENA_ARRAY(eval->arena, Tensor *, node->n_outputs);
    Value result;
    if (!compute(eval, node->layer, node->arguments, &result)) return false;
    if (eval_opaque_of(result)) return true; /* custom_mask_inside has seen it */
    if (!by_output(eval, node->layer, result, node->at, masks, node->n_outputs)) return false;
    for (size_t i = 0; i < node->n_outputs; i++) node->outputs[i]->mask = masks[i];
    return true;
}

bool custom_mask_inside(Eval *eval, Layer *layer, const Arguments *own, Tensor *const *outer,
                        ModelCall *inside, size_t n_inputs, size_t n_outputs, const Opaque **unknown) {
    Value result;
    inside->input_masks = ARENA_ARRAY(eval->arena, Tensor *, n_inputs);
    inside->masks = ARENA_ARRAY(eval->arena, Tensor *, n_outputs);
    for (size_t i = 0; i < n_inputs; i++) {
        const Tensor *mask = outer[i]->mask;
        if (!mask) continue;
        Tensor *stand_in = graph_add_tensor(eval->graph, &mask->shape, mask->dtype, "traced", own->call);
        stand_in->traced = true;
        inside->inputs[i]->mask = inside->input_masks[i] = stand_in;
    }
    const bool ok = compute(eval, layer, own, &result);
    for (size_t i = 0; i < n_inputs; i++) inside->inputs[i]->mask = NULL; /* as call() saw it */
    *unknown = ok ? eval_opaque_inside(result) : NULL;
    return ok && (*unknown || by_output(eval, layer, result, own->call, inside->masks, n_outputs));
}

/* A function of the file as an activation: Dense(4, activation=lambda x: ops.tanh(x) * 2).
 *
 * In:  the Lambda that the elaborator made of it (elaborate/eval_activation.c), and what the layer computed.
 * Out: the Lambda's inside on that. It is called on a traced tensor, so that it counts no names, as in Keras,
 *   whose layers run their activations on no symbolic tensors.
 */
#include "layers/rules.h"

/* The node of a call on a tensor of this kind; NULL after reporting. */
static Node *call_function(Graph *graph, const ActivationRef *ref, const Shape *shape, DType dtype,
                           const Layer *owner, SourceRange at) {
    Tensor *tensor = graph_add_tensor(graph, shape, dtype, "traced", at);
    Argument *argument = ARENA_NEW(graph->arena, Argument);
    Arguments *arguments = ARENA_NEW(graph->arena, Arguments);
    Value result;
    tensor->traced = true;
    *argument = (Argument){.value = value_tensor(tensor), .at = at};
    *arguments = (Arguments){argument, 1, at};
    ref->function->compute_dtype = dtype; /* Keras calls a function, which casts nothing */
    if (!layer_call(graph, ref->function, arguments, &result)) return NULL;
    const Opaque *unknown = value_find_opaque(result);
    if (result.kind == VALUE_TENSOR && !unknown) {
        Tensor *made = result.as.tensor;
        if (made->poisoned) return NULL;
        if (shape_equal(&made->shape, shape)) return tensor_node(made);
        diag_report(graph->diags, E670, at, "the activation of layer \"%s\" makes shape %s of shape %s",
                    owner->name, shape_text(graph->arena, &made->shape), shape_text(graph->arena, shape));
        return NULL;
    }
    diag_report(graph->diags, E670, at, "the activation of layer \"%s\" is not evaluated: %s", owner->name,
                unknown && unknown->reason ? unknown->reason : "it does not give one tensor");
    return NULL;
}

bool activation_function_infer(LayerCall *call, const ActivationRef *ref, const Shape *shape) {
    return call_function(call->graph, ref, shape, call->layer->compute_dtype, call->layer, call->at) != NULL;
}

Op *activation_function_lower(Lowering *l, const Node *node, const ActivationRef *ref, Op *x) {
    Node *inner = call_function(l->graph, ref, &x->shape, x->dtype, node->layer, node->at);
    Op *y = NULL;
    if (inner) {
        const Lowering outer = *l; /* memos for the tensors that the call has just made */
        l->tensor_ops = ARENA_ARRAY(l->ir->arena, Op *, l->graph->tensors.count);
        l->mask_ops = ARENA_ARRAY(l->ir->arena, Op *, l->graph->tensors.count);
        if (!l->lower_inner(l, inner, &x, &y)) y = NULL;
        l->tensor_ops = outer.tensor_ops;
        l->mask_ops = outer.mask_ops;
    }
    if (!y) l->ir->broken = true;
    return y ? y : x;
}

/* Operations: nodes of the graph that are no layers of the model. */
#include <string.h>

#include "base/text.h"
#include "layers/operation.h"

typedef struct Inputs {
    Arena *arena;
    VEC(Tensor *) tensors;
    bool poisoned;
} Inputs;

static void add_input(void *context, Tensor *tensor) {
    Inputs *inputs = context;
    vec_push(inputs->arena, &inputs->tensors, tensor);
    inputs->poisoned = inputs->poisoned || tensor->poisoned;
}

static const Arguments *make_arguments(Arena *arena, const Value *operands, size_t count, SourceRange at) {
    Argument *list = ARENA_ARRAY(arena, Argument, count);
    Arguments *arguments = ARENA_NEW(arena, Arguments);
    for (size_t i = 0; i < count; i++) list[i] = (Argument){.value = operands[i], .at = at};
    *arguments = (Arguments){list, count, at};
    return arguments;
}

bool operation_record(Graph *graph, const LayerClass *class_, const Value *operands, size_t count,
                      void *attrs, SourceRange at, Value *out) {
    Inputs inputs = {.arena = graph->arena};
    for (size_t i = 0; i < count; i++) {
        const Opaque *opaque = value_find_opaque(operands[i]);
        if (opaque) return *out = (Value){.kind = VALUE_OPAQUE, .as.opaque = opaque}, true;
        value_each_tensor(operands[i], add_input, &inputs);
    }
    if (inputs.poisoned) return *out = layer_poison(graph, at), true;
    LayerCall call = {.graph = graph, .at = at, .node_attrs = attrs};
    const char *traced = graph_traced_name(inputs.tensors.at, inputs.tensors.count);
    call.layer =
        graph_add_layer(graph, class_, traced ? graph_snake_case(graph->arena, class_->name) : NULL, at);
    const char *name = graph_operation_name(graph, at); /* the automatic one counts all the same */
    if (name) call.layer->name = name;
    call.arguments = make_arguments(graph->arena, operands, count, at);
    call.inputs = inputs.tensors.at;
    call.n_inputs = inputs.tensors.count;
    return layer_call_tensors(&call, out);
}

const char *shape_list_text(Arena *arena, const Shape *shape) {
    Text text = text_new(arena);
    for (int i = 0; i < shape->rank; i++) {
        text_add(&text, i ? ", " : "[");
        if (shape->dim[i] == DIM_UNKNOWN)
            text_add(&text, "None");
        else
            text_printf(&text, "%lld", (long long)shape->dim[i]);
    }
    text_add(&text, shape->rank ? "]" : "[]");
    return text.data;
}

/* The pair of extents, counted from the last axes, that does not fit. */
static void find_mismatch(const Shape *a, const Shape *b, long long *x, long long *y) {
    Shape ignored;
    const int common = a->rank < b->rank ? a->rank : b->rank;
    for (int i = common; i >= 1; i--) {
        const Shape left = {1, {a->dim[a->rank - i]}}, right = {1, {b->dim[b->rank - i]}};
        if (shape_broadcast(&left, &right, &ignored)) continue;
        *x = (long long)left.dim[0];
        *y = (long long)right.dim[0];
        return;
    }
}

bool operation_broadcast(LayerCall *call, const Shape *a, const Shape *b, Shape *out) {
    Arena *arena = call->graph->arena;
    long long x = 0, y = 0;
    if (shape_broadcast(a, b, out)) return true;
    find_mismatch(a, b, &x, &y);
    diag_report(call->graph->diags, E271, call->at,
                "Cannot broadcast shape, the failure dim has value %lld, which cannot be broadcasted to "
                "%lld. Input shapes are: "
                "%s and %s",
                x, y, shape_list_text(arena, a), shape_list_text(arena, b));
    for (size_t i = 0; i < call->n_inputs; i++) layer_note_history(call->graph, call->inputs[i]);
    return false;
}

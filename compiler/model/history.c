/* The graph behind one tensor, retrieved from its history alone.
 *
 * In:  a tensor. Out: one line for each call it depends on, from the tensor back to the Inputs; what a call
 * takes stands below it, indented where there are several; a call that was shown before is only referred to.
 */
#include "base/text.h"
#include "model/parts.h"

typedef struct Visit {
    const Tensor *tensor;
    size_t indent;
} Visit;

typedef struct Trace {
    Arena *arena;
    const Sources *sources;
    Map shown; /* calls, by "layer id:node" */
    VEC(Visit) stack;
    FILE *out;
} Trace;

static const char *reference(Arena *arena, const Tensor *tensor) {
    const History *history = &tensor->history;
    if (!history->layer) return tensor->name;
    return arena_printf(arena, "%s[%u][%u]", history->layer->name, (unsigned)history->node_index,
                        (unsigned)history->tensor_index);
}

static void print_inputs(Trace *trace, const Node *node) {
    for (size_t i = 0; i < node->n_inputs; i++)
        fprintf(trace->out, "%s%s", i ? ", " : "  <- ", reference(trace->arena, node->inputs[i]));
    fputc('\n', trace->out);
}

static void print_call(Trace *trace, const Visit *visit, const Node *node) {
    const Tensor *tensor = visit->tensor;
    const SourceRange at = node->n_inputs ? node->at : node->layer->at;
    fprintf(trace->out, "%s  node %u, tensor %u  %s %s%s  %s", layer_label(trace->arena, node->layer),
            (unsigned)tensor->history.node_index, (unsigned)tensor->history.tensor_index,
            shape_text(trace->arena, &tensor->shape), dtype_name(tensor->dtype),
            tensor->sparse ? " sparse" : "", source_label(trace->arena, trace->sources, at));
    print_inputs(trace, node);
}

static void visit(Trace *trace, Visit here) {
    const Node *node = tensor_node(here.tensor);
    for (size_t i = 0; i < here.indent; i++) fputs("    ", trace->out);
    if (!node) {
        fprintf(trace->out, "%s  %s %s  without history\n", here.tensor->name,
                shape_text(trace->arena, &here.tensor->shape), dtype_name(here.tensor->dtype));
        return;
    }
    const char *key = arena_printf(trace->arena, "%u:%u", (unsigned)node->layer->id, (unsigned)node->index);
    if (map_has(&trace->shown, key)) {
        fprintf(trace->out, "%s  as above\n", reference(trace->arena, here.tensor));
        return;
    }
    map_put(&trace->shown, key, trace);
    print_call(trace, &here, node);
    const size_t indent = here.indent + (node->n_inputs > 1);
    for (size_t i = node->n_inputs; i-- > 0;)
        vec_push(trace->arena, &trace->stack, ((Visit){node->inputs[i], indent}));
}

void model_history(Arena *arena, const Sources *sources, const Tensor *tensor, FILE *out) {
    Trace trace = {.arena = arena, .sources = sources, .shown = map_new(arena), .out = out};
    vec_push(arena, &trace.stack, ((Visit){tensor, 0}));
    while (trace.stack.count > 0) visit(&trace, trace.stack.at[--trace.stack.count]);
}

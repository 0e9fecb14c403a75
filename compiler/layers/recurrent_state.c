/* What a stateful recurrent layer keeps, as operations inside its call: for cells of the file, whose steps
 * are traced. One reads a state, one hands its first operand on and keeps the others for the next run.
 */
#include "layers/operation.h"
#include "layers/recurrent.h"

typedef struct StateAttrs {
    const Layer *owner;
    size_t slot;
    Shape shape;
    DType dtype;
} StateAttrs;

static bool read_infer(LayerCall *call) {
    const StateAttrs *attrs = call->node_attrs;
    call->n_outputs = 1;
    call->output_shapes[0] = attrs->shape;
    call->output_dtypes[0] = attrs->dtype;
    return true;
}

static bool read_lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    const StateAttrs *attrs = node->attrs;
    Shape shape = attrs->shape;
    shape.dim[0] = inputs[0]->shape.dim[0];
    outputs[0] = ir_state(l, node, attrs->owner, attrs->slot, &shape, attrs->dtype);
    return true;
}

static bool keep_infer(LayerCall *call) {
    call->n_outputs = 1;
    call->output_shapes[0] = call->inputs[0]->shape;
    call->output_dtypes[0] = call->inputs[0]->dtype;
    return true;
}

static bool keep_lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    const StateAttrs *attrs = node->attrs;
    for (size_t i = 1; i < node->n_inputs; i++) ir_set_state(l, attrs->owner, i - 1, inputs[i]);
    outputs[0] = inputs[0];
    return true;
}

static const LayerClass read_class = {.name = "RnnState",
                                      .module = "keras.src.layers",
                                      .about = "what a stateful layer kept",
                                      .flags = LAYER_OPERATION | LAYER_NO_AUTOCAST,
                                      .infer = read_infer,
                                      .lower = read_lower};
static const LayerClass keep_class = {.name = "RnnKeep",
                                      .module = "keras.src.layers",
                                      .about = "keeps states for the next run",
                                      .flags = LAYER_OPERATION | LAYER_NO_AUTOCAST,
                                      .infer = keep_infer,
                                      .lower = keep_lower};

bool rnn_read_state(Graph *graph, const Layer *owner, size_t slot, Value like, const Shape *shape,
                    DType dtype, SourceRange at, Value *out) {
    StateAttrs *attrs = ARENA_NEW(graph->arena, StateAttrs);
    *attrs = (StateAttrs){owner, slot, *shape, dtype};
    return operation_record(graph, &read_class, &like, 1, attrs, at, out);
}

bool rnn_keep_states(Graph *graph, const Layer *owner, Value output, Value states, SourceRange at,
                     Value *out) {
    StateAttrs *attrs = ARENA_NEW(graph->arena, StateAttrs);
    *attrs = (StateAttrs){.owner = owner};
    return operation_record(graph, &keep_class, (Value[]){output, states}, 2, attrs, at, out);
}

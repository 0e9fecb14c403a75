/* A cell called on its own: h, [h, c] = LSTMCell(8)(x, [h, c]), one step.
 *
 * Keras: call() of layers/rnn/lstm.py, gru.py, simple_rnn.py. The states come back in a list where they were
 * given in one.
 */
#include "layers/recurrent.h"

static size_t count_states(const Layer *cell) {
    return (size_t)recurrent_states(rnn_cell_kind(cell));
}

static bool is_list(Value value) {
    return value.kind == VALUE_LIST || value.kind == VALUE_TUPLE;
}

static bool report_states(LayerCall *call, SourceRange at, const char *found) {
    return diag_report(call->graph->diags, E289, at,
                       "layer \"%s\" (%s) is called on an input and a list of %zu state%s, and received %s",
                       call->layer->name, call->layer->class_->name, count_states(call->layer),
                       count_states(call->layer) == 1 ? "" : "s", found);
}

bool rnn_cell_accept(LayerCall *call) {
    const Layer *cell = call->layer;
    const Argument *states = layer_call_argument(call, "states");
    if (!states) return report_states(call, call->at, "no states");
    const bool one = states->value.kind == VALUE_TENSOR && count_states(cell) == 1;
    if (!one && (!is_list(states->value) || call->n_inputs < 1 + count_states(cell)))
        return report_states(call, states->at, value_text(call->graph->arena, states->value));
    if (!layer_expect_rank(call, 0, 2)) return false;
    const RnnAttrs *attrs = cell->attrs;
    for (size_t i = 1; i < call->n_inputs; i++)
        if (!layer_expect_rank(call, i, 2) || !layer_expect_axis(call, i, -1, attrs->units)) return false;
    return !cell->built || layer_expect_axis(call, 0, -1, cell->weights.at[0]->shape.dim[0]);
}

bool rnn_cell_infer(LayerCall *call) {
    const RnnAttrs *attrs = call->layer->attrs;
    const Shape shape = {2, {call->inputs[0]->shape.dim[0], attrs->units}};
    call->n_outputs = 1 + count_states(call->layer);
    for (size_t i = 0; i < call->n_outputs; i++) call->output_shapes[i] = shape;
    return true;
}

Value rnn_cell_result(LayerCall *call, Tensor *const *outputs) {
    Arena *arena = call->graph->arena;
    const Value both = value_list_new(arena, VALUE_TUPLE), states = value_list_new(arena, VALUE_LIST);
    const Argument *given = layer_call_argument(call, "states");
    for (size_t i = 1; i < call->n_outputs; i++) value_list_push(arena, states, value_tensor(outputs[i]));
    value_list_push(arena, both, value_tensor(outputs[0]));
    value_list_push(arena, both, given && is_list(given->value) ? states : value_tensor(outputs[1]));
    return both;
}

bool rnn_cell_lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    const Shape step = {3, {inputs[0]->shape.dim[0], 1, inputs[0]->shape.dim[1]}};
    const RnnRun run = {.x = ir_reshape(l, node, inputs[0], &step), .initial = inputs + 1};
    const RecurrentAttrs attrs = {.states = true};
    RnnResult result = {0};
    if (!rnn_lower_cell(l, node, node->layer, attrs, &run, &result)) return false;
    outputs[0] = result.output;
    for (size_t i = 0; i < result.n_states; i++) outputs[i + 1] = result.states[i];
    return true;
}

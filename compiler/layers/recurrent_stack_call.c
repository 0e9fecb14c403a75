/* StackedRNNCells called on its own: y, [[h, c], s] = cells(x, [[h, c], s]), one step of each cell.
 *
 * Keras: call() of layers/rnn/stacked_rnn_cells.py. The list of states has an item for each cell, a tensor or
 * a list; cells without an item do not run, items without a cell are not used. The states come back in the
 * form in which they were given, without the outer list where one cell ran.
 */
#include "layers/recurrent.h"

static bool is_list(Value value) {
    return value.kind == VALUE_LIST || value.kind == VALUE_TUPLE;
}

static const List *states_of(const LayerCall *call) {
    return layer_call_argument(call, "states")->value.as.list;
}

static size_t states_of_cell(const Layer *cell) {
    return (size_t)recurrent_states(rnn_cell_kind(cell));
}

/* The cells that have states, and so run. */
static size_t running(const LayerCall *call) {
    const size_t cells = call->layer->n_sublayers, given = states_of(call)->items.count;
    return given < cells ? given : cells;
}

static bool report_states(LayerCall *call, SourceRange at, const char *wanted, Value found) {
    return diag_report(call->graph->diags, E289, at,
                       "layer \"%s\" (StackedRNNCells) is called on an input and a list of states, %s. "
                       "Received: states=%s",
                       call->layer->name, wanted, value_text(call->graph->arena, found));
}

/* How many of the call's inputs an item is. */
static size_t tensors_of(Value item) {
    return is_list(item) ? item.as.list->items.count : 1;
}

/* A tensor, or a list of tensors: one for each state of the cell, and others that it does not use. */
static bool fits_cell(Value item, const Layer *cell) {
    if (item.kind == VALUE_TENSOR) return states_of_cell(cell) == 1;
    if (!is_list(item) || item.as.list->items.count < states_of_cell(cell)) return false;
    for (size_t i = 0; i < item.as.list->items.count; i++)
        if (item.as.list->items.at[i].kind != VALUE_TENSOR) return false;
    return true;
}

static bool accept_cell(LayerCall *call, SourceRange at, size_t index, size_t *input) {
    const Layer *cell = call->layer->sublayers[index];
    const Value item = states_of(call)->items.at[index];
    if (!rnn_is_cell(cell))
        return diag_report(
            call->graph->diags, E289, call->at,
            "layer \"%s\" (StackedRNNCells) is called on a tensor, and its cell \"%s\" is of a "
            "class of the file: only an RNN can run it",
            call->layer->name, cell->name);
    if (!fits_cell(item, cell))
        return report_states(call, at,
                             arena_printf(call->graph->arena, "of which cell \"%s\" takes %s", cell->name,
                                          states_of_cell(cell) == 1 ? "a tensor" : "a list of 2 tensors"),
                             item);
    for (size_t i = 0; i < states_of_cell(cell); i++)
        if (!layer_expect_rank(call, *input + i, 2) ||
            !layer_expect_axis(call, *input + i, -1, ((const RnnAttrs *)cell->attrs)->units))
            return false;
    *input += tensors_of(item);
    return true;
}

bool rnn_stack_accept(LayerCall *call) {
    const Argument *states = layer_call_argument(call, "states");
    const Layer *first = call->layer->sublayers[0];
    size_t input = 1;
    if (!states || !is_list(states->value) || states->value.as.list->items.count == 0)
        return report_states(call, states ? states->at : call->at, "an item for each cell",
                             states ? states->value : value_none());
    if (!layer_expect_rank(call, 0, 2)) return false;
    for (size_t i = 0; i < running(call); i++)
        if (!accept_cell(call, states->at, i, &input)) return false;
    return !first->built || layer_expect_axis(call, 0, -1, first->weights.at[0]->shape.dim[0]);
}

bool rnn_stack_build(LayerCall *call) {
    int64_t width = call->inputs[0]->shape.dim[1];
    for (size_t i = 0; i < call->layer->n_sublayers; i++) {
        Layer *cell = call->layer->sublayers[i];
        if (!rnn_build_cell(call, call->layer, cell, width)) return false;
        width = ((const RnnAttrs *)cell->attrs)->units;
    }
    return true;
}

static void add_output(LayerCall *call, size_t index, const Layer *cell) {
    call->output_shapes[index] =
        (Shape){2, {call->inputs[0]->shape.dim[0], ((const RnnAttrs *)cell->attrs)->units}};
    call->output_dtypes[index] = cell->compute_dtype;
}

bool rnn_stack_infer(LayerCall *call) {
    Layer *const *cells = call->layer->sublayers;
    const size_t count = running(call);
    call->n_outputs = 1;
    add_output(call, 0, cells[count - 1]);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < states_of_cell(cells[i]); k++) add_output(call, call->n_outputs++, cells[i]);
    return true;
}

Value rnn_stack_result(LayerCall *call, Tensor *const *outputs) {
    Arena *arena = call->graph->arena;
    const Value both = value_list_new(arena, VALUE_TUPLE), states = value_list_new(arena, VALUE_LIST);
    const size_t count = running(call);
    value_list_push(arena, both, value_tensor(*outputs++));
    for (size_t i = 0; i < count; i++) {
        const bool listed = is_list(states_of(call)->items.at[i]);
        const Value own = listed ? value_list_new(arena, VALUE_LIST) : value_tensor(*outputs);
        for (size_t k = 0; k < states_of_cell(call->layer->sublayers[i]); k++, outputs++)
            if (listed) value_list_push(arena, own, value_tensor(*outputs));
        value_list_push(arena, states, own);
    }
    value_list_push(arena, both, count == 1 ? states.as.list->items.at[0] : states);
    return both;
}

bool rnn_stack_lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    const LayerCall call = {.layer = node->layer, .arguments = node->arguments};
    const RecurrentAttrs attrs = {.states = true};
    size_t input = 1, n = 1;
    Op *x = inputs[0];
    for (size_t i = 0; i < running(&call); i++) {
        const Layer *cell = node->layer->sublayers[i];
        const Shape step = {3, {x->shape.dim[0], 1, x->shape.dim[1]}};
        Op *initial[2] = {NULL, NULL};
        for (size_t k = 0; k < states_of_cell(cell); k++)
            initial[k] = ir_cast(l, node, inputs[input + k], cell->compute_dtype);
        const RnnRun run = {.x = ir_reshape(l, node, ir_cast(l, node, x, cell->compute_dtype), &step),
                            .initial = initial};
        RnnResult result = {0};
        if (!rnn_lower_cell(l, node, cell, attrs, &run, &result)) return false;
        for (size_t k = 0; k < result.n_states; k++) outputs[n++] = result.states[k];
        input += tensors_of(states_of(&call)->items.at[i]);
        x = result.output;
    }
    outputs[0] = x;
    return true;
}

/* SimpleRNN, GRU, LSTM and RNN: a cell over all steps of a sequence. Keras: layers/rnn/rnn.py and its
 * siblings. */
#include <string.h>

#include "layers/recurrent.h"

const char *const RNN_CALL_PARAMS[] = {"sequences", "initial_state", "mask", "training", NULL};

#define CUDNN_PARAM                                                                                          \
    { FIELD(RnnAttrs, use_cudnn), .kind = PARAM_VALUE, .fallback = "'auto'", .about = "no effect" }

static const ParamSpec simple_params[] = {
    RNN_UNITS_PARAM,   RNN_ACTIVATION_PARAM,  RNN_WEIGHT_PARAMS,
    RNN_LAYER_IGNORED, RNN_DROPOUT_PARAMS,    RNN_SEQUENCE_PARAMS,
    IGNORED("seed"),   RNN_ZERO_OUTPUT_PARAM, {0},
};
static const ParamSpec gru_params[] = {
    RNN_UNITS_PARAM,
    RNN_ACTIVATION_PARAM,
    RNN_RECURRENT_ACTIVATION_PARAM,
    RNN_WEIGHT_PARAMS,
    RNN_LAYER_IGNORED,
    RNN_DROPOUT_PARAMS,
    IGNORED("seed"),
    RNN_SEQUENCE_PARAMS,
    RNN_RESET_AFTER_PARAM,
    CUDNN_PARAM,
    RNN_IMPLEMENTATION_PARAM,
    RNN_ZERO_OUTPUT_PARAM,
    {0},
};
static const ParamSpec lstm_params[] = {
    RNN_UNITS_PARAM,
    RNN_ACTIVATION_PARAM,
    RNN_RECURRENT_ACTIVATION_PARAM,
    RNN_WEIGHT_PARAMS,
    RNN_FORGET_PARAM,
    RNN_LAYER_IGNORED,
    RNN_DROPOUT_PARAMS,
    IGNORED("seed"),
    RNN_SEQUENCE_PARAMS,
    CUDNN_PARAM,
    RNN_IMPLEMENTATION_PARAM,
    RNN_ZERO_OUTPUT_PARAM,
    {0},
};
static const ParamSpec rnn_params[] = {
    {FIELD(RnnAttrs, cell), .kind = PARAM_VALUE, .required = true, .about = "a cell, or a list of cells"},
    RNN_SEQUENCE_PARAMS,
    {FIELD(RnnAttrs, zero_output_for_mask), .kind = PARAM_BOOL, .fallback = "False",
     .about = "masked steps give 0"},
    {0},
};

/* ---- construction ---- */

static bool check_cudnn(Graph *graph, const Layer *layer, const Arguments *arguments) {
    const RnnAttrs *attrs = layer->attrs;
    const Value value = attrs->use_cudnn;
    const char *text = value_c_str(value);
    if (value.kind == VALUE_BOOL || value_is_none(value) || (text && strcmp(text, "auto") == 0)) return true;
    return diag_report(
        graph->diags, E204, layer_argument_at(layer->class_, arguments, "use_cudnn"),
        "Invalid valid received for argument `use_cudnn`. Expected one of {'auto', True, False}. "
        "Received: use_cudnn=%s",
        value_text(graph->arena, value));
}

static bool own_cell(Graph *graph, Layer *layer, const Arguments *arguments, const LayerClass *class_,
                     const char *name) {
    if (!rnn_check_units(graph, layer, arguments) || !check_cudnn(graph, layer, arguments)) return false;
    Layer *cell = rnn_own_cell(graph, layer, class_, name, arguments->call);
    rnn_set_sublayers(graph, layer, &cell, (const char *const[]){"cell"}, 1);
    return true;
}

static bool simple_validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    return own_cell(graph, layer, arguments, &LAYER_CLASS_SIMPLE_RNN_CELL, "simple_rnn_cell");
}
static bool gru_validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    return own_cell(graph, layer, arguments, &LAYER_CLASS_GRU_CELL, "gru_cell");
}
static bool lstm_validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    return own_cell(graph, layer, arguments, &LAYER_CLASS_LSTM_CELL, "lstm_cell");
}

static bool rnn_validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    const RnnAttrs *attrs = layer->attrs;
    const Argument *given = layer_argument(layer->class_, arguments, "cell");
    Value cell = attrs->cell;
    if (cell.kind == VALUE_LIST || cell.kind == VALUE_TUPLE) {
        Layer *stack = NULL;
        const Argument cells = {.value = cell, .at = given->at};
        const Arguments construct = {&cells, 1, given->at};
        if (!layer_construct(graph, &LAYER_CLASS_STACKED_RNN_CELLS, &construct, &stack)) return false;
        cell = value_layer(stack);
    }
    if (cell.kind != VALUE_LAYER || !rnn_is_cell(cell.as.layer)) {
        diag_report(graph->diags, E287, given->at,
                    "Argument `cell` should have a `call` method and a `state_size` attribute: "
                    "SimpleRNNCell, GRUCell, "
                    "LSTMCell, or a list of these. Received: cell=%s",
                    value_text(graph->arena, cell));
        return false;
    }
    layer->opaque = layer->opaque ? layer->opaque : cell.as.layer->opaque;
    rnn_set_sublayers(graph, layer, &cell.as.layer, (const char *const[]){"cell"}, 1);
    return true;
}

/* ---- shapes ---- */

bool rnn_is_layer(const Layer *layer) {
    return layer->class_ == &LAYER_CLASS_LSTM || layer->class_ == &LAYER_CLASS_GRU ||
           layer->class_ == &LAYER_CLASS_SIMPLE_RNN || layer->class_ == &LAYER_CLASS_RNN;
}

static size_t cells_of(const Layer *layer, Layer *const **cells) {
    Layer *const *own = layer->sublayers;
    *cells = own;
    return own[0]->class_ == &LAYER_CLASS_STACKED_RNN_CELLS ? rnn_cells(own[0], cells) : 1;
}

size_t rnn_state_count(const Layer *layer) {
    Layer *const *cells;
    const size_t count = cells_of(layer, &cells);
    size_t states = 0;
    for (size_t i = 0; i < count; i++) states += (size_t)recurrent_states(rnn_cell_kind(cells[i]));
    return states;
}

size_t rnn_output_shapes(const Layer *layer, const Shape *input, Shape *out) {
    const RnnAttrs *attrs = layer->attrs;
    Layer *const *cells;
    const size_t count = cells_of(layer, &cells);
    size_t n = 1;
    const int64_t units = ((const RnnAttrs *)cells[count - 1]->attrs)->units;
    out[0] = attrs->return_sequences ? (Shape){3, {input->dim[0], input->dim[1], units}}
                                     : (Shape){2, {input->dim[0], units}};
    for (size_t i = 0; i < count && attrs->return_state; i++)
        for (int k = 0; k < recurrent_states(rnn_cell_kind(cells[i])); k++)
            out[n++] = (Shape){2, {input->dim[0], ((const RnnAttrs *)cells[i]->attrs)->units}};
    return n;
}

/* ---- a call ---- */

static bool bad_states(LayerCall *call, const Argument *argument, const Layer *layer, size_t wanted) {
    return diag_report(call->graph->diags, E264, argument->at,
                       "initial_state of layer \"%s\" must be %zu tensor%s, one for each state. Received: "
                       "initial_state=%s",
                       layer->name, wanted, wanted == 1 ? "" : "s",
                       value_text(call->graph->arena, argument->value));
}

static void count_tensor(void *context, Tensor *tensor) {
    (void)tensor;
    ++*(size_t *)context;
}

/* Nothing but tensors, in lists. */
static bool holds_tensors(Value value) {
    if (value.kind == VALUE_TENSOR) return true;
    if (value.kind != VALUE_LIST && value.kind != VALUE_TUPLE) return false;
    for (size_t i = 0; i < value.as.list->items.count; i++)
        if (!holds_tensors(value.as.list->items.at[i])) return false;
    return true;
}

static bool check_states(LayerCall *call, const Layer *layer, size_t wanted) {
    const Argument *argument = layer_call_argument(call, "initial_state");
    size_t count = 0;
    if (!argument || value_is_none(argument->value)) return true;
    value_each_tensor(argument->value, count_tensor, &count);
    if (count != wanted || !holds_tensors(argument->value)) return bad_states(call, argument, layer, wanted);
    if (call->inputs[0]->mask && !layer_call_argument(call, "mask"))
        diag_report(call->graph->diags, W255, argument->at,
                    "the mask of the input is not used by layer \"%s\": Keras hands it on only where the "
                    "input is the "
                    "call's one tensor, and here there is initial_state too",
                    call->layer->name);
    return true;
}

static bool check_mask(LayerCall *call) {
    const Argument *argument = layer_call_argument(call, "mask");
    if (!argument || argument->value.kind != VALUE_TENSOR) return true;
    const Shape *mask = &argument->value.as.tensor->shape, *input = &call->inputs[0]->shape;
    const bool form = mask->rank == 2 || (mask->rank == 3 && mask->dim[2] == 1);
    const bool steps = form && (mask->dim[1] == input->dim[1] || mask->dim[1] == DIM_UNKNOWN ||
                                input->dim[1] == DIM_UNKNOWN);
    if (steps) return true;
    return diag_report(
        call->graph->diags, E263, argument->at,
        "the mask of layer \"%s\" must have shape (batch, steps) or (batch, steps, 1). Received: "
        "mask.shape=%s, sequence.shape=%s",
        call->layer->name, shape_text(call->graph->arena, mask), shape_text(call->graph->arena, input));
}

/* A stateful layer has a state for each sample of the batch that it was built for. */
static bool check_batch(LayerCall *call, const RnnAttrs *attrs) {
    Arena *arena = call->graph->arena;
    const Shape *input = &call->inputs[0]->shape;
    if (!attrs->stateful) return true;
    if (!call->layer->built && input->dim[0] == DIM_UNKNOWN)
        return diag_report(
            call->graph->diags, E265, call->at,
            "When using `stateful=True` in a RNN, the batch size must be static. Found dynamic batch "
            "size: sequence.shape=%s",
            shape_text(arena, input));
    if (!call->layer->built || input->dim[0] == call->layer->built_shapes[0].dim[0]) return true;
    return diag_report(
        call->graph->diags, E265, call->at,
        "If an RNN is stateful, the batch size of the input sequences must be the same as the batch size "
        "of the initial state. Expected batch size: %lld. Received shape: %s",
        (long long)call->layer->built_shapes[0].dim[0], shape_text(arena, input));
}

bool rnn_check_call(LayerCall *call, const Layer *layer, size_t n_states) {
    const RnnAttrs *attrs = layer->attrs, *cell = layer->sublayers[0]->attrs;
    const Argument *training = layer_call_training(call);
    if (training && (cell->dropout > 0 || cell->recurrent_dropout > 0))
        return diag_report(
            call->graph->diags, E261, training->at,
            "layer \"%s\" draws random numbers at inference, because it is called with training=%s",
            call->layer->name, value_text(call->graph->arena, training->value));
    const Shape *input = &call->inputs[0]->shape;
    if (attrs->unroll && input->dim[1] == DIM_UNKNOWN)
        return diag_report(
            call->graph->diags, E288, call->at,
            "Cannot unroll a RNN if the time dimension is undefined: layer \"%s\" is called on shape %s",
            call->layer->name, shape_text(call->graph->arena, input));
    return check_batch(call, attrs) && check_states(call, layer, n_states) &&
           (conv_lstm_is(layer) || check_mask(call));
}

bool rnn_accept(LayerCall *call) {
    const Layer *cell = call->layer->sublayers[0];
    Layer *const *cells;
    (void)cells_of(call->layer, &cells);
    if (!layer_expect_rank(call, 0, 3)) return false;
    if (cell->built && !layer_expect_axis(call, 0, 2, cells[0]->weights.at[0]->shape.dim[0])) return false;
    return rnn_check_call(call, call->layer, rnn_state_count(call->layer));
}

bool rnn_build(LayerCall *call, Layer *layer, const Shape *input) {
    layer->built = true;
    return rnn_build_cell(call, layer, layer->sublayers[0], input->dim[2]);
}

static bool build(LayerCall *call) {
    const bool ok = rnn_build(call, call->layer, &call->inputs[0]->shape);
    call->layer->built = false; /* set by layer_call once all went well */
    return ok;
}

static bool infer(LayerCall *call) {
    const Layer *layer = call->layer;
    const Shape *input = &call->inputs[0]->shape;
    const RnnAttrs *attrs = layer->attrs;
    if (rnn_state_count(layer) + 1 > LAYER_MAX_OUTPUTS && attrs->return_state)
        return diag_report(call->graph->diags, E289, call->at, "layer \"%s\" gives more than %d states",
                           layer->name, LAYER_MAX_OUTPUTS - 1);
    Shape shapes[RNN_MAX_STATES + 1];
    call->n_outputs = rnn_output_shapes(layer, input, shapes);
    const size_t n_states = rnn_state_count(layer);
    const Argument *states = layer_call_argument(call, "initial_state");
    for (size_t i = 0; i < call->n_outputs; i++) call->output_shapes[i] = shapes[i];
    if (!states || value_is_none(states->value)) return true;
    Shape wanted[RNN_MAX_STATES + 1];
    RnnAttrs with_state = *attrs;
    with_state.return_state = true;
    Layer probe = *layer;
    probe.attrs = &with_state;
    (void)rnn_output_shapes(&probe, input, wanted);
    for (size_t i = 0; i < n_states; i++)
        if (!shape_compatible(&wanted[i + 1], &call->inputs[i + 1]->shape))
            return diag_report(call->graph->diags, E264, states->at,
                               "initial state %zu of layer \"%s\" must have shape %s, not %s", i, layer->name,
                               shape_text(call->graph->arena, &wanted[i + 1]),
                               shape_text(call->graph->arena, &call->inputs[i + 1]->shape));
    return true;
}

/* (output, *states); a cell of several states in StackedRNNCells gives a list of them. */
static Value result(LayerCall *call, Tensor *const *outputs) {
    Arena *arena = call->graph->arena;
    Layer *const *cells;
    const size_t count = cells_of(call->layer, &cells);
    const bool nested = call->layer->sublayers[0] != cells[0];
    Value all = value_list_new(arena, VALUE_TUPLE);
    value_list_push(arena, all, value_tensor(*outputs++));
    for (size_t i = 0; i < count; i++) {
        const int states = recurrent_states(rnn_cell_kind(cells[i]));
        Value list = nested && states > 1 ? value_list_new(arena, VALUE_LIST) : all;
        for (int k = 0; k < states; k++) value_list_push(arena, list, value_tensor(*outputs++));
        if (nested && states > 1) value_list_push(arena, all, list);
    }
    return all;
}

/* The outputs of all steps have the input's mask. */
static void mask(MaskCall *call) {
    const RnnAttrs *attrs = call->layer->attrs;
    if (attrs->return_sequences) call->out[0] = call->previous[0];
}

static bool lower(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    RnnResult results;
    const size_t n_states = rnn_state_count(node->layer);
    const RnnRun run = {.x = inputs[0],
                        .mask = rnn_mask(lowering, node, lower_mask(lowering, node, inputs)),
                        .initial = lower_argument(node, inputs, "initial_state") ? inputs + 1 : NULL};
    if (!rnn_lower(lowering, node, node->layer, &run, &results)) return false;
    outputs[0] = results.output;
    for (size_t i = 0; i < n_states && node->n_outputs > 1; i++) outputs[i + 1] = results.states[i];
    return true;
}

#define RNN_CLASS(id, class_name, text, table, check)                                                        \
    const LayerClass LAYER_CLASS_##id = {.name = class_name,                                                 \
                                         .module = "keras.layers",                                           \
                                         .about = text,                                                      \
                                         .params = table,                                                    \
                                         .attrs_size = sizeof(RnnAttrs),                                     \
                                         .flags = LAYER_SUPPORTS_MASKING,                                    \
                                         .validate = check,                                                  \
                                         .accept = rnn_accept,                                               \
                                         .build = build,                                                     \
                                         .infer = infer,                                                     \
                                         .lower = lower,                                                     \
                                         .mask = mask,                                                       \
                                         .result = result,                                                   \
                                         .call_params = RNN_CALL_PARAMS}

RNN_CLASS(SIMPLE_RNN, "SimpleRNN", "h = activation(x W + h U + b) over the steps", simple_params,
          simple_validate);
RNN_CLASS(GRU, "GRU", "gated recurrent units over the steps", gru_params, gru_validate);
RNN_CLASS(LSTM, "LSTM", "long short-term memory over the steps", lstm_params, lstm_validate);
RNN_CLASS(RNN, "RNN", "a cell, or a stack of cells, over the steps", rnn_params, rnn_validate);

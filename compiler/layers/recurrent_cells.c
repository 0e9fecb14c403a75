/* SimpleRNNCell, GRUCell, LSTMCell and StackedRNNCells: what runs at each step, and its weights.
 * Keras: layers/rnn/lstm.py, gru.py, simple_rnn.py, stacked_rnn_cells.py.
 */
#include <string.h>

#include "layers/recurrent.h"

static const ParamSpec simple_params[] = {
    RNN_UNITS_PARAM,
    RNN_ACTIVATION_PARAM,
    RNN_WEIGHT_PARAMS,
    RNN_CELL_IGNORED,
    RNN_DROPOUT_PARAMS,
    IGNORED("seed"),
    {0},
};
static const ParamSpec gru_params[] = {
    RNN_UNITS_PARAM,
    RNN_ACTIVATION_PARAM,
    RNN_RECURRENT_ACTIVATION_PARAM,
    RNN_WEIGHT_PARAMS,
    RNN_CELL_IGNORED,
    RNN_DROPOUT_PARAMS,
    RNN_RESET_AFTER_PARAM,
    IGNORED("seed"),
    RNN_IMPLEMENTATION_PARAM,
    {0},
};
static const ParamSpec lstm_params[] = {
    RNN_UNITS_PARAM,
    RNN_ACTIVATION_PARAM,
    RNN_RECURRENT_ACTIVATION_PARAM,
    RNN_WEIGHT_PARAMS,
    RNN_FORGET_PARAM,
    RNN_CELL_IGNORED,
    RNN_DROPOUT_PARAMS,
    IGNORED("seed"),
    RNN_IMPLEMENTATION_PARAM,
    {0},
};

RecurrentCell rnn_cell_kind(const Layer *cell) {
    const RnnAttrs *attrs = cell->attrs;
    if (cell->class_ == &LAYER_CLASS_LSTM_CELL) return CELL_LSTM;
    if (cell->class_ == &LAYER_CLASS_SIMPLE_RNN_CELL) return CELL_SIMPLE_RNN;
    return attrs->reset_after ? CELL_GRU : CELL_GRU_RESET_BEFORE;
}

bool rnn_is_cell(const Layer *layer) {
    return layer->class_ == &LAYER_CLASS_LSTM_CELL || layer->class_ == &LAYER_CLASS_GRU_CELL ||
           layer->class_ == &LAYER_CLASS_SIMPLE_RNN_CELL || layer->class_ == &LAYER_CLASS_STACKED_RNN_CELLS;
}

size_t rnn_cells(const Layer *cell, Layer *const **out) {
    *out = cell->sublayers;
    return cell->n_sublayers;
}

bool rnn_check_units(Graph *graph, const Layer *layer, const Arguments *arguments) {
    const RnnAttrs *attrs = layer->attrs;
    if (attrs->units > 0) return true;
    return diag_report(
        graph->diags, E204, layer_argument_at(layer->class_, arguments, "units"),
        "Received an invalid value for argument `units`, expected a positive integer, got %lld",
        (long long)attrs->units);
}

static bool validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    return rnn_check_units(graph, layer, arguments);
}

void rnn_set_sublayers(Graph *graph, Layer *layer, Layer *const *inner, const char *const *names,
                       size_t count) {
    layer->n_sublayers = count;
    layer->sublayers = ARENA_ARRAY(graph->arena, Layer *, count + 1);
    layer->sublayer_names = ARENA_ARRAY(graph->arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++) {
        layer->sublayers[i] = inner[i];
        layer->sublayer_names[i] = names[i];
    }
}

Layer *rnn_own_cell(Graph *graph, const Layer *layer, const LayerClass *class_, const char *name,
                    SourceRange at) {
    Layer *cell = graph_add_layer(graph, class_, name, at);
    cell->attrs = arena_alloc(graph->arena, layer->class_->attrs_size);
    memcpy(cell->attrs, layer->attrs, layer->class_->attrs_size);
    cell->compute_dtype = layer->compute_dtype;
    cell->variable_dtype = layer->variable_dtype;
    cell->trainable = layer->trainable;
    cell->autocast = layer->autocast;
    return cell;
}

/* ---- weights ---- */

static Initializer bias_initializer(const Layer *cell) {
    const RnnAttrs *attrs = cell->attrs;
    Initializer initializer = attrs->bias_initializer;
    if (rnn_cell_kind(cell) != CELL_LSTM || !attrs->unit_forget_bias) return initializer;
    initializer.ones_begin = attrs->units;
    initializer.ones_end = 2 * attrs->units;
    return initializer;
}

static void add_weights(Graph *graph, Layer *cell, int64_t width) {
    const RnnAttrs *attrs = cell->attrs;
    const RecurrentCell kind = rnn_cell_kind(cell);
    const int64_t columns = attrs->units * recurrent_gates(kind);
    const Shape kernel = {2, {width, columns}}, recurrent = {2, {attrs->units, columns}};
    const Shape bias = kind == CELL_GRU ? (Shape){2, {2, columns}} : (Shape){1, {columns}};
    const DType dtype = cell->variable_dtype;
    graph_add_weight(graph, cell, "kernel", &kernel, dtype, true, attrs->kernel_initializer);
    graph_add_weight(graph, cell, "recurrent_kernel", &recurrent, dtype, true, attrs->recurrent_initializer);
    if (attrs->use_bias) graph_add_weight(graph, cell, "bias", &bias, dtype, true, bias_initializer(cell));
    cell->built = true;
}

static void build_cells(Graph *graph, const Layer *owner, Layer *cell, int64_t width) {
    if (cell->built) return;
    const char *outer = graph->name_scope;
    graph->name_scope = arena_printf(graph->arena, "%s%s/", outer ? outer : "", owner->name);
    if (cell->class_ != &LAYER_CLASS_STACKED_RNN_CELLS) add_weights(graph, cell, width);
    for (size_t i = 0; i < cell->n_sublayers; i++) {
        build_cells(graph, cell, cell->sublayers[i], width);
        width = ((const RnnAttrs *)cell->sublayers[i]->attrs)->units;
    }
    cell->built = true;
    graph->name_scope = outer;
}

bool rnn_build_cell(LayerCall *call, const Layer *owner, Layer *cell, int64_t width) {
    const Shape kernel = {2, {width, 1}};
    if (!layer_expect_known(call, &kernel, "kernel")) return false;
    build_cells(call->graph, owner, cell, width);
    return true;
}

/* ---- StackedRNNCells ---- */

static const ParamSpec stacked_params[] = {
    {FIELD(RnnAttrs, cells), .kind = PARAM_VALUE, .required = true, .about = "a list of cells"},
    {0},
};

static bool not_a_cell(Graph *graph, Value value, SourceRange at) {
    return diag_report(
        graph->diags, E287, at,
        "All cells must have a `call` method and a `state_size` attribute: SimpleRNNCell, GRUCell or "
        "LSTMCell. Received: %s",
        value_text(graph->arena, value));
}

/* Keras' names of the cells in a weights file: cells/lstm_cell, cells/lstm_cell_1, ... */
static const char *cell_path(Graph *graph, Layer *const *cells, size_t index) {
    const char *name = graph_snake_case(graph->arena, cells[index]->class_->name);
    size_t before = 0;
    for (size_t i = 0; i < index; i++) before += cells[i]->class_ == cells[index]->class_;
    return before ? arena_printf(graph->arena, "cells/%s_%zu", name, before)
                  : arena_printf(graph->arena, "cells/%s", name);
}

static bool stacked_validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    const RnnAttrs *attrs = layer->attrs;
    const SourceRange at = layer_argument_at(layer->class_, arguments, "cells");
    const bool list = attrs->cells.kind == VALUE_LIST || attrs->cells.kind == VALUE_TUPLE;
    Layer *cells[RNN_MAX_CELLS];
    const char *names[RNN_MAX_CELLS];
    const size_t count = list ? attrs->cells.as.list->items.count : 0;
    if (!list || count == 0) return not_a_cell(graph, attrs->cells, at);
    if (count > RNN_MAX_CELLS)
        return diag_report(graph->diags, E289, at, "StackedRNNCells takes at most %d cells, not %zu",
                           RNN_MAX_CELLS, count);
    for (size_t i = 0; i < count; i++) {
        const Value item = attrs->cells.as.list->items.at[i];
        const bool cell = item.kind == VALUE_LAYER && (rnn_is_cell(item.as.layer) || item.as.layer->instance);
        if (!cell || item.as.layer->class_ == &LAYER_CLASS_STACKED_RNN_CELLS)
            return not_a_cell(graph, item, at);
        cells[i] = item.as.layer;
        names[i] = cell_path(graph, cells, i);
    }
    rnn_set_sublayers(graph, layer, cells, names, count);
    return true;
}

/* ---- a cell called on its own ---- */

static bool cell_build(LayerCall *call) {
    const Shape kernel = {2, {call->inputs[0]->shape.dim[1], 1}};
    if (!layer_expect_known(call, &kernel, "kernel")) return false;
    add_weights(call->graph, call->layer, kernel.dim[0]);
    return true;
}

static const char *const CELL_CALL_PARAMS[] = {"inputs", "states", "training", NULL};

#define CELL_CLASS(id, class_name, text, table, check, rules, build_rule)                                    \
    const LayerClass LAYER_CLASS_##id = {.name = class_name,                                                 \
                                         .module = "keras.layers",                                           \
                                         .about = text,                                                      \
                                         .params = table,                                                    \
                                         .attrs_size = sizeof(RnnAttrs),                                     \
                                         .validate = check,                                                  \
                                         .accept = rules##_accept,                                           \
                                         .build = build_rule,                                                \
                                         .infer = rules##_infer,                                             \
                                         .result = rules##_result,                                           \
                                         .lower = rules##_lower,                                             \
                                         .call_params = CELL_CALL_PARAMS}

CELL_CLASS(SIMPLE_RNN_CELL, "SimpleRNNCell", "a step of SimpleRNN, for RNN", simple_params, validate,
           rnn_cell, cell_build);
CELL_CLASS(GRU_CELL, "GRUCell", "a step of GRU, for RNN", gru_params, validate, rnn_cell, cell_build);
CELL_CLASS(LSTM_CELL, "LSTMCell", "a step of LSTM, for RNN", lstm_params, validate, rnn_cell, cell_build);
CELL_CLASS(STACKED_RNN_CELLS, "StackedRNNCells", "cells one on another as one", stacked_params,
           stacked_validate, rnn_stack, rnn_stack_build);

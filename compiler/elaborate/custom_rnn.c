/* RNN over cells of the file, as a layer: its row, and what it takes for a cell. custom_rnn_run.c runs it.
 *
 * Source: keras/src/layers/rnn/rnn.py, stacked_rnn_cells.py.
 */
#include <string.h>

#include "elaborate/custom_rnn.h"

bool custom_rnn_is(const Layer *layer) {
    return layer->class_->params == LAYER_CLASS_RNN.params && layer->class_ != &LAYER_CLASS_RNN;
}

/* ---- cells ---- */

static bool of_the_file(Value cell) {
    if (cell.kind == VALUE_LAYER && cell.as.layer->class_ == &LAYER_CLASS_STACKED_RNN_CELLS)
        for (size_t i = 0; i < cell.as.layer->n_sublayers; i++)
            if (cell.as.layer->sublayers[i]->instance) return true;
    if (cell.kind == VALUE_LAYER) return cell.as.layer->instance && !cell.as.layer->model;
    for (size_t i = 0; i < length(cell); i++)
        if (of_the_file(item(cell, i))) return true;
    return false;
}

static bool is_sizes(Value value) {
    if (value.kind == VALUE_INT) return true;
    for (size_t i = 0; i < length(value); i++)
        if (item(value, i).kind != VALUE_INT) return false;
    return length(value) > 0;
}

bool custom_rnn_state_size(Eval *eval, const Layer *cell, SourceRange at, Value *out) {
    bool found = true;
    *out = value_none();
    if (cell->instance) {
        if (!instance_attribute(eval, value_layer((Layer *)(uintptr_t)cell), "state_size", at, out, &found))
            return false;
    } else {
        const Value units = value_int(((const RnnAttrs *)cell->attrs)->units);
        *out = units;
        if (recurrent_states(rnn_cell_kind(cell)) == 2) {
            *out = value_list_new(eval->arena, VALUE_LIST);
            value_list_push(eval->arena, *out, units);
            value_list_push(eval->arena, *out, units);
        }
    }
    if (found && is_sizes(*out)) return true;
    if (!found)
        return diag_report(eval->diags, E287, at,
                           "The RNN cell should have a `state_size` attribute (single integer or list of "
                           "integers, one integer per RNN state). Received: cell=%s",
                           value_repr(eval->arena, value_layer((Layer *)(uintptr_t)cell)));
    return diag_report(eval->diags, E287, at,
                       "state_size must be an integer, or a list/tuple of integers (one for each state "
                       "tensor). Received: %s.state_size=%s",
                       cell->name, value_repr(eval->arena, *out));
}

static bool check_cell(Eval *eval, const Layer *cell, SourceRange at) {
    Value size;
    if (cell->class_ == &LAYER_CLASS_STACKED_RNN_CELLS) {
        for (size_t i = 0; i < cell->n_sublayers; i++)
            if (!check_cell(eval, cell->sublayers[i], at)) return false;
        return true;
    }
    if (cell->instance && custom_find_method(cell, "call").kind != VALUE_FUNCTION)
        return diag_report(eval->diags, E287, at,
                           "Argument `cell` should have a `call` method. Received: cell=%s",
                           value_repr(eval->arena, value_layer((Layer *)(uintptr_t)cell)));
    return custom_rnn_state_size(eval, cell, at, &size);
}

static bool validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    const RnnAttrs *attrs = layer->attrs;
    const SourceRange at = layer_argument_at(layer->class_, arguments, "cell");
    Value cell = attrs->cell;
    if (is_list(cell)) {
        Layer *stack = NULL;
        const Argument cells = {.value = cell, .at = at};
        const Arguments construct = {&cells, 1, at};
        if (!layer_construct(graph, &LAYER_CLASS_STACKED_RNN_CELLS, &construct, &stack)) return false;
        cell = value_layer(stack);
    }
    layer->opaque = layer->opaque ? layer->opaque : cell.as.layer->opaque;
    rnn_set_sublayers(graph, layer, &cell.as.layer, (const char *const[]){"cell"}, 1);
    return layer->opaque || check_cell(custom_row(layer)->eval, cell.as.layer, at);
}

static const Argument *cell_argument(const Arguments *arguments) {
    for (size_t i = 0; i < arguments->count; i++) {
        const char *keyword = arguments->at[i].keyword;
        if (keyword ? strcmp(keyword, "cell") == 0 : i == 0) return &arguments->at[i];
    }
    return NULL;
}

const LayerClass *custom_rnn_class(Eval *eval, const LayerClass *class_, const Arguments *arguments) {
    const Argument *cell = class_ == &LAYER_CLASS_RNN ? cell_argument(arguments) : NULL;
    if (!cell || !of_the_file(cell->value)) return class_;
    CustomRow *row = map_get(&eval->modules, "class:RNN");
    if (!row) {
        row = ARENA_NEW(eval->arena, CustomRow);
        row->row = LAYER_CLASS_RNN;
        row->row.call = CUSTOM_LAYER.call;
        row->row.trace = CUSTOM_LAYER.trace;
        row->row.validate = validate;
        row->eval = eval;
        map_put(&eval->modules, "class:RNN", row);
    }
    return &row->row;
}

/* Lowering of recurrent layers: one dense for the inputs of all steps, then the recurrent op. */
#include "layers/recurrent.h"

Op *rnn_mask(Lowering *l, const Node *node, Op *mask) {
    if (!mask) return NULL;
    const Shape shape = {2, {mask->shape.dim[0], mask->shape.dim[1]}};
    if (mask->shape.rank == 3) mask = ir_reshape(l, node, mask, &shape);
    return ir_cast(l, node, mask, DTYPE_BOOL);
}

/* ---- weights ---- */

static Op *weight(Lowering *l, const Node *node, const Layer *cell, size_t index) {
    return ir_cast(l, node, ir_weight(l, cell->weights.at[index]), cell->compute_dtype);
}

/* A row of GRU's bias [2][...]: for the inputs, and for the state. */
static Op *bias_row(Lowering *l, const Node *node, Op *bias, int64_t row) {
    const Shape vector = {1, {bias->shape.dim[1]}};
    return ir_reshape(l, node, ir_slice_axis(l, node, bias, 0, row, 1), &vector);
}

/* ---- one cell ---- */

static bool as_epilogue(const ActivationRef *ref, Epilogue *out) {
    *out = (Epilogue){0};
    return activation_unary(ref, &out->function, out->parameter);
}

/* The part of the packed result that begins at `begin`: the final h, or c. */
static Op *packed_part(Lowering *l, const Node *node, Op *packed, int64_t begin, const Shape *shape) {
    int64_t count = 1;
    for (int i = 1; i < shape->rank; i++) count *= shape->dim[i];
    return ir_reshape(l, node, ir_slice_axis(l, node, packed, 1, begin, count), shape);
}

static void unpack(Lowering *l, const Node *node, Op *op, int64_t steps, RnnResult *out) {
    const RecurrentAttrs *attrs = &op->as.recurrent;
    out->output = op;
    if (!attrs->states) return;
    const Shape state = {2, {op->shape.dim[0], attrs->units}};
    const Shape sequence = {3, {op->shape.dim[0], steps, attrs->units}};
    int64_t at = attrs->sequences ? steps * attrs->units : attrs->units;
    out->output = packed_part(l, node, op, 0, attrs->sequences ? &sequence : &state);
    for (int i = 0; i < recurrent_states(attrs->cell); i++, at += attrs->units)
        out->states[out->n_states++] = packed_part(l, node, op, at, &state);
}

bool rnn_lower_cell(Lowering *l, const Node *node, const Layer *cell, RecurrentAttrs attrs, const RnnRun *run,
                    RnnResult *out) {
    const RnnAttrs *given = cell->attrs;
    Op *bias = given->use_bias ? weight(l, node, cell, 2) : NULL, *inner = NULL;
    attrs.cell = rnn_cell_kind(cell);
    attrs.units = given->units;
    if (bias && attrs.cell == CELL_GRU) {
        inner = bias_row(l, node, bias, 1);
        bias = bias_row(l, node, bias, 0);
    }
    RnnRun inside = *run;
    inside.x = ir_dense(l, node, run->x, weight(l, node, cell, 0), bias);
    Op *kernel = weight(l, node, cell, 1);
    bool plain = as_epilogue(&given->activation, &attrs.activation);
    if (attrs.cell != CELL_SIMPLE_RNN)
        plain &= as_epilogue(&given->recurrent_activation, &attrs.recurrent_activation);
    if (l->ir->broken) return false;
    plain &= kernel->dtype != DTYPE_FLOAT64; /* the kernels of whole layers compute in float32 */
    if (!plain) return rnn_unrolled(l, node, cell, &attrs, kernel, inner, &inside, out);
    Op *op = ir_recurrent(l, node, inside.x, kernel, inner, inside.initial, inside.mask, &attrs);
    unpack(l, node, op, run->x->shape.dim[1], out);
    return !l->ir->broken;
}

/* ---- the layer ---- */

/* Where a stateful layer starts; what its last call left there, where it is called twice. */
static Op **kept_states(Lowering *l, const Node *node, const Layer *layer, const RnnRun *run) {
    Layer *const *cells = layer->sublayers;
    const size_t count = cells[0]->class_ == &LAYER_CLASS_STACKED_RNN_CELLS ? rnn_cells(cells[0], &cells) : 1;
    Op **states = ARENA_ARRAY(l->ir->arena, Op *, RNN_MAX_STATES);
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        const Shape shape = {2, {run->x->shape.dim[0], ((const RnnAttrs *)cells[i]->attrs)->units}};
        for (int k = 0; k < recurrent_states(rnn_cell_kind(cells[i])); k++, n++)
            states[n] = ir_state(l, node, layer, n, &shape, run->x->dtype);
    }
    return states;
}

bool rnn_lower(Lowering *l, const Node *node, const Layer *layer, const RnnRun *run, RnnResult *out) {
    const RnnAttrs *attrs = layer->attrs;
    Layer *const *cells = layer->sublayers;
    const bool stacked = cells[0]->class_ == &LAYER_CLASS_STACKED_RNN_CELLS;
    const size_t count = stacked ? rnn_cells(cells[0], &cells) : 1;
    RnnRun inside = *run;
    *out = (RnnResult){0};
    if (attrs->stateful) {
        Op **kept =
            kept_states(l, node, layer, run); /* also where initial_state is given: they are written */
        if (!run->initial) inside.initial = kept;
    }
    for (size_t i = 0; i < count; i++) {
        const bool last = i + 1 == count;
        const RecurrentAttrs flags = {.sequences = attrs->return_sequences || !last,
                                      .states = attrs->return_state || attrs->stateful,
                                      .backwards = attrs->go_backwards,
                                      .flip = last ? run->flip : attrs->go_backwards,
                                      .zero_output = attrs->zero_output_for_mask && run->mask,
                                      .zero_as_given = attrs->unroll};
        if (!rnn_lower_cell(l, node, cells[i], flags, &inside, out)) return false;
        inside.x = out->output;
        if (inside.initial) inside.initial += recurrent_states(rnn_cell_kind(cells[i]));
    }
    for (size_t i = 0; attrs->stateful && i < out->n_states; i++) ir_set_state(l, layer, i, out->states[i]);
    return true;
}

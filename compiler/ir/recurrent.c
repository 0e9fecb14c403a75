/* OP_RECURRENT: its builder, its inputs by name, its rule, and the reference executor's step. */
#include "base/checked.h"
#include "ir/build.h"
#include "ir/execute_op.h"
#include "ir/rules.h"
#include "reference.h"

int recurrent_gates(RecurrentCell cell) {
    return cell == CELL_LSTM ? 4 : cell == CELL_SIMPLE_RNN ? 1 : 3;
}
int recurrent_states(RecurrentCell cell) {
    return cell == CELL_LSTM ? 2 : 1;
}

Op *recurrent_bias(const Op *op) {
    return op->as.recurrent.has_bias ? op->inputs[2] : NULL;
}

Op *recurrent_initial(const Op *op, int state) {
    const RecurrentAttrs *a = &op->as.recurrent;
    if (!a->has_initial || state >= recurrent_states(a->cell)) return NULL;
    return op->inputs[2 + (a->has_bias ? 1 : 0) + state];
}

Op *recurrent_mask(const Op *op) {
    return op->as.recurrent.has_mask ? op->inputs[op->n_inputs - 1] : NULL;
}

Op *ir_recurrent(Lowering *l, const Node *origin, Op *x, Op *kernel, Op *bias, Op *const *initial, Op *mask,
                 const RecurrentAttrs *attrs) {
    Op *inputs[6] = {x, ir_cast(l, origin, kernel, x->dtype)};
    size_t n = 2;
    if (bias) inputs[n++] = ir_cast(l, origin, bias, x->dtype);
    for (int i = 0; initial && i < recurrent_states(attrs->cell); i++)
        inputs[n++] = ir_cast(l, origin, initial[i], x->dtype);
    if (mask) inputs[n++] = ir_cast(l, origin, mask, DTYPE_BOOL);
    Op *op = ir_new_op(l, origin, OP_RECURRENT, inputs, n);
    op->as.recurrent = *attrs;
    op->as.recurrent.has_bias = bias != NULL;
    op->as.recurrent.has_initial = initial != NULL;
    op->as.recurrent.has_mask = mask != NULL;
    return ir_finish_op(l, op);
}

RuleResult rule_recurrent(Rule *r) {
    const RecurrentAttrs *a = &r->op->as.recurrent;
    const Shape *x = &r->op->inputs[0]->shape, *kernel = &r->op->inputs[1]->shape;
    const int64_t n = a->units;
    const int gates = recurrent_gates(a->cell), states = recurrent_states(a->cell);
    int64_t columns;
    r->dtype = r->op->inputs[0]->dtype;
    if (n < 1 || !checked_mul(n, gates, &columns)) return broken(r, "too many units");
    if (x->rank != 3 || x->dim[2] != columns) return broken(r, "x must be [batch][steps][gates * units]");
    if (x->dim[1] == DIM_UNKNOWN) return r->why = "the steps are the batch", RULE_BATCH;
    if (kernel->rank != 2 || kernel->dim[0] != n || kernel->dim[1] != columns)
        return broken(r, "the kernel must be [units][gates * units]");
    const Shape vector = {1, {columns}};
    if (recurrent_bias(r->op) && !shape_equal(&recurrent_bias(r->op)->shape, &vector))
        return broken(r, "the bias does not have one value for each gate of a unit");
    const Shape state = {2, {x->dim[0], n}}, mask = {2, {x->dim[0], x->dim[1]}};
    for (int i = 0; i < states; i++)
        if (recurrent_initial(r->op, i) && !shape_equal(&recurrent_initial(r->op, i)->shape, &state))
            return broken(r, "an initial state is not [batch][units]");
    if (recurrent_mask(r->op) && !shape_equal(&recurrent_mask(r->op)->shape, &mask))
        return broken(r, "the mask is not [batch][steps]");
    r->shape = (Shape){2, {x->dim[0], n}};
    if (a->sequences) r->shape = (Shape){3, {x->dim[0], x->dim[1], n}};
    if (!a->states) return RULE_OK;
    if (!checked_mul(a->sequences ? x->dim[1] + states : 1 + states, n, &columns))
        return broken(r, "too large");
    r->shape = (Shape){2, {x->dim[0], columns}};
    return RULE_OK;
}

/* The input's row that belongs to a sample, NULL where the op has no such input. */
static const double *sample(const Step *s, const Op *input, size_t row) {
    if (!input) return NULL;
    for (size_t i = 0; i < s->op->n_inputs; i++)
        if (s->op->inputs[i] == input)
            return s->inputs[i].data + row * (s->inputs[i].count / s->inputs[i].extent[0]);
    return NULL;
}

void step_recurrent(Step *s) {
    const RecurrentAttrs *a = &s->op->as.recurrent;
    const Values *x = &s->inputs[0];
    const lmrt_recurrent d = {.units = (size_t)a->units,
                              .steps = x->extent[1],
                              .sequences = a->sequences,
                              .states = a->states,
                              .backwards = a->backwards,
                              .flip = a->flip,
                              .zero_output = a->zero_output,
                              .zero_as_given = a->zero_as_given};
    const lmref_gates gates = {.cell = (lmrt_cell)a->cell,
                               .activation = (lmrt_function)a->activation.function,
                               .recurrent = (lmrt_function)a->recurrent_activation.function,
                               .activation_p = a->activation.parameter,
                               .recurrent_p = a->recurrent_activation.parameter};
    double *scratch = ARENA_ARRAY(s->arena, double, 6 * d.units);
    const size_t rows = x->extent[0], size = rows ? s->result.count / rows : 0;
    for (size_t row = 0; row < rows; row++)
        lmref_recurrent(&d, &gates, sample(s, s->op->inputs[0], row), s->inputs[1].data,
                        a->has_bias ? s->inputs[2].data : NULL, sample(s, recurrent_initial(s->op, 0), row),
                        sample(s, recurrent_initial(s->op, 1), row), sample(s, recurrent_mask(s->op), row),
                        s->y + row * size, scratch);
}

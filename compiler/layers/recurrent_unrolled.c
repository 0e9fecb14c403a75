/* A cell over all steps by single operations, step after step: for activations that have no elementwise
 * kernel (softmax of the gates, relu with a threshold, ...). Keras' formulas, as in
 * runtime/reference/recurrent.c.
 */
#include "layers/recurrent.h"

enum { MOST_STEPS = 1024 };

typedef struct Unrolled {
    Lowering *l;
    const Node *node;
    const RnnAttrs *given;
    const RecurrentAttrs *attrs;
    Op *kernel, *bias; /* of the state */
    Op *h, *c;
} Unrolled;

static Op *add(const Unrolled *u, Op *a, Op *b) {
    return ir_binary(u->l, u->node, BIN_ADD, a, b);
}
static Op *multiply(const Unrolled *u, Op *a, Op *b) {
    return ir_binary(u->l, u->node, BIN_MUL, a, b);
}
static Op *activate(const Unrolled *u, Op *x) {
    return activation_lower(u->l, u->node, &u->given->activation, x);
}
static Op *activate_gate(const Unrolled *u, Op *x) {
    return activation_lower(u->l, u->node, &u->given->recurrent_activation, x);
}

/* The columns of gate `index` in x[...][gates * units]. */
static Op *gate(const Unrolled *u, Op *x, int64_t index) {
    return ir_slice_axis(u->l, u->node, x, 1, index * u->attrs->units, u->attrs->units);
}

/* ---- a step: x is what the inputs contribute; gives the next h, and c in *c ---- */

static Op *next_lstm(const Unrolled *u, Op *x, Op **c) {
    Op *z = add(u, x, ir_dense(u->l, u->node, u->h, u->kernel, u->bias));
    Op *keep = multiply(u, activate_gate(u, gate(u, z, 1)), u->c);
    *c = add(u, keep, multiply(u, activate_gate(u, gate(u, z, 0)), activate(u, gate(u, z, 2))));
    return multiply(u, activate_gate(u, gate(u, z, 3)), activate(u, *c));
}

static Op *next_gru(const Unrolled *u, Op *x) {
    const bool before = u->attrs->cell == CELL_GRU_RESET_BEFORE;
    Op *inner = ir_dense(u->l, u->node, u->h, u->kernel, u->bias);
    Op *z = activate_gate(u, add(u, gate(u, x, 0), gate(u, inner, 0)));
    Op *reset = activate_gate(u, add(u, gate(u, x, 1), gate(u, inner, 1)));
    Op *candidate = multiply(u, reset, gate(u, inner, 2));
    if (before) candidate = gate(u, ir_dense(u->l, u->node, multiply(u, reset, u->h), u->kernel, NULL), 2);
    candidate = activate(u, add(u, gate(u, x, 2), candidate));
    Op *rest = ir_binary(u->l, u->node, BIN_SUB, lower_scalar(u->l, u->node, z->dtype, 1), z);
    return add(u, multiply(u, z, u->h), multiply(u, rest, candidate));
}

static Op *next_state(const Unrolled *u, Op *x, Op **c) {
    if (u->attrs->cell == CELL_LSTM) return next_lstm(u, x, c);
    if (u->attrs->cell != CELL_SIMPLE_RNN) return next_gru(u, x);
    return activate(u, add(u, x, ir_dense(u->l, u->node, u->h, u->kernel, u->bias)));
}

/* ---- all steps ---- */

static Op *zeros(const Unrolled *u, const Op *x) {
    const Shape shape = {2, {x->shape.dim[0], u->attrs->units}};
    return ir_broadcast(u->l, u->node, lower_scalar(u->l, u->node, x->dtype, 0), &shape);
}

static Op *choose(const Unrolled *u, Op *mask, Op *a, Op *b) {
    return mask ? ir_select(u->l, u->node, mask, a, b) : a;
}

/* The mask of a step, [batch][1]; NULL where there is none. */
static Op *mask_at(const Unrolled *u, Op *mask, int64_t step) {
    return mask ? ir_slice_axis(u->l, u->node, mask, 1, step, 1) : NULL;
}

static Op *all_outputs(const Unrolled *u, Op **outputs, int64_t steps) {
    Op **ordered = ARENA_ARRAY(u->l->ir->arena, Op *, (size_t)steps);
    const Shape shape = {3, {outputs[0]->shape.dim[0], 1, u->attrs->units}};
    for (int64_t i = 0; i < steps; i++)
        ordered[u->attrs->flip ? steps - 1 - i : i] = ir_reshape(u->l, u->node, outputs[i], &shape);
    return ir_concat(u->l, u->node, ordered, (size_t)steps, 1);
}

bool rnn_unrolled(Lowering *l, const Node *node, const Layer *cell, const RecurrentAttrs *attrs, Op *kernel,
                  Op *bias, const RnnRun *run, RnnResult *out) {
    Unrolled u = {.l = l, .node = node, .given = cell->attrs, .attrs = attrs, .kernel = kernel, .bias = bias};
    const int64_t steps = run->x->shape.dim[1];
    if (steps < 1 || steps > MOST_STEPS)
        return lower_unsupported(l, node,
                                 "its activation has no kernel in a recurrent step, and with %lld steps they "
                                 "are not taken one by one",
                                 (long long)steps);
    Op **outputs = ARENA_ARRAY(l->ir->arena, Op *, (size_t)steps), *last = zeros(&u, run->x);
    u.h = run->initial ? run->initial[0] : zeros(&u, run->x);
    u.c = attrs->cell != CELL_LSTM ? NULL : run->initial ? run->initial[1] : zeros(&u, run->x);
    for (int64_t i = 0; i < steps && !l->ir->broken; i++) {
        const int64_t time = attrs->backwards ? steps - 1 - i : i;
        const int64_t zero_at = attrs->zero_as_given && attrs->sequences ? i : time;
        Op *mask = mask_at(&u, run->mask, time), *c = NULL;
        Op *h = next_state(&u, lower_step(l, node, run->x, time), &c);
        last = choose(&u, mask, h, last);
        outputs[i] = last;
        if (attrs->zero_output)
            outputs[i] = choose(&u, mask_at(&u, run->mask, zero_at), last, zeros(&u, run->x));
        u.h = choose(&u, mask, h, u.h);
        if (u.c) u.c = choose(&u, mask, c, u.c);
    }
    if (l->ir->broken) return false;
    out->output = attrs->sequences ? all_outputs(&u, outputs, steps) : outputs[steps - 1];
    if (!attrs->states) return true;
    out->states[out->n_states++] = u.h;
    if (u.c) out->states[out->n_states++] = u.c;
    return !l->ir->broken;
}

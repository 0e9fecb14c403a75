/* The error rule of recurrent cells: the reference's loops once more, over numbers that carry their error. */
#include <math.h>

#include "ir/bound_op.h"
#include "ir/build.h"
#include "ir/rules.h"
#include "reference.h"

/* A number and what it may be off by. */
typedef struct Pair {
    double v, e;
} Pair;

static Pair settled(const Bound *b, double v, double e) {
    return (Pair){v, e + bound_gamma(b, 3) * (fabs(v) + e) + 2 * b->tiny};
}
static Pair plus(const Bound *b, Pair x, Pair y) {
    return settled(b, x.v + y.v, x.e + y.e);
}
static Pair times(const Bound *b, Pair x, Pair y) {
    return settled(b, x.v * y.v, fabs(x.v) * y.e + fabs(y.v) * x.e + x.e * y.e);
}

/* The values and errors of an input, from `values` on. */
typedef struct Part {
    const double *v, *e;
} Part;

static Pair at(Part part, size_t i) {
    return part.v ? (Pair){part.v[i], part.e[i]} : (Pair){0, 0};
}

/* One cell at work on a sample. */
typedef struct Cell {
    const Bound *b;
    const RecurrentAttrs *a;
    size_t n, gates;
    Part w, bias, x; /* x: of the step */
} Cell;

static Pair activate(const Cell *c, const Epilogue *f, Pair x) {
    const double y = lmref_unary((lmrt_function)f->function, f->parameter, x.v);
    return (Pair){y, bound_unary(c->b, f->function, f->parameter, x.v, x.e)};
}

/* Column `column` of h @ w + bias. */
static Pair product(const Cell *c, const Pair *h, size_t column) {
    Pair out = at(c->bias, column);
    double size = fabs(out.v) + out.e;
    for (size_t i = 0; i < c->n; i++) {
        const Pair w = at(c->w, i * c->gates * c->n + column);
        out.v += h[i].v * w.v;
        out.e += fabs(h[i].v) * w.e + fabs(w.v) * h[i].e + h[i].e * w.e;
        size += (fabs(h[i].v) + h[i].e) * (fabs(w.v) + w.e);
    }
    out.e += bound_gamma(c->b, (double)c->n + BOUND_SLACK) * size + (double)c->n * c->b->tiny;
    return out;
}

static Pair gate(const Cell *c, const Pair *h, size_t k, size_t u) {
    return plus(c->b, at(c->x, k * c->n + u), product(c, h, k * c->n + u));
}

static void step_lstm(const Cell *c, const Pair *state, Pair *next) {
    for (size_t u = 0; u < c->n; u++) {
        Pair g[4];
        for (size_t k = 0; k < 4; k++)
            g[k] =
                activate(c, k == 2 ? &c->a->activation : &c->a->recurrent_activation, gate(c, state, k, u));
        next[c->n + u] = plus(c->b, times(c->b, g[1], state[c->n + u]), times(c->b, g[0], g[2]));
        next[u] = times(c->b, g[3], activate(c, &c->a->activation, next[c->n + u]));
    }
}

static void step_gru(const Cell *c, const Pair *state, Pair *next, Pair *room) {
    const bool before = c->a->cell == CELL_GRU_RESET_BEFORE;
    const Epilogue *recurrent = &c->a->recurrent_activation;
    for (size_t u = 0; u < c->n && before; u++)
        room[u] = times(c->b, state[u], activate(c, recurrent, gate(c, state, 1, u)));
    for (size_t u = 0; u < c->n; u++) {
        const Pair z = activate(c, recurrent, gate(c, state, 0, u)),
                   r = activate(c, recurrent, gate(c, state, 1, u));
        const size_t column = 2 * c->n + u;
        const Pair inner = before ? product(c, room, column) : times(c->b, r, product(c, state, column));
        const Pair rest = settled(c->b, 1 - z.v, z.e);
        const Pair h = activate(c, &c->a->activation, plus(c->b, at(c->x, column), inner));
        next[u] = plus(c->b, times(c->b, z, state[u]), times(c->b, rest, h));
    }
}

static void step(const Cell *c, const Pair *state, Pair *next, Pair *room) {
    if (c->a->cell == CELL_LSTM)
        step_lstm(c, state, next);
    else if (c->a->cell == CELL_SIMPLE_RNN)
        for (size_t u = 0; u < c->n; u++) next[u] = activate(c, &c->a->activation, gate(c, state, 0, u));
    else
        step_gru(c, state, next, room);
}

/* The row of an input, where the op has it. */
static Part part(const Bound *b, const Op *input, size_t row, bool whole) {
    for (size_t i = 0; input && i < b->op->n_inputs; i++) {
        if (b->op->inputs[i] != input) continue;
        const size_t from = whole ? 0 : row * (b->x[i].count / b->x[i].extent[0]);
        return (Part){b->x[i].data + from, b->e[i] + from};
    }
    return (Part){NULL, NULL};
}

static void run(Cell *c, size_t steps, Part x, const double *mask, Pair *state, double *out) {
    const RecurrentAttrs *a = c->a;
    const size_t n = c->n, states = (size_t)recurrent_states(a->cell);
    Pair *next = ARENA_ARRAY(c->b->arena, Pair, 4 * n), *shown = next + 2 * n, *room = next + 3 * n;
    for (size_t i = 0; i < steps; i++) {
        const size_t time = a->backwards ? steps - 1 - i : i;
        const bool real = !mask || mask[time] != 0;
        const bool show = !mask || !a->zero_output || mask[a->zero_as_given && a->sequences ? i : time] != 0;
        c->x = (Part){x.v + time * c->gates * n, x.e + time * c->gates * n};
        step(c, state, next, room);
        for (size_t u = 0; u < states * n && real; u++) state[u] = next[u];
        for (size_t u = 0; u < n && real; u++) shown[u] = next[u];
        if (!a->sequences && i + 1 < steps) continue;
        double *to = out + (a->sequences ? (a->flip ? steps - 1 - i : i) * n : 0);
        for (size_t u = 0; u < n; u++) to[u] = show ? shown[u].e : 0;
    }
    for (size_t u = 0; u < states * n && a->states; u++) out[(a->sequences ? steps : 1) * n + u] = state[u].e;
}

void bound_recurrent(Bound *b) {
    const RecurrentAttrs *a = &b->op->as.recurrent;
    const size_t rows = b->x[0].extent[0], steps = b->x[0].extent[1], size = rows ? b->y.count / rows : 0;
    const size_t n = (size_t)a->units, states = (size_t)recurrent_states(a->cell);
    const Op *mask = recurrent_mask(b->op);
    const size_t last = b->op->n_inputs - 1;
    if (mask && !bound_array_exact(b->e[last], b->x[last].count)) {
        bound_unknown(b);
        return;
    }
    for (size_t row = 0; row < rows; row++) {
        Cell c = {.b = b, .a = a, .n = n, .gates = (size_t)recurrent_gates(a->cell)};
        Pair *state = ARENA_ARRAY(b->arena, Pair, 2 * n);
        c.w = (Part){b->x[1].data, b->e[1]};
        c.bias = part(b, recurrent_bias(b->op), 0, true);
        for (size_t k = 0; k < states; k++)
            for (size_t u = 0; u < n; u++)
                state[k * n + u] = at(part(b, recurrent_initial(b->op, (int)k), row, false), u);
        run(&c, steps, part(b, b->op->inputs[0], row, false), part(b, mask, row, false).v, state,
            b->out + row * size);
    }
}

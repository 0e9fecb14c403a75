/* Recurrent cells over whole sequences, by Keras' formulas (layers/rnn/lstm.py, gru.py, simple_rnn.py). */
#include "reference.h"

#include <string.h>

static double activate(const lmref_gates *g, double x) {
    return lmref_unary(g->activation, g->activation_p, x);
}
static double activate_recurrent(const lmref_gates *g, double x) {
    return lmref_unary(g->recurrent, g->recurrent_p, x);
}

/* Column `column` of h @ w + bias. */
static double product(size_t units, size_t columns, size_t column, const double *h, const double *w,
                      const double *bias) {
    double sum = bias ? bias[column] : 0;
    for (size_t i = 0; i < units; i++) sum += h[i] * w[i * columns + column];
    return sum;
}

/* next (h, then c) from state; x: the inputs' part of the gates. */
static void step_lstm(const lmref_gates *g, size_t n, const double *x, const double *w, const double *bias,
                      const double *state, double *next) {
    for (size_t u = 0; u < n; u++) {
        double gate[4];
        for (size_t k = 0; k < 4; k++) {
            const double sum = x[k * n + u] + product(n, 4 * n, k * n + u, state, w, bias);
            gate[k] = k == 2 ? activate(g, sum) : activate_recurrent(g, sum);
        }
        next[n + u] = gate[1] * state[n + u] + gate[0] * gate[2];
        next[u] = gate[3] * activate(g, next[n + u]);
    }
}

static void step_gru(const lmref_gates *g, size_t n, const double *x, const double *w, const double *bias,
                     const double *state, double *next, double *reset_state) {
    const bool before = g->cell == LMRT_GRU_RESET_BEFORE;
    for (size_t u = 0; u < n && before; u++)
        reset_state[u] =
            state[u] * activate_recurrent(g, x[n + u] + product(n, 3 * n, n + u, state, w, bias));
    for (size_t u = 0; u < n; u++) {
        const double z = activate_recurrent(g, x[u] + product(n, 3 * n, u, state, w, bias));
        const double r = activate_recurrent(g, x[n + u] + product(n, 3 * n, n + u, state, w, bias));
        const double inner = before ? product(n, 3 * n, 2 * n + u, reset_state, w, bias)
                                    : r * product(n, 3 * n, 2 * n + u, state, w, bias);
        next[u] = z * state[u] + (1 - z) * activate(g, x[2 * n + u] + inner);
    }
}

static void step(const lmref_gates *g, size_t n, const double *x, const double *w, const double *bias,
                 const double *state, double *next, double *room) {
    if (g->cell == LMRT_LSTM)
        step_lstm(g, n, x, w, bias, state, next);
    else if (g->cell == LMRT_SIMPLE_RNN)
        for (size_t u = 0; u < n; u++) next[u] = activate(g, x[u] + product(n, n, u, state, w, bias));
    else
        step_gru(g, n, x, w, bias, state, next, room);
}

size_t lmref_gate_count(lmrt_cell cell) {
    return cell == LMRT_LSTM ? 4 : cell == LMRT_SIMPLE_RNN ? 1 : 3;
}

void lmref_recurrent(const lmrt_recurrent *d, const lmref_gates *g, const double *x, const double *w,
                     const double *bias, const double *h, const double *c, const double *mask, double *y,
                     double *scratch) {
    const size_t n = d->units, gates = lmref_gate_count(g->cell), states = g->cell == LMRT_LSTM ? 2 : 1;
    double *state = scratch, *next = scratch + 2 * n, *out = scratch + 4 * n, *room = scratch + 5 * n;
    memset(scratch, 0, 6 * n * sizeof *scratch);
    if (h) memcpy(state, h, n * sizeof *h);
    if (c) memcpy(state + n, c, n * sizeof *c);
    if (!d->sequences) memset(y, 0, n * sizeof *y);
    for (size_t i = 0; i < d->steps; i++) {
        const size_t time = d->backwards ? d->steps - 1 - i : i;
        const bool real = !mask || mask[time] != 0, last = i + 1 == d->steps;
        const bool shown = !mask || !d->zero_output || mask[d->zero_as_given && d->sequences ? i : time] != 0;
        step(g, n, x + time * gates * n, w, bias, state, next, room);
        if (real) {
            memcpy(state, next, states * n * sizeof *state);
            memcpy(out, next, n * sizeof *out);
        }
        if (!d->sequences && !last) continue;
        double *to = y + (d->sequences ? (d->flip ? d->steps - 1 - i : i) * n : 0);
        for (size_t u = 0; u < n; u++) to[u] = shown ? out[u] : 0;
    }
    if (d->states) memcpy(y + (d->sequences ? d->steps : 1) * n, state, states * n * sizeof *y);
}

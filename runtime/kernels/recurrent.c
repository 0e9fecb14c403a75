/* SimpleRNN, LSTM and GRU over whole sequences. x holds what the inputs contribute to every gate (one dense
 * for all steps), so that a step is h @ w and the gates, which are finished panel by panel while their sums
 * are at hand.
 *
 * w is packed by units: [panels of units][k][gates][LMRT_PANEL], so that the gates of a unit stand side by
 * side; GRU with the reset gate before the product: the panels of the gates z and r, and behind them those of
 * the candidate. bias (GRU's second row): [panels][gates][LMRT_PANEL], or NULL. Gates are in Keras' order: i
 * f g o; z r h.
 */
#pragma once

#include "simd/simd.h"
#include "simd/exp.h"

#if LMRT_LEVEL == 3 || (LMRT_LEVEL == 1 && defined(__aarch64__))
#define LMRT_STATE_ROWS 4
#else
#define LMRT_STATE_ROWS 2
#endif
#define LMRT_STATE_WIDTH (LMRT_LEVEL == 2 ? 2 : 1) /* vectors side by side where there is one row */
#define LMRT_BLOCK (LMRT_STATE_ROWS * LMRT_PANEL)

/* One call: the rows' states, each [rows][units rounded up to LMRT_PANEL]. */
typedef struct LMRT(recurrence) {
    const lmrt_recurrent *d;
    size_t rows, stride, gates;
    const float *x, *w, *bias;
    const uint8_t *mask;
    float *h, *next, *c, *out, *z, *reset;
    size_t time; /* of this step in x and mask */
} LMRT(recurrence);

/* Some rows at one panel of units, or some panels of one row (`across`): what is independent goes side by
 * side. */
typedef struct LMRT(block) {
    size_t row, count, unit, across;
} LMRT(block);

LMRT_INLINE size_t LMRT(block_row)(const LMRT(block) *b, size_t r) {
    return b->across ? b->row : b->row + r;
}
LMRT_INLINE size_t LMRT(block_unit)(const LMRT(block) *b, size_t r) {
    return b->across ? b->unit + r * LMRT_PANEL : b->unit;
}
/* Where part r of the block lies in a state. */
LMRT_INLINE size_t LMRT(block_at)(const LMRT(recurrence) *s, const LMRT(block) *b, size_t r) {
    return LMRT(block_row)(b, r) * s->stride + LMRT(block_unit)(b, r);
}

/* sums[gate][row][LMRT_PANEL] = bias + h @ w for the panel */
LMRT_INLINE void LMRT(state_product)(size_t k, const size_t gates, const size_t rows, const size_t width,
                                     const float *const *h, const float *w, const float *bias, float *sums) {
    for (size_t first = 0; first < LMRT_PANEL; first += width * LMRT_LANES) {
        LMRT_VF sum[4][LMRT_STATE_ROWS][LMRT_STATE_WIDTH];
        LMRT_UNROLL
        for (size_t g = 0; g < gates; g++) LMRT_UNROLL
        for (size_t r = 0; r < rows; r++) LMRT_UNROLL
        for (size_t v = 0; v < width; v++)
            sum[g][r][v] =
                bias ? LMRT(load)(bias + g * LMRT_PANEL + first + v * LMRT_LANES) : LMRT(splat)(0.0f);
        const float *at = w + first;
        LMRT_NO_UNROLL
        for (size_t i = 0; i < k; i++) {
            LMRT_VF weight[4][LMRT_STATE_WIDTH];
            LMRT_UNROLL
            for (size_t g = 0; g < gates; g++) LMRT_UNROLL
            for (size_t v = 0; v < width; v++)
                weight[g][v] = LMRT(load)(at + g * LMRT_PANEL + v * LMRT_LANES);
            LMRT_UNROLL
            for (size_t r = 0; r < rows; r++) {
                const LMRT_VF input = LMRT(splat)(h[r][i]);
                LMRT_UNROLL
                for (size_t g = 0; g < gates; g++) LMRT_UNROLL
                for (size_t v = 0; v < width; v++)
                    sum[g][r][v] = LMRT(fma)(input, weight[g][v], sum[g][r][v]);
            }
            at += gates * LMRT_PANEL;
        }
        LMRT_UNROLL
        for (size_t g = 0; g < gates; g++) LMRT_UNROLL
        for (size_t r = 0; r < rows; r++) LMRT_UNROLL
        for (size_t v = 0; v < width; v++)
            LMRT(store)(sums + g * LMRT_BLOCK + r * LMRT_PANEL + first + v * LMRT_LANES, sum[g][r][v]);
    }
}

/* The products of a block's rows, each a row of `from`. */
LMRT_INLINE void LMRT(state_sums)(const LMRT(recurrence) *s, const LMRT(block) *b, const size_t gates,
                                  const float *from, const float *w, const float *bias, float *sums) {
    const float *h[LMRT_STATE_ROWS];
    const size_t units = s->d->units;
    for (size_t r = 0; r < b->count; r++) h[r] = from + LMRT(block_row)(b, r) * s->stride;
    w += b->unit * units * gates;
    if (bias) bias += b->unit * gates;
    if (b->count == 1 || b->across)
        for (size_t r = 0; r < b->count; r++)
            LMRT(state_product)(units, gates, 1, LMRT_STATE_WIDTH, h, w + r * LMRT_PANEL * units * gates,
                                bias ? bias + r * LMRT_PANEL * gates : NULL, sums + r * LMRT_PANEL);
    else if (b->count == 2)
        LMRT(state_product)(units, gates, 2, 1, h, w, bias, sums);
#if LMRT_STATE_ROWS > 2
    else if (b->count == 3)
        LMRT(state_product)(units, gates, 3, 1, h, w, bias, sums);
    else
        LMRT(state_product)(units, gates, 4, 1, h, w, bias, sums);
#endif
}

/* sums[row] += what the inputs contribute to the gate at this step */
LMRT_INLINE void LMRT(add_inputs)(const LMRT(recurrence) *s, const LMRT(block) *b, size_t gate, float *sums) {
    const size_t units = s->d->units;
    for (size_t r = 0; r < b->count; r++) {
        const size_t unit = LMRT(block_unit)(b, r), left = units - unit;
        const float *x =
            s->x + ((LMRT(block_row)(b, r) * s->d->steps + s->time) * s->gates + gate) * units + unit;
        float *sum = sums + r * LMRT_PANEL;
        for (size_t j = 0; j < left && j < LMRT_PANEL; j += LMRT_LANES) {
            const size_t n = left - j;
            const LMRT_VF in = n >= LMRT_LANES ? LMRT(load)(x + j) : LMRT(load_part)(x + j, n);
            LMRT(store)(sum + j, LMRT(load)(sum + j) + in);
        }
    }
}

/* In place: the function of a gate over the rows of a block. */
LMRT_INLINE void LMRT(gate)(const lmrt_recurrent *d, const int recurrent, size_t n, float *x) {
    const lmrt_epilogue *e = recurrent ? &d->recurrent_activation : &d->activation;
    if (d->plain) {
        for (size_t j = 0; j < n; j += LMRT_LANES) {
            const LMRT_VF v = LMRT(load)(x + j);
            LMRT(store)(x + j, recurrent ? LMRT(sigmoid)(v) : LMRT(tanh)(v));
        }
        return;
    }
    for (size_t j = 0; j < n; j += LMRT_LANES)
        LMRT(store)(x + j, LMRT(clamp)(LMRT(load)(x + j), e->low, e->high));
    if (e->map) e->map(e->p, n, x, x);
}

LMRT_INLINE int LMRT(is_masked)(const LMRT(recurrence) *s, size_t row) {
    return s->mask && !s->mask[row * s->d->steps + s->time];
}

/* next = value, or h where the step is masked. */
LMRT_INLINE void LMRT(put_state)(const LMRT(recurrence) *s, const LMRT(block) *b, size_t r,
                                 const float *value) {
    const size_t at = LMRT(block_at)(s, b, r);
    memcpy(s->next + at, LMRT(is_masked)(s, LMRT(block_row)(b, r)) ? s->h + at : value,
           LMRT_PANEL * sizeof(float));
}

LMRT_KERNEL void LMRT(simple_block)(const LMRT(recurrence) *s, const LMRT(block) *b) {
    float sums[LMRT_BLOCK];
    LMRT(state_sums)(s, b, 1, s->h, s->w, s->bias, sums);
    LMRT(add_inputs)(s, b, 0, sums);
    LMRT(gate)(s->d, 0, b->count * LMRT_PANEL, sums);
    for (size_t r = 0; r < b->count; r++) LMRT(put_state)(s, b, r, sums + r * LMRT_PANEL);
}

LMRT_KERNEL void LMRT(lstm_block)(const LMRT(recurrence) *s, const LMRT(block) *b) {
    float sums[4 * LMRT_BLOCK], cell[LMRT_BLOCK], value[LMRT_BLOCK];
    const size_t n = b->count * LMRT_PANEL;
    LMRT(state_sums)(s, b, 4, s->h, s->w, s->bias, sums);
    for (size_t g = 0; g < 4; g++) {
        LMRT(add_inputs)(s, b, g, sums + g * LMRT_BLOCK);
        LMRT(gate)(s->d, g != 2, n, sums + g * LMRT_BLOCK);
    }
    for (size_t r = 0; r < b->count; r++)
        memcpy(cell + r * LMRT_PANEL, s->c + LMRT(block_at)(s, b, r), LMRT_PANEL * sizeof(float));
    for (size_t j = 0; j < n; j += LMRT_LANES) {
        const LMRT_VF forget = LMRT(load)(sums + LMRT_BLOCK + j), input = LMRT(load)(sums + j);
        const LMRT_VF c = LMRT(fma)(forget, LMRT(load)(cell + j),
                                    LMRT(rounded)(input * LMRT(load)(sums + 2 * LMRT_BLOCK + j)));
        LMRT(store)(cell + j, c);
        LMRT(store)(value + j, c);
    }
    LMRT(gate)(s->d, 0, n, value);
    for (size_t j = 0; j < n; j += LMRT_LANES)
        LMRT(store)(value + j, LMRT(load)(value + j) * LMRT(load)(sums + 3 * LMRT_BLOCK + j));
    for (size_t r = 0; r < b->count; r++) {
        LMRT(put_state)(s, b, r, value + r * LMRT_PANEL);
        if (!LMRT(is_masked)(s, LMRT(block_row)(b, r)))
            memcpy(s->c + LMRT(block_at)(s, b, r), cell + r * LMRT_PANEL, LMRT_PANEL * sizeof(float));
    }
}

/* next = z h + (1 - z) candidate; z[row][LMRT_PANEL] */
LMRT_INLINE void LMRT(mix_states)(const LMRT(recurrence) *s, const LMRT(block) *b, const float *z,
                                  size_t z_stride, const float *candidate) {
    for (size_t r = 0; r < b->count; r++) {
        const float *h = s->h + LMRT(block_at)(s, b, r);
        float value[LMRT_PANEL];
        for (size_t j = 0; j < LMRT_PANEL; j += LMRT_LANES) {
            const LMRT_VF keep = LMRT(load)(z + r * z_stride + j);
            const LMRT_VF fresh = LMRT(rounded)((1.0f - keep) * LMRT(load)(candidate + r * LMRT_PANEL + j));
            LMRT(store)(value + j, LMRT(fma)(keep, LMRT(load)(h + j), fresh));
        }
        LMRT(put_state)(s, b, r, value);
    }
}

LMRT_KERNEL void LMRT(gru_block)(const LMRT(recurrence) *s, const LMRT(block) *b) {
    float sums[3 * LMRT_BLOCK], *z = sums, *reset = sums + LMRT_BLOCK, *candidate = sums + 2 * LMRT_BLOCK;
    const size_t n = b->count * LMRT_PANEL;
    LMRT(state_sums)(s, b, 3, s->h, s->w, s->bias, sums);
    LMRT(add_inputs)(s, b, 0, z);
    LMRT(add_inputs)(s, b, 1, reset);
    LMRT(gate)(s->d, 1, n, z);
    LMRT(gate)(s->d, 1, n, reset);
    for (size_t j = 0; j < n; j += LMRT_LANES)
        LMRT(store)(candidate + j, LMRT(rounded)(LMRT(load)(candidate + j) * LMRT(load)(reset + j)));
    LMRT(add_inputs)(s, b, 2, candidate);
    LMRT(gate)(s->d, 0, n, candidate);
    LMRT(mix_states)(s, b, z, LMRT_PANEL, candidate);
}

/* z, and r * h, which the product for the candidate needs whole. */
LMRT_KERNEL void LMRT(gru_gates_block)(const LMRT(recurrence) *s, const LMRT(block) *b) {
    float sums[2 * LMRT_BLOCK];
    const size_t n = b->count * LMRT_PANEL;
    LMRT(state_sums)(s, b, 2, s->h, s->w, NULL, sums);
    for (size_t g = 0; g < 2; g++) {
        LMRT(add_inputs)(s, b, g, sums + g * LMRT_BLOCK);
        LMRT(gate)(s->d, 1, n, sums + g * LMRT_BLOCK);
    }
    for (size_t r = 0; r < b->count; r++) {
        const size_t at = LMRT(block_at)(s, b, r);
        memcpy(s->z + at, sums + r * LMRT_PANEL, LMRT_PANEL * sizeof(float));
        for (size_t j = 0; j < LMRT_PANEL; j += LMRT_LANES)
            LMRT(store)(s->reset + at + j,
                        LMRT(load)(sums + LMRT_BLOCK + r * LMRT_PANEL + j) * LMRT(load)(s->h + at + j));
    }
}

LMRT_KERNEL void LMRT(gru_candidate_block)(const LMRT(recurrence) *s, const LMRT(block) *b) {
    float candidate[LMRT_BLOCK];
    LMRT(state_sums)(s, b, 1, s->reset, s->w + 2 * s->stride * s->d->units, NULL, candidate);
    LMRT(add_inputs)(s, b, 2, candidate);
    LMRT(gate)(s->d, 0, b->count * LMRT_PANEL, candidate);
    LMRT(mix_states)(s, b, s->z + b->row * s->stride + b->unit, b->across ? LMRT_PANEL : s->stride,
                     candidate);
}

typedef void LMRT(block_function)(const LMRT(recurrence) *s, const LMRT(block) *b);

/* Panels outside, so that their weights stay in the cache. */
LMRT_KERNEL void LMRT(all_blocks)(const LMRT(recurrence) *s, LMRT(block_function) *function) {
    LMRT(block) b = {0, 0, 0, s->rows == 1};
    const size_t panels = s->stride / LMRT_PANEL, total = b.across ? panels : s->rows;
    for (size_t panel = 0; panel < (b.across ? 1 : panels); panel++) {
        for (size_t first = 0; first < total; first += b.count) {
            b.count = total - first < LMRT_STATE_ROWS ? total - first : LMRT_STATE_ROWS;
            b.row = b.across ? 0 : first;
            b.unit = (b.across ? first : panel) * LMRT_PANEL;
            function(s, &b);
        }
    }
}

/* The output of a step: a masked one repeats the last output, or is 0. */
LMRT_KERNEL void LMRT(put_outputs)(const LMRT(recurrence) *s, size_t step, size_t y_row, float *y) {
    const lmrt_recurrent *d = s->d;
    const size_t at = d->flip ? d->steps - 1 - step : step, bytes = d->units * sizeof(float);
    const int last = step + 1 == d->steps;
    for (size_t row = 0; row < s->rows; row++) {
        const size_t zero_at = d->zero_as_given && d->sequences ? step : s->time;
        const int zero = d->zero_output && s->mask && !s->mask[row * d->steps + zero_at];
        float *out = s->out + row * s->stride;
        if (!LMRT(is_masked)(s, row)) memcpy(out, s->next + row * s->stride, bytes);
        if (!d->sequences && !last) continue;
        float *to = y + row * y_row + (d->sequences ? at * d->units : 0);
        if (zero)
            memset(to, 0, bytes);
        else
            memcpy(to, out, bytes);
    }
}

LMRT_KERNEL void LMRT(load_states)(const LMRT(recurrence) *s, const float *from, float *to) {
    memset(to, 0, s->rows * s->stride * sizeof(float));
    if (!from) return;
    for (size_t row = 0; row < s->rows; row++)
        memcpy(to + row * s->stride, from + row * s->d->units, s->d->units * sizeof(float));
}

/* `function` for each step, then `second` where it is one of two; `cells`: the states are h and c. */
LMRT_KERNEL void LMRT(run_steps)(LMRT(recurrence) *s, LMRT(block_function) *function,
                                 LMRT(block_function) *second, const int cells, const float *h,
                                 const float *c, float *y, float *scratch) {
    const lmrt_recurrent *d = s->d;
    const size_t results = (d->sequences ? d->steps : 1) * d->units, bytes = d->units * sizeof(float);
    const size_t y_row = results + (d->states ? (cells ? 2 : 1) * d->units : 0);
    s->stride = (d->units + LMRT_PANEL - 1) / LMRT_PANEL * LMRT_PANEL;
    const size_t size = s->rows * s->stride;
    s->h = scratch;
    s->next = scratch + size;
    s->out = scratch + 2 * size;
    s->c = s->z = scratch + 3 * size;
    s->reset = scratch + 4 * size;
    LMRT(load_states)(s, h, s->h);
    LMRT(load_states)(s, NULL, s->out);
    if (cells) LMRT(load_states)(s, c, s->c);
    if (d->steps == 0)
        for (size_t row = 0; row < s->rows; row++) memset(y + row * y_row, 0, results * sizeof(float));
    for (size_t step = 0; step < d->steps; step++) {
        s->time = d->backwards ? d->steps - 1 - step : step;
        LMRT(all_blocks)(s, function);
        if (second) LMRT(all_blocks)(s, second);
        LMRT(put_outputs)(s, step, y_row, y);
        float *old = s->h;
        s->h = s->next;
        s->next = old;
    }
    for (size_t row = 0; row < s->rows && d->states; row++) {
        memcpy(y + row * y_row + results, s->h + row * s->stride, bytes);
        if (cells) memcpy(y + row * y_row + results + d->units, s->c + row * s->stride, bytes);
    }
}

LMRT_KERNEL void LMRT(simple_rnn_f32)(const lmrt_recurrent *d, size_t rows, const float *x, const float *w,
                                      const float *bias, const float *h, const float *c, const uint8_t *mask,
                                      float *y, float *scratch) {
    LMRT(recurrence) s = {.d = d, .rows = rows, .gates = 1, .x = x, .w = w, .bias = bias, .mask = mask};
    LMRT(run_steps)(&s, LMRT(simple_block), NULL, 0, h, c, y, scratch);
}

LMRT_KERNEL void LMRT(lstm_f32)(const lmrt_recurrent *d, size_t rows, const float *x, const float *w,
                                const float *bias, const float *h, const float *c, const uint8_t *mask,
                                float *y, float *scratch) {
    LMRT(recurrence) s = {.d = d, .rows = rows, .gates = 4, .x = x, .w = w, .bias = bias, .mask = mask};
    LMRT(run_steps)(&s, LMRT(lstm_block), NULL, 1, h, c, y, scratch);
}

LMRT_KERNEL void LMRT(gru_f32)(const lmrt_recurrent *d, size_t rows, const float *x, const float *w,
                               const float *bias, const float *h, const float *c, const uint8_t *mask,
                               float *y, float *scratch) {
    LMRT(recurrence) s = {.d = d, .rows = rows, .gates = 3, .x = x, .w = w, .bias = bias, .mask = mask};
    LMRT(run_steps)(&s, LMRT(gru_block), NULL, 0, h, c, y, scratch);
}

LMRT_KERNEL void LMRT(gru_reset_before_f32)(const lmrt_recurrent *d, size_t rows, const float *x,
                                            const float *w, const float *bias, const float *h, const float *c,
                                            const uint8_t *mask, float *y, float *scratch) {
    LMRT(recurrence) s = {.d = d, .rows = rows, .gates = 3, .x = x, .w = w, .bias = bias, .mask = mask};
    LMRT(run_steps)(&s, LMRT(gru_gates_block), LMRT(gru_candidate_block), 0, h, c, y, scratch);
}

#undef LMRT_STATE_ROWS
#undef LMRT_STATE_WIDTH
#undef LMRT_BLOCK

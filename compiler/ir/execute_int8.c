/* Quantised ops in the reference executor, to the bit (docs/quantization.md). Sums of products of int8 are
 * whole numbers that a double holds, so the plain loops compute them; here are the steps in and out.
 */
#include <math.h>

#include "ir/execute_op.h"

/* ---- between float32 and int8 ---- */

void step_quantize(Step *s) {
    const Quantization *q = &s->op->quantization;
    const float inverse = (float)(1 / q->scale), low = -128.0f - (float)q->zero,
                high = 127.0f - (float)q->zero;
    for (size_t i = 0; i < s->result.count; i++) {
        const float v = (float)s->inputs[0].data[i] * inverse, above = v > low ? v : low;
        s->y[i] = (double)rintf(above < high ? above : high) + q->zero;
    }
}

void step_dequantize(Step *s) {
    const Quantization *q = &s->op->quantization;
    for (size_t i = 0; i < s->result.count; i++) s->y[i] = (s->inputs[0].data[i] - q->zero) * q->scale;
}

void step_table(Step *s) {
    for (size_t i = 0; i < s->result.count; i++)
        s->y[i] = s->inputs[1].data[(size_t)(s->inputs[0].data[i] + 128)];
}

/* ---- results ---- */

static int64_t floor_shift(int64_t v, int32_t shift) {
    const int64_t unit = (int64_t)1 << shift;
    return v / unit - (v % unit < 0);
}

static int64_t rescaled(int64_t v, FixedFactor f) {
    return floor_shift(v * f.multiplier + ((int64_t)1 << (f.shift - 1)), f.shift);
}

static int64_t rescaled_pair(int64_t a, FixedFactor a_factor, int64_t b, FixedFactor b_factor) {
    const int64_t left = floor_shift(a * a_factor.multiplier, a_factor.shift - 8);
    return floor_shift(left + floor_shift(b * b_factor.multiplier, b_factor.shift - 8) + 128, 8);
}

static double limited(const Rescale *r, int64_t v) {
    v += r->y_zero;
    return (double)(v < r->low ? r->low : v > r->high ? r->high : v);
}

/* ---- the ops ---- */

/* x less its zero, so that a border of zeros is what it should be. */
static Values centred(Step *s, const Values *x, int32_t zero) {
    Values out = *x;
    double *data = ARENA_ARRAY(s->arena, double, x->count);
    for (size_t i = 0; i < x->count; i++) data[i] = x->data[i] - zero;
    out.data = data;
    return out;
}

/* The step with its first input (and second, where `second`) centred. */
static Values *centred_inputs(Step *s, bool second) {
    const Rescale *r = s->op->rescale;
    Values *inputs = ARENA_ARRAY(s->arena, Values, s->op->n_inputs);
    for (size_t i = 0; i < s->op->n_inputs; i++) inputs[i] = s->inputs[i];
    inputs[0] = centred(s, &s->inputs[0], r->x_zero);
    if (second) inputs[1] = centred(s, &s->inputs[1], r->r_zero);
    return inputs;
}

static void linear(Step *s) {
    const Rescale *r = s->op->rescale;
    const size_t channels = s->result.extent[s->result.rank - 1];
    const double *residual = s->op->epilogue.residual ? s->inputs[s->op->n_inputs - 1].data : NULL;
    Step sums = *s;
    sums.inputs = centred_inputs(s, false);
    step_of(s->op->kind)(&sums);
    for (size_t i = 0; i < s->result.count; i++) {
        const int64_t sum = (int64_t)s->y[i];
        const FixedFactor factor = r->factors[i % channels];
        const int64_t v = residual ? rescaled_pair(sum, factor, (int64_t)residual[i] - r->r_zero, r->r_factor)
                                   : rescaled(sum, factor);
        s->y[i] = limited(r, v);
    }
}

static void binary(Step *s) {
    const Rescale *r = s->op->rescale;
    Step both = *s;
    both.inputs = centred_inputs(s, true);
    const Values a = step_broadcast_input(&both, 0), b = step_broadcast_input(&both, 1);
    for (size_t i = 0; i < s->result.count; i++) {
        const int64_t x = (int64_t)a.data[i], y = (int64_t)b.data[i];
        const int64_t v = s->op->as.binary == BIN_MUL ? rescaled(x * y, r->factors[0])
                                                      : rescaled_pair(x, r->factors[0], y, r->r_factor);
        s->y[i] = limited(r, v);
    }
}

static void mean(Step *s) {
    const Rescale *r = s->op->rescale;
    size_t n;
    const Values x = centred(s, &s->inputs[0], r->x_zero);
    const double *last = step_axes_last(s, &x, s->op->as.reduce.axes, &n);
    for (size_t i = 0; i < s->result.count; i++) {
        int64_t sum = 0;
        for (size_t k = 0; k < n; k++) sum += (int64_t)last[i * n + k];
        s->y[i] = limited(r, rescaled(sum, r->factors[0]));
    }
}

/* The numbers' own average, rounded half up. Quotients of such small numbers are exact enough for floor. */
static void average(Step *s) {
    step_pool2d(s);
    for (size_t i = 0; i < s->result.count; i++) s->y[i] = floor(s->y[i] + 0.5);
}

void step_rescaled(Step *s) {
    switch (s->op->kind) {
    case OP_BINARY: binary(s); break;
    case OP_REDUCE: mean(s); break;
    case OP_POOL2D: average(s); break;
    default: linear(s); break;
    }
}

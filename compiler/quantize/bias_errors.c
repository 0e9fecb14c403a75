/* What rounding to int8 adds to the sums of each channel in the mean, on data: the quantised Ir is run op by
 * op while it is made, so that each layer is measured behind those that were made up for already. (Nagel et
 * al., "Data-Free Quantization Through Weight Equalization and Bias Correction", 2019, section 4.2, the way
 * with data.)
 */
#include <math.h>

#include "quantize/quantizer.h"
#include "quantize/samples.h"

/* Samples beyond these change little. */
enum { MOST_TRIAL_SAMPLES = 32 };
/* A mean that is as far from 0 as so many of its standard errors is taken for one. */
static const double SURE = 3;

typedef struct Trial {
    Arena *arena; /* of all values */
    size_t batch;
    const ExactArray *inputs;
    const Values *real; /* of the float Ir */
    VEC(Values) made;   /* of the new one, as far as it was run */
    const char *error;
} Trial;

/* Runs what was made since. */
static bool catch_up(Quantizer *q) {
    Trial *t = q->trial;
    const size_t first = t->made.count;
    while (t->made.count < q->ir->ops.count) vec_push(t->arena, &t->made, (Values){0});
    return ir_execute_from(t->arena, q->ir, first, t->batch, t->inputs, t->made.at, &t->error);
}

/* What int8 numbers stand for. */
static Values dequantized(Arena *arena, const Values *x, const Quantization *q) {
    Values out = *x;
    double *data = ARENA_ARRAY(arena, double, x->count);
    for (size_t i = 0; i < x->count; i++) data[i] = q->scale * (x->data[i] - q->zero);
    out.data = data;
    return out;
}

static Values rounded_kernel(Arena *arena, const Values *kernel, const IntWeights *w, size_t n) {
    Values out = *kernel;
    double *data = ARENA_ARRAY(arena, double, kernel->count);
    for (size_t i = 0; i < kernel->count; i++) data[i] = w->kernel[i] * w->scales[i % n];
    out.data = data;
    return out;
}

/* Means of found - wanted over all but the last axis. */
static const double *sure_means(Arena *arena, const Values *found, const Values *wanted, size_t n) {
    double *means = ARENA_ARRAY(arena, double, n);
    const double count = (double)(found->count / n);
    bool any = false;
    for (size_t c = 0; c < n; c++) {
        double sum = 0, squares = 0;
        for (size_t i = c; i < found->count; i += n) {
            const double error = found->data[i] - wanted->data[i];
            sum += error;
            squares += error * error;
        }
        const double mean = sum / count, variance = fmax(squares / count - mean * mean, 0);
        if (!(fabs(mean) > SURE * sqrt(variance / count))) continue;
        means[c] = mean;
        any = true;
    }
    return any ? means : NULL;
}

const double *trial_bias_errors(Quantizer *q, const Op *op, const Op *x, const Op *r, const IntWeights *w) {
    Trial *t = q->trial;
    /* An affine op stands for a depthwise convolution: its weights are exact, one for each channel. */
    if (t->real[op->inputs[1]->id].rank != (size_t)op->inputs[1]->shape.rank || !catch_up(q)) return NULL;
    Arena *scratch = arena_new_child(t->arena);
    const size_t n = (size_t)op->shape.dim[op->shape.rank - 1];
    Op linear = *op;
    linear.epilogue.function = UNARY_LINEAR;
    Values wanted, found, *inputs = ARENA_ARRAY(scratch, Values, op->n_inputs);
    for (size_t i = 0; i < op->n_inputs; i++) inputs[i] = t->real[op->inputs[i]->id];
    bool ok = ir_execute_op(scratch, &linear, t->batch, inputs, &wanted, &t->error);
    inputs[0] = dequantized(scratch, &t->made.at[x->id], &x->quantization);
    inputs[1] = rounded_kernel(scratch, &inputs[1], w, n);
    if (r) inputs[op->n_inputs - 1] = dequantized(scratch, &t->made.at[r->id], &r->quantization);
    ok = ok && ir_execute_op(scratch, &linear, t->batch, inputs, &found, &t->error);
    const double *means = ok && found.count > 0 ? sure_means(q->ir->arena, &found, &wanted, n) : NULL;
    arena_free(scratch);
    return means;
}

bool quantize_find_bias_errors(const Ir *ir, Calibrated *calibrated, size_t batch, const ExactArray *inputs,
                               const char **error) {
    const size_t at_once = samples_at_once(&ir, 1);
    Trial trial = {.batch = batch, .inputs = inputs};
    if (at_once != SIZE_MAX && trial.batch > MOST_TRIAL_SAMPLES) trial.batch = MOST_TRIAL_SAMPLES;
    if (trial.batch > at_once) trial.batch = at_once;
    trial.arena = arena_new_child(ir->arena);
    Values *real = ARENA_ARRAY(trial.arena, Values, ir->ops.count);
    bool ok = ir_execute_values(trial.arena, ir, trial.batch, inputs, real, error);
    if (ok) {
        QuantizedOps ops = {0};
        Quantizer q = quantizer_begin(ir, calibrated);
        trial.real = real;
        q.trial = &trial;
        quantizer_walk(&q, ir, &ops);
        ok = !trial.error;
        if (!ok) *error = trial.error;
    }
    if (!ok) *error = arena_strdup(ir->arena, *error);
    arena_free(trial.arena);
    return ok;
}

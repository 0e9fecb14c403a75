/* How far the quantised Ir is from the float one, op by op, on data. */
#include <math.h>

#include "quantize/samples.h"

typedef struct Measure {
    const QuantizedOps *ops;
    QuantizedError *errors;
    double *counts;
} Measure;

/* What int8 numbers stand for, at their least and most. */
static double represented(const Quantization *q, double number) {
    return q->scale * (number - q->zero);
}

static void note_saturation(QuantizedError *e, const Quantization *q, const Values *real) {
    const double low = represented(q, -128.5), high = represented(q, 127.5);
    for (size_t i = 0; i < real->count; i++) e->saturated += real->data[i] < low || real->data[i] > high;
}

static void note_op(QuantizedError *e, const QuantizedOp *op, const Values *real, const Values *made) {
    const Quantization *q = op->made->dtype == DTYPE_INT8 ? &op->made->quantization : NULL;
    for (size_t i = 0; i < real->count; i++) {
        const double found = q ? represented(q, made->data[i]) : made->data[i], error = found - real->data[i];
        e->largest = fmax(e->largest, fabs(error));
        e->rms += error * error;
        e->real_rms += real->data[i] * real->data[i];
    }
    if (op->int8) note_saturation(e, &op->int8->quantization, real);
}

static void take(void *context, Arena *scratch, const SampleValues *values) {
    Measure *m = context;
    (void)scratch;
    for (size_t i = 0; i < m->ops->count; i++) {
        const QuantizedOp *op = &m->ops->at[i];
        const Values *real = &values->of[0][op->real->id];
        note_op(&m->errors[i], op, real, &values->of[1][op->made->id]);
        m->counts[i] += (double)real->count;
    }
}

const QuantizedError *quantize_measure(Arena *arena, const Ir *real, const Ir *int8, const QuantizedOps *ops,
                                       size_t batch, const ExactArray *inputs, const char **error) {
    Measure m = {ops, ARENA_ARRAY(arena, QuantizedError, ops->count), ARENA_ARRAY(arena, double, ops->count)};
    if (!samples_run(arena, (const Ir *[]){real, int8}, 2, batch, inputs, take, &m, error)) return NULL;
    for (size_t i = 0; i < ops->count; i++) {
        QuantizedError *e = &m.errors[i];
        if (!(m.counts[i] > 0)) continue;
        e->rms = sqrt(e->rms / m.counts[i]);
        e->real_rms = sqrt(e->real_rms / m.counts[i]);
        e->saturated /= m.counts[i];
    }
    return m.errors;
}

/* Ranges of values, from running the float Ir in the reference executor, some samples at a time. */
#include <math.h>

#include "quantize/quantizer.h"
#include "quantize/samples.h"

enum { BINS = 2048, STEPS = 100 };

typedef struct Calibrator {
    Arena *arena;
    const Ir *ir;
    size_t batch;
    const ExactArray *inputs;
    ValueRange *ranges;
    double (*bins)[BINS]; /* by op: how many values fell into each part of its range */
    void (*note)(struct Calibrator *c, size_t op, const Values *v);
} Calibrator;

static void note_range(Calibrator *c, size_t op, const Values *v) {
    ValueRange *r = &c->ranges[op];
    for (size_t i = 0; i < v->count; i++) {
        if (v->data[i] < r->least) r->least = v->data[i];
        if (v->data[i] > r->most) r->most = v->data[i];
    }
}

static void note_bins(Calibrator *c, size_t op, const Values *v) {
    const ValueRange *r = &c->ranges[op];
    const double width = (r->most - r->least) / BINS;
    for (size_t i = 0; width > 0 && i < v->count; i++) {
        const double at = (v->data[i] - r->least) / width;
        if (at >= 0) c->bins[op][at < BINS ? (size_t)at : BINS - 1]++;
    }
}

static void note_all(void *context, Arena *scratch, const SampleValues *values) {
    Calibrator *c = context;
    (void)scratch;
    for (size_t i = 0; i < c->ir->ops.count; i++)
        if (dtype_is_float(c->ir->ops.at[i]->dtype)) c->note(c, i, &values->of[0][i]);
}

/* All samples through the model; `note` takes the values of each float op. */
static bool run(Calibrator *c, void (*note)(Calibrator *c, size_t op, const Values *v), const char **error) {
    c->note = note;
    return samples_run(c->arena, &c->ir, 1, c->batch, c->inputs, note_all, c, error);
}

/* ---- what of the range is represented ---- */

static void cut_percentile(ValueRange *r, const double *bins, double percentile) {
    const double width = (r->most - r->least) / BINS;
    double total = 0, rest = 0;
    for (size_t i = 0; i < BINS; i++) total += bins[i];
    const double may_go = total * (100 - percentile) / 200; /* at either end */
    size_t first = 0, end = BINS;
    while (first + 1 < BINS && rest + bins[first] <= may_go) rest += bins[first++];
    for (rest = 0; end > first + 1 && rest + bins[end - 1] <= may_go; end--) rest += bins[end - 1];
    *r = (ValueRange){r->least + width * (double)first, r->least + width * (double)end};
}

/* The mean squared error of representing the binned values by 256 numbers from least to most. */
static double squared_error(const ValueRange *whole, const double *bins, double least, double most) {
    const double width = (whole->most - whole->least) / BINS, step = (most - least) / 255;
    double error = 0;
    for (size_t i = 0; i < BINS; i++) {
        const double x = whole->least + width * ((double)i + 0.5);
        const double outside = x < least ? least - x : x > most ? x - most : 0;
        error += bins[i] * (outside > 0 ? outside * outside : step * step / 12);
    }
    return error;
}

/* One end moved in, while the other stays: to where the error is least. */
static void cut_end(const ValueRange *whole, const double *bins, ValueRange *cut, double *end, double most) {
    double best = INFINITY, at = most;
    for (int i = 0; i < STEPS; i++) {
        *end = most * (1 - (double)i / STEPS);
        const double error = squared_error(whole, bins, cut->least, cut->most);
        if (!(error < best)) continue;
        best = error;
        at = *end;
    }
    *end = at;
}

/* 0 is always within, as quantization_of has it. */
static void cut_mse(ValueRange *r, const double *bins) {
    enum { ROUNDS = 2 };
    ValueRange cut = {fmin(r->least, 0), fmax(r->most, 0)};
    const ValueRange ends = cut;
    for (int round = 0; round < ROUNDS; round++) {
        cut_end(r, bins, &cut, &cut.most, ends.most);
        cut_end(r, bins, &cut, &cut.least, ends.least);
    }
    *r = cut;
}

static bool cut_ranges(Calibrator *c, const Calibration *calibration, const char **error) {
    c->bins = arena_alloc_array(c->arena, c->ir->ops.count, sizeof *c->bins);
    for (size_t i = 0; i < c->ir->ops.count; i++)
        for (size_t k = 0; k < BINS; k++) c->bins[i][k] = 0;
    if (!run(c, note_bins, error)) return false;
    for (size_t i = 0; i < c->ir->ops.count; i++) {
        if (!(c->ranges[i].least < c->ranges[i].most)) continue;
        if (calibration->way == CALIBRATE_PERCENTILE)
            cut_percentile(&c->ranges[i], c->bins[i], calibration->percentile);
        else
            cut_mse(&c->ranges[i], c->bins[i]);
    }
    return true;
}

const Calibrated *quantize_calibrate(Arena *arena, const Ir *ir, size_t batch, const ExactArray *inputs,
                                     const Calibration *calibration, const char **error) {
    Calibrator c = {.arena = arena, .ir = ir, .batch = batch, .inputs = inputs};
    c.ranges = ARENA_ARRAY(arena, ValueRange, ir->ops.count);
    for (size_t i = 0; i < ir->ops.count; i++) c.ranges[i] = (ValueRange){INFINITY, -INFINITY};
    if (!run(&c, note_range, error)) return NULL;
    if (calibration->way != CALIBRATE_MINMAX && !cut_ranges(&c, calibration, error)) return NULL;
    Calibrated *out = ARENA_NEW(arena, Calibrated);
    *out = (Calibrated){c.ranges, ARENA_ARRAY(arena, const double *, ir->ops.count)};
    return quantize_find_bias_errors(ir, out, batch, inputs, error) ? out : NULL;
}

#include "quantize/samples.h"

/* How many values may be kept at once. */
enum { MOST_VALUES = 1 << 24, MOST_SAMPLES = 64 };

/* A model of a fixed batch takes it whole. */
static bool is_whole(const Ir *ir) {
    for (size_t i = 0; i < ir->n_inputs; i++) {
        const Shape *shape = &ir->inputs[i]->shape;
        if (shape->rank == 0 || shape->dim[0] != DIM_UNKNOWN) return true;
    }
    return ir->n_inputs == 0;
}

size_t samples_at_once(const Ir *const *irs, size_t n_irs) {
    int64_t values = 1;
    if (is_whole(irs[0])) return SIZE_MAX;
    for (size_t k = 0; k < n_irs; k++)
        for (size_t i = 0; i < irs[k]->ops.count; i++) {
            const Shape *shape = &irs[k]->ops.at[i]->shape;
            int64_t count = 0;
            if (!shape_count(shape, shape->rank > 0, &count) || count > MOST_VALUES) return 1;
            values += count;
            if (values > MOST_VALUES) return 1;
        }
    return MOST_VALUES / values < MOST_SAMPLES ? (size_t)(MOST_VALUES / values) : MOST_SAMPLES;
}

static bool run_some(Arena *scratch, const Ir *const *irs, size_t n_irs, size_t first, size_t n,
                     const ExactArray *inputs, SampleValues *values, const char **error) {
    ExactArray *some = ARENA_ARRAY(scratch, ExactArray, irs[0]->n_inputs);
    for (size_t i = 0; i < irs[0]->n_inputs; i++) {
        int64_t sample = 0;
        if (first > 0 && !shape_count(&irs[0]->inputs[i]->shape, 1, &sample)) {
            *error = "an input is too large";
            return false;
        }
        sample *= (int64_t)first;
        some[i] = (ExactArray){inputs[i].data + sample, inputs[i].rest ? inputs[i].rest + sample : NULL};
    }
    for (size_t k = 0; k < n_irs; k++) {
        values->of[k] = ARENA_ARRAY(scratch, Values, irs[k]->ops.count);
        if (!ir_execute_values(scratch, irs[k], n, some, values->of[k], error)) return false;
    }
    return true;
}

bool samples_run(Arena *arena, const Ir *const *irs, size_t n_irs, size_t batch, const ExactArray *inputs,
                 SamplesTake *take, void *context, const char **error) {
    const size_t at_once = samples_at_once(irs, n_irs), most = at_once < batch ? at_once : batch;
    for (size_t first = 0; first < batch; first += most) {
        Arena *scratch = arena_new_child(arena);
        SampleValues values;
        const size_t n = batch - first < most ? batch - first : most;
        const bool ok = run_some(scratch, irs, n_irs, first, n, inputs, &values, error);
        if (ok)
            take(context, scratch, &values);
        else
            *error = arena_strdup(arena, *error);
        arena_free(scratch);
        if (!ok) return false;
    }
    return true;
}

/* lamina profile: how long each layer takes. The model is compiled in memory with a call between its steps
 * that tells a stopwatch where the run is; no other code has that call. Times are medians over the runs.
 */
#include "cli/profile.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/commands.h"
#include "cli/engine.h"

enum { DEFAULT_RUNS = 20, WARM_RUNS = 2, MOST_NUMBERS = 1 << 26 };

typedef struct Stopwatch {
    size_t n_steps, running; /* the step that is measured now; n_steps: none */
    double since;
    double *now; /* seconds of each step in this run */
    double *all; /* [run][step], then the whole */
    size_t run;  /* runs that are over, those to warm up too */
} Stopwatch;

static double seconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void on_step(void *context, size_t step) {
    Stopwatch *watch = context;
    const double now = seconds();
    if (watch->running < watch->n_steps) watch->now[watch->running] += now - watch->since;
    watch->running = step;
    watch->since = seconds();
}

static void after_run(void *context) {
    Stopwatch *watch = context;
    if (watch->run >= WARM_RUNS) {
        double *row = watch->all + (watch->run - WARM_RUNS) * (watch->n_steps + 1);
        memcpy(row, watch->now, watch->n_steps * sizeof *row);
        for (size_t i = 0; i < watch->n_steps; i++) row[watch->n_steps] += row[i];
    }
    memset(watch->now, 0, watch->n_steps * sizeof *watch->now);
    watch->run++;
}

static int by_size(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Of each step, and of the whole as the last. */
static double *medians(Arena *arena, const Stopwatch *watch, size_t runs) {
    const size_t n = watch->n_steps + 1;
    double *out = ARENA_ARRAY(arena, double, n), *column = ARENA_ARRAY(arena, double, runs);
    for (size_t step = 0; step < n; step++) {
        for (size_t run = 0; run < runs; run++) column[run] = watch->all[run * n + step];
        qsort(column, runs, sizeof *column, by_size);
        out[step] = (column[runs / 2] + column[(runs - 1) / 2]) / 2;
    }
    return out;
}

static size_t number(const Driver *driver, OptionId id, size_t otherwise) {
    const char *text = option_value(driver->options, id);
    return text ? (size_t)strtoull(text, NULL, 10) : otherwise;
}

static bool load_weights(Driver *driver) {
    if (option_given(driver->options, OPT_WEIGHTS) || driver->saved) return driver_weights(driver);
    driver->weights = weights_expect(driver->arena, driver->diags, driver->model);
    return driver->weights->count == 0 || weights_load(driver->weights, "random");
}

static bool read_inputs(Driver *driver, Array **inputs, size_t *batch) {
    *batch = number(driver, OPT_BATCH, 1);
    if (option_given(driver->options, OPT_INPUT)) {
        if (!tensors_read_inputs(driver, inputs, batch)) return false;
    } else {
        tensors_make_inputs(driver, batch, inputs);
    }
    return tensors_bind(driver, *inputs);
}

static bool measure(Driver *driver, const Array *inputs, size_t batch, size_t runs, double **medians_out) {
    Stopwatch watch = {.n_steps = driver->program->steps.count, .running = SIZE_MAX};
    watch.now = ARENA_ARRAY(driver->arena, double, watch.n_steps);
    watch.all = arena_alloc_array(driver->arena, runs * (watch.n_steps + 1), sizeof(double));
    driver->on_step = on_step;
    driver->on_step_context = &watch;
    EngineLoaded engine = {0};
    Array *outputs;
    const bool done =
        engine_load(driver, &engine) &&
        engine_call_times(driver, engine.model, inputs, batch, runs + WARM_RUNS, after_run, &watch, &outputs);
    engine_unload(&engine);
    driver->on_step = NULL;
    driver->on_step_context = NULL;
    if (done) *medians_out = medians(driver->arena, &watch, runs);
    return done;
}

static bool profile(Driver *driver) {
    Array *inputs;
    size_t batch;
    double *steps;
    const size_t runs = number(driver, OPT_RUNS, DEFAULT_RUNS);
    driver->notes = ARENA_NEW(driver->arena, DriverNotes);
    if (!driver_model(driver) || !load_weights(driver) || !driver_externals_load(driver) ||
        !driver_program(driver) || !read_inputs(driver, &inputs, &batch) ||
        !measure(driver, inputs, batch, runs, &steps))
        return false;
    const char *format = option_value(driver->options, OPT_FORMAT),
               *via = option_value(driver->options, OPT_VIA);
    const Profile out = {.report = driver_report_of(driver, steps, batch, runs),
                         .seconds = steps[driver->program->steps.count],
                         .way = via                           ? via
                                : engine_llvm_is_here(driver) ? "llvm"
                                                              : "c"};
    (format && strcmp(format, "json") == 0 ? profile_print_json : profile_print_text)(&out, stdout);
    return driver_report(driver, steps, batch, runs);
}

int command_profile(Driver *driver) {
    const char *via = option_value(driver->options, OPT_VIA);
    if (via && strcmp(via, "reference") == 0)
        return command_usage_error("--via=reference: what is measured is compiled code: llvm or c");
    if (option_given(driver->options, OPT_INPUT) && option_given(driver->options, OPT_BATCH))
        return command_usage_error(
            "--batch is for made-up data; with -i the data says how many samples there are");
    if (number(driver, OPT_RUNS, 1) > MOST_NUMBERS / 1024 || number(driver, OPT_BATCH, 1) > MOST_NUMBERS)
        return command_usage_error("--runs and --batch: at most %d and %d", MOST_NUMBERS / 1024,
                                   MOST_NUMBERS);
    profile(driver);
    return driver_finish(driver);
}

/* lamina verify: every way of running the model, and the user's own expected outputs, against the float64
 * reference. */
#include <math.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/engine.h"

/* Rounding of a float32 computation, relative to the largest value of an output (at least 1). */
static const double BOUND = 1e-5;

/* Where something is rounded to float16 or bfloat16: eight roundings of a number of order one. */
static const double BOUND_FLOAT16 = 0x1p-8, BOUND_BFLOAT16 = 0x1p-5;
/* Where no float is narrower than float64. */
static const double BOUND_FLOAT64 = 1e-12;

enum { DEFAULT_BATCH = 4 };

typedef struct Difference {
    double error, bound; /* the largest absolute difference, and what is allowed */
    size_t at;           /* where it is */
    bool same_specials;  /* NaN and infinities stand at the same places */
} Difference;

/* By the narrowest float that anything is computed in. */
static double bound_of(const Ir *ir) {
    double bound = BOUND_FLOAT64;
    for (size_t i = 0; i < ir->ops.count; i++) {
        if (ir->ops.at[i]->dtype == DTYPE_FLOAT32) bound = fmax(bound, BOUND);
        if (ir->ops.at[i]->dtype == DTYPE_FLOAT16) bound = fmax(bound, BOUND_FLOAT16);
        if (ir->ops.at[i]->dtype == DTYPE_BFLOAT16) bound = fmax(bound, BOUND_BFLOAT16);
    }
    return bound;
}

static Difference compare(const double *found, const double *reference, size_t count, double bound) {
    Difference out = {.bound = bound, .same_specials = true};
    double largest = 1;
    for (size_t i = 0; i < count; i++) {
        const bool special = !isfinite(reference[i]) || !isfinite(found[i]);
        if (special) {
            const bool both_nan = isnan(reference[i]) && isnan(found[i]);
            if (!both_nan && !(found[i] == reference[i])) {
                out.same_specials = false;
                out.at = i;
            }
            continue;
        }
        largest = fmax(largest, fabs(reference[i]));
        const double error = fabs(found[i] - reference[i]);
        if (error > out.error) {
            out.error = error;
            if (out.same_specials) out.at = i;
        }
    }
    out.bound = bound * largest;
    return out;
}

static bool print_row(Driver *driver, const char *output, const char *way, const double *found,
                      const double *reference, size_t count) {
    const Difference d = compare(found, reference, count, bound_of(driver->ir));
    const bool fine = d.same_specials && d.error <= d.bound;
    printf("%-24s %-10s %12.3g %12.3g %8.1f %%  %s\n", output, way, d.error, d.bound, 100 * d.error / d.bound,
           fine ? "agrees" : "DIFFERS");
    if (fine) return true;
    return diag_report(
        driver->diags, E555, NO_SOURCE,
        "output '%s' by %s differs from the reference: element %zu is %.9g, the reference has %.9g", output,
        way, d.at, found[d.at], reference[d.at]);
}

static bool compare_way(Driver *driver, const char *way, const Array *found, const Array *reference) {
    bool fine = true;
    for (size_t i = 0; i < driver->model->n_outputs; i++)
        fine &= print_row(driver, reference[i].name, way, data_to_double(driver->arena, &found[i]),
                          data_to_double(driver->arena, &reference[i]), reference[i].count);
    return fine;
}

static bool verify(Driver *driver) {
    Array *inputs, *reference, *by_c, *by_llvm, *expected;
    size_t batch;
    if (!driver_load(driver) || !driver_externals_load(driver)) return false;
    const bool open = driver->dims.count > 0; /* then the plan comes first: it is for all extents */
    if (open && !driver_program(driver)) return false;
    if (option_given(driver->options, OPT_INPUT)) {
        if (!tensors_read_inputs(driver, &inputs, &batch)) return false;
    } else {
        batch = DEFAULT_BATCH;
        tensors_make_inputs(driver, &batch, &inputs);
    }
    if (!tensors_bind(driver, inputs) || !driver_lower(driver)) return false;
    if (option_given(driver->options, OPT_EXPECT) && !tensors_read_expected(driver, batch, &expected))
        return false;
    if (!engine_reference(driver, inputs, batch, &reference)) return false;
    if ((!open && !driver_plan(driver)) || !engine_c(driver, inputs, batch, &by_c)) return false;
    const bool llvm = engine_llvm_is_here(driver);
    if (llvm && !engine_llvm(driver, inputs, batch, &by_llvm)) return false;
    printf("%-24s %-10s %12s %12s %10s\n", "output", "by", "error", "bound", "share");
    bool fine = compare_way(driver, "c", by_c, reference);
    if (llvm) fine &= compare_way(driver, "llvm", by_llvm, reference);
    if (option_given(driver->options, OPT_EXPECT))
        fine &= compare_way(driver, "--expect", expected, reference);
    return fine;
}

int command_verify(Driver *driver) {
    if (option_given(driver->options, OPT_EXPECT) && !option_given(driver->options, OPT_INPUT))
        return command_usage_error("--expect needs the inputs that it belongs to: -i DATA");
    verify(driver);
    return driver_finish(driver);
}

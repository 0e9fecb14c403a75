/* lamina verify: every way of running the model, and the user's own expected outputs, against the float64
 * reference, within the error bound that ir/bound.c computes for each element; then the same layer by layer.
 */
#include <math.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/engine.h"
#include "cli/quantize.h"
#include "cli/verify.h"

enum { DEFAULT_BATCH = 4 };

/* Of its bound; 0 where there is none. Infinities and NaN must be the same. */
static double share_of(double found, double reference, double bound) {
    if (isinf(bound) || found == reference || (isnan(found) && isnan(reference))) return 0;
    const double error = fabs(found - reference);
    return error <= 0 ? 0 : isfinite(error) ? error / bound : INFINITY;
}

static Difference compare(const double *found, const BoundedArray *reference) {
    Difference out = {0, 0, -1, 0, 0};
    for (size_t i = 0; i < reference->count; i++) {
        const double bound = reference->bound[i], share = share_of(found[i], reference->value[i], bound);
        if (isinf(bound)) out.unbounded++;
        if (isinf(bound) || !(share > out.share)) continue;
        out.at = i;
        out.share = share;
        out.bound = bound;
        out.error = share > 0 ? fabs(found[i] - reference->value[i]) : 0;
    }
    return out;
}

/* [1, 2] of the at-th element. */
static const char *place(Arena *arena, const Shape *shape, size_t at) {
    const char *text = "";
    for (int i = shape->rank; i-- > 0;) {
        const size_t extent = (size_t)(shape->dim[i] > 0 ? shape->dim[i] : 1);
        text = arena_printf(arena, "%zu%s%s", at % extent, *text ? "," : "", text);
        at /= extent;
    }
    return arena_printf(arena, "[%s]", text);
}

/* Adds a row to the table, and reports where it differs. */
static bool compare_output(Driver *driver, Verification *v, const char *what, const char *way,
                           const Array *found, const BoundedArray *reference) {
    const double *data = data_to_double(driver->arena, found);
    const Difference d = compare(data, reference);
    const char *at = place(driver->arena, &found->shape, d.at);
    vec_push(driver->arena, &v->rows, ((VerifyRow){what, found->name, way, at, d, reference->count, false}));
    if (d.share <= 1) return true;
    return diag_report(
        driver->diags, E555, NO_SOURCE,
        "%s '%s' by %s differs from the reference: element %s is %.9g, the reference has %.9g, and "
        "rounding explains %.3g",
        what, found->name, way, at, data[d.at], reference->value[d.at], d.bound);
}

static bool compare_way(Driver *driver, Verification *v, const char *what, const char *way,
                        const Array *found, const BoundedArray *reference) {
    bool fine = true;
    for (size_t i = 0; i < driver->model->n_outputs; i++)
        fine &= compare_output(driver, v, what, way, &found[i], &reference[i]);
    return fine;
}

/* The user's expected outputs beside a quantised model: how far they are, which no rounding bounds. */
static void note_distances(Driver *driver, Verification *v, const Array *found, const Array *expected) {
    for (size_t i = 0; i < driver->model->n_outputs; i++) {
        const double *a = data_to_double(driver->arena, &found[i]), *b = expected[i].data;
        VerifyRow row = {.what = "output",
                         .name = expected[i].name,
                         .way = "--expect",
                         .count = found[i].count,
                         .found = {.share = -1, .unbounded = found[i].count},
                         .is_distance = true};
        for (size_t k = 0; k < found[i].count; k++)
            row.found.error = fmax(row.found.error, fabs(a[k] - b[k]));
        vec_push(driver->arena, &v->rows, row);
    }
}

/* The same model with what each of its layers gives as an output: nothing is fused across layers in it. */
static Model *with_all_layers(Arena *arena, const Model *model) {
    Model *out = ARENA_NEW(arena, Model);
    *out = *model;
    VEC(Tensor *) tensors = {0};
    VEC(const char *) names = {0};
    for (size_t i = 0; i < model->n_nodes; i++) {
        const Node *node = model->nodes[i];
        for (size_t k = 0; node->n_inputs > 0 && k < node->n_outputs; k++) {
            vec_push(arena, &tensors, node->outputs[k]);
            vec_push(arena, &names, node->layer->name);
        }
    }
    out->outputs = tensors.at;
    out->n_outputs = tensors.count;
    out->output_names = names.at;
    return out;
}

static bool verify_layers(Driver *driver, Verification *v, const Array *inputs, size_t batch) {
    Model *model = driver->model;
    BoundedArray *reference;
    Array *found = NULL;
    driver->model = with_all_layers(driver->arena, model);
    const bool llvm = engine_llvm_is_here(driver);
    bool fine = driver->model->n_outputs > 0 && driver_lower(driver) &&
                engine_bound(driver, inputs, batch, &reference) && driver_plan(driver) &&
                (llvm ? engine_llvm : engine_c)(driver, inputs, batch, &found);
    if (fine) fine = compare_way(driver, v, "layer", llvm ? "llvm" : "c", found, reference);
    driver->model = model;
    return fine;
}

static bool verify(Driver *driver, Verification *v) {
    BoundedArray *reference;
    Array *inputs, *by_c, *by_llvm, *expected = NULL;
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
    if (!tensors_bind(driver, inputs) || !driver_reference(driver)) return false;
    if (option_given(driver->options, OPT_EXPECT) && !tensors_read_expected(driver, batch, &expected))
        return false;
    if (!engine_bound(driver, inputs, batch, &reference)) return false;
    if ((!open && !driver_plan(driver)) || !engine_c(driver, inputs, batch, &by_c)) return false;
    const bool llvm = engine_llvm_is_here(driver);
    if (llvm && !engine_llvm(driver, inputs, batch, &by_llvm)) return false;
    v->batch = batch;
    bool fine = compare_way(driver, v, "output", "c", by_c, reference);
    if (llvm) fine &= compare_way(driver, v, "output", "llvm", by_llvm, reference);
    if (driver_quantizes(driver)) {
        if (expected) note_distances(driver, v, by_c, expected);
        return driver_measure_quantization(driver, inputs, batch) && fine;
    }
    if (expected) fine &= compare_way(driver, v, "output", "--expect", expected, reference);
    if (fine && driver->dims.count == 0) fine = verify_layers(driver, v, inputs, batch);
    return fine;
}

int command_verify(Driver *driver) {
    if (option_given(driver->options, OPT_EXPECT) && !option_given(driver->options, OPT_INPUT))
        return command_usage_error("--expect needs the inputs that it belongs to: -i DATA");
    Verification v = {0};
    const char *format = option_value(driver->options, OPT_FORMAT);
    verify(driver, &v);
    if (v.rows.count > 0) {
        v.model = driver->model->layer->name;
        v.quantized = driver->quantized;
        (format && strcmp(format, "json") == 0 ? verify_print_json : verify_print_text)(&v, stdout);
    }
    return driver_finish(driver);
}

/* The costs of a model without its weights: it is lowered and planned with zeros in their place, since no
 * count hangs on a value. What cannot be compiled has no costs, and no errors are reported for that.
 */
#include "cli/driver.h"
#include "lower/lower.h"
#include "view/view.h"

/* Zeros are pages that are never touched while a model is lowered; passes and the planner copy them. */
static const double MOST_LOWERED = 0x1p32, MOST_PLANNED = 0x1p30;

/* Bytes of all weights, and zeros for each into `by_id`. */
static double zero_weights(Driver *driver, const void **by_id) {
    WeightList weights = {0};
    double sum = 0;
    model_weights(driver->arena, driver->model, &weights);
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < weights.count; i++) {
            const Weight *weight = weights.at[i];
            double bytes = (double)dtype_size(weight->dtype);
            for (int k = 0; k < weight->shape.rank; k++) bytes *= (double)weight->shape.dim[k];
            if (round == 0)
                sum += bytes;
            else if (sum <= MOST_LOWERED)
                by_id[weight->id] = arena_alloc(driver->arena, (size_t)bytes);
        }
    return sum;
}

static void workspace(Driver *driver, ModelCosts *out) {
    if (!driver_plan(driver)) return;
    const Program *program = driver->program;
    if (program->workspace_bytes <= INT64_MAX) out->workspace = (int64_t)program->workspace_bytes;
    if (program->open_batch) out->chunk = program->chunk;
}

static const char *count(Driver *driver, ModelCosts *out) {
    const void **by_id = ARENA_ARRAY(driver->arena, const void *, driver->graph->weights.count);
    if (driver->dims.count > 0)
        return arena_printf(driver->arena, "the model leaves %s open: give it with --dim %s=N",
                            driver->dims.at[0].name, driver->dims.at[0].name);
    const double bytes = zero_weights(driver, by_id);
    if (bytes > MOST_LOWERED) return "the weights are too large to plan with";
    const DiagMark mark = diag_mark(driver->diags);
    driver->ir = lower_model(driver->arena, driver->graph, driver->model, by_id, NULL);
    if (!driver->ir) {
        SourceRange at;
        const char *error = diag_first_error(driver->diags, mark, &at);
        return error ? error : "the model cannot be compiled";
    }
    view_macs(driver->arena, driver->model, driver->ir, out);
    if (bytes <= MOST_PLANNED) workspace(driver, out);
    return NULL;
}

void driver_note_costs(Driver *driver) {
    driver->notes->costs = (ModelCosts){.workspace = -1};
    view_macs(driver->arena, driver->model, driver->ir, &driver->notes->costs);
}

ModelCosts driver_costs(Driver *driver) {
    ModelCosts out = {.total_macs = -1, .workspace = -1};
    const DiagMark mark = diag_mark(driver->diags);
    out.why_not = count(driver, &out);
    if (out.why_not) out.why_not = arena_strdup(driver->arena, out.why_not);
    diag_rewind(driver->diags, mark);
    return out;
}

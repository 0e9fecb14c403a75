#include "cli/engine.h"
#include "ir/execute.h"

/* An output as the reference gives it: doubles, or the integers and bools that they stand for. */
static bool to_array(Driver *driver, const char *name, DType dtype, const Shape *shape,
                     const ExactArray *values, Array *out) {
    int64_t count = 0;
    if (!shape_count(shape, 0, &count))
        return diag_report(driver->diags, E552, NO_SOURCE, "output '%s' would be too large", name);
    *out = (Array){.name = name, .dtype = DTYPE_FLOAT64, .shape = *shape, .count = (size_t)count};
    if (!dtype_is_float(dtype)) out->dtype = dtype;
    out->data = arena_alloc_array(driver->arena, out->count, dtype_size(out->dtype));
    for (size_t i = 0; i < out->count; i++)
        ir_exact_store(out->dtype, values->data[i], values->rest ? values->rest[i] : 0, i, out->data);
    return true;
}

bool engine_reference(Driver *driver, const Array *inputs, size_t batch, Array **outputs) {
    const Model *model = driver->model;
    ExactArray *in = ARENA_ARRAY(driver->arena, ExactArray, model->n_inputs);
    ExactArray *out = ARENA_ARRAY(driver->arena, ExactArray, model->n_outputs);
    for (size_t i = 0; i < model->n_inputs; i++)
        in[i] = ir_exact_array(driver->arena, inputs[i].dtype, inputs[i].count, inputs[i].data);
    const char *error = NULL;
    if (!ir_execute_exact(driver->arena, driver->ir, batch, in, out, &error))
        return diag_report(driver->diags, E554, NO_SOURCE, "%s", error);
    const char **names = tensors_output_names(driver->arena, model);
    *outputs = ARENA_ARRAY(driver->arena, Array, model->n_outputs);
    for (size_t i = 0; i < model->n_outputs; i++) {
        const Shape shape = tensors_result_shape(driver, i, batch);
        if (!to_array(driver, names[i], model->outputs[i]->dtype, &shape, &out[i], &(*outputs)[i]))
            return false;
    }
    return true;
}

bool engine_bound(Driver *driver, const Array *inputs, size_t batch, BoundedArray **outputs) {
    const size_t n = driver->model->n_inputs;
    ExactArray *in = ARENA_ARRAY(driver->arena, ExactArray, n);
    for (size_t i = 0; i < n; i++)
        in[i] = ir_exact_array(driver->arena, inputs[i].dtype, inputs[i].count, inputs[i].data);
    PlanOptions options = {0};
    driver_conv(driver, &options);
    const char *error = NULL;
    *outputs = ARENA_ARRAY(driver->arena, BoundedArray, driver->ir->n_outputs);
    if (ir_bound(driver->arena, driver->ir, batch, in, options.conv != CONV_DIRECT, *outputs, &error))
        return true;
    return diag_report(driver->diags, E554, NO_SOURCE, "%s", error);
}

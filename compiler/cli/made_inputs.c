/* Inputs where none are given: the same numbers each time, -1..1, and 0 or 1 for integers. */
#include "cli/tensors.h"

/* Of an open dimension: what the generated code takes, and seven at least. */
static int64_t default_extent(const Driver *driver) {
    int64_t extent = 7;
    for (size_t i = 0; driver->program && i < driver->program->n_dims; i++)
        if (driver->program->dims[i].least > extent) extent = driver->program->dims[i].least;
    return extent;
}

void tensors_make_inputs(Driver *driver, size_t *batch, Array **out) {
    const Model *model = driver->model;
    const char **names = tensors_input_names(driver->arena, model);
    Array *arrays = ARENA_ARRAY(driver->arena, Array, model->n_inputs);
    uint64_t state = 1;
    for (size_t i = 0; i < model->n_inputs; i++) {
        const Tensor *tensor = model->inputs[i];
        Shape shape = tensor->shape;
        int64_t count = 0;
        for (int k = 0; k < shape.rank; k++)
            if (shape.dim[k] == DIM_UNKNOWN) shape.dim[k] = k == 0 ? (int64_t)*batch : default_extent(driver);
        if (!shape_count(&shape, 0, &count)) count = 0; /* lowering has refused such a model */
        arrays[i] = (Array){.name = names[i], .dtype = tensor->dtype, .shape = shape, .count = (size_t)count};
        arrays[i].data = arena_alloc_array(driver->arena, arrays[i].count, dtype_size(tensor->dtype));
        for (size_t k = 0; k < arrays[i].count; k++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            const double unit = (double)(state >> 40) / (double)(1 << 24);
            tensors_store(arrays[i].data, k, tensor->dtype,
                          dtype_is_float(tensor->dtype) ? 2 * unit - 1 : unit >= 0.5);
        }
    }
    if (model->n_inputs && arrays[0].shape.rank > 0) *batch = (size_t)arrays[0].shape.dim[0];
    *out = arrays;
}

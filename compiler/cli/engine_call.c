/* What the engines of compiled models share: a call through the lamina_model descriptor. */
#include <stdlib.h>
#include <string.h>

#include "cli/engine.h"
#include "lamina_pool.h"

/* Outputs pre-filled with a pattern, so that what is not written shows. */
static Array *make_outputs(Driver *driver, size_t batch, void **pointers) {
    const Model *model = driver->model;
    const char **names = tensors_output_names(driver->arena, model);
    Array *outputs = ARENA_ARRAY(driver->arena, Array, model->n_outputs);
    for (size_t i = 0; i < model->n_outputs; i++) {
        const DType dtype = model->outputs[i]->dtype;
        const Shape shape = tensors_result_shape(driver, i, batch);
        int64_t count = 0;
        if (!shape_count(&shape, 0, &count)) {
            diag_report(driver->diags, E552, NO_SOURCE, "output '%s' would be too large", names[i]);
            return NULL;
        }
        outputs[i] = (Array){.name = names[i], .dtype = dtype, .shape = shape, .count = (size_t)count};
        pointers[i] = outputs[i].data = arena_alloc_array(driver->arena, (size_t)count, dtype_size(dtype));
        memset(outputs[i].data, 0xFF, (size_t)count * dtype_size(dtype));
    }
    return outputs;
}

/* NULL for one thread, and where there are no others to be had: then the calling thread does it all. */
static lamina_pool *make_pool(const Program *program) {
    return program->threads > 1 ? lamina_pool_new((size_t)program->threads) : NULL;
}

bool engine_call(Driver *driver, const lamina_model *compiled, const Array *inputs, size_t batch,
                 Array **outputs) {
    return engine_call_times(driver, compiled, inputs, batch, 1, NULL, NULL, outputs);
}

bool engine_call_times(Driver *driver, const lamina_model *compiled, const Array *inputs, size_t batch,
                       size_t times, EngineAfter *after, void *context, Array **outputs) {
    const void **in = ARENA_ARRAY(driver->arena, const void *, driver->model->n_inputs);
    void **out = ARENA_ARRAY(driver->arena, void *, driver->model->n_outputs);
    for (size_t i = 0; i < driver->model->n_inputs; i++)
        in[i] = tensors_sparse(driver->arena, &inputs[i], driver->program->inputs[i]->sparse);
    *outputs = make_outputs(driver, batch, out);
    if (!*outputs) return false;
    const Program *program = driver->program;
    lamina_call call = {.size = sizeof call, .inputs = in, .outputs = out};
    call.batch = program->open_batch ? batch : (size_t)program->static_batch;
    int64_t dims[PROGRAM_MAX_DIMS];
    if (!tensors_dims(driver, inputs, dims)) return false;
    call.dims = dims;
    lamina_pool *pool = make_pool(program);
    call.parallel = lamina_pool_parallel(pool);
    call.workspace_size = compiled->workspace_bytes(&call);
    void *workspace = NULL;
    if (call.workspace_size && posix_memalign(&workspace, 64, call.workspace_size) != 0) {
        lamina_pool_delete(pool);
        return diag_report(driver->diags, E552, NO_SOURCE, "there is no memory for a workspace of %zu bytes",
                           call.workspace_size);
    }
    call.workspace = workspace;
    if (compiled->state_bytes) call.state = arena_alloc(driver->arena, compiled->state_bytes); /* zeros */
    int status = LAMINA_OK;
    for (size_t i = 0; i < times && status == LAMINA_OK; i++) {
        status = compiled->run(&call);
        if (after) after(context);
    }
    free(workspace);
    lamina_pool_delete(pool);
    if (status == LAMINA_OK) return true;
    if (status == LAMINA_E_INDEX)
        return diag_report(driver->diags, E554, NO_SOURCE, "an id of an Embedding is out of range");
    return diag_report(driver->diags, E900, NO_SOURCE, "the compiled model returned status %d", status);
}

/* lamina run: the model on .npy or .npz data. What takes its batch in pieces streams (stream.c), so that the
 * data may be larger than memory; other models, the reference, and a device for an .npz get all at once. */
#include <string.h>

#include "api/compilation.h"
#include "cli/commands.h"
#include "cli/engine.h"
#include "cli/stream.h"
#include "data/bytes.h"

static bool has_suffix(const char *path, const char *suffix) {
    const char *dot = strrchr(path, '.');
    return dot && strcmp(dot, suffix) == 0;
}

/* A pipe is written from beginning to end, which an .npz is not. */
static bool can_stream(const Driver *driver) {
    const char *path = option_value(driver->options, OPT_OUTPUT);
    return stream_is_possible(driver) && !(bytes_is_device(path) && !has_suffix(path, ".npy"));
}

static bool run_at_once(Driver *driver, const lamina_model *compiled, TensorRows *rows) {
    Array *inputs, *outputs;
    driver_stage(driver, "running the model");
    return tensors_read_rows(driver, rows, &inputs) &&
           engine_call(driver, compiled, inputs, rows->batch, &outputs) &&
           tensors_write_outputs(driver, outputs);
}

/* The data are looked at before the model is compiled: what is wrong with them is told at once. */
static bool run_compiled(Driver *driver, lamina_compilation *compilation) {
    TensorRows rows = {0};
    const lamina_model *compiled = NULL;
    bool fine = lamina_compilation_check(compilation) == LAMINA_STATUS_FINE &&
                tensors_open_inputs(driver, &rows) &&
                lamina_compilation_load(compilation, &compiled) == LAMINA_STATUS_FINE &&
                tensors_bind(driver, rows.headers);
    if (fine)
        fine =
            can_stream(driver) ? stream_run(driver, compiled, &rows) : run_at_once(driver, compiled, &rows);
    tensors_close_inputs(&rows);
    return fine;
}

static bool run_reference(Driver *driver) {
    Array *inputs, *outputs;
    size_t batch;
    return driver_load(driver) && driver_externals_load(driver) &&
           tensors_read_inputs(driver, &inputs, &batch) && tensors_bind(driver, inputs) &&
           driver_reference(driver) && engine_reference(driver, inputs, batch, &outputs) &&
           tensors_write_outputs(driver, outputs);
}

static void run(Driver *driver) {
    const char *via = option_value(driver->options, OPT_VIA);
    if (via && strcmp(via, "reference") == 0) {
        run_reference(driver);
        return;
    }
    lamina_compilation *compilation = compilation_of_driver(driver);
    run_compiled(driver, compilation);
    lamina_compilation_free(compilation);
}

int command_run(Driver *driver) {
    const char *path = option_value(driver->options, OPT_OUTPUT);
    if (!option_given(driver->options, OPT_INPUT)) return command_usage_error("`lamina run` needs -i DATA");
    if (!path) return command_usage_error("`lamina run` needs -o FILE.npy or FILE.npz");
    if (!bytes_is_device(path) && !has_suffix(path, ".npy") && !has_suffix(path, ".npz"))
        return command_usage_error("-o %s: the suffix picks the form: .npy or .npz", path);
    run(driver);
    return driver_finish(driver);
}

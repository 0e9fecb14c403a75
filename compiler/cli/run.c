/* lamina run: the model on .npy or .npz data. */
#include <string.h>

#include "cli/commands.h"
#include "cli/engine.h"
#include "data/bytes.h"

typedef bool Engine(Driver *driver, const Array *inputs, size_t batch, Array **outputs);

static const struct Way {
    const char *name;
    Engine *engine;
} WAYS[] = {{"llvm", engine_llvm}, {"c", engine_c}, {"reference", engine_reference}};

static Engine *find_way(const char *name) {
    for (size_t i = 0; i < sizeof WAYS / sizeof *WAYS; i++)
        if (strcmp(WAYS[i].name, name) == 0) return WAYS[i].engine;
    return NULL;
}

static bool run(Driver *driver, Engine *engine) {
    const bool by_reference = engine == engine_reference;
    Array *inputs, *outputs;
    size_t batch;
    if (!driver_load(driver) || !driver_externals_load(driver) || !(by_reference || driver_program(driver))) return false;
    if (!tensors_read_inputs(driver, &inputs, &batch) || !tensors_bind(driver, inputs)) return false;
    if (by_reference && !driver_lower(driver)) return false;
    return engine(driver, inputs, batch, &outputs) && tensors_write_outputs(driver, outputs);
}

int command_run(Driver *driver) {
    const char *via = option_value(driver->options, OPT_VIA);
    if (!via) via = engine_llvm_is_here(driver) ? "llvm" : "c";
    if (!option_given(driver->options, OPT_INPUT)) return command_usage_error("`lamina run` needs -i DATA");
    if (!option_given(driver->options, OPT_OUTPUT))
        return command_usage_error("`lamina run` needs -o FILE.npy or FILE.npz");
    const char *path = option_value(driver->options, OPT_OUTPUT), *suffix = strrchr(path, '.');
    if (!bytes_is_device(path) && (!suffix || (strcmp(suffix, ".npy") != 0 && strcmp(suffix, ".npz") != 0)))
        return command_usage_error("-o %s: the suffix picks the form: .npy or .npz", path);
    Engine *engine = find_way(via);
    if (!engine) return command_usage_error("--via=%s: expected llvm, c or reference", via);
    run(driver, engine);
    return driver_finish(driver);
}

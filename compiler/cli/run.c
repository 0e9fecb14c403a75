/* lamina run: the model on .npy or .npz data. */
#include <string.h>

#include "cli/commands.h"
#include "cli/engine.h"
#include "data/bytes.h"

static bool run(Driver *driver, bool by_reference) {
    Array *inputs, *outputs;
    size_t batch;
    if (!driver_load(driver) || !(by_reference || driver_program(driver))) return false;
    if (!tensors_read_inputs(driver, &inputs, &batch) || !tensors_bind(driver, inputs)) return false;
    if (by_reference && !driver_lower(driver)) return false;
    const bool done = by_reference ? engine_reference(driver, inputs, batch, &outputs)
                                   : engine_c(driver, inputs, batch, &outputs);
    return done && tensors_write_outputs(driver, outputs);
}

int command_run(Driver *driver) {
    const char *via = option_value(driver->options, OPT_VIA);
    if (!via) via = "c";
    if (!option_given(driver->options, OPT_INPUT)) return command_usage_error("`lamina run` needs -i DATA");
    if (!option_given(driver->options, OPT_OUTPUT))
        return command_usage_error("`lamina run` needs -o FILE.npy or FILE.npz");
    const char *path = option_value(driver->options, OPT_OUTPUT), *suffix = strrchr(path, '.');
    if (!bytes_is_device(path) && (!suffix || (strcmp(suffix, ".npy") != 0 && strcmp(suffix, ".npz") != 0)))
        return command_usage_error("-o %s: the suffix picks the form: .npy or .npz", path);
    if (strcmp(via, "llvm") == 0)
        return command_usage_error("--via=llvm is not available yet in this version");
    if (strcmp(via, "c") != 0 && strcmp(via, "reference") != 0)
        return command_usage_error("--via=%s: expected c or reference", via);
    run(driver, strcmp(via, "reference") == 0);
    return driver_finish(driver);
}

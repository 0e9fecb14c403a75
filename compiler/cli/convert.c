/* lamina convert: a saved model becomes a model file that a person can read, with its weights beside it. */
#include <string.h>

#include "cli/commands.h"
#include "cli/forms.h"
#include "data/bytes.h"
#include "data/data.h"
#include "value/dtype.h"

/* The weights by their keys, as -w reads them. */
static bool write_weights(Driver *driver, const char *path) {
    const WeightSet *set = driver->weights;
    Array *arrays = ARENA_ARRAY(driver->arena, Array, set->count);
    for (size_t i = 0; i < set->count; i++) {
        const WeightSlot *slot = &set->slots[i];
        arrays[i] = (Array){slot->key, slot->weight->dtype, slot->weight->shape, slot->count, slot->data};
    }
    return data_write(driver->diags, path, arrays, set->count);
}

/* What the file says at its top: where it comes from, and what goes with it. */
static const char *head(Driver *driver, const char *weights) {
    const char *from = source_base_name(driver_model_path(driver));
    if (!weights) return arena_printf(driver->arena, "# Made from %s by `lamina convert`.\n", from);
    return arena_printf(driver->arena, "# Made from %s by `lamina convert`; its weights: %s\n", from,
                        source_base_name(weights));
}

static bool write_code(Driver *driver, const char *path, const char *weights) {
    const SourceFile *code = sources_get(&driver->sources, driver->file);
    const char *text = arena_printf(driver->arena, "%s%s", head(driver, weights), code->text);
    return bytes_write(driver->diags, path, text, strlen(text));
}

int command_convert(Driver *driver) {
    const char *path = option_value(driver->options, OPT_OUTPUT);
    if (!path) path = arena_printf(driver->arena, "%s.lam", driver_model_stem(driver));
    if (!driver_model(driver)) return driver_finish(driver);
    if (!driver->saved)
        return command_usage_error("%s is a model file already; `lamina convert` takes a .keras or .h5 file",
                                   driver_model_path(driver));
    if (!driver_weights(driver)) return driver_finish(driver);
    const bool alone = driver->weights->count == 0 || bytes_is_device(path);
    const char *weights = alone ? NULL : forms_with_suffix(driver->arena, path, ".weights.npz");
    if ((!weights || write_weights(driver, weights)) && write_code(driver, path, weights) &&
        driver_says(driver))
        fprintf(stderr, "lamina: wrote %s%s%s\n", path, weights ? " and " : "", weights ? weights : "");
    return driver_finish(driver);
}

/* Reads an HDF5 weights file: Keras 3's layout, or the older one, alone or inside a whole-model file. */
#include "weights/hdf5/h5_formats.h"

#include <string.h>

#include "weights/hdf5_module.h"

static bool read_open(H5File *file, Inventory *inventory) {
    if (h5_has_names(file->id, "layer_names")) return h5_read_legacy(file, inventory, file->id);
    const hid_t model = h5_group(file, file->id, "model_weights");
    if (model < 0) return h5_read_keras3(file, inventory);
    const bool fine = h5_read_legacy(file, inventory, model);
    H5Gclose(model);
    return fine;
}

bool h5_read_file(WeightSet *set, Arena *scratch, const Bytes *bytes, bool *damaged) {
    H5File file;
    *damaged = !h5_open(&file, scratch, set->diags, bytes);
    if (*damaged) return false;
    Inventory inventory;
    inventory_init(&inventory, set, scratch, bytes->path);
    const bool fine = read_open(&file, &inventory);
    *damaged = file.damaged;
    h5_close(&file);
    return fine && !*damaged;
}

/* ---- what the compiler asks for by name (weights/hdf5_module.c) ---- */

typedef struct WeightsTrial {
    WeightSet *set;
    Arena *scratch;
    const Bytes *bytes;
} WeightsTrial;

static bool try_weights(void *context, bool *damaged) {
    const WeightsTrial *trial = context;
    return h5_read_file(trial->set, trial->scratch, trial->bytes, damaged);
}

HDF5_MODULE_EXPORT bool hdf5_module_read(WeightSet *set, Arena *scratch, const Bytes *bytes) {
    bool damaged;
    WeightsTrial context = {set, scratch, bytes};
    const H5Trial trial = {set->diags, bytes, try_weights, &context};
    h5_lock();
    const bool fine = h5_is_sound(&trial) && h5_read_file(set, scratch, bytes, &damaged);
    h5_unlock();
    return fine;
}

static bool is_listed(const char *name, const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return false;
}

void h5_warn_order(Inventory *inventory, const char *const *model, const char *const *in_file, size_t count) {
    size_t first = count;
    for (size_t i = count; i-- > 0;)
        if (strcmp(model[i], in_file[i]) != 0) first = i;
    if (first == count) return;
    for (size_t i = 0; i < count; i++)
        if (!is_listed(model[i], in_file, count)) return; /* other names altogether say nothing */
    diag_report(inventory->set->diags, W401, NO_SOURCE,
                "\"%s\" has the model's layers in another order: \"%s\" gets the "
                "weights of \"%s\"",
                inventory->path, model[first], bytes_printable(inventory->scratch, in_file[first]));
    diag_note(inventory->set->diags, NO_SOURCE,
              "Keras loads this file by order, not by name, and so does Lamina");
}

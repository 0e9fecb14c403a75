/* Reads an HDF5 weights file: Keras 3's layout, or the older one, alone or inside a whole-model file. */
#include "weights/hdf5/h5_formats.h"

#include <string.h>

#include "weights/hdf5_module.h"

static bool read_layout(H5File *file, Inventory *inventory) {
    if (h5_has_names(file, H5_ROOT, "layer_names")) return h5_read_legacy(file, inventory, H5_ROOT);
    const H5Group model = h5_group(file, H5_ROOT, "model_weights");
    return model < 0 ? h5_read_keras3(file, inventory) : h5_read_legacy(file, inventory, model);
}

HDF5_MODULE_EXPORT bool hdf5_module_read(WeightSet *set, Arena *scratch, const Bytes *bytes) {
    Inventory inventory;
    H5File *file = h5_open(scratch, set->diags, bytes);
    if (!file) return false;
    inventory_init(&inventory, set, scratch, bytes->path);
    const bool fine = read_layout(file, &inventory) && !file->damaged;
    h5_close(file);
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

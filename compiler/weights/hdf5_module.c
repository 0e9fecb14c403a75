/* Loads the HDF5 reader. */
#include "weights/hdf5_module.h"

#include <string.h>

#include "base/module.h"

static const unsigned char SIGNATURE[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1A, '\n'};

/* The signature stands at 0, or after a user block of 512, 1024, 2048, ... bytes. */
bool hdf5_sniff(const Bytes *file) {
    for (size_t at = 0; at < file->size && file->size - at >= sizeof SIGNATURE; at = at ? at * 2 : 512)
        if (memcmp(file->data + at, SIGNATURE, sizeof SIGNATURE) == 0) return true;
    return false;
}

/* The function of that name in the module; NULL after reporting. */
static void *find_function(Arena *scratch, Diagnostics *diags, const char *name) {
    const char *error = NULL;
    void *found = module_symbol(scratch, "lamina_hdf5", name, &error);
    if (!found) diag_report(diags, E415, NO_SOURCE, "cannot load the HDF5 reader: %s", error);
    return found;
}

bool hdf5_read(WeightSet *set, Arena *scratch, const Bytes *file) {
    Hdf5ModuleRead *read;
    /* POSIX' way from an object to a function */
    *(void **)&read = find_function(scratch, set->diags, HDF5_MODULE_FUNCTION);
    return read && read(set, scratch, file);
}

bool hdf5_texts(Arena *arena, Diagnostics *diags, const Bytes *file, Hdf5Texts *out) {
    Hdf5ModuleTexts *texts;
    *(void **)&texts = find_function(arena, diags, HDF5_MODULE_TEXTS);
    return texts && texts(arena, diags, file, out);
}

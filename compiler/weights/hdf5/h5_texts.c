/* The model of a whole-model file: Keras keeps it as text, in attributes of the root (and of model_weights).
 */
#include "weights/hdf5/h5.h"
#include "weights/hdf5_module.h"

static const char *text_of(H5File *file, H5Group group, const char *name) {
    const char *text = h5_text(file, H5_ROOT, name);
    return text || group < 0 ? text : h5_text(file, group, name);
}

HDF5_MODULE_EXPORT bool hdf5_module_texts(Arena *arena, Diagnostics *diags, const Bytes *bytes,
                                          Hdf5Texts *out) {
    H5File *file = h5_open(arena, diags, bytes);
    if (!file) return false;
    const H5Group group = h5_group(file, H5_ROOT, "model_weights");
    *out = (Hdf5Texts){.model_config = h5_text(file, H5_ROOT, "model_config"),
                       .keras_version = text_of(file, group, "keras_version"),
                       .backend = text_of(file, group, "backend")};
    const bool fine = !file->damaged;
    h5_close(file);
    return fine;
}

/* The model of a whole-model file: Keras keeps it as text, in attributes of the root (and of model_weights).
 */
#include "weights/hdf5/h5_formats.h"
#include "weights/hdf5_module.h"

typedef struct TextsTrial {
    Arena *arena;
    Diagnostics *diags;
    const Bytes *bytes;
    Hdf5Texts *out;
} TextsTrial;

static const char *text_of(H5File *file, hid_t group, const char *name) {
    const char *text = h5_text(file, file->id, name);
    return text || group < 0 ? text : h5_text(file, group, name);
}

static bool read_texts(void *context, bool *damaged) {
    const TextsTrial *trial = context;
    H5File file;
    *damaged = !h5_open(&file, trial->arena, trial->diags, trial->bytes);
    if (*damaged) return false;
    const hid_t group = h5_group(&file, file.id, "model_weights");
    *trial->out = (Hdf5Texts){.model_config = h5_text(&file, file.id, "model_config"),
                              .keras_version = text_of(&file, group, "keras_version"),
                              .backend = text_of(&file, group, "backend")};
    if (group >= 0) H5Gclose(group);
    *damaged = file.damaged;
    h5_close(&file);
    return !*damaged;
}

HDF5_MODULE_EXPORT bool hdf5_module_texts(Arena *arena, Diagnostics *diags, const Bytes *bytes,
                                          Hdf5Texts *out) {
    bool damaged;
    TextsTrial context = {arena, diags, bytes, out};
    const H5Trial trial = {diags, bytes, read_texts, &context};
    h5_lock();
    const bool fine = h5_is_sound(&trial) && read_texts(&context, &damaged);
    h5_unlock();
    return fine;
}

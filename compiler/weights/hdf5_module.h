/* The HDF5 reader is a module of its own, loaded when the first HDF5 file is met: libhdf5 brings some thirty
 * libraries with it, which take longer to load than most models take to compile. The module is built from
 * weights/hdf5/.
 */
#ifndef LAMINA_WEIGHTS_HDF5_MODULE_H
#define LAMINA_WEIGHTS_HDF5_MODULE_H

#include "weights/inventory.h"

#define HDF5_MODULE_EXPORT __attribute__((visibility("default")))
#define HDF5_MODULE_FUNCTION "hdf5_module_read"

typedef bool Hdf5ModuleRead(WeightSet *set, Arena *scratch, const Bytes *bytes);
HDF5_MODULE_EXPORT Hdf5ModuleRead hdf5_module_read;

/* What a whole-model file says about its model, in the arena; NULL where it does not. */
typedef struct Hdf5Texts {
    const char *model_config, *keras_version, *backend;
} Hdf5Texts;

#define HDF5_MODULE_TEXTS "hdf5_module_texts"
typedef bool Hdf5ModuleTexts(Arena *arena, Diagnostics *diags, const Bytes *bytes, Hdf5Texts *out);
HDF5_MODULE_EXPORT Hdf5ModuleTexts hdf5_module_texts;
/* The same through the module, for who is not part of it. False after reporting. */
Hdf5ModuleTexts hdf5_texts;

#endif

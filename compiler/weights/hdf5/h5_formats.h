/* The layouts of Keras' HDF5 files; which one a file has is told in h5_formats.c. */
#ifndef LAMINA_WEIGHTS_H5_FORMATS_H
#define LAMINA_WEIGHTS_H5_FORMATS_H

#include "base/text.h"
#include "weights/hdf5/h5.h"

bool h5_read_keras3(H5File *file, Inventory *inventory);
/* `group` has the attribute layer_names. */
bool h5_read_legacy(H5File *file, Inventory *inventory, hid_t group);

/* Reads a file of either layout; *damaged tells whether libhdf5 could not (E401). */
bool h5_read_file(WeightSet *set, Arena *scratch, const Bytes *bytes, bool *damaged);
/* A way to read a file, for a trial of it: *damaged tells whether libhdf5 could not (E401). */
typedef struct H5Trial {
    Diagnostics *diags;
    const Bytes *file;
    bool (*read)(void *context, bool *damaged);
    void *context;
} H5Trial;
/* Around every use of libhdf5, for which only one thread at a time is allowed. */
void h5_lock(void);
void h5_unlock(void);
/* Whether a child process has lived through reading it without finding damage; false after reporting E401. */
bool h5_is_sound(const H5Trial *trial);

/* Warns (W401) where the two lists hold the same names in another order: layers may have been swapped. */
void h5_warn_order(Inventory *inventory, const char *const *model, const char *const *in_file, size_t count);

#endif

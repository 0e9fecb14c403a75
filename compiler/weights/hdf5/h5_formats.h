/* The layouts of Keras' HDF5 files; which one a file has is told in h5_formats.c. */
#ifndef LAMINA_WEIGHTS_H5_FORMATS_H
#define LAMINA_WEIGHTS_H5_FORMATS_H

#include "base/text.h"
#include "weights/hdf5/h5.h"

bool h5_read_keras3(H5File *file, Inventory *inventory);
/* `group` has the attribute layer_names. */
bool h5_read_legacy(H5File *file, Inventory *inventory, H5Group group);

/* Warns (W401) where the two lists hold the same names in another order: layers may have been swapped. */
void h5_warn_order(Inventory *inventory, const char *const *model, const char *const *in_file, size_t count);

#endif

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

#endif

/* Import: a saved Keras model (.keras, or a whole-model HDF5 file) becomes the model file that builds it.
 *
 * In:  the bytes of the file. Out: Keras code, which the rest of the compiler takes like any other model
 * file, and which `lamina convert` writes. Invariant: run by Keras 3, the code builds the model that loading
 * the file gives, with its names; where the file was written by Keras 1 or 2, the model that those computed.
 * Nothing in the file is trusted: what does not fit is reported with its place in the configuration.
 */
#ifndef LAMINA_IMPORT_IMPORT_H
#define LAMINA_IMPORT_IMPORT_H

#include "data/bytes.h"
#include "graph/graph.h"

typedef struct ImportedModel {
    const char *code; /* the model file */
    size_t length;
    /* Names that operations (x + y, ops.mean(x)) have in the file: Keras code cannot give them. */
    const OperationName *names;
    size_t n_names;
} ImportedModel;

/* By content: a zip archive or an HDF5 file. */
bool import_sniff(const Bytes *file);
/* By name: .keras, .h5, .hdf5. */
bool import_is_named(const char *path);
/* False after reporting (E42x, and those of the containers). */
bool import_model(Arena *arena, Diagnostics *diags, const Bytes *file, ImportedModel *out);

#endif

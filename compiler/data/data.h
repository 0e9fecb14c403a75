/* Data files of `run` and `verify`: .npy and .npz in and out. */
#ifndef LAMINA_DATA_DATA_H
#define LAMINA_DATA_DATA_H

#include "base/diag.h"
#include "value/dtype.h"
#include "value/shape.h"

typedef struct Array {
    const char *name; /* key in an .npz, or NULL */
    DType dtype;
    Shape shape;
    size_t count;
    void *data; /* row-major, native byte order, in the arena */
} Array;

typedef struct ArrayList {
    Array *at;
    size_t count;
} ArrayList;

/* Reads an .npy (one array, name NULL) or an .npz (told apart by content). `limit_bytes` bounds what is
 * allocated. Fortran order, big-endian data and all of numpy's integer, float and bool types are converted;
 * structured, object and string types are refused. False after reporting E5xx. */
bool data_read(Arena *arena, Diagnostics *diags, const char *path, size_t limit_bytes, ArrayList *out);
/* Writes one array as .npy, or all as an (uncompressed) .npz, whole or not at all. The same arrays give the
 * same bytes. The suffix of `path` picks the form; without one of the two, several arrays make an .npz. Numpy
 * has no bfloat16: such arrays are written as float32. An array without a name is called arr_0, arr_1, ... by
 * its position, as numpy does. */
bool data_write(Diagnostics *diags, const char *path, const Array *arrays, size_t count);
/* The array's values as doubles. */
double *data_to_double(Arena *arena, const Array *array);

#endif

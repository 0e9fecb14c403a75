/* The .npy format: one array with a small text header. Internal to data/ and to the .npz reader of weights/.
 */
#ifndef LAMINA_DATA_NPY_H
#define LAMINA_DATA_NPY_H

#include "data/bytes.h"
#include "data/data.h"

/* What the header says; `data` follows it, `elements` * dtype_size(dtype) bytes long. */
typedef struct NpyHeader {
    DType dtype;
    bool big_endian, fortran_order;
    Shape shape;
    size_t elements;
    size_t data_offset;
} NpyHeader;

bool npy_sniff(const unsigned char *data, size_t size);
/* Reads the header and checks that exactly the data it declares follows. `label` names the file, or the entry
 * of an archive, in messages. False after reporting E501, E502 or E503. */
bool npy_header(Arena *arena, Diagnostics *diags, const char *label, const unsigned char *data, size_t size,
                NpyHeader *out);
/* Brings the data into row-major, native byte order; `out->data` may point into `data` where it is so
 * already. */
bool npy_array(Arena *arena, Diagnostics *diags, const char *label, const unsigned char *data, size_t size,
               Array *out);
/* The bytes of a header for this dtype and shape, as numpy writes them (format version 1.0). */
const char *npy_make_header(Arena *arena, DType dtype, const Shape *shape, size_t *size);

#endif

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
/* The same where only the head of the file is at hand: npy_head_size bytes of it, and `held` bytes of data after them. */
bool npy_head(Arena *arena, Diagnostics *diags, const char *label, const unsigned char *data, size_t size,
              size_t held, NpyHeader *out);
/* How long the head is, from its first NPY_LEAST_HEAD bytes; 0 where it is none. */
enum { NPY_LEAST_HEAD = 12 };
size_t npy_head_size(const unsigned char *data, size_t size);
/* Brings elements into native byte order, and bools to 0 and 1. */
void npy_native(DType dtype, bool big_endian, void *data, size_t count);
/* Brings the data into row-major, native byte order; `out->data` may point into `data` where it is so
 * already. */
bool npy_array(Arena *arena, Diagnostics *diags, const char *label, const unsigned char *data, size_t size,
               Array *out);
/* The bytes of a header for this dtype and shape, as numpy writes them (format version 1.0). */
const char *npy_make_header(Arena *arena, DType dtype, const Shape *shape, size_t *size);

#endif

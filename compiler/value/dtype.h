/* Element types, with the names Keras gives them. */
#ifndef LAMINA_VALUE_DTYPE_H
#define LAMINA_VALUE_DTYPE_H

#include <stdbool.h>
#include <stddef.h>

/* The first thirteen are in the order of lamina.h (LAMINA_FLOAT32 ...); the rest can be named but not
 * compiled. */
typedef enum DType {
    DTYPE_FLOAT32,
    DTYPE_FLOAT64,
    DTYPE_FLOAT16,
    DTYPE_BFLOAT16,
    DTYPE_INT8,
    DTYPE_UINT8,
    DTYPE_INT16,
    DTYPE_UINT16,
    DTYPE_INT32,
    DTYPE_UINT32,
    DTYPE_INT64,
    DTYPE_UINT64,
    DTYPE_BOOL,
    DTYPE_STRING,
    DTYPE_COMPLEX64,
    DTYPE_COMPLEX128,
    DTYPE_FLOAT8_E4M3FN,
    DTYPE_FLOAT8_E5M2,
    DTYPE_COUNT,
    DTYPE_COMPILABLE = DTYPE_STRING /* types below this one have a C form */
} DType;

const char *dtype_name(DType dtype);   /* "float32" */
const char *dtype_c_name(DType dtype); /* "float", "int32_t"; NULL where there is no C form */
size_t dtype_size(DType dtype);        /* bytes of an element; 0 for string */
bool dtype_is_float(DType dtype);      /* float16 ... float64, bfloat16, float8 */
bool dtype_is_integer(DType dtype);    /* (u)int8 ... 64, not bool */
/* By Keras' name, as accepted by keras.backend.standardize_dtype ("float32", "int", "bool", ...). */
bool dtype_parse(const char *name, DType *dtype);
/* keras.backend.result_type for two tensors (Keras 3's promotion lattice,
 * keras/src/backend/common/dtypes.py). Where Keras has no promotion (float8, string) the answer is the one of
 * the two that cannot be compiled. */
DType dtype_promote(DType a, DType b);
/* An operand of keras.backend.result_type: a type, or (weak) Python's own int (DTYPE_INT32) or float
 * (DTYPE_FLOAT32). Python's bool is DTYPE_BOOL, and not weak. */
typedef struct DTypeOperand {
    DType dtype;
    bool weak;
} DTypeOperand;
/* keras.backend.result_type, in full: of at least one operand, none of them outside the lattice; what only weak
 * types decide has floatx' precision. */
DType dtype_result_type(const DTypeOperand *operands, size_t count, DType floatx);
/* False where Keras raises ValueError: a float8 with anything, a string with another type. */
bool dtype_can_promote(DType a, DType b);

#endif

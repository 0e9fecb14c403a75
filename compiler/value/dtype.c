/* Element types as a table, and Keras' promotion as the least upper bound on its lattice.
 *
 * The lattice is kept as the set of types above each type; the bound of two is the member of both sets that
 * all other common members are above. Invariant: the sets are closed (what is above a member is a member).
 */
#include "value/dtype.h"

#include <stdint.h>
#include <string.h>

typedef enum DTypeFamily {
    FAMILY_FLOAT,
    FAMILY_INTEGER,
    FAMILY_BOOL,
    FAMILY_STRING,
    FAMILY_COMPLEX
} DTypeFamily;

typedef struct DTypeInfo {
    const char *name, *c_name;
    size_t size;
    DTypeFamily family;
} DTypeInfo;

static const DTypeInfo INFO[DTYPE_COUNT] = {
    [DTYPE_FLOAT32] = {"float32", "float", 4, FAMILY_FLOAT},
    [DTYPE_FLOAT64] = {"float64", "double", 8, FAMILY_FLOAT},
    [DTYPE_FLOAT16] = {"float16", "uint16_t", 2, FAMILY_FLOAT},
    [DTYPE_BFLOAT16] = {"bfloat16", "uint16_t", 2, FAMILY_FLOAT},
    [DTYPE_INT8] = {"int8", "int8_t", 1, FAMILY_INTEGER},
    [DTYPE_UINT8] = {"uint8", "uint8_t", 1, FAMILY_INTEGER},
    [DTYPE_INT16] = {"int16", "int16_t", 2, FAMILY_INTEGER},
    [DTYPE_UINT16] = {"uint16", "uint16_t", 2, FAMILY_INTEGER},
    [DTYPE_INT32] = {"int32", "int32_t", 4, FAMILY_INTEGER},
    [DTYPE_UINT32] = {"uint32", "uint32_t", 4, FAMILY_INTEGER},
    [DTYPE_INT64] = {"int64", "int64_t", 8, FAMILY_INTEGER},
    [DTYPE_UINT64] = {"uint64", "uint64_t", 8, FAMILY_INTEGER},
    [DTYPE_BOOL] = {"bool", "uint8_t", 1, FAMILY_BOOL},
    [DTYPE_STRING] = {"string", NULL, 0, FAMILY_STRING},
    [DTYPE_COMPLEX64] = {"complex64", NULL, 8, FAMILY_COMPLEX},
    [DTYPE_COMPLEX128] = {"complex128", NULL, 16, FAMILY_COMPLEX},
    [DTYPE_FLOAT8_E4M3FN] = {"float8_e4m3fn", NULL, 1, FAMILY_FLOAT},
    [DTYPE_FLOAT8_E5M2] = {"float8_e5m2", NULL, 1, FAMILY_FLOAT},
};

const char *dtype_name(DType dtype) {
    return INFO[dtype].name;
}
const char *dtype_c_name(DType dtype) {
    return INFO[dtype].c_name;
}
size_t dtype_size(DType dtype) {
    return INFO[dtype].size;
}
bool dtype_is_float(DType dtype) {
    return INFO[dtype].family == FAMILY_FLOAT;
}
bool dtype_is_integer(DType dtype) {
    return INFO[dtype].family == FAMILY_INTEGER;
}
bool dtype_parse(const char *name, DType *dtype) {
    if (strcmp(name, "int") == 0) name = "int64"; /* what Keras makes of it on TensorFlow */
    for (int i = 0; i < DTYPE_COUNT; i++) {
        if (strcmp(name, INFO[i].name) != 0) continue;
        *dtype = (DType)i;
        return true;
    }
    return false;
}

/* Each type's immediate successors; the weak types of Python's own int and float stand between integers and
 * floats. */
enum { WEAK_INT = DTYPE_COUNT, WEAK_FLOAT, LATTICE_COUNT };
#define BIT(type) (UINT32_C(1) << (type))

static const uint32_t SUCCESSORS[LATTICE_COUNT] = {
    [DTYPE_BOOL] = BIT(WEAK_INT),
    [WEAK_INT] = BIT(DTYPE_UINT8) | BIT(DTYPE_INT8) | BIT(DTYPE_COMPLEX64),
    [DTYPE_UINT8] = BIT(DTYPE_INT16) | BIT(DTYPE_UINT16),
    [DTYPE_UINT16] = BIT(DTYPE_INT32) | BIT(DTYPE_UINT32),
    [DTYPE_UINT32] = BIT(DTYPE_INT64) | BIT(DTYPE_UINT64),
    [DTYPE_UINT64] = BIT(WEAK_FLOAT),
    [DTYPE_INT8] = BIT(DTYPE_INT16),
    [DTYPE_INT16] = BIT(DTYPE_INT32),
    [DTYPE_INT32] = BIT(DTYPE_INT64),
    [DTYPE_INT64] = BIT(WEAK_FLOAT),
    [WEAK_FLOAT] = BIT(DTYPE_BFLOAT16) | BIT(DTYPE_FLOAT16),
    [DTYPE_BFLOAT16] = BIT(DTYPE_FLOAT32),
    [DTYPE_FLOAT16] = BIT(DTYPE_FLOAT32),
    [DTYPE_FLOAT32] = BIT(DTYPE_FLOAT64) | BIT(DTYPE_COMPLEX64),
    [DTYPE_FLOAT64] = BIT(DTYPE_COMPLEX128),
    [DTYPE_COMPLEX64] = BIT(DTYPE_COMPLEX128),
};

static uint32_t upper_bounds(int type) {
    uint32_t bounds = BIT(type);
    for (uint32_t before = 0; before != bounds;) {
        before = bounds;
        for (int i = 0; i < LATTICE_COUNT; i++) {
            if (bounds & BIT(i)) bounds |= SUCCESSORS[i];
        }
    }
    return bounds;
}

/* Keras keeps 64-bit floats and ints for TensorFlow but not these (BIT64_TO_BIT32_DTYPE). */
static DType narrowed(DType dtype) {
    if (dtype == DTYPE_UINT64) return DTYPE_UINT32;
    return dtype == DTYPE_COMPLEX128 ? DTYPE_COMPLEX64 : dtype;
}

static bool is_outside_lattice(DType dtype) {
    return dtype == DTYPE_STRING || dtype == DTYPE_FLOAT8_E4M3FN || dtype == DTYPE_FLOAT8_E5M2;
}

bool dtype_can_promote(DType a, DType b) {
    if (a == DTYPE_STRING && b == DTYPE_STRING) return true;
    return !is_outside_lattice(a) && !is_outside_lattice(b);
}

/* The member of both sets of upper bounds that all other members are above. */
static int least_upper_bound(int a, int b) {
    const uint32_t common = upper_bounds(a) & upper_bounds(b);
    for (int i = 0; i < LATTICE_COUNT; i++)
        if ((common & BIT(i)) && (common & ~upper_bounds(i)) == 0) return i;
    return a; /* not reached: any two members of the lattice have a bound */
}

static int lattice_member(DTypeOperand operand) {
    if (!operand.weak) return (int)operand.dtype;
    return dtype_is_float(operand.dtype) ? WEAK_FLOAT : WEAK_INT;
}

/* A weak type made strong: "int" or "float" with the bits of floatx. */
static DType strong(int type, DType floatx) {
    const size_t bytes = dtype_size(floatx);
    if (type == WEAK_INT) return bytes == 8 ? DTYPE_INT64 : bytes == 4 ? DTYPE_INT32 : DTYPE_INT16;
    if (type == WEAK_FLOAT) return bytes == 8 ? DTYPE_FLOAT64 : bytes == 4 ? DTYPE_FLOAT32 : DTYPE_FLOAT16;
    return narrowed((DType)type);
}

DType dtype_result_type(const DTypeOperand *operands, size_t count, DType floatx) {
    int result = lattice_member(operands[0]);
    for (size_t i = 1; i < count; i++) result = least_upper_bound(result, lattice_member(operands[i]));
    return strong(result, floatx);
}

DType dtype_promote(DType a, DType b) {
    if (is_outside_lattice(a)) return a;
    if (is_outside_lattice(b)) return b;
    const DTypeOperand operands[2] = {{a, false}, {b, false}};
    return dtype_result_type(operands, 2, DTYPE_FLOAT32); /* only (u)int64 with uint64 takes floatx' bits */
}

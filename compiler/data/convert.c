/* Elements of every compilable dtype to and from double. Takes and gives native byte order; data need not be
 * aligned. */
#include "data/convert.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* A float narrower than 32 bits: sign, exponent, mantissa, with IEEE's subnormals, infinities and NaNs. */
typedef struct SmallFloat {
    int exponent_bits, mantissa_bits;
} SmallFloat;

static const SmallFloat FLOAT16 = {5, 10}, BFLOAT16 = {8, 7};

static double small_to_double(SmallFloat format, uint16_t bits) {
    const int special = (1 << format.exponent_bits) - 1, bias = special >> 1;
    const int exponent = (bits >> format.mantissa_bits) & special;
    const int mantissa = bits & ((1 << format.mantissa_bits) - 1);
    double value;
    if (exponent == special)
        value = mantissa ? (double)NAN : (double)INFINITY;
    else if (exponent == 0)
        value = ldexp(mantissa, 1 - bias - format.mantissa_bits);
    else
        value = ldexp(mantissa + (1 << format.mantissa_bits), exponent - bias - format.mantissa_bits);
    return bits >> 15 ? -value : value;
}

static uint16_t small_from_double(SmallFloat format, double value) {
    const unsigned sign = signbit(value) ? 0x8000u : 0;
    const int special = (1 << format.exponent_bits) - 1, bias = special >> 1;
    const unsigned infinity = (unsigned)special << format.mantissa_bits;
    if (isnan(value)) return (uint16_t)(sign | infinity | 1u << (format.mantissa_bits - 1));
    if (isinf(value)) return (uint16_t)(sign | infinity);
    int exponent;
    (void)frexp(value, &exponent);
    exponent -= 1; /* |value| = 1.x * 2^exponent */
    if (exponent > bias) return (uint16_t)(sign | infinity);
    if (value == 0.0 || exponent < 1 - bias) exponent = 1 - bias;
    /* In units of the last place; a subnormal has no leading bit, so that a carry makes the next number
     * either way. */
    const unsigned units = (unsigned)rint(ldexp(fabs(value), format.mantissa_bits - exponent));
    return (uint16_t)(sign | (((unsigned)(exponent + bias - 1) << format.mantissa_bits) + units));
}

#define GET(Type)                                                                                            \
    {                                                                                                        \
        Type element;                                                                                        \
        memcpy(&element, (const char *)data + index * sizeof element, sizeof element);                       \
        return (double)element;                                                                              \
    }

static uint16_t get_bits16(const void *data, size_t index) {
    uint16_t bits;
    memcpy(&bits, (const char *)data + index * sizeof bits, sizeof bits);
    return bits;
}

double convert_get(DType dtype, const void *data, size_t index) {
    switch (dtype) {
    case DTYPE_FLOAT32: GET(float)
    case DTYPE_FLOAT64: GET(double)
    case DTYPE_FLOAT16: return small_to_double(FLOAT16, get_bits16(data, index));
    case DTYPE_BFLOAT16: return small_to_double(BFLOAT16, get_bits16(data, index));
    case DTYPE_INT8: GET(int8_t)
    case DTYPE_UINT8: GET(uint8_t)
    case DTYPE_INT16: GET(int16_t)
    case DTYPE_UINT16: GET(uint16_t)
    case DTYPE_INT32: GET(int32_t)
    case DTYPE_UINT32: GET(uint32_t)
    case DTYPE_INT64: GET(int64_t)
    case DTYPE_UINT64: GET(uint64_t)
    case DTYPE_BOOL: return ((const unsigned char *)data)[index] != 0;
    default: return (double)NAN; /* not compilable: callers refuse these types before */
    }
}

/* `beyond` is the first double past the type's greatest value. */
#define SET_INTEGER(Type, least, greatest, beyond)                                                           \
    {                                                                                                        \
        Type element;                                                                                        \
        if (isnan(value))                                                                                    \
            element = 0;                                                                                     \
        else if (value >= (beyond))                                                                          \
            element = (greatest);                                                                            \
        else if (value <= (double)(least))                                                                   \
            element = (least);                                                                               \
        else                                                                                                 \
            element = (Type)value;                                                                           \
        memcpy((char *)data + index * sizeof element, &element, sizeof element);                             \
        return;                                                                                              \
    }

static void set_bits16(void *data, size_t index, uint16_t bits) {
    memcpy((char *)data + index * sizeof bits, &bits, sizeof bits);
}

static void set_float(DType dtype, void *data, size_t index, double value) {
    if (dtype == DTYPE_FLOAT16) {
        set_bits16(data, index, small_from_double(FLOAT16, value));
    } else if (dtype == DTYPE_BFLOAT16) {
        set_bits16(data, index, small_from_double(BFLOAT16, value));
    } else if (dtype == DTYPE_FLOAT32) {
        const float element = (float)value;
        memcpy((char *)data + index * sizeof element, &element, sizeof element);
    } else if (dtype == DTYPE_FLOAT64) {
        memcpy((char *)data + index * sizeof value, &value, sizeof value);
    }
}

void convert_set(DType dtype, void *data, size_t index, double value) {
    switch (dtype) {
    case DTYPE_INT8: SET_INTEGER(int8_t, INT8_MIN, INT8_MAX, 0x1p7)
    case DTYPE_UINT8: SET_INTEGER(uint8_t, 0, UINT8_MAX, 0x1p8)
    case DTYPE_INT16: SET_INTEGER(int16_t, INT16_MIN, INT16_MAX, 0x1p15)
    case DTYPE_UINT16: SET_INTEGER(uint16_t, 0, UINT16_MAX, 0x1p16)
    case DTYPE_INT32: SET_INTEGER(int32_t, INT32_MIN, INT32_MAX, 0x1p31)
    case DTYPE_UINT32: SET_INTEGER(uint32_t, 0, UINT32_MAX, 0x1p32)
    case DTYPE_INT64: SET_INTEGER(int64_t, INT64_MIN, INT64_MAX, 0x1p63)
    case DTYPE_UINT64: SET_INTEGER(uint64_t, 0, UINT64_MAX, 0x1p64)
    case DTYPE_BOOL: ((unsigned char *)data)[index] = value != 0.0; return;
    default: set_float(dtype, data, index, value);
    }
}

void convert_array(DType from, const void *source, DType to, void *target, size_t count) {
    if (from == to && from != DTYPE_BOOL) {
        if (count) memcpy(target, source, count * dtype_size(from));
        return;
    }
    for (size_t i = 0; i < count; i++) convert_set(to, target, i, convert_get(from, source, i));
}

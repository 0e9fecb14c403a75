/* Conversions between stored elements and the doubles that the executor computes with. */
#include <math.h>
#include <string.h>

#include "base/checked.h"
#include "ir/execute_op.h"

bool values_shape(Values *v, const Shape *shape, size_t batch) {
    v->rank = (size_t)shape->rank;
    v->count = 1;
    for (int i = 0; i < shape->rank; i++) {
        v->extent[i] = shape->dim[i] == DIM_UNKNOWN ? batch : (size_t)shape->dim[i];
        if (!checked_mul_size(v->count, v->extent[i], &v->count)) return false;
    }
    size_t bytes;
    return checked_mul_size(v->count, sizeof(double), &bytes) && bytes <= PTRDIFF_MAX;
}

void values_strides(const Values *v, ptrdiff_t *stride) {
    ptrdiff_t next = 1;
    for (size_t i = v->rank; i-- > 0;) {
        stride[i] = next;
        next *= (ptrdiff_t)v->extent[i];
    }
}

/* ---- 16-bit floats: sign, `exponent` bits and the rest of the mantissa ---- */

static double half_to_double(uint16_t bits, int exponent_bits) {
    const int mantissa_bits = 15 - exponent_bits, bias = (1 << (exponent_bits - 1)) - 1;
    const int exponent = (bits >> mantissa_bits) & ((1 << exponent_bits) - 1);
    const int mantissa = bits & ((1 << mantissa_bits) - 1);
    double x;
    if (exponent == (1 << exponent_bits) - 1)
        x = mantissa ? NAN : INFINITY;
    else if (exponent == 0)
        x = ldexp(mantissa, 1 - bias - mantissa_bits);
    else
        x = ldexp(mantissa + (1 << mantissa_bits), exponent - bias - mantissa_bits);
    return bits & 0x8000 ? -x : x;
}

static uint16_t half_from_double(double x, int exponent_bits) {
    const int mantissa_bits = 15 - exponent_bits, bias = (1 << (exponent_bits - 1)) - 1;
    const int top = (1 << exponent_bits) - 1;
    const int sign = signbit(x) ? 0x8000 : 0;
    if (isnan(x)) return (uint16_t)(sign | top << mantissa_bits | 1 << (mantissa_bits - 1));
    if (isinf(x)) return (uint16_t)(sign | top << mantissa_bits);
    if (x == 0) return (uint16_t)sign;
    int exponent = 0;
    frexp(x, &exponent);
    exponent = exponent - 1 < 1 - bias ? 1 - bias : exponent - 1; /* subnormals share the least exponent */
    /* counted in units of the last place, a result that rounds up into the next binade is right as it is */
    const double units = rint(ldexp(fabs(x), mantissa_bits - exponent));
    const double code = units + ldexp(exponent + bias - 1, mantissa_bits);
    return (uint16_t)(sign | (code >= ldexp(top, mantissa_bits) ? top << mantissa_bits : (int)code));
}

/* ---- load and store ---- */

#define EXACT_INTEGER 9007199254740992.0 /* 2^53 */

bool values_load(DType dtype, size_t n, const void *data, double *out) {
    bool exact = true;
    for (size_t i = 0; i < n; i++) {
        switch (dtype) {
        case DTYPE_FLOAT32: out[i] = (double)((const float *)data)[i]; break;
        case DTYPE_FLOAT64: out[i] = ((const double *)data)[i]; break;
        case DTYPE_FLOAT16: out[i] = half_to_double(((const uint16_t *)data)[i], 5); break;
        case DTYPE_BFLOAT16: out[i] = half_to_double(((const uint16_t *)data)[i], 8); break;
        case DTYPE_INT8: out[i] = ((const int8_t *)data)[i]; break;
        case DTYPE_UINT8: out[i] = ((const uint8_t *)data)[i]; break;
        case DTYPE_INT16: out[i] = ((const int16_t *)data)[i]; break;
        case DTYPE_UINT16: out[i] = ((const uint16_t *)data)[i]; break;
        case DTYPE_INT32: out[i] = ((const int32_t *)data)[i]; break;
        case DTYPE_UINT32: out[i] = ((const uint32_t *)data)[i]; break;
        case DTYPE_INT64: out[i] = (double)((const int64_t *)data)[i]; break;
        case DTYPE_UINT64: out[i] = (double)((const uint64_t *)data)[i]; break;
        case DTYPE_BOOL: out[i] = ((const uint8_t *)data)[i] != 0; break;
        default: return false;
        }
        if (dtype_is_integer(dtype) && fabs(out[i]) > EXACT_INTEGER) exact = false;
    }
    return exact;
}

/* An integral double, as what `bits` of two's complement hold. */
static uint64_t wrap(double x, int bits) {
    const double modulus = ldexp(1, bits), r = fmod(x, modulus);
    if (isnan(r)) return 0;
    return (uint64_t)(r < 0 ? r + modulus : r);
}

bool values_store(DType dtype, size_t n, const double *values, void *out) {
    bool exact = true;
    for (size_t i = 0; i < n; i++) {
        const double x = values[i];
        switch (dtype) {
        case DTYPE_FLOAT32: ((float *)out)[i] = (float)x; break;
        case DTYPE_FLOAT64: ((double *)out)[i] = x; break;
        case DTYPE_FLOAT16: ((uint16_t *)out)[i] = half_from_double(x, 5); break;
        case DTYPE_BFLOAT16: ((uint16_t *)out)[i] = half_from_double(x, 8); break;
        case DTYPE_INT8:
        case DTYPE_UINT8: ((uint8_t *)out)[i] = (uint8_t)wrap(x, 8); break;
        case DTYPE_INT16:
        case DTYPE_UINT16: ((uint16_t *)out)[i] = (uint16_t)wrap(x, 16); break;
        case DTYPE_INT32:
        case DTYPE_UINT32: ((uint32_t *)out)[i] = (uint32_t)wrap(x, 32); break;
        case DTYPE_INT64:
        case DTYPE_UINT64: ((uint64_t *)out)[i] = wrap(x, 64); break;
        case DTYPE_BOOL: ((uint8_t *)out)[i] = x != 0; break;
        default: return false;
        }
        if (dtype_is_integer(dtype) && !(fabs(x) <= EXACT_INTEGER)) exact = false;
    }
    return exact;
}

double values_round(DType dtype, double x) {
    const int exponent_bits = dtype == DTYPE_FLOAT16 ? 5 : 8;
    return half_to_double(half_from_double(x, exponent_bits), exponent_bits);
}

/* The bits of an integral x in an integer type, as its value. */
static double wrapped(DType to, double x) {
    const int bits = (int)(8 * dtype_size(to));
    const double u = (double)wrap(x, bits);
    const bool is_signed = to == DTYPE_INT8 || to == DTYPE_INT16 || to == DTYPE_INT32 || to == DTYPE_INT64;
    return is_signed && u >= ldexp(1, bits - 1) ? u - ldexp(1, bits) : u;
}

/* As TensorFlow's on x86-64 (runtime/README.md): what a register of 32 or 64 bits cannot hold becomes its
 * least number. */
double values_cast(DType to, DType from, double x) {
    if (to == DTYPE_BOOL) return x != 0;
    if (!dtype_is_integer(to)) return x;
    if (!dtype_is_float(from)) return wrapped(to, x);
    const int bits = dtype_size(to) == 8 ? 64 : 32;
    const double t = trunc(x), least = -ldexp(1, bits - 1);
    const bool is_unsigned = to == DTYPE_UINT32 || to == DTYPE_UINT64;
    const bool fits = t >= least && t < (is_unsigned ? ldexp(1, bits) : -least);
    if (fits && bits == 64 && (t >= 0 || !is_unsigned)) return t; /* beyond 2^53 its bits are no double */
    return wrapped(to, fits ? t : least);
}

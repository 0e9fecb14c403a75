/* cast: from one element type to another, as TensorFlow does on x86-64: integers wrap around; floats are cut
 * off, and what does not fit (NaN too) becomes the least number of a 32-bit register, 64-bit for 64-bit
 * types, of which the target keeps its bits. float16 and bfloat16 are rounded to nearest, ties to even. Elements pass through double, or through uint64_t where both
 * types are integers. */
#pragma once

#include "include/lmrt.h"

LMRT_INLINE uint64_t lmrt_cast_load_integer(int from, const void *x, size_t i) {
    switch (from) {
    case LMRT_I8: return (uint64_t)((const int8_t *)x)[i];
    case LMRT_U8: return ((const uint8_t *)x)[i];
    case LMRT_I16: return (uint64_t)((const int16_t *)x)[i];
    case LMRT_U16: return ((const uint16_t *)x)[i];
    case LMRT_I32: return (uint64_t)((const int32_t *)x)[i];
    case LMRT_U32: return ((const uint32_t *)x)[i];
    case LMRT_I64: return (uint64_t)((const int64_t *)x)[i];
    case LMRT_U64: return ((const uint64_t *)x)[i];
    default: return ((const uint8_t *)x)[i] != 0;
    }
}

LMRT_INLINE void lmrt_cast_store_integer(int to, uint64_t v, void *y, size_t i) {
    switch (to) {
    case LMRT_I8:
    case LMRT_U8: ((uint8_t *)y)[i] = (uint8_t)v; break;
    case LMRT_I16:
    case LMRT_U16: ((uint16_t *)y)[i] = (uint16_t)v; break;
    case LMRT_I32:
    case LMRT_U32: ((uint32_t *)y)[i] = (uint32_t)v; break;
    case LMRT_I64:
    case LMRT_U64: ((uint64_t *)y)[i] = v; break;
    default: ((uint8_t *)y)[i] = v != 0; break;
    }
}

/* A 16-bit float: sign, exponent, mantissa. The value is exact; subnormals are numbers of units in the last place. */
LMRT_INLINE float lmrt_cast_from_half(uint16_t half) {
    const uint32_t sign = (uint32_t)(half & 0x8000) << 16, magnitude = half & 0x7fff;
    uint32_t bits = (magnitude << 13) + ((127 - 15) << 23);
    float value;
    if (magnitude >= 0x7c00) bits = 0x7f800000 | magnitude << 13;
    memcpy(&value, &bits, sizeof value);
    if (magnitude < 0x400) value = (float)magnitude * 0x1p-24f;
    memcpy(&bits, &value, sizeof bits);
    bits |= sign;
    memcpy(&value, &bits, sizeof value);
    return value;
}

LMRT_INLINE float lmrt_cast_from_bfloat(uint16_t half) {
    const uint32_t bits = (uint32_t)half << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* A double cut to a float whose last bit is set where something was cut off (rounding to odd): rounded to fewer bits
 * once more, it gives what one rounding would. */
LMRT_INLINE float lmrt_cast_to_odd(double v) {
    float value = (float)v;
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (!(v - v >= 0) || (bits & 0x7fffffff) == 0x7f800000) return value; /* NaN, infinite, or beyond all floats */
    if ((double)value > v || (double)value < v) {
        const int outside = v < 0 ? (double)value < v : (double)value > v;
        if (outside) bits--;
        bits |= 1;
    }
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Rounded to nearest, ties to even; a NaN stays one. */
LMRT_INLINE uint16_t lmrt_cast_to_bfloat(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if ((bits & 0x7fffffff) > 0x7f800000) return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

LMRT_INLINE uint16_t lmrt_cast_to_half(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint32_t sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) return (uint16_t)(sign | 0x7e00);
    if (magnitude >= 0x477ff000) return (uint16_t)(sign | 0x7c00); /* 65520 and more */
    if (magnitude >= 0x38800000) {                                 /* normal: 2^-14 and more */
        const uint32_t rebased = magnitude - ((127 - 15) << 23);
        return (uint16_t)(sign | (rebased + 0xfff + (rebased >> 13 & 1)) >> 13);
    }
    float units; /* adding 2^-1 leaves the number of 2^-24 in the mantissa, rounded to even */
    memcpy(&units, &magnitude, sizeof units);
    units += 0.5f;
    memcpy(&bits, &units, sizeof bits);
    return (uint16_t)(sign | (bits - 0x3f000000));
}

/* A float in an integer type: its bits, extended to 64. */
LMRT_INLINE uint64_t lmrt_cast_truncate(int to, double v) {
    const double two31 = 2147483648.0, two63 = 9223372036854775808.0;
    if (to == LMRT_I64 || to == LMRT_U64) {
        if (v >= -two63 && v < two63) return (uint64_t)(int64_t)v;
        return to == LMRT_U64 && v >= two63 && v < 2 * two63 ? (uint64_t)v : (uint64_t)1 << 63;
    }
    const double end = to == LMRT_U32 ? 2 * two31 : two31;
    return v > -two31 - 1 && v < end ? (uint64_t)(int64_t)v : (uint64_t)1 << 31;
}

LMRT_INLINE void lmrt_cast_float(int to, double v, void *y, size_t i) {
    if (to == LMRT_F32)
        ((float *)y)[i] = (float)v;
    else if (to == LMRT_F64)
        ((double *)y)[i] = v;
    else if (to == LMRT_F16)
        ((uint16_t *)y)[i] = lmrt_cast_to_half(lmrt_cast_to_odd(v));
    else if (to == LMRT_BF16)
        ((uint16_t *)y)[i] = lmrt_cast_to_bfloat(lmrt_cast_to_odd(v));
    else if (to == LMRT_BOOL)
        ((uint8_t *)y)[i] = !(v >= 0 && v <= 0);
    else
        lmrt_cast_store_integer(to, lmrt_cast_truncate(to, v), y, i);
}

/* An integer as a float, rounded once. */
LMRT_INLINE void lmrt_cast_integer_to_float(int from, int to, uint64_t v, void *y, size_t i) {
    const int is_signed = from == LMRT_I8 || from == LMRT_I16 || from == LMRT_I32 || from == LMRT_I64;
    if (to == LMRT_F32)
        ((float *)y)[i] = is_signed ? (float)(int64_t)v : (float)v;
    else if (to == LMRT_F64)
        ((double *)y)[i] = is_signed ? (double)(int64_t)v : (double)v;
    else /* by way of float, as TensorFlow does */
        lmrt_cast_float(to, (double)(is_signed ? (float)(int64_t)v : (float)v), y, i);
}

LMRT_KERNEL void lmrt_cast(int from, int to, size_t n, const void *x, void *y) {
    for (size_t i = 0; i < n; i++) {
        if (from == LMRT_F32)
            lmrt_cast_float(to, (double)((const float *)x)[i], y, i);
        else if (from == LMRT_F64)
            lmrt_cast_float(to, ((const double *)x)[i], y, i);
        else if (from == LMRT_F16)
            lmrt_cast_float(to, (double)lmrt_cast_from_half(((const uint16_t *)x)[i]), y, i);
        else if (from == LMRT_BF16)
            lmrt_cast_float(to, (double)lmrt_cast_from_bfloat(((const uint16_t *)x)[i]), y, i);
        else if (to <= LMRT_BF16)
            lmrt_cast_integer_to_float(from, to, lmrt_cast_load_integer(from, x, i), y, i);
        else
            lmrt_cast_store_integer(to, lmrt_cast_load_integer(from, x, i), y, i);
    }
}

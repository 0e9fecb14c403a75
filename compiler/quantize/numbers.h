/* Numbers of quantised layers: scales, factors, int8 weights. */
#ifndef LAMINA_QUANTIZE_NUMBERS_H
#define LAMINA_QUANTIZE_NUMBERS_H

#include "ir/ir.h"
#include "quantize/quantize.h"

/* The int8 numbers for a range and 0. False where no float32 scale fits it (infinite, NaN, or too small). */
bool quantization_of(ValueRange range, Quantization *out);
/* The nearest number, within -128 .. 127. */
int32_t quantized(const Quantization *q, double x);
/* The factor nearest to `real`, which may be negative; false where it is 2^23 or more. */
bool factor_of(double real, FixedFactor *out);

/* int8 weights [rows][n], int32 bias [n] and the scale of each column, for an input of scale x_scale. */
typedef struct IntWeights {
    int8_t *kernel;
    int32_t *bias;
    double *scales;
} IntWeights;

/* False where a sum could leave 32 bits, or a weight is not finite. `bias` may be NULL. */
bool int_weights(Arena *arena, const float *kernel, const float *bias, int64_t rows, int64_t n,
                 double x_scale, IntWeights *out);

#endif

/* Scales, factors and weights (docs/quantization.md). All in double, rounded to nearest, ties to even. */
#include "quantize/numbers.h"

#include <float.h>
#include <math.h>

enum { LEAST_SHIFT = 8, MOST_SHIFT = 62, MULTIPLIER_BITS = 31 };

int32_t quantized(const Quantization *q, double x) {
    const double n = rint(x / q->scale) + q->zero;
    return n < -128 ? -128 : n > 127 ? 127 : (int32_t)n;
}

bool quantization_of(ValueRange range, Quantization *out) {
    const double least = range.least < 0 ? range.least : 0, most = range.most > 0 ? range.most : 0;
    if (!(range.least <= range.most) || !isfinite(least) || !isfinite(most)) return false;
    *out = (Quantization){.scale = 1, .zero = 0};
    if (least == most) return true; /* nothing but 0 was seen */
    out->scale = (double)(float)((most - least) / 255);
    if (!isfinite(out->scale) || out->scale < FLT_MIN || !isfinite((float)(1 / out->scale))) return false;
    const double zero = rint(-128 - least / out->scale);
    out->zero = zero < -128 ? -128 : zero > 127 ? 127 : (int32_t)zero;
    return true;
}

bool factor_of(double real, FixedFactor *out) {
    int exponent;
    *out = (FixedFactor){0, LEAST_SHIFT};
    if (real == 0) return true;
    if (!isfinite(real)) return false;
    (void)frexp(real, &exponent);
    int shift = MULTIPLIER_BITS - exponent;
    if (shift > MOST_SHIFT) shift = MOST_SHIFT;
    double multiplier = rint(ldexp(real, shift));
    if (fabs(multiplier) > INT32_MAX) multiplier = rint(ldexp(real, --shift));
    if (shift < LEAST_SHIFT) return false;
    *out = (FixedFactor){(int32_t)multiplier, shift};
    return true;
}

/* The scale that gives the largest weight 127, and the bias no more than 2^30. */
static double column_scale(const float *kernel, double bias, int64_t rows, int64_t n, double x_scale) {
    double largest = 0;
    for (int64_t row = 0; row < rows; row++) largest = fmax(largest, fabs((double)kernel[row * n]));
    const double scale = fmax(largest / 127, fabs(bias) / x_scale / 0x1p30);
    return scale > 0 ? scale : 1;
}

bool int_weights(Arena *arena, const float *kernel, const float *bias, int64_t rows, int64_t n,
                 double x_scale, IntWeights *out) {
    out->kernel = ARENA_ARRAY(arena, int8_t, (size_t)(rows * n));
    out->bias = ARENA_ARRAY(arena, int32_t, (size_t)n);
    out->scales = ARENA_ARRAY(arena, double, (size_t)n);
    for (int64_t column = 0; column < n; column++) {
        const double b = bias ? (double)bias[column] : 0;
        const double scale = column_scale(kernel + column, b, rows, n, x_scale);
        double reach = 0; /* of sums: any x less its zero, and any partial sum of x alone */
        for (int64_t row = 0; row < rows; row++) {
            const double w = rint((double)kernel[row * n + column] / scale);
            if (!isfinite(w)) return false; /* a weight that is no number, or none at all */
            out->kernel[row * n + column] = (int8_t)w;
            reach += 256 * fabs(w);
        }
        const double whole = rint(b / (x_scale * scale));
        if (!(reach + fabs(whole) < INT32_MAX)) return false;
        out->bias[column] = (int32_t)whole;
        out->scales[column] = scale;
    }
    return true;
}

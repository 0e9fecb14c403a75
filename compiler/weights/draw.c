/* The generator that draw.h describes. */
#include "weights/draw.h"

#include <math.h>

#ifdef __clang__
#pragma STDC FP_CONTRACT OFF /* gcc does not contract in ISO C mode */
#endif

static const uint64_t GOLDEN = 0x9E3779B97F4A7C15u;

static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

uint64_t draw_stream(uint64_t seed, const char *text) {
    uint64_t hash = 0xCBF29CE484222325u; /* FNV-1a */
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) hash = (hash ^ *p) * 0x100000001B3u;
    return mix(mix(seed + GOLDEN) ^ hash);
}

Draw draw_element(uint64_t stream, uint64_t index) {
    return (Draw){.state = mix(stream + GOLDEN * (index + 1)), .counter = 0};
}

double draw_uniform(Draw *draw) {
    draw->counter++;
    return (double)(mix(draw->state + GOLDEN * draw->counter) >> 11) * 0x1p-53;
}

/* ln x for x > 0: x = m * 2^e with m near 1, and ln m = 2 artanh((m - 1) / (m + 1)), to about 1e-16. */
static double natural_log(double x) {
    enum { TERMS = 12 };
    int exponent;
    double m = frexp(x, &exponent);
    if (m < 0.70710678118654752) {
        m *= 2.0;
        exponent--;
    }
    const double f = (m - 1.0) / (m + 1.0), square = f * f;
    double sum = 0.0;
    for (int i = TERMS; i >= 0; i--) sum = sum * square + 1.0 / (2 * i + 1);
    return exponent * 0.69314718055994531 + 2.0 * f * sum;
}

double draw_normal(Draw *draw) {
    for (;;) {
        const double u = 2.0 * draw_uniform(draw) - 1.0, v = 2.0 * draw_uniform(draw) - 1.0;
        const double square = u * u + v * v;
        if (square < 1.0 && square > 0.0) return u * sqrt(-2.0 * natural_log(square) / square);
    }
}

double draw_truncated_normal(Draw *draw) {
    for (;;) {
        const double x = draw_normal(draw);
        if (x >= -2.0 && x <= 2.0) return x;
    }
}

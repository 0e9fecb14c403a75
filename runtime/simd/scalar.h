/* sin, cos and pow in double arithmetic, for strict copies: those of libm differ from one to the next in the
 * last bit. The result is the exact one's float but for about one in 10^5, which is the neighbour. */
#pragma once

#include "simd/simd.h"

#if defined(LMRT_STRICT)

/* c[0] + z (c[1] + z (...)) */
LMRT_INLINE double LMRT(polynomial)(double z, const double *c, int n) {
    double y = c[n - 1];
    for (int i = n - 1; i-- > 0;) y = LMRT(rounded_double)(y * z) + c[i];
    return y;
}

/* |x| = (quarter + r) pi / 2, quarter modulo 4, |r| <= 1/2, for |x| >= 1/2: the mantissa times those 96 bits
 * of 2 / pi that count. What lies before them gives multiples of 4; what lies behind is too small for a float
 * to tell. */
LMRT_INLINE double LMRT(quarters)(uint32_t bits, int *quarter) {
    static const uint32_t two_over_pi[] = {0,           0xa2f9836eu, 0x4e441529u, 0xfc2757d1u,
                                           0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu};
    const uint32_t mantissa = (bits & 0x7fffffu) | 0x800000u;
    const uint32_t from =
        ((bits >> 23) & 0xffu) - 120u; /* mantissa * 2^(from - 30): bit `from` of the table counts 2 */
    const uint32_t *word = two_over_pi + from / 32u;
    const uint32_t shift = from % 32u;
    uint32_t part[3];
    for (int i = 0; i < 3; i++)
        part[i] = (uint32_t)(((((uint64_t)word[i] << 32) | word[i + 1]) << shift) >> 32);
    const uint64_t low = (uint64_t)mantissa * part[2], middle = (uint64_t)mantissa * part[1] + (low >> 32);
    const uint64_t all = (((uint64_t)mantissa * part[0] + (middle >> 32)) << 32) | (middle & 0xffffffffu);
    const uint64_t nearest = (all + (UINT64_C(1) << 61)) >> 62; /* all counts 2^-62 */
    const uint64_t rest = all - (nearest << 62);
    *quarter = (int)(nearest & 3u);
    return (rest >> 63 ? -(double)(~rest + 1u) : (double)rest) / 4611686018427387904.0;
}

/* sin(x + turn pi / 2) */
LMRT_INLINE float LMRT(sine)(float x, int turn) {
    static const double sine[] = {1.0,          -1.0 / 6,        1.0 / 120,         -1.0 / 5040,
                                  1.0 / 362880, -1.0 / 39916800, 1.0 / 6227020800.0};
    static const double cosine[] = {1.0,         -0.5,           1.0 / 24,          -1.0 / 720,
                                    1.0 / 40320, -1.0 / 3628800, 1.0 / 479001600.0, -1.0 / 87178291200.0};
    uint32_t bits;
    int quarter = 0;
    memcpy(&bits, &x, sizeof bits);
    const int negative = (int)(bits >> 31);
    bits &= 0x7fffffffu;
    if (bits >= 0x7f800000u) return x - x;
    if (turn == 0 && bits < 0x38000000u) return x; /* the sign of zero; nothing to add below 2^-15 */
    double r = (double)x;
    if (bits >= 0x3f000000u) {
        r = LMRT(quarters)(bits, &quarter) * 1.5707963267948966;
        if (negative) {
            r = -r;
            quarter = 4 - quarter;
        }
    }
    quarter = (quarter + turn) & 3;
    const double z = r * r;
    const double y = quarter & 1 ? LMRT(polynomial)(z, cosine, 8) : LMRT(polynomial)(z, sine, 7) * r;
    return (float)(quarter & 2 ? -y : y);
}

/* The logarithm to base 2 of a finite a > 0. */
LMRT_INLINE double LMRT(log2)(float a) {
    static const double atanh[] = {2.0,      2.0 / 3,  2.0 / 5,  2.0 / 7,  2.0 / 9,
                                   2.0 / 11, 2.0 / 13, 2.0 / 15, 2.0 / 17, 2.0 / 19};
    const double wide = (double)a;
    uint64_t bits;
    memcpy(&bits, &wide, sizeof bits);
    const uint64_t above = bits - UINT64_C(0x3fe6a09e667f3bcd); /* mantissa from sqrt(1/2) to sqrt(2) */
    const int exponent = (int)((above >> 52) ^ 0x800u) - 0x800;
    bits -= (uint64_t)(int64_t)exponent << 52;
    double m;
    memcpy(&m, &bits, sizeof m);
    const double s = (m - 1.0) / (m + 1.0);
    const double ln = LMRT(rounded_double)(LMRT(polynomial)(s * s, atanh, 10) * s);
    return LMRT(rounded_double)(ln * 1.4426950408889634) + (double)exponent;
}
LMRT_INLINE double LMRT(exp2)(double t) {
    static const double e[] = {1.0,         1.0,          1.0 / 2,       1.0 / 6,
                               1.0 / 24,    1.0 / 120,    1.0 / 720,     1.0 / 5040,
                               1.0 / 40320, 1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800.0};
    t = t > 200.0 ? 200.0 : t < -200.0 ? -200.0 : t;
    const int n = (int)(t + (t < 0.0 ? -0.5 : 0.5));
    const uint64_t bits = (uint64_t)(n + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return LMRT(polynomial)((t - (double)n) * 0.6931471805599453, e, 12) * power;
}

/* As powf, but for the exceptions it raises. */
LMRT_INLINE float LMRT(power)(float x, float y) {
    const float a = fabsf(x), half = 0.5f * y;
    const int whole = floorf(y) == y, odd = whole && floorf(half) != half;
    float result;
    if (y == 0.0f || x == 1.0f) return 1.0f;
    if (x != x || y != y || (x < 0.0f && !whole && a < INFINITY)) return NAN;
    if (a == 0.0f || a == INFINITY)
        result = (a == 0.0f) == (y < 0.0f) ? INFINITY : 0.0f;
    else if (a == 1.0f)
        result = 1.0f;
    else
        result = (float)LMRT(exp2)((double)y * LMRT(log2)(a));
    return odd && signbit(x) ? -result : result;
}
#endif

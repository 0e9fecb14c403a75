/* Quotients and powers of integers, categories, and casts of the 16-bit floats: exact, so compared by bytes.
 */
#include <math.h>
#include <string.h>

#include "conformance.h"
#include "reference.h"

/* ---- floordiv, mod, pow ---- */

/* a[n] op b[n] gives expected[n], in both widths where they fit. */
static void test_64(const Kernels *k,
                    int (*kernel)(const lmrt_broadcast *, const int64_t *, const int64_t *, int64_t *),
                    const char *what, const int64_t (*cases)[3], size_t n) {
    for (size_t i = 0; i < n; i++) {
        const lmrt_broadcast one = {.rank = 0};
        int64_t y = 77;
        testing(k, "%s of %lld and %lld", what, (long long)cases[i][0], (long long)cases[i][1]);
        expect_true(kernel(&one, &cases[i][0], &cases[i][1], &y) == 0, "it has a result");
        expect_bytes(&y, &cases[i][2], sizeof y);
    }
}

static void test_32(const Kernels *k,
                    int (*kernel)(const lmrt_broadcast *, const int32_t *, const int32_t *, int32_t *),
                    const char *what, const int32_t (*cases)[3], size_t n) {
    for (size_t i = 0; i < n; i++) {
        const lmrt_broadcast one = {.rank = 0};
        int32_t y = 77;
        testing(k, "%s of %d and %d", what, (int)cases[i][0], (int)cases[i][1]);
        expect_true(kernel(&one, &cases[i][0], &cases[i][1], &y) == 0, "it has a result");
        expect_bytes(&y, &cases[i][2], sizeof y);
    }
}

#define COUNT(x) (sizeof(x) / sizeof *(x))

static void test_quotients(const Kernels *k) {
    static const int32_t divided[][3] = {{7, 2, 3},
                                         {-7, 2, -4},
                                         {7, -2, -4},
                                         {-7, -2, 3},
                                         {6, -3, -2},
                                         {0, -5, 0},
                                         {5, 5, 1},
                                         {INT32_MIN, -1, INT32_MIN},
                                         {INT32_MIN, 1, INT32_MIN},
                                         {INT32_MAX, INT32_MIN, -1}};
    static const int32_t rest[][3] = {
        {7, 2, 1},  {-7, 2, 1}, {7, -2, -1}, {-7, -2, -1},       {6, -3, 0},
        {0, -5, 0}, {3, 5, 3},  {-3, 5, 2},  {INT32_MIN, -1, 0}, {INT32_MAX, INT32_MIN, -1}};
    static const int32_t powers[][3] = {{2, 10, 1024},      {-3, 3, -27}, {0, 0, 1},
                                        {7, 0, 1},          {0, 5, 0},    {-1, 31, -1},
                                        {2, 31, INT32_MIN}, {2, 32, 0},   {3, 21, 1870418611}};
    static const int64_t divided_64[][3] = {{INT64_MIN, -1, INT64_MIN},
                                            {INT64_MIN, 3, -3074457345618258603},
                                            {INT64_MAX, -2, -4611686018427387904},
                                            {-1, INT64_MAX, -1}};
    static const int64_t rest_64[][3] = {
        {INT64_MIN, -1, 0}, {INT64_MIN, 3, 1}, {INT64_MAX, -2, -1}, {-1, INT64_MAX, INT64_MAX - 1}};
    static const int64_t powers_64[][3] = {
        {3, 39, 4052555153018976267}, {2, 63, INT64_MIN}, {10, 20, 7766279631452241920}, {-1, INT64_MAX, -1}};
    test_32(k, k->floordiv_i32, "floordiv", divided, COUNT(divided));
    test_32(k, k->mod_i32, "mod", rest, COUNT(rest));
    test_32(k, k->pow_i32, "pow", powers, COUNT(powers));
    test_64(k, k->floordiv_i64, "floordiv", divided_64, COUNT(divided_64));
    test_64(k, k->mod_i64, "mod", rest_64, COUNT(rest_64));
    test_64(k, k->pow_i64, "pow", powers_64, COUNT(powers_64));
}

/* Every pair of small numbers, broadcast: against the reference, which divides doubles. */
static void test_broadcast(const Kernels *k) {
    const lmrt_broadcast d = {2, {13, 6}, {1, 0}, {0, 1}}, empty = {2, {13, 0}, {1, 0}, {0, 1}};
    const int32_t b[6] = {-3, -2, -1, 1, 2, 5}, zero[6] = {1, 2, 0, 3, 4, 5},
                  negative[6] = {1, 2, 0, -1, 4, 5};
    int32_t a[13], y[78], expected[2][78];
    int64_t none = 0;
    for (int i = 0; i < 13; i++) a[i] = i - 6;
    for (int i = 0; i < 78; i++) {
        expected[0][i] = (int32_t)lmref_binary(LMRT_FLOORDIV, a[i / 6], b[i % 6]);
        expected[1][i] = (int32_t)lmref_binary(LMRT_MOD, a[i / 6], b[i % 6]);
    }
    testing(k, "broadcast quotients");
    expect_true(k->floordiv_i32(&d, a, b, y) == 0, "no division by 0");
    expect_bytes(y, expected[0], sizeof y);
    expect_true(k->mod_i32(&d, a, b, y) == 0, "no division by 0");
    expect_bytes(y, expected[1], sizeof y);
    expect_true(k->floordiv_i32(&d, a, zero, y) != 0 && k->mod_i32(&d, a, zero, y) != 0, "a division by 0");
    expect_true(k->pow_i32(&d, a, negative, y) != 0, "a negative exponent");
    expect_true(k->mod_i64(&empty, &none, &none, NULL) == 0, "nothing to divide");
}

/* ---- categories ---- */

static void test_buckets(const Kernels *k, size_t bins) {
    float boundaries[9], x[32];
    double wide[9], wide_x[32];
    int64_t y[32], expected[32];
    for (size_t i = 0; i < bins; i++) wide[i] = boundaries[i] = (float)(i / 2) - 1.5f; /* some twice */
    for (size_t i = 0; i < 32; i++) wide_x[i] = x[i] = (float)i / 4 - 3;
    x[3] = NAN, x[4] = INFINITY, x[5] = -INFINITY, x[6] = -0.0f;
    for (size_t i = 0; i < 32; i++) {
        expected[i] = 0;
        wide_x[i] = (double)x[i];
        while (expected[i] < (int64_t)bins && !(x[i] < boundaries[expected[i]])) expected[i]++;
    }
    testing(k, "buckets between %zu boundaries", bins);
    k->bucket_f32(32, bins, boundaries, x, y);
    expect_bytes(y, expected, sizeof y);
    k->bucket_f64(32, bins, wide, wide_x, y);
    expect_bytes(y, expected, sizeof y);
}

static void test_find(const Kernels *k) {
    static const int64_t keys[7] = {INT64_MIN, -9, -1, 0, 4, 5, INT64_MAX};
    static const int64_t x[9] = {5, INT64_MAX, INT64_MIN, -8, 0, 6, -1, 4, INT64_MAX - 1};
    static const int64_t whole[9] = {5, 6, 0, -1, 3, -1, 2, 4, -1},
                         first[9] = {-1, -1, 0, -1, -1, -1, -1, -1, -1};
    static const int64_t nowhere[9] = {-1, -1, -1, -1, -1, -1, -1, -1, -1};
    int64_t y[9];
    testing(k, "find");
    k->find_i64(9, 7, keys, x, y);
    expect_bytes(y, whole, sizeof y);
    k->find_i64(9, 1, keys, x, y);
    expect_bytes(y, first, sizeof y);
    k->find_i64(9, 0, keys, x, y);
    expect_bytes(y, nowhere, sizeof y);
}

/* What tf.strings.to_hash_bucket_fast and _strong (TensorFlow 2.21) give for tf.as_string(x): texts of 1, 3,
 * 4, 8, 16, 17 and 20 bytes take ways of their own. */
static void test_hash(const Kernels *k) {
    static const int64_t x[10] = {
        0, -7, 123, -123, 1234, 12345678, -123456789012345, 1234567890123456, 12345678901234567, INT64_MIN};
    static const int64_t fast[10] = {537292, 985360, 501751, 991494, 755216,
                                     470335, 909409, 857634, 774961, 400334},
                         strong[10] = {876599, 436702, 37539,  861878, 754843,
                                       100339, 324590, 608427, 549155, 247356};
    static const int64_t by_farm[4] = {1000003, 0, 0, 0}, by_sip[4] = {1000003, 1, 133, 137};
    int64_t y[10];
    testing(k, "hashes");
    k->hash_i64(10, 4, by_farm, x, y);
    expect_bytes(y, fast, sizeof y);
    k->hash_i64(10, 4, by_sip, x, y);
    expect_bytes(y, strong, sizeof y);
}

/* ---- float16 and bfloat16 ---- */

/* A 16-bit float of that many bits of mantissa, by its definition. */
static double value_of(unsigned bits, int mantissa, int bias) {
    const unsigned fraction = bits & ((1u << mantissa) - 1), exponent = (bits & 0x7fff) >> mantissa;
    double magnitude = ldexp((double)fraction, 1 - bias - mantissa);
    if (exponent == (0x7fffu >> mantissa))
        magnitude = fraction ? NAN : INFINITY;
    else if (exponent)
        magnitude = ldexp((double)(fraction + (1u << mantissa)), (int)exponent - bias - mantissa);
    return bits & 0x8000 ? -magnitude : magnitude;
}

enum { ALL = 1 << 16 };

/* All 65,536 of them: to float and back, and to the middle between each and the next, which goes to the even
 * one. */
static void test_half(const Kernels *k, int type, int mantissa, int bias) {
    static uint16_t bits[ALL], back[ALL], even[ALL];
    static float y[ALL];
    static double expected[ALL], middle[ALL];
    const unsigned infinity = 0x7fffu >> mantissa << mantissa;
    for (unsigned i = 0; i < ALL; i++) {
        const unsigned magnitude = i & 0x7fff, sign = i & 0x8000;
        bits[i] = (uint16_t)i;
        expected[i] = value_of(i, mantissa, bias);
        /* the number behind the largest is as far from it as the one before */
        const double next = magnitude + 1 == infinity ? 2 * expected[i] - value_of(i - 1, mantissa, bias)
                            : magnitude < infinity    ? value_of(i + 1, mantissa, bias)
                                                      : expected[i];
        middle[i] = expected[i] + (next - expected[i]) / 2;
        if (magnitude >= infinity) middle[i] = expected[i];
        even[i] = (uint16_t)(magnitude >= infinity ? i : sign | (magnitude + (magnitude & 1)));
    }
    testing(k, "type %d to float32", type);
    k->cast(type, LMRT_F32, ALL, bits, y);
    expect_close(y, expected, NULL, ALL);
    testing(k, "type %d from float32", type);
    k->cast(LMRT_F32, type, infinity + 1, y, back); /* NaN need not keep its bits */
    expect_bytes(back, bits, (infinity + 1) * sizeof *back);
    k->cast(LMRT_F32, type, infinity + 1, y + 0x8000, back);
    expect_bytes(back, bits + 0x8000, (infinity + 1) * sizeof *back);
    testing(k, "type %d from the middle between two", type);
    k->cast(LMRT_F64, type, infinity, middle, back);
    expect_bytes(back, even, infinity * sizeof *back);
    k->cast(LMRT_F64, type, infinity, middle + 0x8000, back);
    expect_bytes(back, even + 0x8000, infinity * sizeof *back);
    for (unsigned i = 0; i < infinity; i++) { /* a little above: up; by way of float32 it would be a tie */
        middle[i] = nextafter(middle[i], INFINITY);
        even[i] = (uint16_t)(i + 1);
    }
    testing(k, "type %d from above the middle", type);
    k->cast(LMRT_F64, type, infinity, middle, back);
    expect_bytes(back, even, infinity * sizeof *back);
}

static void test_half_casts(const Kernels *k) {
    const float odd[6] = {NAN, -NAN, 65519.99f, 65520.0f, 1e30f, -1e-30f};
    uint16_t y[6];
    testing(k, "casts to float16 that do not fit");
    k->cast(LMRT_F32, LMRT_F16, 6, odd, y);
    expect_true((y[0] & 0x7fff) > 0x7c00 && (y[1] & 0x7fff) > 0x7c00, "a NaN stays one");
    expect_bytes(y + 2, (uint16_t[4]){0x7bff, 0x7c00, 0x7c00, 0x8000}, 4 * sizeof *y);
    const uint16_t half[4] = {0x3c00, 0xc100, 0x7c00, 0x5bf8}; /* 1, -2.5, infinity, 255 */
    int32_t whole[4];
    uint8_t bytes[4];
    k->cast(LMRT_F16, LMRT_I32, 4, half, whole);
    expect_bytes(whole, (int32_t[4]){1, -2, INT32_MIN, 255}, sizeof whole);
    k->cast(LMRT_F16, LMRT_BOOL, 4, half, bytes);
    expect_bytes(bytes, (uint8_t[4]){1, 1, 1, 1}, sizeof bytes);
    k->cast(LMRT_F16, LMRT_BF16, 4, half, y);
    expect_bytes(y, (uint16_t[4]){0x3f80, 0xc020, 0x7f80, 0x437f}, 4 * sizeof *y);
    const int64_t large[4] = {2049, -2051, 70000, 16777217};
    k->cast(LMRT_I64, LMRT_F16, 4, large, y);
    expect_bytes(y, (uint16_t[4]){0x6800, 0xe802, 0x7c00, 0x7c00}, 4 * sizeof *y);
    k->cast(LMRT_I64, LMRT_BF16, 4, large, y);
    expect_bytes(y, (uint16_t[4]){0x4500, 0xc500, 0x4789, 0x4b80}, 4 * sizeof *y);
}

int main(void) {
    for (const Kernels *const *k = conformance_units(); *k; k++) {
        test_quotients(*k);
        test_broadcast(*k);
        for (size_t bins = 0; bins < 10; bins++) test_buckets(*k, bins);
        test_find(*k);
        test_hash(*k);
        test_half(*k, LMRT_F16, 10, 15);
        test_half(*k, LMRT_BF16, 7, 127);
        test_half_casts(*k);
    }
    return conformance_result();
}

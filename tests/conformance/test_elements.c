/* Functions of two elements with broadcasting, strided copies, fills, gathers and casts. */
#include "conformance.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "reference.h"

/* ---- broadcasting: every pair of small shapes in which each axis of an input is whole or 1 ---- */

typedef struct Shapes {
    lmrt_broadcast d;
    size_t a, b, y; /* elements */
} Shapes;

/* Bit i of a mask: axis i is 1 in that input. */
static Shapes make_shapes(size_t rank, const size_t *extent, unsigned a_mask, unsigned b_mask) {
    Shapes s = {.a = 1, .b = 1, .y = 1};
    s.d.rank = rank;
    for (size_t i = rank; i-- > 0;) {
        s.d.extent[i] = extent[i];
        s.d.a_stride[i] = (a_mask >> i) & 1 || extent[i] == 1 ? 0 : (ptrdiff_t)s.a;
        s.d.b_stride[i] = (b_mask >> i) & 1 || extent[i] == 1 ? 0 : (ptrdiff_t)s.b;
        if (s.d.a_stride[i]) s.a *= extent[i];
        if (s.d.b_stride[i]) s.b *= extent[i];
        s.y *= extent[i];
    }
    return s;
}

/* The elements of a and b that meet in y[i]. */
static void meet(const Shapes *s, size_t i, size_t *a, size_t *b) {
    ptrdiff_t at_a = 0, at_b = 0;
    for (size_t axis = s->d.rank; axis-- > 0; i /= s->d.extent[axis]) {
        const ptrdiff_t index = (ptrdiff_t)(i % s->d.extent[axis]);
        at_a += index * s->d.a_stride[axis];
        at_b += index * s->d.b_stride[axis];
    }
    *a = (size_t)at_a;
    *b = (size_t)at_b;
}

typedef void FloatBinary(const lmrt_broadcast *d, const float *a, const float *b, float *y);
typedef void FloatCompare(const lmrt_broadcast *d, const float *a, const float *b, uint8_t *y);

static void test_binary(const Kernels *k, const Shapes *s, FloatBinary *kernel,
                        lmrt_binary_function function) {
    float *a = numbers(s->a), *b = numbers(s->b), *y = guarded(s->y);
    double *expected = doubles(s->y), *bound = doubles(s->y);
    if (function == LMRT_POW)
        for (size_t i = 0; i < s->a; i++) a[i] = fabsf(a[i]);
    if (function == LMRT_MAX && s->a > 1) a[1] = NAN;
    if (function == LMRT_MIN && s->b > 1) b[1] = NAN;
    for (size_t i = 0; i < s->y; i++) {
        size_t at_a, at_b;
        meet(s, i, &at_a, &at_b);
        expected[i] = lmref_binary(function, (double)a[at_a], (double)b[at_b]);
        bound[i] = fabs(expected[i]) * (double)FLT_EPSILON / (function == LMRT_POW ? 1 : 2);
    }
    testing(k, "binary function %d, %zu elements from %zu and %zu", (int)function, s->y, s->a, s->b);
    kernel(&s->d, a, b, y);
    expect_close(y, expected, bound, s->y);
    if (s->a == s->y) {
        kernel(&s->d, a, b, a);
        expect_bytes(a, y, s->y * sizeof *y);
    }
    release();
}

static void test_compare(const Kernels *k, const Shapes *s, FloatCompare *kernel,
                         lmrt_binary_function function) {
    float *a = numbers(s->a), *b = numbers(s->b);
    uint8_t *y = (uint8_t *)guarded(s->y), *expected = (uint8_t *)guarded(s->y);
    b[0] = a[0];
    if (s->a > 1) a[1] = NAN;
    for (size_t i = 0; i < s->y; i++) {
        size_t at_a, at_b;
        meet(s, i, &at_a, &at_b);
        expected[i] = (uint8_t)lmref_binary(function, (double)a[at_a], (double)b[at_b]);
    }
    testing(k, "comparison %d, %zu elements from %zu and %zu", (int)function, s->y, s->a, s->b);
    kernel(&s->d, a, b, y);
    expect_bytes(y, expected, s->y);
    release();
}

static void test_functions(const Kernels *k, const Shapes *s) {
    test_binary(k, s, k->add_f32, LMRT_ADD);
    test_binary(k, s, k->sub_f32, LMRT_SUB);
    test_binary(k, s, k->mul_f32, LMRT_MUL);
    test_binary(k, s, k->div_f32, LMRT_DIV);
    test_binary(k, s, k->max_f32, LMRT_MAX);
    test_binary(k, s, k->min_f32, LMRT_MIN);
    test_binary(k, s, k->mod_f32, LMRT_MOD);
    test_binary(k, s, k->pow_f32, LMRT_POW);
    test_binary(k, s, k->floordiv_f32, LMRT_FLOORDIV);
    test_compare(k, s, k->lt_f32, LMRT_LT);
    test_compare(k, s, k->le_f32, LMRT_LE);
    test_compare(k, s, k->gt_f32, LMRT_GT);
    test_compare(k, s, k->ge_f32, LMRT_GE);
    test_compare(k, s, k->ne_f32, LMRT_NE);
    test_compare(k, s, k->eq_f32, LMRT_EQ);
}

static void test_broadcasts(const Kernels *k) {
    static const size_t extents[][3] = {{2, 3, 5}, {1, 4, 17}, {3, 1, 33}, {2, 2, 1}};
    for (size_t e = 0; e < sizeof extents / sizeof *extents; e++) {
        for (unsigned a = 0; a < 8; a++) {
            for (unsigned b = 0; b < 8; b++) {
                const Shapes s = make_shapes(3, extents[e], a, b);
                if ((a & b) == 0) test_functions(k, &s);
            }
        }
    }
    for (size_t n = 1; n <= 2 * k->lanes + 1; n++) {
        const Shapes s = make_shapes(1, &n, 0, 0);
        test_functions(k, &s);
    }
    const Shapes scalar = make_shapes(0, NULL, 0, 0);
    test_functions(k, &scalar);
}

static void test_integers(const Kernels *k) {
    const lmrt_broadcast d = {1, {4}, {1}, {1}};
    const int32_t a[4] = {INT32_MAX, INT32_MIN, 7, -5}, b[4] = {1, -1, -3, -5};
    const int32_t sum[4] = {INT32_MIN, INT32_MAX, 4, -10}, product[4] = {INT32_MAX, INT32_MIN, -21, 25};
    const int64_t c[4] = {INT64_MAX, INT64_MIN, 7, -5}, e[4] = {1, -1, -3, -5},
                  less[4] = {INT64_MAX - 1, INT64_MIN + 1, 10, 0};
    const uint8_t equal[4] = {0, 0, 0, 1}, above[4] = {1, 0, 1, 0}, yes[4] = {1, 0, 1, 0},
                  no[4] = {0, 0, 1, 1}, exactly_one[4] = {1, 0, 0, 1};
    int32_t y[4];
    int64_t z[4];
    uint8_t u[4];
    testing(k, "integers and bools");
    k->add_i32(&d, a, b, y);
    expect_bytes(y, sum, sizeof y);
    k->mul_i32(&d, a, b, y);
    expect_bytes(y, product, sizeof y);
    k->sub_i64(&d, c, e, z);
    expect_bytes(z, less, sizeof z);
    k->eq_i32(&d, a, b, u);
    expect_bytes(u, equal, sizeof u);
    k->gt_i64(&d, c, e, u);
    expect_bytes(u, above, sizeof u);
    k->xor_b8(&d, yes, no, u);
    expect_bytes(u, exactly_one, sizeof u);
    k->logical_not_b8(4, exactly_one, u);
    expect_bytes(u, (const uint8_t[4]){0, 1, 1, 0}, sizeof u);
}

/* ---- movement ---- */

typedef void CopyKernel(const lmrt_copy *d, const void *x, void *y);

/* The same copy in elements of each size against the reference on their indices. */
static void test_copy(const Kernels *k, const char *what, const lmrt_copy *d, size_t from, size_t n_x,
                      size_t to, size_t n_y) {
    CopyKernel *const kernels[] = {k->copy_b1, k->copy_b2, k->copy_b4, k->copy_b8};
    double *x = doubles(n_x), *y = doubles(n_y);
    for (size_t i = 0; i < n_x; i++) x[i] = (double)(i % 251);
    for (size_t i = 0; i < n_y; i++) y[i] = 255;
    lmref_copy(d, x + from, y + to);
    for (size_t s = 0; s < 4; s++) {
        const size_t size = (size_t)1 << s;
        uint8_t *src = (uint8_t *)guarded(n_x * 2), *dst = (uint8_t *)guarded(n_y * 2);
        for (size_t i = 0; i < n_x * size; i++) src[i] = (uint8_t)((i / size) % 251);
        memset(dst, 255, n_y * size);
        testing(k, "copy %s of %zu bytes", what, size);
        kernels[s](d, src + from * size, dst + to * size);
        bool same = true;
        for (size_t i = 0; i < n_y * size; i++) same = same && dst[i] == (uint8_t)y[i / size];
        expect_true(same, "another element");
    }
    release();
}

static void test_copies(const Kernels *k) {
    const lmrt_copy transpose = {2, {5, 3}, {1, 5}, {3, 1}}, reverse = {1, {7}, {-1}, {1}};
    const lmrt_copy into = {2, {2, 3}, {3, 1}, {8, 1}}, repeat = {3, {4, 2, 3}, {3, 0, 1}, {6, 3, 1}},
                    scalar = {0, {0}, {0}, {0}};
    const lmrt_copy empty = {2, {3, 0}, {1, 1}, {1, 1}}, steps = {2, {2, 2}, {12, 3}, {2, 1}};
    test_copy(k, "transpose", &transpose, 0, 15, 0, 15);
    test_copy(k, "reverse", &reverse, 6, 7, 0, 7);
    test_copy(k, "pad", &into, 0, 6, 10, 32);
    test_copy(k, "repeat", &repeat, 0, 12, 0, 24);
    test_copy(k, "one element", &scalar, 0, 1, 0, 1);
    test_copy(k, "nothing", &empty, 0, 4, 0, 4);
    test_copy(k, "steps", &steps, 1, 24, 0, 4);
}

static void test_fill_and_gather(const Kernels *k) {
    for (size_t n = 0; n < 20; n++) {
        float *y = guarded(n), *expected = guarded(n);
        const float value = 1.5f;
        for (size_t i = 0; i < n; i++) expected[i] = value;
        testing(k, "fill of %zu", n);
        k->fill(n, sizeof value, &value, y);
        expect_bytes(y, expected, n * sizeof *y);
        release();
    }
    const float table[6] = {0, 1, 10, 11, 20, 21}, expected[6] = {20, 21, 0, 1, 10, 11};
    const int32_t small[3] = {2, 0, -2}, bad[3] = {0, 3, 1};
    const int64_t large[3] = {-1, -3, 1}, huge[1] = {INT64_MIN};
    const float floats[3] = {2.9f, -0.5f, 1}, nan[1] = {NAN};
    float y[6] = {0};
    testing(k, "gather");
    expect_true(k->gather_i32(3, 3, 8, table, bad, y) != 0 && y[0] == 0 && y[1] == 0,
                "out of range, nothing written");
    expect_true(k->gather_i64(1, 3, 8, table, huge, y) != 0 && k->gather_f32(1, 3, 8, table, nan, y) != 0,
                "out of range");
    expect_true(k->gather_i32(3, 3, 8, table, small, y) == 0, "in range");
    expect_bytes(y, expected, sizeof y);
    expect_true(k->gather_i64(3, 3, 8, table, large, y) == 0, "in range");
    expect_bytes(y, expected, sizeof y);
    expect_true(k->gather_f32(3, 3, 8, table, floats, y) == 0, "in range");
    expect_bytes(y, expected, sizeof y);
}

/* What TensorFlow 2.21 gives on x86-64. */
static void test_cast(const Kernels *k) {
    const float x[8] = {NAN, INFINITY, -INFINITY, 3e9f, 300.7f, -1.9f, 1e20f, 0.5f};
    const int32_t i32[8] = {INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN, 300, -1, INT32_MIN, 0};
    const uint32_t u32[8] = {1u << 31, 1u << 31, 1u << 31, 3000000000u, 300, UINT32_MAX, 1u << 31, 0};
    const uint8_t u8[8] = {0, 0, 0, 0, 44, 255, 0, 0}, yes[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    const int16_t i16[8] = {0, 0, 0, 0, 300, -1, 0, 0};
    const int64_t i64[8] = {INT64_MIN, INT64_MIN, INT64_MIN, 3000000000, 300, -1, INT64_MIN, 0};
    const uint64_t u64[8] = {1ull << 63, 1ull << 63, 1ull << 63, 3000000000u, 300, UINT64_MAX, 1ull << 63, 0};
    const struct {
        int to;
        const void *expected;
        size_t bytes;
    } cases[] = {{LMRT_I32, i32, sizeof i32}, {LMRT_U32, u32, sizeof u32},  {LMRT_U8, u8, sizeof u8},
                 {LMRT_I8, u8, sizeof u8},    {LMRT_BOOL, yes, sizeof yes}, {LMRT_I16, i16, sizeof i16},
                 {LMRT_I64, i64, sizeof i64}, {LMRT_U64, u64, sizeof u64}};
    uint64_t y[8];
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        testing(k, "cast from float32 to type %d", cases[c].to);
        k->cast(LMRT_F32, cases[c].to, 8, x, y);
        expect_bytes(y, cases[c].expected, cases[c].bytes);
    }
    const int32_t whole[5] = {-1, 300, 70000, 0, -129};
    const uint8_t cut[5] = {255, 44, 112, 0, 127}, is[5] = {1, 1, 1, 0, 1};
    const float floats[5] = {-1, 300, 70000, 0, -129};
    testing(k, "cast from int32");
    k->cast(LMRT_I32, LMRT_U8, 5, whole, y);
    expect_bytes(y, cut, sizeof cut);
    k->cast(LMRT_I32, LMRT_BOOL, 5, whole, y);
    expect_bytes(y, is, sizeof is);
    k->cast(LMRT_I32, LMRT_F32, 5, whole, y);
    expect_bytes(y, floats, sizeof floats);
    k->cast(LMRT_F32, LMRT_I32, 5, floats, y);
    expect_bytes(y, whole, sizeof whole);
}

/* a[2][3] by a condition per row and one for each element; b is a single value, or broadcast along rows. */
static void test_select(const Kernels *k) {
    const float a[6] = {1, 2, 3, 4, 5, 6}, b[3] = {-1, -2, NAN};
    const uint8_t each[6] = {1, 0, 0, 1, 1, 0}, rows[2] = {0, 1}, bytes[2] = {7, 9};
    const float by_element[6] = {1, -2, NAN, 4, 5, NAN}, by_row[6] = {-1, -1, -1, 4, 5, 6};
    float y[6];
    testing(k, "select");
    k->select_b4(&(lmrt_selection){2, {2, 3}, {3, 1}, {3, 1}, {0, 1}}, each, a, b, y);
    expect_bytes(y, by_element, sizeof y);
    k->select_b4(&(lmrt_selection){2, {2, 3}, {1, 0}, {3, 1}, {0, 0}}, rows, a, b, y);
    expect_bytes(y, by_row, sizeof y);
    k->select_b4(&(lmrt_selection){.rank = 0}, rows, a, b, y);
    expect_bytes(y, b, sizeof *b);
    uint8_t chosen[2];
    k->select_b1(&(lmrt_selection){1, {2}, {1}, {0}, {1}}, rows, bytes + 1, bytes, chosen);
    expect_bytes(chosen, (uint8_t[2]){7, 9}, 2);
    int16_t shorts[2] = {0};
    k->select_b2(&(lmrt_selection){1, {2}, {1}, {1}, {1}}, rows, (int16_t[2]){1, 2}, (int16_t[2]){3, 4},
                 shorts);
    expect_bytes(shorts, (int16_t[2]){3, 2}, sizeof shorts);
    int64_t longs[2] = {0};
    k->select_b8(&(lmrt_selection){1, {2}, {1}, {1}, {1}}, rows, (int64_t[2]){1, 2}, (int64_t[2]){3, 4},
                 longs);
    expect_bytes(longs, (int64_t[2]){3, 2}, sizeof longs);
}

int main(void) {
    for (const Kernels *const *k = conformance_units(); *k; k++) {
        test_broadcasts(*k);
        test_integers(*k);
        test_copies(*k);
        test_fill_and_gather(*k);
        test_cast(*k);
        test_select(*k);
    }
    return conformance_result();
}

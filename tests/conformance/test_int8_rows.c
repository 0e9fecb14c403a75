/* Pools, means, pairs and single int8 numbers: exact, so compared by bytes. */
#include "int8.h"

/* ---- pools and means ---- */

static void test_pool(const Kernels *k, size_t c) {
    const size_t kh = size_between(1, 4), kw = size_between(1, 4);
    const Axis v = axis(9, kh, 3, 1, kh - 1), h = axis(9, kw, 3, 1, kw - 1);
    const lmrt_pool2d d = {v.in, h.in, c, v.out, h.out, kh, kw, v.stride, h.stride, v.pad, h.pad};
    const size_t n = v.out * h.out * c;
    int8_t *x = values(v.in * h.in * c), *y = results(n), *most = results(n), *mean = results(n);
    for (size_t i = 0; i < n; i++) {
        int64_t sum = 0, count = 0, top = -128;
        for (size_t tap = 0; tap < kh * kw; tap++) {
            const ptrdiff_t row = position(&v, i / c / h.out, tap / kw);
            const ptrdiff_t column = position(&h, i / c % h.out, tap % kw);
            if (row < 0 || column < 0) continue;
            const int8_t value = x[((size_t)row * h.in + (size_t)column) * c + i % c];
            sum += value;
            count++;
            if (value > top) top = value;
        }
        most[i] = (int8_t)top;
        mean[i] = (int8_t)(count ? floor(((double)sum + 0.5 * (double)count) / (double)count) : 0);
    }
    testing(k, "max_pool2d_i8 %zux%zux%zu size %zux%zu stride %zux%zu pad %zux%zu", v.in, h.in, c, kh, kw,
            v.stride, h.stride, v.pad, h.pad);
    k->max_pool2d_i8(&d, x, y);
    expect_bytes(y, most, n);
    testing(k, "average_pool2d_i8 %zux%zux%zu size %zux%zu stride %zux%zu pad %zux%zu", v.in, h.in, c, kh, kw,
            v.stride, h.stride, v.pad, h.pad);
    k->average_pool2d_i8(&d, x, y);
    expect_bytes(y, mean, n);
    finish_case();
}

static void test_mean(const Kernels *k, size_t outer, size_t n, size_t inner, int kind) {
    const Output o = {between(-128, 127), -128, 127, 0, 0, 0};
    int32_t multiplier, shift;
    factor(kind, n * n, &multiplier, &shift);
    const lmrt_int8_mean d = {between(-128, 127), multiplier, shift, o.y_zero};
    int8_t *x = values(outer * n * inner), *y = results(outer * inner), *expected = results(outer * inner);
    for (size_t i = 0; i < outer * inner; i++) {
        int64_t sum = 0;
        for (size_t j = 0; j < n; j++) sum += x[(i / inner * n + j) * inner + i % inner] - d.x_zero;
        expected[i] = rescaled(sum, d.multiplier, d.shift, &o, NULL);
    }
    testing(k, "reduce_mean_i8 %zu x %zu x %zu factors %d", outer, n, inner, kind);
    k->reduce_mean_i8(&d, outer, n, inner, x, y);
    expect_bytes(y, expected, outer * inner);
    finish_case();
}

/* ---- pairs and single numbers ---- */

/* a[3][n] with b of the same shape, of a row, of a column or of one number. */
static void test_pair(const Kernels *k, bool sum, size_t n, int kind) {
    const Output o = output(kind);
    const bool across = between(0, 1), down = between(0, 1);
    lmrt_int8_binary d = {.rank = 2, .extent = {3, n}, .y_zero = o.y_zero, .low = o.low, .high = o.high};
    int32_t multiplier, shift;
    d.a_stride[0] = (ptrdiff_t)n;
    d.a_stride[1] = 1;
    d.b_stride[0] = down ? across ? (ptrdiff_t)n : 1 : 0;
    d.b_stride[1] = across;
    factor(kind, sum ? 1 : 100, &multiplier, &shift);
    d.multiplier = between(0, 3) || !sum ? multiplier : -multiplier;
    d.shift = kind == ANY ? shift : between(29, 32) + (sum ? 0 : 6);
    d.b_multiplier = o.r_multiplier;
    d.b_shift = o.r_shift;
    d.a_zero = between(-128, 127);
    d.b_zero = o.r_zero;
    int8_t *a = values(3 * n), *b = values((down ? 3 : 1) * (across ? n : 1)), *y = results(3 * n),
           *expected = results(3 * n);
    for (size_t i = 0; i < 3 * n; i++) {
        const int8_t *right = b + (ptrdiff_t)(i / n) * d.b_stride[0] + (ptrdiff_t)(i % n) * d.b_stride[1];
        const ptrdiff_t left = a[i] - d.a_zero;
        expected[i] = sum ? rescaled(left, d.multiplier, d.shift, &o, right)
                          : rescaled(left * (*right - d.b_zero), d.multiplier, d.shift, &o, NULL);
    }
    testing(k, "%s 3x%zu across %d down %d factors %d", sum ? "add_i8" : "mul_i8", n, across, down, kind);
    (sum ? k->add_i8 : k->mul_i8)(&d, a, b, y);
    expect_bytes(y, expected, 3 * n);
    (sum ? k->add_i8 : k->mul_i8)(&d, a, b, a);
    expect_bytes(a, expected, 3 * n);
    finish_case();
}

static void test_quantize(const Kernels *k, size_t n, int zero) {
    static const float special[] = {NAN,     INFINITY, -INFINITY, 0.5f,   1.5f,    -0.5f,  -1.5f,
                                    2.5f,    -0.0f,    126.5f,    127.5f, 1e30f,   -1e30f, -127.5f,
                                    -128.5f, 1e-40f,   254.5f,    255.5f, -254.5f, -255.5f};
    float *x = guarded(n), *back = guarded(n);
    double *expected = doubles(n);
    int8_t *y = results(n), *quantised = results(n), *table = values(256), *mapped = results(n);
    for (size_t i = 0; i < n; i++) {
        x[i] = i < sizeof special / sizeof *special ? 2 * special[i] : (float)between(-600, 600) * 0.5f;
        double v = (double)x[i] * 0.5;
        if (!(v > -128.0 - zero)) v = -128.0 - zero;
        if (v > 127.0 - zero) v = 127.0 - zero;
        quantised[i] = (int8_t)(nearbyint(v) + zero);
        expected[i] = (double)((float)(quantised[i] - zero) * 0.1f);
        mapped[i] = table[quantised[i] + 128];
    }
    testing(k, "quantize_i8 %zu zero %d", n, zero);
    k->quantize_i8(0.5f, (float)zero, n, x, y);
    expect_bytes(y, quantised, n);
    testing(k, "dequantize_i8 %zu zero %d", n, zero);
    k->dequantize_i8(0.1f, (float)zero, n, quantised, back);
    expect_close(back, expected, NULL, n);
    testing(k, "table_i8 %zu", n);
    k->table_i8(n, table, y, y);
    expect_bytes(y, mapped, n);
    release();
    finish_case();
}

int main(void) {
    static const int zeros[] = {-128, -127, -1, 0, 3, 126, 127};
    for (const Kernels *const *k = conformance_units(); *k; k++) {
        state = 1; /* the same cases for all */
        for (size_t c = 1; c <= 40; c++) {
            test_pool(*k, c);
            const size_t outer = size_between(1, 3), n = size_between(1, 50);
            test_mean(*k, outer, n, c, between(0, 2));
            for (int i = 0; i < 4; i++) test_pair(*k, i % 2, c + 3, between(0, 2));
        }
        for (size_t i = 0; i < sizeof zeros / sizeof *zeros; i++) test_quantize(*k, 15 + 20 * i, zeros[i]);
    }
    return conformance_result();
}

/* dense, matmul, conv2d, depthwise and affine against their references, over sizes around panels, tiles and
 * vectors. Bounds follow from the number of terms: the reference run on magnitudes gives what the roundings
 * are relative to. */
#include "conformance.h"

#include <math.h>
#include <stdbool.h>

#include "reference.h"

enum { LINEAR, RELU, CLIP, SIGMOID, EPILOGUES };

static lmrt_epilogue epilogue(const Kernels *k, int kind) {
    lmrt_epilogue e = {-INFINITY, INFINITY, NULL, {0, 0, 0}};
    if (kind == RELU) e.low = 0;
    if (kind == CLIP) e.low = -0.25f, e.high = 1.5f;
    if (kind == SIGMOID) e.map = k->sigmoid_f32;
    return e;
}

/* The reference's share of the epilogue; all of these change a number's error by at most a few roundings. */
static void finish(double *y, double *bound, size_t n, size_t terms, const float *residual, int kind) {
    static const double p[3] = {-0.25, 1.5, 0};
    for (size_t i = 0; i < n; i++) {
        if (residual) y[i] += (double)residual[i];
        bound[i] = sum_bound(terms, bound[i] + (residual ? fabs((double)residual[i]) : 0));
        if (kind == RELU) y[i] = lmref_unary(LMRT_RELU, p, y[i]);
        if (kind == CLIP) y[i] = lmref_unary(LMRT_CLIP, p, y[i]);
        if (kind == SIGMOID) y[i] = lmref_unary(LMRT_SIGMOID, p, y[i]), bound[i] += 0x1p-22;
    }
}

static double *magnitudes(const double *x, size_t n) {
    double *out = doubles(n);
    for (size_t i = 0; i < n; i++) out[i] = fabs(x[i]);
    return out;
}

static size_t round_up(size_t n) {
    return (n + LMRT_PANEL - 1) / LMRT_PANEL * LMRT_PANEL;
}

/* w[taps][n] into panels [n / PANEL][taps][PANEL], beyond n zeros; `stride` between the rows of w. */
static void pack(const float *w, size_t taps, size_t n, size_t stride, float *out) {
    for (size_t j = 0; j < round_up(n); j++)
        for (size_t i = 0; i < taps; i++)
            out[(j / LMRT_PANEL * taps + i) * LMRT_PANEL + j % LMRT_PANEL] = j < n ? w[i * stride + j] : 0;
}

static void test_dense(const Kernels *k, size_t rows, size_t in, size_t n, bool bias, bool residual,
                       int kind) {
    const lmrt_dense d = {in, n, epilogue(k, kind)};
    float *x = numbers(rows * in), *w = numbers(in * n), *b = bias ? numbers(n) : NULL;
    float *packed = guarded(in * round_up(n)), *packed_bias = bias ? guarded(round_up(n)) : NULL;
    float *r = residual ? numbers(rows * n) : NULL, *y = guarded(rows * n);
    double *dx = as_doubles(x, rows * in), *dw = as_doubles(w, in * n), *db = bias ? as_doubles(b, n) : NULL;
    double *expected = doubles(rows * n), *bound = doubles(rows * n);
    pack(w, in, n, n, packed);
    if (bias) pack(b, 1, n, n, packed_bias);
    lmref_dense(rows, in, n, dx, dw, db, expected);
    lmref_dense(rows, in, n, magnitudes(dx, rows * in), magnitudes(dw, in * n),
                bias ? magnitudes(db, n) : NULL, bound);
    finish(expected, bound, rows * n, in + 1, r, kind);
    testing(k, "dense %zu x %zu -> %zu bias %d residual %d epilogue %d", rows, in, n, bias, residual, kind);
    k->dense_f32(&d, rows, x, packed, packed_bias, r, y);
    expect_close(y, expected, bound, rows * n);
    if (r) {
        k->dense_f32(&d, rows, x, packed, packed_bias, r, r); /* the residual's place is the result's */
        expect_close(r, expected, bound, rows * n);
    }
    release();
}

static void test_matmul(const Kernels *k, size_t m, size_t in, size_t n, int transpose) {
    float *a = numbers(m * in), *b = numbers(in * n), *y = guarded(m * n),
          *scratch = guarded(in * round_up(n));
    double *da = as_doubles(a, m * in), *db = as_doubles(b, in * n), *expected = doubles(m * n),
           *bound = doubles(m * n);
    lmref_matmul(m, in, n, transpose, da, db, expected);
    lmref_matmul(m, in, n, transpose, magnitudes(da, m * in), magnitudes(db, in * n), bound);
    finish(expected, bound, m * n, in, NULL, LINEAR);
    testing(k, "matmul %zu x %zu x %zu transpose %d", m, in, n, transpose);
    k->matmul_f32(m, in, n, transpose, a, b, y, scratch);
    expect_close(y, expected, bound, m * n);
    release();
}

static void test_affine(const Kernels *k, size_t rows, size_t c, bool residual, int kind) {
    const lmrt_affine d = {c, epilogue(k, kind)};
    const size_t n = rows * c;
    float *x = numbers(n), *scale = numbers(c), *shift = numbers(c), *r = residual ? numbers(n) : NULL,
          *y = guarded(n);
    double *expected = doubles(n), *bound = doubles(n);
    for (size_t i = 0; i < n; i++) {
        const double product = (double)x[i] * (double)scale[i % c];
        expected[i] = product + (double)shift[i % c];
        bound[i] = fabs(product) + fabs((double)shift[i % c]);
    }
    finish(expected, bound, n, 2, r, kind);
    testing(k, "affine %zu x %zu residual %d epilogue %d", rows, c, residual, kind);
    k->affine_f32(&d, rows, x, scale, shift, r, y);
    expect_close(y, expected, bound, n);
    k->affine_f32(&d, rows, x, scale, shift, r, x);
    expect_bytes(x, y, n * sizeof *y);
    release();
}

/* A convolution's geometry from a short description; false where the window does not fit. */
typedef struct Case {
    size_t h, w, in, out, kh, kw, sh, sw, dh, dw, groups;
    bool same; /* else no padding */
} Case;

static bool extent(size_t in, size_t kernel, size_t stride, size_t dilation, bool same, size_t *out,
                   size_t *pad) {
    const size_t reach = (kernel - 1) * dilation + 1;
    if (same) {
        *out = (in + stride - 1) / stride;
        const size_t needed = (*out - 1) * stride + reach;
        *pad = needed > in ? (needed - in) / 2 : 0;
        return true;
    }
    *pad = 0;
    if (reach > in) return false;
    *out = (in - reach) / stride + 1;
    return true;
}

static void test_conv2d(const Kernels *k, const Case *c, bool residual, int kind) {
    lmrt_conv2d d = {c->h,  c->w,  c->in, 0,     0, c->out, c->kh,     c->kw,
                     c->sh, c->sw, c->dh, c->dw, 0, 0,      c->groups, epilogue(k, kind)};
    if (!extent(c->h, c->kh, c->sh, c->dh, c->same, &d.out_h, &d.pad_top)) return;
    if (!extent(c->w, c->kw, c->sw, c->dw, c->same, &d.out_w, &d.pad_left)) return;
    const size_t taps = c->kh * c->kw * (c->in / c->groups), per_group = c->out / c->groups;
    const size_t n_x = c->h * c->w * c->in, n_w = taps * c->out, n_y = d.out_h * d.out_w * c->out;
    float *x = numbers(n_x), *w = numbers(n_w), *b = numbers(c->out), *r = residual ? numbers(n_y) : NULL;
    float *packed = guarded(c->groups * taps * round_up(per_group));
    float *packed_bias = guarded(c->groups * round_up(per_group)), *y = guarded(n_y);
    for (size_t g = 0; g < c->groups; g++) {
        pack(w + g * per_group, taps, per_group, c->out, packed + g * taps * round_up(per_group));
        pack(b + g * per_group, 1, per_group, c->out, packed_bias + g * round_up(per_group));
    }
    double *dx = as_doubles(x, n_x), *dw = as_doubles(w, n_w), *db = as_doubles(b, c->out);
    double *expected = doubles(n_y), *bound = doubles(n_y);
    lmref_conv2d(&d, dx, dw, db, expected);
    lmref_conv2d(&d, magnitudes(dx, n_x), magnitudes(dw, n_w), magnitudes(db, c->out), bound);
    finish(expected, bound, n_y, taps + 1, r, kind);
    testing(k,
            "conv2d %zux%zux%zu -> %zu kernel %zux%zu stride %zux%zu dilation %zux%zu groups %zu same %d "
            "residual %d epilogue %d",
            c->h, c->w, c->in, c->out, c->kh, c->kw, c->sh, c->sw, c->dh, c->dw, c->groups, c->same, residual,
            kind);
    k->conv2d_f32(&d, x, packed, packed_bias, r, y);
    expect_close(y, expected, bound, n_y);
    release();
}

static void test_depthwise(const Kernels *k, const Case *c, bool residual, int kind) {
    lmrt_depthwise d = {c->h,  c->w,  c->in, 0,     0, c->kh, c->kw,
                        c->sh, c->sw, c->dh, c->dw, 0, 0,     epilogue(k, kind)};
    if (!extent(c->h, c->kh, c->sh, c->dh, c->same, &d.out_h, &d.pad_top)) return;
    if (!extent(c->w, c->kw, c->sw, c->dw, c->same, &d.out_w, &d.pad_left)) return;
    const size_t taps = c->kh * c->kw, width = round_up(c->in), n_x = c->h * c->w * c->in,
                 n_y = d.out_h * d.out_w * c->in;
    float *x = numbers(n_x), *w = numbers(taps * c->in), *b = numbers(c->in),
          *r = residual ? numbers(n_y) : NULL;
    float *packed = guarded(taps * width), *packed_bias = guarded(width), *y = guarded(n_y);
    for (size_t i = 0; i < taps * width; i++)
        packed[i] = i % width < c->in ? w[i / width * c->in + i % width] : 0;
    for (size_t i = 0; i < width; i++) packed_bias[i] = i < c->in ? b[i] : 0;
    double *dx = as_doubles(x, n_x), *dw = as_doubles(w, taps * c->in), *db = as_doubles(b, c->in);
    double *expected = doubles(n_y), *bound = doubles(n_y);
    lmref_depthwise(&d, 1, dx, dw, db, expected);
    lmref_depthwise(&d, 1, magnitudes(dx, n_x), magnitudes(dw, taps * c->in), magnitudes(db, c->in), bound);
    finish(expected, bound, n_y, taps + 1, r, kind);
    testing(k,
            "depthwise %zux%zux%zu kernel %zux%zu stride %zux%zu dilation %zux%zu same %d residual %d "
            "epilogue %d",
            c->h, c->w, c->in, c->kh, c->kw, c->sh, c->sw, c->dh, c->dw, c->same, residual, kind);
    k->depthwise_parts_f32(&d, x, packed, packed_bias, r, y);
    expect_close(y, expected, bound, n_y);
    if (!r && c->in >= LMRT_PANEL / 2) {
        k->depthwise_f32(&d, x, packed, packed_bias, y);
        expect_close(y, expected, bound, n_y);
    }
    release();
}

static void test_products(const Kernels *k) {
    static const size_t sizes[] = {1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33, 47, 48, 64, 129, 257};
    const size_t n_sizes = sizeof sizes / sizeof *sizes;
    size_t turn = 0;
    for (size_t i = 0; i < n_sizes; i++) {
        for (size_t j = 0; j < n_sizes; j++, turn++) {
            const size_t in = sizes[(i * 5 + j) % n_sizes], n = sizes[j];
            test_dense(k, sizes[i] % 71, in, n, turn % 3 != 0, turn % 4 == 1, (int)(turn % EPILOGUES));
            test_dense(k, 1, sizes[i], n, turn % 2 != 0, turn % 3 == 1, (int)(turn % EPILOGUES));
            if (sizes[i] < 40 && n < 40) test_matmul(k, sizes[i], in % 50, n, turn % 2);
            if (sizes[i] < 40) test_affine(k, sizes[i], n, turn % 2, (int)(turn % EPILOGUES));
        }
    }
    test_dense(k, 0, 3, 5, true, false, LINEAR);
}

/* Every height of a tile, and weights larger than a block of them that stays in the cache. */
static void test_tiles(const Kernels *k) {
    static const size_t columns[] = {3, 5, 8, 9, 16, 17, 20, 24, 25, 32, 36, 40, 52};
    for (size_t rows = 2; rows <= 27; rows++)
        for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
            test_dense(k, rows, 6, columns[i], i % 2, rows % 3 == 1, (int)((rows + i) % EPILOGUES));
    test_dense(k, 150, 40, 299, true, true, RELU);
    test_dense(k, 67, 300, 83, true, false, LINEAR);
}

/* Each extent, kernel, stride, dilation and padding takes all of its values against a shifting choice of the
 * others. */
static void test_convolutions(const Kernels *k) {
    static const size_t channels[] = {1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33};
    size_t turn = 0;
    for (size_t h = 1; h <= 11; h++) {
        for (size_t kernel = 1; kernel <= 5; kernel++) {
            for (size_t stride = 1; stride <= 3; stride++, turn++) {
                Case c = {h,
                          1 + (h + turn) % 19,
                          channels[turn % 12],
                          channels[(turn * 5 + h) % 12],
                          kernel,
                          1 + turn % 4,
                          stride,
                          1 + turn % 3,
                          turn % 7 == 3 ? 2 : 1,
                          turn % 5 == 3 ? 2 : 1,
                          1,
                          turn % 3 != 0};
                test_conv2d(k, &c, turn % 4 == 1, (int)(turn % EPILOGUES));
                test_depthwise(k, &c, turn % 4 == 2, (int)(turn % EPILOGUES));
                c.groups = 1 + turn % 3;
                c.in = c.groups * (1 + turn % 5);
                c.out = c.groups * channels[turn % 12];
                test_conv2d(k, &c, turn % 5 == 1, (int)((turn + 1) % EPILOGUES));
            }
        }
    }
    for (size_t size = 1; size <= 12;
         size++) { /* what networks do most: 3x3, same, stride 1 and 2, even and odd */
        for (size_t stride = 1; stride <= 2; stride++) {
            const Case c = {size, size + 1, 16, 32, 3, 3, stride, stride, 1, 1, 1, true};
            const Case rgb = {size, size + 1, 3, 8, 3, 3, stride, stride, 1, 1, 1, true};
            test_conv2d(k, &c, stride == 1, RELU);
            test_conv2d(k, &rgb, false, CLIP);
            test_depthwise(k, &c, false, CLIP);
        }
    }
    static const size_t outputs[] = {4, 8, 12, 20, 24, 40};
    for (size_t width = 5; width <= 30; width++) { /* rows of pixels cut into tiles, half panels at the end */
        const Case c = {3, width, 3, outputs[width % 6], 3, 3, 1, 1 + width / 6 % 2, 1, 1, 1, width % 4 != 0};
        test_conv2d(k, &c, width % 3 == 0, (int)(width % EPILOGUES));
    }
    static const size_t depths[] = {8, 12, 20, 24, 40, 48};
    for (size_t width = 1; width <= 30;
         width++) { /* lines of pixels across and down, channels that end anywhere */
        const Case c = {width % 5 + 3,     width, depths[width % 6], 0, 3, 3, 1 + width % 2, 1, 1,
                        1 + width / 7 % 2, 1,     width % 3 != 0};
        const Case turned = {c.w, c.h, c.in, 0, 3, c.kw, 1, c.sh, c.dw, 1, 1, c.same};
        test_depthwise(k, &c, false, (int)(width % EPILOGUES));
        test_depthwise(k, &turned, width % 7 == 0, (int)(width % EPILOGUES));
    }
    for (size_t width = 1; width <= 20; width++) { /* strips of all widths, kernels and strides */
        for (size_t i = 0; i < 8; i++) {
            const size_t kernel = i % 2 ? 3 : 5, step = 1 + i / 2 % 2;
            const Case c = {
                1 + width % 4, width, 16 + 5 * (width % 3), 0, 1 + i % 3, kernel, 1, step, 1, 1, 1, i >= 4};
            test_depthwise(k, &c, false, (int)((width + i) % EPILOGUES));
        }
    }
}

int main(void) {
    for (const Kernels *const *k = conformance_units(); *k; k++) {
        test_products(*k);
        test_tiles(*k);
        test_convolutions(*k);
    }
    return conformance_result();
}

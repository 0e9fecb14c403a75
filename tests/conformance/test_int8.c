/* The matrix kernels on int8 numbers: exact, so compared by bytes. */
#include "int8.h"

/* ---- a convolution, of which dense is one of pixels ---- */

typedef struct Packed {
    int8_t *w;         /* as kernels want it */
    int32_t *channels; /* the same */
} Packed;

/* w[out][segments][length] to panels of one group. */
static Packed pack(const int8_t *w, size_t n, size_t segments, size_t length, ptrdiff_t x_zero, int kind,
                   int8_t *packed, int32_t *out) {
    const size_t padded = round_up(length, 4), panels = round_up(n, LMRT_PANEL) / LMRT_PANEL;
    int64_t *sums = hold((panels * LMRT_PANEL + 1) * sizeof *sums, 0);
    memset(sums, 0, (panels * LMRT_PANEL + 1) * sizeof *sums);
    memset(packed, 0, panels * LMRT_PANEL * segments * padded);
    for (size_t j = 0; j < n; j++)
        for (size_t s = 0; s < segments; s++)
            for (size_t k = 0; k < length; k++) {
                const size_t row = (j / LMRT_PANEL * segments + s) * (padded / 4) + k / 4;
                packed[(row * LMRT_PANEL + j % LMRT_PANEL) * 4 + k % 4] = w[(j * segments + s) * length + k];
                sums[j] += w[(j * segments + s) * length + k];
            }
    for (size_t panel = 0; panel < panels; panel++)
        channels(panel, n, segments * length, sums, x_zero, kind, out);
    return (Packed){packed, out};
}

static void test_dense(const Kernels *k, size_t rows, size_t in, size_t n, bool residual, int kind) {
    const Output o = output(kind);
    const lmrt_int8_dense d = {in, n, o.y_zero, o.low, o.high, o.r_zero, o.r_multiplier, o.r_shift};
    const size_t wide = round_up(n, LMRT_PANEL);
    int8_t *x = values(rows * in), *w = weights(in * n), *r = residual ? results(rows * n) : NULL;
    int8_t *y = results(rows * n), *expected = results(rows * n);
    const Packed p = pack(w, n, 1, in, between(-128, 127), kind,
                          (int8_t *)hold(wide * round_up(in, 4) + 1, 0) + 1, integers(3 * wide));
    for (size_t i = 0; r && i < rows * n; i++) r[i] = (int8_t)between(-128, 127);
    for (size_t row = 0; row < rows; row++)
        for (size_t j = 0; j < n; j++) {
            const int32_t *c = p.channels + j / LMRT_PANEL * 3 * LMRT_PANEL + j % LMRT_PANEL;
            int64_t sum = c[0];
            for (size_t i = 0; i < in; i++) sum += x[row * in + i] * w[j * in + i];
            expected[row * n + j] =
                rescaled(sum, c[LMRT_PANEL], c[2 * LMRT_PANEL], &o, r ? &r[row * n + j] : NULL);
        }
    testing(k, "dense_i8 %zu x %zu -> %zu residual %d factors %d", rows, in, n, residual, kind);
    k->dense_i8(&d, rows, x, p.w, p.channels, r, y);
    expect_bytes(y, expected, rows * n);
    if (r) {
        k->dense_i8(&d, rows, x, p.w, p.channels, r, r); /* the residual's place is the result's */
        expect_bytes(r, expected, rows * n);
    }
    finish_case();
}

typedef struct Conv {
    Axis v, h;
    size_t in_c, out_c, groups;
    ptrdiff_t x_zero;
} Conv;

/* One output's sum without the start; w[out_c][kernel_h][kernel_w][in_c / groups]. */
static int64_t conv_sum(const Conv *c, size_t i, size_t j, size_t n, const int8_t *x, const int8_t *w) {
    const size_t terms = c->in_c / c->groups, group = n / (c->out_c / c->groups);
    int64_t sum = 0;
    for (size_t a = 0; a < c->v.kernel; a++)
        for (size_t b = 0; b < c->h.kernel; b++) {
            const ptrdiff_t row = position(&c->v, i, a), column = position(&c->h, j, b);
            const int8_t *weight = w + ((n * c->v.kernel + a) * c->h.kernel + b) * terms;
            for (size_t t = 0; t < terms; t++)
                sum += weight[t] *
                       (row < 0 || column < 0
                            ? c->x_zero
                            : x[((size_t)row * c->h.in + (size_t)column) * c->in_c + group * terms + t]);
        }
    return sum;
}

static lmrt_int8_conv2d conv_descriptor(const Conv *c, const Output *o) {
    return (lmrt_int8_conv2d){c->v.in,         c->h.in,       c->in_c,     c->v.out,    c->h.out,
                              c->out_c,        c->v.kernel,   c->h.kernel, c->v.stride, c->h.stride,
                              c->v.dilation,   c->h.dilation, c->v.pad,    c->h.pad,    c->groups,
                              c->x_zero,       o->y_zero,     o->low,      o->high,     o->r_zero,
                              o->r_multiplier, o->r_shift};
}

/* The groups' panels one after another. */
static Packed pack_conv(const Conv *c, const int8_t *w, int kind) {
    const size_t terms = c->in_c / c->groups, n = c->out_c / c->groups, wide = round_up(n, LMRT_PANEL);
    const bool rows = c->h.dilation == 1 && c->groups == 1;
    const size_t segments = rows ? c->v.kernel : c->v.kernel * c->h.kernel;
    const size_t length = rows ? c->h.kernel * terms : terms;
    const size_t bytes = segments * round_up(length, 4) * wide;
    Packed all = {(int8_t *)hold(c->groups * bytes + 1, 0) + 1, integers(c->groups * 3 * wide)};
    for (size_t group = 0; group < c->groups; group++)
        pack(w + group * n * segments * length, n, segments, length, c->x_zero, kind, all.w + group * bytes,
             all.channels + group * 3 * wide);
    return all;
}

static void test_conv2d(const Kernels *k, const Conv *c, bool residual, int kind) {
    const Output o = output(kind);
    const lmrt_int8_conv2d d = conv_descriptor(c, &o);
    const size_t n = c->v.out * c->h.out * c->out_c, columns = c->out_c / c->groups;
    int8_t *x = values(c->v.in * c->h.in * c->in_c);
    int8_t *w = weights(c->out_c * c->v.kernel * c->h.kernel * (c->in_c / c->groups));
    int8_t *y = results(n), *expected = results(n), *r = residual ? results(n) : NULL;
    const Packed p = pack_conv(c, w, kind);
    for (size_t i = 0; r && i < n; i++) r[i] = (int8_t)between(-128, 127);
    for (size_t i = 0; i < n; i++) {
        const size_t pixel = i / c->out_c, column = i % c->out_c, at = column % columns;
        const size_t panel =
            column / columns * (round_up(columns, LMRT_PANEL) / LMRT_PANEL) + at / LMRT_PANEL;
        const int32_t *channel = p.channels + panel * 3 * LMRT_PANEL + at % LMRT_PANEL;
        const int64_t sum = channel[0] + conv_sum(c, pixel / c->h.out, pixel % c->h.out, column, x, w);
        expected[i] = rescaled(sum, channel[LMRT_PANEL], channel[2 * LMRT_PANEL], &o, r ? &r[i] : NULL);
    }
    testing(k,
            "conv2d_i8 %zux%zux%zu kernel %zux%zu stride %zux%zu dilation %zux%zu pad %zux%zu -> %zux%zux%zu "
            "groups %zu residual %d factors %d",
            c->v.in, c->h.in, c->in_c, c->v.kernel, c->h.kernel, c->v.stride, c->h.stride, c->v.dilation,
            c->h.dilation, c->v.pad, c->h.pad, c->v.out, c->h.out, c->out_c, c->groups, residual, kind);
    k->conv2d_i8(&d, x, p.w, p.channels, r, y);
    expect_bytes(y, expected, n);
    if (r) {
        k->conv2d_i8(&d, x, p.w, p.channels, r, r);
        expect_bytes(r, expected, n);
    }
    finish_case();
}

/* Any geometry: strides, dilation, groups, padding that a window may lie in wholly. */
static Conv some_conv(void) {
    static const size_t in[] = {1, 3, 5, 2, 4, 8, 16, 17}, kernels[] = {1, 1, 2, 3, 3, 4, 5};
    Conv c = {.groups = between(0, 3) ? 1 : size_between(2, 3)};
    c.x_zero = between(-128, 127);
    const size_t dilation = between(0, 2) ? 1 : 3, kh = kernels[between(0, 6)], kw = kernels[between(0, 6)];
    c.v = axis(9, kh, 3, dilation, kh * size_between(0, 2));
    c.h = axis(12, kw, 3, dilation, kw * size_between(0, 2));
    c.in_c = c.groups * in[between(0, 7)];
    c.out_c = c.groups * (between(0, 2) ? size_between(1, 40) : 16);
    return c;
}

/* ---- depthwise ---- */

static void test_depthwise(const Kernels *k, const Axis *v, const Axis *h, size_t c, bool residual,
                           int kind) {
    const Output o = output(kind);
    const ptrdiff_t zero = between(-128, 127);
    const lmrt_int8_depthwise d = {v->in,       h->in,     c,         v->out,         h->out,
                                   v->kernel,   h->kernel, v->stride, h->stride,      v->dilation,
                                   h->dilation, v->pad,    h->pad,    zero,           o.y_zero,
                                   o.low,       o.high,    o.r_zero,  o.r_multiplier, o.r_shift};
    const size_t n = v->out * h->out * c, wide = round_up(c, LMRT_PANEL), taps = v->kernel * h->kernel;
    const Conv conv = {*v, *h, c, c, c, zero};
    int8_t *x = values(v->in * h->in * c), *w = weights(c * taps);
    int8_t *packed = (int8_t *)hold(taps * wide + 1, 0) + 1;
    int8_t *y = results(n), *expected = results(n), *r = residual ? results(n) : NULL;
    int64_t *sums = hold((wide + 1) * sizeof *sums, 0);
    int32_t *all = integers(3 * wide);
    memset(sums, 0, wide * sizeof *sums);
    memset(packed, 0, taps * wide);
    for (size_t i = 0; i < c * taps; i++) {
        packed[i % taps * wide + i / taps] = w[i];
        sums[i / taps] += w[i];
    }
    for (size_t panel = 0; panel < wide / LMRT_PANEL; panel++)
        channels(panel, c, taps, sums, zero, kind, all);
    for (size_t i = 0; r && i < n; i++) r[i] = (int8_t)between(-128, 127);
    for (size_t i = 0; i < n; i++) {
        const int32_t *channel = all + i % c / LMRT_PANEL * 3 * LMRT_PANEL + i % c % LMRT_PANEL;
        const int64_t sum = channel[0] + conv_sum(&conv, i / c / h->out, i / c % h->out, i % c, x, w);
        expected[i] = rescaled(sum, channel[LMRT_PANEL], channel[2 * LMRT_PANEL], &o, r ? &r[i] : NULL);
    }
    testing(k,
            "depthwise_i8 %zux%zux%zu kernel %zux%zu stride %zux%zu dilation %zux%zu pad %zux%zu -> %zux%zu "
            "residual %d factors %d",
            v->in, h->in, c, v->kernel, h->kernel, v->stride, h->stride, v->dilation, h->dilation, v->pad,
            h->pad, v->out, h->out, residual, kind);
    k->depthwise_i8(&d, x, packed, all, r, y);
    expect_bytes(y, expected, n);
    if (r) {
        k->depthwise_i8(&d, x, packed, all, r, r);
        expect_bytes(r, expected, n);
    }
    finish_case();
}

static void some_depthwise(const Kernels *k, size_t c) {
    static const size_t kernels[] = {1, 2, 3, 3, 3, 4, 5, 7, 9};
    const size_t kh = kernels[between(0, 8)], kw = kernels[between(0, 8)], most = between(0, 2) ? 1 : 3;
    const Axis v = axis(9, kh, 3, most, kh * size_between(0, 2));
    const size_t width = between(0, 3) ? 12 : 90;
    const Axis h = axis(width, kw, 3, most, kw * size_between(0, 2));
    const bool residual = between(0, 1);
    test_depthwise(k, &v, &h, c, residual, between(0, 2));
}

/* ---- all of them ---- */

static void some_dense(const Kernels *k, size_t in, size_t n) {
    static const size_t some[] = {1, 2, 5, 8, 13, 30};
    const size_t rows = some[between(0, 5)];
    const bool residual = between(0, 1);
    test_dense(k, rows, in, n, residual, between(0, 2));
}

static void test_matrices(const Kernels *k) {
    for (size_t in = 1; in <= 40; in++) some_dense(k, in, size_between(1, 40));
    for (size_t n = 1; n <= 40; n++) some_dense(k, size_between(1, 40), n);
    static const size_t large[][3] = {{1, 5001, 3},  {7, 1030, 20}, {3, 64, 300}, {1, 300, 530},
                                      {13, 640, 33}, {25, 64, 64},  {1, 0, 5},    {0, 5, 5}};
    for (size_t i = 0; i < sizeof large / sizeof *large; i++)
        for (int kind = 0; kind < FACTORS; kind++)
            test_dense(k, large[i][0], large[i][1], large[i][2], kind == TIES, kind);
    for (int i = 0; i < 250; i++) {
        const Conv c = some_conv();
        const bool residual = between(0, 2) == 0;
        test_conv2d(k, &c, residual, between(0, 2));
    }
    const Conv tall = {{25, 10, 2, 1, 4, 12}, {10, 4, 2, 1, 1, 5}, 1, 64, 1, -3};
    const Conv long_sums = {{5, 3, 1, 1, 1, 5}, {6, 3, 1, 1, 1, 6}, 130, 35, 1, 7};
    const Conv grouped = {{5, 3, 1, 1, 1, 5}, {6, 3, 1, 2, 2, 6}, 60, 40, 2, 127};
    for (int kind = 0; kind < FACTORS; kind++) {
        test_conv2d(k, &tall, false, kind);
        test_conv2d(k, &long_sums, true, kind);
        test_conv2d(k, &grouped, true, kind);
    }
}

int main(void) {
    for (const Kernels *const *k = conformance_units(); *k; k++) {
        state = 1; /* the same cases for all */
        test_matrices(*k);
        for (size_t c = 1; c <= 40; c++)
            for (int i = 0; i < 6; i++) some_depthwise(*k, c);
        for (int i = 0; i < 6; i++) some_depthwise(*k, size_between(41, 130));
    }
    return conformance_result();
}

/* The kernels on int8 numbers against the arithmetic of lmrt.h in plain loops: exact, so compared by bytes.
 * Inputs end where their memory ends and begin at odd addresses, so that sanitizers see every read beyond. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "conformance.h"

/* ---- numbers ---- */

enum { GUARD_BYTES = 64, PATTERN = 0x5b, MOST = 32 };
static struct {
    void *memory;
    size_t guarded; /* bytes between two guards, or 0 */
} held[MOST];
static size_t n_held;
static uint32_t state;

static uint32_t random_bits(void) {
    state = state * 1664525u + 1013904223u;
    return state >> 8;
}

/* from .. to */
static int between(int from, int to) {
    const int64_t bits = (int64_t)random_bits() * 256 + random_bits() % 256;
    return (int)(from + bits % ((int64_t)to - from + 1));
}

static size_t size_between(size_t from, size_t to) {
    return from + random_bits() % (to - from + 1);
}

static void *hold(size_t bytes, size_t guarded_bytes) {
    void *memory = malloc(bytes);
    if (!memory || n_held == MOST) abort();
    held[n_held].memory = memory;
    held[n_held++].guarded = guarded_bytes;
    return memory;
}

/* n numbers of -limit - 1 .. limit, the ends often. */
static int8_t *bytes_within(size_t n, int limit, int least) {
    int8_t *x = (int8_t *)hold(n + 1, 0) + 1;
    for (size_t i = 0; i < n; i++) {
        const int kind = between(0, 7);
        x[i] = (int8_t)(kind == 0 ? least : kind == 1 ? limit : between(least, limit));
    }
    return x;
}

static int8_t *values(size_t n) {
    return bytes_within(n, 127, -128);
}

static int8_t *weights(size_t n) {
    return bytes_within(n, 127, -127);
}

static int32_t *integers(size_t n) {
    int32_t *x = hold((n + 1) * sizeof *x, 0);
    memset(x, 0, (n + 1) * sizeof *x);
    return x;
}

/* For results: what is written beyond is found by finish_case. */
static int8_t *results(size_t n) {
    int8_t *memory = hold(n + 2 * GUARD_BYTES, n);
    memset(memory, PATTERN, n + 2 * GUARD_BYTES);
    return memory + GUARD_BYTES;
}

static void finish_case(void) {
    for (size_t i = 0; i < n_held; i++) {
        const int8_t *memory = held[i].memory;
        for (size_t j = 0; held[i].guarded && j < GUARD_BYTES; j++)
            if (memory[j] != PATTERN || memory[GUARD_BYTES + held[i].guarded + j] != PATTERN) {
                expect_true(0, "nothing is written outside of y");
                break;
            }
        free(held[i].memory);
    }
    n_held = 0;
}

/* ---- the arithmetic ---- */

typedef struct Output {
    ptrdiff_t y_zero, low, high, r_zero, r_multiplier, r_shift;
} Output;

static int64_t floor_shift(int64_t v, ptrdiff_t shift) {
    const int64_t unit = (int64_t)1 << shift, quotient = v / unit;
    return quotient - (v % unit < 0);
}

static int8_t rescaled(int64_t v, ptrdiff_t multiplier, ptrdiff_t shift, const Output *o, const int8_t *r) {
    int64_t y;
    if (r) {
        const int64_t left = floor_shift(v * multiplier, shift - 8);
        const int64_t right = floor_shift((*r - o->r_zero) * o->r_multiplier, o->r_shift - 8);
        y = floor_shift(left + right + 128, 8);
    } else
        y = floor_shift(v * multiplier + ((int64_t)1 << (shift - 1)), shift);
    y += o->y_zero;
    return (int8_t)(y < o->low ? o->low : y > o->high ? o->high : y);
}

/* Factors: those of real layers, which spread sums of so many terms over int8; ties; anything at all. */
enum { USUAL, TIES, ANY, FACTORS };

static void factor(int kind, size_t terms, int32_t *multiplier, int32_t *shift) {
    int bits = 0;
    while ((size_t)1 << bits < terms) bits++;
    *multiplier = between(1 << 22, (1 << 23) - 1) * 256 + between(0, 255);
    *shift = between(35, 40) + bits / 2;
    if (kind == TIES) {
        *multiplier = 1 << 30;
        *shift = between(31, 36) + bits / 2;
    } else if (kind == ANY) {
        *multiplier = between(0, 3) ? (int32_t)(random_bits() * 128u + 127u) >> between(0, 20) : 0;
        *multiplier &= INT32_MAX;
        *shift = between(8, 62);
    }
}

static Output output(int kind) {
    Output o = {between(-128, 127), -128, 127, between(-128, 127), 0, 0};
    int32_t multiplier, shift;
    if (kind == ANY) {
        o.y_zero = between(0, 1) ? 127 : -128;
        o.r_zero = between(0, 1) ? 127 : -128;
    }
    if (between(0, 2) == 0) o.low = o.y_zero;
    if (between(0, 3) == 0) o.high = o.low + (127 - o.low) / 2;
    factor(kind, 1, &multiplier, &shift);
    o.r_multiplier = between(0, 1) ? multiplier : -multiplier;
    o.r_shift = kind == ANY ? shift : between(29, 32);
    return o;
}

/* channels of n columns: bias less x_zero times the column's sum in column_sums. */
static void channels(size_t panel, size_t n, size_t terms, const int64_t *column_sums, ptrdiff_t x_zero,
                     int kind, int32_t *out) {

    int32_t *at = out + panel * 3 * LMRT_PANEL;
    for (size_t i = 0; i < LMRT_PANEL && panel * LMRT_PANEL + i < n; i++) {
        const int large = kind == ANY && between(0, 1) ? 1 << 30 : 3000;
        at[i] = between(-large, large) - (int32_t)(x_zero * column_sums[panel * LMRT_PANEL + i]);
        factor(kind, terms, &at[LMRT_PANEL + i], &at[2 * LMRT_PANEL + i]);
    }
    for (size_t i = 0; i < LMRT_PANEL; i++)
        if (panel * LMRT_PANEL + i >= n) at[2 * LMRT_PANEL + i] = 8; /* no columns */
}

static size_t round_up(size_t n, size_t unit) {
    return (n + unit - 1) / unit * unit;
}

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

/* How far a window is from the first input, and the extent of the output. */
typedef struct Axis {
    size_t in, kernel, stride, dilation, pad, out;
} Axis;

static Axis axis(size_t most, size_t kernel, size_t most_stride, size_t most_dilation, size_t most_pad) {
    Axis a = {size_between(1, most),     kernel, size_between(1, most_stride), size_between(1, most_dilation),
              size_between(0, most_pad), 0};
    const size_t reach = (kernel - 1) * a.dilation + 1;
    if (a.in + 2 * a.pad < reach) a.in = reach;
    a.out = (a.in + a.pad + size_between(0, a.pad) - reach) / a.stride + 1;
    if (a.in + a.pad < reach) a.out = 1;
    return a;
}

/* The input position of a tap, or -1 outside. */
static ptrdiff_t position(const Axis *a, size_t at, size_t tap) {
    const ptrdiff_t p = (ptrdiff_t)(at * a->stride + tap * a->dilation) - (ptrdiff_t)a->pad;
    return p >= 0 && p < (ptrdiff_t)a->in ? p : -1;
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
    Conv c = {.groups = between(0, 3) ? 1 : size_between(2, 3), .x_zero = between(-128, 127)};
    const size_t dilation = between(0, 2) ? 1 : 3, kh = kernels[between(0, 6)], kw = kernels[between(0, 6)];
    c.v = axis(9, kh, 3, dilation, kh * (size_t)between(0, 2));
    c.h = axis(12, kw, 3, dilation, kw * (size_t)between(0, 2));
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
    const Axis v = axis(9, kh, 3, most, kh * (size_t)between(0, 2));
    const Axis h = axis(between(0, 3) ? 12 : 90, kw, 3, most, kw * (size_t)between(0, 2));
    test_depthwise(k, &v, &h, c, between(0, 1), between(0, 2));
}

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

/* ---- all of them ---- */

static void test_matrices(const Kernels *k) {
    static const size_t rows[] = {1, 2, 5, 8, 13, 30};
    for (size_t in = 1; in <= 40; in++)
        test_dense(k, rows[between(0, 5)], in, size_between(1, 40), between(0, 1), between(0, 2));
    for (size_t n = 1; n <= 40; n++)
        test_dense(k, rows[between(0, 5)], size_between(1, 40), n, between(0, 1), between(0, 2));
    static const size_t large[][3] = {{1, 5001, 3},  {7, 1030, 20}, {3, 64, 300}, {1, 300, 530},
                                      {13, 640, 33}, {25, 64, 64},  {1, 0, 5},    {0, 5, 5}};
    for (size_t i = 0; i < sizeof large / sizeof *large; i++)
        for (int kind = 0; kind < FACTORS; kind++)
            test_dense(k, large[i][0], large[i][1], large[i][2], kind == TIES, kind);
    for (int i = 0; i < 250; i++) {
        const Conv c = some_conv();
        test_conv2d(k, &c, between(0, 2) == 0, between(0, 2));
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
    static const int zeros[] = {-128, -127, -1, 0, 3, 126, 127};
    for (const Kernels *const *k = conformance_units(); *k; k++) {
        state = 1; /* the same cases for all */
        test_matrices(*k);
        for (size_t c = 1; c <= 40; c++)
            for (int i = 0; i < 6; i++) some_depthwise(*k, c);
        for (int i = 0; i < 6; i++) some_depthwise(*k, size_between(41, 130));
        for (size_t c = 1; c <= 40; c++) {
            test_pool(*k, c);
            test_mean(*k, size_between(1, 3), size_between(1, 50), c, between(0, 2));
            for (int i = 0; i < 4; i++) test_pair(*k, i % 2, c + 3, between(0, 2));
        }
        for (size_t i = 0; i < sizeof zeros / sizeof *zeros; i++) test_quantize(*k, 15 + 20 * i, zeros[i]);
    }
    return conformance_result();
}

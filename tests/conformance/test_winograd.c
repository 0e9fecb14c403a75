/* winograd2 and winograd4 against the reference convolution, over extents, paddings, channels and blocks
 * around tiles, vectors and panels.
 *
 * The bound: an output is a sum, over points and input channels, of products of transformed inputs, weights
 * and the coefficients of the output's transform. With the magnitudes of all of these in place of the numbers
 * themselves, it says what the roundings are relative to: one for each term of the sum over the channels, at
 * most 8 in each of the transforms (two lines of at most four), and those of the weights, the bias and the
 * residual.
 */
#include "conformance.h"

#include <math.h>
#include <string.h>

#include "reference.h"

enum { LINEAR, RELU, SIGMOID, EPILOGUES, TRANSFORMS = 20 };

/* Minimal filtering at points 0, p, -p, ..., and infinity, as the kernels have it: inputs, weights, outputs.
 */
typedef struct Filter {
    size_t m, n;
    double b[6][6], g[6][3], a[4][6];
} Filter;

/* The product of (x - point) over all points but one (`but` = n - 1: over all), as coefficients. */
static void polynomial(const double *points, size_t count, size_t but, double *out) {
    size_t degree = 0;
    memset(out, 0, 6 * sizeof *out);
    out[0] = 1;
    for (size_t i = 0; i < count; i++) {
        if (i == but) continue;
        degree++;
        for (size_t k = degree; k > 0; k--) out[k] = out[k - 1] - points[i] * out[k];
        out[0] *= -points[i];
    }
}

static Filter filter(size_t m) {
    static const double points[][5] = {{0, 1, -1}, {0, 0.75, -0.75, 1.5, -1.5}};
    const double *p = points[m == 4];
    Filter f = {.m = m, .n = m + 2};
    for (size_t i = 0; i < f.n; i++) {
        const int last = i + 1 == f.n;
        double scale = 1;
        polynomial(p, f.n - 1, last ? f.n : i, f.b[i]);
        for (size_t j = 0; j + 1 < f.n && !last; j++)
            if (j != i) scale *= p[i] - p[j];
        for (size_t k = 0; k < 3; k++) f.g[i][k] = last ? k == 2 : pow(p[i], (double)k) / scale;
        for (size_t k = 0; k < m; k++) f.a[k][i] = last ? k + 1 == m : pow(p[i], (double)k);
    }
    return f;
}

/* The lines of the inputs that winograd2 has with the other sign, and the last one of winograd4's weights. */
static void as_in_kernels(Filter *f) {
    for (size_t k = 0; k < f->n; k++) {
        if (f->m == 2) f->b[0][k] = -f->b[0][k];
        if (f->m == 4) f->a[3][5] = 0.421875;
    }
    if (f->m == 2) f->g[0][0] = -f->g[0][0];
    if (f->m == 4) f->g[5][2] = 64.0 / 27;
}

static size_t round_up(size_t n) {
    return (n + LMRT_PANEL - 1) / LMRT_PANEL * LMRT_PANEL;
}

/* One point of the transformed weights of a pair of channels. w: [3][3] `step` apart. */
static double weight(const Filter *f, const float *w, size_t step, size_t row, size_t column, int magnitude) {
    double sum = 0;
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 3; j++) {
            const double term = f->g[row][i] * f->g[column][j] * (double)w[(i * 3 + j) * step];
            sum += magnitude ? fabs(term) : term;
        }
    return sum;
}

static void pack(const Filter *f, const float *w, size_t in, size_t out, float *packed) {
    for (size_t point = 0; point < f->n * f->n; point++)
        for (size_t j = 0; j < round_up(out); j++)
            for (size_t k = 0; k < in; k++) {
                const size_t panel = point * (round_up(out) / LMRT_PANEL) + j / LMRT_PANEL;
                packed[(panel * in + k) * LMRT_PANEL + j % LMRT_PANEL] =
                    j < out ? (float)weight(f, w + k * out + j, in * out, point / f->n, point % f->n, 0) : 0;
            }
}

/* The magnitudes of one point of the transformed inputs of a tile. */
static double input(const Filter *f, const lmrt_winograd *d, const float *x, size_t tile_row,
                    size_t tile_column, size_t row, size_t column) {
    double sum = 0;
    for (size_t i = 0; i < f->n; i++)
        for (size_t j = 0; j < f->n; j++) {
            const size_t y = tile_row + i - d->pad_top, z = tile_column + j - d->pad_left;
            if (y < d->in_h && z < d->in_w)
                sum += fabs(f->b[row][i] * f->b[column][j] * (double)x[(y * d->in_w + z) * d->in_c]);
        }
    return sum;
}

/* What the roundings of a tile's outputs are relative to, added to `bound`. */
static void tile_bound(const Filter *f, const lmrt_winograd *d, const float *x, const double *weights,
                       size_t row, size_t column, double *bound) {
    for (size_t point = 0; point < f->n * f->n; point++)
        for (size_t k = 0; k < d->in_c; k++) {
            const double in = input(f, d, x + k, row, column, point / f->n, point % f->n);
            for (size_t i = row; i < row + f->m && i < d->out_h; i++)
                for (size_t j = column; j < column + f->m && j < d->out_w; j++) {
                    const double a = fabs(f->a[i - row][point / f->n] * f->a[j - column][point % f->n]);
                    for (size_t c = 0; c < d->out_c && a > 0; c++)
                        bound[(i * d->out_w + j) * d->out_c + c] +=
                            a * in * weights[(point * d->in_c + k) * d->out_c + c];
                }
        }
}

static void expected_of(const Filter *f, const lmrt_winograd *d, const float *x, const float *w,
                        const float *b, double *expected, double *bound) {
    const size_t n_w = 9 * d->in_c * d->out_c, n_y = d->out_h * d->out_w * d->out_c;
    const lmrt_conv2d direct = {
        d->in_h, d->in_w, d->in_c, d->out_h, d->out_w,   d->out_c,    3, 3,
        1,       1,       1,       1,        d->pad_top, d->pad_left, 1, {0, 0, NULL, {0}}};
    double *weights = doubles(f->n * f->n * d->in_c * d->out_c);
    lmref_conv2d(&direct, as_doubles(x, d->in_h * d->in_w * d->in_c), as_doubles(w, n_w),
                 as_doubles(b, d->out_c), expected);
    for (size_t point = 0; point < f->n * f->n; point++)
        for (size_t i = 0; i < d->in_c * d->out_c; i++)
            weights[point * d->in_c * d->out_c + i] =
                weight(f, w + i, d->in_c * d->out_c, point / f->n, point % f->n, 1);
    for (size_t i = 0; i < n_y; i++) bound[i] = fabs((double)b[i % d->out_c]);
    for (size_t row = 0; row < d->out_h; row += f->m)
        for (size_t column = 0; column < d->out_w; column += f->m)
            tile_bound(f, d, x, weights, row, column, bound);
}

static void finish(double *y, double *bound, size_t n, size_t terms, const float *residual, int kind) {
    static const double p[3] = {0, 0, 0};
    for (size_t i = 0; i < n; i++) {
        if (residual) y[i] += (double)residual[i];
        bound[i] = sum_bound(terms, bound[i] + (residual ? fabs((double)residual[i]) : 0));
        if (kind == RELU) y[i] = lmref_unary(LMRT_RELU, p, y[i]);
        if (kind == SIGMOID) y[i] = lmref_unary(LMRT_SIGMOID, p, y[i]), bound[i] += 0x1p-22;
    }
}

typedef struct Case {
    size_t samples, h, w, in, out, pad, block;
} Case;

static void test_case(const Kernels *k, const Filter *f, const Case *c, int residual, int kind) {
    if (c->h + 2 * c->pad < 3 || c->w + 2 * c->pad < 3) return;
    lmrt_winograd d = {c->h,
                       c->w,
                       c->in,
                       c->h + 2 * c->pad - 2,
                       c->w + 2 * c->pad - 2,
                       c->out,
                       c->pad,
                       c->pad,
                       0,
                       0,
                       c->block,
                       c->block * round_up(c->in) + LMRT_PANEL,
                       c->block * round_up(c->out),
                       {-INFINITY, INFINITY, NULL, {0, 0, 0}}};
    if (kind == RELU) d.epilogue.low = 0;
    if (kind == SIGMOID) d.epilogue.map = k->sigmoid_f32;
    d.x_sample = c->h * c->w * c->in;
    d.y_sample = d.out_h * d.out_w * c->out;
    const size_t points = f->n * f->n, n_y = c->samples * d.y_sample;
    float *x = numbers(c->samples * d.x_sample), *w = numbers(9 * c->in * c->out), *b = numbers(c->out);
    float *packed = guarded(points * c->in * round_up(c->out)), *bias = guarded(round_up(c->out));
    float *r = residual ? numbers(n_y) : NULL, *y = guarded(n_y);
    float *scratch = guarded(points * (d.spread + d.product) + round_up(c->in));
    double *expected = doubles(n_y), *bound = doubles(n_y);
    pack(f, w, c->in, c->out, packed);
    for (size_t i = 0; i < round_up(c->out); i++) bias[i] = i < c->out ? b[i] : 0;
    for (size_t s = 0; s < c->samples; s++)
        expected_of(f, &d, x + s * d.x_sample, w, b, expected + s * d.y_sample, bound + s * d.y_sample);
    finish(expected, bound, n_y, c->in + TRANSFORMS, r, kind);
    testing(k, "winograd%zu %zu of %zux%zux%zu -> %zu pad %zu block %zu residual %d epilogue %d", f->m,
            c->samples, c->h, c->w, c->in, c->out, c->pad, c->block, residual, kind);
    if (r) memcpy(y, r, n_y * sizeof *y); /* the residual's place is the result's */
    if (f->m == 2)
        k->winograd2_f32(&d, c->samples, x, packed, bias, r ? y : NULL, y, scratch);
    else
        k->winograd4_f32(&d, c->samples, x, packed, bias, r ? y : NULL, y, scratch);
    expect_close(y, expected, bound, n_y);
    release();
}

static void test_filter(const Kernels *k, const Filter *f) {
    static const size_t channels[] = {1, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33, 40};
    enum { COUNT = sizeof channels / sizeof *channels };
    size_t turn = 0;
    for (size_t h = 1; h <= 9; h++)
        for (size_t w = 1; w <= 10; w++, turn++) {
            const Case c = {1 + turn % 3,
                            h,
                            w,
                            channels[turn % COUNT],
                            channels[turn / 5 % COUNT],
                            turn % 4 ? 1 : turn / 4 % 3,
                            1 + turn * 7 % 13};
            test_case(k, f, &c, turn % 3 == 1, (int)(turn % EPILOGUES));
        }
    test_case(k, f, &(Case){2, 13, 11, 20, 50, 1, 25}, 1, RELU); /* every height of a product's tile */
    for (size_t block = 1; block <= 25; block++)
        test_case(k, f, &(Case){1, 2, f->m * block, 5, block % 2 ? 40 : 10, 1, block}, 0, LINEAR);
}

int main(void) {
    Filter f[] = {filter(2), filter(4)};
    for (size_t i = 0; i < 2; i++) as_in_kernels(&f[i]);
    for (const Kernels *const *k = conformance_units(); *k; k++)
        for (size_t i = 0; i < 2; i++) test_filter(*k, &f[i]);
    return conformance_result();
}

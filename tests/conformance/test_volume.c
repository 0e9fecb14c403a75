/* conv3d, conv_transpose and resample against their references, over sizes around panels, tiles, strides and
 * borders.
 */
#include "conformance.h"

#include <math.h>

#include "reference.h"

static size_t round_up(size_t n) {
    return (n + LMRT_PANEL - 1) / LMRT_PANEL * LMRT_PANEL;
}

/* w[taps][n] into panels; `turned`: the last window first, `inputs` rows a window. */
static float *pack(const float *w, size_t taps, size_t n, size_t stride, size_t inputs, int turned,
                   float *out) {
    for (size_t j = 0; j < round_up(n); j++)
        for (size_t i = 0; i < taps; i++) {
            const size_t window = i / inputs, from = turned ? taps / inputs - 1 - window : window;
            out[(j / LMRT_PANEL * taps + i) * LMRT_PANEL + j % LMRT_PANEL] =
                j < n ? w[(from * inputs + i % inputs) * stride + j] : 0;
        }
    return out;
}

static double *magnitudes(const float *x, size_t n) {
    double *out = doubles(n);
    for (size_t i = 0; i < n; i++) out[i] = fabs((double)x[i]);
    return out;
}

/* relu and a residual on every other turn. */
static void finish(double *y, double *bound, size_t n, size_t terms, const float *residual, int relu) {
    for (size_t i = 0; i < n; i++) {
        if (residual) y[i] += (double)residual[i];
        bound[i] = sum_bound(terms, bound[i] + (residual ? fabs((double)residual[i]) : 0));
        if (relu && y[i] < 0) y[i] = 0;
    }
}

static lmrt_epilogue epilogue(int relu) {
    const lmrt_epilogue e = {relu ? 0 : -INFINITY, INFINITY, NULL, {0, 0, 0}};
    return e;
}

/* The length of the result along an axis, with `pad` before and after. */
static size_t length(size_t in, size_t kernel, size_t stride, size_t dilation, size_t pad) {
    const size_t reach = (kernel - 1) * dilation + 1;
    return in + 2 * pad < reach ? 0 : (in + 2 * pad - reach) / stride + 1;
}

static void test_conv3d(const Kernels *k, size_t turn, size_t in, size_t out) {
    lmrt_conv3d d = {
        .in_d = 1 + turn % 4, .in_h = 1 + turn % 5, .in_w = 1 + turn % 7, .in_c = in, .out_c = out};
    d.kernel_d = 1 + turn % 3, d.kernel_h = 1 + turn / 2 % 3, d.kernel_w = 1 + turn / 3 % 3;
    d.stride_d = 1 + turn / 5 % 2, d.stride_h = 1 + turn % 2, d.stride_w = 1 + turn / 7 % 3;
    d.dilation_d = 1 + turn / 4 % 2, d.dilation_h = 1 + turn / 6 % 2, d.dilation_w = 1 + turn / 8 % 2;
    d.pad_front = turn % 2, d.pad_top = turn / 3 % 2, d.pad_left = turn / 2 % 3;
    d.groups = turn % 3 == 0 && in % 2 == 0 && out % 2 == 0 ? 2 : 1;
    d.epilogue = epilogue(turn % 2);
    d.out_d = length(d.in_d, d.kernel_d, d.stride_d, d.dilation_d, d.pad_front);
    d.out_h = length(d.in_h, d.kernel_h, d.stride_h, d.dilation_h, d.pad_top);
    d.out_w = length(d.in_w, d.kernel_w, d.stride_w, d.dilation_w, d.pad_left);
    const size_t n_y = d.out_d * d.out_h * d.out_w * out, inputs = in / d.groups, outputs = out / d.groups;
    const size_t n_x = d.in_d * d.in_h * d.in_w * in, taps = d.kernel_d * d.kernel_h * d.kernel_w * inputs;
    if (n_y == 0) return;
    float *x = numbers(n_x), *w = numbers(taps * out), *b = numbers(out), *y = guarded(n_y);
    float *r = turn % 2 ? numbers(n_y) : NULL;
    float *packed = guarded(d.groups * taps * round_up(outputs)),
          *bias = guarded(d.groups * round_up(outputs));
    for (size_t g = 0; g < d.groups; g++) {
        pack(w + g * outputs, taps, outputs, out, inputs, 0, packed + g * taps * round_up(outputs));
        pack(b + g * outputs, 1, outputs, out, 1, 0, bias + g * round_up(outputs));
    }
    double *expected = doubles(n_y), *bound = doubles(n_y);
    lmref_conv3d(&d, as_doubles(x, n_x), as_doubles(w, taps * out), as_doubles(b, out), expected);
    lmref_conv3d(&d, magnitudes(x, n_x), magnitudes(w, taps * out), magnitudes(b, out), bound);
    finish(expected, bound, n_y, taps + 1, r, turn % 2);
    testing(k, "conv3d turn %zu: %zu -> %zu channels", turn, in, out);
    k->conv3d_f32(&d, x, packed, bias, r, y);
    expect_close(y, expected, bound, n_y);
    release();
}

static void test_transpose(const Kernels *k, size_t turn, size_t in, size_t out) {
    lmrt_conv_transpose d = {.in_d = 1 + turn % 2, .in_h = 1 + turn % 3, .in_w = 1 + turn % 11, .in_c = in};
    d.kernel_d = 1 + turn / 5 % 3, d.kernel_h = 1 + turn / 2 % 5, d.kernel_w = 1 + turn / 3 % 6;
    d.stride_d = 1 + turn / 3 % 2, d.stride_h = 1 + turn % 4, d.stride_w = 1 + turn / 7 % 4;
    d.cut_front = turn % 2 && d.kernel_d > 1, d.cut_top = turn / 3 % d.kernel_h,
    d.cut_left = turn % d.kernel_w;
    d.out_c = out;
    d.epilogue = epilogue(turn % 2);
    d.out_d = (d.in_d - 1) * d.stride_d + d.kernel_d - d.cut_front;
    d.out_h = (d.in_h - 1) * d.stride_h + d.kernel_h - d.cut_top + turn % 3; /* beyond the end: the bias */
    d.out_w = (d.in_w - 1) * d.stride_w + d.kernel_w - d.cut_left + turn % 2;
    const size_t n_y = d.out_d * d.out_h * d.out_w * out, n_x = d.in_d * d.in_h * d.in_w * in;
    const size_t taps = d.kernel_d * d.kernel_h * d.kernel_w * in;
    float *x = numbers(n_x), *w = numbers(taps * out), *b = numbers(out), *y = guarded(n_y);
    float *r = turn % 2 ? numbers(n_y) : NULL;
    float *packed = pack(w, taps, out, out, in, 1, guarded(taps * round_up(out)));
    float *bias = pack(b, 1, out, out, 1, 0, guarded(round_up(out)));
    double *expected = doubles(n_y), *bound = doubles(n_y);
    lmref_conv_transpose(&d, as_doubles(x, n_x), as_doubles(w, taps * out), as_doubles(b, out), expected);
    lmref_conv_transpose(&d, magnitudes(x, n_x), magnitudes(w, taps * out), magnitudes(b, out), bound);
    finish(expected, bound, n_y, taps + 1, r, turn % 2);
    testing(k, "conv_transpose turn %zu: %zu -> %zu channels", turn, in, out);
    k->conv_transpose_f32(&d, x, packed, bias, r, y);
    expect_close(y, expected, bound, n_y);
    release();
}

static void test_resample(const Kernels *k, size_t turn, size_t inner) {
    const lmrt_resample d = {1 + turn % 13, 1 + turn * 5 % 11, inner, 1 + turn % (1 + turn % 13)};
    const size_t outer = 1 + turn % 3, n_x = outer * d.in * inner, n_y = outer * d.out * inner;
    float *x = numbers(n_x), *w = numbers(d.out * d.taps), *y = guarded(n_y);
    int32_t starts[11];
    double places[11];
    for (size_t i = 0; i < d.out; i++) {
        starts[i] = (int32_t)((turn + i * 3) % (d.in - d.taps + 1));
        places[i] = starts[i];
    }
    double *expected = doubles(n_y), *bound = doubles(n_y);
    lmref_resample(&d, outer, places, as_doubles(w, d.out * d.taps), as_doubles(x, n_x), expected);
    lmref_resample(&d, outer, places, magnitudes(w, d.out * d.taps), magnitudes(x, n_x), bound);
    finish(expected, bound, n_y, d.taps, NULL, 0);
    testing(k, "resample %zu -> %zu, %zu taps, inner %zu", d.in, d.out, d.taps, inner);
    k->resample_f32(&d, outer, starts, w, x, y);
    expect_close(y, expected, bound, n_y);
    release();
}

int main(void) {
    static const size_t channels[] = {1, 2, 3, 7, 8, 9, 15, 16, 17, 32, 33};
    for (const Kernels *const *k = conformance_units(); *k; k++)
        for (size_t turn = 0; turn < 240; turn++) {
            test_conv3d(*k, turn, channels[turn % 11], channels[turn * 7 % 11]);
            test_transpose(*k, turn, channels[turn * 3 % 11], channels[turn * 5 % 11]);
            test_resample(*k, turn, channels[turn % 11]);
        }
    return conformance_result();
}

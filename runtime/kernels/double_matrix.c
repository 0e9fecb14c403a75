/* float64: matrix products, convolutions and pooling. Each output is one sum over its inputs, in their order.
 */
#pragma once

#include "kernels/double.h"

LMRT_KERNEL void LMRT(dense_f64)(size_t rows, size_t k, size_t n, const double *x, const double *w,
                                 const double *bias, double *y) {
    for (size_t row = 0; row < rows; row++) {
        double *out = y + row * n;
        for (size_t j = 0; j < n; j++) out[j] = 0;
        for (size_t i = 0; i < k; i++) {
            const double v = x[row * k + i];
            for (size_t j = 0; j < n; j++) out[j] += LMRT(rounded_double)(v * w[i * n + j]);
        }
        for (size_t j = 0; bias && j < n; j++) out[j] += bias[j];
    }
}

LMRT_KERNEL void LMRT(matmul_f64)(size_t m, size_t k, size_t n, int transpose_b, const double *a,
                                  const double *b, double *y) {
    for (size_t row = 0; row < m; row++) {
        for (size_t j = 0; j < n; j++) {
            double sum = 0;
            for (size_t i = 0; i < k; i++)
                sum += LMRT(rounded_double)(a[row * k + i] * b[transpose_b ? j * k + i : i * n + j]);
            y[row * n + j] = sum;
        }
    }
}

/* The position in the input of a tap of the window; `in` or more: in the padding. */
LMRT_INLINE size_t LMRT(double_tap)(size_t out, size_t stride, size_t tap, size_t dilation, size_t pad) {
    return out * stride + tap * dilation - pad; /* wraps around to a large number before the input */
}

/* The outputs of one pixel; w[kernel_h][kernel_w][in_c / groups][out_c]. */
LMRT_INLINE void LMRT(double_pixel)(const lmrt_conv2d *d, size_t row, size_t column, const double *x,
                                    const double *w, double *y) {
    const size_t in = d->in_c / d->groups, out = d->out_c / d->groups;
    for (size_t kh = 0; kh < d->kernel_h; kh++) {
        const size_t h = LMRT(double_tap)(row, d->stride_h, kh, d->dilation_h, d->pad_top);
        for (size_t kw = 0; h < d->in_h && kw < d->kernel_w; kw++) {
            const size_t v = LMRT(double_tap)(column, d->stride_w, kw, d->dilation_w, d->pad_left);
            if (v >= d->in_w) continue;
            const double *pixel = x + (h * d->in_w + v) * d->in_c;
            const double *tap = w + (kh * d->kernel_w + kw) * in * d->out_c;
            for (size_t o = 0; o < d->out_c; o++)
                for (size_t c = 0; c < in; c++)
                    y[o] += LMRT(rounded_double)(pixel[o / out * in + c] * tap[c * d->out_c + o]);
        }
    }
}

/* One sample. A depthwise convolution is one with a group for each channel: its weights have the same layout.
 */
LMRT_KERNEL void LMRT(conv2d_f64)(const lmrt_conv2d *d, const double *x, const double *w, const double *bias,
                                  double *y) {
    for (size_t row = 0; row < d->out_h; row++) {
        for (size_t column = 0; column < d->out_w; column++) {
            double *pixel = y + (row * d->out_w + column) * d->out_c;
            for (size_t o = 0; o < d->out_c; o++) pixel[o] = 0;
            LMRT(double_pixel)(d, row, column, x, w, pixel);
            for (size_t o = 0; bias && o < d->out_c; o++) pixel[o] += bias[o];
        }
    }
}

/* One sample. The mean is of the real elements of a window; the maximum passes over NaN, as TensorFlow's. */
LMRT_INLINE void LMRT(double_pool)(const lmrt_pool2d *d, int average, const double *x, double *y) {
    for (size_t at = 0; at < d->out_h * d->out_w * d->c; at++) {
        const size_t c = at % d->c, column = at / d->c % d->out_w, row = at / d->c / d->out_w;
        double sum = 0, top = (double)LMRT_NEGATIVE_INFINITY, count = 0;
        for (size_t i = 0; i < d->size_h * d->size_w; i++) {
            const size_t h = LMRT(double_tap)(row, d->stride_h, i / d->size_w, 1, d->pad_top);
            const size_t v = LMRT(double_tap)(column, d->stride_w, i % d->size_w, 1, d->pad_left);
            if (h >= d->in_h || v >= d->in_w) continue;
            const double value = x[(h * d->in_w + v) * d->c + c];
            sum += value;
            count += 1;
            if (value > top) top = value;
        }
        y[at] = average ? sum / count : top;
    }
}
LMRT_KERNEL void LMRT(max_pool2d_f64)(const lmrt_pool2d *d, const double *x, double *y) {
    LMRT(double_pool)(d, 0, x, y);
}
LMRT_KERNEL void LMRT(average_pool2d_f64)(const lmrt_pool2d *d, const double *x, double *y) {
    LMRT(double_pool)(d, 1, x, y);
}

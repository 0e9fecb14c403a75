/* float64: convolutions over volumes, transposed ones, and weighted sums along an axis, weights as they are.
 * Each output is one sum over its inputs, in their order. */
#pragma once

#include "kernels/double.h"

/* The position in the input of a tap of the window; `in` or more: in the padding. */
LMRT_INLINE size_t LMRT(double_at)(size_t out, size_t stride, size_t tap, size_t dilation, size_t pad) {
    return out * stride + tap * dilation - pad; /* wraps around to a large number before the input */
}

/* The outputs of one pixel from one tap; w[in_c / groups][out_c]. */
LMRT_INLINE void LMRT(double_voxel)(const lmrt_conv3d *d, const double *pixel, const double *w, double *y) {
    const size_t in = d->in_c / d->groups, out = d->out_c / d->groups;
    for (size_t c = 0; c < in; c++)
        for (size_t o = 0; o < d->out_c; o++)
            y[o] += LMRT(rounded_double)(pixel[o / out * in + c] * w[c * d->out_c + o]);
}

/* The outputs of one pixel; w[kernel_d][kernel_h][kernel_w][in_c / groups][out_c]. */
LMRT_INLINE void LMRT(double_window)(const lmrt_conv3d *d, size_t plane, size_t row, size_t column,
                                     const double *x, const double *w, double *y) {
    const size_t tap = d->in_c / d->groups * d->out_c;
    for (size_t kd = 0; kd < d->kernel_d; kd++) {
        const size_t z = LMRT(double_at)(plane, d->stride_d, kd, d->dilation_d, d->pad_front);
        for (size_t kh = 0; z < d->in_d && kh < d->kernel_h; kh++) {
            const size_t v = LMRT(double_at)(row, d->stride_h, kh, d->dilation_h, d->pad_top);
            for (size_t kw = 0; v < d->in_h && kw < d->kernel_w; kw++) {
                const size_t u = LMRT(double_at)(column, d->stride_w, kw, d->dilation_w, d->pad_left);
                if (u >= d->in_w) continue;
                LMRT(double_voxel)(d, x + ((z * d->in_h + v) * d->in_w + u) * d->in_c,
                                   w + ((kd * d->kernel_h + kh) * d->kernel_w + kw) * tap, y);
            }
        }
    }
}

/* One sample. */
LMRT_KERNEL void LMRT(conv3d_f64)(const lmrt_conv3d *d, const double *x, const double *w, const double *bias,
                                  double *y) {
    for (size_t i = 0; i < d->out_d; i++)
        for (size_t j = 0; j < d->out_h; j++)
            for (size_t k = 0; k < d->out_w; k++, y += d->out_c) {
                for (size_t o = 0; o < d->out_c; o++) y[o] = 0;
                LMRT(double_window)(d, i, j, k, x, w, y);
                for (size_t o = 0; bias && o < d->out_c; o++) y[o] += bias[o];
            }
}

/* Where a tap puts an input pixel; `out` or more: it is cut off. */
LMRT_INLINE size_t LMRT(double_put)(size_t in, size_t stride, size_t tap, size_t cut) {
    return in * stride + tap - cut; /* wraps around to a large number before the output */
}

/* pixel[in_c] times w[in_c][out_c], added to y[out_c]. */
LMRT_INLINE void LMRT(double_spread)(const lmrt_conv_transpose *d, const double *pixel, const double *w,
                                     double *y) {
    for (size_t c = 0; c < d->in_c; c++)
        for (size_t o = 0; o < d->out_c; o++) y[o] += LMRT(rounded_double)(pixel[c] * w[c * d->out_c + o]);
}

/* The taps of one input pixel; w[kernel_d][kernel_h][kernel_w][in_c][out_c]. */
LMRT_INLINE void LMRT(double_stamp)(const lmrt_conv_transpose *d, size_t z, size_t v, size_t u,
                                    const double *pixel, const double *w, double *y) {
    for (size_t kd = 0; kd < d->kernel_d; kd++) {
        const size_t i = LMRT(double_put)(z, d->stride_d, kd, d->cut_front);
        for (size_t kh = 0; i < d->out_d && kh < d->kernel_h; kh++) {
            const size_t j = LMRT(double_put)(v, d->stride_h, kh, d->cut_top);
            for (size_t kw = 0; j < d->out_h && kw < d->kernel_w; kw++) {
                const size_t k = LMRT(double_put)(u, d->stride_w, kw, d->cut_left);
                if (k >= d->out_w) continue;
                const double *tap = w + ((kd * d->kernel_h + kh) * d->kernel_w + kw) * d->in_c * d->out_c;
                LMRT(double_spread)(d, pixel, tap, y + ((i * d->out_h + j) * d->out_w + k) * d->out_c);
            }
        }
    }
}

/* One sample. */
LMRT_KERNEL void LMRT(conv_transpose_f64)(const lmrt_conv_transpose *d, const double *x, const double *w,
                                          const double *bias, double *y) {
    const size_t n = d->out_d * d->out_h * d->out_w;
    for (size_t i = 0; i < n; i++)
        for (size_t o = 0; o < d->out_c; o++) y[i * d->out_c + o] = 0;
    for (size_t z = 0; z < d->in_d; z++)
        for (size_t v = 0; v < d->in_h; v++)
            for (size_t u = 0; u < d->in_w; u++, x += d->in_c) LMRT(double_stamp)(d, z, v, u, x, w, y);
    for (size_t i = 0; bias && i < n; i++)
        for (size_t o = 0; o < d->out_c; o++) y[i * d->out_c + o] += bias[o];
}

LMRT_KERNEL void LMRT(resample_f64)(const lmrt_resample *d, size_t outer, const int32_t *starts,
                                    const double *w, const double *x, double *y) {
    for (size_t i = 0; i < outer; i++, x += d->in * d->inner) {
        for (size_t j = 0; j < d->out; j++, y += d->inner) {
            const double *from = x + (size_t)starts[j] * d->inner;
            for (size_t c = 0; c < d->inner; c++) {
                double sum = LMRT(rounded_double)(w[j * d->taps] * from[c]);
                for (size_t k = 1; k < d->taps; k++)
                    sum += LMRT(rounded_double)(w[j * d->taps + k] * from[k * d->inner + c]);
                y[c] = sum;
            }
        }
    }
}

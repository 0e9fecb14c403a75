/* Matrix products and convolutions: each output is one sum over its inputs. */
#include "reference.h"

void lmref_dense(size_t rows, size_t k, size_t n, const double *x, const double *w, const double *bias,
                 double *y) {
    for (size_t row = 0; row < rows; row++) {
        for (size_t j = 0; j < n; j++) {
            double sum = bias ? bias[j] : 0;
            for (size_t i = 0; i < k; i++) sum += x[row * k + i] * w[i * n + j];
            y[row * n + j] = sum;
        }
    }
}

void lmref_matmul(size_t m, size_t k, size_t n, bool transpose_b, const double *a, const double *b,
                  double *y) {
    for (size_t row = 0; row < m; row++) {
        for (size_t j = 0; j < n; j++) {
            double sum = 0;
            for (size_t i = 0; i < k; i++) sum += a[row * k + i] * b[transpose_b ? j * k + i : i * n + j];
            y[row * n + j] = sum;
        }
    }
}

/* The input position of a tap; false where it lies in the padding. */
static bool tap(size_t out, size_t stride, size_t tap, size_t dilation, size_t pad, size_t in, size_t *at) {
    const size_t position = out * stride + tap * dilation;
    *at = position - pad;
    return position >= pad && position - pad < in;
}

static double conv2d_output(const lmrt_conv2d *d, const double *x, const double *w, size_t row, size_t column,
                            size_t output) {
    const size_t channels = d->in_c / d->groups, group = output / (d->out_c / d->groups);
    double sum = 0;
    for (size_t kh = 0; kh < d->kernel_h; kh++) {
        for (size_t kw = 0; kw < d->kernel_w; kw++) {
            size_t h, v;
            if (!tap(row, d->stride_h, kh, d->dilation_h, d->pad_top, d->in_h, &h)) continue;
            if (!tap(column, d->stride_w, kw, d->dilation_w, d->pad_left, d->in_w, &v)) continue;
            for (size_t c = 0; c < channels; c++)
                sum += x[(h * d->in_w + v) * d->in_c + group * channels + c] *
                       w[((kh * d->kernel_w + kw) * channels + c) * d->out_c + output];
        }
    }
    return sum;
}

void lmref_conv2d(const lmrt_conv2d *d, const double *x, const double *w, const double *bias, double *y) {
    for (size_t row = 0; row < d->out_h; row++)
        for (size_t column = 0; column < d->out_w; column++)
            for (size_t output = 0; output < d->out_c; output++)
                y[(row * d->out_w + column) * d->out_c + output] =
                    conv2d_output(d, x, w, row, column, output) + (bias ? bias[output] : 0);
}

static double depthwise_output(const lmrt_depthwise *d, size_t multiplier, const double *x, const double *w,
                               size_t row, size_t column, size_t output) {
    double sum = 0;
    for (size_t kh = 0; kh < d->kernel_h; kh++) {
        for (size_t kw = 0; kw < d->kernel_w; kw++) {
            size_t h, v;
            if (!tap(row, d->stride_h, kh, d->dilation_h, d->pad_top, d->in_h, &h)) continue;
            if (!tap(column, d->stride_w, kw, d->dilation_w, d->pad_left, d->in_w, &v)) continue;
            sum += x[(h * d->in_w + v) * d->c + output / multiplier] *
                   w[(kh * d->kernel_w + kw) * d->c * multiplier + output];
        }
    }
    return sum;
}

void lmref_depthwise(const lmrt_depthwise *d, size_t multiplier, const double *x, const double *w,
                     const double *bias, double *y) {
    const size_t outputs = d->c * multiplier;
    for (size_t row = 0; row < d->out_h; row++)
        for (size_t column = 0; column < d->out_w; column++)
            for (size_t output = 0; output < outputs; output++)
                y[(row * d->out_w + column) * outputs + output] =
                    depthwise_output(d, multiplier, x, w, row, column, output) + (bias ? bias[output] : 0);
}

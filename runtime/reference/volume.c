/* Convolutions over volumes: each output is one sum over its inputs. */
#include "reference.h"

/* The input position of a tap; false where it lies in the padding. */
static bool tap(size_t out, size_t stride, size_t tap, size_t dilation, size_t pad, size_t in, size_t *at) {
    const size_t position = out * stride + tap * dilation;
    *at = position - pad;
    return position >= pad && position - pad < in;
}

/* The products of one pixel with one tap of the kernel. */
static double channels(size_t n, const double *x, const double *w, size_t w_step) {
    double sum = 0;
    for (size_t c = 0; c < n; c++) sum += x[c] * w[c * w_step];
    return sum;
}

static double conv3d_output(const lmrt_conv3d *d, const double *x, const double *w, const size_t at[3],
                            size_t output) {
    const size_t n = d->in_c / d->groups, group = output / (d->out_c / d->groups);
    double sum = 0;
    for (size_t kd = 0; kd < d->kernel_d; kd++)
        for (size_t kh = 0; kh < d->kernel_h; kh++)
            for (size_t kw = 0; kw < d->kernel_w; kw++) {
                size_t z, v, u;
                if (!tap(at[0], d->stride_d, kd, d->dilation_d, d->pad_front, d->in_d, &z)) continue;
                if (!tap(at[1], d->stride_h, kh, d->dilation_h, d->pad_top, d->in_h, &v)) continue;
                if (!tap(at[2], d->stride_w, kw, d->dilation_w, d->pad_left, d->in_w, &u)) continue;
                sum += channels(n, x + ((z * d->in_h + v) * d->in_w + u) * d->in_c + group * n,
                                w + ((kd * d->kernel_h + kh) * d->kernel_w + kw) * n * d->out_c + output,
                                d->out_c);
            }
    return sum;
}

void lmref_conv3d(const lmrt_conv3d *d, const double *x, const double *w, const double *bias, double *y) {
    for (size_t i = 0; i < d->out_d; i++)
        for (size_t j = 0; j < d->out_h; j++)
            for (size_t k = 0; k < d->out_w; k++)
                for (size_t output = 0; output < d->out_c; output++)
                    *y++ = conv3d_output(d, x, w, (size_t[]){i, j, k}, output) + (bias ? bias[output] : 0);
}

/* The input position that the tap puts at an output position; false where there is none. */
static bool source(size_t out, size_t cut, size_t stride, size_t tap, size_t in, size_t *at) {
    if (out + cut < tap || (out + cut - tap) % stride != 0) return false;
    *at = (out + cut - tap) / stride;
    return *at < in;
}

static double transpose_output(const lmrt_conv_transpose *d, const double *x, const double *w,
                               const size_t at[3], size_t output) {
    double sum = 0;
    for (size_t kd = 0; kd < d->kernel_d; kd++)
        for (size_t kh = 0; kh < d->kernel_h; kh++)
            for (size_t kw = 0; kw < d->kernel_w; kw++) {
                size_t z, v, u;
                if (!source(at[0], d->cut_front, d->stride_d, kd, d->in_d, &z)) continue;
                if (!source(at[1], d->cut_top, d->stride_h, kh, d->in_h, &v)) continue;
                if (!source(at[2], d->cut_left, d->stride_w, kw, d->in_w, &u)) continue;
                sum += channels(
                    d->in_c, x + ((z * d->in_h + v) * d->in_w + u) * d->in_c,
                    w + ((kd * d->kernel_h + kh) * d->kernel_w + kw) * d->in_c * d->out_c + output, d->out_c);
            }
    return sum;
}

void lmref_conv_transpose(const lmrt_conv_transpose *d, const double *x, const double *w, const double *bias,
                          double *y) {
    for (size_t i = 0; i < d->out_d; i++)
        for (size_t j = 0; j < d->out_h; j++)
            for (size_t k = 0; k < d->out_w; k++)
                for (size_t output = 0; output < d->out_c; output++)
                    *y++ = transpose_output(d, x, w, (size_t[]){i, j, k}, output) + (bias ? bias[output] : 0);
}

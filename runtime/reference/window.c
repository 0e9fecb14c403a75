/* Pooling: the maximum or the mean of the real elements of each window; a NaN makes the mean NaN, while the
 * maximum passes over it, as TensorFlow's. */
#include "reference.h"

#include <math.h>

static double pool2d_output(const lmrt_pool2d *d, bool average, const double *x, size_t row, size_t column,
                            size_t c) {
    double sum = 0, top = -INFINITY, count = 0;
    for (size_t h = 0; h < d->size_h; h++) {
        for (size_t w = 0; w < d->size_w; w++) {
            const size_t at_h = row * d->stride_h + h, at_w = column * d->stride_w + w;
            if (at_h < d->pad_top || at_h >= d->pad_top + d->in_h) continue;
            if (at_w < d->pad_left || at_w >= d->pad_left + d->in_w) continue;
            const double v = x[((at_h - d->pad_top) * d->in_w + at_w - d->pad_left) * d->c + c];
            sum += v;
            count += 1;
            if (v > top) top = v;
        }
    }
    return average ? sum / count : top;
}

void lmref_pool2d(const lmrt_pool2d *d, bool average, const double *x, double *y) {
    for (size_t row = 0; row < d->out_h; row++)
        for (size_t column = 0; column < d->out_w; column++)
            for (size_t c = 0; c < d->c; c++)
                y[(row * d->out_w + column) * d->c + c] = pool2d_output(d, average, x, row, column, c);
}

void lmref_resample(const lmrt_resample *d, size_t outer, const double *starts, const double *w,
                    const double *x, double *y) {
    for (size_t i = 0; i < outer; i++)
        for (size_t j = 0; j < d->out; j++)
            for (size_t c = 0; c < d->inner; c++) {
                const double *at = x + (i * d->in + (size_t)starts[j]) * d->inner + c;
                double sum = w[j * d->taps] * at[0];
                for (size_t k = 1; k < d->taps; k++) sum += w[j * d->taps + k] * at[k * d->inner];
                *y++ = sum;
            }
}

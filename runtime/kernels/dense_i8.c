/* dense_i8: y[rows][n] = rescaled(x[rows][k] @ w + bias): the rows are an image of one line. */
#pragma once

#include "kernels/matrix_i8.h"

LMRT_KERNEL void LMRT(dense_i8)(const lmrt_int8_dense *d, size_t rows, const int8_t *x, const int8_t *w,
                                const int32_t *channels, const int8_t *residual, int8_t *y) {
    LMRT(job_i8) job;
    job.out = (LMRT(output_i8)){(int32_t)d->y_zero, (int32_t)d->low,          (int32_t)d->high,
                                (int32_t)d->r_zero, (int32_t)d->r_multiplier, (int32_t)d->r_shift};
    LMRT(window_i8) window = {.x = x,
                              .in_h = 1,
                              .in_w = rows,
                              .in_c = d->k,
                              .kernel_h = 1,
                              .kernel_w = 1,
                              .stride_h = 1,
                              .stride_w = 1,
                              .dilation_h = 1,
                              .dilation_w = 1,
                              .out_w = rows,
                              .segments = 1,
                              .across = 1,
                              .length = d->k};
    LMRT(matrix_i8)(&window, &job, rows, d->n, w, channels, residual, y, d->n);
}

/* winograd2_f32: a 3x3 convolution of stride 1 in tiles of 2x2 outputs. */
#pragma once

#include "kernels/winograd.h"

LMRT_KERNEL void LMRT(winograd2_f32)(const lmrt_winograd *d, size_t samples, const float *x, const float *w,
                                     const float *bias, const float *residual, float *y, float *scratch) {
    const LMRT(winograd_end) end = {bias, residual, y};
    LMRT(winograd_run)(d, 2, samples, x, w, &end, scratch);
}

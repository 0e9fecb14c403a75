/* resample_f32: weighted sums along an axis, with a table of positions and weights: resizing, adaptive
 * pooling. Each output is one sum in the order of its taps, whatever the lanes. */
#pragma once

#include "simd/simd.h"

LMRT_INLINE void LMRT(resample_row)(const lmrt_resample *d, const float *w, const float *x, float *y) {
    for (size_t i = 0; i < d->inner; i += LMRT_LANES) {
        const size_t n = d->inner - i;
        const int whole = n >= LMRT_LANES;
        const LMRT_VF first = whole ? LMRT(load)(x + i) : LMRT(load_part)(x + i, n);
        LMRT_VF sum = LMRT(rounded)(LMRT(splat)(w[0]) * first); /* with the loop unrolled, it meets a sum */
        for (size_t k = 1; k < d->taps; k++) {
            const float *at = x + k * d->inner + i;
            sum = LMRT(fma)(LMRT(splat)(w[k]), whole ? LMRT(load)(at) : LMRT(load_part)(at, n), sum);
        }
        if (whole)
            LMRT(store)(y + i, sum);
        else
            LMRT(store_part)(y + i, sum, n);
    }
}

LMRT_KERNEL void LMRT(resample_f32)(const lmrt_resample *d, size_t outer, const int32_t *starts,
                                    const float *w, const float *x, float *y) {
    for (size_t i = 0; i < outer; i++) {
        for (size_t j = 0; j < d->out; j++) {
            LMRT(resample_row)(d, w + j * d->taps, x + (size_t)starts[j] * d->inner, y);
            y += d->inner;
        }
        x += d->in * d->inner;
    }
}

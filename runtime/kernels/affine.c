/* affine_f32: y = epilogue(x * scale[c] + shift[c]), a scale and a shift per channel; in place allowed. */
#pragma once

#include "simd/simd.h"

LMRT_KERNEL void LMRT(affine_f32)(const lmrt_affine *d, size_t rows, const float *x, const float *scale,
                                  const float *shift, const float *residual, float *y) {
    for (size_t row = 0; row < rows; row++) {
        for (size_t c = 0; c < d->c; c += LMRT_LANES) {
            const size_t at = row * d->c + c, n = d->c - c;
            const int whole = n >= LMRT_LANES;
            LMRT_VF v = whole ? LMRT(fma)(LMRT(load)(x + at), LMRT(load)(scale + c), LMRT(load)(shift + c))
                              : LMRT(fma)(LMRT(load_part)(x + at, n), LMRT(load_part)(scale + c, n),
                                          LMRT(load_part)(shift + c, n));
            if (residual) v += whole ? LMRT(load)(residual + at) : LMRT(load_part)(residual + at, n);
            v = LMRT(clamp)(v, d->epilogue.low, d->epilogue.high);
            if (whole)
                LMRT(store)(y + at, v);
            else
                LMRT(store_part)(y + at, v, n);
        }
    }
    if (d->epilogue.map) d->epilogue.map(d->epilogue.p, rows * d->c, y, y);
}

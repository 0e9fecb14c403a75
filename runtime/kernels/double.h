/* float64: what its kernels share. They are plain loops over plain layouts: weights are not packed, and a
 * function applied to a result is a step of its own. */
#pragma once

#include "simd/simd.h"

/* The larger, the smaller; NaN where either is one. */
LMRT_INLINE double LMRT(double_max)(double a, double b) {
    return a > b || !(a >= a) ? a : b;
}
LMRT_INLINE double LMRT(double_min)(double a, double b) {
    return a < b || !(a >= a) ? a : b;
}

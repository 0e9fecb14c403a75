/* sparsemax_f32 over the middle axis of x[outer][n][inner]: max(x - tau, 0), tau as Keras 3 computes it (from
 * all partial sums over the support; see runtime/reference/row.c). Without memory for a sort it takes n^2
 * steps. */
#pragma once

#include "include/lmrt.h"

LMRT_KERNEL float lmrt_sparsemax_tau(size_t n, size_t step, const float *x) {
    float sums = 0.0f, support = 0.0f;
    for (size_t i = 0; i < n; i++) {
        const float v = x[i * step];
        float sum = v, place = 1.0f;
        for (size_t j = 0; j < n; j++) {
            const float other = x[j * step];
            if (other > v || (j < i && other == v)) {
                sum += other;
                place += 1.0f;
            }
        }
        if (v - (sum - 1.0f) / place > 0.0f) {
            sums += sum;
            support += 1.0f;
        }
    }
    return (sums - 1.0f) / support;
}

LMRT_KERNEL void lmrt_sparsemax_f32(size_t outer, size_t n, size_t inner, const float *x, float *y) {
    for (size_t o = 0; o < outer * inner; o++) {
        const size_t at = o / inner * n * inner + o % inner;
        const float tau = lmrt_sparsemax_tau(n, inner, x + at);
        for (size_t i = 0; i < n; i++) {
            const float d = x[at + i * inner] - tau;
            y[at + i * inner] = d <= 0.0f ? 0.0f : d;
        }
    }
}

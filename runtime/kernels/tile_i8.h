/* Sums of products of int8 rows with a panel of packed columns (lmrt.h, "int8"). */
#pragma once

#include "kernels/rescale.h"

/* sum[LMRT_PANEL] += x[length] times one segment of a panel. */
LMRT_INLINE void LMRT(segment_i8)(size_t length, const int8_t *x, const int8_t *w, int32_t *sum) {
    for (size_t k = 0; k < length; k += 4, w += 4 * LMRT_PANEL) {
        int32_t term[4] = {0, 0, 0, 0};
        for (size_t j = 0; j < 4 && k + j < length; j++) term[j] = x[k + j];
        for (size_t i = 0; i < LMRT_PANEL; i++)
            sum[i] +=
                term[0] * w[4 * i] + term[1] * w[4 * i + 1] + term[2] * w[4 * i + 2] + term[3] * w[4 * i + 3];
    }
}

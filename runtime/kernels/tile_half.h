/* A tile of at most half a panel of columns: the last ones, where they fill no more than that. Vectors of
 * half the length cost half as much on processors that compute two of them at a time. */
#pragma once

#include "kernels/tile.h"
#include "simd/half.h"

#if LMRT_LANES > 1
/* Stores the sums, [rows][half a panel], of the columns from `first` on. */
LMRT_KERNEL void LMRT(half_finish)(const LMRT(job) *job, const float *sums, size_t first) {
    for (size_t r = 0; r < job->count; r++, sums += LMRT_PANEL / 2) {
        const size_t at = job->at + r * job->y_row;
        for (size_t j = first; j < job->columns; j += LMRT_HALF_LANES) {
            const size_t left = job->columns - j;
            const int whole = left >= LMRT_HALF_LANES;
            LMRT_HF sum = LMRT(half_load)(sums + (j - first));
            if (job->residual) {
                const float *residual = job->residual + at + j;
                sum += whole ? LMRT(half_load)(residual) : LMRT(half_load_part)(residual, left);
            }
            sum = LMRT(half_clamp)(sum, job->low, job->high);
            if (whole)
                LMRT(half_store)(job->y + at + j, sum);
            else
                LMRT(half_store_part)(job->y + at + j, sum, left);
        }
    }
}

/* The columns from `first` on, which stand at the start of a panel; rows is a constant. */
LMRT_INLINE void LMRT(tile_half)(const LMRT(job) *job, size_t first, const size_t rows) {
    const size_t width = LMRT_PANEL / 2 / LMRT_HALF_LANES;
    LMRT_HF sum[LMRT_HALF_ROWS][LMRT_PANEL / 2 / LMRT_HALF_LANES];
    const float *x = job->x, *panel = job->w + first / LMRT_PANEL * job->w_panel;
    const size_t x_row = job->x_row;
    LMRT_UNROLL
    for (size_t v = 0; v < width; v++) {
        const float *from = job->bias ? job->bias + first + v * LMRT_HALF_LANES : NULL;
        const LMRT_HF bias = from ? LMRT(half_load)(from) : LMRT(half_splat)(0.0f);
        LMRT_UNROLL
        for (size_t r = 0; r < rows; r++) sum[r][v] = bias;
    }
    LMRT(place) place = {0, 0, 0, 0};
    for (size_t runs = LMRT(tile_runs)(job); runs > 0; runs--) {
        const float *w = panel + place.w;
        const size_t end = place.x + job->length;
        LMRT_NO_UNROLL
        for (size_t k = place.x; k < end; k++) {
            LMRT_HF weight[LMRT_PANEL / 2 / LMRT_HALF_LANES];
            LMRT_UNROLL
            for (size_t v = 0; v < width; v++) weight[v] = LMRT(half_load)(w + v * LMRT_HALF_LANES);
            LMRT_UNROLL
            for (size_t r = 0; r < rows; r++) {
                const LMRT_HF input = LMRT(half_splat)(x[r * x_row + k]);
                LMRT_UNROLL
                for (size_t v = 0; v < width; v++) sum[r][v] = LMRT(half_fma)(input, weight[v], sum[r][v]);
            }
            w += LMRT_PANEL;
        }
        LMRT(tile_next)(job, &place);
    }
    float sums[LMRT_HALF_ROWS * LMRT_PANEL / 2];
    LMRT_UNROLL
    for (size_t r = 0; r < rows; r++) LMRT_UNROLL
    for (size_t v = 0; v < width; v++)
        LMRT(half_store)(sums + r * LMRT_PANEL / 2 + v * LMRT_HALF_LANES, sum[r][v]);
    LMRT(half_finish)(job, sums, first);
}

LMRT_KERNEL void LMRT(tile_halves)(const LMRT(job) *job, size_t first) {
    LMRT(tile_prefetch)(job, first, LMRT_PANEL / 2);
    switch (job->count) {
#if LMRT_HALF_ROWS == 12
    case 12: LMRT(tile_half)(job, first, 12); return;
    case 11: LMRT(tile_half)(job, first, 11); return;
    case 10: LMRT(tile_half)(job, first, 10); return;
    case 9: LMRT(tile_half)(job, first, 9); return;
    case 8: LMRT(tile_half)(job, first, 8); return;
    case 7: LMRT(tile_half)(job, first, 7); return;
    case 6: LMRT(tile_half)(job, first, 6); return;
    case 5: LMRT(tile_half)(job, first, 5); return;
#endif
    case 4: LMRT(tile_half)(job, first, 4); return;
    case 3: LMRT(tile_half)(job, first, 3); return;
    case 2: LMRT(tile_half)(job, first, 2); return;
    default: LMRT(tile_half)(job, first, 1); return;
    }
}
#endif

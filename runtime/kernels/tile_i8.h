/* Sums of products of some rows of a patch (patch_i8.h) with packed columns (lmrt.h, "int8"). */
#pragma once

#include "kernels/finish_i8.h"
#include "kernels/patch_i8.h"

/* sums[LMRT_ROWS_I8][LMRT_PANEL] += rows of a patch of 16-bit numbers, `stride` of them apart, times one
 * panel. */
LMRT_INLINE void LMRT(tile_words)(const int16_t *patch, size_t stride, size_t terms, const int8_t *w,
                                  int32_t *sums) {
#if LMRT_LEVEL == 0
    for (size_t k = 0; k < terms; k += 4, w += 4 * LMRT_PANEL) {
        for (size_t row = 0; row < LMRT_ROWS_I8; row++) {
            const int16_t *x = patch + row * stride + k;
            int32_t *sum = sums + row * LMRT_PANEL;
            for (size_t i = 0; i < LMRT_PANEL; i++)
                sum[i] += x[0] * w[4 * i] + x[1] * w[4 * i + 1] + x[2] * w[4 * i + 2] + x[3] * w[4 * i + 3];
        }
    }
#else
    typedef int32_t half __attribute__((vector_size(2 * LMRT_LANES)));
    typedef int64_t pair __attribute__((vector_size(4 * LMRT_LANES)));
    /* A vector has two partial sums of each of LMRT_LANES / 2 columns; two vectors of every row are in
     * registers. */
    for (size_t first = 0; first < LMRT_PANEL; first += LMRT_LANES) {
        LMRT_VI sum[LMRT_ROWS_I8][2];
        const int8_t *at = w + 4 * first;
        LMRT_UNROLL
        for (size_t row = 0; row < LMRT_ROWS_I8; row++) sum[row][0] = sum[row][1] = LMRT(splat_int)(0);
        LMRT_NO_UNROLL
        for (size_t k = 0; k < terms; k += 4, at += 4 * LMRT_PANEL) {
            const LMRT_VI left = LMRT(widened)(at), right = LMRT(widened)(at + 2 * LMRT_LANES);
            LMRT_UNROLL
            for (size_t row = 0; row < LMRT_ROWS_I8; row++) {
                int64_t four;
                memcpy(&four, patch + row * stride + k, sizeof four);
                const LMRT_VI x = (LMRT_VI)((pair){0} + four);
                sum[row][0] += LMRT(pair_sums)(x, left);
                sum[row][1] += LMRT(pair_sums)(x, right);
            }
        }
        LMRT_UNROLL
        for (size_t row = 0; row < LMRT_ROWS_I8; row++) LMRT_UNROLL
        for (size_t i = 0; i < 2; i++) {
            int32_t *to = sums + row * LMRT_PANEL + first + i * (LMRT_LANES / 2);
            const pair both = (pair)sum[row][i] + ((pair)sum[row][i] >> 32); /* in the low halves */
            half had;
            memcpy(&had, to, sizeof had);
            had += __builtin_convertvector(both, half);
            memcpy(to, &had, sizeof had);
        }
    }
#endif
}

#if LMRT_LEVEL == 3
#define LMRT_STRIDE_VNNI LMRT_PATCH_I8

/* `rows` rows by `panels` panels, both constants, from `first` on; begin and end: whether this is the first
 * and the last part of the sums, which wait in `sums` else. */
LMRT_INLINE void LMRT(tile_bytes)(const LMRT(job_i8) *job, const uint8_t *patch, size_t terms,
                                  const int8_t *w, size_t first, const size_t rows, const size_t panels,
                                  LMRT_VI *sums, int begin, int end) {
    LMRT_VI sum[LMRT_ROWS_I8][2];
    LMRT_UNROLL
    for (size_t row = 0; row < rows; row++) LMRT_UNROLL
    for (size_t p = 0; p < panels; p++)
        sum[row][p] = begin ? job->panel[first + p].start[0] : sums[(first + p) * LMRT_ROWS_I8 + row];
    LMRT_NO_UNROLL
    for (size_t k = 0; k < terms; k += 4, w += 4 * LMRT_PANEL) {
        const LMRT_VI left = LMRT(load_int)(w), right = LMRT(load_int)(w + (panels - 1) * job->w_panel);
        LMRT_UNROLL
        for (size_t row = 0; row < rows; row++) {
            const LMRT_VI x = LMRT(splat_bytes)(patch + row * LMRT_STRIDE_VNNI + k);
            sum[row][0] = LMRT(dot)(sum[row][0], x, left);
            if (panels > 1) sum[row][1] = LMRT(dot)(sum[row][1], x, right);
        }
    }
    LMRT_UNROLL
    for (size_t p = 0; p < panels; p++) {
        const size_t column = (first + p) * LMRT_PANEL, rest = job->columns - column;
        LMRT_UNROLL
        for (size_t row = 0; row < rows; row += 4) {
            LMRT_VI *v = sums + (first + p) * LMRT_ROWS_I8 + row, four[4];
            LMRT_UNROLL
            for (size_t i = 0; i < 4; i++) four[i] = sum[row + i < rows ? row + i : row][p];
            if (!end)
                memcpy(v, four, sizeof four);
            else if (row < job->count)
                LMRT(finish_rows)(&job->finish, &job->panel[first + p], job->channels + 3 * column,
                                  job->count - row < 4 ? job->count - row : 4,
                                  rest < LMRT_PANEL ? rest : LMRT_PANEL, four,
                                  job->residual ? job->residual + row * job->y_row + column : NULL,
                                  job->y + row * job->y_row + column, job->y_row);
        }
    }
}

/* All panels of the block. */
LMRT_KERNEL void LMRT(tiles_bytes)(const LMRT(job_i8) *job, const uint8_t *patch, size_t terms,
                                   const int8_t *w, LMRT_VI *sums, int begin, int end) {
    const size_t panels = (job->columns + LMRT_PANEL - 1) / LMRT_PANEL;
    for (size_t p = 0; p < panels; p += 2, w += 2 * job->w_panel) {
        const int few = job->count <= 4;
        if (few && p + 1 < panels)
            LMRT(tile_bytes)(job, patch, terms, w, p, 4, 2, sums, begin, end);
        else if (few)
            LMRT(tile_bytes)(job, patch, terms, w, p, 4, 1, sums, begin, end);
        else if (p + 1 < panels)
            LMRT(tile_bytes)(job, patch, terms, w, p, 8, 2, sums, begin, end);
        else
            LMRT(tile_bytes)(job, patch, terms, w, p, 8, 1, sums, begin, end);
    }
}
#undef LMRT_STRIDE_VNNI
#endif

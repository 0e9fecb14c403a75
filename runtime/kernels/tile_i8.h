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
#elif LMRT_LEVEL == 1 && defined(__aarch64__) && defined(__ARM_FEATURE_DOTPROD)
    LMRT_VI sum[LMRT_ROWS_I8][4];
    LMRT_UNROLL
    for (size_t row = 0; row < LMRT_ROWS_I8; row++) LMRT_UNROLL
    for (size_t i = 0; i < 4; i++) sum[row][i] = LMRT(load_int)(sums + row * LMRT_PANEL + 4 * i);
    LMRT_NO_UNROLL
    for (size_t k = 0; k < terms; k += 4, w += 4 * LMRT_PANEL) {
        LMRT_VI weight[4];
        LMRT_UNROLL
        for (size_t i = 0; i < 4; i++) weight[i] = LMRT(load_int)(w + 16 * i);
        LMRT_UNROLL
        for (size_t row = 0; row < LMRT_ROWS_I8; row++) {
            const LMRT_VI x = LMRT(narrow_4)(patch + row * stride + k);
            LMRT_UNROLL
            for (size_t i = 0; i < 4; i++) sum[row][i] = LMRT(dot)(sum[row][i], weight[i], x);
        }
    }
    LMRT_UNROLL
    for (size_t row = 0; row < LMRT_ROWS_I8; row++) LMRT_UNROLL
    for (size_t i = 0; i < 4; i++) LMRT(store_int)(sums + row * LMRT_PANEL + 4 * i, sum[row][i]);
#else
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
        for (size_t row = 0; row < LMRT_ROWS_I8; row++) {
            int32_t *to = sums + row * LMRT_PANEL + first;
            LMRT(store_int)(to, LMRT(load_int)(to) + LMRT(pairs_added)(sum[row][0], sum[row][1]));
        }
    }
#endif
}

#if LMRT_LEVEL == 3
/* `rows` rows by `panels` panels, both constants, p and after; sums[panels of the block][tall]; begin: they
 * begin here. */
LMRT_INLINE void LMRT(tile_bytes)(const LMRT(job_i8) *job, const uint8_t *patch, size_t distance,
                                  size_t terms, size_t p, const int8_t *w, const size_t rows,
                                  const size_t panels, LMRT_VI *sums, size_t tall, int begin) {
    LMRT_VI sum[LMRT_ROWS_I8][2];
    const uint8_t *low = patch, *high = patch + 4 * distance;
    sums += p * tall;
    LMRT_UNROLL
    for (size_t row = 0; row < rows; row++) LMRT_UNROLL
    for (size_t i = 0; i < panels; i++)
        sum[row][i] = begin ? job->panel[p + i].start[0] : sums[i * tall + row];
    LMRT_NO_UNROLL
    for (size_t k = 0; k < terms; k += 4, low += 4, high += 4, w += 4 * LMRT_PANEL) {
        const LMRT_VI left = LMRT(load_int)(w), right = LMRT(load_int)(w + (panels - 1) * job->w_panel);
        LMRT_UNROLL
        for (size_t row = 0; row < rows; row++) {
            const LMRT_VI x = LMRT(splat_bytes)((row < 4 ? low : high) + row % 4 * distance);
            sum[row][0] = LMRT(dot)(sum[row][0], x, left);
            if (panels > 1) sum[row][1] = LMRT(dot)(sum[row][1], x, right);
        }
    }
    LMRT_UNROLL
    for (size_t row = 0; row < rows; row++) LMRT_UNROLL
    for (size_t i = 0; i < panels; i++) sums[i * tall + row] = sum[row][i];
}

/* One row by `panels` panels, a constant: two sums for each, so that their additions need not wait for one
 * another. */
LMRT_INLINE void LMRT(tile_row)(const LMRT(job_i8) *job, const uint8_t *patch, size_t terms, size_t p,
                                const int8_t *w, const size_t panels, const int alone, LMRT_VI *sums,
                                size_t tall, int begin) {
    LMRT_VI sum[LMRT_PANELS_I8][2], more[LMRT_PANELS_I8];
    const LMRT_VI surplus = LMRT(splat_int)((int32_t)0x80808080u);
    size_t k = 0;
    sums += p * tall;
    LMRT_UNROLL
    for (size_t i = 0; i < panels; i++) {
        sum[i][0] = begin ? job->panel[p + i].start[0] : sums[i * tall];
        sum[i][1] = more[i] = LMRT(splat_int)(0);
    }
    LMRT_NO_UNROLL
    for (; k + 8 <= terms; k += 8, w += 8 * LMRT_PANEL) {
        const LMRT_VI left = LMRT(splat_bytes)(patch + k), right = LMRT(splat_bytes)(patch + k + 4);
        LMRT_UNROLL
        for (size_t i = 0; i < panels; i++) {
            const LMRT_VI first = LMRT(load_int)(w + i * job->w_panel),
                          second = LMRT(load_int)(w + i * job->w_panel + 4 * LMRT_PANEL);
            sum[i][0] = LMRT(dot)(sum[i][0], left, first);
            sum[i][1] = LMRT(dot)(sum[i][1], right, second);
            if (alone) more[i] = LMRT(dot)(LMRT(dot)(more[i], surplus, first), surplus, second);
        }
    }
    LMRT_UNROLL
    for (size_t i = 0; i < panels; i++) {
        const LMRT_VI last = k < terms ? LMRT(load_int)(w + i * job->w_panel) : LMRT(splat_int)(0);
        if (k < terms) sum[i][0] = LMRT(dot)(sum[i][0], LMRT(splat_bytes)(patch + k), last);
        if (alone) more[i] = LMRT(dot)(more[i], surplus, last);
        sums[i * tall] = sum[i][0] + sum[i][1] - more[i];
    }
}

LMRT_INLINE void LMRT(tiles_row)(const LMRT(job_i8) *job, const uint8_t *patch, size_t terms, const int8_t *w,
                                 const int alone, LMRT_VI *sums, size_t tall, int begin) {
    const size_t panels = (job->columns + LMRT_PANEL - 1) / LMRT_PANEL;
    size_t p = 0;
    for (; p + LMRT_PANELS_I8 <= panels; p += LMRT_PANELS_I8, w += LMRT_PANELS_I8 * job->w_panel)
        LMRT(tile_row)(job, patch, terms, p, w, LMRT_PANELS_I8, alone, sums, tall, begin);
    for (; p < panels; p++, w += job->w_panel)
        LMRT(tile_row)(job, patch, terms, p, w, 1, alone, sums, tall, begin);
}

LMRT_KERNEL void LMRT(tiles_lone_row)(const LMRT(job_i8) *job, const uint8_t *patch, size_t terms,
                                      const int8_t *w, LMRT_VI *sums, size_t tall, int begin) {
    LMRT(tiles_row)(job, patch, terms, w, 1, sums, tall, begin);
}

LMRT_KERNEL void LMRT(tiles_last_row)(const LMRT(job_i8) *job, const uint8_t *patch, size_t terms,
                                      const int8_t *w, LMRT_VI *sums, size_t tall, int begin) {
    LMRT(tiles_row)(job, patch, terms, w, 0, sums, tall, begin);
}

/* All panels of the block for `count` rows; where they are few, half a tile. */
LMRT_KERNEL void LMRT(tiles_bytes)(const LMRT(job_i8) *job, const uint8_t *patch, size_t distance,
                                   size_t terms, const int8_t *w, size_t count, LMRT_VI *sums, size_t tall,
                                   int begin) {
    const size_t panels = (job->columns + LMRT_PANEL - 1) / LMRT_PANEL, half = LMRT_ROWS_I8 / 2;
    for (size_t p = 0; p < panels; p += 2, w += 2 * job->w_panel) {
        if (count <= half && p + 1 < panels)
            LMRT(tile_bytes)(job, patch, distance, terms, p, w, half, 2, sums, tall, begin);
        else if (count <= half)
            LMRT(tile_bytes)(job, patch, distance, terms, p, w, half, 1, sums, tall, begin);
        else if (p + 1 < panels)
            LMRT(tile_bytes)(job, patch, distance, terms, p, w, LMRT_ROWS_I8, 2, sums, tall, begin);
        else
            LMRT(tile_bytes)(job, patch, distance, terms, p, w, LMRT_ROWS_I8, 1, sums, tall, begin);
    }
}
#endif

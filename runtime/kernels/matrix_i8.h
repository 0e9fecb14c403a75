/* Products of the windows of an image with packed columns: what dense_i8 and conv2d_i8 are. */
#pragma once

#include "kernels/matrix_pairs.h"
#include "kernels/tile_i8.h"

#if LMRT_LEVEL == 3
/* `taps`: terms of a column, filled up segment by segment. x comes with 128 added to it, so that it has no
 * sign: the sums begin with as much less. */
LMRT_INLINE void LMRT(less_surplus)(LMRT(job_i8) *job, size_t taps) {
    const LMRT_VI surplus = LMRT(splat_int)((int32_t)0x80808080u);
    for (size_t p = 0; p * LMRT_PANEL < job->columns; p++) {
        const int8_t *w = job->w + p * job->w_panel;
        LMRT_VI sum = LMRT(splat_int)(0);
        for (size_t k = 0; k < taps; k += 4)
            sum = LMRT(dot)(sum, surplus, LMRT(load_int)(w + k * LMRT_PANEL));
        job->panel[p].start[0] -= sum;
    }
}

/* The sums of `count` rows from output (i, j) on; lone: there is one alone, and x's surplus is still in its
 * sums. */
LMRT_INLINE void LMRT(rows_bytes)(const LMRT(window_i8) *d, const LMRT(job_i8) *job, size_t i, size_t j,
                                  size_t count, LMRT_VI *patch, LMRT_VI *sums, size_t tall, int lone) {
    LMRT(place_i8) place = {0, 0};
    const int8_t *w = job->w;
    do {
        const int begin = place.segment == 0 && place.offset == 0;
        const size_t terms = LMRT(patch_rows)(d, i, j, count, &place, patch, 1);
        if (lone)
            LMRT(tiles_lone_row)(job, (const uint8_t *)patch, terms, w, sums, tall, begin);
        else if (count == 1)
            LMRT(tiles_last_row)(job, (const uint8_t *)patch, terms, w, sums, tall, begin);
        else
            LMRT(tiles_bytes)(job, (const uint8_t *)patch, d->distance, terms, w, count, sums, tall, begin);
        w += terms * LMRT_PANEL;
    } while (place.segment < d->segments);
}

/* Where there are few panels, several tiles are finished together. */
LMRT_KERNEL void LMRT(block_bytes)(const LMRT(window_i8) *d, size_t pixels, LMRT(job_i8) *job, size_t taps) {
    LMRT_VI sums[LMRT_PANELS_I8 * LMRT_ROWS_I8], patch[(LMRT_ROWS_I8 * LMRT_PATCH_I8) / 64 + 1];
    const size_t panels = (job->columns + LMRT_PANEL - 1) / LMRT_PANEL;
    const size_t tall = LMRT_PANELS_I8 / panels * LMRT_ROWS_I8;
    memset(patch, 0, LMRT_ROWS_I8 * d->distance); /* rows that there are not are summed too */
    LMRT(job_begin)(job);
    if (pixels > 1) LMRT(less_surplus)(job, taps);
    size_t i = 0, j = 0;
    for (size_t pixel = 0; pixel < pixels; pixel += tall) {
        job->count = pixels - pixel < tall ? pixels - pixel : tall;
        for (size_t row = 0; row < job->count; row += LMRT_ROWS_I8) {
            const size_t left = job->count - row, count = left < LMRT_ROWS_I8 ? left : LMRT_ROWS_I8;
            LMRT(rows_bytes)(d, job, i, j, count, patch, sums + row, tall, pixels == 1);
            for (j += count; j >= d->out_w; j -= d->out_w) i++;
        }
        for (size_t p = 0; p < panels; p++) LMRT(panel_store)(job, p, (const int32_t *)(sums + p * tall));
        LMRT(job_next)(job);
    }
}
#endif

#if !LMRT_PAIRS
LMRT_KERNEL void LMRT(block_words)(const LMRT(window_i8) *d, size_t pixels, LMRT(job_i8) *job) {
    const size_t panels = (job->columns + LMRT_PANEL - 1) / LMRT_PANEL;
    int32_t sums[LMRT_PANELS_I8][LMRT_ROWS_I8 * LMRT_PANEL];
    int16_t patch[LMRT_ROWS_I8 * LMRT_PATCH_I8 / 2 + 4];
    memset(patch, 0, sizeof patch); /* rows that there are not are summed too */
    LMRT(job_begin)(job);
    size_t i = 0, j = 0;
    for (size_t pixel = 0; pixel < pixels; pixel += LMRT_ROWS_I8) {
        LMRT(place_i8) place = {0, 0};
        const int8_t *w = job->w;
        job->count = pixels - pixel < LMRT_ROWS_I8 ? pixels - pixel : LMRT_ROWS_I8;
        for (size_t p = 0; p < panels; p++)
            for (size_t k = 0; k < LMRT_ROWS_I8 * LMRT_PANEL; k++)
                sums[p][k] = job->channels[p * 3 * LMRT_PANEL + k % LMRT_PANEL];
        do {
            const size_t terms = LMRT(patch_rows)(d, i, j, job->count, &place, patch, 0);
            for (size_t p = 0; p < panels; p++)
                LMRT(tile_words)(patch, d->distance, terms, w + p * job->w_panel, sums[p]);
            w += terms * LMRT_PANEL;
        } while (place.segment < d->segments);
        for (size_t p = 0; p < panels; p++) LMRT(panel_store)(job, p, sums[p]);
        LMRT(job_next)(job);
        for (j += job->count; j >= d->out_w; j -= d->out_w) i++;
    }
}

#endif

/* y[pixels] rows of y_row, of which `columns` are written; residual may be NULL. Of the job, `out` is set. */
LMRT_INLINE void LMRT(matrix_i8)(LMRT(window_i8) *d, LMRT(job_i8) *job, size_t pixels, size_t columns,
                                 const int8_t *w, const int32_t *channels, const int8_t *residual, int8_t *y,
                                 size_t y_row) {
    const size_t taps = d->segments * ((d->length + 3) / 4 * 4), block = LMRT_PANELS_I8 * LMRT_PANEL;
    for (size_t n = 0; n < columns; n += block) {
        job->channels = channels + 3 * n;
        job->w = w + n * taps;
        job->w_panel = taps * LMRT_PANEL;
        job->columns = columns - n < block ? columns - n : block;
        job->residual = residual ? residual + n : NULL;
        job->y = y + n;
        job->y_row = y_row;
        job->count = 0;
#if LMRT_LEVEL == 3
        if (LMRT(has_vnni)()) {
            d->limit = LMRT_PATCH_I8 / 64 * 64;
            LMRT(window_begin)(d);
            LMRT(block_bytes)(d, pixels, job, taps);
            continue;
        }
#endif
#if LMRT_PAIRS
        d->limit = LMRT_PAIR_TERMS;
        LMRT(window_begin)(d);
        LMRT(block_pairs)(d, pixels, job);
#else
        d->limit = LMRT_PATCH_I8 / 8 * 4 - 4;
        LMRT(window_begin)(d);
        LMRT(block_words)(d, pixels, job);
#endif
    }
}

/* The tile of matrix_i8.h by pairs of products (pairs_i8.h): two rows by two columns in registers. */
#pragma once

#include "kernels/finish_i8.h"
#include "kernels/pairs_i8.h"
#include "kernels/patch_i8.h"

#if LMRT_PAIRS
/* Terms that a patch holds; less where compilers save vectors on the stack. */
#if defined(__ARM_FEATURE_MVE)
#define LMRT_PAIR_TERMS 36
#else
#define LMRT_PAIR_TERMS 48
#endif

/* `terms` bytes (a multiple of 4) of two rows, taken apart: pairs[terms / 4][2 rows][2]. The rows may be in
 * the same memory, from 3 * terms on: they are read before they are overwritten. */
LMRT_INLINE void LMRT(pairs_take)(const int8_t *first, const int8_t *second, size_t terms, int32_t *to) {
    const int8_t *const end = first + terms;
    do {
        const int32_t a = LMRT(word)(first), b = LMRT(word)(second);
        to[0] = LMRT(even_bytes)(a);
        to[1] = LMRT(odd_bytes)(a);
        to[2] = LMRT(even_bytes)(b);
        to[3] = LMRT(odd_bytes)(b);
        first += 4, second += 4, to += 4;
    } while (first != end);
}

/* sums[2][LMRT_PANEL] += pairs times the first `columns` columns, of which there is one more in memory where
 * they are odd. */
LMRT_KERNEL void LMRT(tile_pairs)(const int32_t *pairs, size_t terms, const int8_t *w, size_t columns,
                                  int32_t *sums) {
    const int32_t *const end = pairs + terms;
    for (size_t i = 0; i < columns; i += 2, sums += 2, w += 8) {
        int32_t a = sums[0], b = sums[1], c = sums[LMRT_PANEL], d = sums[LMRT_PANEL + 1];
        const int32_t *x = pairs;
        const int8_t *at = w;
        do {
            const int32_t x0 = x[0], x1 = x[1], y0 = x[2], y1 = x[3];
            const int32_t left = LMRT(word)(at), right = LMRT(word)(at + 4);
            int32_t even = LMRT(even_bytes)(left), odd = LMRT(odd_bytes)(left);
            a = LMRT(add_pair)(a, x0, even);
            c = LMRT(add_pair)(c, y0, even);
            a = LMRT(add_pair)(a, x1, odd);
            c = LMRT(add_pair)(c, y1, odd);
            even = LMRT(even_bytes)(right), odd = LMRT(odd_bytes)(right);
            b = LMRT(add_pair)(b, x0, even);
            d = LMRT(add_pair)(d, y0, even);
            b = LMRT(add_pair)(b, x1, odd);
            d = LMRT(add_pair)(d, y1, odd);
            x += 4, at += 4 * LMRT_PANEL;
        } while (x != end);
        sums[0] = a, sums[1] = b, sums[LMRT_PANEL] = c, sums[LMRT_PANEL + 1] = d;
    }
}

/* What two output pixels see: NULL where it is not whole words inside of x, or there is no second pixel. */
typedef struct LMRT(sight) {
    const int8_t *first, *second;
} LMRT(sight);

LMRT_INLINE LMRT(sight) LMRT(sight_of)(const LMRT(window_i8) *d, size_t i, size_t j, size_t count) {
    const ptrdiff_t in_w = (ptrdiff_t)d->in_w, in_c = (ptrdiff_t)d->in_c;
    LMRT(sight) s = {NULL, NULL};
    if (d->length % 4 != 0 || !LMRT(is_inside)(d, i, j)) return s;
    const int8_t *x = d->x - (d->pad_top * in_w + d->pad_left) * in_c;
    s.first = s.second = x + (i * d->stride_h * d->in_w + j * d->stride_w) * d->in_c;
    if (count == 1) return s;
    if (++j == d->out_w) j = 0, i++;
    if (LMRT(is_inside)(d, i, j))
        s.second = x + (i * d->stride_h * d->in_w + j * d->stride_w) * d->in_c;
    else
        s.first = NULL;
    return s;
}

/* Pairs of `count` (1 or 2) rows from output (i, j) on, from `place` on. Returns the terms. */
LMRT_INLINE size_t LMRT(pairs_rows)(const LMRT(window_i8) *d, const LMRT(sight) *sight, size_t i, size_t j,
                                    size_t count, LMRT(place_i8) *place, int32_t *pairs) {
    if (!sight->first) {
        int8_t *const rows = (int8_t *)pairs + 3 * LMRT_PAIR_TERMS;
        const size_t terms = LMRT(patch_rows)(d, i, j, count, place, rows, 1);
        LMRT(pairs_take)(rows, rows + (count - 1) * d->distance, terms, pairs);
        return terms;
    }
    const size_t left = d->length - place->offset, terms = left < LMRT_PAIR_TERMS ? left : LMRT_PAIR_TERMS;
    const size_t down = d->across == 1 ? place->segment : place->segment / d->across;
    const size_t at =
        down * d->step + (place->segment - down * d->across) * d->dilation_w * d->in_c + place->offset;
    LMRT(pairs_take)(sight->first + at, sight->second + at, terms, pairs);
    place->offset += terms;
    if (place->offset == d->length) place->offset = 0, place->segment++;
    return terms;
}

/* panel_store without a residual, column by column; whole: the limits are those of int8. */
LMRT_INLINE void LMRT(pairs_store)(const LMRT(job_i8) *job, const int32_t *sums, const int whole) {
    const int32_t *multiplier = job->channels + LMRT_PANEL, *const end = sums + job->columns;
    const int32_t zero = job->out.zero, low = job->out.low, high = job->out.high;
    int8_t *y = job->y, *next = job->count == 2 ? y + job->y_row : y;
    for (; sums != end; sums++, multiplier++, y++, next++) {
        const int32_t m = multiplier[0], shift = multiplier[LMRT_PANEL];
        const int32_t a = LMRT(rescaled_word)(sums[0], m, shift) + zero,
                      b = LMRT(rescaled_word)(sums[LMRT_PANEL], m, shift) + zero;
        *next = (int8_t)(whole ? LMRT(saturated)(b) : b < low ? low : b > high ? high : b);
        *y = (int8_t)(whole ? LMRT(saturated)(a) : a < low ? low : a > high ? high : a);
    }
}

LMRT_KERNEL void LMRT(block_pairs)(const LMRT(window_i8) *d, size_t pixels, LMRT(job_i8) *job) {
    int32_t sums[2 * LMRT_PANEL],
        pairs[LMRT_PAIR_TERMS + LMRT_PAIR_TERMS / 4]; /* and room for rows behind them */
    memset(pairs, 0, sizeof pairs);
    const int whole = job->out.low == -128 && job->out.high == 127;
    size_t i = 0, j = 0;
    for (size_t pixel = 0; pixel < pixels; pixel += 2) {
        LMRT(place_i8) place = {0, 0};
        const int8_t *w = job->w;
        job->count = pixels - pixel < 2 ? pixels - pixel : 2;
        const LMRT(sight) sight = LMRT(sight_of)(d, i, j, job->count);
        for (size_t k = 0; k < LMRT_PANEL; k++) sums[k] = sums[LMRT_PANEL + k] = job->channels[k];
        do {
            const size_t terms = LMRT(pairs_rows)(d, &sight, i, j, job->count, &place, pairs);
            LMRT(tile_pairs)(pairs, terms, w, job->columns, sums);
            w += terms * LMRT_PANEL;
        } while (place.segment < d->segments);
        if (job->residual)
            LMRT(panel_store)(job, 0, sums);
        else if (whole)
            LMRT(pairs_store)(job, sums, 1);
        else
            LMRT(pairs_store)(job, sums, 0);
        LMRT(job_next)(job);
        for (j += job->count; j >= d->out_w; j -= d->out_w) i++;
    }
}
#endif

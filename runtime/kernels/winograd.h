/* 3x3 convolutions of stride 1 by Winograd's minimal filtering: what the kernels for tiles of 2x2 and of 4x4
 * outputs share.
 *
 * A tile of m x m outputs is computed from n x n inputs, n = m + 2. Both the inputs and the weights are
 * transformed (the weights when the model is compiled) so that n * n products for each pair of channels are
 * left where a direct convolution has 9 * m * m; their sums over the input channels are n * n matrix products
 * of tiles by output channels. A block of tiles goes through three steps, whose values stay in the cache:
 * inputs -> `spread` [n * n][tiles][channels] -> `product` [n * n][tiles][out channels] -> outputs.
 * What lies outside of the input is zero, what lies outside of the output is not stored.
 */
#pragma once

#include "simd/simd.h"

/* A tile: of which sample, and where its outputs begin. */
typedef struct LMRT(tile_place) {
    size_t sample, row, column;
} LMRT(tile_place);

LMRT_INLINE void LMRT(winograd_next)(const lmrt_winograd *d, const size_t m, LMRT(tile_place) *at) {
    at->column += m;
    if (at->column < d->out_w) return;
    at->column = 0;
    at->row += m;
    if (at->row < d->out_h) return;
    at->row = 0;
    at->sample++;
}

/* ---- transforms of one line: B^T, then A^T; the points are 0, 1, -1 and 0, 3/4, -3/4, 3/2, -3/2 ---- */

LMRT_INLINE void LMRT(winograd_spread_2)(LMRT_VF *a, const size_t step) {
    const LMRT_VF d0 = a[0], d1 = a[step], d2 = a[2 * step], d3 = a[3 * step];
    a[0] = d0 - d2;
    a[step] = d1 + d2;
    a[2 * step] = d2 - d1;
    a[3 * step] = d3 - d1;
}

LMRT_INLINE void LMRT(winograd_spread_4)(LMRT_VF *a, const size_t step) {
    const LMRT_VF d0 = a[0], d1 = a[step], d2 = a[2 * step], d3 = a[3 * step], d4 = a[4 * step],
                  d5 = a[5 * step];
    const LMRT_VF p = LMRT(splat)(0.75f), q = LMRT(splat)(1.5f), pp = LMRT(splat)(-0.5625f),
                  qq = LMRT(splat)(-2.25f), sum = LMRT(splat)(-2.8125f), product = LMRT(splat)(1.265625f);
    const LMRT_VF even_p = LMRT(fma)(qq, d2, d4), odd_p = LMRT(fma)(qq, d1, d3);
    const LMRT_VF even_q = LMRT(fma)(pp, d2, d4), odd_q = LMRT(fma)(pp, d1, d3);
    a[0] = LMRT(fma)(product, d0, LMRT(fma)(sum, d2, d4));
    a[step] = LMRT(fma)(p, odd_p, even_p);
    a[2 * step] = LMRT(fma)(-p, odd_p, even_p);
    a[3 * step] = LMRT(fma)(q, odd_q, even_q);
    a[4 * step] = LMRT(fma)(-q, odd_q, even_q);
    a[5 * step] = LMRT(fma)(product, d1, LMRT(fma)(sum, d3, d5));
}

LMRT_INLINE void LMRT(winograd_gather_2)(LMRT_VF *a, const size_t step) {
    const LMRT_VF sum = a[step] + a[2 * step], difference = a[step] - a[2 * step];
    a[0] = a[0] + sum;
    a[step] = difference + a[3 * step];
}

/* Row k is to be multiplied by (3/4)^k, which is left to the end; the weights of the last point make up for
 * it. */
LMRT_INLINE void LMRT(winograd_gather_4)(LMRT_VF *a, const size_t step) {
    const LMRT_VF sum_p = a[step] + a[2 * step], difference_p = a[step] - a[2 * step];
    const LMRT_VF sum_q = a[3 * step] + a[4 * step], difference_q = a[3 * step] - a[4 * step];
    const LMRT_VF last = a[5 * step];
    a[0] = a[0] + sum_p + sum_q;
    a[step] = LMRT(fma)(LMRT(splat)(2.0f), difference_q, difference_p);
    a[2 * step] = LMRT(fma)(LMRT(splat)(4.0f), sum_q, sum_p);
    a[3 * step] = LMRT(fma)(LMRT(splat)(8.0f), difference_q, difference_p) + last;
}

LMRT_INLINE void LMRT(winograd_spread)(const size_t m, LMRT_VF *a) {
    const size_t n = m + 2;
    LMRT_UNROLL
    for (size_t i = 0; i < n; i++) {
        if (m == 2)
            LMRT(winograd_spread_2)(a + i, n);
        else
            LMRT(winograd_spread_4)(a + i, n);
    }
    LMRT_UNROLL
    for (size_t i = 0; i < n; i++) {
        if (m == 2)
            LMRT(winograd_spread_2)(a + i * n, 1);
        else
            LMRT(winograd_spread_4)(a + i * n, 1);
    }
}

LMRT_INLINE void LMRT(winograd_gather)(const size_t m, LMRT_VF *a) {
    const size_t n = m + 2;
    LMRT_UNROLL
    for (size_t i = 0; i < n; i++) {
        if (m == 2)
            LMRT(winograd_gather_2)(a + i, n);
        else
            LMRT(winograd_gather_4)(a + i, n);
    }
    LMRT_UNROLL
    for (size_t i = 0; i < m; i++) {
        if (m == 2)
            LMRT(winograd_gather_2)(a + i * n, 1);
        else
            LMRT(winograd_gather_4)(a + i * n, 1);
    }
}

/* ---- inputs ---- */

/* One vector of channels (the first `part` of it, where that is not 0) of a tile's n x n inputs: those around
 * `first`, or at the addresses in `each`. */
LMRT_INLINE void LMRT(winograd_load)(const lmrt_winograd *d, const size_t m, const float *first,
                                     const float *const *each, size_t c, size_t part, LMRT_VF *a) {
    const size_t n = m + 2;
    LMRT_UNROLL
    for (size_t i = 0; i < n; i++) {
        LMRT_UNROLL
        for (size_t j = 0; j < n; j++) {
            const float *p = (each ? each[i * n + j] : first + (i * d->in_w + j) * d->in_c) + c;
            a[i * n + j] = part ? LMRT(load_part)(p, part) : LMRT(load)(p);
        }
    }
}

/* All channels of a tile. */
LMRT_INLINE void LMRT(winograd_channels)(const lmrt_winograd *d, const size_t m, const float *first,
                                         const float *const *each, float *out) {
    const size_t n = m + 2, channels = d->in_c;
    for (size_t c = 0; c < channels; c += LMRT_LANES) {
        LMRT_VF a[36];
        const size_t left = channels - c;
        size_t at = c;
        if (channels < LMRT_LANES) {
            LMRT(winograd_load)(d, m, first, each, c, left, a);
        } else { /* at the end once more what the vector before had, rather than a part of a vector */
            if (left < LMRT_LANES) at = channels - LMRT_LANES;
            LMRT(winograd_load)(d, m, first, each, at, 0, a);
        }
        LMRT(winograd_spread)(m, a);
        LMRT_UNROLL
        for (size_t i = 0; i < n; i++) {
            LMRT_UNROLL
            for (size_t j = 0; j < n; j++) LMRT(store)(out + (i * n + j) * d->spread + at, a[i * n + j]);
        }
    }
}

/* A tile some of whose inputs are outside: in their place `zero`, as many as there are channels. */
LMRT_INLINE void LMRT(winograd_edge)(const lmrt_winograd *d, const size_t m, const LMRT(tile_place) *at,
                                     const float *x, const float *zero, float *out) {
    const size_t n = m + 2;
    const float *from[36];
    for (size_t i = 0; i < n; i++) {
        const size_t row = at->row + i - d->pad_top; /* huge where it is above */
        for (size_t j = 0; j < n; j++) {
            const size_t column = at->column + j - d->pad_left;
            const int inside = row < d->in_h && column < d->in_w;
            from[i * n + j] = inside ? x + (row * d->in_w + column) * d->in_c : zero;
        }
    }
    LMRT(winograd_channels)(d, m, NULL, from, out);
}

LMRT_INLINE void LMRT(winograd_inputs)(const lmrt_winograd *d, const size_t m, LMRT(tile_place) at,
                                       size_t count, const float *x, const float *zero, float *spread) {
    const size_t width = (d->in_c + LMRT_PANEL - 1) / LMRT_PANEL * LMRT_PANEL;
    for (size_t tile = 0; tile < count; tile++) {
        const float *image = x + at.sample * d->x_sample;
        float *out = spread + tile * width;
        const int inside = at.row >= d->pad_top && at.column >= d->pad_left &&
                           at.row - d->pad_top + m + 2 <= d->in_h &&
                           at.column - d->pad_left + m + 2 <= d->in_w;
        if (inside) {
            const float *from = image + ((at.row - d->pad_top) * d->in_w + at.column - d->pad_left) * d->in_c;
            LMRT(winograd_channels)(d, m, from, NULL, out);
        } else {
            LMRT(winograd_edge)(d, m, &at, image, zero, out);
        }
        LMRT(winograd_next)(d, m, &at);
    }
}

/* ---- products ---- */

/* A matrix product of one point: y[rows][...] = x[rows][k] @ w, `panels` panels of it. */
typedef struct LMRT(winograd_job) {
    const float *x, *w;
    float *y;
    size_t x_row, y_row, k, w_panel;
} LMRT(winograd_job);

LMRT_INLINE void LMRT(winograd_tile)(const LMRT(winograd_job) *job, size_t first, const size_t rows,
                                     const size_t panels) {
    LMRT_VF sum[LMRT_TALL_ROWS][LMRT_PANELS * LMRT_VECTORS];
    const size_t width = panels * LMRT_VECTORS;
    const float *x = job->x, *w = job->w + first, *w2 = w + job->w_panel;
    const float *const end = x + job->k;
    LMRT_UNROLL
    for (size_t r = 0; r < rows; r++) LMRT_UNROLL
    for (size_t v = 0; v < width; v++) sum[r][v] = LMRT(splat)(0.0f);
    LMRT_NO_UNROLL
    for (; x < end; x++) {
        LMRT_VF weight[LMRT_PANELS * LMRT_VECTORS];
        LMRT_UNROLL
        for (size_t v = 0; v < width; v++)
            weight[v] = v < LMRT_VECTORS ? LMRT(load)(w + v * LMRT_LANES)
                                         : LMRT(load)(w2 + (v - LMRT_VECTORS) * LMRT_LANES);
        LMRT_UNROLL
        for (size_t r = 0; r < rows; r++) {
            const LMRT_VF input = LMRT(splat)(x[r * job->x_row]);
            LMRT_UNROLL
            for (size_t v = 0; v < width; v++) sum[r][v] = LMRT(fma)(input, weight[v], sum[r][v]);
        }
        w += LMRT_PANEL;
        w2 += LMRT_PANEL;
    }
    LMRT_UNROLL
    for (size_t r = 0; r < rows; r++) LMRT_UNROLL
    for (size_t v = 0; v < width; v++)
        LMRT(store)(job->y + r * job->y_row + first + v * LMRT_LANES, sum[r][v]);
}

LMRT_KERNEL void LMRT(winograd_single)(const LMRT(winograd_job) *job, size_t first, size_t rows) {
    switch (rows) {
#if LMRT_TALL_ROWS == 12
    case 12: LMRT(winograd_tile)(job, first, 12, 1); return;
    case 11: LMRT(winograd_tile)(job, first, 11, 1); return;
    case 10: LMRT(winograd_tile)(job, first, 10, 1); return;
    case 9: LMRT(winograd_tile)(job, first, 9, 1); return;
#endif
#if LMRT_TALL_ROWS >= 8
    case 8: LMRT(winograd_tile)(job, first, 8, 1); return;
    case 7: LMRT(winograd_tile)(job, first, 7, 1); return;
#endif
#if LMRT_TALL_ROWS >= 6
    case 6: LMRT(winograd_tile)(job, first, 6, 1); return;
    case 5: LMRT(winograd_tile)(job, first, 5, 1); return;
#endif
#if LMRT_TALL_ROWS >= 4
    case 4: LMRT(winograd_tile)(job, first, 4, 1); return;
    case 3: LMRT(winograd_tile)(job, first, 3, 1); return;
#endif
    case 2: LMRT(winograd_tile)(job, first, 2, 1); return;
    default: LMRT(winograd_tile)(job, first, 1, 1); return;
    }
}

#if LMRT_PANELS > 1
LMRT_KERNEL void LMRT(winograd_pair)(const LMRT(winograd_job) *job, size_t rows) {
    switch (rows) {
    case 8: LMRT(winograd_tile)(job, 0, 8, 2); return;
    case 7: LMRT(winograd_tile)(job, 0, 7, 2); return;
    case 6: LMRT(winograd_tile)(job, 0, 6, 2); return;
    case 5: LMRT(winograd_tile)(job, 0, 5, 2); return;
    case 4: LMRT(winograd_tile)(job, 0, 4, 2); return;
    case 3: LMRT(winograd_tile)(job, 0, 3, 2); return;
    case 2: LMRT(winograd_tile)(job, 0, 2, 2); return;
    default: LMRT(winograd_tile)(job, 0, 1, 2); return;
    }
}
#endif

/* All rows of one point for a group of panels. */
LMRT_INLINE void LMRT(winograd_rows)(LMRT(winograd_job) job, size_t count, size_t panels) {
    const size_t most = panels > 1 ? LMRT_ROWS : LMRT_TALL_ROWS, tiles = (count + most - 1) / most;
    for (size_t i = 0; i < tiles; i++) {
        const size_t rows = (count + tiles - 1 - i) / tiles; /* none much lower than the others */
#if LMRT_PANELS > 1
        if (panels > 1) {
            LMRT(winograd_pair)(&job, rows);
            job.x += rows * job.x_row;
            job.y += rows * job.y_row;
            continue;
        }
#endif
        for (size_t first = 0; first < LMRT_PANEL; first += LMRT_VECTORS * LMRT_LANES)
            LMRT(winograd_single)(&job, first, rows);
        job.x += rows * job.x_row;
        job.y += rows * job.y_row;
    }
}

LMRT_INLINE void LMRT(winograd_products)(const lmrt_winograd *d, const size_t m, size_t count,
                                         const float *spread, const float *w, float *product) {
    const size_t points = (m + 2) * (m + 2), panels = (d->out_c + LMRT_PANEL - 1) / LMRT_PANEL;
    LMRT(winograd_job) job;
    job.k = d->in_c;
    job.w_panel = d->in_c * LMRT_PANEL;
    job.x_row = (d->in_c + LMRT_PANEL - 1) / LMRT_PANEL * LMRT_PANEL;
    job.y_row = panels * LMRT_PANEL;
    for (size_t point = 0; point < points; point++) {
        for (size_t panel = 0; panel < panels; panel += LMRT_PANELS) {
            job.x = spread + point * d->spread;
            job.y = product + point * d->product + panel * LMRT_PANEL;
            job.w = w + (point * panels + panel) * job.w_panel;
            LMRT(winograd_rows)(job, count, panels - panel < LMRT_PANELS ? 1 : LMRT_PANELS);
        }
    }
}

/* ---- outputs ---- */

typedef struct LMRT(winograd_end) {
    const float *bias, *residual;
    float *y;
} LMRT(winograd_end);

/* One vector of channels of one output, at `place` in y. */
LMRT_INLINE void LMRT(winograd_put)(const lmrt_winograd *d, const LMRT(winograd_end) *end, size_t place,
                                    size_t left, LMRT_VF sum) {
    if (left >= LMRT_LANES) {
        if (end->residual) sum += LMRT(load)(end->residual + place);
        LMRT(store)(end->y + place, LMRT(clamp)(sum, d->epilogue.low, d->epilogue.high));
    } else {
        if (end->residual) sum += LMRT(load_part)(end->residual + place, left);
        LMRT(store_part)(end->y + place, LMRT(clamp)(sum, d->epilogue.low, d->epilogue.high), left);
    }
}

/* Stores the m x m outputs of a tile that are inside, one vector of channels from c on. */
LMRT_INLINE void LMRT(winograd_store)(const lmrt_winograd *d, const size_t m, const LMRT(tile_place) *at,
                                      const LMRT(winograd_end) *end, size_t c, const LMRT_VF *a) {
    const float power[] = {1.0f, 0.75f, 0.5625f, 0.421875f, 0.31640625f, 0.2373046875f, 0.177978515625f};
    const size_t n = m + 2, rows = d->out_h - at->row, columns = d->out_w - at->column;
    const size_t first = at->sample * d->y_sample + (at->row * d->out_w + at->column) * d->out_c + c;
    const LMRT_VF bias = end->bias ? LMRT(load)(end->bias + c) : LMRT(splat)(0.0f);
    LMRT_UNROLL
    for (size_t i = 0; i < m; i++) {
        LMRT_UNROLL
        for (size_t j = 0; j < m; j++) {
            const LMRT_VF sum = m == 2 || i + j == 0
                                    ? a[i * n + j] + bias
                                    : LMRT(fma)(LMRT(splat)(power[i + j]), a[i * n + j], bias);
            if (i < rows && j < columns)
                LMRT(winograd_put)(d, end, first + (i * d->out_w + j) * d->out_c, d->out_c - c, sum);
        }
    }
}

LMRT_INLINE void LMRT(winograd_outputs)(const lmrt_winograd *d, const size_t m, LMRT(tile_place) at,
                                        size_t count, const float *product, const LMRT(winograd_end) *end) {
    const size_t n = m + 2, width = (d->out_c + LMRT_PANEL - 1) / LMRT_PANEL * LMRT_PANEL;
    for (size_t tile = 0; tile < count; tile++) {
        for (size_t c = 0; c < d->out_c; c += LMRT_LANES) {
            const float *from = product + tile * width + c;
            LMRT_VF a[36];
            LMRT_UNROLL
            for (size_t i = 0; i < n; i++) LMRT_UNROLL
            for (size_t j = 0; j < n; j++) a[i * n + j] = LMRT(load)(from + (i * n + j) * d->product);
            LMRT(winograd_gather)(m, a);
            LMRT(winograd_store)(d, m, &at, end, c, a);
        }
        LMRT(winograd_next)(d, m, &at);
    }
}

/* ---- all of it ---- */

LMRT_INLINE void LMRT(winograd_run)(const lmrt_winograd *d, const size_t m, size_t samples, const float *x,
                                    const float *w, const LMRT(winograd_end) *end, float *scratch) {
    const size_t points = (m + 2) * (m + 2);
    const size_t all = samples * ((d->out_h + m - 1) / m) * ((d->out_w + m - 1) / m);
    float *spread = scratch, *product = spread + points * d->spread, *zero = product + points * d->product;
    LMRT(tile_place) at = {0, 0, 0};
    for (size_t c = 0; c < d->in_c; c++) zero[c] = 0.0f;
    for (size_t done = 0; done < all; done += d->block) {
        const size_t count = all - done < d->block ? all - done : d->block;
        LMRT(winograd_inputs)(d, m, at, count, x, zero, spread);
        LMRT(winograd_products)(d, m, count, spread, w, product);
        LMRT(winograd_outputs)(d, m, at, count, product, end);
        for (size_t tile = 0; tile < count; tile++) LMRT(winograd_next)(d, m, &at);
    }
    if (!d->epilogue.map) return;
    for (size_t sample = 0; sample < samples; sample++) {
        float *y = end->y + sample * d->y_sample;
        d->epilogue.map(d->epilogue.p, d->out_h * d->out_w * d->out_c, y, y);
    }
}

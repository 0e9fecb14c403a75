/* dense_f32: y[rows][n] = epilogue(x[rows][k] @ w + bias), w in packed panels.
 * Several rows go through the tile; a single row is a stream over the weights, with enough sums to hide the
 * latency. */
#pragma once

#include "kernels/tile_run.h"

#define LMRT_CHAINS (8 / LMRT_VECTORS) /* sums side by side: of several panels, or of parts of k of one */
#define LMRT_CHUNK_ROWS 64             /* rows whose outputs are still in the cache when the map comes */
#define LMRT_BLOCK_FLOATS 6144         /* of weights that stay in the first cache */

/* One row by `chains` panels, or by LMRT_VECTORS vectors from `first` of one panel, where k may be split
 * instead. chains and split are constants. */
LMRT_INLINE void LMRT(dense_row)(const LMRT(job) *job, size_t first, const size_t chains, const int split) {
    LMRT_VF sum[LMRT_CHAINS][LMRT_VECTORS];
    const float *x = job->x, *w = job->w + first;
    const size_t next = split ? LMRT_PANEL : job->w_panel, chunk = split ? chains : 1, k = job->length;
    LMRT_UNROLL
    for (size_t c = 0; c < chains; c++) LMRT_UNROLL
    for (size_t v = 0; v < LMRT_VECTORS; v++)
        sum[c][v] = job->bias && (c == 0 || !split)
                        ? LMRT(load)(job->bias + first + c * LMRT_PANEL + v * LMRT_LANES)
                        : LMRT(splat)(0.0f);
    size_t i = 0;
    LMRT_NO_UNROLL
    for (; i + chunk <= k; i += chunk) {
        LMRT_UNROLL
        for (size_t c = 0; c < chains; c++) {
            const LMRT_VF input = LMRT(splat)(x[split ? i + c : i]);
            LMRT_UNROLL
            for (size_t v = 0; v < LMRT_VECTORS; v++)
                sum[c][v] = LMRT(fma)(input, LMRT(load)(w + c * next + v * LMRT_LANES), sum[c][v]);
        }
        w += chunk * LMRT_PANEL;
    }
    LMRT_NO_UNROLL
    for (; i < k; i++) {
        LMRT_UNROLL
        for (size_t v = 0; v < LMRT_VECTORS; v++)
            sum[0][v] = LMRT(fma)(LMRT(splat)(x[i]), LMRT(load)(w + v * LMRT_LANES), sum[0][v]);
        w += LMRT_PANEL;
    }
    if (split) {
        LMRT_UNROLL
        for (size_t c = 1; c < chains; c++) LMRT_UNROLL
        for (size_t v = 0; v < LMRT_VECTORS; v++) sum[0][v] += sum[c][v];
    }
    float sums[LMRT_CHAINS * LMRT_PANEL];
    const size_t panels = split ? 1 : chains;
    LMRT_UNROLL
    for (size_t c = 0; c < panels; c++) LMRT_UNROLL
    for (size_t v = 0; v < LMRT_VECTORS; v++) LMRT(store)(sums + c * LMRT_PANEL + v * LMRT_LANES, sum[c][v]);
    LMRT(tile_finish)(job, sums, first, panels > 1 ? panels * LMRT_PANEL : LMRT_VECTORS * LMRT_LANES);
}

/* One panel of one row. In strict arithmetic a sum is in the order of k, as in the tile. */
LMRT_INLINE void LMRT(dense_panel)(const LMRT(job) *job) {
    for (size_t first = 0; first < LMRT_PANEL && first < job->columns; first += LMRT_VECTORS * LMRT_LANES) {
#if defined(LMRT_STRICT)
        LMRT(dense_row)(job, first, 1, 0);
#else
        LMRT(dense_row)(job, first, LMRT_CHAINS, 1);
#endif
    }
}

/* Some panels of one row: as many as there are sums for. Returns how many. */
LMRT_INLINE size_t LMRT(dense_panels)(const LMRT(job) *job) {
    if (LMRT_VECTORS * LMRT_LANES == LMRT_PANEL) {
        const size_t panels = (job->columns + LMRT_PANEL - 1) / LMRT_PANEL;
        if (panels >= LMRT_CHAINS) {
            LMRT(dense_row)(job, 0, LMRT_CHAINS, 0);
            return LMRT_CHAINS;
        }
#if defined(LMRT_STRICT)
        if (LMRT_CHAINS > 4 && panels >= 4) {
            LMRT(dense_row)(job, 0, LMRT_CHAINS > 4 ? 4 : 1, 0);
            return 4;
        }
        if (LMRT_CHAINS > 2 && panels >= 2) {
            LMRT(dense_row)(job, 0, LMRT_CHAINS > 2 ? 2 : 1, 0);
            return 2;
        }
#endif
    }
    LMRT(dense_panel)(job);
    return 1;
}

/* All panels of one row: job->columns counts down to the last. */
LMRT_KERNEL void LMRT(dense_single)(LMRT(job) *job) {
    while (job->columns > 0) {
        const size_t panels = LMRT(dense_panels)(job), columns = panels * LMRT_PANEL;
        job->w += panels * job->w_panel;
        if (job->bias) job->bias += columns;
        if (job->residual) job->residual += columns;
        job->y += columns;
        job->columns -= columns < job->columns ? columns : job->columns;
    }
}

/* The job of the columns from `column` to `end`. */
LMRT_INLINE void LMRT(dense_columns)(const LMRT(job) *all, LMRT(job) *job, size_t column, size_t end) {
    job->w = all->w + column * all->length;
    job->bias = all->bias ? all->bias + column : NULL;
    job->residual = all->residual ? all->residual + column : NULL;
    job->y = all->y + column;
    job->columns = end - column;
}

/* At most LMRT_CHUNK_ROWS rows by the columns of `all` from `column` to `end`, whose weights stay in the
 * cache while rows of x go by; within a tile's rows the columns of y are written in order. */
LMRT_KERNEL void LMRT(dense_block)(const lmrt_dense *d, const LMRT(job) *all, size_t rows, const float *x,
                                   size_t column, size_t end) {
    const size_t group = LMRT_PANELS * LMRT_PANEL;
    LMRT(job) job = *all;
    const size_t height = LMRT(tile_height)(rows, end - column);
    for (size_t row = 0; row < rows; row += height) {
        job.count = rows - row < height ? rows - row : height;
        job.x = x + row * d->k;
        job.at = row * d->n;
        for (size_t at = column; at < end; at += group) {
            LMRT(dense_columns)(all, &job, at, end - at < group ? end : at + group);
            LMRT(tile_run)(&job);
        }
    }
}

/* At most LMRT_CHUNK_ROWS rows: blocks of columns outside. */
LMRT_KERNEL void LMRT(dense_chunk)(const lmrt_dense *d, size_t rows, const float *x, const float *w,
                                   const float *bias, const float *residual, float *y) {
    LMRT(job) job;
    memset(&job, 0, sizeof job);
    job.segments = job.steps = 1;
    job.length = job.x_row = d->k;
    job.y_row = d->n;
    job.w_panel = d->k * LMRT_PANEL;
    job.low = d->epilogue.low;
    job.high = d->epilogue.high;
    job.w = w;
    job.bias = bias;
    job.residual = residual;
    job.y = y;
    if (rows == 1) {
        job.columns = d->n;
        job.x = x;
        job.count = 1;
        LMRT(dense_single)(&job);
        return;
    }
    const size_t group = LMRT_PANELS * LMRT_PANEL, fit = LMRT_BLOCK_FLOATS / (d->k * group + 1);
    const size_t block = (fit > 1 ? fit : 1) * group;
    for (size_t column = 0; column < d->n; column += block)
        LMRT(dense_block)(d, &job, rows, x, column, d->n - column < block ? d->n : column + block);
}

LMRT_KERNEL void LMRT(dense_f32)(const lmrt_dense *d, size_t rows, const float *x, const float *w,
                                 const float *bias, const float *residual, float *y) {
    size_t count;
    for (size_t row = 0; row < rows; row += count) {
        const size_t at = row * d->n, left = rows - row; /* no last row alone: its sums would be others */
        count = left <= LMRT_CHUNK_ROWS + 1 ? left : LMRT_CHUNK_ROWS;
        LMRT(dense_chunk)(d, count, x + row * d->k, w, bias, residual ? residual + at : NULL, y + at);
        if (d->epilogue.map) d->epilogue.map(d->epilogue.p, count * d->n, y + at, y + at);
    }
}

#undef LMRT_CHAINS
#undef LMRT_CHUNK_ROWS
#undef LMRT_BLOCK_FLOATS

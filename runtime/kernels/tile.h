/* The heart of dense and conv2d: a tile of output pixels (rows) by output columns, its sums held in
 * registers.
 *
 * A row's inputs are `planes` (0 is 1) x `segments` x `steps` runs of `length` floats, all rows at the same
 * distances from their own start; the packed weights are walked alongside. There is a tile for every number
 * of rows, so none is computed in vain; tile_height spreads rows evenly over tiles. Rows lie at one distance
 * from each other: an address for each of them would cost as much as the sums of a short k.
 */
#pragma once

#include "simd/simd.h"

typedef struct LMRT(job) {
    size_t planes, segments, steps, length;     /* of the input: kernel planes, rows, columns, channels */
    size_t x_plane, x_segment, x_step;          /* distances in the input */
    size_t w_plane, w_segment, w_step, w_panel; /* distances in the weights */
    size_t columns;                             /* output columns wanted, at most LMRT_PANELS * LMRT_PANEL */
    const float *w, *bias, *residual;           /* of the first column; bias and residual may be NULL */
    float *y;                                   /* of the first column */
    float low, high;
    size_t count;        /* of rows, at most what tile_height says */
    size_t x_row, y_row; /* distances of rows in the input, in y and the residual */
    const float *x;      /* of the first row */
    size_t at;           /* of the first row, in y and residual */
} LMRT(job);

/* Stores a tile that ends inside a vector. sums: [rows][width], columns from `first` on. */
LMRT_KERNEL void LMRT(tile_finish)(const LMRT(job) *job, const float *sums, size_t first, size_t width) {
    const size_t columns = job->columns - first < width ? job->columns - first : width;
    for (size_t r = 0; r < job->count; r++) {
        const size_t at = job->at + r * job->y_row + first;
        for (size_t j = 0; j < columns; j += LMRT_LANES) {
            const size_t n = columns - j;
            const int whole = n >= LMRT_LANES;
            LMRT_VF sum = LMRT(load)(sums + r * width + j);
            if (job->residual) {
                const float *residual = job->residual + at + j;
                sum += whole ? LMRT(load)(residual) : LMRT(load_part)(residual, n);
            }
            sum = LMRT(clamp)(sum, job->low, job->high);
            if (whole)
                LMRT(store)(job->y + at + j, sum);
            else
                LMRT(store_part)(job->y + at + j, sum, n);
        }
    }
}

LMRT_INLINE size_t LMRT(tile_runs)(const LMRT(job) *job) {
    return (job->planes ? job->planes : 1) * job->segments * job->steps;
}

/* Has the tile's part of y and of the residual on its way to the cache while the sums are computed: rows lie
 * too far apart for the processor to guess them. Few terms are done before it would arrive. */
LMRT_INLINE void LMRT(tile_prefetch)(const LMRT(job) *job, size_t first, const size_t width) {
    if (LMRT(tile_runs)(job) * job->length < 64) return;
    for (size_t r = 0; r < job->count; r++) {
        const size_t at = job->at + r * job->y_row;
        for (size_t j = first; j < first + width && j < job->columns; j += 16) {
            if (job->residual) LMRT_PREFETCH(job->residual + at + j);
            LMRT_PREFETCH_WRITE(job->y + at + j);
        }
    }
}

/* Where a tile is in its runs of inputs. */
typedef struct LMRT(place) {
    size_t step, segment, x, w;
} LMRT(place);

/* The run after this one. */
LMRT_INLINE void LMRT(tile_next)(const LMRT(job) *job, LMRT(place) *place) {
    place->x += job->x_step;
    place->w += job->w_step;
    if (++place->step < job->steps) return;
    place->step = 0;
    place->x += job->x_segment - job->steps * job->x_step;
    place->w += job->w_segment - job->steps * job->w_step;
    if (++place->segment < job->segments) return;
    place->segment = 0;
    place->x += job->x_plane - job->segments * job->x_segment;
    place->w += job->w_plane - job->segments * job->w_segment;
}

/* Columns first .. first + LMRT_VECTORS * LMRT_LANES of `panels` panels; rows and panels are constants. */
LMRT_INLINE void LMRT(tile)(const LMRT(job) *job, size_t first, const size_t rows, const size_t panels) {
    LMRT_VF sum[LMRT_TALL_ROWS][LMRT_PANELS * LMRT_VECTORS];
    const float *x = job->x;
    const size_t width = panels * LMRT_VECTORS, x_row = job->x_row, y_row = job->y_row;
    LMRT_UNROLL
    for (size_t v = 0; v < width; v++) {
        const LMRT_VF bias = job->bias ? LMRT(load)(job->bias + first + v * LMRT_LANES) : LMRT(splat)(0.0f);
        LMRT_UNROLL
        for (size_t r = 0; r < rows; r++) sum[r][v] = bias;
    }
    LMRT(place) place = {0, 0, 0, 0};
    for (size_t runs = LMRT(tile_runs)(job); runs > 0; runs--) {
        const float *w = job->w + first + place.w, *w2 = w + job->w_panel;
        const size_t end = place.x + job->length;
        LMRT_NO_UNROLL
        for (size_t k = place.x; k < end; k++) {
            LMRT_VF weight[LMRT_PANELS * LMRT_VECTORS];
            LMRT_UNROLL
            for (size_t v = 0; v < width; v++)
                weight[v] = v < LMRT_VECTORS ? LMRT(load)(w + v * LMRT_LANES)
                                             : LMRT(load)(w2 + (v - LMRT_VECTORS) * LMRT_LANES);
            LMRT_UNROLL
            for (size_t r = 0; r < rows; r++) {
                const LMRT_VF input = LMRT(splat)(x[r * x_row + k]);
                LMRT_UNROLL
                for (size_t v = 0; v < width; v++) sum[r][v] = LMRT(fma)(input, weight[v], sum[r][v]);
            }
            w += LMRT_PANEL;
            w2 += LMRT_PANEL;
        }
        LMRT(tile_next)(job, &place);
    }
    if (first + width * LMRT_LANES > job->columns) {
        float sums[LMRT_TALL_ROWS * LMRT_PANELS * LMRT_VECTORS * LMRT_LANES];
        LMRT_UNROLL
        for (size_t r = 0; r < rows; r++) LMRT_UNROLL
        for (size_t v = 0; v < width; v++) LMRT(store)(sums + (r * width + v) * LMRT_LANES, sum[r][v]);
        LMRT(tile_finish)(job, sums, first, width * LMRT_LANES);
        return;
    }
    const float *residual = job->residual ? job->residual + job->at + first : NULL;
    float *y = job->y + job->at + first;
    if (residual) {
        LMRT_UNROLL
        for (size_t r = 0; r < rows; r++) LMRT_UNROLL
        for (size_t v = 0; v < width; v++) sum[r][v] += LMRT(load)(residual + r * y_row + v * LMRT_LANES);
    }
    if (job->low > -INFINITY || job->high < INFINITY) {
        LMRT_UNROLL
        for (size_t r = 0; r < rows; r++) LMRT_UNROLL
        for (size_t v = 0; v < width; v++) sum[r][v] = LMRT(clamp)(sum[r][v], job->low, job->high);
    }
    LMRT_UNROLL
    for (size_t r = 0; r < rows; r++) LMRT_UNROLL
    for (size_t v = 0; v < width; v++) LMRT(store)(y + r * y_row + v * LMRT_LANES, sum[r][v]);
}

/* One panel from `first` on, for any number of rows. */
LMRT_KERNEL void LMRT(tile_single)(const LMRT(job) *job, size_t first) {
    LMRT(tile_prefetch)(job, first, LMRT_VECTORS * LMRT_LANES);
    switch (job->count) {
#if LMRT_TALL_ROWS == 12
    case 12: LMRT(tile)(job, first, 12, 1); return;
    case 11: LMRT(tile)(job, first, 11, 1); return;
    case 10: LMRT(tile)(job, first, 10, 1); return;
    case 9: LMRT(tile)(job, first, 9, 1); return;
#endif
#if LMRT_TALL_ROWS >= 8
    case 8: LMRT(tile)(job, first, 8, 1); return;
    case 7: LMRT(tile)(job, first, 7, 1); return;
#endif
#if LMRT_TALL_ROWS >= 6
    case 6: LMRT(tile)(job, first, 6, 1); return;
    case 5: LMRT(tile)(job, first, 5, 1); return;
#endif
#if LMRT_TALL_ROWS >= 4
    case 4: LMRT(tile)(job, first, 4, 1); return;
    case 3: LMRT(tile)(job, first, 3, 1); return;
#endif
    case 2: LMRT(tile)(job, first, 2, 1); return;
    default: LMRT(tile)(job, first, 1, 1); return;
    }
}

#if LMRT_PANELS > 1
/* Two panels. */
LMRT_KERNEL void LMRT(tile_pair)(const LMRT(job) *job) {
    LMRT(tile_prefetch)(job, 0, LMRT_PANELS * LMRT_PANEL);
    switch (job->count) {
    case 8: LMRT(tile)(job, 0, 8, 2); return;
    case 7: LMRT(tile)(job, 0, 7, 2); return;
    case 6: LMRT(tile)(job, 0, 6, 2); return;
    case 5: LMRT(tile)(job, 0, 5, 2); return;
    case 4: LMRT(tile)(job, 0, 4, 2); return;
    case 3: LMRT(tile)(job, 0, 3, 2); return;
    case 2: LMRT(tile)(job, 0, 2, 2); return;
    default: LMRT(tile)(job, 0, 1, 2); return;
    }
}
#endif

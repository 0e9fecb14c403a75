/* depthwise_i8: a depthwise convolution with one output per channel. */
#pragma once

#include "kernels/depthwise_pairs.h"
#include "kernels/depthwise_vnni.h"

/* The pixels of a row that are summed side by side. */
#define LMRT_ABREAST 4

/* Where the taps of a row of outputs are: outside of x, a panel of its zero. */
typedef struct LMRT(depth_i8) {
    const lmrt_int8_depthwise *d;
    const int8_t *x, *w, *zeros; /* x and w of the first channel of a panel */
    size_t w_tap, columns;
} LMRT(depth_i8);

LMRT_INLINE const int8_t *LMRT(depth_tap)(const LMRT(depth_i8) *s, ptrdiff_t row, ptrdiff_t column) {
    const lmrt_int8_depthwise *d = s->d;
    if (row < 0 || row >= (ptrdiff_t)d->in_h || column < 0 || column >= (ptrdiff_t)d->in_w) return s->zeros;
    return s->x + ((size_t)row * d->in_w + (size_t)column) * d->c;
}

/* sum[LMRT_PANEL] += the products of one tap's channels. */
LMRT_INLINE void LMRT(depth_add)(const int8_t *x, const int8_t *w, size_t columns, int32_t *sum) {
    if (columns == LMRT_PANEL)
        for (size_t i = 0; i < LMRT_PANEL; i++) sum[i] += x[i] * w[i];
    else
        for (size_t i = 0; i < columns; i++) sum[i] += x[i] * w[i];
}

#if LMRT_LEVEL >= 1
/* A vector of numbers below 2^15, whose products are those of 16 bits and of nothing. */
LMRT_INLINE LMRT_VI LMRT(products)(LMRT_VI x, LMRT_VI w) {
#if defined(__x86_64__) || defined(__i386__)
    return LMRT(pair_sums)(x, w & 0xffff);
#else
    return x * w;
#endif
}

/* The sums of LMRT_ABREAST outputs whose columns are inside, LMRT_LANES channels from `first` on. */
LMRT_INLINE void LMRT(depth_abreast)(const LMRT(depth_i8) *s, ptrdiff_t top, ptrdiff_t left, size_t first,
                                     const int32_t *start, int32_t *sums) {
    const lmrt_int8_depthwise *d = s->d;
    LMRT_VI sum[LMRT_ABREAST];
    LMRT_UNROLL
    for (size_t r = 0; r < LMRT_ABREAST; r++) sum[r] = LMRT(load_int)(start + first);
    const int8_t *w = s->w + first;
    for (size_t a = 0; a < d->kernel_h; a++) {
        const ptrdiff_t row = top + (ptrdiff_t)(a * d->dilation_h);
        const int inside = row >= 0 && row < (ptrdiff_t)d->in_h;
        const int8_t *x = inside ? LMRT(depth_tap)(s, row, left) : s->zeros;
        const size_t next = inside ? d->stride_w * d->c : 0, across = inside ? d->dilation_w * d->c : 0;
        x += first;
        for (size_t b = 0; b < d->kernel_w; b++, x += across, w += s->w_tap) {
            const LMRT_VI weight = LMRT(load_wide)(w);
            LMRT_UNROLL
            for (size_t r = 0; r < LMRT_ABREAST; r++)
                sum[r] += LMRT(products)(LMRT(load_wide)(x + r * next), weight);
        }
    }
    LMRT_UNROLL
    for (size_t r = 0; r < LMRT_ABREAST; r++) LMRT(store_int)(sums + r * LMRT_PANEL + first, sum[r]);
}
#endif

#if LMRT_LEVEL >= 1
/* The sums of one output, LMRT_LANES channels from `first` on. */
LMRT_INLINE void LMRT(depth_vector)(const LMRT(depth_i8) *s, ptrdiff_t top, ptrdiff_t left, size_t first,
                                    const int32_t *start, int32_t *sums) {
    const lmrt_int8_depthwise *d = s->d;
    const int8_t *w = s->w + first;
    LMRT_VI sum = LMRT(load_int)(start + first);
    for (size_t a = 0; a < d->kernel_h; a++)
        for (size_t b = 0; b < d->kernel_w; b++, w += s->w_tap) {
            const int8_t *x = LMRT(depth_tap)(s, top + (ptrdiff_t)(a * d->dilation_h),
                                              left + (ptrdiff_t)(b * d->dilation_w));
            sum += LMRT(products)(LMRT(load_wide)(x + first), LMRT(load_wide)(w));
        }
    LMRT(store_int)(sums + first, sum);
}
#endif

/* The sums of one output, channels from `first` on. */
LMRT_INLINE void LMRT(depth_alone)(const LMRT(depth_i8) *s, ptrdiff_t top, ptrdiff_t left, size_t first,
                                   const int32_t *start, int32_t *sum) {
    const lmrt_int8_depthwise *d = s->d;
#if LMRT_LEVEL >= 1
    for (; first + LMRT_LANES <= s->columns; first += LMRT_LANES)
        LMRT(depth_vector)(s, top, left, first, start, sum);
#endif
    if (first == s->columns) return;
    const int8_t *w = s->w + first;
    memcpy(sum + first, start + first, (LMRT_PANEL - first) * sizeof *sum);
    for (size_t a = 0; a < d->kernel_h; a++)
        for (size_t b = 0; b < d->kernel_w; b++, w += s->w_tap)
            LMRT(depth_add)(LMRT(depth_tap)(s, top + (ptrdiff_t)(a * d->dilation_h),
                                            left + (ptrdiff_t)(b * d->dilation_w)) +
                                first,
                            w, s->columns - first, sum + first);
}

/* The sums of outputs from `left` on, all of whose columns are inside where there is more than one. */
LMRT_INLINE void LMRT(depth_sums)(const LMRT(depth_i8) *s, ptrdiff_t top, ptrdiff_t left, size_t count,
                                  const int32_t *start, int32_t *sums) {
    size_t first = 0;
#if LMRT_LEVEL >= 1
    if (count == LMRT_ABREAST)
        for (; first + LMRT_LANES <= s->columns; first += LMRT_LANES)
            LMRT(depth_abreast)(s, top, left, first, start, sums);
#endif
    for (size_t r = 0; r < count && first < s->columns; r++)
        LMRT(depth_alone)(s, top, left + (ptrdiff_t)(r * s->d->stride_w), first, start,
                          sums + r * LMRT_PANEL);
}

/* How many outputs from column j on are done together: several where all that they see is inside. */
LMRT_INLINE size_t LMRT(depth_count)(const lmrt_int8_depthwise *d, size_t j, ptrdiff_t left) {
    const size_t reach = (LMRT_ABREAST - 1) * d->stride_w + (d->kernel_w - 1) * d->dilation_w;
    return LMRT_LEVEL >= 1 && left >= 0 && left + (ptrdiff_t)reach < (ptrdiff_t)d->in_w &&
                   j + LMRT_ABREAST <= d->out_w
               ? LMRT_ABREAST
               : 1;
}

LMRT_KERNEL void LMRT(depthwise_i8)(const lmrt_int8_depthwise *d, const int8_t *x, const int8_t *w,
                                    const int32_t *channels, const int8_t *residual, int8_t *y) {
    const LMRT(output_i8) out = {(int32_t)d->y_zero, (int32_t)d->low,          (int32_t)d->high,
                                 (int32_t)d->r_zero, (int32_t)d->r_multiplier, (int32_t)d->r_shift};
#if LMRT_LEVEL == 3
    if (LMRT(has_vnni)() && LMRT(quad_fits)(d)) {
        LMRT(depthwise_vnni)(d, &out, x, w, channels, residual, y);
        return;
    }
#endif
#if LMRT_PAIRS
    if (d->c % 4 == 0 && !residual) {
        LMRT(depthwise_pairs)(d, &out, x, w, channels, y);
        return;
    }
#endif
    int8_t zeros[LMRT_PANEL];
    memset(zeros, (int)d->x_zero, sizeof zeros);
    LMRT(depth_i8) s = {d, x, w, zeros, (d->c + LMRT_PANEL - 1) / LMRT_PANEL * LMRT_PANEL, 0};
    LMRT(job_i8) job;
    job.out = out;
    job.y_row = d->c;
    for (size_t c = 0; c < d->c; c += LMRT_PANEL) {
        s.x = x + c, s.w = w + c;
        s.columns = d->c - c < LMRT_PANEL ? d->c - c : LMRT_PANEL;
        job.channels = channels + 3 * c;
        job.columns = s.columns;
        job.residual = residual;
        LMRT(job_begin)(&job);
        job.y = y + c;
        job.residual = residual ? residual + c : NULL;
        for (size_t i = 0; i < d->out_h; i++)
            for (size_t j = 0; j < d->out_w; j += job.count) {
                const ptrdiff_t top = (ptrdiff_t)(i * d->stride_h) - (ptrdiff_t)d->pad_top;
                const ptrdiff_t left = (ptrdiff_t)(j * d->stride_w) - (ptrdiff_t)d->pad_left;
                int32_t sums[LMRT_ABREAST * LMRT_PANEL];
                job.count = LMRT(depth_count)(d, j, left);
                LMRT(depth_sums)(&s, top, left, job.count, job.channels, sums);
                LMRT(panel_store)(&job, 0, sums);
                LMRT(job_next)(&job);
            }
    }
}
#undef LMRT_ABREAST

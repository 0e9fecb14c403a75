/* Depthwise convolutions by the dot product of VNNI: four rows of the kernel at a time. An input column's
 * four bytes of each channel are put side by side once, and serve all windows that the column is in. */
#pragma once

#include "kernels/finish_i8.h"

#if LMRT_LEVEL == 3
#define LMRT_QUADS 64         /* columns, times groups of four rows, that are kept */
#define LMRT_QUADS_WEIGHTS 32 /* the most weights, in vectors */
#define LMRT_QUADS_SUMS 32    /* outputs that are finished together */

typedef struct LMRT(quad_i8) {
    const lmrt_int8_depthwise *d;
    LMRT(job_i8) job;                   /* one panel */
    LMRT_VI weight[LMRT_QUADS_WEIGHTS]; /* [groups][kernel_w] */
    LMRT_VI column[LMRT_QUADS];         /* [lines][groups][room] */
    LMRT_VI bytes;                      /* in 16 bytes, byte 4 * j + i is that which was 4 * i + j */
    size_t groups, room, lines;
    const int8_t *x, *x_end; /* x: of the panel's first channel */
} LMRT(quad_i8);

/* Four times 16 bytes as four bytes of 16 channels. */
LMRT_INLINE LMRT_VI LMRT(interleaved)(const LMRT(quad_i8) *s, const int8_t *a, const int8_t *b,
                                      const int8_t *c, const int8_t *d) {
    typedef const char bytes[LMRT_PANEL];
    LMRT_VI v, y;
    __asm__("vmovdqu32 %1, %x0\n\tvinserti32x4 $1, %2, %0, %0\n\t"
            "vinserti32x4 $2, %3, %0, %0\n\tvinserti32x4 $3, %4, %0, %0"
            : "=&v"(v)
            : "m"(*(bytes *)(const void *)a), "m"(*(bytes *)(const void *)b), "m"(*(bytes *)(const void *)c),
              "m"(*(bytes *)(const void *)d));
    v = LMRT(reordered)(v, s->job.finish.order);
    __asm__("vpshufb %2, %1, %0" : "=v"(y) : "v"(v), "v"(s->bytes));
    return y;
}

/* The same of the panel's channels alone. */
LMRT_INLINE LMRT_VI LMRT(interleaved_few)(const LMRT(quad_i8) *s, const int8_t *a, const int8_t *b,
                                          const int8_t *c, const int8_t *d) {
    const uint64_t mask = ((uint64_t)1 << s->job.columns) - 1;
    LMRT(v128) few[4];
    few[0] = LMRT(load_masked_16)(a, mask), few[1] = LMRT(load_masked_16)(b, mask);
    few[2] = LMRT(load_masked_16)(c, mask), few[3] = LMRT(load_masked_16)(d, mask);
    const int8_t *at = (const int8_t *)few;
    return LMRT(interleaved)(s, at, at + 16, at + 32, at + 48);
}

/* The panel's weights, and the start of its sums less what 128 added to x adds to them. */
LMRT_INLINE void LMRT(quad_begin)(LMRT(quad_i8) *s, const int8_t *w, size_t w_tap) {
    const lmrt_int8_depthwise *d = s->d;
    const LMRT_VI surplus = LMRT(splat_int)((int32_t)0x80808080u);
    int8_t nothing[LMRT_PANEL] = {0};
    for (size_t group = 0; group < s->groups; group++)
        for (size_t j = 0; j < d->kernel_w; j++) {
            const int8_t *row[4];
            for (size_t i = 0; i < 4; i++) {
                const size_t tap = 4 * group + i;
                row[i] = tap < d->kernel_h ? w + (tap * d->kernel_w + j) * w_tap : nothing;
            }
            const LMRT_VI v = LMRT(interleaved)(s, row[0], row[1], row[2], row[3]);
            s->weight[group * d->kernel_w + j] = v;
            s->job.panel[0].start[0] -= LMRT(dot)(LMRT(splat_int)(0), surplus, v);
        }
}

/* Which four rows of x one of output row i sees: all that are outside are the first inside, whose bytes
 * `keep` takes out and `other` replaces; it turns the sign of the rest. Not 0: none is inside. A row after
 * the kernel's last has no weight, and may be any. */
LMRT_INLINE int LMRT(quad_rows)(const LMRT(quad_i8) *s, size_t i, size_t group, const int8_t *row[4],
                                LMRT_VI *keep, LMRT_VI *other) {
    const lmrt_int8_depthwise *d = s->d;
    const int8_t *any = NULL;
    uint32_t kept = 0;
    for (size_t j = 0; j < 4; j++) {
        const size_t tap = 4 * group + j < d->kernel_h ? 4 * group + j : 4 * group;
        const ptrdiff_t at = (ptrdiff_t)(i * d->stride_h + tap * d->dilation_h) - (ptrdiff_t)d->pad_top;
        const int inside = at >= 0 && at < (ptrdiff_t)d->in_h;
        row[j] = inside ? s->x + (size_t)at * d->in_w * d->c : NULL;
        if (inside) any = row[j], kept |= 0xffu << 8 * j;
    }
    for (size_t j = 0; j < 4; j++)
        if (!row[j]) row[j] = any;
    const uint32_t zeros = (uint32_t)(s->d->x_zero & 0xff) * 0x01010101u;
    *keep = LMRT(splat_int)((int32_t)kept);
    *other = LMRT(splat_int)((int32_t)(0x80808080u ^ (zeros & ~kept)));
    return any == NULL;
}

/* Columns from `first` to `end` of x, some rows that output row i sees, to `to`. */
LMRT_INLINE void LMRT(quad_inside)(const LMRT(quad_i8) *s, size_t i, size_t group, size_t first, size_t end,
                                   LMRT_VI *to) {
    const size_t c = s->d->c;
    const int8_t *row[4], *last;
    LMRT_VI keep, other;
    if (LMRT(quad_rows)(s, i, group, row, &keep, &other)) {
        for (size_t k = first; k < end; k++, to++) *to = other;
        return;
    }
    const ptrdiff_t second = row[1] - row[0], third = row[2] - row[0], fourth = row[3] - row[0];
    const int8_t *x = row[0] + first * c;
    /* Channels after the panel's are read too, and multiplied by 0, but for those that x ends before. */
    last = row[3] > row[2] ? row[3] : row[2];
    last = last > row[1] ? last : row[1];
    last = last > row[0] ? last : row[0];
    size_t whole = end;
    while (whole > first && s->x_end - last < (ptrdiff_t)((whole - 1) * c + LMRT_PANEL)) whole--;
    size_t k = first;
    for (; k < whole; k++, x += c, to++)
        *to = (LMRT(interleaved)(s, x, x + second, x + third, x + fourth) & keep) ^ other;
    for (; k < end; k++, x += c, to++)
        *to = (LMRT(interleaved_few)(s, x, x + second, x + third, x + fourth) & keep) ^ other;
}

/* `count` columns from `left` on for some output rows from i on. */
LMRT_INLINE void LMRT(quad_fill)(LMRT(quad_i8) *s, size_t i, size_t lines, ptrdiff_t left, size_t count) {
    const LMRT_VI outside = LMRT(splat_byte)((int32_t)s->d->x_zero ^ 0x80);
    const ptrdiff_t in_w = (ptrdiff_t)s->d->in_w, end = left + (ptrdiff_t)count;
    const ptrdiff_t to = end < 0 ? 0 : end < in_w ? end : in_w, from = left < 0 ? 0 : left < to ? left : to;
    for (size_t line = 0; line < lines; line++)
        for (size_t group = 0; group < s->groups; group++) {
            LMRT_VI *column = s->column + (line * s->groups + group) * s->room;
            for (ptrdiff_t k = left; k < from && k < end; k++) column[k - left] = outside;
            if (from < to)
                LMRT(quad_inside)(s, i + line, group, (size_t)from, (size_t)to, column + (from - left));
            for (ptrdiff_t k = to > left ? to : left; k < end; k++) column[k - left] = outside;
        }
}

/* The sums of four outputs from (line, j) on, of lines of `width`; those after the last line are of no
 * account. */
LMRT_INLINE void LMRT(quad_four)(const LMRT(quad_i8) *s, size_t line, size_t j, size_t width, LMRT_VI *sums) {
    const lmrt_int8_depthwise *d = s->d;
    const LMRT_VI *column[4];
    LMRT_VI sum[4];
    LMRT_UNROLL
    for (size_t r = 0; r < 4; r++) {
        sum[r] = s->job.panel[0].start[0];
        column[r] = s->column + line * s->groups * s->room + j * d->stride_w;
        if (++j == width) j = 0, line = line + 1 < s->lines ? line + 1 : 0;
    }
    for (size_t group = 0; group < s->groups; group++)
        for (size_t b = 0; b < d->kernel_w; b++) {
            const LMRT_VI w = s->weight[group * d->kernel_w + b];
            const size_t k = group * s->room + b * d->dilation_w;
            LMRT_UNROLL
            for (size_t r = 0; r < 4; r++) sum[r] = LMRT(dot)(sum[r], column[r][k], w);
        }
    LMRT_UNROLL
    for (size_t r = 0; r < 4; r++) sums[r] = sum[r];
}

/* The outputs of the columns that were filled in, stored from job.y on. */
LMRT_INLINE void LMRT(quad_store)(LMRT(quad_i8) *s, size_t lines, size_t width) {
    LMRT_VI sums[LMRT_QUADS_SUMS];
    const size_t outputs = lines * width;
    size_t line = 0, j = 0;
    for (size_t first = 0; first < outputs; first += LMRT_QUADS_SUMS) {
        s->job.count = outputs - first < LMRT_QUADS_SUMS ? outputs - first : LMRT_QUADS_SUMS;
        for (size_t k = 0; k < s->job.count; k += 4) {
            LMRT(quad_four)(s, line, j, width, sums + k);
            for (j += 4; j >= width; j -= width) line++;
        }
        LMRT(panel_store)(&s->job, 0, (const int32_t *)sums);
        LMRT(job_next)(&s->job);
    }
}

/* Whether the weights, and the columns of an output, fit. */
LMRT_INLINE int LMRT(quad_fits)(const lmrt_int8_depthwise *d) {
    const size_t groups = (d->kernel_h + 3) / 4, reach = (d->kernel_w - 1) * d->dilation_w + 1;
    return groups * d->kernel_w <= LMRT_QUADS_WEIGHTS && reach * groups <= LMRT_QUADS;
}

/* One panel: lines that fit whole, several at a time, others in parts. */
LMRT_INLINE void LMRT(quad_panel)(LMRT(quad_i8) *s) {
    const lmrt_int8_depthwise *d = s->d;
    const size_t reach = (d->kernel_w - 1) * d->dilation_w + 1, room = LMRT_QUADS / s->groups;
    const size_t most = (room - reach) / d->stride_w + 1, width = d->out_w < most ? d->out_w : most;
    s->room = (width - 1) * d->stride_w + reach;
    s->lines = width < d->out_w ? 1 : room / s->room;
    for (size_t i = 0; i < d->out_h; i += s->lines) {
        if (s->lines > d->out_h - i) s->lines = d->out_h - i;
        for (size_t j = 0; j < d->out_w; j += width) {
            const size_t count = d->out_w - j < width ? d->out_w - j : width;
            LMRT(quad_fill)(s, i, s->lines, (ptrdiff_t)(j * d->stride_w) - (ptrdiff_t)d->pad_left,
                            (count - 1) * d->stride_w + reach);
            LMRT(quad_store)(s, s->lines, count);
        }
    }
}

LMRT_KERNEL void LMRT(depthwise_vnni)(const lmrt_int8_depthwise *d, const LMRT(output_i8) *out,
                                      const int8_t *x, const int8_t *w, const int32_t *channels,
                                      const int8_t *residual, int8_t *y) {
    const size_t padded = (d->c + LMRT_PANEL - 1) / LMRT_PANEL * LMRT_PANEL;
    LMRT(quad_i8) s;
    int8_t bytes[64];
    for (size_t i = 0; i < 64; i++) bytes[i] = (int8_t)(i % 4 * 4 + i % 16 / 4);
    s.bytes = LMRT(load_int)(bytes);
    s.d = d;
    s.groups = (d->kernel_h + 3) / 4;
    s.x_end = x + d->in_h * d->in_w * d->c;
    s.job.out = *out;
    s.job.y_row = d->c;
    for (size_t c = 0; c < d->c && d->out_w > 0; c += LMRT_PANEL) {
        s.x = x + c;
        s.job.columns = d->c - c < LMRT_PANEL ? d->c - c : LMRT_PANEL;
        s.job.channels = channels + 3 * c;
        s.job.y = y + c;
        s.job.residual = residual ? residual + c : NULL;
        LMRT(job_begin)(&s.job);
        LMRT(quad_begin)(&s, w + c, padded);
        LMRT(quad_panel)(&s);
    }
}
#undef LMRT_QUADS
#undef LMRT_QUADS_WEIGHTS
#undef LMRT_QUADS_SUMS
#endif

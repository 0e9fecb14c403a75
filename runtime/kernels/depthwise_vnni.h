/* Depthwise convolutions by the dot product of VNNI: four rows of the kernel at a time. An input column's
 * four bytes of each channel are put side by side once, and serve all windows that the column is in. */
#pragma once

#include "kernels/finish_i8.h"

#if LMRT_LEVEL == 3
#define LMRT_STRIP 48         /* columns, times groups of four rows, that are kept */
#define LMRT_STRIP_WEIGHTS 32 /* the most weights, in vectors */

typedef struct LMRT(strip_i8) {
    const lmrt_int8_depthwise *d;
    LMRT(finish_i8) finish;
    LMRT(panel_i8) panel;
    LMRT_VI weight[LMRT_STRIP_WEIGHTS]; /* [groups][kernel_w] */
    LMRT_VI column[LMRT_STRIP];         /* [groups][room] */
    LMRT_VI bytes; /* within 16 bytes: number j of four goes to byte 4 * j + i from 4 * i + j */
    size_t groups, room, columns; /* columns: channels of this panel */
    const int32_t *channels;
    const int8_t *x, *residual; /* of the panel's first channel, as y */
    int8_t *y;
    int8_t zeros[LMRT_PANEL];
} LMRT(strip_i8);

/* 16 bytes, or `columns`, of four rows as four bytes of 16 channels. */
LMRT_INLINE LMRT_VI LMRT(interleaved)(const LMRT(strip_i8) *s, const int8_t *const *row, size_t columns) {
    LMRT_VI v, y;
    if (columns == LMRT_PANEL) {
        typedef const char bytes[LMRT_PANEL];
        __asm__("vmovdqu %1, %x0\n\tvinserti32x4 $1, %2, %0, %0\n\t"
                "vinserti32x4 $2, %3, %0, %0\n\tvinserti32x4 $3, %4, %0, %0"
                : "=&v"(v)
                : "m"(*(bytes *)(const void *)row[0]), "m"(*(bytes *)(const void *)row[1]),
                  "m"(*(bytes *)(const void *)row[2]), "m"(*(bytes *)(const void *)row[3]));
    } else {
        LMRT_VI part[4];
        LMRT_UNROLL
        for (size_t i = 0; i < 4; i++) part[i] = LMRT(load_bytes)(row[i], columns);
        __asm__("vinserti32x4 $1, %x2, %1, %0\n\tvinserti32x4 $2, %x3, %0, %0\n\tvinserti32x4 $3, %x4, %0, %0"
                : "=&v"(v)
                : "v"(part[0]), "v"(part[1]), "v"(part[2]), "v"(part[3]));
    }
    v = LMRT(reordered)(v, s->finish.order);
    __asm__("vpshufb %2, %1, %0" : "=v"(y) : "v"(v), "v"(s->bytes));
    return y;
}

/* The panel's weights, and the start of its sums less what 128 added to x adds to them. */
LMRT_INLINE void LMRT(strip_begin)(LMRT(strip_i8) *s, const int8_t *w, size_t w_tap) {
    const lmrt_int8_depthwise *d = s->d;
    const LMRT_VI surplus = LMRT(splat_int)((int32_t)0x80808080u);
    int8_t nothing[LMRT_PANEL] = {0};
    LMRT(panel_begin)(&s->panel, s->channels, s->residual != NULL);
    for (size_t group = 0; group < s->groups; group++)
        for (size_t j = 0; j < d->kernel_w; j++) {
            const int8_t *row[4];
            for (size_t i = 0; i < 4; i++) {
                const size_t tap = 4 * group + i;
                row[i] = tap < d->kernel_h ? w + (tap * d->kernel_w + j) * w_tap : nothing;
            }
            const LMRT_VI v = LMRT(interleaved)(s, row, LMRT_PANEL);
            s->weight[group * d->kernel_w + j] = v;
            s->panel.start[0] -= LMRT(dot)(LMRT(splat_int)(0), surplus, v);
        }
}

/* `count` columns from `left` on, of the rows that output row i sees. */
LMRT_INLINE void LMRT(strip_fill)(LMRT(strip_i8) *s, size_t i, ptrdiff_t left, size_t count) {
    const lmrt_int8_depthwise *d = s->d;
    const LMRT_VI sign = LMRT(splat_int)((int32_t)0x80808080u);
    const LMRT_VI outside = LMRT(splat_byte)(s->zeros[0]) ^ sign;
    const size_t columns = s->columns;
    for (size_t group = 0; group < s->groups; group++) {
        const int8_t *row[4];
        size_t step[4], k = 0;
        LMRT_VI *to = s->column + group * s->room;
        for (; k < count && left + (ptrdiff_t)k < 0; k++) to[k] = outside;
        for (size_t j = 0; j < 4; j++) {
            const size_t tap = 4 * group + j;
            const ptrdiff_t at = (ptrdiff_t)(i * d->stride_h + tap * d->dilation_h) - (ptrdiff_t)d->pad_top;
            const int inside = tap < d->kernel_h && at >= 0 && at < (ptrdiff_t)d->in_h;
            const size_t first = (size_t)(left + (ptrdiff_t)k);
            row[j] = inside && first < d->in_w ? s->x + ((size_t)at * d->in_w + first) * d->c : s->zeros;
            step[j] = inside ? d->c : 0;
        }
        for (; k < count && left + (ptrdiff_t)k < (ptrdiff_t)d->in_w; k++) {
            to[k] = (columns == LMRT_PANEL ? LMRT(interleaved)(s, row, LMRT_PANEL)
                                           : LMRT(interleaved)(s, row, columns)) ^
                    sign;
            LMRT_UNROLL
            for (size_t j = 0; j < 4; j++) row[j] += step[j];
        }
        for (; k < count; k++) to[k] = outside;
    }
}

/* Four outputs, of which `count` are stored, whose first window begins at `first` of the columns. */
LMRT_INLINE void LMRT(strip_four)(const LMRT(strip_i8) *s, size_t first, size_t count, size_t at) {
    const lmrt_int8_depthwise *d = s->d;
    LMRT_VI sum[4];
    const LMRT_VI *column[4];
    LMRT_UNROLL
    for (size_t r = 0; r < 4; r++) {
        sum[r] = s->panel.start[0];
        column[r] = s->column + first + (r < count ? r * d->stride_w : 0);
    }
    for (size_t group = 0; group < s->groups; group++)
        for (size_t j = 0; j < d->kernel_w; j++) {
            const LMRT_VI w = s->weight[group * d->kernel_w + j];
            const size_t k = group * s->room + j * d->dilation_w;
            LMRT_UNROLL
            for (size_t r = 0; r < 4; r++) sum[r] = LMRT(dot)(sum[r], column[r][k], w);
        }
    LMRT(finish_rows)(&s->finish, &s->panel, s->channels, count, s->columns, sum,
                      s->residual ? s->residual + at : NULL, s->y + at, d->c);
}

/* Whether the weights, and a window, fit. */
LMRT_INLINE int LMRT(strip_fits)(const lmrt_int8_depthwise *d) {
    const size_t groups = (d->kernel_h + 3) / 4, reach = (d->kernel_w - 1) * d->dilation_w + 1;
    return groups * d->kernel_w <= LMRT_STRIP_WEIGHTS && (reach + 3 * d->stride_w) * groups <= LMRT_STRIP;
}

LMRT_KERNEL void LMRT(depthwise_vnni)(const lmrt_int8_depthwise *d, const LMRT(output_i8) *out,
                                      const int8_t *x, const int8_t *w, const int32_t *channels,
                                      const int8_t *residual, int8_t *y) {
    const size_t padded = (d->c + LMRT_PANEL - 1) / LMRT_PANEL * LMRT_PANEL;
    const size_t reach = (d->kernel_w - 1) * d->dilation_w + 1;
    LMRT(strip_i8) s;
    int8_t bytes[64];
    for (size_t i = 0; i < 64; i++) bytes[i] = (int8_t)(i % 4 * 4 + i % 16 / 4);
    s.bytes = LMRT(load_int)(bytes);
    s.d = d;
    s.groups = (d->kernel_h + 3) / 4;
    s.room = LMRT_STRIP / s.groups;
    LMRT(finish_begin)(&s.finish, out, residual != NULL);
    memset(s.zeros, (int)d->x_zero, sizeof s.zeros);
    const size_t most =
        ((s.room - reach) / d->stride_w + 1) / 4 * 4; /* outputs that the columns are enough for */
    for (size_t c = 0; c < d->c; c += LMRT_PANEL) {
        s.columns = d->c - c < LMRT_PANEL ? d->c - c : LMRT_PANEL;
        s.channels = channels + 3 * c;
        s.x = x + c;
        s.y = y + c;
        s.residual = residual ? residual + c : NULL;
        LMRT(strip_begin)(&s, w + c, padded);
        for (size_t i = 0; i < d->out_h; i++)
            for (size_t j = 0; j < d->out_w; j += most) {
                const size_t count = d->out_w - j < most ? d->out_w - j : most;
                LMRT(strip_fill)(&s, i, (ptrdiff_t)(j * d->stride_w) - (ptrdiff_t)d->pad_left,
                                 (count - 1) * d->stride_w + reach);
                for (size_t k = 0; k < count; k += 4)
                    LMRT(strip_four)(&s, k * d->stride_w, count - k < 4 ? count - k : 4,
                                     (i * d->out_w + j + k) * d->c);
            }
    }
}
#undef LMRT_STRIP
#undef LMRT_STRIP_WEIGHTS
#endif

/* Rows of a matrix product copied out of x: each what one output pixel sees, its segments (lmrt.h, "int8")
 * one after another, filled up to four terms. So one loop serves all windows, whether they reach outside,
 * step over inputs or neither, and what a vector unit wants of x is done once for all columns: bytes without
 * a sign for VNNI, else 16 bits. */
#pragma once

#include "kernels/pairs_i8.h"
#include "kernels/vector_i8.h"

/* `limit`: terms of a row that a patch holds; sums over more go through it in parts. */
typedef struct LMRT(window_i8) {
    const int8_t *x;
    size_t in_h, in_w, in_c, kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, out_w;
    ptrdiff_t pad_top, pad_left;
    size_t segments, across, length; /* across: segments side by side, 1 or kernel_w */
    size_t limit;
    int8_t zero;
    /* From here on LMRT(window_begin) sets all: between which outputs everything seen is inside, how far the
     * rows of taps are apart in x, terms of a segment filled up, and which bytes of a segment's last 64 there
     * are. */
    size_t first_row, end_row, first_column, end_column, step, padded;
    int fits,
        flat; /* a patch holds whole rows; they are neighbours in x, with nothing between and around them */
    size_t distance; /* terms between rows of a patch */
#if LMRT_LEVEL == 3
    uint64_t tail;
#endif
} LMRT(window_i8);

typedef struct LMRT(place_i8) {
    size_t segment, offset;
} LMRT(place_i8);

#if LMRT_LEVEL == 3
/* Those of 16 bytes that the mask has, with the sign turned round; 16 are written. */
LMRT_INLINE void LMRT(copy_short)(uint8_t *to, const int8_t *from, uint64_t mask) {
    const LMRT(v128) v = LMRT(load_masked_16)(from, mask) ^ (int32_t)0x80808080u;
    memcpy(to, &v, sizeof v);
}
/* n bytes, of the last 64 those of `tail`; up to 63 more are written behind them. */
LMRT_INLINE void LMRT(copy_tail)(uint8_t *to, const int8_t *from, size_t n, uint64_t tail) {
    const LMRT_VI sign = LMRT(splat_int)((int32_t)0x80808080u);
    size_t i = 0;
    for (; i + 64 < n; i += 64) LMRT(store_int)(to + i, LMRT(load_int)(from + i) ^ sign);
    LMRT(store_int)(to + i, LMRT(load_masked)(from + i, tail) ^ sign);
}
LMRT_INLINE uint64_t LMRT(tail_mask)(size_t n) {
    return n ? ~(uint64_t)0 >> (63 - (n - 1) % 64) : 0;
}
LMRT_INLINE void LMRT(copy_bytes)(uint8_t *to, const int8_t *from, size_t n) {
    if (n <= 16)
        LMRT(copy_short)(to, from, LMRT(tail_mask)(n));
    else
        LMRT(copy_tail)(to, from, n, LMRT(tail_mask)(n));
}
LMRT_INLINE void LMRT(fill_bytes)(uint8_t *to, int8_t value, size_t n) {
    const LMRT_VI v = LMRT(splat_int)((int32_t)((uint32_t)((value & 0xff) ^ 0x80) * 0x01010101u));
    if (n <= 16)
        memcpy(to, &v, 16);
    else
        for (size_t i = 0; i < n; i += 64) LMRT(store_int)(to + i, v);
}
#endif
#if LMRT_PAIRS
LMRT_INLINE void LMRT(copy_bytes)(int8_t *to, const int8_t *from, size_t n) {
    size_t i = 0;
    LMRT_NO_UNROLL
    for (; i + 4 <= n; i += 4) memcpy(to + i, from + i, 4);
    if (n & 2) memcpy(to + i, from + i, 2), i += 2;
    if (n & 1) to[i] = from[i];
}
#endif
/* Up to three more are written behind. */
LMRT_INLINE void LMRT(copy_words)(int16_t *to, const int8_t *from, size_t n) {
    size_t i = 0;
#if LMRT_LEVEL >= 1
    for (; i + 2 * LMRT_LANES <= n; i += 2 * LMRT_LANES) LMRT(store_int)(to + i, LMRT(widened)(from + i));
#endif
#if LMRT_LEVEL >= 2
    for (; i + 8 <= n; i += 8) {
        const LMRT(v128) v = LMRT(widened_8)(from + i);
        memcpy(to + i, &v, sizeof v);
    }
#endif
    for (; i < n; i++) to[i] = from[i];
    to[n] = to[n + 1] = to[n + 2] = 0;
}
LMRT_INLINE void LMRT(fill_words)(int16_t *to, int8_t value, size_t n) {
    for (size_t i = 0; i < n; i++) to[i] = value;
    to[n] = to[n + 1] = to[n + 2] = 0;
}

/* Terms of a patch, from `at` on; narrow, a constant: they are bytes. */
LMRT_INLINE void LMRT(patch_copy)(void *patch, size_t at, const int8_t *from, size_t n, const int narrow) {
#if LMRT_LEVEL == 3
    if (narrow) {
        LMRT(copy_bytes)((uint8_t *)patch + at, from, n);
        return;
    }
#elif LMRT_PAIRS
    if (narrow) {
        LMRT(copy_bytes)((int8_t *)patch + at, from, n);
        return;
    }
#endif
    (void)narrow;
    LMRT(copy_words)((int16_t *)patch + at, from, n);
}
LMRT_INLINE void LMRT(patch_fill)(void *patch, size_t at, int8_t value, size_t n, const int narrow) {
#if LMRT_LEVEL == 3
    if (narrow) {
        LMRT(fill_bytes)((uint8_t *)patch + at, value, n);
        return;
    }
#elif LMRT_PAIRS
    if (narrow) {
        memset((int8_t *)patch + at, value, n);
        return;
    }
#endif
    (void)narrow;
    LMRT(fill_words)((int16_t *)patch + at, value, n);
}

/* Part of one segment, n terms from `offset`, of a window that may reach outside. */
LMRT_INLINE void LMRT(patch_segment)(const LMRT(window_i8) *d, ptrdiff_t top, ptrdiff_t left, size_t segment,
                                     size_t offset, size_t n, void *patch, size_t at, const int narrow) {
    const size_t down = d->across == 1 ? segment : segment / d->across;
    const ptrdiff_t row = top + (ptrdiff_t)(down * d->dilation_h);
    const ptrdiff_t first = left + (ptrdiff_t)((segment - down * d->across) * d->dilation_w);
    const ptrdiff_t in_w = (ptrdiff_t)d->in_w, pixels = d->across == 1 ? (ptrdiff_t)d->kernel_w : 1;
    ptrdiff_t begin = first < 0 ? -first : 0, end = in_w - first < pixels ? in_w - first : pixels;
    if (row < 0 || row >= (ptrdiff_t)d->in_h || begin >= end) {
        LMRT(patch_fill)(patch, at, d->zero, n, narrow);
        return;
    }
    const ptrdiff_t from = (ptrdiff_t)offset, to = from + (ptrdiff_t)n;
    begin *= (ptrdiff_t)d->in_c, end *= (ptrdiff_t)d->in_c;
    if (d->across != 1) begin = 0, end = (ptrdiff_t)d->length;
    begin = begin < from ? from : begin > to ? to : begin;
    end = end < begin ? begin : end > to ? to : end;
    if (begin > from) LMRT(patch_fill)(patch, at, d->zero, (size_t)(begin - from), narrow);
    if (end > begin)
        LMRT(patch_copy)(patch, at + (size_t)(begin - from),
                         d->x + (row * in_w + first) * (ptrdiff_t)d->in_c + begin, (size_t)(end - begin),
                         narrow);
    if (to > end) LMRT(patch_fill)(patch, at + (size_t)(end - from), d->zero, (size_t)(to - end), narrow);
}

/* The first position at which a window of `reach` is inside, and the first after that at which it is not. */
LMRT_INLINE void LMRT(window_inside)(size_t in, size_t reach, size_t stride, ptrdiff_t pad, size_t *first,
                                     size_t *end) {
    *first = ((size_t)pad + stride - 1) / stride;
    *end = in + (size_t)pad < reach ? 0 : (in + (size_t)pad - reach) / stride + 1;
}

LMRT_KERNEL void LMRT(window_begin)(LMRT(window_i8) *d) {
    LMRT(window_inside)(d->in_h, (d->kernel_h - 1) * d->dilation_h + 1, d->stride_h, d->pad_top,
                        &d->first_row, &d->end_row);
    LMRT(window_inside)(d->in_w, (d->kernel_w - 1) * d->dilation_w + 1, d->stride_w, d->pad_left,
                        &d->first_column, &d->end_column);
    d->step = d->dilation_h * d->in_w * d->in_c;
    d->padded = (d->length + 3) / 4 * 4;
    d->fits = d->across == 1 && d->segments * d->padded <= d->limit;
    d->flat = d->fits && d->segments == 1 && d->length == d->in_c && d->padded == d->length &&
              d->stride_w == 1 && d->stride_h == 1 && d->pad_top == 0 && d->pad_left == 0 &&
              d->out_w == d->in_w;
    d->distance = d->fits ? d->segments * d->padded : d->limit;
#if LMRT_LEVEL == 3
    d->tail = LMRT(tail_mask)(d->length);
#endif
}

LMRT_INLINE int LMRT(is_inside)(const LMRT(window_i8) *d, size_t i, size_t j) {
    return i >= d->first_row && i < d->end_row && j >= d->first_column && j < d->end_column;
}

/* All terms of a window that lies inside, from x on. */
LMRT_INLINE void LMRT(patch_inside)(const LMRT(window_i8) *d, const int8_t *x, void *patch,
                                    const int narrow) {
#if LMRT_LEVEL == 3
    if (narrow) {
        const size_t segments = d->segments, step = d->step, padded = d->padded, length = d->length;
        const uint64_t tail = d->tail; /* what is stored cannot change them */
        uint8_t *to = patch;
        if (length <= 16)
            for (size_t segment = 0; segment < segments; segment++, x += step, to += padded)
                LMRT(copy_short)(to, x, tail);
        else
            for (size_t segment = 0; segment < segments; segment++, x += step, to += padded)
                LMRT(copy_tail)(to, x, length, tail);
        return;
    }
#endif
    for (size_t segment = 0; segment < d->segments; segment++, x += d->step)
        LMRT(patch_copy)(patch, segment * d->padded, x, d->length, narrow);
}

/* All terms of a window that reaches outside; at: where it begins. */
LMRT_INLINE void LMRT(patch_edge)(const LMRT(window_i8) *d, size_t i, size_t j, ptrdiff_t at, void *patch,
                                  const int narrow) {
    const ptrdiff_t top = (ptrdiff_t)(i * d->stride_h) - d->pad_top, in_w = (ptrdiff_t)d->in_w;
    const ptrdiff_t left = (ptrdiff_t)(j * d->stride_w) - d->pad_left, width = (ptrdiff_t)d->kernel_w;
    const ptrdiff_t begin = left < 0 ? -left : 0, end = in_w - left < width ? in_w - left : width;
    const size_t before = (size_t)begin * d->in_c, all = (size_t)(end > 0 ? end : 0) * d->in_c;
    const size_t after = all < d->length ? all : d->length; /* a pixel's other groups are not seen */
    for (size_t segment = 0, to = 0; segment < d->segments; segment++, to += d->padded) {
        const ptrdiff_t row = top + (ptrdiff_t)(segment * d->dilation_h);
        if (row < 0 || row >= (ptrdiff_t)d->in_h || begin >= end) {
            LMRT(patch_fill)(patch, to, d->zero, d->length, narrow);
            continue;
        }
        if (before) LMRT(patch_fill)(patch, to, d->zero, before, narrow);
        LMRT(patch_copy)(patch, to + before, d->x + at + (ptrdiff_t)(segment * d->step + before),
                         after - before, narrow);
        if (after < d->length) LMRT(patch_fill)(patch, to + after, d->zero, d->length - after, narrow);
    }
}

/* What the window at an output pixel sees from `place` on, as far as a patch goes. Returns how many terms it
 * is. */
LMRT_KERNEL size_t LMRT(patch_parts)(const LMRT(window_i8) *d, size_t i, size_t j, LMRT(place_i8) *place,
                                     void *patch, const int narrow) {
    const ptrdiff_t top = (ptrdiff_t)(i * d->stride_h) - d->pad_top;
    const ptrdiff_t left = (ptrdiff_t)(j * d->stride_w) - d->pad_left;
    size_t at = 0;
    for (; place->segment < d->segments && at < d->limit; at = (at + 3) / 4 * 4) {
        const size_t left_over = d->length - place->offset, room = d->limit - at;
        const size_t n = left_over < room ? left_over : room;
        LMRT(patch_segment)(d, top, left, place->segment, place->offset, n, patch, at, narrow);
        at += n;
        place->offset += n;
        if (place->offset < d->length) continue;
        place->offset = 0;
        place->segment++;
    }
    return at;
}

/* Neighbours in x as they are. */
LMRT_INLINE void LMRT(patch_flat)(const LMRT(window_i8) *d, size_t pixel, size_t count, void *patch,
                                  const int narrow) {
    LMRT(patch_copy)(patch, 0, d->x + pixel * d->length, count * d->length, narrow);
}

/* The same for `rows` neighbours from output (i, j) on, each `stride` bytes after the one before; beyond
 * `count` the last pixel again. */
LMRT_INLINE size_t LMRT(patch_rows)(const LMRT(window_i8) *d, size_t i, size_t j, size_t count,
                                    LMRT(place_i8) *place, void *patch, const int narrow) {
    const LMRT(place_i8) start = *place;
    const ptrdiff_t across = (ptrdiff_t)(d->stride_w * d->in_c),
                    down = (ptrdiff_t)(d->stride_h * d->in_w * d->in_c);
    ptrdiff_t line =
        (ptrdiff_t)i * down - (d->pad_top * (ptrdiff_t)d->in_w + d->pad_left) * (ptrdiff_t)d->in_c;
    ptrdiff_t at = line + (ptrdiff_t)j * across;
    const size_t distance = d->distance * (narrow ? 1 : sizeof(int16_t));
    size_t terms = d->distance;
    char *to = patch;
    if (d->fits) place->segment = d->segments;
    if (d->flat) {
        LMRT(patch_flat)(d, i * d->out_w + j, count, patch, narrow);
        return terms;
    }
    for (size_t row = 0; row < count; row++, to += distance) {
        if (d->fits && LMRT(is_inside)(d, i, j))
            LMRT(patch_inside)(d, d->x + at, to, narrow);
        else if (d->fits)
            LMRT(patch_edge)(d, i, j, at, to, narrow);
        else { /* in parts */
            *place = start;
            terms = LMRT(patch_parts)(d, i, j, place, to, narrow);
        }
        at += across;
        if (++j == d->out_w) j = 0, i++, line += down, at = line;
    }
    return terms;
}

/* From 32-bit sums to int8 results by vectors: the arithmetic of rescale.h, four vectors of sums at a time.
 */
#pragma once

#include "kernels/rescale.h"
#include "kernels/vector_i8.h"

#if LMRT_LEVEL >= 2
/* A panel's channels, ready for use. With shifts of 32 and more the result of a product is in its high half,
 * which 32 bits hold; `plain` where a channel's is less: then single numbers are rescaled. */
typedef struct LMRT(panel_i8) {
    LMRT_VI start[LMRT_VECTORS], even[LMRT_VECTORS], odd[LMRT_VECTORS], shift[LMRT_VECTORS];
    LMRT(v64) even_half[LMRT_VECTORS], odd_half[LMRT_VECTORS];
    int plain;
} LMRT(panel_i8);

LMRT_INLINE void LMRT(panel_begin)(LMRT(panel_i8) *p, const int32_t *channels, int residual) {
    LMRT_VI few = LMRT(splat_int)(0);
    for (size_t v = 0; v < LMRT_VECTORS; v++) {
        const int32_t *at = channels + v * LMRT_LANES;
        const LMRT_VI factor = LMRT(load_int)(at + LMRT_PANEL), shift = LMRT(load_int)(at + 2 * LMRT_PANEL);
        const LMRT_VI none = (LMRT_VI)(factor == 0); /* any shift will do */
        const LMRT_VI used = (shift & ~none) | (LMRT(splat_int)(32) & none);
        p->start[v] = LMRT(load_int)(at);
        p->even[v] = factor;
        p->odd[v] = LMRT(odd_lanes)(factor);
        p->shift[v] = used - 32;
        /* 2^(shift - 1); with a residual the half comes later, and the product keeps 8 bits more */
        const LMRT(v64) one = (LMRT(v64)){0} + (residual ? 0 : 1);
        p->even_half[v] = one << (((LMRT(v64))used & 0xff) - 1);
        p->odd_half[v] = one << ((LMRT(v64))LMRT(odd_lanes)(used) - 1);
        few |= LMRT(less_int)(used, LMRT(splat_int)(32));
    }
    int32_t any[LMRT_LANES];
    LMRT(store_int)(any, few);
    p->plain = 0;
    for (size_t i = 0; i < LMRT_LANES; i++) p->plain |= any[i];
}

/* What all panels share. */
typedef struct LMRT(finish_i8) {
    LMRT_VI zero, low, high, order; /* of 16 bits, of 8, of 8 */
    int plain;                      /* the residual's factor is beyond what the vectors hold */
    LMRT(output_i8) out;
} LMRT(finish_i8);

LMRT_INLINE LMRT_VI LMRT(splat_byte)(int32_t x) {
    return LMRT(splat_int)((int32_t)((uint32_t)(x & 0xff) * 0x01010101u));
}

LMRT_INLINE void LMRT(finish_begin)(LMRT(finish_i8) *f, const LMRT(output_i8) *out, int residual) {
    int32_t order[LMRT_LANES];
    const size_t quarter = LMRT_LANES / 4; /* 16 bytes have four numbers of each of four vectors */
    for (size_t i = 0; i < LMRT_LANES; i++) order[i] = (int32_t)(i % quarter * 4 + i / quarter);
    f->order = LMRT(load_int)(order);
    f->zero = LMRT(splat_int)((int32_t)((uint32_t)(out->zero & 0xffff) * 0x00010001u));
    f->low = LMRT(splat_byte)(out->low);
    f->high = LMRT(splat_byte)(out->high);
    f->out = *out;
    f->plain = residual && out->r_shift < 16;
}

LMRT_INLINE LMRT_VI LMRT(rescaled_vector)(LMRT_VI v, const LMRT(panel_i8) *p, size_t i) {
    const LMRT_VI upper = LMRT(odd_lanes)(v);
    const LMRT(v64) even = (LMRT(v64))LMRT(product_64)(v, p->even[i]) + p->even_half[i];
    const LMRT(v64) odd = (LMRT(v64))LMRT(product_64)(upper, p->odd[i]) + p->odd_half[i];
    return LMRT(high_halves)(even, odd) >> p->shift[i];
}

/* floor(v / 2^n) for |v| < 2^62 and n < 62. */
LMRT_INLINE LMRT(v64) LMRT(shifted_64)(LMRT(v64) v, LMRT(v64) n) {
#if LMRT_LEVEL == 3
    return v >> n;
#else
    typedef uint64_t bits __attribute__((vector_size(4 * LMRT_LANES)));
    const bits half = (bits){0} + ((uint64_t)1 << 62); /* AVX2 shifts in zeros only */
    return (LMRT(v64))(((bits)v + half) >> (bits)n) - (LMRT(v64))(half >> (bits)n);
#endif
}

LMRT_INLINE LMRT_VI LMRT(rescaled_pairs)(LMRT_VI v, LMRT_VI r, const LMRT(panel_i8) *p, size_t i,
                                         const LMRT(output_i8) *out) {
    const LMRT_VI factor = LMRT(splat_int)(out->r_multiplier);
    const LMRT(v64) r_shift = (LMRT(v64)){0} + (out->r_shift - 8), shift = (LMRT(v64))(p->shift[i] + 24);
    const LMRT_VI v_upper = LMRT(odd_lanes)(v), r_upper = LMRT(odd_lanes)(r);
    LMRT(v64) even = LMRT(shifted_64)((LMRT(v64))LMRT(product_64)(v, p->even[i]), shift & 0xff);
    LMRT(v64) odd = LMRT(shifted_64)((LMRT(v64))LMRT(product_64)(v_upper, p->odd[i]),
                                     (LMRT(v64))LMRT(odd_lanes)((LMRT_VI)shift));
    even += LMRT(shifted_64)((LMRT(v64))LMRT(product_64)(r, factor), r_shift) + 128;
    odd += LMRT(shifted_64)((LMRT(v64))LMRT(product_64)(r_upper, factor), r_shift) + 128;
    /* Of each the bits 8 to 39 are the result. */
    return LMRT(high_halves)(even << 24, odd << 24);
}

/* LMRT_LANES numbers of a residual less its zero; the last of a row are fewer. */
LMRT_INLINE LMRT_VI LMRT(residual_vector)(const int8_t *r, size_t columns, int32_t zero) {
    int8_t few[LMRT_LANES] = {0};
    if (columns >= LMRT_LANES) return LMRT(load_wide)(r) - LMRT(splat_int)(zero);
    for (size_t i = 0; i < columns; i++) few[i] = r[i];
    return LMRT(load_wide)(few) - LMRT(splat_int)(zero);
}

/* Rows of LMRT_PANEL bytes of which `columns` are stored. */
LMRT_INLINE void LMRT(store_rows)(int8_t *y, size_t y_row, size_t count, size_t columns, LMRT_VI v) {
    int8_t bytes[4 * LMRT_LANES];
    LMRT(store_int)(bytes, v);
    if (columns == 8 && count >= LMRT_LANES / 4) {
        LMRT_UNROLL
        for (size_t row = 0; row < LMRT_LANES / 4; row++)
            memcpy(y + row * y_row, bytes + row * LMRT_PANEL, 8);
        return;
    }
    for (size_t row = 0; row < LMRT_LANES / 4 && row < count; row++, y += y_row) {
        const int8_t *from = bytes + row * LMRT_PANEL;
        size_t at = 0;
        if (columns & 8) memcpy(y, from, 8), at = 8;
        if (columns & 4) memcpy(y + at, from + at, 4), at += 4;
        for (; at < columns; at++) y[at] = from[at];
    }
}

/* All columns of LMRT_LANES / 4 rows. */
LMRT_INLINE void LMRT(store_whole)(int8_t *y, size_t y_row, LMRT_VI v) {
    typedef int32_t row __attribute__((vector_size(LMRT_PANEL)));
    row part;
#if LMRT_LEVEL == 3
    __asm__("vmovdqa32 %x1, %0" : "=v"(part) : "v"(v));
    memcpy(y, &part, sizeof part);
    __asm__("vextracti32x4 $1, %1, %0" : "=v"(part) : "v"(v));
    memcpy(y + y_row, &part, sizeof part);
    __asm__("vextracti32x4 $2, %1, %0" : "=v"(part) : "v"(v));
    memcpy(y + 2 * y_row, &part, sizeof part);
    __asm__("vextracti32x4 $3, %1, %0" : "=v"(part) : "v"(v));
    memcpy(y + 3 * y_row, &part, sizeof part);
#else
    __asm__("vmovdqa %x1, %0" : "=x"(part) : "x"(v));
    memcpy(y, &part, sizeof part);
    __asm__("vextracti128 $1, %1, %0" : "=x"(part) : "x"(v));
    memcpy(y + y_row, &part, sizeof part);
#endif
}

/* Four vectors of sums as bytes, in order; residual: of the first row, NULL or with `count` rows. */
LMRT_INLINE LMRT_VI LMRT(finished)(const LMRT(finish_i8) *f, const LMRT(panel_i8) *p, const int32_t *sums,
                                   size_t count, size_t columns, const int8_t *residual, size_t y_row) {
    LMRT_VI v[4];
    LMRT_UNROLL
    for (size_t i = 0; i < 4; i++) {
        const size_t row = i / LMRT_VECTORS, at = i % LMRT_VECTORS * LMRT_LANES;
        v[i] = LMRT(load_int)(sums + i * LMRT_LANES);
        if (residual) {
            const int8_t *from = residual + (row < count ? row : 0) * y_row + at;
            const LMRT_VI r = LMRT(residual_vector)(from, columns > at ? columns - at : 0, f->out.r_zero);
            v[i] = LMRT(rescaled_pairs)(v[i], r, p, i % LMRT_VECTORS, &f->out);
        } else
            v[i] = LMRT(rescaled_vector)(v[i], p, i % LMRT_VECTORS);
    }
    const LMRT_VI left = LMRT(add_16)(LMRT(narrow_16)(v[0], v[1]), f->zero);
    const LMRT_VI right = LMRT(add_16)(LMRT(narrow_16)(v[2], v[3]), f->zero);
    const LMRT_VI bytes = LMRT(most_8)(LMRT(least_8)(LMRT(narrow_8)(left, right), f->high), f->low);
    return LMRT(reordered)(bytes, f->order);
}

/* `count` rows of a panel's sums, stored. */
LMRT_INLINE void LMRT(finish_rows)(const LMRT(finish_i8) *finish, const LMRT(panel_i8) *panel,
                                   const int32_t *sums, size_t count, size_t columns, const int8_t *residual,
                                   int8_t *y, size_t y_row) {
    const LMRT(finish_i8) f = *finish; /* nothing that is stored to y can change these */
    const LMRT(panel_i8) p = *panel;
    const size_t step = LMRT_LANES / 4;
    size_t row = 0;
    if (columns == LMRT_PANEL)
        for (; row + step <= count; row += step, sums += step * LMRT_PANEL, y += step * y_row) {
            LMRT(store_whole)(y, y_row, LMRT(finished)(&f, &p, sums, step, LMRT_PANEL, residual, y_row));
            if (residual) residual += step * y_row;
        }
    for (; row < count; row += step, sums += step * LMRT_PANEL, y += step * y_row) {
        const size_t left = count - row;
        LMRT(store_rows)(y, y_row, left, columns,
                         LMRT(finished)(&f, &p, sums, left, columns, residual, y_row));
        if (residual) residual += step * y_row;
    }
}
#endif

/* What the tiles of a block of panels have in common, and where one is. */
typedef struct LMRT(job_i8) {
    LMRT(output_i8) out;
#if LMRT_LEVEL >= 2
    LMRT(finish_i8) finish;
    LMRT(panel_i8) panel[LMRT_PANELS_I8];
#endif
    const int32_t *channels;
    const int8_t *w;
    size_t w_panel, columns; /* of w: bytes; columns: of the block */
    const int8_t *residual;  /* of the first pixel and column, as y */
    int8_t *y;
    size_t y_row, count; /* rows that are stored */
} LMRT(job_i8);

/* Begins the panels from job->channels on, of `columns` columns; whether there is a residual is known. */
LMRT_INLINE void LMRT(job_begin)(LMRT(job_i8) *job) {
#if LMRT_LEVEL >= 2
    LMRT(finish_begin)(&job->finish, &job->out, job->residual != NULL);
    for (size_t p = 0; p * LMRT_PANEL < job->columns; p++)
        LMRT(panel_begin)(&job->panel[p], job->channels + p * 3 * LMRT_PANEL, job->residual != NULL);
#endif
    (void)job;
}

/* The sums[job->count][LMRT_PANEL] of a panel, stored; whole vectors of them are read. */
LMRT_KERNEL void LMRT(panel_store)(const LMRT(job_i8) *job, size_t panel, const int32_t *sums) {
    const size_t first = panel * LMRT_PANEL, left = job->columns - first;
    const size_t columns = left < LMRT_PANEL ? left : LMRT_PANEL;
    const int8_t *residual = job->residual ? job->residual + first : NULL;
    int8_t *y = job->y + first;
#if LMRT_LEVEL >= 2
    const LMRT(panel_i8) *p = &job->panel[panel];
    if (!p->plain && !(residual && job->finish.plain)) {
        if (residual)
            LMRT(finish_rows)(&job->finish, p, sums, job->count, columns, residual, y, job->y_row);
        else
            LMRT(finish_rows)(&job->finish, p, sums, job->count, columns, NULL, y, job->y_row);
        return;
    }
#endif
    for (size_t row = 0; row < job->count; row++)
        LMRT(store_i8)(&job->out, sums + row * LMRT_PANEL, columns, job->channels + 3 * first,
                       residual ? residual + row * job->y_row : NULL, y + row * job->y_row);
}

/* On to the rows after these. */
LMRT_INLINE void LMRT(job_next)(LMRT(job_i8) *job) {
    job->y += job->count * job->y_row;
    if (job->residual) job->residual += job->count * job->y_row;
}

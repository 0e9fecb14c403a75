/* Which taps of a window lie inside the input, shared by convolutions and pooling.
 * Output positions with the same taps form runs: the border is a few of them, the inside is one. */
#pragma once

#include "simd/simd.h"

typedef struct LMRT(axis) {
    size_t in, out, kernel, stride, dilation, pad;
} LMRT(axis);

typedef struct LMRT(run) {
    size_t from, to;  /* output positions */
    size_t tap, taps; /* the first tap inside the input, and how many */
    size_t start;     /* the input position of that tap at `from` */
} LMRT(run);

/* The first tap at or after 0, and the first after the end, at output position `at`. */
LMRT_INLINE void LMRT(window_taps)(const LMRT(axis) *a, size_t at, size_t *first, size_t *end) {
    const size_t origin = at * a->stride; /* plus pad */
    const size_t before = origin < a->pad ? a->pad - origin : 0, reach = a->in + a->pad;
    *first = (before + a->dilation - 1) / a->dilation;
    *end = origin < reach ? (reach - origin + a->dilation - 1) / a->dilation : 0;
    if (*end > a->kernel) *end = a->kernel;
    if (*first > *end) *first = *end;
}

/* The run that begins at output position `from` < a->out. */
LMRT_KERNEL LMRT(run) LMRT(window_run)(const LMRT(axis) *a, size_t from) {
    LMRT(run) run = {from, from + 1, 0, 0, 0};
    size_t first, end;
    LMRT(window_taps)(a, from, &first, &end);
    run.tap = first;
    run.taps = end - first;
    run.start = run.taps ? from * a->stride + first * a->dilation - a->pad : 0;
    while (run.to < a->out) {
        size_t next_first, next_end;
        LMRT(window_taps)(a, run.to, &next_first, &next_end);
        if (next_first != first || next_end != end) break;
        run.to++;
    }
    return run;
}

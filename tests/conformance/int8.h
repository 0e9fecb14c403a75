/* What the tests of kernels on int8 numbers share: numbers, the arithmetic of lmrt.h in plain loops, windows.
 * Inputs end where their memory ends and begin at odd addresses, so that sanitizers see every read beyond. */
#ifndef CONFORMANCE_INT8_H
#define CONFORMANCE_INT8_H

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "conformance.h"

#if defined(__GNUC__)
#define UNUSED __attribute__((unused))
#else
#define UNUSED
#endif

/* ---- numbers ---- */

enum { GUARD_BYTES = 64, PATTERN = 0x5b, MOST = 32 };
static struct {
    void *memory;
    size_t guarded; /* bytes between two guards, or 0 */
} held[MOST];
static size_t n_held;
static uint64_t state;

/* Where several are drawn, it is in statements of their own: all compilers have the same cases. */
UNUSED static uint32_t random_bits(void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 32);
}

/* from .. to */
UNUSED static int between(int from, int to) {
    return (int)(from + (int64_t)random_bits() % ((int64_t)to - from + 1));
}

UNUSED static size_t size_between(size_t from, size_t to) {
    return from + random_bits() % (to - from + 1);
}

UNUSED static void *hold(size_t bytes, size_t guarded_bytes) {
    void *memory = malloc(bytes);
    if (!memory || n_held == MOST) abort();
    held[n_held].memory = memory;
    held[n_held++].guarded = guarded_bytes;
    return memory;
}

/* n numbers of -limit - 1 .. limit, the ends often. */
UNUSED static int8_t *bytes_within(size_t n, int limit, int least) {
    int8_t *x = (int8_t *)hold(n + 1, 0) + 1;
    for (size_t i = 0; i < n; i++) {
        const int kind = between(0, 7);
        x[i] = (int8_t)(kind == 0 ? least : kind == 1 ? limit : between(least, limit));
    }
    return x;
}

UNUSED static int8_t *values(size_t n) {
    return bytes_within(n, 127, -128);
}

UNUSED static int8_t *weights(size_t n) {
    return bytes_within(n, 127, -127);
}

UNUSED static int32_t *integers(size_t n) {
    int32_t *x = hold((n + 1) * sizeof *x, 0);
    memset(x, 0, (n + 1) * sizeof *x);
    return x;
}

/* For results: what is written beyond is found by finish_case. */
UNUSED static int8_t *results(size_t n) {
    int8_t *memory = hold(n + 2 * GUARD_BYTES, n);
    memset(memory, PATTERN, n + 2 * GUARD_BYTES);
    return memory + GUARD_BYTES;
}

UNUSED static void finish_case(void) {
    for (size_t i = 0; i < n_held; i++) {
        const int8_t *memory = held[i].memory;
        for (size_t j = 0; held[i].guarded && j < GUARD_BYTES; j++)
            if (memory[j] != PATTERN || memory[GUARD_BYTES + held[i].guarded + j] != PATTERN) {
                expect_true(0, "nothing is written outside of y");
                break;
            }
        free(held[i].memory);
    }
    n_held = 0;
}

/* ---- the arithmetic ---- */

typedef struct Output {
    ptrdiff_t y_zero, low, high, r_zero, r_multiplier, r_shift;
} Output;

UNUSED static int64_t floor_shift(int64_t v, ptrdiff_t shift) {
    const int64_t unit = (int64_t)1 << shift, quotient = v / unit;
    return quotient - (v % unit < 0);
}

UNUSED static int8_t rescaled(int64_t v, ptrdiff_t multiplier, ptrdiff_t shift, const Output *o,
                              const int8_t *r) {
    int64_t y;
    if (r) {
        const int64_t left = floor_shift(v * multiplier, shift - 8);
        const int64_t right = floor_shift((*r - o->r_zero) * o->r_multiplier, o->r_shift - 8);
        y = floor_shift(left + right + 128, 8);
    } else
        y = floor_shift(v * multiplier + ((int64_t)1 << (shift - 1)), shift);
    y += o->y_zero;
    return (int8_t)(y < o->low ? o->low : y > o->high ? o->high : y);
}

/* Factors: those of real layers, which spread sums of so many terms over int8; ties; anything at all. */
enum { USUAL, TIES, ANY, FACTORS };

UNUSED static void factor(int kind, size_t terms, int32_t *multiplier, int32_t *shift) {
    int bits = 0;
    while ((size_t)1 << bits < terms) bits++;
    *multiplier = between(1 << 30, INT32_MAX);
    *shift = between(35, 40) + bits / 2;
    if (kind == TIES) {
        *multiplier = 1 << 30;
        *shift = between(31, 36) + bits / 2;
    } else if (kind == ANY) {
        const int less = between(0, 24);
        *multiplier = less > 20 ? 0 : *multiplier >> less;
        *shift = between(8, 62);
    }
}

UNUSED static Output output(int kind) {
    Output o = {between(-128, 127), -128, 127, 0, 0, 0};
    o.r_zero = between(-128, 127);
    int32_t multiplier, shift;
    if (kind == ANY) {
        o.y_zero = between(0, 1) ? 127 : -128;
        o.r_zero = between(0, 1) ? 127 : -128;
    }
    if (between(0, 2) == 0) o.low = o.y_zero;
    if (between(0, 3) == 0) o.high = o.low + (127 - o.low) / 2;
    factor(kind, 1, &multiplier, &shift);
    o.r_multiplier = between(0, 1) ? multiplier : -multiplier;
    o.r_shift = kind == ANY ? shift : between(29, 32);
    return o;
}

/* channels of n columns: bias less x_zero times the column's sum in column_sums. */
UNUSED static void channels(size_t panel, size_t n, size_t terms, const int64_t *column_sums,
                            ptrdiff_t x_zero, int kind, int32_t *out) {

    int32_t *at = out + panel * 3 * LMRT_PANEL;
    for (size_t i = 0; i < LMRT_PANEL && panel * LMRT_PANEL + i < n; i++) {
        const int large = kind == ANY && between(0, 1) ? 1 << 30 : 3000;
        at[i] = between(-large, large) - (int32_t)(x_zero * column_sums[panel * LMRT_PANEL + i]);
        factor(kind, terms, &at[LMRT_PANEL + i], &at[2 * LMRT_PANEL + i]);
    }
    for (size_t i = 0; i < LMRT_PANEL; i++)
        if (panel * LMRT_PANEL + i >= n) at[2 * LMRT_PANEL + i] = 8; /* no columns */
}

UNUSED static size_t round_up(size_t n, size_t unit) {
    return (n + unit - 1) / unit * unit;
}

/* How far a window is from the first input, and the extent of the output. */
typedef struct Axis {
    size_t in, kernel, stride, dilation, pad, out;
} Axis;

UNUSED static Axis axis(size_t most, size_t kernel, size_t most_stride, size_t most_dilation,
                        size_t most_pad) {
    Axis a = {.kernel = kernel};
    a.in = size_between(1, most);
    a.stride = size_between(1, most_stride);
    a.dilation = size_between(1, most_dilation);
    a.pad = size_between(0, most_pad);
    const size_t reach = (kernel - 1) * a.dilation + 1;
    if (a.in + 2 * a.pad < reach) a.in = reach;
    a.out = (a.in + a.pad + size_between(0, a.pad) - reach) / a.stride + 1;
    if (a.in + a.pad < reach) a.out = 1;
    return a;
}

/* The input position of a tap, or -1 outside. */
UNUSED static ptrdiff_t position(const Axis *a, size_t at, size_t tap) {
    const ptrdiff_t p = (ptrdiff_t)(at * a->stride + tap * a->dilation) - (ptrdiff_t)a->pad;
    return p >= 0 && p < (ptrdiff_t)a->in ? p : -1;
}

#endif

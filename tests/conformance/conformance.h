/* What the conformance tests share: the kernels of each vector unit, buffers with guards, numbers and verdicts. */
#ifndef CONFORMANCE_H
#define CONFORMANCE_H

#include <stdbool.h>

#include "lmrt.h"

typedef struct Kernels {
    const char *unit;
    size_t lanes;
#define KERNEL(file, copies, result, name, parameters, arguments) result(*name) parameters;
#include "kernels.def"
#undef KERNEL
} Kernels;

/* The copies that this processor can run; NULL after the last. */
const Kernels *const *conformance_units(void);

/* n floats between guard zones of NaN, filled with NaN. conformance_check reports a guard that has changed. */
float *guarded(size_t n);
/* The same with reproducible numbers of both signs, mostly small, never 0. */
float *numbers(size_t n);
double *as_doubles(const float *x, size_t n);
/* Checks the guards of all buffers since the last call and frees them, doubles included. */
void release(const char *what);

/* Says which kernel and sizes are being tested: printed with the first failure. */
void testing(const Kernels *k, const char *format, ...);
/* |y - expected| <= bound, NaN against NaN, infinity against itself. */
void expect_close(const float *y, const double *expected, const double *bound, size_t n);
void expect_equal(const void *y, const void *expected, size_t bytes);
/* Bounds of sums: (terms + 2) roundings of the sum of magnitudes, and one subnormal. */
double sum_bound(size_t terms, double magnitudes);
int conformance_result(void); /* prints a summary; for main to return */

#endif

/* What the conformance tests share: the kernels of each vector unit, buffers with guards, numbers and
 * verdicts. */
#ifndef CONFORMANCE_H
#define CONFORMANCE_H

#include "lmrt_library.h"

typedef struct Kernels {
    const char *unit;
    size_t lanes; /* the most of any unit, so that all do the same work */
#define KERNEL(file, copies, result, name, parameters, arguments) result(*name) parameters;
#include "kernels.def"
#undef KERNEL
} Kernels;

/* The copies that this processor can run; NULL after the last. */
const Kernels *const *conformance_units(void);

/* n floats between guard zones of NaN, filled with NaN. */
float *guarded(size_t n);
/* The same filled with reproducible numbers of both signs, none of them 0. */
float *numbers(size_t n);
/* n doubles between guards. */
double *guarded_f64(size_t n);
double *as_doubles(const float *x, size_t n);
double *doubles(size_t n);
/* Checks the guards of all buffers since the last call and frees them, doubles included. */
void release(void);

/* Says what is being tested: printed where it fails. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void testing(const Kernels *k, const char *format, ...);
/* |y - expected| <= bound (an array, or NULL: equal); NaN against NaN, infinity against itself. */
void expect_close(const float *y, const double *expected, const double *bound, size_t n);
/* The same for results in float64. */
void expect_close_f64(const double *y, const double *expected, const double *bound, size_t n);
/* With CONFORMANCE_SAME_BITS every unit must give what the first one gave, bit for bit: the functions above and expect_bytes see to
 * it, this does for other results. */
void record(const void *y, size_t n); /* n floats */
void expect_bytes(const void *y, const void *expected, size_t bytes);
void expect_true(int condition, const char *text);
/* The rounding errors of a sum of `terms` products, given the sum of their magnitudes. */
double sum_bound(size_t terms, double magnitudes);
/* Distance in units of the float's last place at `expected`. */
double ulps(float y, double expected);
/* Prints a summary; for main to return. */
int conformance_result(void);

#endif

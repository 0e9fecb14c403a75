/* float64: reductions, softmax and its relatives, and normalization over the middle axis of
 * [outer][n][inner]. */
#pragma once

#include "kernels/double.h"

/* The row of [outer][n][inner] with that number. */
LMRT_INLINE size_t LMRT(double_row)(size_t row, size_t n, size_t inner) {
    return row / inner * n * inner + row % inner;
}

#define LMRT_DOUBLE_REDUCE(name, start, step, result)                                                        \
    LMRT_INLINE double LMRT(double_##name##_of)(size_t n, size_t inner, const double *x) {                   \
        double r = start;                                                                                    \
        for (size_t i = 0; i < n; i++) {                                                                     \
            const double v = x[i * inner];                                                                   \
            r = step;                                                                                        \
        }                                                                                                    \
        return result;                                                                                       \
    }                                                                                                        \
    LMRT_KERNEL void LMRT(reduce_##name##_f64)(size_t outer, size_t n, size_t inner, const double *x,        \
                                               double *y) {                                                  \
        for (size_t i = 0; i < outer * inner; i++)                                                           \
            y[i] = LMRT(double_##name##_of)(n, inner, x + LMRT(double_row)(i, n, inner));                    \
    }

LMRT_DOUBLE_REDUCE(sum, 0, r + v, r)
LMRT_DOUBLE_REDUCE(mean, 0, r + v, r / (double)n)
LMRT_DOUBLE_REDUCE(max, (double)LMRT_NEGATIVE_INFINITY, LMRT(double_max)(r, v), r)
LMRT_DOUBLE_REDUCE(min, (double)LMRT_INFINITY, LMRT(double_min)(r, v), r)
LMRT_DOUBLE_REDUCE(prod, 1, r *v, r)
#undef LMRT_DOUBLE_REDUCE

/* The sum of the elements not below x[i] in sorted order, itself included; *place is its place there, from 1.
 */
LMRT_INLINE double LMRT(double_sorted_sum)(size_t n, size_t inner, const double *x, size_t i, double *place) {
    double sum = x[i * inner];
    *place = 1;
    for (size_t j = 0; j < n; j++) {
        if (x[j * inner] > x[i * inner] ||
            (j < i && x[j * inner] >= x[i * inner] && x[j * inner] <= x[i * inner])) {
            sum += x[j * inner];
            *place += 1;
        }
    }
    return sum;
}

/* As Keras has it: from the sum of all partial sums over the support. */
LMRT_INLINE double LMRT(double_sparsemax_tau)(size_t n, size_t inner, const double *x) {
    double sums = 0, support = 0;
    for (size_t i = 0; i < n; i++) {
        double place;
        const double sum = LMRT(double_sorted_sum)(n, inner, x, i, &place);
        if (x[i * inner] - (sum - 1) / place > 0) {
            sums += sum;
            support += 1;
        }
    }
    return (sums - 1) / support;
}

LMRT_INLINE double LMRT(double_exp_sum)(size_t n, size_t inner, const double *x, double top) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += exp(x[i * inner] - top);
    return sum;
}

LMRT_KERNEL void LMRT(softmax_f64)(size_t outer, size_t n, size_t inner, const double *from, double *to) {
    for (size_t row = 0; row < outer * inner; row++) {
        const double *x = from + LMRT(double_row)(row, n, inner);
        double *y = to + LMRT(double_row)(row, n, inner);
        const double top = LMRT(double_max_of)(n, inner, x), sum = LMRT(double_exp_sum)(n, inner, x, top);
        for (size_t i = 0; i < n; i++) y[i * inner] = exp(x[i * inner] - top) / sum;
    }
}

LMRT_KERNEL void LMRT(log_softmax_f64)(size_t outer, size_t n, size_t inner, const double *from, double *to) {
    for (size_t row = 0; row < outer * inner; row++) {
        const double *x = from + LMRT(double_row)(row, n, inner);
        double *y = to + LMRT(double_row)(row, n, inner);
        const double top = LMRT(double_max_of)(n, inner, x), sum = LMRT(double_exp_sum)(n, inner, x, top);
        for (size_t i = 0; i < n; i++) y[i * inner] = x[i * inner] - top - log(sum);
    }
}

LMRT_KERNEL void LMRT(sparsemax_f64)(size_t outer, size_t n, size_t inner, const double *from, double *to) {
    for (size_t row = 0; row < outer * inner; row++) {
        const double *x = from + LMRT(double_row)(row, n, inner);
        double *y = to + LMRT(double_row)(row, n, inner);
        const double tau = LMRT(double_sparsemax_tau)(n, inner, x);
        for (size_t i = 0; i < n; i++) y[i * inner] = LMRT(double_max)(x[i * inner] - tau, 0);
    }
}

/* *epsilon is added to the variance. */
LMRT_KERNEL void LMRT(normalize_f64)(size_t outer, size_t n, size_t inner, const double *epsilon,
                                     const double *from, double *to) {
    for (size_t row = 0; row < outer * inner; row++) {
        const double *x = from + LMRT(double_row)(row, n, inner);
        double *y = to + LMRT(double_row)(row, n, inner), variance = 0;
        const double mean = LMRT(double_mean_of)(n, inner, x);
        for (size_t i = 0; i < n; i++)
            variance += LMRT(rounded_double)((x[i * inner] - mean) * (x[i * inner] - mean));
        const double scale = 1 / sqrt(variance / (double)n + *epsilon);
        for (size_t i = 0; i < n; i++) y[i * inner] = (x[i * inner] - mean) * scale;
    }
}

/* Operations over the middle axis of [outer][n][inner]; `step` below is the distance of two elements of a
 * row. */
#include "reference.h"

#include <math.h>

static double reduce(lmrt_reduce_function function, size_t n, size_t step, const double *x) {
    double result = function == LMRT_REDUCE_PROD ? 1 : 0;
    if (function == LMRT_REDUCE_MAX) result = -INFINITY;
    if (function == LMRT_REDUCE_MIN) result = INFINITY;
    for (size_t i = 0; i < n; i++) {
        const double v = x[i * step];
        switch (function) {
        case LMRT_REDUCE_SUM:
        case LMRT_REDUCE_MEAN: result += v; break;
        case LMRT_REDUCE_MAX: result = lmref_binary(LMRT_MAX, v, result); break;
        case LMRT_REDUCE_MIN: result = lmref_binary(LMRT_MIN, v, result); break;
        case LMRT_REDUCE_PROD: result *= v; break;
        }
    }
    return function == LMRT_REDUCE_MEAN ? result / (double)n : result;
}

void lmref_reduce(lmrt_reduce_function function, size_t outer, size_t n, size_t inner, const double *x,
                  double *y) {
    for (size_t o = 0; o < outer; o++)
        for (size_t i = 0; i < inner; i++)
            y[o * inner + i] = reduce(function, n, inner, x + o * n * inner + i);
}

/* -0 before 0. */
static bool less(double a, double b) {
    return a < b || (a == 0 && b == 0 && signbit(a) && !signbit(b));
}

void lmref_arg(bool smallest, size_t outer, size_t n, size_t inner, const double *x, double *y) {
    for (size_t o = 0; o < outer; o++) {
        for (size_t i = 0; i < inner; i++) {
            const double *row = x + o * n * inner + i;
            size_t best = 0;
            for (size_t j = 1; j < n; j++) {
                const double a = row[j * inner], b = row[best * inner];
                if (smallest ? less(a, b) : less(b, a)) best = j;
            }
            y[o * inner + i] = (double)best;
        }
    }
}

void lmref_scan(bool product, size_t outer, size_t n, size_t inner, const double *x, double *y) {
    for (size_t i = 0; i < outer * n * inner; i++) {
        const bool first = i / inner % n == 0;
        y[i] = first ? x[i] : product ? y[i - inner] * x[i] : y[i - inner] + x[i];
    }
}

static void softmax(size_t n, size_t step, bool logarithm, const double *x, double *y) {
    const double top = reduce(LMRT_REDUCE_MAX, n, step, x);
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += exp(x[i * step] - top);
    for (size_t i = 0; i < n; i++)
        y[i * step] = logarithm ? x[i * step] - top - log(sum) : exp(x[i * step] - top) / sum;
}

/* The sum of the elements not below x[i] in sorted order, itself included, and its place there, counted
 * from 1. */
static double sorted_sum(size_t n, size_t step, const double *x, size_t i, double *place) {
    double sum = x[i * step];
    *place = 1;
    for (size_t j = 0; j < n; j++) {
        const bool before = x[j * step] > x[i * step] || (x[j * step] == x[i * step] && j < i);
        if (before) sum += x[j * step], *place += 1;
    }
    return sum;
}

/* max(x - tau, 0), tau as Keras 3 has it: from the sum of all partial sums over the support, where the paper
 * takes the last one only (Martins and Astudillo 2016, algorithm 1). */
static void sparsemax(size_t n, size_t step, const double *x, double *y) {
    double sums = 0, support = 0;
    for (size_t i = 0; i < n; i++) {
        double place;
        const double sum = sorted_sum(n, step, x, i, &place);
        if (x[i * step] - (sum - 1) / place > 0) sums += sum, support += 1;
    }
    const double tau = (sums - 1) / support;
    for (size_t i = 0; i < n; i++) y[i * step] = lmref_binary(LMRT_MAX, x[i * step] - tau, 0);
}

void lmref_row(lmrt_row_function function, size_t outer, size_t n, size_t inner, const double *x, double *y) {
    for (size_t o = 0; o < outer; o++) {
        for (size_t i = 0; i < inner; i++) {
            const size_t at = o * n * inner + i;
            if (function == LMRT_ROW_SPARSEMAX)
                sparsemax(n, inner, x + at, y + at);
            else
                softmax(n, inner, function == LMRT_ROW_LOG_SOFTMAX, x + at, y + at);
        }
    }
}

void lmref_normalize(size_t outer, size_t n, size_t inner, double epsilon, const double *x, double *y) {
    for (size_t o = 0; o < outer; o++) {
        for (size_t i = 0; i < inner; i++) {
            const double *from = x + o * n * inner + i;
            double *to = y + o * n * inner + i, mean = reduce(LMRT_REDUCE_MEAN, n, inner, from), variance = 0;
            for (size_t j = 0; j < n; j++) variance += (from[j * inner] - mean) * (from[j * inner] - mean);
            const double scale = 1 / sqrt(variance / (double)n + epsilon);
            for (size_t j = 0; j < n; j++) to[j * inner] = (from[j * inner] - mean) * scale;
        }
    }
}

/* Operations over the middle axis of [outer][n][inner]; `step` below is the distance of two elements of a row. */
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

void lmref_reduce(lmrt_reduce_function function, size_t outer, size_t n, size_t inner, const double *x, double *y) {
    for (size_t o = 0; o < outer; o++)
        for (size_t i = 0; i < inner; i++) y[o * inner + i] = reduce(function, n, inner, x + o * n * inner + i);
}

static void softmax(size_t n, size_t step, bool logarithm, const double *x, double *y) {
    const double top = reduce(LMRT_REDUCE_MAX, n, step, x);
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += exp(x[i * step] - top);
    for (size_t i = 0; i < n; i++)
        y[i * step] = logarithm ? x[i * step] - top - log(sum) : exp(x[i * step] - top) / sum;
}

/* max(x - tau, 0) with tau such that the sum is 1: leave out what falls below tau until nothing does. */
static void sparsemax(size_t n, size_t step, const double *x, double *y) {
    double tau = -INFINITY;
    for (size_t before = n + 1, count = n; count != before && count > 0;) {
        double sum = 0;
        before = count;
        count = 0;
        for (size_t i = 0; i < n; i++)
            if (x[i * step] > tau) sum += x[i * step], count++;
        if (count > 0) tau = (sum - 1) / (double)count;
    }
    for (size_t i = 0; i < n; i++) y[i * step] = x[i * step] < tau ? 0 : x[i * step] - tau;
}

void lmref_row(lmrt_row_function function, size_t outer, size_t n, size_t inner, const double *x, double *y) {
    for (size_t o = 0; o < outer; o++) {
        for (size_t i = 0; i < inner; i++) {
            const size_t at = o * n * inner + i;
            if (function == LMRT_ROW_SPARSEMAX) sparsemax(n, inner, x + at, y + at);
            else softmax(n, inner, function == LMRT_ROW_LOG_SOFTMAX, x + at, y + at);
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

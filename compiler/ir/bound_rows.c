/* Error rules along axes: softmax and its relatives, normalisation, the place of a maximum. */
#include <math.h>

#include "ir/bound_op.h"

/* The rows of a rule, with the axes of the mask last: values, errors and results. */
typedef struct Rows {
    size_t count, n;
    const double *x, *e;
    double *out;
} Rows;

static Rows rows_of(Bound *b, uint32_t axes) {
    Step s = {.arena = b->arena, .op = b->op, .inputs = b->x, .result = b->y};
    Values errors = b->x[0];
    errors.data = b->e[0];
    Rows r = {0};
    r.x = step_axes_last(&s, &b->x[0], axes, &r.n);
    r.e = step_axes_last(&s, &errors, axes, &r.n);
    r.out = ARENA_ARRAY(b->arena, double, b->y.count);
    r.count = r.n ? b->x[0].count / r.n : 0;
    return r;
}

static void rows_back(Bound *b, uint32_t axes, const Rows *r) {
    Step s = {.arena = b->arena, .op = b->op, .inputs = b->x, .result = b->y, .y = b->out};
    step_axes_back(&s, &b->x[0], axes, r->out);
}

/* log of the sum of exp(x[i] + sign * (e[i] + the rounding of x[i] - most)) */
static double log_sum(const Bound *b, size_t n, const double *x, const double *e, double most, double sign) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        const double d = x[i] - most;
        if (d == -INFINITY && e[i] == 0) continue;
        sum += exp(d + sign * (e[i] + 4 * b->u * fabs(d)));
    }
    return log(sum);
}

/* A logarithm of y changes by what its own argument does and by what the sum of all does. */
static void softmax(const Bound *b, size_t n, const double *x, const double *e, double *out) {
    const bool logarithm = b->op->as.row.function == ROW_LOG_SOFTMAX;
    const double sums = bound_gamma(b, (double)n + BOUND_SLACK), zero = 4 * b->tiny;
    double most = -INFINITY;
    for (size_t i = 0; i < n; i++) most = fmax(most, x[i]);
    const double at = log_sum(b, n, x, (const double *)e, most, 0);
    const double high = log_sum(b, n, x, e, most, 1), low = log_sum(b, n, x, e, most, -1);
    for (size_t i = 0; i < n; i++) {
        const double d = x[i] - most, off = e[i] + 4 * b->u * fabs(d), y = d - at;
        if (d == -INFINITY && e[i] == 0) {
            out[i] = 0;
            continue;
        }
        const double up = off + (at - low), down = off + (high - at);
        if (logarithm)
            out[i] = fmax(up, down) + sums + bound_gamma(b, BOUND_SLACK) * (fabs(y) + fmax(up, down));
        else
            out[i] = fmax(exp(y + up) - exp(y), exp(y) - exp(y - down)) + sums * exp(y + up) + zero;
    }
}

/* max(x - tau, 0), where tau is a mean of the largest: it moves no further than they do. */
static void sparsemax(const Bound *b, size_t n, const double *x, const double *e, double *out) {
    double worst = 0, largest = 0;
    for (size_t i = 0; i < n; i++) {
        worst = fmax(worst, e[i]);
        largest = fmax(largest, fabs(x[i]));
    }
    const double sums = bound_gamma(b, (double)n + BOUND_SLACK) * (double)n * (largest + worst + 1);
    for (size_t i = 0; i < n; i++) out[i] = e[i] + worst + 2 * sums;
}

void bound_row(Bound *b) {
    Rows r = rows_of(b, b->op->as.row.axes);
    for (size_t i = 0; i < r.count; i++)
        (b->op->as.row.function == ROW_SPARSEMAX ? sparsemax : softmax)(b, r.n, r.x + i * r.n, r.e + i * r.n,
                                                                        r.out + i * r.n);
    rows_back(b, b->op->as.row.axes, &r);
}

static void normalize(const Bound *b, size_t n, const double *x, const double *e, double *out) {
    const double count = (double)n, sums = bound_gamma(b, count + BOUND_SLACK);
    double mean = 0, moved = 0, size = 0, variance = 0, spread = 0;
    for (size_t i = 0; i < n; i++) {
        mean += x[i] / count;
        moved += e[i] / count;
        size += (fabs(x[i]) + e[i]) / count;
    }
    moved += sums * size;
    for (size_t i = 0; i < n; i++) {
        const double d = fabs(x[i] - mean), off = (e[i] + moved) * (1 + 2 * b->u) + 2 * b->u * d;
        variance += d * d / count;
        spread += ((2 * d + off) * off + sums * (d + off) * (d + off)) / count;
    }
    const double epsilon = b->op->as.normalize.epsilon;
    const double least = fmax(0, variance - spread) + epsilon * (1 - 2 * b->u);
    const double scale = 1 / sqrt(variance + epsilon), steep = 1 / sqrt(least);
    for (size_t i = 0; i < n; i++) {
        const double d = fabs(x[i] - mean), off = (e[i] + moved) * (1 + 2 * b->u) + 2 * b->u * d;
        out[i] =
            off * steep + d * (steep - scale) + bound_gamma(b, BOUND_SLACK) * (d + off) * steep + 4 * b->tiny;
    }
}

void bound_normalize(Bound *b) {
    Rows r = rows_of(b, b->op->as.normalize.axes);
    for (size_t i = 0; i < r.count; i++) normalize(b, r.n, r.x + i * r.n, r.e + i * r.n, r.out + i * r.n);
    rows_back(b, b->op->as.normalize.axes, &r);
}

/* As far away as any place that may hold the largest. */
void bound_arg(Bound *b) {
    const uint32_t axis = 1u << b->op->as.arg.axis;
    const double sign = b->op->as.arg.smallest ? -1 : 1;
    Rows r = rows_of(b, axis);
    if (bound_array_exact(b->e[0], b->x[0].count)) {
        bound_exact(b);
        return;
    }
    for (size_t i = 0; i < r.count && i < b->y.count; i++) {
        const double *x = r.x + i * r.n, *e = r.e + i * r.n;
        const size_t at = (size_t)b->y.data[i];
        b->out[i] = 0;
        for (size_t k = 0; k < r.n; k++)
            if (k != at && !(sign * x[k] + e[k] < sign * x[at] - e[at]))
                b->out[i] = fmax(b->out[i], fabs((double)k - (double)at));
    }
}

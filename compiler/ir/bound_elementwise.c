/* Error rules of functions of single elements: what they spread over the interval that an argument is known
 * to lie in, and the rounding of the kernels (runtime/reference/ulps.def). */
#include <float.h>
#include <math.h>

#include "ir/bound_op.h"
#include "reference.h"

typedef struct Promise {
    UnaryFunction function;
    double ulps, absolute;
} Promise;

static const Promise promises[] = {
#define ULPS(name, function, ulps, absolute, ...) {(UnaryFunction)(function), ulps, absolute},
#include "ulps.def"
#undef ULPS
};

static Promise promise_of(UnaryFunction f) {
    for (size_t i = 0; i < sizeof promises / sizeof *promises; i++)
        if (promises[i].function == f) return promises[i];
    return (Promise){f, 0, 0}; /* exact: it gives bools */
}

/* Where a function that falls and rises turns; those of the table turn nowhere else but at 0 and at their
 * parameters. Near a minimum the place need not be exact. */
static const double turns[UNARY_FUNCTION_COUNT][3] = {
    [UNARY_GELU] = {-0.751791524693564}, [UNARY_GELU_TANH] = {-0.752461419938},
    [UNARY_SILU] = {-1.27846454276107},  [UNARY_MISH] = {-1.19249079},
    [UNARY_HARD_SILU] = {-1.5, -3, 3},
};

typedef struct Spread {
    double least, most;
} Spread;

/* NaN is as far as can be: the function has no value there. */
static void reach(Spread *s, double y) {
    if (isnan(y)) *s = (Spread){-INFINITY, INFINITY};
    s->least = fmin(s->least, y);
    s->most = fmax(s->most, y);
}

/* f at q and on both sides of it, where they are inside. */
static void reach_at(Spread *s, UnaryFunction f, const double *p, double q, double from, double to) {
    if (!(q >= from && q <= to)) return;
    const double at[3] = {nextafter(q, -INFINITY), q, nextafter(q, INFINITY)};
    for (int i = 0; i < 3; i++) reach(s, lmref_unary((lmrt_function)f, p, fmin(fmax(at[i], from), to)));
}

/* As bound_unary; what x is rounded to is not below `least`. */
static double unary_above(const Bound *b, UnaryFunction f, const double *p, double x, double e,
                          double least) {
    if (f == UNARY_LINEAR) return e;
    if (!(e >= 0) || isinf(e)) return INFINITY;
    double parameter = fmax(fabs(p[0]), fmax(fabs(p[1]), fabs(p[2])));
    if (!isfinite(parameter)) parameter = 0;
    const double y = lmref_unary((lmrt_function)f, p, x);
    const double wide = e + b->u * parameter; /* the kernels have float32 parameters */
    const Promise promise = promise_of(f);
    const double ulps = promise.ulps + (parameter > 0 ? 2 : 0);
    const double unit = 2 * b->u * ulps;
    Spread s = {y, y};
    if (f == UNARY_SIN || f == UNARY_COS) {
        s = (Spread){y - wide, y + wide};
    } else if (wide > 0) {
        const double from = fmax(x - wide, least), to = x + wide;
        reach(&s, lmref_unary((lmrt_function)f, p, from));
        reach(&s, lmref_unary((lmrt_function)f, p, to));
        reach_at(&s, f, p, 0, from, to);
        for (int i = 0; i < 3; i++) {
            reach_at(&s, f, p, p[i], from, to);
            reach_at(&s, f, p, -p[i], from, to);
            reach_at(&s, f, p, turns[f][i], from, to);
        }
    }
    const double far = fmax(fabs(s.least), fabs(s.most));
    const double spread = isinf(y) && s.least == y && s.most == y ? 0 : fmax(s.most - y, y - s.least);
    if (b->u == 0) return spread;
    return spread + (isfinite(far) ? unit * far : 0) + (ulps > 0 ? promise.absolute + 4 * b->tiny : 0);
}

double bound_unary(const Bound *b, UnaryFunction f, const double *p, double x, double e) {
    return unary_above(b, f, p, x, e, -INFINITY);
}

static double least_of(const Bound *b, size_t input) {
    return b->never_negative[b->op->inputs[input]->id] ? 0 : -INFINITY;
}

void bound_unary_op(Bound *b) {
    const UnaryFunction f = b->op->as.unary.function;
    const double least = least_of(b, 0);
    for (size_t i = 0; i < b->y.count; i++)
        b->out[i] = unary_above(b, f, b->op->as.unary.parameter, b->x[0].data[i], b->e[0][i], least);
}

/* ---- two arguments ---- */

static double quotient(double x, double d, double y, double e) {
    return fabs(y) > e ? (d + fabs(x / y) * e) / (fabs(y) - e) : INFINITY;
}

/* x is rounded to no less than `least`. */
static double power(double x, double d, double y, double e, double least) {
    if (d == 0 && e == 0) return 0;
    const double here = pow(x, y), down = fmax(x - d, least);
    if (down > 0 || (least == 0 && e == 0 && y > 0)) {
        double spread = 0;
        for (int i = 0; i < 4; i++)
            spread = fmax(spread, fabs(pow(i & 1 ? x + d : down, y + (i & 2 ? e : -e)) - here));
        return spread;
    }
    const double far = fabs(x) + d; /* at and below 0: whole, fixed powers only */
    return e == 0 && y == trunc(y) && y >= 1
               ? pow(far, y) - pow(fmax(0, fabs(x)), y) + (x - d < 0 && x + d > 0 ? pow(d, y) : 0)
           : e == 0 && y > 0 && x >= 0 && x == trunc(x) && d == 0 ? 0
                                                                  : INFINITY;
}

static double floored(double x, double d, double y, double e) {
    const double q = x / y, off = quotient(x, d, y, e) + (d + e > 0 ? 0x1p-22 * fabs(q) : 0);
    return fmax(floor(q + off) - floor(q), floor(q) - floor(q - off));
}

static double remainder_of(double x, double d, double y, double e) {
    if (d == 0 && e == 0) return 0;
    return floored(x, d, y, e) == 0 ? d + fabs(floor(x / y)) * e : fabs(y) + e;
}

static double compared(double x, double d, double y, double e) {
    return d + e > 0 && fabs(x - y) <= d + e ? 1 : 0;
}

static double spread_of(BinaryFunction f, double x, double d, double y, double e, double least) {
    switch (f) {
    case BIN_ADD:
    case BIN_SUB: return d + e;
    case BIN_MUL: return fabs(x) * e + fabs(y) * d + d * e;
    case BIN_DIV: return d == 0 && e == 0 ? 0 : quotient(x, d, y, e);
    case BIN_FLOORDIV: return d == 0 && e == 0 ? 0 : floored(x, d, y, e);
    case BIN_MOD: return remainder_of(x, d, y, e);
    case BIN_POW: return power(x, d, y, e, least);
    case BIN_MAX:
    case BIN_MIN: return fmax(d, e);
    case BIN_LT:
    case BIN_LE:
    case BIN_GT:
    case BIN_GE:
    case BIN_NE:
    case BIN_EQ: return compared(x, d, y, e);
    default: return d + e > 0 ? 1 : 0;
    }
}

static double *broadcast_errors(Bound *b, size_t input, const double *data) {
    Values from = b->x[input];
    from.data = data;
    from.rest = NULL;
    Step s = {.arena = b->arena, .op = b->op, .inputs = &from, .result = b->y};
    return (double *)step_broadcast_input(&s, 0).data;
}

void bound_binary(Bound *b) {
    const BinaryFunction f = b->op->as.binary;
    const double *x = broadcast_errors(b, 0, b->x[0].data), *d = broadcast_errors(b, 0, b->e[0]);
    const double *y = broadcast_errors(b, 1, b->x[1].data), *e = broadcast_errors(b, 1, b->e[1]);
    const double least = least_of(b, 0);
    const bool exact = f == BIN_MAX || f == BIN_MIN || f >= BIN_LT;
    for (size_t i = 0; i < b->y.count; i++) {
        const double spread = spread_of(f, x[i], d[i], y[i], e[i], least);
        const double room =
            exact ? 0 : bound_gamma(b, BOUND_SLACK) * (fabs(b->y.data[i]) + spread) + 4 * b->tiny;
        b->out[i] = b->y.data[i] == 0 && spread == 0 && f != BIN_MUL ? 0 : spread + room;
    }
}

void bound_select(Bound *b) {
    const double *unsure = broadcast_errors(b, 0, b->e[0]), *condition = broadcast_errors(b, 0, b->x[0].data);
    const double *x = broadcast_errors(b, 1, b->x[1].data), *d = broadcast_errors(b, 1, b->e[1]);
    const double *y = broadcast_errors(b, 2, b->x[2].data), *e = broadcast_errors(b, 2, b->e[2]);
    for (size_t i = 0; i < b->y.count; i++) {
        b->out[i] = condition[i] != 0 ? d[i] : e[i];
        if (unsure[i] > 0) b->out[i] = fabs(x[i] - y[i]) + fmax(d[i], e[i]);
    }
}

void bound_cast(Bound *b) {
    const DType to = b->op->dtype, from = b->op->inputs[0]->dtype;
    const bool rounds = dtype_is_float(to) && to != from;
    for (size_t i = 0; i < b->y.count; i++) {
        const double x = b->x[0].data[i], e = b->e[0][i], y = b->y.data[i];
        b->out[i] =
            e == 0 ? 0 : fmax(fabs(values_cast(to, from, x + e) - y), fabs(y - values_cast(to, from, x - e)));
        if (to == DTYPE_BOOL && e > 0) b->out[i] = fabs(x) <= e ? 1 : 0;
        if (rounds && fabs(x) != (double)(float)fabs(x)) b->out[i] += b->u * (fabs(x) + e) + b->tiny;
    }
}

/* Buckets rise with x; what is looked up or hashed is known exactly or not at all. */
void bound_category(Bound *b) {
    for (size_t i = 0; i < b->y.count; i++) b->out[i] = b->e[0][i] == 0 ? 0 : INFINITY;
    if (b->op->as.category.function != CATEGORY_BUCKET) return;
    double *less = ARENA_ARRAY(b->arena, double, b->y.count),
           *more = ARENA_ARRAY(b->arena, double, b->y.count);
    for (size_t i = 0; i < b->y.count; i++) {
        less[i] = b->x[0].data[i] - b->e[0][i];
        more[i] = b->x[0].data[i] + b->e[0][i];
    }
    const double *low[2] = {less, b->x[1].data}, *high[2] = {more, b->x[1].data};
    const double *from = bound_run(b, b->op, low, false), *to = bound_run(b, b->op, high, false);
    for (size_t i = 0; i < b->y.count; i++) b->out[i] = to[i] - from[i];
}

/* The error analysis: walks the ops in order with the reference's values, and calls the rule of each. */
#include "ir/bound.h"

#include <float.h>
#include <math.h>

#include "ir/bound_op.h"
#include "reference.h"

static BoundRule *const rules[] = {
#define RULE(kind, rule) [kind] = rule,
#include "ir/bounds.def"
#undef RULE
};

enum {
#define RULE(kind, rule) 1 +
    N_RULES =
#include "ir/bounds.def"
        0
#undef RULE
};

_Static_assert((int)N_RULES == (int)OP_KIND_COUNT, "every op has its rule");

double bound_gamma(const Bound *b, double n) {
    const double sum = n * b->u;
    return sum < 0.5 ? sum / (1 - sum) : INFINITY;
}

double *bound_run(Bound *b, const Op *op, const double *const *data, bool of_rests) {
    Values *inputs = ARENA_ARRAY(b->arena, Values, op->n_inputs);
    for (size_t i = 0; i < op->n_inputs; i++) {
        inputs[i] = b->x[i];
        inputs[i].data = data[i];
        inputs[i].rest = NULL;
    }
    Step s = {.arena = b->arena, .op = op, .inputs = inputs, .result = b->y, .of_rests = of_rests};
    s.result.data = s.y = ARENA_ARRAY(b->arena, double, b->y.count);
    step_of(op->kind)(&s);
    return s.y;
}

bool bound_array_exact(const double *e, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!(e[i] == 0)) return false;
    return true;
}

bool bound_inputs_exact(const Bound *b) {
    for (size_t i = 0; i < b->op->n_inputs; i++)
        if (!bound_array_exact(b->e[i], b->x[i].count)) return false;
    return true;
}

void bound_exact(Bound *b) {
    for (size_t i = 0; i < b->y.count; i++) b->out[i] = 0;
}

void bound_unknown(Bound *b) {
    for (size_t i = 0; i < b->y.count; i++) b->out[i] = INFINITY;
}

/* ---- element types: what they are computed in, and what storing a result in them costs ---- */

static double roundoff(DType dtype) {
    if (dtype == DTYPE_FLOAT64) return DBL_EPSILON; /* twice: the reference rounds as much */
    return dtype_is_float(dtype) ? FLT_EPSILON / 2 : 0;
}

static double largest(DType dtype) {
    if (dtype == DTYPE_FLOAT16) return 65504;
    if (dtype == DTYPE_FLOAT64) return DBL_MAX;
    if (dtype_is_float(dtype)) return FLT_MAX;
    return dtype == DTYPE_BOOL ? 1 : ldexp(1, 8 * (int)dtype_size(dtype) - 1);
}

/* Twice: the reference rounds too, and from another number. */
static double narrowing(DType dtype, double x) {
    if (dtype == DTYPE_FLOAT16) return 2 * fmax(x * 0x1p-11, 0x1p-25);
    if (dtype == DTYPE_BFLOAT16) return 2 * fmax(x * 0x1p-8, 0x1p-134);
    return 0;
}

static bool only_moves(const Op *op) {
    return rules[op->kind] == bound_move || rules[op->kind] == bound_gather || rules[op->kind] == bound_exact;
}

/* The epilogue, on the result as it is before it. */
static void epilogue(Bound *b) {
    const Epilogue *e = &b->op->epilogue;
    const size_t last = b->op->n_inputs - 1;
    if (!e->residual && e->function == UNARY_LINEAR) return;
    for (size_t i = 0; i < b->y.count; i++) {
        double x = b->y.data[i];
        if (e->residual) {
            x += b->x[last].data[i];
            b->out[i] += b->e[last][i];
            b->out[i] += bound_gamma(b, BOUND_SLACK) * (fabs(x) + b->out[i]);
        }
        b->out[i] = bound_unary(b, e->function, e->parameter, x, b->out[i]);
    }
}

/* What is lost when it is stored, and where there is no bound. */
static void settle(Bound *b, const Values *stored) {
    const DType dtype = b->op->dtype;
    const bool exact = bound_inputs_exact(b), moves = only_moves(b->op);
    for (size_t i = 0; i < stored->count; i++) {
        const double y = fabs(stored->data[i]);
        double *e = &b->out[i];
        if (!moves) *e += narrowing(dtype, y + *e);
        if (!(*e >= 0)) *e = INFINITY;
        if (!isfinite(y))
            *e = (moves && *e == 0) || exact ? 0 : INFINITY;
        else if (*e > 0 && y + *e > largest(dtype))
            *e = INFINITY;
    }
}

static void bound_op(Bound *b, const Values *stored) {
    const Op *op = b->op;
    b->u = roundoff(op->dtype);
    b->tiny = op->dtype == DTYPE_FLOAT64 ? DBL_TRUE_MIN : b->u > 0 ? (double)FLT_TRUE_MIN : 0;
    b->y = *stored;
    b->out = ARENA_ARRAY(b->arena, double, stored->count);
    const double **data = ARENA_ARRAY(b->arena, const double *, op->n_inputs);
    for (size_t i = 0; i < op->n_inputs; i++) data[i] = b->x[i].data;
    if (!op->rescale && (op->epilogue.residual || op->epilogue.function != UNARY_LINEAR))
        b->y.data = bound_run(b, op, data, false);
    if (op->rescale)
        bound_rescale(b);
    else
        rules[op->kind](b);
    if (!op->rescale) epilogue(b);
    settle(b, stored);
}

bool ir_bound(Arena *arena, const Ir *ir, size_t batch, const ExactArray *inputs, bool winograd,
              BoundedArray *outputs, const char **error) {
    Values *values = ARENA_ARRAY(arena, Values, ir->ops.count);
    const double **errors = ARENA_ARRAY(arena, const double *, ir->ops.count);
    bool *never_negative = ARENA_ARRAY(arena, bool, ir->ops.count);
    if (!ir_execute_values(arena, ir, batch, inputs, values, error)) return false;
    for (size_t i = 0; i < ir->ops.count; i++) {
        const Op *op = ir->ops.at[i];
        Values *x = ARENA_ARRAY(arena, Values, op->n_inputs);
        const double **e = ARENA_ARRAY(arena, const double *, op->n_inputs);
        for (size_t k = 0; k < op->n_inputs; k++) {
            x[k] = values[op->inputs[k]->id];
            e[k] = errors[op->inputs[k]->id];
        }
        Bound b = {.arena = arena, .op = op, .x = x, .e = e, .winograd = winograd};
        b.never_negative = never_negative;
        bound_op(&b, &values[i]);
        never_negative[i] = bound_never_negative(&b);
        errors[i] = b.out;
    }
    for (size_t i = 0; i < ir->n_outputs; i++) {
        const Values *v = &values[ir->outputs[i]->id];
        outputs[i] = (BoundedArray){v->data, errors[ir->outputs[i]->id], v->count};
    }
    return true;
}

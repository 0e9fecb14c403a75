/* Inside of the error analysis: one op, and the rules that bound its error. */
#ifndef LAMINA_IR_BOUND_OP_H
#define LAMINA_IR_BOUND_OP_H

#include "ir/bound.h"
#include "ir/execute_op.h"

/* An op with its inputs, their errors, and its result as it is before the epilogue. A rule fills `out`: at
 * least the propagated error and the roundings of the op itself; NaN stands for infinity. */
typedef struct Bound {
    Arena *arena;
    const Op *op;
    const Values *x;        /* the inputs */
    const double *const *e; /* the bound of each element of each input */
    Values y;               /* the result */
    double *out;
    double u;    /* the unit roundoff of what the op computes in; 0: it is exact */
    double tiny; /* half of the least subnormal */
    bool winograd;
    const bool *never_negative; /* by Op.id: no way of computing it gives less than 0 */
} Bound;

typedef void BoundRule(Bound *b);
BoundRule bound_exact, bound_linear, bound_move, bound_gather, bound_unary_op, bound_binary, bound_select,
    bound_cast, bound_pool, bound_reduce, bound_arg, bound_row, bound_normalize, bound_recurrent,
    bound_category, bound_unknown, bound_quantize, bound_dequantize, bound_rescale;

/* Roundings beside those of the sums: of the bias, and of constants that passes fold. */
enum { BOUND_SLACK = 8 };

/* n roundings, one after another, relative to the largest of the results. */
double bound_gamma(const Bound *b, double n);
/* Of an elementwise function at x known to e: the spread of its values, and the rounding of its kernel. */
double bound_unary(const Bound *b, UnaryFunction function, const double *p, double x, double e);
bool bound_never_negative(const Bound *b);
/* What the op's reference makes of other data for its inputs. */
double *bound_run(Bound *b, const Op *op, const double *const *data, bool of_rests);
bool bound_inputs_exact(const Bound *b);
bool bound_array_exact(const double *e, size_t count);

#endif

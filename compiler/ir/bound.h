/* Bound: how far a run in the model's own element types may be from the exact one, element by element.
 *
 * In:  an Ir as lowered, and its inputs. Out: the reference's values of the outputs, each with a bound on the
 * error of any way of computing it: a running forward error analysis beside the reference executor.
 * bounds.def has the rule of each op. Infinity: nothing can be promised (a comparison, rounding or index that
 * may fall either way may change the rest altogether; a divisor may be zero). The rules leave room for what
 * passes do: constants that are folded and rounded once more, sums in another order, steps that round less.
 */
#ifndef LAMINA_IR_BOUND_H
#define LAMINA_IR_BOUND_H

#include "ir/execute.h"

typedef struct BoundedArray {
    const double *value, *bound;
    size_t count;
} BoundedArray;

/* As ir_execute_exact. `winograd`: 3x3 convolutions may be computed with fewer multiplications. */
bool ir_bound(Arena *arena, const Ir *ir, size_t batch, const ExactArray *inputs, bool winograd,
              BoundedArray *outputs, const char **error);

#endif

/* The reference executor: runs an Ir in float64 with the plain loops of runtime/reference. The oracle inside.
 */
#ifndef LAMINA_IR_EXECUTE_H
#define LAMINA_IR_EXECUTE_H

#include "ir/ir.h"

/* `inputs[i]`: values of input i for `batch` samples, row-major, converted to double (ids and bools too).
 * `outputs[i]`: NULL on entry; an array in `arena` on return, as doubles. False where an index was out of
 * range
 * (*error says which op). */
bool ir_execute(Arena *arena, const Ir *ir, size_t batch, const double *const *inputs, double **outputs,
                const char **error);
/* Evaluates one op whose inputs are all constants: the value in the op's dtype, for constant folding; NULL
 * where the op has no such value. */
const void *ir_evaluate_constant(Arena *arena, const Op *op);

#endif

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
/* An array of doubles, and of 64-bit integers what those lack: value = data + rest; NULL: nothing. */
typedef struct ExactArray {
    const double *data, *rest;
} ExactArray;
/* Stored elements of a dtype as such an array, and one of its elements stored as a dtype again. */
ExactArray ir_exact_array(Arena *arena, DType dtype, size_t count, const void *data);
void ir_exact_store(DType dtype, double data, double rest, size_t index, void *out);
/* The same where 64-bit integers beyond 2^53 are to be exact. The outputs may be inputs or constants. */
bool ir_execute_exact(Arena *arena, const Ir *ir, size_t batch, const ExactArray *inputs, ExactArray *outputs,
                      const char **error);
/* Evaluates one op whose inputs are all constants: the value in the op's dtype, for constant folding; NULL
 * where the op has no such value. */
const void *ir_evaluate_constant(Arena *arena, const Op *op);

#endif

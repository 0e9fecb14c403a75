/* numpy: the few functions that layers' arguments are computed with, on plain numbers and flat lists of them.
 */
#ifndef LAMINA_ELABORATE_NUMPY_H
#define LAMINA_ELABORATE_NUMPY_H

#include "elaborate/eval_parts.h"

/* "numpy.prod" and the like; NULL where it is not evaluated. */
const Builtin *numpy_function(const char *path);
/* numpy.pi and the like. */
bool numpy_constant(const char *name, Value *out);
/* An array of one axis, kept as a list of its numbers: all that may be done with it is to read them. */
bool numpy_is_array(Value value);
/* array[index] */
bool numpy_item(Eval *eval, Value array, Value index, SourceRange at, Value *out);
Value numpy_attribute(Eval *eval, Value array, const char *name, SourceRange at);
/* array op number, array op array; *handled is false where that is not evaluated, and *out is opaque then. */
bool numpy_binary(Eval *eval, BinaryOperator op, Value left, Value right, SourceRange at, Value *out);

#endif

/* Special methods of classes of the file: what operators, subscripts, len() and the like call on their
 * objects. */
#ifndef LAMINA_ELABORATE_SPECIAL_H
#define LAMINA_ELABORATE_SPECIAL_H

#include "elaborate/classes.h"

/* Each sets *found where an object has the method; *out is then its result. */
bool special_binary(Eval *eval, BinaryOperator op, Value left, Value right, SourceRange at, Value *out,
                    bool *found);
bool special_compare(Eval *eval, CompareOperator op, Value left, Value right, SourceRange at, Value *out,
                     bool *found);
bool special_unary(Eval *eval, UnaryOperator op, Value operand, SourceRange at, Value *out, bool *found);
/* len(x), str(x), abs(x), ...: the builtin's name. */
bool special_builtin(Eval *eval, const char *name, const Arguments *arguments, Value *out, bool *found);
/* bool(x): *value becomes what __bool__ or __len__ gives. */
bool special_truth(Eval *eval, Value *value, SourceRange at);
/* A list of what __iter__ gives, or __len__ and __getitem__; *value becomes it. */
bool special_iterable(Eval *eval, Value *value, SourceRange at);

#endif

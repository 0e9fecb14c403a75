/* What Python's operators, subscripts and methods do to values.
 *
 * In:  values, and the range of the expression that asks.
 * Out: the result in *out, and true; or false after eval_raise (a Python exception is on its way).
 * Invariants: an unknown operand gives an unknown result, never a guess. An integer that does not fit int64
 *   and a complex number give an opaque value with that reason, never a wrong one; what takes too much memory
 * is an error (eval_charge). Operators with a tensor go to layers/operators.h. Instances of classes of the
 * file come here only after their special methods
 *   (__add__, __len__, ...) were looked for.
 */
#ifndef LAMINA_ELABORATE_VALUE_OPS_H
#define LAMINA_ELABORATE_VALUE_OPS_H

#include "elaborate/builtin.h"
#include "syntax/ast.h"

struct Eval; /* elaborate/eval.h */

/* The first reason for which anything inside the value (nested lists and dicts too) is unknown, or NULL. */
const Opaque *value_unknown_inside(Value value);
bool value_binary(struct Eval *eval, BinaryOperator op, Value left, Value right, SourceRange at, Value *out);
/* `target op= value`: lists, sets and dicts change in place (and *out is the same object), else as
 * value_binary. */
bool value_augmented(struct Eval *eval, BinaryOperator op, Value target, Value value, SourceRange at,
                     Value *out);
bool value_unary(struct Eval *eval, UnaryOperator op, Value operand, SourceRange at, Value *out);
/* One comparison, `is` and `in` included; *out is a bool (opaque, or a tensor for tensor operands). */
bool value_compare(struct Eval *eval, CompareOperator op, Value left, Value right, SourceRange at,
                   Value *out);
/* Only for values that are not opaque (eval_opaque_of); a tensor raises TypeError as in Keras. */
bool value_truth(struct Eval *eval, Value value, SourceRange at, bool *out);
bool value_contains(struct Eval *eval, Value container, Value item, SourceRange at, Value *out);

bool value_subscript(struct Eval *eval, Value object, Value index, SourceRange at, Value *out);
bool value_store_subscript(struct Eval *eval, Value object, Value index, Value value, SourceRange at);
/* {item, ...}: raises where the item cannot be hashed; the set is opaque after an unknown item. */
bool value_add_to_set(struct Eval *eval, Value set, Value item, SourceRange at);
bool value_delete_subscript(struct Eval *eval, Value object, Value index, SourceRange at);
/* An int, or a bool as one; false where the value is no int (nothing is raised). Defined in layers/param.c.
 */
bool value_as_int(Value value, int64_t *out);
/* int, bool or float. */
bool value_as_float(Value value, double *out);

/* True where values of this type (str, list, dict, tuple, set, int, float, bytes, range, tensors; and the
 * types themselves, for `str.join` and `dict.fromkeys`) have a method of that name. */
bool value_has_method(Value self, const char *name);
bool value_method_call(struct Eval *eval, Value self, const char *name, const Arguments *arguments,
                       Value *out);
/* The method names of the value's type, for "did you mean": at most `capacity` of them; the count is
 * returned. */
size_t value_method_names(Value self, const char **names, size_t capacity);

/* format(value, spec), and the `{value:spec}` of f-strings; spec "" is str(). */
bool value_format_spec(struct Eval *eval, Value value, const char *spec, SourceRange at, Value *out);
/* str(), repr() (conversion 'r' or 'a') where the text may depend on something unknown: then *out is opaque.
 */
bool value_to_text(struct Eval *eval, Value value, char conversion, SourceRange at, Value *out);

/* The items of anything that can be iterated, as a new list (dicts give keys; iterators lose their items);
 * opaque where they are not known. */
bool value_items(struct Eval *eval, Value iterable, SourceRange at, Value *out);

/* Python's name of the value's type, with classes of the file ("Block" for an instance of class Block). */
const char *value_class_name(Value value);

#endif

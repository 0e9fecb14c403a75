/* Operators, slices and methods of symbolic tensors: each makes an operation node, as Keras does. */
#ifndef LAMINA_LAYERS_OPERATORS_H
#define LAMINA_LAYERS_OPERATORS_H

#include "layers/layer.h"
#include "syntax/ast.h"

/* a + b where at least one side is a tensor; the other may be a number, a bool, or a nested list of numbers.
 * Operation names: add, subtract, multiply, true_divide, floor_divide, mod, power, matmul, ... */
bool operator_binary(Graph *graph, BinaryOperator op, Value left, Value right, SourceRange at, Value *out);
/* -x, abs(x) is UNARY of the builtins; `+x` is a TypeError in Keras. */
bool operator_unary(Graph *graph, UnaryOperator op, Value operand, SourceRange at, Value *out);
bool operator_abs(Graph *graph, Value operand, SourceRange at, Value *out);
/* < <= > >= !=; == is identity in Keras and never comes here. */
bool operator_compare(Graph *graph, CompareOperator op, Value left, Value right, SourceRange at, Value *out);
/* The function of keras.ops with Keras' class `class_name` ("Maximum", "Equal", "Matmul", ...). */
bool operator_function(Graph *graph, const char *class_name, Value left, Value right, SourceRange at,
                       Value *out);
/* x[:, 1], x[..., ::-1], x[0], x[:, None]: `index` is an int, slice, None, Ellipsis or a tuple of them. */
bool operator_subscript(Graph *graph, Tensor *tensor, Value index, SourceRange at, Value *out);
/* x.reshape(...), x.squeeze(...): the methods KerasTensor has. */
bool operator_method(Graph *graph, Tensor *tensor, const char *name, const Arguments *arguments, Value *out);

#endif

/* Shapes and element types as arguments: shared by input.c and sequential.c. */
#ifndef LAMINA_MODEL_INPUT_PARTS_H
#define LAMINA_MODEL_INPUT_PARTS_H

#include "model/parts.h"

/* A tuple or list of dimensions, with the batch in front where `batch` is not NULL. False after reporting. */
bool shape_argument(Graph *graph, const Argument *argument, const Argument *batch, Shape *out);
/* One dimension; `whole` and `batch` are for the message. */
bool shape_dimension(Graph *graph, Value dim, Value whole, const Argument *batch, SourceRange at,
                     int64_t *out);
/* dtype=: floatx where absent. False after reporting. */
bool dtype_argument(Graph *graph, const Argument *argument, DType *out);
bool dtype_argument_parse(Value value, DType *out);

#endif

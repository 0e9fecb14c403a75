/* What the operations on symbolic tensors share (operators.c, matmul.c, subscript.c, methods.c). */
#ifndef LAMINA_LAYERS_OPERATION_H
#define LAMINA_LAYERS_OPERATION_H

#include "layers/operators.h"
#include "layers/rules.h"

/* Records one operation on the operands: a layer with an automatic name and one node. `attrs` becomes the
 * node's, and is what the class' infer rule fills. Opaque and poisoned operands give their like, silently. */
bool operation_record(Graph *graph, const LayerClass *class_, const Value *operands, size_t count,
                      void *attrs, SourceRange at, Value *out);
/* "[None, 6]": a shape as Python prints a list. */
const char *shape_list_text(Arena *arena, const Shape *shape);
/* Broadcasts the operands' shapes; reports E271 with the operands' histories and returns false where they do
 * not fit. */
bool operation_broadcast(LayerCall *call, const Shape *a, const Shape *b, Shape *out);

bool operator_matmul(Graph *graph, Value left, Value right, SourceRange at, Value *out);

#endif

/* The element types that Keras runs with, where they are not those that its symbolic tensors have. */
#ifndef LAMINA_LOWER_RUN_TYPES_H
#define LAMINA_LOWER_RUN_TYPES_H

#include "layers/layer.h"
#include "model/model.h"

/* True where an input is computed in another type than the node was recorded with; floats, which layers cast,
 * do not count. */
bool run_types_differ(const Node *node, Op *const *inputs);
/* The node itself; or where types differ a copy, as it had been recorded of tensors with the ops' types. NULL
 * after reporting. */
const Node *run_types_node(Lowering *l, const Node *node, Op *const *inputs);
/* Gives the model's outputs the types that the ops have. */
void run_types_of_outputs(Arena *arena, const Ir *ir, Model *model);

#endif

/* In: the node of a layer with Layer.external, its inputs as ops. Out: one OP_EXTERNAL. */
#ifndef LAMINA_LOWER_EXTERNAL_H
#define LAMINA_LOWER_EXTERNAL_H

#include "ir/ir.h"

/* False after reporting E653, E654. */
bool lower_external(Lowering *l, const Node *node, Op *const *inputs, Op **outputs);

#endif

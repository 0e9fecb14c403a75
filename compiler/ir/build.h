/* For builders outside of build.c: a new op, and its rule applied. */
#ifndef LAMINA_IR_BUILD_H
#define LAMINA_IR_BUILD_H

#include "ir/ir.h"

Op *ir_new_op(Lowering *l, const Node *origin, OpKind kind, Op *const *inputs, size_t n_inputs);
/* Gives the op its shape and type by its rule, and appends it; reports what breaks the rule. */
Op *ir_finish_op(Lowering *l, Op *op);

#endif

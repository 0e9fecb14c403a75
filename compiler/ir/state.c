/* States of stateful layers: made when they are first read, and what the run leaves in them. */
#include "ir/build.h"

static IrState *find(Ir *ir, const void *owner, size_t slot) {
    for (size_t i = 0; i < ir->states.count; i++)
        if (ir->states.at[i].owner == owner && ir->states.at[i].slot == slot) return &ir->states.at[i];
    return NULL;
}

Op *ir_state(Lowering *l, const Node *origin, const void *owner, size_t slot, const Shape *shape,
             DType dtype) {
    const IrState *known = find(l->ir, owner, slot);
    if (known) return known->next;
    Op *op = ir_new_op(l, origin, OP_STATE, NULL, 0);
    op->shape = *shape;
    op->dtype = dtype;
    op->as.input.index = l->ir->states.count;
    op = ir_finish_op(l, op);
    vec_push(l->ir->arena, &l->ir->states, ((IrState){owner, slot, op, op}));
    return op;
}

void ir_set_state(Lowering *l, const void *owner, size_t slot, Op *next) {
    IrState *state = find(l->ir, owner, slot);
    if (state) state->next = ir_cast(l, next->origin, next, state->read->dtype);
}

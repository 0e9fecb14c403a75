/* float16 and bfloat16 are stored, not computed with: an op on them becomes the same op on float32 between
 * casts, so that its result is rounded to the narrow type, once, as Keras' layers round theirs. Ops that only
 * move elements stay what they are.
 */
#include "ir/rewrite.h"

static bool is_half(DType dtype) {
    return dtype == DTYPE_FLOAT16 || dtype == DTYPE_BFLOAT16;
}

static bool computes(OpKind kind) {
    switch (kind) {
    case OP_INPUT:
    case OP_CONSTANT:
    case OP_CAST:
    case OP_CONCAT:
    case OP_SLICE:
    case OP_RESHAPE:
    case OP_TRANSPOSE:
    case OP_BROADCAST:
    case OP_REPEAT:
    case OP_SELECT:
    case OP_EXTERNAL: return false;
    default: return true;
    }
}

Op *rewrite_widen_half(Rewriter *r, Op *op) {
    bool half = is_half(op->dtype);
    for (size_t i = 0; i < op->n_inputs; i++) half |= is_half(op->inputs[i]->dtype);
    if (!half || !computes(op->kind)) return NULL;
    Op **inputs = ARENA_ARRAY(r->ir->arena, Op *, op->n_inputs);
    for (size_t i = 0; i < op->n_inputs; i++) {
        Op *x = op->inputs[i];
        inputs[i] = is_half(x->dtype) ? ir_cast(&r->lowering, op->origin, x, DTYPE_FLOAT32) : x;
    }
    Op *wide = rewrite_copy(r, op, inputs, op->n_inputs);
    const char *why;
    Shape shape;
    if (ir_rule(wide, &shape, &wide->dtype, &why) != RULE_OK) return NULL;
    return ir_cast(&r->lowering, op->origin, wide, op->dtype);
}

/* Arithmetic on integers: kernels exist for int32 and int64, two operands at a time. Narrower types are
 * computed in a wider one and cut back, which wraps around as they do; functions of one value become
 * functions of two.
 */
#include "ir/rewrite.h"
#include "plan/planner.h"

/* The type with kernels that holds all values of this one, or (for sums and products) agrees with it modulo
 * its size. */
static bool kernel_type(DType from, bool wraps, DType *out) {
    *out = from == DTYPE_UINT32 || from == DTYPE_UINT64 ? DTYPE_INT64 : DTYPE_INT32;
    if (from == DTYPE_UINT64) return wraps;
    return from == DTYPE_BOOL || from == DTYPE_UINT32 ||
           (dtype_is_integer(from) && dtype_size(from) < sizeof(int32_t));
}

Op *legalize_integer_binary(Rewriter *r, Op *op) {
    if (op->kind != OP_BINARY || op->rescale) return NULL;
    const BinaryFunction f = op->as.binary;
    const bool wraps = f == BIN_ADD || f == BIN_SUB || f == BIN_MUL || f == BIN_POW;
    const bool known = wraps || f == BIN_FLOORDIV || f == BIN_MOD || f == BIN_MAX || f == BIN_MIN ||
                       (f >= BIN_LT && f <= BIN_EQ);
    DType wide;
    if (!known || !kernel_type(op->inputs[0]->dtype, wraps, &wide)) return NULL;
    Op *a = ir_cast(&r->lowering, op->origin, op->inputs[0], wide);
    Op *b = ir_cast(&r->lowering, op->origin, op->inputs[1], wide);
    return ir_cast(&r->lowering, op->origin, ir_binary(&r->lowering, op->origin, f, a, b), op->dtype);
}

static Op *integer_zero(Rewriter *r, const Op *op) {
    void *zero = arena_alloc(r->ir->arena, sizeof(int64_t));
    return ir_constant(&r->lowering, op->origin, op->name, &(Shape){.rank = 0}, op->dtype, zero);
}

Op *legalize_integer_unary(Rewriter *r, Op *op) {
    if (op->kind != OP_UNARY || !dtype_is_integer(op->dtype)) return NULL;
    Lowering *l = &r->lowering;
    Op *x = op->inputs[0];
    if (op->dtype == DTYPE_UINT64) { /* ir_binary would narrow it as Keras' promotion does */
        if (op->as.unary.function != UNARY_NEGATE && op->as.unary.function != UNARY_SQUARE) return NULL;
        x = ir_unary(l, op->origin, ir_cast(l, op->origin, x, DTYPE_INT64), op->as.unary.function, 0, 0, 0);
        return ir_cast(l, op->origin, x, op->dtype);
    }
    switch (op->as.unary.function) {
    case UNARY_RELU: return ir_binary(l, op->origin, BIN_MAX, x, integer_zero(r, op));
    case UNARY_NEGATE: return ir_binary(l, op->origin, BIN_SUB, integer_zero(r, op), x);
    case UNARY_SQUARE: return ir_binary(l, op->origin, BIN_MUL, x, x);
    case UNARY_ABS:
        return ir_binary(l, op->origin, BIN_MAX, x,
                         ir_binary(l, op->origin, BIN_SUB, integer_zero(r, op), x));
    default: return NULL;
    }
}

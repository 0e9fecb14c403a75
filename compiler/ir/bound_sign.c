/* Which results are never below 0, however they are rounded: squares, what is made of them without a
 * difference, and what is cut off at 0. Their error reaches no further down than that either, so that a root
 * of them has a bound at 0. True promises it of every way of computing the op, the passes included. */
#include <math.h>

#include "ir/bound_op.h"

static bool function_is(UnaryFunction f, const double *p, bool of) {
    switch (f) {
    case UNARY_RELU:
    case UNARY_SIGMOID:
    case UNARY_EXP:
    case UNARY_SQRT:
    case UNARY_RSQRT:
    case UNARY_SQUARE:
    case UNARY_ABS:
    case UNARY_SOFTPLUS:
    case UNARY_HARD_SIGMOID:
    case UNARY_SPARSE_PLUS:
    case UNARY_SPARSE_SIGMOID: return true;
    case UNARY_CLIP: return p[0] >= 0;
    case UNARY_LINEAR:
    case UNARY_RECIPROCAL:
    case UNARY_EXPM1:
    case UNARY_LOG1P:
    case UNARY_TANH:
    case UNARY_SIGN:
    case UNARY_FLOOR:
    case UNARY_CEIL:
    case UNARY_ROUND: return of;
    default: return false;
    }
}

static bool even_constant(const Op *op, const Values *exponent) {
    if (op->kind != OP_CONSTANT) return false;
    for (size_t i = 0; i < exponent->count; i++)
        if (fmod(exponent->data[i], 2) != 0) return false;
    return true;
}

static bool binary_is(const Bound *b, const bool *of) {
    Op *const *inputs = b->op->inputs;
    switch (b->op->as.binary) {
    case BIN_MUL: return (of[0] && of[1]) || inputs[0] == inputs[1];
    case BIN_MAX: return of[0] || of[1];
    case BIN_ADD:
    case BIN_DIV:
    case BIN_MIN: return of[0] && of[1];
    case BIN_POW: return of[0] || even_constant(inputs[1], &b->x[1]);
    default: return false;
    }
}

static bool constant_is(const Values *stored) {
    for (size_t i = 0; i < stored->count; i++)
        if (!(stored->data[i] >= 0)) return false;
    return true;
}

static bool before_epilogue(const Bound *b, const bool *of, size_t n) {
    const Op *op = b->op;
    bool all = n > 0;
    for (size_t i = 0; i < n; i++) all &= of[i];
    switch (op->kind) {
    case OP_CONSTANT: return constant_is(&b->y);
    case OP_UNARY: return function_is(op->as.unary.function, op->as.unary.parameter, of[0]);
    case OP_BINARY: return binary_is(b, of);
    case OP_SELECT: return of[1] && of[2];
    case OP_ROW: return op->as.row.function == ROW_SOFTMAX;
    case OP_PAD: return of[0] && op->as.pad.value >= 0;
    case OP_CAST: return of[0] && dtype_is_float(op->dtype);
    case OP_GATHER: return of[0];
    case OP_AFFINE:
    case OP_POOL2D:
    case OP_REDUCE:
    case OP_SCAN:
    case OP_CONCAT:
    case OP_SLICE:
    case OP_RESHAPE:
    case OP_TRANSPOSE:
    case OP_BROADCAST:
    case OP_REPEAT: return all;
    default: return false;
    }
}

static bool is_unsigned(DType dtype) {
    return dtype == DTYPE_BOOL || dtype == DTYPE_UINT8 || dtype == DTYPE_UINT16 || dtype == DTYPE_UINT32 ||
           dtype == DTYPE_UINT64;
}

bool bound_never_negative(const Bound *b) {
    const Op *op = b->op;
    bool *of = ARENA_ARRAY(b->arena, bool, op->n_inputs + 1);
    for (size_t i = 0; i < op->n_inputs; i++) of[i] = b->never_negative[op->inputs[i]->id];
    const size_t n = op->n_inputs - (op->epilogue.residual ? 1 : 0);
    const bool result = before_epilogue(b, of, n) && (!op->epilogue.residual || of[n]);
    return function_is(op->epilogue.function, op->epilogue.parameter, result) || is_unsigned(op->dtype);
}

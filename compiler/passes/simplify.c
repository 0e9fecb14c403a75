/* simplify: ops that do nothing go away, and chains of data movement become one op. Nothing here changes a
 * bit of any result: an affine op counts as dead only where its shift is -0, since x + 0 changes the sign of
 * -0. */
#include <math.h>

#include "passes/pass.h"

/* Every value of `from` has a value of its own in `to`. */
static bool holds_all(DType from, DType to) {
    if (from == to) return true;
    if (from == DTYPE_BOOL) return dtype_is_integer(to) || dtype_is_float(to);
    if (from == DTYPE_FLOAT16 || from == DTYPE_BFLOAT16) return to == DTYPE_FLOAT32 || to == DTYPE_FLOAT64;
    if (!dtype_is_integer(from)) return from == DTYPE_FLOAT32 && to == DTYPE_FLOAT64;
    const size_t bytes = dtype_size(from);
    const bool from_signed =
        from == DTYPE_INT8 || from == DTYPE_INT16 || from == DTYPE_INT32 || from == DTYPE_INT64;
    const bool to_signed = to == DTYPE_INT8 || to == DTYPE_INT16 || to == DTYPE_INT32 || to == DTYPE_INT64;
    if (to == DTYPE_FLOAT64) return bytes <= 4;
    if (to == DTYPE_FLOAT32) return bytes <= 2;
    if (!dtype_is_integer(to)) return false;
    if (from_signed && !to_signed) return false;
    return from_signed == to_signed ? dtype_size(to) >= bytes : dtype_size(to) > bytes;
}

static Op *simplify_cast(Rewriter *rewriter, Op *op) {
    if (op->kind != OP_CAST) return NULL;
    Op *x = op->inputs[0];
    if (x->dtype == op->dtype) return x;
    if (x->kind != OP_CAST || !holds_all(x->inputs[0]->dtype, x->dtype)) return NULL;
    return ir_cast(&rewriter->lowering, op->origin, x->inputs[0], op->dtype);
}

static Op *simplify_reshape(Rewriter *rewriter, Op *op) {
    (void)rewriter;
    if (op->kind != OP_RESHAPE) return NULL;
    Op *x = op->inputs[0];
    if (shape_equal(&x->shape, &op->shape)) return x;
    if (x->kind != OP_RESHAPE) return NULL;
    op->inputs[0] = x->inputs[0];
    return op;
}

static bool is_identity(const int *perm, int rank) {
    for (int i = 0; i < rank; i++)
        if (perm[i] != i) return false;
    return true;
}

/* True where the axes of more than one element keep their order: only the shape changes. */
static bool moves_nothing(const Op *op) {
    const Shape *x = &op->inputs[0]->shape;
    int last = -1;
    for (int i = 0; i < x->rank; i++) {
        const int from = op->as.transpose.perm[i];
        if (x->dim[from] == 1) continue;
        if (from < last) return false;
        last = from;
    }
    return x->rank == 0 || x->dim[0] != DIM_UNKNOWN || op->as.transpose.perm[0] == 0;
}

static Op *simplify_transpose(Rewriter *rewriter, Op *op) {
    if (op->kind != OP_TRANSPOSE) return NULL;
    Op *x = op->inputs[0];
    if (is_identity(op->as.transpose.perm, x->shape.rank)) return x;
    if (moves_nothing(op)) return ir_reshape(&rewriter->lowering, op->origin, x, &op->shape);
    if (x->kind != OP_TRANSPOSE) return NULL;
    int perm[SHAPE_MAX_RANK];
    for (int i = 0; i < x->shape.rank; i++) perm[i] = x->as.transpose.perm[op->as.transpose.perm[i]];
    return ir_transpose(&rewriter->lowering, op->origin, x->inputs[0], perm);
}

static bool is_unit_pool(const Pool2dAttrs *a) {
    return a->size[0] == 1 && a->size[1] == 1 && a->stride[0] == 1 && a->stride[1] == 1 && a->pad[0] == 0 &&
           a->pad[1] == 0 && a->pad[2] == 0 && a->pad[3] == 0;
}

static bool keeps_every_element(const Op *op) {
    for (int i = 0; i < op->shape.rank; i++)
        if (op->as.slice.begin[i] != 0 || op->as.slice.step[i] != 1) return false;
    return shape_equal(&op->shape, &op->inputs[0]->shape);
}

/* Ops that hand their input on. */
static Op *drop_identity(Rewriter *rewriter, Op *op) {
    (void)rewriter;
    bool identity = false;
    switch (op->kind) {
    case OP_UNARY: identity = op->as.unary.function == UNARY_LINEAR; break;
    case OP_PAD:
    case OP_BROADCAST: identity = shape_equal(&op->shape, &op->inputs[0]->shape); break;
    case OP_CONCAT: identity = op->n_inputs == 1; break;
    case OP_REPEAT: identity = op->as.repeat.count == 1; break;
    case OP_SLICE: identity = keeps_every_element(op); break;
    case OP_POOL2D: identity = is_unit_pool(&op->as.pool2d); break;
    default: break;
    }
    return identity ? op->inputs[0] : NULL;
}

static Op *drop_dead_affine(Rewriter *rewriter, Op *op) {
    (void)rewriter;
    if (op->kind != OP_AFFINE || !op_is_plain(op)) return NULL;
    const float *scale = op_floats(op->inputs[1]), *shift = op_floats(op->inputs[2]);
    if (!scale || !shift) return NULL;
    for (int64_t i = 0; i < op_count(op->inputs[1]); i++)
        if (scale[i] != 1.0f || shift[i] != 0.0f || !signbit(shift[i])) return NULL;
    return op->inputs[0];
}

bool pass_simplify(Ir *ir) {
    static RewritePattern *const patterns[] = {simplify_cast, simplify_reshape, simplify_transpose,
                                               drop_identity, drop_dead_affine};
    return rewrite_all(ir, patterns, sizeof patterns / sizeof patterns[0]);
}

/* plan_legalize: the ops that have no kernel in their general form, rewritten into ones that have.
 *
 * After it: weights of linear ops are constants; reductions, softmax and normalization work on adjacent axes;
 * the outer axes of a matmul's operands are those of its result or absent; ids are float32, int32 or int64.
 */
#include "ir/execute.h"
#include "ir/rewrite.h"
#include "plan/planner.h"

enum { MOST_ROUNDS = 16 };

/* The op as a constant, if nothing but constants is behind it; else NULL. */
static Op *fold_deep(Rewriter *r, Op *op) {
    if (op->kind == OP_CONSTANT) return op;
    if (op->kind == OP_INPUT) return NULL;
    for (size_t i = 0; i < op->n_inputs; i++) {
        Op *input = fold_deep(r, op->inputs[i]);
        if (!input) return NULL;
        op->inputs[i] = input;
    }
    const void *data = ir_evaluate_constant(r->ir->arena, op);
    if (!data) return NULL;
    return ir_constant(&r->lowering, op->origin, op->inputs[0]->name, &op->shape, op->dtype, data);
}

static bool is_linear(const Op *op) {
    return op_may_have_epilogue(op->kind);
}

static Op *fold_weights(Rewriter *r, Op *op) {
    if (!is_linear(op) && op->kind != OP_RECURRENT) return NULL;
    bool changed = false;
    size_t end = op->n_inputs - (op->epilogue.residual ? 1 : 0);
    if (op->kind == OP_RECURRENT) end = recurrent_bias(op) ? 3 : 2;
    for (size_t i = 1; i < end; i++) {
        if (op->inputs[i]->kind == OP_CONSTANT) continue;
        Op *constant = fold_deep(r, op->inputs[i]);
        if (constant) op->inputs[i] = constant;
        changed |= constant != NULL;
    }
    return changed ? op : NULL;
}

/* Dense with a computed kernel (a matrix that another layer gives). */
static Op *dense_to_matmul(Rewriter *r, Op *op) {
    if (op->kind != OP_DENSE || op->inputs[1]->kind == OP_CONSTANT || op->inputs[0]->shape.rank < 2)
        return NULL;
    Lowering *l = &r->lowering;
    Op *y = ir_matmul(l, op->origin, op->inputs[0], op->inputs[1], false);
    if (op_bias(op)) y = ir_binary(l, op->origin, BIN_ADD, y, op_bias(op));
    if (op_residual(op)) y = ir_binary(l, op->origin, BIN_ADD, y, op_residual(op));
    const double *p = op->epilogue.parameter;
    return ir_unary(l, op->origin, y, op->epilogue.function, p[0], p[1], p[2]);
}

static Op *matmul_to_dense(Rewriter *r, Op *op) {
    if (op->kind != OP_MATMUL || op->inputs[1]->kind != OP_CONSTANT || op->inputs[1]->shape.rank != 2)
        return NULL;
    if (op->dtype != DTYPE_FLOAT32) return NULL;
    Op *kernel = op->inputs[1];
    if (op->as.matmul.transpose_b) {
        kernel = fold_deep(r, ir_transpose(&r->lowering, op->origin, kernel, (int[]){1, 0}));
        if (!kernel) return NULL;
    }
    return ir_dense(&r->lowering, op->origin, op->inputs[0], kernel, NULL);
}

/* An operand of a matmul with the outer axes of the result, or with none. */
static Op *outer_operand(Rewriter *r, const Op *op, Op *x) {
    const int outer = op->shape.rank - 2;
    bool none = true, same = x->shape.rank == op->shape.rank;
    for (int i = 0; i < x->shape.rank - 2; i++) none &= x->shape.dim[i] == 1;
    for (int i = 0; same && i < outer; i++) same &= x->shape.dim[i] == op->shape.dim[i];
    if (none || same) return x;
    Shape shape = op->shape;
    shape.dim[outer] = x->shape.dim[x->shape.rank - 2];
    shape.dim[outer + 1] = x->shape.dim[x->shape.rank - 1];
    return ir_broadcast(&r->lowering, op->origin, x, &shape);
}

static Op *broadcast_matmul(Rewriter *r, Op *op) {
    if (op->kind != OP_MATMUL) return NULL;
    Op *a = outer_operand(r, op, op->inputs[0]), *b = outer_operand(r, op, op->inputs[1]);
    if (a == op->inputs[0] && b == op->inputs[1]) return NULL;
    op->inputs[0] = a;
    op->inputs[1] = b;
    return op;
}

static bool adjacent(uint32_t axes) {
    while (!(axes & 1)) axes >>= 1;
    return (axes & (axes + 1)) == 0;
}

/* The highest run of adjacent axes. */
static uint32_t last_run(uint32_t axes) {
    uint32_t run = 0;
    for (int i = SHAPE_MAX_RANK - 1; i >= 0; i--) {
        if (axes >> i & 1)
            run |= 1u << i;
        else if (run)
            break;
    }
    return run;
}

static Op *split_reduce(Rewriter *r, Op *op) {
    if (op->kind != OP_REDUCE || op->as.reduce.axes == 0 || adjacent(op->as.reduce.axes)) return NULL;
    const uint32_t last = last_run(op->as.reduce.axes), rest = op->as.reduce.axes & ~last;
    const bool keep = op->as.reduce.keepdims;
    Op *x = ir_reduce(&r->lowering, op->origin, op->inputs[0], op->as.reduce.function, last, keep);
    return ir_reduce(&r->lowering, op->origin, x, op->as.reduce.function, rest, keep);
}

/* Softmax or normalization over axes that are not adjacent: they are moved to the end and back. */
static Op *gather_axes(Rewriter *r, Op *op) {
    if (op->kind != OP_ROW && op->kind != OP_NORMALIZE) return NULL;
    const uint32_t axes = op->kind == OP_ROW ? op->as.row.axes : op->as.normalize.axes;
    if (adjacent(axes)) return NULL;
    const int rank = op->shape.rank;
    int perm[SHAPE_MAX_RANK], back[SHAPE_MAX_RANK], n = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < rank; i++)
            if ((int)(axes >> i & 1) == pass) perm[n++] = i;
    uint32_t moved = 0;
    for (int i = 0; i < rank; i++) {
        back[perm[i]] = i;
        if (axes >> perm[i] & 1) moved |= 1u << i;
    }
    Op *x = ir_transpose(&r->lowering, op->origin, op->inputs[0], perm);
    Op *y = op->kind == OP_ROW ? ir_row(&r->lowering, op->origin, x, op->as.row.function, moved)
                               : ir_normalize(&r->lowering, op->origin, x, moved, op->as.normalize.epsilon);
    return ir_transpose(&r->lowering, op->origin, y, back);
}

static Op *plain_ids(Rewriter *r, Op *op) {
    if (op->kind != OP_GATHER) return NULL;
    Op *ids = op->inputs[1];
    const bool from_float = ids->kind == OP_CAST && ids->inputs[0]->dtype == DTYPE_FLOAT32;
    if (from_float)
        ids = ids->inputs[0];
    else if (dtype_is_integer(ids->dtype) && ids->dtype != DTYPE_INT32 && ids->dtype != DTYPE_INT64) {
        const bool small = dtype_size(ids->dtype) < sizeof(int32_t);
        ids = ir_cast(&r->lowering, op->origin, ids, small ? DTYPE_INT32 : DTYPE_INT64);
    }
    if (ids == op->inputs[1]) return NULL;
    op->inputs[1] = ids;
    return op;
}

/* Kernels along axes exist for float32, int32 and int64: bools and narrow integers are widened. */
static Op *widen_along(Rewriter *r, Op *op) {
    if ((op->kind != OP_ARG && op->kind != OP_SCAN && op->kind != OP_REDUCE) || op->rescale) return NULL;
    Op *x = op->inputs[0];
    const bool narrow =
        x->dtype == DTYPE_BOOL || (dtype_is_integer(x->dtype) && dtype_size(x->dtype) < sizeof(int32_t));
    if (!narrow && x->dtype != DTYPE_UINT32) return NULL;
    Lowering *l = &r->lowering;
    Op *wide = ir_cast(l, op->origin, x, narrow ? DTYPE_INT32 : DTYPE_INT64), *y;
    if (op->kind == OP_ARG) return ir_arg(l, op->origin, wide, op->as.arg.smallest, op->as.arg.axis);
    if (op->kind == OP_SCAN)
        y = ir_scan(l, op->origin, wide, op->as.scan.function, op->as.scan.axis);
    else
        y = ir_reduce(l, op->origin, wide, op->as.reduce.function, op->as.reduce.axes,
                      op->as.reduce.keepdims);
    return ir_cast(l, op->origin, y, op->dtype);
}

/* The maximum of integers that float64 holds is taken there. */
static Op *widen_pool(Rewriter *r, Op *op) {
    if (op->kind != OP_POOL2D || !dtype_is_integer(op->dtype) || dtype_size(op->dtype) > sizeof(int32_t))
        return NULL;
    if (op->dtype == DTYPE_INT8 && (op->rescale || op->as.pool2d.function == POOL_MAX)) return NULL;
    Op *wide = ir_cast(&r->lowering, op->origin, op->inputs[0], DTYPE_FLOAT64);
    Op *y = ir_pool2d(&r->lowering, op->origin, wide, &op->as.pool2d);
    return ir_cast(&r->lowering, op->origin, y, op->dtype);
}

bool plan_legalize(Ir *ir) {
    static RewritePattern *const patterns[] = {
        legalize_sparse_dense, rewrite_widen_half,      legalize_double,        fold_weights, dense_to_matmul,
        matmul_to_dense,       broadcast_matmul,        split_reduce,           gather_axes,  plain_ids,
        widen_along,           legalize_integer_binary, legalize_integer_unary, widen_pool};
    ir_renumber(ir);
    for (int round = 0; round < MOST_ROUNDS; round++)
        if (!rewrite_all(ir, patterns, sizeof patterns / sizeof patterns[0])) break;
    return !ir->broken && ir_verify(ir);
}

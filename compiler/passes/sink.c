/* sink-movement: transposes and reshapes move behind the ops that do not care where an element stands,
 * towards the outputs, until they meet their inverse or the end. So a channels_first network keeps its
 * channels last throughout, and what follows a 1-D convolution can still go into it. Values do not change:
 * each element is computed from the same ones.
 *
 * A transpose with several users moves only where it is the one that channels_first layers end with: each
 * such layer begins with the inverse, so nothing is transposed twice. */
#include "passes/pass.h"

/* (0, last, 1, 2, ...): from channels_last to channels_first. */
static bool ends_layer(const Op *op) {
    const int rank = op->shape.rank;
    if (rank < 3 || op->as.transpose.perm[0] != 0 || op->as.transpose.perm[1] != rank - 1) return false;
    for (int i = 2; i < rank; i++)
        if (op->as.transpose.perm[i] != i - 1) return false;
    return true;
}

static bool may_sink(const Op *op) {
    return op->kind == OP_TRANSPOSE && (op->n_uses == 1 || ends_layer(op));
}

static bool same_perm(const Op *a, const Op *b) {
    if (a->shape.rank != b->shape.rank) return false;
    for (int i = 0; i < a->shape.rank; i++)
        if (a->as.transpose.perm[i] != b->as.transpose.perm[i]) return false;
    return true;
}

static Op *transposed(Rewriter *r, const Op *like, Op *x) {
    return ir_transpose(&r->lowering, x->origin, x, like->as.transpose.perm);
}

static Op *sink_unary(Rewriter *r, Op *op) {
    if ((op->kind != OP_UNARY && op->kind != OP_CAST) || !may_sink(op->inputs[0])) return NULL;
    const Op *t = op->inputs[0];
    if (op->kind == OP_CAST)
        return transposed(r, t, ir_cast(&r->lowering, op->origin, t->inputs[0], op->dtype));
    const double *p = op->as.unary.parameter;
    Op *y = ir_unary(&r->lowering, op->origin, t->inputs[0], op->as.unary.function, p[0], p[1], p[2]);
    return transposed(r, t, y);
}

/* The constant in the order of axes before the transpose; NULL where it is no constant. */
static Op *untransposed(Rewriter *r, const Op *t, Op *constant) {
    if (constant->kind != OP_CONSTANT || constant->shape.rank > t->shape.rank) return NULL;
    if (constant->shape.rank == 0) return constant;
    Shape full = {.rank = t->shape.rank};
    int inverse[SHAPE_MAX_RANK];
    const int added = full.rank - constant->shape.rank;
    for (int i = 0; i < full.rank; i++) {
        full.dim[i] = i < added ? 1 : constant->shape.dim[i - added];
        inverse[t->as.transpose.perm[i]] = i;
    }
    Op *wide = ir_reshape(&r->lowering, constant->origin, constant, &full);
    return ir_transpose(&r->lowering, constant->origin, wide, inverse);
}

static Op *sink_binary(Rewriter *r, Op *op) {
    if (op->kind != OP_BINARY) return NULL;
    Op *a = op->inputs[0], *b = op->inputs[1];
    const Op *t = may_sink(a) ? a : b;
    if (!may_sink(t) || t->shape.rank != op->shape.rank) return NULL;
    if (may_sink(a) && may_sink(b)) {
        if (!same_perm(a, b)) return NULL;
        a = a->inputs[0];
        b = b->inputs[0];
    } else {
        a = a == t ? a->inputs[0] : untransposed(r, t, a);
        b = b == t ? b->inputs[0] : untransposed(r, t, b);
    }
    return a && b ? transposed(r, t, ir_binary(&r->lowering, op->origin, op->as.binary, a, b)) : NULL;
}

static uint32_t mapped_axes(const Op *t, uint32_t axes) {
    uint32_t mapped = 0;
    for (int i = 0; i < t->shape.rank; i++)
        if (axes >> i & 1) mapped |= 1u << t->as.transpose.perm[i];
    return mapped;
}

static Op *sink_row(Rewriter *r, Op *op) {
    if ((op->kind != OP_ROW && op->kind != OP_NORMALIZE) || !may_sink(op->inputs[0])) return NULL;
    const Op *t = op->inputs[0];
    Op *x = t->inputs[0];
    if (op->kind == OP_ROW)
        return transposed(
            r, t, ir_row(&r->lowering, op->origin, x, op->as.row.function, mapped_axes(t, op->as.row.axes)));
    const uint32_t axes = mapped_axes(t, op->as.normalize.axes);
    return transposed(r, t, ir_normalize(&r->lowering, op->origin, x, axes, op->as.normalize.epsilon));
}

/* The axes that are left are put in order behind the reduction. */
static Op *sink_reduce(Rewriter *r, Op *op) {
    if (op->kind != OP_REDUCE || !may_sink(op->inputs[0])) return NULL;
    const Op *t = op->inputs[0];
    const uint32_t axes = mapped_axes(t, op->as.reduce.axes);
    const bool keep = op->as.reduce.keepdims;
    Op *y = ir_reduce(&r->lowering, op->origin, t->inputs[0], op->as.reduce.function, axes, keep);
    if (keep) return transposed(r, t, y);
    int perm[SHAPE_MAX_RANK], place[SHAPE_MAX_RANK], left = 0, n = 0;
    for (int i = 0; i < t->shape.rank; i++) place[i] = axes >> i & 1 ? -1 : left++;
    for (int i = 0; i < t->shape.rank; i++)
        if (place[t->as.transpose.perm[i]] >= 0) perm[n++] = place[t->as.transpose.perm[i]];
    return ir_transpose(&r->lowering, op->origin, y, perm);
}

static Op *sink_concat(Rewriter *r, Op *op) {
    if (op->kind != OP_CONCAT) return NULL;
    Op **inputs = ARENA_ARRAY(r->ir->arena, Op *, op->n_inputs);
    for (size_t i = 0; i < op->n_inputs; i++) {
        if (!may_sink(op->inputs[i]) || !same_perm(op->inputs[i], op->inputs[0])) return NULL;
        inputs[i] = op->inputs[i]->inputs[0];
    }
    const Op *t = op->inputs[0];
    const int axis = t->as.transpose.perm[op->as.concat.axis];
    return transposed(r, t, ir_concat(&r->lowering, op->origin, inputs, op->n_inputs, axis));
}

/* Borders, parts and repetitions. */
static Op *sink_movement(Rewriter *r, Op *op) {
    if (op->kind != OP_PAD && op->kind != OP_SLICE && op->kind != OP_REPEAT) return NULL;
    const Op *t = op->inputs[0];
    if (!may_sink(t) || (op->kind != OP_SLICE && !ends_layer(t))) return NULL;
    Lowering *l = &r->lowering;
    const int *perm = t->as.transpose.perm;
    int64_t first[SHAPE_MAX_RANK], second[SHAPE_MAX_RANK], third[SHAPE_MAX_RANK];
    Op *x = t->inputs[0];
    if (op->kind == OP_REPEAT)
        return transposed(r, t, ir_repeat(l, op->origin, x, perm[op->as.repeat.axis], op->as.repeat.count));
    for (int i = 0; i < op->shape.rank; i++) {
        const bool pad = op->kind == OP_PAD;
        first[perm[i]] = pad ? op->as.pad.before[i] : op->as.slice.begin[i];
        second[perm[i]] = pad ? op->as.pad.after[i] : op->shape.dim[i];
        third[perm[i]] = pad ? 0 : op->as.slice.step[i];
    }
    Op *y = op->kind == OP_PAD ? ir_pad(l, op->origin, x, first, second, op->as.pad.value)
                               : ir_slice(l, op->origin, x, first, second, third);
    return transposed(r, t, y);
}

/* ---- reshapes: only behind what can then go into a linear op ---- */

/* A reshape that keeps the channels of a linear op that nothing else uses. */
static bool hides_linear(const Op *op) {
    if (op->kind != OP_RESHAPE || op->n_uses != 1) return false;
    const Op *x = op->inputs[0];
    return op_may_have_epilogue(x->kind) && x->n_uses == 1 && x->epilogue.function == UNARY_LINEAR &&
           op->shape.rank > 1 && x->shape.rank > 1 &&
           op->shape.dim[op->shape.rank - 1] == x->shape.dim[x->shape.rank - 1];
}

static Op *reshape_unary(Rewriter *r, Op *op) {
    if ((op->kind != OP_UNARY && op->kind != OP_AFFINE) || op->epilogue.residual) return NULL;
    if (!hides_linear(op->inputs[0])) return NULL;
    Op *inputs[3] = {op->inputs[0]->inputs[0], op->kind == OP_AFFINE ? op->inputs[1] : NULL,
                     op->kind == OP_AFFINE ? op->inputs[2] : NULL};
    Op *y = rewrite_copy(r, op, inputs, op->n_inputs);
    y->shape = inputs[0]->shape;
    return ir_reshape(&r->lowering, op->origin, y, &op->shape);
}

/* A constant that broadcasts in the same way whatever the axes before the last. */
static bool is_vector(const Op *op) {
    return op->kind == OP_CONSTANT && op->shape.rank <= 1;
}

static Op *reshape_binary(Rewriter *r, Op *op) {
    if (op->kind != OP_BINARY) return NULL;
    const bool first = hides_linear(op->inputs[0]);
    const Op *reshape = op->inputs[first ? 0 : 1];
    Op *other = op->inputs[first ? 1 : 0];
    if (!hides_linear(reshape) || !shape_equal(&reshape->shape, &op->shape)) return NULL;
    Op *x = reshape->inputs[0];
    if (!is_vector(other)) {
        if (!shape_equal(&other->shape, &op->shape) || other == reshape) return NULL;
        other = ir_reshape(&r->lowering, op->origin, other, &x->shape);
    }
    Op *y = ir_binary(&r->lowering, op->origin, op->as.binary, first ? x : other, first ? other : x);
    return ir_reshape(&r->lowering, op->origin, y, &op->shape);
}

bool pass_sink_movement(Ir *ir) {
    static RewritePattern *const patterns[] = {sink_unary,  sink_binary,   sink_row,      sink_reduce,
                                               sink_concat, sink_movement, reshape_unary, reshape_binary};
    return rewrite_all(ir, patterns, sizeof patterns / sizeof patterns[0]);
}

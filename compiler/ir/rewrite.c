/* The walk that all passes share: see rewrite.h. Uses are counted by ir_renumber before the walk; what a
 * pattern returns inherits the uses of the op it replaces, so "used once" stays true to the facts or errs on
 * the safe side. */
#include "ir/rewrite.h"

#include <string.h>

static Op *resolve(Op *op) {
    while (op->replacement) op = op->replacement;
    return op;
}

static Op *offer(Rewriter *rewriter, Op *op, RewritePattern *const *patterns, size_t count) {
    for (size_t i = 0; i < count; i++) {
        Op *result = patterns[i](rewriter, op);
        if (result) return result;
    }
    return NULL;
}

bool rewrite_all(Ir *ir, RewritePattern *const *patterns, size_t count) {
    Rewriter rewriter = {.lowering = {.ir = ir}, .ir = ir};
    Op *const *old = ir->ops.at;
    const size_t n_old = ir->ops.count;
    bool changed = false;
    ir->ops.at = NULL;
    ir->ops.count = ir->ops.capacity = 0;
    for (size_t i = 0; i < n_old; i++) {
        Op *op = old[i];
        for (size_t k = 0; k < op->n_inputs; k++) op->inputs[k] = resolve(op->inputs[k]);
        rewriter.lowering.call = op->call;
        Op *result = offer(&rewriter, op, patterns, count);
        changed |= result != NULL;
        if (!result || result == op) {
            vec_push(ir->arena, &ir->ops, op);
            continue;
        }
        op->replacement = result;
        result->n_uses += op->n_uses;
    }
    for (size_t i = 0; i < ir->n_outputs; i++) ir->outputs[i] = resolve(ir->outputs[i]);
    for (size_t i = 0; i < ir->states.count; i++) ir->states.at[i].next = resolve(ir->states.at[i].next);
    ir_renumber(ir);
    return changed;
}

Op *rewrite_copy(Rewriter *rewriter, const Op *op, Op *const *inputs, size_t n_inputs) {
    Op *copy = ARENA_NEW(rewriter->ir->arena, Op);
    *copy = *op;
    copy->n_uses = 0;
    copy->replacement = NULL;
    copy->inputs = ARENA_ARRAY(rewriter->ir->arena, Op *, n_inputs);
    copy->n_inputs = n_inputs;
    memcpy(copy->inputs, inputs, n_inputs * sizeof *inputs);
    vec_push(rewriter->ir->arena, &rewriter->ir->ops, copy);
    return copy;
}

Op *rewrite_new_floats(Rewriter *rewriter, const Op *like, const char *name, const Shape *shape,
                       float **data) {
    int64_t count = 0;
    const bool ok = shape_count(shape, 0, &count);
    *data = ARENA_ARRAY(rewriter->ir->arena, float, ok ? (size_t)count : 0);
    return ir_constant(&rewriter->lowering, like->origin, name, shape, DTYPE_FLOAT32, *data);
}

const float *op_floats(const Op *op) {
    return op->kind == OP_CONSTANT && op->dtype == DTYPE_FLOAT32 ? op->as.constant.data : NULL;
}

int64_t op_count(const Op *op) {
    int64_t count = 0;
    const int first = op->shape.rank > 0 && op->shape.dim[0] == DIM_UNKNOWN ? 1 : 0;
    return shape_count(&op->shape, first, &count) ? count : 0;
}

bool op_is_plain(const Op *op) {
    return op_may_have_epilogue(op->kind) && op->epilogue.function == UNARY_LINEAR && !op->epilogue.residual;
}

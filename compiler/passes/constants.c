/* fold-constants: ops whose inputs are all constants are computed now, by the reference kernels, so that
 * their meaning stands in one place. What would grow the weights much (a broadcast) is left to run time. */
#include "ir/execute.h"
#include "passes/pass.h"

enum { ALWAYS_FOLDED = 4096 }; /* elements */

static bool worth_folding(const Op *op) {
    int64_t inputs = 0;
    if (op->kind == OP_EXTERNAL) return false;
    for (size_t i = 0; i < op->n_inputs; i++) {
        if (op->inputs[i]->kind != OP_CONSTANT) return false;
        inputs += op_count(op->inputs[i]);
    }
    return op->n_inputs > 0 && shape_is_static(&op->shape, 0) &&
           (op_count(op) <= ALWAYS_FOLDED || op_count(op) <= inputs);
}

static Op *fold(Rewriter *rewriter, Op *op) {
    if (!worth_folding(op)) return NULL;
    const void *data = ir_evaluate_constant(rewriter->ir->arena, op);
    if (!data) return NULL;
    const char *name = op->inputs[0]->name;
    return ir_constant(&rewriter->lowering, op->origin, name, &op->shape, op->dtype, data);
}

bool pass_fold_constants(Ir *ir) {
    return rewrite_all(ir, (RewritePattern *[]){fold}, 1);
}

bool pass_drop_dead(Ir *ir) {
    const size_t before = ir->ops.count;
    ir_renumber(ir);
    return ir->ops.count != before;
}

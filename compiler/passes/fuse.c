/* merge-pad and fuse-epilogue: ops that disappear into the convolution (or other linear op) beside them.
 *
 * merge-pad: a border of zeros around height and width becomes the convolution's own padding.
 * fuse-epilogue: y = f(linear(x) + residual), where nothing else uses the values in between. */
#include "passes/pass.h"

static bool pads_image_with_zeros(const Op *op) {
    if (op->kind != OP_PAD || op->as.pad.value != 0.0 || op->shape.rank != 4) return false;
    return op->as.pad.before[0] == 0 && op->as.pad.after[0] == 0 && op->as.pad.before[3] == 0 &&
           op->as.pad.after[3] == 0;
}

static Op *merge_pad(Rewriter *rewriter, Op *op) {
    (void)rewriter;
    if (op->kind != OP_CONV2D && op->kind != OP_DEPTHWISE_CONV2D) return NULL;
    Op *pad = op->inputs[0];
    if (!pads_image_with_zeros(pad)) return NULL;
    for (int i = 0; i < 2; i++) {
        op->as.conv2d.pad[i] += pad->as.pad.before[1 + i];
        op->as.conv2d.pad[2 + i] += pad->as.pad.after[1 + i];
    }
    op->inputs[0] = pad->inputs[0];
    return op;
}

bool pass_merge_pad(Ir *ir) {
    return rewrite_all(ir, (RewritePattern *[]){merge_pad}, 1);
}

/* A linear op that may still take something in: its value is used once, and no function is applied to it yet.
 */
static bool is_open(const Op *op) {
    return op_may_have_epilogue(op->kind) && op->dtype == DTYPE_FLOAT32 && op->n_uses == 1 &&
           op->epilogue.function == UNARY_LINEAR;
}

static Op *fuse_unary(Rewriter *rewriter, Op *op) {
    if (op->kind != OP_UNARY || op->dtype != DTYPE_FLOAT32 || !is_open(op->inputs[0])) return NULL;
    const Op *linear = op->inputs[0];
    Op *fused = rewrite_copy(rewriter, linear, linear->inputs, linear->n_inputs);
    fused->epilogue.function = op->as.unary.function;
    for (int i = 0; i < 3; i++) fused->epilogue.parameter[i] = op->as.unary.parameter[i];
    return fused;
}

/* x + y with a linear op on one side (the later one, where both are): the other side becomes its residual. */
static Op *fuse_residual(Rewriter *rewriter, Op *op) {
    if (op->kind != OP_BINARY || op->as.binary != BIN_ADD || op->inputs[0] == op->inputs[1]) return NULL;
    const Op *a = op->inputs[0], *b = op->inputs[1];
    if (!shape_equal(&a->shape, &b->shape)) return NULL;
    const bool a_open = is_open(a) && !a->epilogue.residual, b_open = is_open(b) && !b->epilogue.residual;
    if (!a_open && !b_open) return NULL;
    const bool take_a = a_open && (!b_open || a->id > b->id);
    const Op *linear = take_a ? a : b;
    Op *inputs[4];
    size_t n = 0;
    for (; n < linear->n_inputs; n++) inputs[n] = linear->inputs[n];
    inputs[n++] = op->inputs[take_a ? 1 : 0];
    Op *fused = rewrite_copy(rewriter, linear, inputs, n);
    fused->epilogue.residual = true;
    return fused;
}

bool pass_fuse_epilogue(Ir *ir) {
    return rewrite_all(ir, (RewritePattern *[]){fuse_unary, fuse_residual}, 2);
}

/* recognize-affine: arithmetic with one constant per channel (or one for all) becomes AFFINE, the form that
 * fold-affine understands; two affine ops in a row become one. Exact but for the joined ones: a product's
 * shift is -0, a sum's scale is 1, so zeros keep their signs. */
#include <math.h>

#include "passes/pass.h"

/* The op's values as one per channel of x: a constant of one element, or of the last axis' extent with ones
 * before it. */
static bool per_channel(const Op *op, const Op *x, int64_t channels) {
    if (!op_floats(op) || op->shape.rank > x->shape.rank) return false;
    const int64_t count = op_count(op);
    return count == 1 || (count == channels && op->shape.dim[op->shape.rank - 1] == channels);
}

typedef struct Terms {
    float scale, shift;
} Terms;

/* x op c as x * scale + shift; false for functions that have no such exact form. */
static bool terms_of(BinaryFunction function, float c, bool constant_first, Terms *out) {
    switch (function) {
    case BIN_ADD: *out = (Terms){1.0f, c}; return true;
    case BIN_SUB: *out = constant_first ? (Terms){-1.0f, c} : (Terms){1.0f, -c}; return true;
    case BIN_MUL: *out = (Terms){c, -0.0f}; return true;
    case BIN_DIV: {
        int exponent;
        const bool power_of_two =
            fabsf(frexpf(c, &exponent)) == 0.5f && fabsf(c) > 1e-30f && fabsf(c) < 1e30f;
        *out = (Terms){1.0f / c, -0.0f};
        return !constant_first && power_of_two;
    }
    default: return false;
    }
}

static Op *new_affine(Rewriter *rewriter, const Op *op, Op *x, float **scale, float **shift) {
    const Shape channels = shape_make(1, &x->shape.dim[x->shape.rank - 1]);
    Op *s = rewrite_new_floats(rewriter, op, op->name, &channels, scale);
    Op *t = rewrite_new_floats(rewriter, op, op->name, &channels, shift);
    return ir_affine(&rewriter->lowering, op->origin, x, s, t);
}

static Op *from_binary(Rewriter *rewriter, Op *op) {
    if (op->kind != OP_BINARY || op->dtype != DTYPE_FLOAT32) return NULL;
    const bool constant_first = op->inputs[0]->kind == OP_CONSTANT;
    Op *x = op->inputs[constant_first ? 1 : 0];
    const Op *c = op->inputs[constant_first ? 0 : 1];
    if (x->shape.rank < 1 || !shape_equal(&x->shape, &op->shape)) return NULL;
    const int64_t channels = x->shape.dim[x->shape.rank - 1];
    if (channels == DIM_UNKNOWN || ir_is_open(rewriter->ir, channels) || !per_channel(c, x, channels))
        return NULL;
    const float *values = op_floats(c);
    const bool one = op_count(c) == 1;
    Terms terms = {0};
    for (int64_t i = 0; i < (one ? 1 : channels); i++)
        if (!terms_of(op->as.binary, values[i], constant_first, &terms)) return NULL;
    float *scale, *shift;
    Op *affine = new_affine(rewriter, op, x, &scale, &shift);
    for (int64_t i = 0; i < channels; i++) {
        terms_of(op->as.binary, values[one ? 0 : i], constant_first, &terms);
        scale[i] = terms.scale;
        shift[i] = terms.shift;
    }
    return affine;
}

static Op *join(Rewriter *rewriter, Op *op) {
    if (op->kind != OP_AFFINE) return NULL;
    Op *before = op->inputs[0];
    if (before->kind != OP_AFFINE || !op_is_plain(before) || before->n_uses != 1) return NULL;
    const float *s1 = op_floats(before->inputs[1]), *t1 = op_floats(before->inputs[2]);
    const float *s2 = op_floats(op->inputs[1]), *t2 = op_floats(op->inputs[2]);
    if (!s1 || !t1 || !s2 || !t2) return NULL;
    const int64_t channels = op_count(op->inputs[1]);
    for (int64_t i = 0; i < channels; i++)
        if (!isfinite(s1[i] * s2[i]) || !isfinite(t1[i] * s2[i] + t2[i])) return NULL;
    float *scale, *shift;
    Op *joined = new_affine(rewriter, op, before->inputs[0], &scale, &shift);
    joined->epilogue = op->epilogue;
    for (int64_t i = 0; i < channels; i++) {
        scale[i] = (float)((double)s1[i] * s2[i]);
        shift[i] = (float)((double)t1[i] * s2[i] + t2[i]);
    }
    if (!op->epilogue.residual) return joined;
    Op *inputs[4] = {joined->inputs[0], joined->inputs[1], joined->inputs[2], op_residual(op)};
    joined->epilogue.residual = false;
    Op *with_residual = rewrite_copy(rewriter, joined, inputs, 4);
    with_residual->epilogue = op->epilogue;
    return with_residual;
}

bool pass_recognize_affine(Ir *ir) {
    return rewrite_all(ir, (RewritePattern *[]){from_binary, join}, 2);
}

/* The rules of the ops: shape and element type of a result, as they follow from its inputs and attributes.
 *
 * Builders compute with them, ir_verify checks against them, so each rule stands once. A rule looks at
 * nothing but the op; it never trusts the inputs' ranks. Any extent but the first being unknown means that
 * the batch has been mixed into another axis, which is checked for all kinds at the end.
 */
#include "ir/rules.h"

#include "base/checked.h"

static RuleResult rule_given(Rule *r) {
    r->shape = r->op->shape;
    r->dtype = r->op->dtype;
    if (r->op->kind == OP_CONSTANT && !shape_is_static(&r->shape, 0))
        return broken(r, "a constant of unknown extent");
    if (r->shape.rank < 0 || r->shape.rank > SHAPE_MAX_RANK) return broken(r, "rank out of range");
    for (int i = 0; i < r->shape.rank; i++)
        if (r->shape.dim[i] < 0 && r->shape.dim[i] != DIM_UNKNOWN) return broken(r, "a negative extent");
    return RULE_OK;
}

RuleResult rule_same(Rule *r) {
    r->shape = r->op->inputs[0]->shape;
    r->dtype = r->op->inputs[0]->dtype;
    return RULE_OK;
}

/* Checks what all linear ops share: the bias' length, one element type, and the residual's shape. */
RuleResult check_linear(Rule *r, int64_t out_channels) {
    const Op *bias = op_bias(r->op);
    if (bias && !is_vector(bias, out_channels))
        return broken(r, "the bias does not have one value per output channel");
    for (size_t i = 0; i < r->op->n_inputs; i++) {
        const bool sums = r->op->rescale && r->op->inputs[i] == bias;
        if (r->op->inputs[i]->dtype != (sums ? DTYPE_INT32 : r->dtype))
            return broken(r, "the inputs have different element types");
    }
    const Op *residual = op_residual(r->op);
    if (residual && !shape_equal(&residual->shape, &r->shape))
        return broken(r, "the residual has another shape");
    return RULE_OK;
}

static RuleResult rule_dense(Rule *r) {
    const Shape *x = input_shape(r->op, 0), *kernel = input_shape(r->op, 1);
    r->dtype = r->op->inputs[0]->dtype;
    if (x->rank < 1 || kernel->rank != 2) return broken(r, "x must have a last axis, the kernel two");
    if (x->dim[x->rank - 1] == DIM_UNKNOWN) return mixes_batch(r, "the last axis is the batch");
    if (x->dim[x->rank - 1] != kernel->dim[0])
        return broken(r, "the last axis of x is not the kernel's first");
    r->shape = *x;
    r->shape.dim[x->rank - 1] = kernel->dim[1];
    return check_linear(r, kernel->dim[1]);
}

/* The input's rows may be cut anew: its elements are rows of the kernel's length, one or several to a sample.
 */
static RuleResult rule_sparse_dense(Rule *r) {
    const Shape *x = input_shape(r->op, 0), *kernel = input_shape(r->op, 1);
    int64_t elements = 1, rows = 1;
    r->dtype = r->op->inputs[0]->dtype;
    r->shape = r->op->shape;
    const int last = r->shape.rank - 1;
    if (r->op->inputs[0]->kind != OP_INPUT || kernel->rank != 2 || last < 1 || x->rank < 2)
        return broken(r, "it reads a sparse input of rank 2 or more");
    if (r->shape.dim[0] != x->dim[0] || r->shape.dim[last] != kernel->dim[1])
        return broken(r, "its shape does not follow from its inputs");
    for (int i = 1; i < x->rank; i++) elements *= x->dim[i];
    for (int i = 1; i < last; i++) rows *= r->shape.dim[i];
    if (elements != rows * kernel->dim[0]) return broken(r, "the input is not rows of the kernel's length");
    return check_linear(r, kernel->dim[1]);
}

static RuleResult rule_unary(Rule *r) {
    rule_same(r);
    if (r->op->as.unary.function == UNARY_LOGICAL_NOT) r->dtype = DTYPE_BOOL;
    return RULE_OK;
}

/* The shape that the operands broadcast to; the batch may only meet the batch. */
static RuleResult broadcast_all(Rule *r) {
    bool unknown = false;
    r->shape = *input_shape(r->op, 0);
    for (size_t i = 1; i < r->op->n_inputs; i++) {
        const Shape so_far = r->shape;
        if (!shape_broadcast(&so_far, input_shape(r->op, i), &r->shape))
            return broken(r, "the shapes do not broadcast");
    }
    for (size_t i = 0; i < r->op->n_inputs; i++) {
        if (batch_is_inner(input_shape(r->op, i), &r->shape))
            return mixes_batch(r, "the batch of one operand meets another axis of the other");
        unknown |= batch_unknown(input_shape(r->op, i));
    }
    if (unknown && r->shape.dim[0] != DIM_UNKNOWN)
        return mixes_batch(r, "the batch meets an axis of fixed extent");
    return RULE_OK;
}

static RuleResult rule_binary(Rule *r) {
    const Op *a = r->op->inputs[0], *b = r->op->inputs[1];
    r->dtype = r->op->as.binary >= BIN_LT ? DTYPE_BOOL : a->dtype;
    if (a->dtype != b->dtype) return broken(r, "the inputs have different element types");
    return broadcast_all(r);
}

static RuleResult rule_select(Rule *r) {
    const Op *a = r->op->inputs[1], *b = r->op->inputs[2];
    r->dtype = a->dtype;
    if (r->op->inputs[0]->dtype != DTYPE_BOOL) return broken(r, "the condition is not bool");
    if (a->dtype != b->dtype) return broken(r, "the inputs have different element types");
    return broadcast_all(r);
}

static RuleResult rule_affine(Rule *r) {
    rule_same(r);
    if (r->shape.rank < 1) return broken(r, "x has no last axis");
    const int64_t channels = r->shape.dim[r->shape.rank - 1];
    if (channels == DIM_UNKNOWN) return mixes_batch(r, "the last axis is the batch");
    if (!is_vector(r->op->inputs[1], channels) || !is_vector(r->op->inputs[2], channels))
        return broken(r, "scale and shift must have one value per channel");
    return check_linear(r, channels);
}

static RuleResult check_axes(Rule *r, uint32_t axes) {
    const Shape *x = input_shape(r->op, 0);
    if (axes == 0 || (axes >> x->rank) != 0) return broken(r, "axes out of range");
    if ((axes & 1) && batch_unknown(x)) return mixes_batch(r, "it works along the batch axis");
    return RULE_OK;
}

static RuleResult rule_reduce(Rule *r) {
    const Shape *x = input_shape(r->op, 0);
    r->dtype = r->op->inputs[0]->dtype;
    r->shape.rank = 0;
    for (int i = 0; i < x->rank; i++) {
        const bool reduced = (r->op->as.reduce.axes >> i) & 1;
        if (!reduced)
            r->shape.dim[r->shape.rank++] = x->dim[i];
        else if (r->op->as.reduce.keepdims)
            r->shape.dim[r->shape.rank++] = 1;
    }
    return x->rank == 0 && r->op->as.reduce.axes == 0 ? RULE_OK : check_axes(r, r->op->as.reduce.axes);
}

static RuleResult rule_along(Rule *r, int axis) {
    rule_same(r);
    if (axis < 0 || axis >= r->shape.rank) return broken(r, "the axis is out of range");
    return check_axes(r, 1u << axis);
}

static RuleResult rule_arg(Rule *r) {
    const int axis = r->op->as.arg.axis;
    const RuleResult result = rule_along(r, axis);
    if (result != RULE_OK) return result;
    if (r->shape.dim[axis] < 1) return broken(r, "there is nothing to choose from");
    for (int i = axis; i + 1 < r->shape.rank; i++) r->shape.dim[i] = r->shape.dim[i + 1];
    r->shape.rank--;
    r->dtype = DTYPE_INT32;
    return RULE_OK;
}

static RuleResult rule_scan(Rule *r) {
    return rule_along(r, r->op->as.scan.axis);
}

static RuleResult rule_row(Rule *r) {
    rule_same(r);
    return check_axes(r, r->op->as.row.axes);
}

static RuleResult rule_normalize(Rule *r) {
    rule_same(r);
    return check_axes(r, r->op->as.normalize.axes);
}

static RuleResult rule_concat(Rule *r) {
    rule_same(r);
    const int axis = r->op->as.concat.axis;
    if (axis < 0 || axis >= r->shape.rank) return broken(r, "the axis is out of range");
    if (axis == 0 && batch_unknown(&r->shape)) return mixes_batch(r, "it joins tensors along the batch axis");
    for (size_t i = 1; i < r->op->n_inputs; i++) {
        const Shape *s = input_shape(r->op, i);
        if (s->rank != r->shape.rank) return broken(r, "the ranks differ");
        if (r->op->inputs[i]->dtype != r->dtype) return broken(r, "the inputs have different element types");
        for (int k = 0; k < s->rank; k++) {
            if (k == axis || s->dim[k] == r->shape.dim[k]) continue;
            if (k == 0 && (batch_unknown(s) || batch_unknown(&r->shape)))
                return mixes_batch(r, "the batch meets an axis of fixed extent");
            return broken(r, "extents beside the axis differ");
        }
        if (!checked_add(r->shape.dim[axis], s->dim[axis], &r->shape.dim[axis]))
            return broken(r, "too large");
    }
    return RULE_OK;
}

static RuleResult rule_slice(Rule *r) {
    rule_same(r);
    const Shape whole = r->shape;
    r->shape = r->op->shape;
    if (r->shape.rank != whole.rank) return broken(r, "the ranks differ");
    for (int i = 0; i < whole.rank; i++) {
        const int64_t begin = r->op->as.slice.begin[i], step = r->op->as.slice.step[i], n = r->shape.dim[i];
        if (whole.dim[i] == DIM_UNKNOWN) {
            if (begin != 0 || step != 1 || n != DIM_UNKNOWN) return mixes_batch(r, "it cuts the batch axis");
            continue;
        }
        if (n < 0) return broken(r, "a negative extent");
        if (n == 0) continue;
        int64_t last;
        if (!checked_mul(n - 1, step, &last) || !checked_add(begin, last, &last))
            return broken(r, "out of range");
        if (begin < 0 || begin >= whole.dim[i] || last < 0 || last >= whole.dim[i])
            return broken(r, "out of range");
    }
    return RULE_OK;
}

static RuleResult rule_pad(Rule *r) {
    rule_same(r);
    for (int i = 0; i < r->shape.rank; i++) {
        const int64_t before = r->op->as.pad.before[i], after = r->op->as.pad.after[i];
        if (before < 0 || after < 0) return broken(r, "a negative border");
        if (before == 0 && after == 0) continue;
        if (r->shape.dim[i] == DIM_UNKNOWN) return mixes_batch(r, "it pads the batch axis");
        if (!checked_add(r->shape.dim[i], before, &r->shape.dim[i]) ||
            !checked_add(r->shape.dim[i], after, &r->shape.dim[i]))
            return broken(r, "too large");
    }
    return RULE_OK;
}

static RuleResult rule_reshape(Rule *r) {
    const Shape *x = input_shape(r->op, 0);
    r->shape = r->op->shape;
    r->dtype = r->op->inputs[0]->dtype;
    const int first = batch_unknown(x) ? 1 : 0;
    if (first && !batch_unknown(&r->shape)) return mixes_batch(r, "it moves the batch into another axis");
    if (!first && batch_unknown(&r->shape)) return broken(r, "the batch appears from nowhere");
    int64_t before, after;
    if (!shape_count(x, first, &before) || !shape_count(&r->shape, first, &after))
        return mixes_batch(r, "it moves the batch into another axis");
    if (before == after) return RULE_OK;
    return first ? mixes_batch(r, "it changes the number of samples")
                 : broken(r, "the number of elements changes");
}

static RuleResult rule_transpose(Rule *r) {
    rule_same(r);
    const Shape *x = input_shape(r->op, 0);
    uint32_t seen = 0;
    for (int i = 0; i < x->rank; i++) {
        const int from = r->op->as.transpose.perm[i];
        if (from < 0 || from >= x->rank || (seen >> from & 1))
            return broken(r, "not a permutation of the axes");
        seen |= 1u << from;
        r->shape.dim[i] = x->dim[from];
    }
    return RULE_OK;
}

static RuleResult rule_broadcast(Rule *r) {
    const Shape *x = input_shape(r->op, 0);
    r->dtype = r->op->inputs[0]->dtype;
    r->shape = r->op->shape;
    Shape joined;
    if (batch_is_inner(x, &r->shape) || (batch_unknown(x) && !batch_unknown(&r->shape)))
        return mixes_batch(r, "the batch meets an axis of fixed extent");
    if (!shape_broadcast(x, &r->shape, &joined) || !shape_equal(&joined, &r->shape))
        return broken(r, "the shape does not broadcast to the result's");
    return RULE_OK;
}

static RuleResult rule_repeat(Rule *r) {
    rule_same(r);
    const int axis = r->op->as.repeat.axis;
    if (axis < 0 || axis >= r->shape.rank || r->op->as.repeat.count < 1)
        return broken(r, "the axis is out of range");
    if (r->shape.dim[axis] == DIM_UNKNOWN) return mixes_batch(r, "it repeats along the batch axis");
    if (!checked_mul(r->shape.dim[axis], r->op->as.repeat.count, &r->shape.dim[axis]))
        return broken(r, "too large");
    return RULE_OK;
}

static RuleResult rule_matmul(Rule *r) {
    const Shape *a = input_shape(r->op, 0), *b = input_shape(r->op, 1);
    const bool t = r->op->as.matmul.transpose_b;
    r->dtype = r->op->inputs[0]->dtype;
    if (r->dtype != r->op->inputs[1]->dtype) return broken(r, "the inputs have different element types");
    if (a->rank < 2 || b->rank < 2) return broken(r, "both inputs must be matrices or stacks of them");
    const int64_t inner = b->dim[b->rank - (t ? 1 : 2)], columns = b->dim[b->rank - (t ? 2 : 1)];
    if (inner == DIM_UNKNOWN || columns == DIM_UNKNOWN)
        return mixes_batch(r, "the batch is an axis of the right matrix");
    if (a->dim[a->rank - 1] != inner) return broken(r, "the inner extents differ");
    Shape left = *a, right = *b;
    left.rank -= 2;
    right.rank -= 2;
    if (!shape_broadcast(&left, &right, &r->shape)) return broken(r, "the outer axes do not broadcast");
    if (batch_is_inner(&left, &r->shape) || batch_is_inner(&right, &r->shape))
        return mixes_batch(r, "the batch of one operand meets another axis of the other");
    if ((batch_unknown(&left) || batch_unknown(&right)) && !batch_unknown(&r->shape))
        return mixes_batch(r, "the batch meets an axis of fixed extent");
    r->shape.dim[r->shape.rank++] = a->dim[a->rank - 2];
    r->shape.dim[r->shape.rank++] = columns;
    return RULE_OK;
}

static RuleResult rule_gather(Rule *r) {
    const Op *table = r->op->inputs[0], *ids = r->op->inputs[1];
    const int axis = r->op->as.gather.axis;
    r->dtype = table->dtype;
    if (axis < 0 || axis >= table->shape.rank) return broken(r, "the axis is out of range");
    if (axis == 0 && batch_unknown(&table->shape)) return mixes_batch(r, "it chooses samples of the batch");
    if (axis > 0 && batch_unknown(&ids->shape)) return mixes_batch(r, "the ids have a batch of their own");
    if (!dtype_is_integer(ids->dtype) && ids->dtype != DTYPE_FLOAT32)
        return broken(r, "the ids are neither integers nor float32 (truncated)");
    if (ids->shape.rank + table->shape.rank - 1 > SHAPE_MAX_RANK) return broken(r, "the rank is too high");
    r->shape.rank = 0;
    for (int i = 0; i < axis; i++) r->shape.dim[r->shape.rank++] = table->shape.dim[i];
    for (int i = 0; i < ids->shape.rank; i++) r->shape.dim[r->shape.rank++] = ids->shape.dim[i];
    for (int i = axis + 1; i < table->shape.rank; i++) r->shape.dim[r->shape.rank++] = table->shape.dim[i];
    return RULE_OK;
}

static RuleResult rule_cast(Rule *r) {
    rule_same(r);
    r->dtype = r->op->dtype;
    return RULE_OK;
}

static RuleResult rule_quantize(Rule *r) {
    const bool back = r->op->kind == OP_DEQUANTIZE;
    rule_same(r);
    if (r->dtype != (back ? DTYPE_INT8 : DTYPE_FLOAT32)) return broken(r, "x has another element type");
    if (!(r->op->quantization.scale > 0)) return broken(r, "there is no scale");
    r->dtype = back ? DTYPE_FLOAT32 : DTYPE_INT8;
    return RULE_OK;
}

static RuleResult rule_table(Rule *r) {
    rule_same(r);
    const Op *table = r->op->inputs[1];
    if (r->dtype != DTYPE_INT8 || table->dtype != DTYPE_INT8 || !is_vector(table, 256))
        return broken(r, "x and a table of 256 must be int8");
    return RULE_OK;
}

static RuleResult (*const rules[OP_KIND_COUNT])(Rule *) = {
    [OP_INPUT] = rule_given,
    [OP_CONSTANT] = rule_given,
    [OP_STATE] = rule_given,
    [OP_DENSE] = rule_dense,
    [OP_DENSIFY] = rule_same,
    [OP_SPARSE_DENSE] = rule_sparse_dense,
    [OP_CONV2D] = rule_conv2d,
    [OP_CONV3D] = rule_conv3d,
    [OP_CONV_TRANSPOSE] = rule_conv_transpose,
    [OP_DEPTHWISE_CONV2D] = rule_depthwise,
    [OP_RECURRENT] = rule_recurrent,
    [OP_POOL2D] = rule_pool2d,
    [OP_RESAMPLE] = rule_resample,
    [OP_UNARY] = rule_unary,
    [OP_BINARY] = rule_binary,
    [OP_SELECT] = rule_select,
    [OP_AFFINE] = rule_affine,
    [OP_REDUCE] = rule_reduce,
    [OP_ARG] = rule_arg,
    [OP_SCAN] = rule_scan,
    [OP_ROW] = rule_row,
    [OP_NORMALIZE] = rule_normalize,
    [OP_CONCAT] = rule_concat,
    [OP_SLICE] = rule_slice,
    [OP_PAD] = rule_pad,
    [OP_RESHAPE] = rule_reshape,
    [OP_TRANSPOSE] = rule_transpose,
    [OP_BROADCAST] = rule_broadcast,
    [OP_REPEAT] = rule_repeat,
    [OP_MATMUL] = rule_matmul,
    [OP_GATHER] = rule_gather,
    [OP_CATEGORY] = rule_cast, /* int64, whatever the input is */
    [OP_CAST] = rule_cast,
    [OP_QUANTIZE] = rule_quantize,
    [OP_DEQUANTIZE] = rule_quantize,
    [OP_TABLE] = rule_table,
    [OP_EXTERNAL] = rule_given,
};

RuleResult ir_rule(const Op *op, Shape *shape, DType *dtype, const char **why) {
    Rule r = {.op = op};
    RuleResult result = rules[op->kind](&r);
    if (result == RULE_OK && r.shape.rank > 1 && !shape_is_static(&r.shape, 1))
        result = mixes_batch(&r, "it moves the batch into another axis");
    int64_t count;
    if (result == RULE_OK && !shape_count(&r.shape, batch_unknown(&r.shape) ? 1 : 0, &count))
        result = broken(&r, "too many elements");
    *shape = r.shape;
    *dtype = r.dtype;
    *why = r.why;
    return result;
}

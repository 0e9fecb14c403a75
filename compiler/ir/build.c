/* Builders of ops: each makes one op, lets its rule compute shape and type, and appends it.
 *
 * The layers' shape rules have checked what comes here; a rule that fails all the same is E900, except for
 * models that mix the unknown batch into other axes, which are legal in Keras and not yet here (E603).
 * Element types: a builder casts its inputs to one type, as Keras' operations do.
 */
#include "ir/build.h"

#include <string.h>

static void report_rule(Lowering *l, const Op *op, RuleResult result, const char *why) {
    if (l->ir->broken) return; /* what follows from a broken op is no news */
    l->ir->broken = true;
    const SourceRange at = op->origin ? op->origin->at : NO_SOURCE;
    if (result == RULE_BROKEN) {
        diag_report(l->ir->diags, E900, at, "the op %s of layer \"%s\" breaks its rule: %s",
                    op_kind_name(op->kind), op->name, why);
        return;
    }
    diag_report(l->ir->diags, E603, at, "layer \"%s\" cannot be compiled while the batch size is unknown: %s",
                op->name, why);
    diag_help(l->ir->diags, at, NULL, "give the Input a batch_size, or keep axis 0 out of this step");
}

static Op *new_op(Lowering *l, const Node *origin, OpKind kind, Op *const *inputs, size_t n_inputs) {
    Op *op = ARENA_NEW(l->ir->arena, Op);
    op->kind = kind;
    op->origin = origin;
    op->call = l->call;
    op->name = origin ? origin->layer->name : op_kind_name(kind);
    op->inputs = ARENA_ARRAY(l->ir->arena, Op *, n_inputs);
    op->n_inputs = n_inputs;
    if (n_inputs) memcpy(op->inputs, inputs, n_inputs * sizeof *inputs);
    return op;
}

/* Applies the rule and appends. After a failure the op keeps its first input's shape, so that the caller can
 * go on. */
static Op *finish(Lowering *l, Op *op) {
    const char *why = NULL;
    Shape shape;
    DType dtype;
    const RuleResult result = ir_rule(op, &shape, &dtype, &why);
    if (result != RULE_OK) {
        report_rule(l, op, result, why);
        if (op->n_inputs) shape = op->inputs[0]->shape;
    }
    op->shape = shape;
    op->dtype = dtype;
    op->id = (uint32_t)l->ir->ops.count;
    vec_push(l->ir->arena, &l->ir->ops, op);
    return op;
}

Op *ir_input(Lowering *l, const Node *origin, const char *name, const Shape *shape, DType dtype,
             size_t index) {
    Op *op = new_op(l, origin, OP_INPUT, NULL, 0);
    op->name = name;
    op->shape = *shape;
    op->dtype = dtype;
    op->as.input.index = index;
    return finish(l, op);
}

Op *ir_densify(Lowering *l, const Node *origin, Op *input) {
    return finish(l, new_op(l, origin, OP_DENSIFY, &input, 1));
}

Op *ir_constant(Lowering *l, const Node *origin, const char *name, const Shape *shape, DType dtype,
                const void *data) {
    Op *op = new_op(l, origin, OP_CONSTANT, NULL, 0);
    op->name = name;
    op->shape = *shape;
    op->dtype = dtype;
    op->as.constant.data = data;
    return finish(l, op);
}

Op *ir_weight(Lowering *l, const Weight *weight) {
    if (l->weight_ops[weight->id]) return l->weight_ops[weight->id];
    const void *data = l->weight_data[weight->id];
    Op *op = ir_constant(l, NULL, weight->path, &weight->shape, weight->dtype, data);
    op->as.constant.weight = weight;
    if (!data && !l->ir->broken) {
        l->ir->broken = true;
        diag_report(l->ir->diags, E900, weight->layer->at, "the weight %s has no values", weight->path);
    }
    return l->weight_ops[weight->id] = op;
}

Op *ir_scalar(Lowering *l, const Node *origin, double value) {
    float *data = ARENA_NEW(l->ir->arena, float);
    *data = (float)value;
    return ir_constant(l, origin, origin ? origin->layer->name : "scalar", &(Shape){.rank = 0}, DTYPE_FLOAT32,
                       data);
}

Op *ir_cast(Lowering *l, const Node *origin, Op *x, DType dtype) {
    if (x->dtype == dtype) return x;
    Op *op = new_op(l, origin, OP_CAST, &x, 1);
    op->dtype = dtype;
    return finish(l, op);
}

/* x, kernel and bias of a linear op in the kernel's type. */
static Op *new_linear(Lowering *l, const Node *origin, OpKind kind, Op *x, Op *kernel, Op *bias) {
    const DType dtype = kernel->dtype;
    Op *inputs[3] = {ir_cast(l, origin, x, dtype), kernel, bias ? ir_cast(l, origin, bias, dtype) : NULL};
    return new_op(l, origin, kind, inputs, bias ? 3 : 2);
}

Op *ir_dense(Lowering *l, const Node *origin, Op *x, Op *kernel, Op *bias) {
    return finish(l, new_linear(l, origin, OP_DENSE, x, kernel, bias));
}

Op *ir_conv2d(Lowering *l, const Node *origin, Op *x, Op *kernel, Op *bias, const Conv2dAttrs *attrs) {
    Op *op = new_linear(l, origin, OP_CONV2D, x, kernel, bias);
    op->as.conv2d = *attrs;
    return finish(l, op);
}

Op *ir_conv3d(Lowering *l, const Node *origin, Op *x, Op *kernel, Op *bias, const Conv3dAttrs *attrs) {
    Op *op = new_linear(l, origin, OP_CONV3D, x, kernel, bias);
    op->as.conv3d = *attrs;
    return finish(l, op);
}

Op *ir_conv_transpose(Lowering *l, const Node *origin, Op *x, Op *kernel, Op *bias,
                      const Conv3dAttrs *attrs) {
    Op *op = new_linear(l, origin, OP_CONV_TRANSPOSE, x, kernel, bias);
    op->as.conv3d = *attrs;
    return finish(l, op);
}

Op *ir_depthwise_conv2d(Lowering *l, const Node *origin, Op *x, Op *kernel, Op *bias,
                        const Conv2dAttrs *attrs) {
    Op *op = new_linear(l, origin, OP_DEPTHWISE_CONV2D, x, kernel, bias);
    op->as.conv2d = *attrs;
    return finish(l, op);
}

Op *ir_pool2d(Lowering *l, const Node *origin, Op *x, const Pool2dAttrs *attrs) {
    Op *op = new_op(l, origin, OP_POOL2D, &x, 1);
    op->as.pool2d = *attrs;
    return finish(l, op);
}

Op *ir_resample(Lowering *l, const Node *origin, Op *x, Op *starts, Op *weights, int axis) {
    Op *op = new_op(l, origin, OP_RESAMPLE, (Op *[]){x, starts, weights}, 3);
    op->as.resample.axis = axis;
    return finish(l, op);
}

/* Functions that are exact on integers; the others compute on floats. */
static bool keeps_integers(UnaryFunction f) {
    return f == UNARY_LINEAR || f == UNARY_RELU || f == UNARY_SQUARE || f == UNARY_NEGATE || f == UNARY_ABS ||
           f == UNARY_SIGN || f == UNARY_LOGICAL_NOT;
}

Op *ir_unary(Lowering *l, const Node *origin, Op *x, UnaryFunction function, double p0, double p1,
             double p2) {
    if (!dtype_is_float(x->dtype) && !keeps_integers(function)) x = ir_cast(l, origin, x, DTYPE_FLOAT32);
    if (function == UNARY_LOGICAL_NOT) x = ir_cast(l, origin, x, DTYPE_BOOL);
    Op *op = new_op(l, origin, OP_UNARY, &x, 1);
    op->as.unary.function = function;
    op->as.unary.parameter[0] = p0;
    op->as.unary.parameter[1] = p1;
    op->as.unary.parameter[2] = p2;
    return finish(l, op);
}

Op *ir_binary(Lowering *l, const Node *origin, BinaryFunction function, Op *a, Op *b) {
    DType dtype = dtype_promote(a->dtype, b->dtype);
    if (function == BIN_DIV && !dtype_is_float(dtype)) dtype = DTYPE_FLOAT32; /* true division */
    if (function >= BIN_AND) dtype = DTYPE_BOOL;
    Op *inputs[2] = {ir_cast(l, origin, a, dtype), ir_cast(l, origin, b, dtype)};
    Op *op = new_op(l, origin, OP_BINARY, inputs, 2);
    op->as.binary = function;
    return finish(l, op);
}

Op *ir_select(Lowering *l, const Node *origin, Op *condition, Op *a, Op *b) {
    const DType dtype = dtype_promote(a->dtype, b->dtype);
    Op *inputs[3] = {ir_cast(l, origin, condition, DTYPE_BOOL), ir_cast(l, origin, a, dtype),
                     ir_cast(l, origin, b, dtype)};
    return finish(l, new_op(l, origin, OP_SELECT, inputs, 3));
}

Op *ir_affine(Lowering *l, const Node *origin, Op *x, Op *scale, Op *shift) {
    return finish(l, new_linear(l, origin, OP_AFFINE, x, scale, shift));
}

Op *ir_reduce(Lowering *l, const Node *origin, Op *x, ReduceFunction function, uint32_t axes, bool keepdims) {
    if (function == REDUCE_MEAN && !dtype_is_float(x->dtype)) x = ir_cast(l, origin, x, DTYPE_FLOAT32);
    Op *op = new_op(l, origin, OP_REDUCE, &x, 1);
    op->as.reduce.function = function;
    op->as.reduce.axes = axes;
    op->as.reduce.keepdims = keepdims;
    return finish(l, op);
}

Op *ir_category(Lowering *l, const Node *origin, CategoryFunction function, Op *x, Op *table) {
    Op *op = new_op(l, origin, OP_CATEGORY, (Op *[]){x, table}, 2);
    op->as.category.function = function;
    op->dtype = DTYPE_INT64;
    return finish(l, op);
}

Op *ir_arg(Lowering *l, const Node *origin, Op *x, bool smallest, int axis) {
    Op *op = new_op(l, origin, OP_ARG, &x, 1);
    op->as.arg.smallest = smallest;
    op->as.arg.axis = axis;
    return finish(l, op);
}

Op *ir_scan(Lowering *l, const Node *origin, Op *x, ScanFunction function, int axis) {
    Op *op = new_op(l, origin, OP_SCAN, &x, 1);
    op->as.scan.function = function;
    op->as.scan.axis = axis;
    return finish(l, op);
}

Op *ir_row(Lowering *l, const Node *origin, Op *x, RowFunction function, uint32_t axes) {
    Op *op = new_op(l, origin, OP_ROW, &x, 1);
    op->as.row.function = function;
    op->as.row.axes = axes;
    return finish(l, op);
}

Op *ir_normalize(Lowering *l, const Node *origin, Op *x, uint32_t axes, double epsilon) {
    Op *op = new_op(l, origin, OP_NORMALIZE, &x, 1);
    op->as.normalize.axes = axes;
    op->as.normalize.epsilon = epsilon;
    return finish(l, op);
}

Op *ir_concat(Lowering *l, const Node *origin, Op *const *inputs, size_t n, int axis) {
    DType dtype = inputs[0]->dtype;
    for (size_t i = 1; i < n; i++) dtype = dtype_promote(dtype, inputs[i]->dtype);
    Op *op = new_op(l, origin, OP_CONCAT, inputs, n);
    for (size_t i = 0; i < n; i++) op->inputs[i] = ir_cast(l, origin, inputs[i], dtype);
    op->as.concat.axis = axis;
    return finish(l, op);
}

Op *ir_slice(Lowering *l, const Node *origin, Op *x, const int64_t *begin, const int64_t *extent,
             const int64_t *step) {
    Op *op = new_op(l, origin, OP_SLICE, &x, 1);
    op->shape.rank = x->shape.rank;
    for (int i = 0; i < x->shape.rank; i++) {
        op->shape.dim[i] = extent[i];
        op->as.slice.begin[i] = begin[i];
        op->as.slice.step[i] = step[i];
    }
    return finish(l, op);
}

Op *ir_slice_axis(Lowering *l, const Node *origin, Op *x, int axis, int64_t begin, int64_t extent) {
    int64_t from[SHAPE_MAX_RANK] = {0}, step[SHAPE_MAX_RANK];
    Shape shape = x->shape;
    for (int i = 0; i < shape.rank; i++) step[i] = 1;
    from[axis] = begin;
    shape.dim[axis] = extent;
    return ir_slice(l, origin, x, from, shape.dim, step);
}

Op *ir_pad(Lowering *l, const Node *origin, Op *x, const int64_t *before, const int64_t *after,
           double value) {
    Op *op = new_op(l, origin, OP_PAD, &x, 1);
    for (int i = 0; i < x->shape.rank; i++) {
        op->as.pad.before[i] = before[i];
        op->as.pad.after[i] = after[i];
    }
    op->as.pad.value = value;
    return finish(l, op);
}

Op *ir_reshape(Lowering *l, const Node *origin, Op *x, const Shape *shape) {
    Op *op = new_op(l, origin, OP_RESHAPE, &x, 1);
    op->shape = *shape;
    return finish(l, op);
}

Op *ir_transpose(Lowering *l, const Node *origin, Op *x, const int *perm) {
    Op *op = new_op(l, origin, OP_TRANSPOSE, &x, 1);
    for (int i = 0; i < x->shape.rank; i++) op->as.transpose.perm[i] = perm[i];
    return finish(l, op);
}

Op *ir_broadcast(Lowering *l, const Node *origin, Op *x, const Shape *shape) {
    Op *op = new_op(l, origin, OP_BROADCAST, &x, 1);
    op->shape = *shape;
    return finish(l, op);
}

Op *ir_repeat(Lowering *l, const Node *origin, Op *x, int axis, int64_t count) {
    Op *op = new_op(l, origin, OP_REPEAT, &x, 1);
    op->as.repeat.axis = axis;
    op->as.repeat.count = count;
    return finish(l, op);
}

Op *ir_matmul(Lowering *l, const Node *origin, Op *a, Op *b, bool transpose_b) {
    const DType dtype = dtype_promote(a->dtype, b->dtype);
    Op *inputs[2] = {ir_cast(l, origin, a, dtype), ir_cast(l, origin, b, dtype)};
    Op *op = new_op(l, origin, OP_MATMUL, inputs, 2);
    op->as.matmul.transpose_b = transpose_b;
    return finish(l, op);
}

Op *ir_gather_along(Lowering *l, const Node *origin, Op *table, Op *ids, int axis) {
    Op *op = new_op(l, origin, OP_GATHER, (Op *[]){table, ids}, 2);
    op->as.gather.axis = axis;
    return finish(l, op);
}

Op *ir_gather(Lowering *l, const Node *origin, Op *table, Op *ids) {
    return ir_gather_along(l, origin, table, ids, 0);
}

/* ---- for builders elsewhere ---- */

Op *ir_new_op(Lowering *l, const Node *origin, OpKind kind, Op *const *inputs, size_t n_inputs) {
    return new_op(l, origin, kind, inputs, n_inputs);
}

Op *ir_finish_op(Lowering *l, Op *op) {
    return finish(l, op);
}

Op *ir_quantize(Lowering *l, const Node *origin, Op *x, Quantization quantization) {
    Op *op = new_op(l, origin, OP_QUANTIZE, &x, 1);
    op->quantization = quantization;
    return finish(l, op);
}

Op *ir_dequantize(Lowering *l, const Node *origin, Op *x) {
    Op *op = new_op(l, origin, OP_DEQUANTIZE, &x, 1);
    op->quantization = x->quantization;
    return finish(l, op);
}

Op *ir_table(Lowering *l, const Node *origin, Op *x, Op *table, Quantization quantization) {
    Op *op = new_op(l, origin, OP_TABLE, (Op *[]){x, table}, 2);
    op->quantization = quantization;
    return finish(l, op);
}

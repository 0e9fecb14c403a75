/* Steps of float64 ops with weights, and of pooling: their kernels take the weights as they are, and no
 * epilogue (legalize.c has made steps of their own of those). */
#include "plan/planner.h"

static void bias_or_null(Planner *p, Step *step, const Op *op) {
    if (op_bias(op))
        step_buffer(step, planner_value(p, op_bias(op)), 0, 0);
    else
        step_null(step);
}

static void plan_dense(Planner *p, const Op *op) {
    const Shape *x = &op->inputs[0]->shape;
    Step *step = planner_step(p, op, "dense_f64");
    step_count(step, op_is_batched(op), op_extent(op, 0, op->shape.rank - 1));
    step_count(step, false, x->dim[x->rank - 1]);
    step_count(step, false, op->shape.dim[op->shape.rank - 1]);
    step_buffer(step, planner_value(p, op->inputs[0]), 0, 0);
    step_buffer(step, planner_value(p, op->inputs[1]), 0, 0);
    bias_or_null(p, step, op);
    step_buffer(step, planner_value(p, op), 0, 0);
}

static int64_t sample_size(const Op *op) {
    return op_extent(op, 1, op->shape.rank);
}

static void plan_conv(Planner *p, const Op *op) {
    const int64_t *x = op->inputs[0]->shape.dim, *y = op->shape.dim, *k = op->inputs[1]->shape.dim;
    const Conv2dAttrs *a = &op->as.conv2d;
    const struct {
        const char *name;
        int64_t value;
    } fields[] = {{"in_h", x[1]},
                  {"in_w", x[2]},
                  {"in_c", x[3]},
                  {"out_h", y[1]},
                  {"out_w", y[2]},
                  {"out_c", y[3]},
                  {"kernel_h", k[0]},
                  {"kernel_w", k[1]},
                  {"stride_h", a->stride[0]},
                  {"stride_w", a->stride[1]},
                  {"dilation_h", a->dilation[0]},
                  {"dilation_w", a->dilation[1]},
                  {"pad_top", a->pad[0]},
                  {"pad_left", a->pad[1]},
                  {"groups", op->kind == OP_CONV2D ? a->groups : x[3]}};
    Step *step = planner_step(p, op, "conv2d_f64");
    step->rounds = (Count){op_is_batched(op), op_is_batched(op) ? 1 : op->shape.dim[0]};
    Descriptor *d = step_descriptor(p, step, "lmrt_conv2d");
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        descriptor_size(d, fields[i].name, fields[i].value);
    descriptor_epilogue(d, &op->epilogue);
    step_buffer(step, planner_value(p, op->inputs[0]), 0, sample_size(op->inputs[0]));
    step_buffer(step, planner_value(p, op->inputs[1]), 0, 0);
    bias_or_null(p, step, op);
    step_buffer(step, planner_value(p, op), 0, sample_size(op));
}

void plan_double_linear(Planner *p, const Op *op) {
    if (op->kind == OP_DENSE)
        plan_dense(p, op);
    else
        plan_conv(p, op);
}

/* x * scale + shift as two ops; an epilogue as ops of its own. */
Op *legalize_double(Rewriter *r, Op *op) {
    if (op->dtype != DTYPE_FLOAT64 || !op_may_have_epilogue(op->kind)) return NULL;
    const Epilogue e = op->epilogue;
    if (op->kind != OP_AFFINE && e.function == UNARY_LINEAR && !e.residual) return NULL;
    Lowering *l = &r->lowering;
    Op *residual = op_residual(op), *y;
    if (op->kind == OP_AFFINE) {
        y = ir_binary(l, op->origin, BIN_MUL, op->inputs[0], op->inputs[1]);
        y = ir_binary(l, op->origin, BIN_ADD, y, op->inputs[2]);
    } else {
        y = rewrite_copy(r, op, op->inputs, op->n_inputs - (residual ? 1 : 0));
        y->epilogue = (Epilogue){.function = UNARY_LINEAR};
    }
    if (residual) y = ir_binary(l, op->origin, BIN_ADD, y, residual);
    if (e.function == UNARY_LINEAR) return y;
    return ir_unary(l, op->origin, y, e.function, e.parameter[0], e.parameter[1], e.parameter[2]);
}

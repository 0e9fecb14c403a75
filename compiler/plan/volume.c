/* Steps of the convolutions over volumes, and of the weighted sums along an axis. */
#include "lmrt.h"
#include "plan/planner.h"

static const char *const SIZES[] = {"in_d", "in_h", "in_w", "in_c", "out_d", "out_h", "out_w", "out_c"};
static const char *const KERNEL[] = {"kernel_d", "kernel_h", "kernel_w"};
static const char *const STRIDE[] = {"stride_d", "stride_h", "stride_w"};
static const char *const DILATION[] = {"dilation_d", "dilation_h", "dilation_w"};
static const char *const PAD[] = {"pad_front", "pad_top", "pad_left"};
static const char *const CUT[] = {"cut_front", "cut_top", "cut_left"};

static void fields(Descriptor *d, const char *const *names, const int64_t *values, int n) {
    for (int i = 0; i < n; i++) descriptor_size(d, names[i], values[i]);
}

static void geometry(Descriptor *d, const Op *op) {
    fields(d, SIZES, &op->inputs[0]->shape.dim[1], 4);
    fields(d, SIZES + 4, &op->shape.dim[1], 4);
    fields(d, KERNEL, op->inputs[1]->shape.dim, 3);
    fields(d, STRIDE, op->as.conv3d.stride, 3);
}

/* The kernel with its three window axes turned round, as a constant of its own. */
static const Op *turned(Planner *p, const Op *kernel) {
    const int64_t *k = kernel->shape.dim, matrix = k[3] * k[4], taps = k[0] * k[1] * k[2];
    float *data = ARENA_ARRAY(p->program->arena, float, (size_t)(taps * matrix));
    const float *from = kernel->as.constant.data;
    for (int64_t i = 0; i < taps; i++)
        for (int64_t j = 0; j < matrix; j++) data[i * matrix + j] = from[(taps - 1 - i) * matrix + j];
    Op *op = ARENA_NEW(p->program->arena, Op);
    *op = *kernel;
    op->as.constant.data = data;
    return op;
}

static const char *note(Planner *p, const Op *op) {
    const int64_t *k = op->inputs[1]->shape.dim;
    const bool function = op->epilogue.function != UNARY_LINEAR;
    return arena_printf(p->program->arena, "%s %lldx%lldx%lld%s%s%s", op_kind_name(op->kind), (long long)k[0],
                        (long long)k[1], (long long)k[2], op->epilogue.residual ? ", add" : "",
                        function ? ", " : "", function ? unary_function_name(op->epilogue.function) : "");
}

static bool plannable(Planner *p, const Op *op) {
    const size_t weights = op->n_inputs - (op->epilogue.residual ? 1 : 0);
    bool constant = true;
    for (size_t i = 1; i < weights; i++) constant &= op->inputs[i]->kind == OP_CONSTANT;
    if (constant && planner_float_suffix(op->dtype)) return true;
    planner_fail(p, op, constant ? op_kind_name(op->kind) : "weights that are computed");
    return false;
}

/* A panel layout for float32; float64 takes the weights as they are. */
static Buffer *kernel_of(Planner *p, const Op *op, int64_t groups) {
    const Op *kernel = op->inputs[1];
    const int64_t *k = kernel->shape.dim;
    if (op->dtype == DTYPE_FLOAT64) return planner_value(p, kernel);
    if (op->kind == OP_CONV_TRANSPOSE) kernel = turned(p, kernel);
    return planner_packed(p, kernel, k[0] * k[1] * k[2] * k[3], op->shape.dim[4], groups);
}

static void bias_of(Planner *p, Step *step, const Op *op, int64_t groups) {
    const Op *bias = op_bias(op);
    if (!bias)
        step_null(step);
    else if (op->dtype == DTYPE_FLOAT64)
        step_buffer(step, planner_value(p, bias), 0, 0);
    else
        step_buffer(step, planner_packed(p, bias, 1, op->shape.dim[4], groups), 0, 0);
}

void plan_volume(Planner *p, const Op *op) {
    if (!plannable(p, op)) return;
    const bool transpose = op->kind == OP_CONV_TRANSPOSE;
    const Conv3dAttrs *a = &op->as.conv3d;
    const int64_t groups = transpose ? 1 : a->groups;
    Buffer *kernel = kernel_of(p, op, groups);
    Step *step =
        planner_step(p, op,
                     arena_printf(p->program->arena, "%s_%s", transpose ? "conv_transpose" : "conv3d",
                                  planner_float_suffix(op->dtype)));
    step->note = note(p, op);
    step->rounds = (Count){op_is_batched(op), op_is_batched(op) ? 1 : op->shape.dim[0]};
    Descriptor *d = step_descriptor(p, step, transpose ? "lmrt_conv_transpose" : "lmrt_conv3d");
    geometry(d, op);
    if (!transpose) fields(d, DILATION, a->dilation, 3);
    fields(d, transpose ? CUT : PAD, a->pad, 3);
    if (!transpose) descriptor_size(d, "groups", groups);
    descriptor_epilogue(d, &op->epilogue);
    step_buffer(step, planner_value(p, op->inputs[0]), 0, op_extent(op->inputs[0], 1, 5));
    step_buffer(step, kernel, 0, 0);
    bias_of(p, step, op, groups);
    if (op_residual(op))
        step_buffer(step, planner_value(p, op_residual(op)), 0, op_extent(op, 1, 5));
    else if (op->dtype == DTYPE_FLOAT32)
        step_null(step);
    step_buffer(step, planner_value(p, op), 0, op_extent(op, 1, 5));
}

/* The weights as the kernel takes them. */
static Buffer *rounded(Planner *p, const Op *weights) {
    const int64_t n = op_extent(weights, 0, 2);
    float *data = ARENA_ARRAY(p->program->arena, float, (size_t)n);
    for (int64_t i = 0; i < n; i++) data[i] = (float)((const double *)weights->as.constant.data)[i];
    return planner_constant(p, weights, weights->name, NULL, DTYPE_FLOAT32, n, data);
}

void plan_resample(Planner *p, const Op *op) {
    const Op *x = op->inputs[0], *starts = op->inputs[1], *weights = op->inputs[2];
    const int axis = op->as.resample.axis;
    const char *suffix = planner_float_suffix(op->dtype);
    if (!suffix) {
        planner_fail(p, op, "resizing");
        return;
    }
    Step *step = planner_step(p, op, arena_printf(p->program->arena, "resample_%s", suffix));
    step->note = weights->shape.dim[1] == 1 ? "chosen positions of an axis" : "weighted sums along an axis";
    Descriptor *d = step_descriptor(p, step, "lmrt_resample");
    descriptor_size(d, "in", x->shape.dim[axis]);
    descriptor_size(d, "out", op->shape.dim[axis]);
    descriptor_size(d, "inner", op_extent(op, axis + 1, op->shape.rank));
    descriptor_size(d, "taps", weights->shape.dim[1]);
    step_count(step, op_is_batched(op), op_extent(op, 0, axis));
    step_buffer(step, planner_value(p, starts), 0, 0);
    step_buffer(step, op->dtype == DTYPE_FLOAT64 ? planner_value(p, weights) : rounded(p, weights), 0, 0);
    step_buffer(step, planner_value(p, x), 0, 0);
    step_buffer(step, planner_value(p, op), 0, 0);
}

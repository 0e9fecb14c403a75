/* Steps of dense, convolution, depthwise convolution, affine and pooling: the kernel, its descriptor, packed
 * weights. */
#include <string.h>

#include "lmrt.h"
#include "plan/planner.h"

static int64_t round_up(int64_t n, int64_t unit) {
    return (n + unit - 1) / unit * unit;
}

/* out[group][panel][row][PANEL] = in[row][n], the last panel of each group filled up with zeros. */
static const float *pack(Arena *arena, const float *in, int64_t rows, int64_t n, int64_t groups) {
    const int64_t columns = n / groups, panels = round_up(columns, LMRT_PANEL) / LMRT_PANEL;
    float *out = ARENA_ARRAY(arena, float, (size_t)(groups * panels * rows * LMRT_PANEL));
    for (int64_t g = 0; g < groups; g++)
        for (int64_t row = 0; row < rows; row++)
            for (int64_t column = 0; column < columns; column++) {
                const int64_t panel = g * panels + column / LMRT_PANEL;
                out[(panel * rows + row) * LMRT_PANEL + column % LMRT_PANEL] =
                    in[row * n + g * columns + column];
            }
    return out;
}

Buffer *planner_packed(Planner *p, const Op *weight, int64_t rows, int64_t n, int64_t groups) {
    Program *program = p->program;
    const size_t first = p->packed_first[weight->id];
    for (size_t i = first ? first - 1 : p->packed.count; i < p->packed.count; i++) {
        const Packed *known = &p->packed.at[i];
        if (known->weight == weight && known->rows == rows && known->n == n && known->groups == groups)
            return known->buffer;
    }
    const int64_t panels = groups * (round_up(n / groups, LMRT_PANEL) / LMRT_PANEL);
    const float *data = pack(program->arena, weight->as.constant.data, rows, n, groups);
    const char *layout = arena_printf(program->arena, "[%lld panels][%lld][%d]", (long long)panels,
                                      (long long)rows, LMRT_PANEL);
    if (rows == 1) layout = arena_printf(program->arena, "[%lld panels][%d]", (long long)panels, LMRT_PANEL);
    Buffer *buffer =
        planner_constant(p, weight, weight->name, layout, DTYPE_FLOAT32, panels * rows * LMRT_PANEL, data);
    vec_push(program->arena, &p->packed, ((Packed){weight, rows, n, groups, buffer}));
    if (!first) p->packed_first[weight->id] = p->packed.count;
    return buffer;
}

static void add_bias(Planner *p, Step *step, const Op *op, int64_t n, int64_t groups) {
    if (op_bias(op))
        step_buffer(step, planner_packed(p, op_bias(op), 1, n, groups), 0, 0);
    else
        step_null(step);
}

static void add_residual(Planner *p, Step *step, const Op *op, int64_t stride) {
    if (op_residual(op))
        step_buffer(step, planner_value(p, op_residual(op)), 0, stride);
    else
        step_null(step);
}

/* "conv2d 3x3 stride 2, relu": what the table of steps says. */
static const char *note(Planner *p, const Op *op, const char *what) {
    const bool function = op->epilogue.function != UNARY_LINEAR;
    return arena_printf(p->program->arena, "%s%s%s%s", what, op->epilogue.residual ? ", add" : "",
                        function ? ", " : "", function ? unary_function_name(op->epilogue.function) : "");
}

/* y[rows][n] = x[rows][k] @ w: dense, and convolutions that are no more than that. */
static void plan_rows(Planner *p, const Op *op, int64_t rows, int64_t k, int64_t n) {
    Buffer *x = planner_value(p, op->inputs[0]), *y = planner_value(p, op);
    Buffer *w = planner_packed(p, op->inputs[1], k, n, 1);
    Step *step = planner_step(p, op, "dense_f32");
    step->note = note(p, op, op->kind == OP_DENSE ? "dense" : "conv2d as dense");
    Descriptor *d = step_descriptor(p, step, "lmrt_dense");
    descriptor_size(d, "k", k);
    descriptor_size(d, "n", n);
    descriptor_epilogue(d, &op->epilogue);
    step_count(step, op_is_batched(op), rows);
    step_buffer(step, x, 0, 0);
    step_buffer(step, w, 0, 0);
    add_bias(p, step, op, n, 1);
    add_residual(p, step, op, 0);
    step_buffer(step, y, 0, 0);
}

static bool has_padding(const int64_t *pad) {
    return pad[0] || pad[1] || pad[2] || pad[3];
}

/* The convolution sees each pixel alone. */
static bool is_pointwise(const Op *op) {
    const Conv2dAttrs *a = &op->as.conv2d;
    const int64_t *k = op->inputs[1]->shape.dim;
    return op->kind == OP_CONV2D && a->groups == 1 && k[0] == 1 && k[1] == 1 && a->stride[0] == 1 &&
           a->stride[1] == 1 && !has_padding(a->pad);
}

/* The kernel covers the whole image: one pixel comes out. */
static bool covers_image(const Op *op) {
    const Conv2dAttrs *a = &op->as.conv2d;
    const int64_t *k = op->inputs[1]->shape.dim, *x = op->inputs[0]->shape.dim;
    return op->kind == OP_CONV2D && a->groups == 1 && k[0] == x[1] && k[1] == x[2] && a->dilation[0] == 1 &&
           a->dilation[1] == 1 && !has_padding(a->pad);
}

void planner_window_fields(Descriptor *d, const int64_t *kernel, const Conv2dAttrs *a) {
    descriptor_size(d, "kernel_h", kernel[0]);
    descriptor_size(d, "kernel_w", kernel[1]);
    descriptor_size(d, "stride_h", a->stride[0]);
    descriptor_size(d, "stride_w", a->stride[1]);
    descriptor_size(d, "dilation_h", a->dilation[0]);
    descriptor_size(d, "dilation_w", a->dilation[1]);
    descriptor_size(d, "pad_top", a->pad[0]);
    descriptor_size(d, "pad_left", a->pad[1]);
}

static Descriptor *image_fields(Descriptor *d, const Op *op, bool own_channels) {
    const int64_t *x = op->inputs[0]->shape.dim, *y = op->shape.dim;
    descriptor_size(d, "in_h", x[1]);
    descriptor_size(d, "in_w", x[2]);
    descriptor_size(d, own_channels ? "in_c" : "c", x[3]);
    descriptor_size(d, "out_h", y[1]);
    descriptor_size(d, "out_w", y[2]);
    if (own_channels) descriptor_size(d, "out_c", y[3]);
    return d;
}

/* One round per sample: x's and y's addresses move by a sample. */
static void per_sample(Step *step, const Op *op) {
    step->rounds = (Count){op_is_batched(op), op_is_batched(op) ? 1 : op->shape.dim[0]};
}

static int64_t sample_size(const Op *op) {
    return op_extent(op, 1, op->shape.rank);
}

static const char *window_note(Planner *p, const Op *op) {
    const int64_t *k = op->inputs[1]->shape.dim, *s = op->as.conv2d.stride;
    const char *what =
        arena_printf(p->program->arena, "%s %lldx%lld%s", op_kind_name(op->kind), (long long)k[0],
                     (long long)k[1], s[0] > 1 || s[1] > 1 ? ", strided" : "");
    return note(p, op, what);
}

static void finish_window(Planner *p, Step *step, const Op *op, const Buffer *w, int64_t n, int64_t groups,
                          bool residual) {
    per_sample(step, op);
    step->note = window_note(p, op);
    step_buffer(step, planner_value(p, op->inputs[0]), 0, sample_size(op->inputs[0]));
    step_buffer(step, w, 0, 0);
    add_bias(p, step, op, n, groups);
    if (residual) add_residual(p, step, op, sample_size(op));
    step_buffer(step, planner_value(p, op), 0, sample_size(op));
}

/* A convolution; also depthwise with several outputs per channel: as many groups as channels. */
static void plan_conv(Planner *p, const Op *op) {
    const char *why = NULL;
    if (plan_winograd(p, op, &why)) return;
    const int64_t *k = op->inputs[1]->shape.dim, n = op->shape.dim[3];
    const bool depthwise = op->kind == OP_DEPTHWISE_CONV2D;
    const int64_t groups = depthwise ? k[2] : op->as.conv2d.groups, in = depthwise ? 1 : k[2];
    Buffer *w = planner_packed(p, op->inputs[1], k[0] * k[1] * in, n, groups);
    Step *step = planner_step(p, op, "conv2d_f32");
    step->why = why;
    Descriptor *d = image_fields(step_descriptor(p, step, "lmrt_conv2d"), op, true);
    planner_window_fields(d, k, &op->as.conv2d);
    descriptor_size(d, "groups", groups);
    descriptor_epilogue(d, &op->epilogue);
    finish_window(p, step, op, w, n, groups, true);
}

/* [window][c] with c rounded up to the panel. */
static Buffer *depthwise_weights(Planner *p, const Op *weight) {
    for (size_t i = 0; i < p->packed.count; i++)
        if (p->packed.at[i].weight == weight && p->packed.at[i].rows == 0) return p->packed.at[i].buffer;
    const int64_t *k = weight->shape.dim, c = k[2], padded = round_up(c, LMRT_PANEL), window = k[0] * k[1];
    Arena *arena = p->program->arena;
    float *data = ARENA_ARRAY(arena, float, (size_t)(window * padded));
    const float *from = weight->as.constant.data;
    for (int64_t i = 0; i < window; i++) memcpy(data + i * padded, from + i * c, (size_t)c * sizeof *data);
    const char *layout =
        arena_printf(arena, "[%lld][%lld][%lld]", (long long)k[0], (long long)k[1], (long long)padded);
    Buffer *buffer = planner_constant(p, weight, weight->name, layout, DTYPE_FLOAT32, window * padded, data);
    vec_push(arena, &p->packed, ((Packed){weight, 0, c, 1, buffer}));
    return buffer;
}

static void plan_depthwise(Planner *p, const Op *op) {
    const int64_t *k = op->inputs[1]->shape.dim;
    Buffer *w = depthwise_weights(p, op->inputs[1]);
    const bool parts = op->epilogue.residual || k[2] < LMRT_PANEL / 2;
    Step *step = planner_step(p, op, parts ? "depthwise_parts_f32" : "depthwise_f32");
    Descriptor *d = image_fields(step_descriptor(p, step, "lmrt_depthwise"), op, false);
    planner_window_fields(d, k, &op->as.conv2d);
    descriptor_epilogue(d, &op->epilogue);
    finish_window(p, step, op, w, k[2], 1, parts);
}

static void plan_affine(Planner *p, const Op *op) {
    const int64_t c = op->shape.dim[op->shape.rank - 1];
    Step *step = planner_step(p, op, "affine_f32");
    step->note = note(p, op, "affine");
    Descriptor *d = step_descriptor(p, step, "lmrt_affine");
    descriptor_size(d, "c", c);
    descriptor_epilogue(d, &op->epilogue);
    step_count(step, op_is_batched(op), op_extent(op, 0, op->shape.rank - 1));
    for (int i = 0; i < 3; i++) step_buffer(step, planner_value(p, op->inputs[i]), 0, 0);
    add_residual(p, step, op, 0);
    step_buffer(step, planner_value(p, op), 0, 0);
}

void plan_linear(Planner *p, const Op *op) {
    for (size_t i = 1; i < op->n_inputs - (op->epilogue.residual ? 1 : 0); i++)
        if (op->inputs[i]->kind != OP_CONSTANT) {
            planner_fail(p, op, "weights that are computed");
            return;
        }
    if (op->dtype == DTYPE_FLOAT64) {
        plan_double_linear(p, op);
        return;
    }
    if (op->dtype != DTYPE_FLOAT32) {
        planner_fail(p, op, op_kind_name(op->kind));
        return;
    }
    const int64_t n = op->shape.dim[op->shape.rank - 1], rows = op_extent(op, 0, op->shape.rank - 1);
    const Op *x = op->inputs[0];
    if (op->kind == OP_AFFINE)
        plan_affine(p, op);
    else if (op->kind == OP_DENSE || is_pointwise(op))
        plan_rows(p, op, rows, x->shape.dim[x->shape.rank - 1], n);
    else if (covers_image(op))
        plan_rows(p, op, rows, sample_size(x), n);
    else if (op->kind == OP_DEPTHWISE_CONV2D && op->inputs[1]->shape.dim[3] == 1)
        plan_depthwise(p, op);
    else
        plan_conv(p, op);
}

void plan_window(Planner *p, const Op *op) {
    const Pool2dAttrs *a = &op->as.pool2d;
    const char *suffix = op->dtype == DTYPE_INT8 ? "i8" : planner_float_suffix(op->dtype);
    if (!suffix) {
        planner_fail(p, op, "pooling");
        return;
    }
    Step *step = planner_step(
        p, op,
        arena_printf(p->program->arena, "%s_pool2d_%s", a->function == POOL_MAX ? "max" : "average", suffix));
    per_sample(step, op);
    Descriptor *d = image_fields(step_descriptor(p, step, "lmrt_pool2d"), op, false);
    descriptor_size(d, "size_h", a->size[0]);
    descriptor_size(d, "size_w", a->size[1]);
    descriptor_size(d, "stride_h", a->stride[0]);
    descriptor_size(d, "stride_w", a->stride[1]);
    descriptor_size(d, "pad_top", a->pad[0]);
    descriptor_size(d, "pad_left", a->pad[1]);
    step->note = a->function == POOL_MAX ? "maximum pooling" : "average pooling";
    step_buffer(step, planner_value(p, op->inputs[0]), 0, sample_size(op->inputs[0]));
    step_buffer(step, planner_value(p, op), 0, sample_size(op));
}

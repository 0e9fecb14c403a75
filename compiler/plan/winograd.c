/* Steps of 3x3 convolutions of stride 1 that take fewer multiplications: whether, for which tiles, with what
 * weights and scratch. What is not for this file is left to the direct convolution (linear.c). */
#include "plan/winograd.h"

#include <string.h>

#include "lmrt.h"

enum { PACKED_WINOGRAD = -8 }; /* Packed.rows, less m: no number of rows */

/* What a transformed convolution must save: it brings more weights and rounds more. */
static const double WORTH = 0.85;

static int64_t round_up(int64_t n) {
    return (n + LMRT_PANEL - 1) / LMRT_PANEL * LMRT_PANEL;
}

/* ---- the choice ---- */

static bool is_candidate(const Planner *p, const Op *op) {
    const Conv2dAttrs *a = &op->as.conv2d;
    const int64_t *k = op->inputs[1]->shape.dim;
    return op->kind == OP_CONV2D && p->program->n_dims == 0 && a->groups == 1 && k[0] == 3 && k[1] == 3 &&
           a->stride[0] == 1 && a->stride[1] == 1 && a->dilation[0] == 1 && a->dilation[1] == 1 &&
           op->shape.dim[1] > 0 && op->shape.dim[2] > 0 && k[2] > 0 && op->shape.dim[3] > 0;
}

/* Pairs of an output and a tap inside of the input, along an axis. */
static int64_t taps(int64_t in, int64_t out, int64_t pad) {
    int64_t count = 0;
    for (int64_t i = 0; i < out; i++)
        for (int64_t tap = 0; tap < 3; tap++) count += i + tap >= pad && i + tap - pad < in;
    return count;
}

static WinogradShape shape_of(const Op *op) {
    const int64_t *x = op->inputs[0]->shape.dim, *y = op->shape.dim, *pad = op->as.conv2d.pad;
    return (WinogradShape){
        x[1], x[2], x[3], y[1], y[2], y[3], taps(x[1], y[1], pad[0]) * taps(x[2], y[2], pad[1])};
}

static double model_weights(const Ir *ir) {
    double bytes = 0;
    for (size_t i = 0; i < ir->ops.count; i++) {
        const Op *op = ir->ops.at[i];
        if (op->kind == OP_CONSTANT)
            bytes += (double)op_extent(op, 0, op->shape.rank) * (double)dtype_size(op->dtype);
    }
    return bytes;
}

typedef struct Choice {
    int m; /* 0: direct */
    double direct, cost[2];
} Choice;

static Choice choose(Planner *p, const WinogradShape *s) {
    const int lanes = p->lanes > 0 ? p->lanes : 16;
    if (p->weight_bytes == 0) p->weight_bytes = model_weights(p->ir);
    const double weights = p->weight_bytes;
    Choice c = {.direct = winograd_direct_cost(s, lanes, weights)};
    for (int i = 0; i < 2; i++) c.cost[i] = winograd_cost(s, 2 + 2 * i, lanes, weights);
    const int better = c.cost[1] < c.cost[0];
    if (p->conv == CONV_AUTO) c.m = c.cost[better] < c.direct * WORTH ? 2 + 2 * better : 0;
    if (p->conv == CONV_WINOGRAD2) c.m = 2;
    if (p->conv == CONV_WINOGRAD4) c.m = 4;
    return c;
}

/* "winograd 4x4; thousand cycles: direct 141, 2x2 94, 4x4 70". */
static const char *reason(Arena *arena, const Choice *c, ConvWay way) {
    static const char *const names[] = {"direct", "", "winograd 2x2", "", "winograd 4x4"};
    return arena_printf(arena, "%s%s; estimated thousand cycles a sample: direct %.3g, 2x2 %.3g, 4x4 %.3g",
                        names[c->m], way == CONV_AUTO ? "" : " (--conv)", c->direct / 1e3, c->cost[0] / 1e3,
                        c->cost[1] / 1e3);
}

/* ---- the step ---- */

static Buffer *weights_of(Planner *p, const Op *op, int m) {
    const Op *weight = op->inputs[1];
    for (size_t i = 0; i < p->packed.count; i++)
        if (p->packed.at[i].weight == weight && p->packed.at[i].rows == PACKED_WINOGRAD - m)
            return p->packed.at[i].buffer;
    Arena *arena = p->program->arena;
    const int64_t in = weight->shape.dim[2], out = weight->shape.dim[3], points = (m + 2) * (m + 2);
    const float *data = winograd_weights(arena, weight->as.constant.data, in, out, m);
    if (!data) return NULL;
    const int64_t panels = round_up(out) / LMRT_PANEL;
    const char *layout = arena_printf(arena, "[%lld points][%lld panels][%lld][%d]", (long long)points,
                                      (long long)panels, (long long)in, LMRT_PANEL);
    Buffer *buffer = planner_constant(p, weight, weight->name, layout, DTYPE_FLOAT32,
                                      points * panels * in * LMRT_PANEL, data);
    vec_push(arena, &p->packed, ((Packed){weight, PACKED_WINOGRAD - m, out, 1, buffer}));
    return buffer;
}

/* An odd number of cache lines between points: with a power of two all would fall into the same few sets. */
static int64_t between_points(int64_t block, int64_t channels) {
    const int64_t lines = block * (round_up(channels) / LMRT_PANEL);
    return (lines % 2 ? lines : lines + 1) * LMRT_PANEL;
}

static void describe(Descriptor *d, const Op *op, const WinogradShape *s, int64_t block) {
    const int64_t *pad = op->as.conv2d.pad;
    descriptor_size(d, "in_h", s->in_h);
    descriptor_size(d, "in_w", s->in_w);
    descriptor_size(d, "in_c", s->in_c);
    descriptor_size(d, "out_h", s->out_h);
    descriptor_size(d, "out_w", s->out_w);
    descriptor_size(d, "out_c", s->out_c);
    descriptor_size(d, "pad_top", pad[0]);
    descriptor_size(d, "pad_left", pad[1]);
    descriptor_size(d, "x_sample", s->in_h * s->in_w * s->in_c);
    descriptor_size(d, "y_sample", s->out_h * s->out_w * s->out_c);
    descriptor_size(d, "block", block);
    descriptor_size(d, "spread", between_points(block, s->in_c));
    descriptor_size(d, "product", between_points(block, s->out_c));
    descriptor_epilogue(d, &op->epilogue);
}

int64_t winograd_tile(const Step *step) {
    if (strcmp(step->kernel, "winograd2_f32") == 0) return 2;
    return strcmp(step->kernel, "winograd4_f32") == 0 ? 4 : 0;
}

int64_t winograd_scratch(const Step *step) {
    const int64_t n = winograd_tile(step) + 2;
    return n * n * (step_size(step, "spread") + step_size(step, "product")) +
           round_up(step_size(step, "in_c"));
}

static Buffer *scratch_of(Planner *p, const Op *op, const Step *step) {
    const int64_t tasks = p->program->threads > 1 ? p->program->threads : 1;
    Buffer *buffer = planner_new_buffer(p, BUFFER_WORKSPACE, op, DTYPE_FLOAT32, op_is_batched(op),
                                        tasks * winograd_scratch(step));
    buffer->name = arena_printf(p->program->arena, "%s tiles", op->name);
    const size_t bytes = (size_t)buffer->count * sizeof(float);
    if (bytes > p->scratch) p->scratch = bytes;
    return buffer;
}

static void optional_buffer(Step *step, Buffer *buffer) {
    if (buffer)
        step_buffer(step, buffer, 0, 0);
    else
        step_null(step);
}

static void plan_tiles(Planner *p, const Op *op, const WinogradShape *s, const Choice *c, Buffer *w) {
    Arena *arena = p->program->arena;
    Buffer *x = planner_value(p, op->inputs[0]), *y = planner_value(p, op);
    Buffer *bias = op_bias(op) ? planner_packed(p, op_bias(op), 1, s->out_c, 1) : NULL;
    Buffer *residual = op_residual(op) ? planner_value(p, op_residual(op)) : NULL;
    const bool function = op->epilogue.function != UNARY_LINEAR;
    Step *step = planner_step(p, op, c->m == 2 ? "winograd2_f32" : "winograd4_f32");
    step->note =
        arena_printf(arena, "conv2d 3x3 in tiles%s%s%s", residual ? ", add" : "", function ? ", " : "",
                     function ? unary_function_name(op->epilogue.function) : "");
    step->why = reason(arena, c, p->conv);
    describe(step_descriptor(p, step, "lmrt_winograd"), op, s, winograd_block(s, c->m));
    step_count(step, op_is_batched(op), op_is_batched(op) ? 1 : op->shape.dim[0]);
    step_buffer(step, x, 0, 0);
    step_buffer(step, w, 0, 0);
    optional_buffer(step, bias);
    optional_buffer(step, residual);
    step_buffer(step, y, 0, 0);
    step_buffer(step, scratch_of(p, op, step), 0, 0);
}

bool plan_winograd(Planner *p, const Op *op, const char **why) {
    *why = NULL;
    if (!is_candidate(p, op) || p->conv == CONV_DIRECT) return false;
    const WinogradShape shape = shape_of(op);
    const Choice choice = choose(p, &shape);
    Buffer *w = choice.m ? weights_of(p, op, choice.m) : NULL;
    *why = choice.m && !w ? "direct: the transformed weights are too large for floats"
                          : reason(p->program->arena, &choice, p->conv);
    if (w) plan_tiles(p, op, &shape, &choice, w);
    return w != NULL;
}

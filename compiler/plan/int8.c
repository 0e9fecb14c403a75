/* Steps of quantised ops: int8 kernels, their descriptors, and weights packed as they read them (lmrt.h,
 * "int8"). */
#include <string.h>

#include "lmrt.h"
#include "plan/planner.h"

enum { TERMS = 4 }; /* of a sum that lie side by side */

static int64_t round_up(int64_t n, int64_t unit) {
    return (n + unit - 1) / unit * unit;
}

static int64_t sample_size(const Op *op) {
    return op_extent(op, 1, op->shape.rank);
}

/* One round per sample: x's and y's addresses move by a sample. */
static void per_sample(Step *step, const Op *op) {
    step->rounds = (Count){op_is_batched(op), op_is_batched(op) ? 1 : op->shape.dim[0]};
}

/* ---- weights ---- */

/* A kernel [segments][length][groups * columns] as panels. */
typedef struct Kernel {
    int64_t segments, length, groups, columns;
} Kernel;

static int64_t panels_of(const Kernel *k) {
    return round_up(k->columns, LMRT_PANEL) / LMRT_PANEL;
}

/* out[group][panel][segment][quad][LMRT_PANEL][TERMS], filled up with zeros. */
static Buffer *packed_kernel(Planner *p, const Op *weight, const Kernel *k) {
    const int64_t quads = round_up(k->length, TERMS) / TERMS, panels = panels_of(k),
                  n = k->groups * k->columns;
    const int64_t panel_bytes = k->segments * quads * LMRT_PANEL * TERMS,
                  bytes = k->groups * panels * panel_bytes;
    int8_t *out = ARENA_ARRAY(p->program->arena, int8_t, (size_t)bytes);
    const int8_t *in = weight->as.constant.data;
    for (int64_t row = 0; row < k->segments * k->length; row++)
        for (int64_t column = 0; column < n; column++) {
            const int64_t segment = row / k->length, term = row % k->length, own = column % k->columns;
            const int64_t panel = column / k->columns * panels + own / LMRT_PANEL;
            const int64_t at = ((segment * quads + term / TERMS) * LMRT_PANEL + own % LMRT_PANEL) * TERMS;
            out[panel * panel_bytes + at + term % TERMS] = in[row * n + column];
        }
    const char *layout =
        arena_printf(p->program->arena, "[%lld panels][%lld][%lld][%d][%d]", (long long)(k->groups * panels),
                     (long long)k->segments, (long long)quads, LMRT_PANEL, TERMS);
    return planner_constant(p, weight, weight->name, layout, DTYPE_INT8, bytes, out);
}

/* The sum of each column of a kernel [rows][n]. */
static int64_t *column_sums(Planner *p, const Op *weight, int64_t rows, int64_t n) {
    int64_t *sums = ARENA_ARRAY(p->program->arena, int64_t, (size_t)n);
    const int8_t *in = weight->as.constant.data;
    for (int64_t row = 0; row < rows; row++)
        for (int64_t column = 0; column < n; column++) sums[column] += in[row * n + column];
    return sums;
}

/* [panels][3][LMRT_PANEL]: bias less x_zero times the column's sum, multiplier, shift; `rows` of the kernel.
 */
static Buffer *packed_channels(Planner *p, const Op *op, int64_t rows, const Kernel *k) {
    const int64_t panels = panels_of(k), n = k->groups * k->columns,
                  count = k->groups * panels * 3 * LMRT_PANEL;
    const Rescale *rescale = op->rescale;
    const int64_t *sums = column_sums(p, op->inputs[1], rows, n);
    const int32_t *bias = op_bias(op) ? op_bias(op)->as.constant.data : NULL;
    int32_t *out = ARENA_ARRAY(p->program->arena, int32_t, (size_t)count);
    for (int64_t i = 2 * LMRT_PANEL; i < count; i += 3 * LMRT_PANEL)
        for (int64_t lane = 0; lane < LMRT_PANEL; lane++) out[i + lane] = 31; /* a shift that is one */
    for (int64_t column = 0; column < n; column++) {
        const int64_t own = column % k->columns;
        const int64_t panel = column / k->columns * panels + own / LMRT_PANEL;
        int32_t *at = out + panel * 3 * LMRT_PANEL + own % LMRT_PANEL;
        at[0] = (int32_t)((bias ? bias[column] : 0) - rescale->x_zero * sums[column]);
        at[LMRT_PANEL] = rescale->factors[column].multiplier;
        at[2 * LMRT_PANEL] = rescale->factors[column].shift;
    }
    const char *layout = arena_printf(p->program->arena, "[%lld panels][bias, multiplier, shift][%d]",
                                      (long long)(k->groups * panels), LMRT_PANEL);
    const char *name = arena_printf(p->program->arena, "%s bias and factors", op->name);
    return planner_constant(p, op, name, layout, DTYPE_INT32, count, out);
}

/* ---- layers with weights ---- */

static void output_fields(Descriptor *d, const Op *op) {
    const Rescale *r = op->rescale;
    descriptor_size(d, "y_zero", r->y_zero);
    descriptor_size(d, "low", r->low);
    descriptor_size(d, "high", r->high);
    if (!op->epilogue.residual) return;
    descriptor_size(d, "r_zero", r->r_zero);
    descriptor_size(d, "r_multiplier", r->r_factor.multiplier);
    descriptor_size(d, "r_shift", r->r_factor.shift);
}

static void finish_linear(Planner *p, Step *step, const Op *op, const Buffer *w, const Buffer *channels,
                          bool moves) {
    step_buffer(step, planner_value(p, op->inputs[0]), 0, moves ? sample_size(op->inputs[0]) : 0);
    step_buffer(step, w, 0, 0);
    step_buffer(step, channels, 0, 0);
    if (op_residual(op))
        step_buffer(step, planner_value(p, op_residual(op)), 0, moves ? sample_size(op) : 0);
    else
        step_null(step);
    step_buffer(step, planner_value(p, op), 0, moves ? sample_size(op) : 0);
}

static const char *note(Planner *p, const Op *op, const char *what) {
    return arena_printf(p->program->arena, "%s int8%s", what, op->epilogue.residual ? ", add" : "");
}

/* y[rows][n] = x[rows][k] @ w */
static void plan_rows(Planner *p, const Op *op, int64_t rows, int64_t k, int64_t n) {
    const Kernel kernel = {1, k, 1, n};
    Step *step = planner_step(p, op, "dense_i8");
    step->note = note(p, op, op->kind == OP_DENSE ? "dense" : "conv2d as dense");
    Descriptor *d = step_descriptor(p, step, "lmrt_int8_dense");
    descriptor_size(d, "k", k);
    descriptor_size(d, "n", n);
    output_fields(d, op);
    step_count(step, op_is_batched(op), rows);
    finish_linear(p, step, op, packed_kernel(p, op->inputs[1], &kernel), packed_channels(p, op, k, &kernel),
                  false);
}

static void window_fields(Descriptor *d, const Op *op) {
    const int64_t *x = op->inputs[0]->shape.dim, *y = op->shape.dim;
    descriptor_size(d, "in_h", x[1]);
    descriptor_size(d, "in_w", x[2]);
    descriptor_size(d, "out_h", y[1]);
    descriptor_size(d, "out_w", y[2]);
    planner_window_fields(d, op->inputs[1]->shape.dim, &op->as.conv2d);
    descriptor_size(d, "x_zero", op->rescale->x_zero);
}

static const char *window_note(Planner *p, const Op *op) {
    const int64_t *k = op->inputs[1]->shape.dim;
    return note(p, op,
                arena_printf(p->program->arena, "%s %lldx%lld", op_kind_name(op->kind), (long long)k[0],
                             (long long)k[1]));
}

/* Also depthwise with several outputs per channel: as many groups as channels. */
static void plan_conv(Planner *p, const Op *op) {
    const int64_t *k = op->inputs[1]->shape.dim, n = op->shape.dim[3];
    const bool depthwise = op->kind == OP_DEPTHWISE_CONV2D;
    const int64_t groups = depthwise ? k[2] : op->as.conv2d.groups, in = depthwise ? 1 : k[2];
    const bool joined = groups == 1 && op->as.conv2d.dilation[1] == 1;
    const Kernel kernel = {joined ? k[0] : k[0] * k[1], joined ? k[1] * in : in, groups, n / groups};
    Step *step = planner_step(p, op, "conv2d_i8");
    per_sample(step, op);
    step->note = window_note(p, op);
    Descriptor *d = step_descriptor(p, step, "lmrt_int8_conv2d");
    window_fields(d, op);
    descriptor_size(d, "in_c", op->inputs[0]->shape.dim[3]);
    descriptor_size(d, "out_c", n);
    descriptor_size(d, "groups", groups);
    output_fields(d, op);
    finish_linear(p, step, op, packed_kernel(p, op->inputs[1], &kernel),
                  packed_channels(p, op, k[0] * k[1] * in, &kernel), true);
}

/* [kernel_h][kernel_w][c rounded up to the panel] */
static Buffer *depthwise_kernel(Planner *p, const Op *weight) {
    const int64_t *k = weight->shape.dim, c = k[2], padded = round_up(c, LMRT_PANEL), taps = k[0] * k[1];
    int8_t *out = ARENA_ARRAY(p->program->arena, int8_t, (size_t)(taps * padded));
    const int8_t *in = weight->as.constant.data;
    for (int64_t i = 0; i < taps; i++) memcpy(out + i * padded, in + i * c, (size_t)c);
    const char *layout = arena_printf(p->program->arena, "[%lld][%lld][%lld]", (long long)k[0],
                                      (long long)k[1], (long long)padded);
    return planner_constant(p, weight, weight->name, layout, DTYPE_INT8, taps * padded, out);
}

static void plan_depthwise(Planner *p, const Op *op) {
    const int64_t *k = op->inputs[1]->shape.dim, c = k[2];
    const Kernel kernel = {1, k[0] * k[1], 1, c};
    Step *step = planner_step(p, op, "depthwise_i8");
    per_sample(step, op);
    step->note = window_note(p, op);
    Descriptor *d = step_descriptor(p, step, "lmrt_int8_depthwise");
    window_fields(d, op);
    descriptor_size(d, "c", c);
    output_fields(d, op);
    finish_linear(p, step, op, depthwise_kernel(p, op->inputs[1]),
                  packed_channels(p, op, k[0] * k[1], &kernel), true);
}

static bool is_pointwise(const Op *op) {
    const Conv2dAttrs *a = &op->as.conv2d;
    const int64_t *k = op->inputs[1]->shape.dim, *pad = a->pad;
    return op->kind == OP_CONV2D && a->groups == 1 && k[0] == 1 && k[1] == 1 && a->stride[0] == 1 &&
           a->stride[1] == 1 && !pad[0] && !pad[1] && !pad[2] && !pad[3];
}

static void plan_linear_int8(Planner *p, const Op *op) {
    const int rank = op->shape.rank;
    if (op->kind == OP_DENSE || is_pointwise(op))
        plan_rows(p, op, op_extent(op, 0, rank - 1), op->inputs[0]->shape.dim[rank - 1],
                  op->shape.dim[rank - 1]);
    else if (op->kind == OP_DEPTHWISE_CONV2D && op->inputs[1]->shape.dim[3] == 1)
        plan_depthwise(p, op);
    else
        plan_conv(p, op);
}

/* ---- layers without ---- */

static void plan_binary_int8(Planner *p, const Op *op) {
    const Rescale *r = op->rescale;
    const int first = op_is_batched(op) ? 1 : 0, rank = op->shape.rank - first;
    int64_t extent[SHAPE_MAX_RANK], a[SHAPE_MAX_RANK], b[SHAPE_MAX_RANK];
    for (int i = 0; i < rank; i++) extent[i] = op->shape.dim[first + i];
    planner_broadcast_strides(op->inputs[0], op, first, a);
    planner_broadcast_strides(op->inputs[1], op, first, b);
    const int n = planner_coalesce(rank, extent, (int64_t *[]){a, b}, 2);
    Step *step = planner_step(p, op, op->as.binary == BIN_MUL ? "mul_i8" : "add_i8");
    step->rounds.batched = op_is_batched(op);
    Descriptor *d = step_descriptor(p, step, "lmrt_int8_binary");
    descriptor_size(d, "rank", n);
    descriptor_list(d, "extent", extent, n);
    descriptor_list(d, "a_stride", a, n);
    descriptor_list(d, "b_stride", b, n);
    descriptor_size(d, "a_zero", r->x_zero);
    descriptor_size(d, "multiplier", r->factors[0].multiplier);
    descriptor_size(d, "shift", r->factors[0].shift);
    descriptor_size(d, "b_zero", r->r_zero);
    descriptor_size(d, "b_multiplier", r->r_factor.multiplier);
    descriptor_size(d, "b_shift", r->r_factor.shift);
    descriptor_size(d, "y_zero", r->y_zero);
    descriptor_size(d, "low", r->low);
    descriptor_size(d, "high", r->high);
    for (int i = 0; i < 2; i++)
        step_buffer(step, planner_value(p, op->inputs[i]), 0,
                    op_is_batched(op->inputs[i]) ? op_extent(op->inputs[i], 0, op->inputs[i]->shape.rank)
                                                 : 0);
    step_buffer(step, planner_value(p, op), 0, op_is_batched(op) ? op_extent(op, 0, op->shape.rank) : 0);
}

static void plan_mean_int8(Planner *p, const Op *op) {
    const Op *x = op->inputs[0];
    const Rescale *r = op->rescale;
    int first = 0, last = x->shape.rank;
    while (!(op->as.reduce.axes >> first & 1)) first++;
    while (!(op->as.reduce.axes >> (last - 1) & 1)) last--;
    Step *step = planner_step(p, op, "reduce_mean_i8");
    step->note = "mean int8";
    Descriptor *d = step_descriptor(p, step, "lmrt_int8_mean");
    descriptor_size(d, "x_zero", r->x_zero);
    descriptor_size(d, "multiplier", r->factors[0].multiplier);
    descriptor_size(d, "shift", r->factors[0].shift);
    descriptor_size(d, "y_zero", r->y_zero);
    step_count(step, op_is_batched(x), op_extent(x, 0, first));
    step_count(step, false, op_extent(x, first, last));
    step_count(step, false, op_extent(x, last, x->shape.rank));
    step_buffer(step, planner_value(p, x), 0, 0);
    step_buffer(step, planner_value(p, op), 0, 0);
}

static void plan_convert(Planner *p, const Op *op, const char *kernel, double scale) {
    Step *step = planner_step(p, op, kernel);
    step_float(step, scale);
    step_float(step, op->quantization.zero);
    step_count(step, op_is_batched(op), op_extent(op, 0, op->shape.rank));
    step_buffer(step, planner_value(p, op->inputs[0]), 0, 0);
    step_buffer(step, planner_value(p, op), 0, 0);
}

static void plan_table(Planner *p, const Op *op) {
    Step *step = planner_step(p, op, "table_i8");
    step_count(step, op_is_batched(op), op_extent(op, 0, op->shape.rank));
    step_buffer(step, planner_value(p, op->inputs[1]), 0, 0);
    step_buffer(step, planner_value(p, op->inputs[0]), 0, 0);
    step_buffer(step, planner_value(p, op), 0, 0);
}

void plan_int8(Planner *p, const Op *op) {
    switch (op->kind) {
    case OP_QUANTIZE: plan_convert(p, op, "quantize_i8", (float)(1 / op->quantization.scale)); break;
    case OP_DEQUANTIZE: plan_convert(p, op, "dequantize_i8", op->quantization.scale); break;
    case OP_TABLE: plan_table(p, op); break;
    case OP_BINARY: plan_binary_int8(p, op); break;
    case OP_REDUCE: plan_mean_int8(p, op); break;
    default: plan_linear_int8(p, op); break;
    }
}

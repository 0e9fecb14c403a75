/* Steps that only move elements: transpose, slice, pad, concat, broadcast, repeat. Each is one strided copy
 * (lmrt_copy) or several; with an open batch, one round per sample. */
#include "plan/planner.h"

/* A strided copy between two values, per sample where the result is batched. */
typedef struct Copy {
    int rank;
    int64_t extent[SHAPE_MAX_RANK], from[SHAPE_MAX_RANK], to[SHAPE_MAX_RANK];
    int64_t from_offset, to_offset;
} Copy;

static int64_t count_of(const Op *op) {
    return op_extent(op, 0, op->shape.rank);
}
static int first_axis(const Op *op) {
    return op_is_batched(op) ? 1 : 0;
}

/* Row-major strides of the op's axes from `first` on. */
static void strides_of(const Op *op, int first, int64_t *out) {
    int64_t stride = 1;
    for (int i = op->shape.rank - 1; i >= first; i--) {
        out[i - first] = stride;
        stride *= op->shape.dim[i];
    }
}

static const char *copy_kernel(DType dtype) {
    switch (dtype_size(dtype)) {
    case 1: return "copy_b1";
    case 2: return "copy_b2";
    case 4: return "copy_b4";
    default: return "copy_b8";
    }
}

static void add_copy(Planner *p, const Op *op, const Buffer *from, const Buffer *to, Copy c) {
    const int rank = planner_coalesce(c.rank, c.extent, (int64_t *[]){c.from, c.to}, 2);
    Step *step = planner_step(p, op, copy_kernel(op->dtype));
    step->rounds.batched = to->batched;
    Descriptor *d = step_descriptor(p, step, "lmrt_copy");
    descriptor_size(d, "rank", rank);
    descriptor_list(d, "extent", c.extent, rank);
    descriptor_list(d, "src_stride", c.from, rank);
    descriptor_list(d, "dst_stride", c.to, rank);
    step_buffer(step, from, c.from_offset, from->batched ? from->count : 0);
    step_buffer(step, to, c.to_offset, to->batched ? to->count : 0);
}

static void add_op_copy(Planner *p, const Op *op, const Op *from, const Copy *c) {
    add_copy(p, op, planner_value(p, from), planner_value(p, op), *c);
}

void plan_whole_copy(Planner *p, const Op *op, const Buffer *from, const Buffer *to) {
    add_copy(p, op, from, to, (Copy){.rank = 1, .extent = {to->count}, .from = {1}, .to = {1}});
}

/* A copy that writes the whole result in order; the caller sets what is read. */
static Copy whole_result(const Op *op) {
    const int first = first_axis(op);
    Copy c = {.rank = op->shape.rank - first};
    for (int i = 0; i < c.rank; i++) c.extent[i] = op->shape.dim[first + i];
    strides_of(op, first, c.to);
    return c;
}

static void plan_transpose(Planner *p, const Op *op) {
    const int first = first_axis(op);
    Copy c = whole_result(op);
    int64_t strides[SHAPE_MAX_RANK];
    strides_of(op->inputs[0], first, strides);
    for (int i = 0; i < c.rank; i++) c.from[i] = strides[op->as.transpose.perm[first + i] - first];
    add_op_copy(p, op, op->inputs[0], &c);
}

static void plan_slice(Planner *p, const Op *op) {
    const int first = first_axis(op);
    Copy c = whole_result(op);
    strides_of(op->inputs[0], first, c.from);
    for (int i = 0; i < c.rank; i++) {
        c.from_offset += op->as.slice.begin[first + i] * c.from[i];
        c.from[i] *= op->as.slice.step[first + i];
    }
    add_op_copy(p, op, op->inputs[0], &c);
}

/* One element of the op's type with the value of a pad. */
static const void *element(Planner *p, const Op *op, double value) {
    void *data = arena_alloc(p->program->arena, sizeof(double));
    switch (op->dtype) {
    case DTYPE_FLOAT32: *(float *)data = (float)value; break;
    case DTYPE_FLOAT64: *(double *)data = value; break;
    case DTYPE_INT8: *(int8_t *)data = (int8_t)value; break;
    case DTYPE_INT16: *(int16_t *)data = (int16_t)value; break;
    case DTYPE_INT32: *(int32_t *)data = (int32_t)value; break;
    case DTYPE_INT64: *(int64_t *)data = (int64_t)value; break;
    case DTYPE_UINT8: *(uint8_t *)data = (uint8_t)value; break;
    case DTYPE_BOOL: *(uint8_t *)data = value != 0.0; break;
    case DTYPE_UINT16: *(uint16_t *)data = (uint16_t)value; break;
    case DTYPE_UINT32: *(uint32_t *)data = (uint32_t)value; break;
    case DTYPE_UINT64: *(uint64_t *)data = (uint64_t)value; break;
    default: planner_fail(p, op, "padding"); break;
    }
    return data;
}

static void plan_pad(Planner *p, const Op *op) {
    const int first = first_axis(op);
    const char *name = arena_printf(p->program->arena, "%s value", op->name);
    Buffer *value = planner_constant(p, op, name, NULL, op->dtype, 1, element(p, op, op->as.pad.value));
    Step *fill = planner_step(p, op, "fill");
    fill->note = "pad: border";
    step_count(fill, op_is_batched(op), count_of(op));
    step_count(fill, false, (int64_t)dtype_size(op->dtype));
    step_buffer(fill, value, 0, 0);
    step_buffer(fill, planner_value(p, op), 0, 0);
    Copy c = whole_result(op);
    strides_of(op->inputs[0], first, c.from);
    for (int i = 0; i < c.rank; i++) {
        c.extent[i] = op->inputs[0]->shape.dim[first + i];
        c.to_offset += op->as.pad.before[first + i] * c.to[i];
    }
    add_op_copy(p, op, op->inputs[0], &c);
}

/* Each input is rows of its own length, put beside each other in the rows of the result. */
static void plan_concat(Planner *p, const Op *op) {
    const int axis = op->as.concat.axis;
    const int64_t outer = op_extent(op, 0, axis), row = op_extent(op, axis, op->shape.rank);
    int64_t offset = 0;
    for (size_t i = 0; i < op->n_inputs; i++) {
        const Op *x = op->inputs[i];
        const int64_t part = op_extent(x, axis, x->shape.rank);
        const Copy c = {
            .rank = 2, .extent = {outer, part}, .from = {part, 1}, .to = {row, 1}, .to_offset = offset};
        if (part > 0) add_op_copy(p, op, x, &c);
        offset += part;
    }
}

static void plan_broadcast(Planner *p, const Op *op) {
    const Op *x = op->inputs[0];
    const int first = first_axis(op), shift = op->shape.rank - x->shape.rank;
    Copy c = whole_result(op);
    int64_t stride = 1;
    for (int i = op->shape.rank - 1; i >= first; i--) {
        const int64_t extent = i >= shift ? x->shape.dim[i - shift] : 1;
        c.from[i - first] = extent == 1 ? 0 : stride;
        stride *= extent;
    }
    add_op_copy(p, op, x, &c);
}

static void plan_repeat(Planner *p, const Op *op) {
    const Op *x = op->inputs[0];
    const int axis = op->as.repeat.axis;
    const int64_t outer = op_extent(op, 0, axis), inner = op_extent(op, axis + 1, op->shape.rank);
    const int64_t n = op_extent(x, axis, axis + 1), times = op->as.repeat.count;
    const Copy c = {.rank = 4,
                    .extent = {outer, n, times, inner},
                    .from = {n * inner, inner, 0, 1},
                    .to = {n * times * inner, times * inner, inner, 1}};
    add_op_copy(p, op, x, &c);
}

void plan_movement(Planner *p, const Op *op) {
    if (count_of(op) == 0) return;
    switch (op->kind) {
    case OP_TRANSPOSE: plan_transpose(p, op); break;
    case OP_SLICE: plan_slice(p, op); break;
    case OP_PAD: plan_pad(p, op); break;
    case OP_CONCAT: plan_concat(p, op); break;
    case OP_BROADCAST: plan_broadcast(p, op); break;
    default: plan_repeat(p, op); break;
    }
}

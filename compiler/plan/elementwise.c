/* Steps of elementwise ops: unary functions, binary ones with broadcasting, casts, and gathering rows of a
 * table. */
#include "plan/planner.h"

static const char *const type_names[DTYPE_COMPILABLE] = {
    "LMRT_F32", "LMRT_F64", "LMRT_F16", "LMRT_BF16", "LMRT_I8",  "LMRT_U8",  "LMRT_I16",
    "LMRT_U16", "LMRT_I32", "LMRT_U32", "LMRT_I64",  "LMRT_U64", "LMRT_BOOL"};

static int64_t count_of(const Op *op) {
    return op_extent(op, 0, op->shape.rank);
}

static void unary_parameters(Planner *p, Step *step, const Op *op) {
    const int n = unary_function_parameters(op->as.unary.function);
    if (n == 0) {
        step_null(step);
        return;
    }
    const char *name = arena_printf(p->program->arena, "%s parameters", op->name);
    if (op->dtype == DTYPE_FLOAT64) {
        step_buffer(step, planner_constant(p, op, name, NULL, DTYPE_FLOAT64, n, op->as.unary.parameter), 0, 0);
        return;
    }
    float *data = ARENA_ARRAY(p->program->arena, float, (size_t)n);
    for (int i = 0; i < n; i++) data[i] = (float)op->as.unary.parameter[i];
    step_buffer(step, planner_constant(p, op, name, NULL, DTYPE_FLOAT32, n, data), 0, 0);
}

static void plan_unary(Planner *p, const Op *op) {
    const UnaryFunction function = op->as.unary.function;
    if (function == UNARY_LINEAR) return; /* its storage is its input's */
    const char *name = unary_function_name(function);
    const bool logical = function == UNARY_LOGICAL_NOT;
    const DType dtype = op->inputs[0]->dtype;
    const char *suffix = planner_float_suffix(dtype);
    if (logical ? dtype != DTYPE_BOOL : !suffix) {
        planner_fail(p, op, name);
        return;
    }
    Step *step =
        planner_step(p, op, logical ? "logical_not_b8" : arena_printf(p->program->arena, "%s_%s", name, suffix));
    step->note = name;
    if (!logical) unary_parameters(p, step, op);
    step_count(step, op_is_batched(op), count_of(op));
    step_buffer(step, planner_value(p, op->inputs[0]), 0, 0);
    step_buffer(step, planner_value(p, op), 0, 0);
}

static const char *binary_suffix(const Op *op) {
    const BinaryFunction f = op->as.binary;
    const DType dtype = op->inputs[0]->dtype;
    const bool logical = f >= BIN_AND;
    if (logical) return dtype == DTYPE_BOOL ? "b8" : NULL;
    if (dtype_is_float(dtype)) return planner_float_suffix(dtype);
    if (f == BIN_DIV) return NULL;
    return dtype == DTYPE_INT32 ? "i32" : dtype == DTYPE_INT64 ? "i64" : NULL;
}

void planner_broadcast_strides(const Op *operand, const Op *op, int first, int64_t *out) {
    const int shift = op->shape.rank - operand->shape.rank;
    int64_t stride = 1;
    for (int i = op->shape.rank - 1; i >= first; i--) {
        const int64_t extent = i >= shift ? operand->shape.dim[i - shift] : 1;
        out[i - first] = extent == 1 ? 0 : stride;
        stride *= extent;
    }
}

/* Drops axes of one element and joins axes that are one in all `n_lists` lists of strides. At least one axis
 * stays. */
int planner_coalesce(int rank, int64_t *extent, int64_t *const *strides, int n_lists) {
    int kept = 0;
    for (int i = 0; i < rank; i++) {
        if (extent[i] == 1) continue;
        bool joins = kept > 0;
        for (int l = 0; joins && l < n_lists; l++) joins = strides[l][kept - 1] == strides[l][i] * extent[i];
        const int to = joins ? kept - 1 : kept++;
        extent[to] = joins ? extent[to] * extent[i] : extent[i];
        for (int l = 0; l < n_lists; l++) strides[l][to] = strides[l][i];
    }
    if (kept > 0) return kept;
    extent[0] = 1;
    for (int l = 0; l < n_lists; l++) strides[l][0] = 0;
    return 1;
}

static int64_t round_stride(const Op *op) {
    return op_is_batched(op) ? count_of(op) : 0;
}

static void plan_binary(Planner *p, const Op *op) {
    const char *suffix = binary_suffix(op), *name = binary_function_name(op->as.binary);
    if (!suffix) {
        planner_fail(p, op, name);
        return;
    }
    const int first = op_is_batched(op) ? 1 : 0, rank = op->shape.rank - first;
    int64_t extent[SHAPE_MAX_RANK], a[SHAPE_MAX_RANK], b[SHAPE_MAX_RANK];
    for (int i = 0; i < rank; i++) extent[i] = op->shape.dim[first + i];
    planner_broadcast_strides(op->inputs[0], op, first, a);
    planner_broadcast_strides(op->inputs[1], op, first, b);
    const int n = planner_coalesce(rank, extent, (int64_t *[]){a, b}, 2);
    Step *step = planner_step(p, op, arena_printf(p->program->arena, "%s_%s", name, suffix));
    step->note = name;
    step->rounds.batched = op_is_batched(op);
    const BinaryFunction f = op->as.binary;
    step->may_fail = dtype_is_integer(op->dtype) && (f == BIN_FLOORDIV || f == BIN_MOD || f == BIN_POW);
    Descriptor *d = step_descriptor(p, step, "lmrt_broadcast");
    descriptor_size(d, "rank", n);
    descriptor_list(d, "extent", extent, n);
    descriptor_list(d, "a_stride", a, n);
    descriptor_list(d, "b_stride", b, n);
    for (int i = 0; i < 2; i++)
        step_buffer(step, planner_value(p, op->inputs[i]), 0, round_stride(op->inputs[i]));
    step_buffer(step, planner_value(p, op), 0, round_stride(op));
}

static void plan_cast(Planner *p, const Op *op) {
    const DType from = op->inputs[0]->dtype, to = op->dtype;
    if (from == to) return; /* its storage is its input's */
    if (from >= DTYPE_COMPILABLE || to >= DTYPE_COMPILABLE) {
        planner_fail(p, op, arena_printf(p->program->arena, "casts to %s", dtype_name(to)));
        return;
    }
    Step *step = planner_step(p, op, "cast");
    step->note = arena_printf(p->program->arena, "cast to %s", dtype_name(to));
    step_name(step, type_names[from]);
    step_name(step, type_names[to]);
    step_count(step, op_is_batched(op), count_of(op));
    step_buffer(step, planner_value(p, op->inputs[0]), 0, 0);
    step_buffer(step, planner_value(p, op), 0, 0);
}

void plan_elementwise(Planner *p, const Op *op) {
    if (op->kind == OP_UNARY)
        plan_unary(p, op);
    else if (op->kind == OP_BINARY)
        plan_binary(p, op);
    else
        plan_cast(p, op);
}

static const char *gather_kernel(DType ids) {
    return ids == DTYPE_FLOAT32 ? "gather_f32" : ids == DTYPE_INT32 ? "gather_i32" : "gather_i64";
}

/* Ids that are inputs are checked before anything is written: a gather of rows of no bytes. */
static void check_ids(Planner *p, const Op *op, const Buffer *ids, const Buffer *table, int64_t rows) {
    Program *program = p->program;
    Step check = {
        .kernel = gather_kernel(ids->dtype), .origin = op, .note = "check of the ids", .may_fail = true};
    check.rounds.factor = 1;
    step_count(&check, ids->batched, ids->count);
    step_count(&check, false, rows);
    step_count(&check, false, 0);
    step_buffer(&check, table, 0, 0);
    step_buffer(&check, ids, 0, 0);
    step_buffer(&check, program->outputs[0], 0, 0);
    vec_push(program->arena, &program->checks, check);
}

void plan_gather(Planner *p, const Op *op) {
    const Op *table = op->inputs[0], *ids = op->inputs[1];
    const int axis = op->as.gather.axis;
    const int64_t rows = table->shape.dim[axis], outer = op_extent(table, 0, axis);
    const int64_t row = op_extent(table, axis + 1, table->shape.rank);
    Buffer *from = planner_value(p, table), *which = planner_value(p, ids);
    Step *step = planner_step(p, op, gather_kernel(ids->dtype));
    step->may_fail = true;
    step->rounds = (Count){axis > 0 && op_is_batched(table), outer};
    step_count(step, op_is_batched(ids), count_of(ids));
    step_count(step, false, rows);
    step_count(step, false, row * (int64_t)dtype_size(table->dtype));
    step_buffer(step, from, 0, axis > 0 ? rows * row : 0);
    step_buffer(step, which, 0, 0);
    step_buffer(step, planner_value(p, op), 0, axis > 0 ? count_of(ids) * row : 0);
    if (which->kind == BUFFER_INPUT && from->kind == BUFFER_CONSTANT) check_ids(p, op, which, from, rows);
}

/* Steps that work along axes: reductions, softmax and its relatives, normalization, products of matrices. */
#include "lmrt.h"
#include "plan/planner.h"

/* [outer][n][inner]: the op's input around its (adjacent) axes. */
typedef struct Rows {
    int64_t outer, n, inner;
} Rows;

static Rows rows_of(const Op *x, uint32_t axes) {
    int first = 0, last = x->shape.rank;
    while (first < last && !(axes >> first & 1)) first++;
    while (last > first && !(axes >> (last - 1) & 1)) last--;
    return (Rows){op_extent(x, 0, first), op_extent(x, first, last), op_extent(x, last, x->shape.rank)};
}

static Step *rows_step(Planner *p, const Op *op, const char *kernel, uint32_t axes) {
    const Op *x = op->inputs[0];
    const Rows rows = rows_of(x, axes);
    Step *step = planner_step(p, op, kernel);
    step_count(step, op_is_batched(x), rows.outer);
    step_count(step, false, rows.n);
    step_count(step, false, rows.inner);
    return step;
}

static void finish_rows(Planner *p, Step *step, const Op *op) {
    step_buffer(step, planner_value(p, op->inputs[0]), 0, 0);
    step_buffer(step, planner_value(p, op), 0, 0);
}

/* The type's part of a kernel's name; NULL where the kind has no kernel for it. */
static const char *suffix_of(const Op *op) {
    const DType dtype = op->inputs[0]->dtype;
    const bool whole = op->kind == OP_ARG || op->kind == OP_SCAN ||
                       (op->kind == OP_REDUCE && op->as.reduce.function != REDUCE_MEAN);
    if (dtype_is_float(dtype)) return planner_float_suffix(dtype);
    if (!whole) return NULL;
    return dtype == DTYPE_INT32 ? "i32" : dtype == DTYPE_INT64 ? "i64" : NULL;
}

static void named_rows(Planner *p, const Op *op, const char *prefix, const char *name, uint32_t axes) {
    Step *step =
        rows_step(p, op, arena_printf(p->program->arena, "%s%s_%s", prefix, name, suffix_of(op)), axes);
    step->note = name;
    finish_rows(p, step, op);
}

void plan_axes(Planner *p, const Op *op) {
    if (!suffix_of(op)) {
        planner_fail(p, op, op_kind_name(op->kind));
        return;
    }
    switch (op->kind) {
    case OP_REDUCE:
        named_rows(p, op, "reduce_", reduce_function_name(op->as.reduce.function), op->as.reduce.axes);
        break;
    case OP_ROW: named_rows(p, op, "", row_function_name(op->as.row.function), op->as.row.axes); break;
    case OP_ARG:
        named_rows(p, op, "", op->as.arg.smallest ? "argmin" : "argmax", 1u << op->as.arg.axis);
        break;
    case OP_SCAN:
        named_rows(p, op, "scan_", op->as.scan.function == SCAN_SUM ? "sum" : "prod", 1u << op->as.scan.axis);
        break;
    default: {
        const bool wide = op->dtype == DTYPE_FLOAT64;
        Step *step = rows_step(p, op, wide ? "normalize_f64" : "normalize_f32", op->as.normalize.axes);
        if (wide)
            step_buffer(step,
                        planner_constant(p, op, "epsilon", NULL, DTYPE_FLOAT64, 1, &op->as.normalize.epsilon),
                        0, 0);
        else
            step_float(step, op->as.normalize.epsilon);
        finish_rows(p, step, op);
    }
    }
}

/* One round per pair of matrices; an operand without outer axes stays where it is. */
static int64_t matrix_stride(const Op *x) {
    const int64_t outer = op_extent(x, 0, x->shape.rank - 2);
    const bool batched = op_is_batched(x) && x->shape.rank > 2;
    return outer == 1 && !batched ? 0 : op_extent(x, x->shape.rank - 2, x->shape.rank);
}

/* The panels that the right matrix is packed into. */
static Buffer *matmul_scratch(Planner *p, const Op *op, int64_t k, int64_t n) {
    /* the rounding of a number that is known only at run time is no Size: its bound is */
    const int64_t padded =
        ir_is_open(p->ir, n) ? n + LMRT_PANEL - 1 : (n + LMRT_PANEL - 1) / LMRT_PANEL * LMRT_PANEL;
    return planner_scratch(p, op, DTYPE_FLOAT32, k * padded, "panels");
}

void plan_matmul(Planner *p, const Op *op) {
    if (!planner_float_suffix(op->dtype)) {
        planner_fail(p, op, "matmul");
        return;
    }
    const Op *a = op->inputs[0], *b = op->inputs[1];
    const int rank = op->shape.rank;
    const int64_t m = op_extent(op, rank - 2, rank - 1), n = op->shape.dim[rank - 1],
                  k = a->shape.dim[a->shape.rank - 1];
    const bool batched_rows = rank == 2 && op_is_batched(op);
    const bool wide = op->dtype == DTYPE_FLOAT64;
    Step *step = planner_step(p, op, wide ? "matmul_f64" : "matmul_f32");
    step->rounds = (Count){op_is_batched(op) && !batched_rows, op_extent(op, 0, rank - 2)};
    step_count(step, batched_rows, m);
    step_count(step, false, k);
    step_count(step, false, n);
    step_count(step, false, op->as.matmul.transpose_b);
    step_buffer(step, planner_value(p, a), 0, matrix_stride(a));
    step_buffer(step, planner_value(p, b), 0, matrix_stride(b));
    step_buffer(step, planner_value(p, op), 0, rank == 2 ? 0 : m * n);
    if (!wide) step_buffer(step, matmul_scratch(p, op, k, n), 0, 0);
}

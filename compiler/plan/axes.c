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

void plan_axes(Planner *p, const Op *op) {
    Arena *arena = p->program->arena;
    if (op->inputs[0]->dtype != DTYPE_FLOAT32) {
        planner_fail(p, op, op_kind_name(op->kind));
        return;
    }
    if (op->kind == OP_REDUCE) {
        const char *name = reduce_function_name(op->as.reduce.function);
        Step *step = rows_step(p, op, arena_printf(arena, "reduce_%s_f32", name), op->as.reduce.axes);
        step->note = name;
        finish_rows(p, step, op);
    } else if (op->kind == OP_ROW) {
        const char *name = row_function_name(op->as.row.function);
        Step *step = rows_step(p, op, arena_printf(arena, "%s_f32", name), op->as.row.axes);
        step->note = name;
        finish_rows(p, step, op);
    } else {
        Step *step = rows_step(p, op, "normalize_f32", op->as.normalize.axes);
        step_float(step, op->as.normalize.epsilon);
        finish_rows(p, step, op);
    }
}

/* One round per pair of matrices; an operand without outer axes stays where it is. */
static int64_t matrix_stride(const Op *x) {
    const int64_t outer = op_extent(x, 0, x->shape.rank - 2);
    const bool batched = op_is_batched(x) && x->shape.rank > 2;
    return outer == 1 && !batched ? 0 : op_extent(x, x->shape.rank - 2, x->shape.rank);
}

void plan_matmul(Planner *p, const Op *op) {
    if (op->dtype != DTYPE_FLOAT32) {
        planner_fail(p, op, "matmul");
        return;
    }
    const Op *a = op->inputs[0], *b = op->inputs[1];
    const int rank = op->shape.rank;
    const int64_t m = op_extent(op, rank - 2, rank - 1), n = op->shape.dim[rank - 1],
                  k = a->shape.dim[a->shape.rank - 1];
    const bool batched_rows = rank == 2 && op_is_batched(op);
    const int64_t padded = (n + LMRT_PANEL - 1) / LMRT_PANEL * LMRT_PANEL;
    Buffer *scratch = planner_new_buffer(p, BUFFER_WORKSPACE, op, DTYPE_FLOAT32, false, k * padded);
    scratch->name = arena_printf(p->program->arena, "%s panels", op->name);
    Step *step = planner_step(p, op, "matmul_f32");
    step->rounds = (Count){op_is_batched(op) && !batched_rows, op_extent(op, 0, rank - 2)};
    step_count(step, batched_rows, m);
    step_count(step, false, k);
    step_count(step, false, n);
    step_count(step, false, op->as.matmul.transpose_b);
    step_buffer(step, planner_value(p, a), 0, matrix_stride(a));
    step_buffer(step, planner_value(p, b), 0, matrix_stride(b));
    step_buffer(step, planner_value(p, op), 0, rank == 2 ? 0 : m * n);
    step_buffer(step, scratch, 0, 0);
}

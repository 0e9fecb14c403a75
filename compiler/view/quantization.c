#include "view/quantization.h"

#include "model/table.h"

static const char *label(Arena *arena, const Op *op) {
    return arena_printf(arena, "%s (%s)", op->name ? op->name : "-", op_function_name(op));
}

static const char *percent(Arena *arena, double part) {
    return arena_printf(arena, "%.2f %%", 100 * part);
}

static void add_row(Table *table, const QuantizedOp *op, const QuantizedError *e) {
    Arena *arena = table->arena;
    const Quantization *q = op->int8 ? &op->int8->quantization : NULL;
    const char *cells[] = {label(arena, op->real),
                           dtype_name(op->made->dtype),
                           q ? arena_printf(arena, "%.6g", q->scale) : "-",
                           q ? arena_printf(arena, "%d", (int)q->zero) : "-",
                           q ? percent(arena, e->saturated) : "-",
                           arena_printf(arena, "%.3g", e->largest),
                           e->real_rms > 0 ? percent(arena, e->rms / e->real_rms) : "-"};
    table_add_row(table, cells);
}

void view_quantization(Arena *arena, const QuantizedOps *ops, const QuantizedError *errors, size_t samples,
                       FILE *out) {
    Table table = {.arena = arena,
                   .n_columns = 7,
                   .headers = {"Layer (operation)", "Computes in", "Scale", "Zero", "Saturated",
                               "Largest error", "Error / value"},
                   .widths = {28, 11, 11, 5, 9, 13, 13},
                   .right = {[2] = true, [3] = true, [4] = true, [5] = true, [6] = true}};
    size_t n_int8 = 0, n_float = 0;
    for (size_t i = 0; i < ops->count; i++) {
        add_row(&table, &ops->at[i], &errors[i]);
        if (ops->at[i].real->kind == OP_INPUT) continue;
        n_int8 += ops->at[i].made->dtype == DTYPE_INT8;
        n_float += dtype_is_float(ops->at[i].made->dtype);
    }
    fprintf(out,
            "Quantised to int8: %zu operations; %zu compute in floats. Against float32, on %zu samples:\n",
            n_int8, n_float, samples);
    table_print(&table, out);
    fprintf(
        out,
        " Scale, zero: a number q stands for scale * (q - zero).\n Saturated: float32 values outside of what "
        "these numbers reach.\n Error / value: root mean square of the error over that of the values.\n");
}

/* Helpers for the classes' `lower` rules. */
#include <stdarg.h>

#include "layers/rules.h"

static const Shape scalar_shape = {.rank = 0};

static Op *scalar_double(Lowering *lowering, const Node *node, double value) {
    double *data = ARENA_NEW(lowering->ir->arena, double);
    *data = value;
    return ir_constant(lowering, node, node->layer->name, &scalar_shape, DTYPE_FLOAT64, data);
}

Op *lower_scalar(Lowering *lowering, const Node *node, DType dtype, double value) {
    if (dtype == DTYPE_FLOAT32) return ir_scalar(lowering, node, value);
    if (dtype == DTYPE_FLOAT64) return scalar_double(lowering, node, value);
    if (!dtype_is_integer(dtype)) return ir_cast(lowering, node, ir_scalar(lowering, node, value), dtype);
    int64_t *data = ARENA_NEW(lowering->ir->arena, int64_t);
    *data = (int64_t)value;
    return ir_cast(lowering, node,
                   ir_constant(lowering, node, node->layer->name, &scalar_shape, DTYPE_INT64, data), dtype);
}

Op *lower_weight(Lowering *lowering, const Node *node, size_t index) {
    return ir_cast(lowering, node, ir_weight(lowering, node->layer->weights.at[index]),
                   node->layer->compute_dtype);
}

DType lower_wide_dtype(const Layer *layer) {
    return layer->compute_dtype == DTYPE_FLOAT64 ? DTYPE_FLOAT64 : DTYPE_FLOAT32;
}

Op *lower_wide_weight(Lowering *lowering, const Node *node, size_t index) {
    return ir_cast(lowering, node, ir_weight(lowering, node->layer->weights.at[index]),
                   lower_wide_dtype(node->layer));
}

bool lower_unsupported(Lowering *lowering, const Node *node, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const char *text = arena_vprintf(lowering->ir->arena, format, args);
    va_end(args);
    return diag_report(lowering->ir->diags, E279, node->at, "layer \"%s\" cannot be compiled yet: %s",
                       node->layer->name, text);
}

Op *lower_step(Lowering *lowering, const Node *node, Op *x, int64_t step) {
    Shape shape = {x->shape.rank - 1, {x->shape.dim[0]}};
    for (int i = 2; i < x->shape.rank; i++) shape.dim[i - 1] = x->shape.dim[i];
    return ir_reshape(lowering, node, ir_slice_axis(lowering, node, x, 1, step, 1), &shape);
}

Op *lower_as_step(Lowering *lowering, const Node *node, Op *y) {
    Shape shape = {y->shape.rank + 1, {y->shape.dim[0], 1}};
    for (int i = 1; i < y->shape.rank; i++) shape.dim[i + 1] = y->shape.dim[i];
    return ir_reshape(lowering, node, y, &shape);
}

/* Category numbers as vectors: one_hot, multi_hot and count, made of comparisons with 0, 1, ... depth - 1. */
#include "layers/categories.h"

const char *const CATEGORY_MODES[] = {"int", "one_hot", "multi_hot", "count", "tf_idf", NULL};

bool category_numbers(Arena *arena, Value value, double **numbers, size_t *count) {
    const List *list = value_sequence(value);
    if (!list) return false;
    *count = list->items.count;
    *numbers = ARENA_ARRAY(arena, double, *count);
    for (size_t i = 0; i < *count; i++)
        if (!value_as_number(list->items.at[i], &(*numbers)[i])) return false;
    return true;
}

bool category_integers(Arena *arena, Value value, int64_t **numbers, size_t *count) {
    const List *list = value_sequence(value);
    if (!list) return false;
    *count = list->items.count;
    *numbers = ARENA_ARRAY(arena, int64_t, *count);
    for (size_t i = 0; i < *count; i++)
        if (!value_as_int(list->items.at[i], &(*numbers)[i])) return false;
    return true;
}

Op *category_table(Lowering *l, const Node *node, const int64_t *data, size_t count) {
    const Shape shape = {1, {(int64_t)count}};
    return ir_constant(l, node, node->layer->name, &shape, DTYPE_INT64, data);
}

/* ids, after a gather that fails where one of them is negative. */
static Op *refuse_negative(Lowering *l, const Node *node, Op *ids) {
    static const int64_t ZERO = 0;
    Op *negative = ir_binary(l, node, BIN_LT, ids, lower_scalar(l, node, ids->dtype, 0));
    Op *zero = ir_gather(l, node, category_table(l, node, &ZERO, 1), ir_cast(l, node, negative, DTYPE_INT32));
    return ir_binary(l, node, BIN_ADD, ids, ir_cast(l, node, zero, ids->dtype));
}

/* For each id a row of bools. */
static Op *one_hot(Lowering *l, const Node *node, Op *ids, int64_t depth) {
    int64_t *numbers = ARENA_ARRAY(l->ir->arena, int64_t, (size_t)depth);
    for (int64_t i = 0; i < depth; i++) numbers[i] = i;
    Shape shape = ids->shape;
    shape.dim[shape.rank++] = 1;
    Op *all = ir_cast(l, node, category_table(l, node, numbers, (size_t)depth), ids->dtype);
    return ir_binary(l, node, BIN_EQ, ir_reshape(l, node, ids, &shape), all);
}

static bool fits(Lowering *l, const Node *node, const Op *op) {
    const Shape *announced = &node->outputs[0]->shape;
    if (shape_compatible(announced, &op->shape)) return true;
    return lower_unsupported(l, node, "Keras announces shape %s for it, and computes %s",
                             shape_text(l->ir->arena, announced), shape_text(l->ir->arena, &op->shape));
}

bool category_encode(Lowering *l, const Node *node, Op *ids, Op *weights, OutputMode mode, int64_t depth,
                     Op **output) {
    const DType dtype = node->outputs[0]->dtype;
    const DType sums = dtype == DTYPE_FLOAT64 || dtype == DTYPE_INT64 ? dtype : DTYPE_FLOAT32;
    if (mode == MODE_INT) return *output = ir_cast(l, node, ids, dtype), true;
    Shape shape = ids->shape;
    if (shape.rank == SHAPE_MAX_RANK) return lower_unsupported(l, node, "its result has too many axes");
    if (mode == MODE_ONE_HOT && shape.rank > 1 && shape.dim[shape.rank - 1] == 1) {
        shape.rank--;
        ids = ir_reshape(l, node, ids, &shape);
    }
    if (mode != MODE_ONE_HOT && shape.rank <= 2) ids = refuse_negative(l, node, ids);
    Op *y = one_hot(l, node, ids, depth);
    if (mode != MODE_ONE_HOT) {
        const uint32_t axis = ids->shape.rank > 1 ? 2 : 1;
        y = ir_cast(l, node, y, sums);
        if (weights) {
            shape.dim[shape.rank++] = 1;
            weights = ir_reshape(l, node, ir_cast(l, node, weights, sums), &shape);
            y = ir_binary(l, node, BIN_MUL, y, weights);
        }
        y = ir_reduce(l, node, y, mode == MODE_MULTI_HOT ? REDUCE_MAX : REDUCE_SUM, axis, false);
    }
    if (l->ir->broken || !fits(l, node, y)) return false;
    *output = ir_cast(l, node, y, dtype);
    return true;
}

bool category_no_sparse(Lowering *l, const Node *node, bool sparse) {
    return !sparse || lower_unsupported(l, node, "its result is sparse");
}

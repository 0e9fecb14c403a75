/* keras.ops functions that move elements by way of others: rot90, diagonal, trace, depth_to_space, dstack,
 * ... */
#include <string.h>

#include "base/checked.h"
#include "layers/ops.h"
#include "layers/ops_kinds.h"

/* ---- fliplr, flipud, rot90 ---- */

bool ops_flip_side_infer(LayerCall *call, OpsAttrs *attrs) {
    const int axis = attrs->row->function;
    attrs->axes = 1u << axis;
    if (call->inputs[0]->shape.rank > axis) return true;
    return ops_mismatch(call, "%s() needs a tensor with at least %d axes, but received shape %s",
                        attrs->row->name, axis + 1, shape_text(call->graph->arena, &call->inputs[0]->shape));
}

bool ops_rot90_infer(LayerCall *call, OpsAttrs *attrs) {
    Shape axes;
    const Shape *shape = &call->inputs[0]->shape;
    int64_t turns;
    if (shape->rank < 2)
        return ops_mismatch(call, "Input array must have at least 2 dimensions. Received: array.shape=%s",
                            shape_text(call->graph->arena, shape));
    if (!ops_int(call, 1, &turns) || !ops_read_ints(call, 2, &axes)) return false;
    for (int i = 0; i < 2 && axes.rank == 2; i++)
        if (!ops_axis_value(call, 2, value_int(axes.dim[i]), shape->rank, &attrs->perm[i])) return false;
    if (axes.rank != 2 || attrs->perm[0] == attrs->perm[1])
        return ops_invalid(call, 2, "Invalid axes: %s. Axes must be a tuple of two different dimensions.",
                           value_text(call->graph->arena, attrs->value[2]));
    attrs->number[0] = (turns % 4 + 4) % 4;
    if (attrs->number[0] % 2 == 0) return true;
    call->output_shapes[0].dim[attrs->perm[0]] = shape->dim[attrs->perm[1]];
    call->output_shapes[0].dim[attrs->perm[1]] = shape->dim[attrs->perm[0]];
    return true;
}

static Op *flipped(const OpsLower *o, Op *x, int axis) {
    int64_t begin[SHAPE_MAX_RANK] = {0}, step[SHAPE_MAX_RANK];
    for (int i = 0; i < x->shape.rank; i++) step[i] = 1;
    if (x->shape.dim[axis] <= 1) return x;
    begin[axis] = x->shape.dim[axis] - 1;
    step[axis] = -1;
    return ir_slice(o->l, o->node, x, begin, x->shape.dim, step);
}

static Op *swapped(const OpsLower *o, Op *x, int a, int b) {
    int perm[SHAPE_MAX_RANK];
    for (int i = 0; i < x->shape.rank; i++) perm[i] = i == a ? b : i == b ? a : i;
    return a == b ? x : ir_transpose(o->l, o->node, x, perm);
}

/* Half a turn as Keras has it on TensorFlow: between its two quarters the pixels are read as if the image had
 * its own height again, which gives another image where height and width differ. */
static Op *half_turn(const OpsLower *o, Op *x, int a, int b) {
    int there[SHAPE_MAX_RANK], back[SHAPE_MAX_RANK], rank = 0;
    for (int i = 0; i < x->shape.rank; i++)
        if (i != a && i != b) there[rank++] = i;
    there[rank] = a;
    there[rank + 1] = b;
    for (int i = 0; i < x->shape.rank; i++) back[there[i]] = i;
    x = ir_transpose(o->l, o->node, x, there);
    const Shape shape = x->shape;
    for (int i = 0; i < 2; i++) {
        x = swapped(o, flipped(o, x, rank + 1), rank, rank + 1);
        x = ir_reshape(o->l, o->node, x, &shape);
    }
    return ir_transpose(o->l, o->node, x, back);
}

bool ops_rot90_lower(const OpsLower *o) {
    const int a = o->attrs->perm[0], b = o->attrs->perm[1];
    const int64_t turns = o->attrs->number[0];
    Op *x = o->inputs[0];
    if (turns != 0 && (x->shape.dim[a] == DIM_UNKNOWN || x->shape.dim[b] == DIM_UNKNOWN))
        return lower_unsupported(o->l, o->node, "rot90() turns the batch");
    if (turns == 2) x = half_turn(o, x, a, b);
    if (turns == 1) x = swapped(o, flipped(o, x, b), a, b);
    if (turns == 3) x = flipped(o, swapped(o, x, a, b), b);
    o->outputs[0] = x;
    return true;
}

/* ---- diagonal, trace ---- */

bool ops_diagonal_infer(LayerCall *call, OpsAttrs *attrs) {
    const Shape *shape = &call->inputs[0]->shape;
    Shape *out = &call->output_shapes[0];
    int64_t offset;
    if (shape->rank < 2)
        return ops_mismatch(call,
                            "`%s` requires an array of at least two dimensions, but `x` is of shape %s.",
                            attrs->row->name, shape_text(call->graph->arena, shape));
    if (!ops_int(call, 1, &offset) || !ops_axis(call, 2, shape->rank, &attrs->perm[0]) ||
        !ops_axis(call, 3, shape->rank, &attrs->perm[1]))
        return false;
    if (attrs->perm[0] == attrs->perm[1])
        return ops_invalid(call, 3, "`axis1` and `axis2` must be different. Received: axis1=%s, axis2=%s",
                           value_text(call->graph->arena, attrs->value[2]),
                           value_text(call->graph->arena, attrs->value[3]));
    const int64_t rows = shape->dim[attrs->perm[0]], columns = shape->dim[attrs->perm[1]];
    const int64_t up = offset < 0 ? -offset : 0, along = offset > 0 ? offset : 0;
    const int64_t height = rows - up, width = columns - along, least = height < width ? height : width;
    const bool open = rows == DIM_UNKNOWN || columns == DIM_UNKNOWN;
    out->rank = 0;
    for (int i = 0; i < shape->rank; i++)
        if (i != attrs->perm[0] && i != attrs->perm[1]) out->dim[out->rank++] = shape->dim[i];
    attrs->number[0] = up;
    attrs->number[1] = along;
    attrs->number[2] = open ? DIM_UNKNOWN : least > 0 ? least : 0;
    if (attrs->row->function == 0) out->dim[out->rank++] = attrs->number[2];
    call->output_dtypes[0] = ops_result(call->graph, call->inputs[0]->dtype, attrs->row->rule);
    return true;
}

/* The two axes as one, the last: the diagonal is every (columns + 1)st of its elements. */
static Op *diagonal(const OpsLower *o, Op *x) {
    int perm[SHAPE_MAX_RANK], rank = 0;
    const int a = o->attrs->perm[0], b = o->attrs->perm[1];
    for (int i = 0; i < x->shape.rank; i++)
        if (i != a && i != b) perm[rank++] = i;
    const int64_t columns = x->shape.dim[b], all = x->shape.dim[a] * columns, count = o->attrs->number[2];
    perm[rank] = a;
    perm[rank + 1] = b;
    x = ir_transpose(o->l, o->node, x, perm);
    Shape shape = x->shape;
    shape.rank--;
    shape.dim[rank] = all;
    x = ir_reshape(o->l, o->node, x, &shape);
    int64_t begin[SHAPE_MAX_RANK] = {0}, step[SHAPE_MAX_RANK];
    for (int i = 0; i < shape.rank; i++) step[i] = 1;
    begin[rank] = count > 0 ? o->attrs->number[0] * columns + o->attrs->number[1] : 0;
    step[rank] = count > 1 ? columns + 1 : 1;
    shape.dim[rank] = count;
    return ir_slice(o->l, o->node, x, begin, shape.dim, step);
}

bool ops_diagonal_lower(const OpsLower *o) {
    Op *x = o->inputs[0];
    if (o->attrs->number[2] == DIM_UNKNOWN)
        return lower_unsupported(o->l, o->node, "a diagonal of the batch");
    x = diagonal(o, x);
    if (o->attrs->row->function == 1) {
        x = ir_cast(o->l, o->node, x, o->node->outputs[0]->dtype);
        x = ir_reduce(o->l, o->node, x, REDUCE_SUM, 1u << (x->shape.rank - 1), false);
    }
    o->outputs[0] = x;
    return true;
}

/* ---- depth_to_space, space_to_depth: (x, block_size, data_format) ---- */

bool ops_blocks_infer(LayerCall *call, OpsAttrs *attrs) {
    Shape *shape = &call->output_shapes[0];
    const char *format = value_c_str(attrs->value[2]);
    int64_t block, area;
    const bool first = format && (strcmp(format, "channels_first") == 0 || strcmp(format, "NCHW") == 0);
    *shape = call->inputs[0]->shape;
    if (!ops_int(call, 1, &block)) return false;
    if (!first && (!format || (strcmp(format, "channels_last") != 0 && strcmp(format, "NHWC") != 0)))
        return ops_invalid(call, 2, "`data_format` must be 'channels_last' or 'channels_first'. Received: %s",
                           value_text(call->graph->arena, attrs->value[2]));
    if (block < 2 || !checked_mul(block, block, &area))
        return ops_invalid(call, 1, "`block_size` must be at least 2. Received: block_size=%lld",
                           (long long)block);
    if (shape->rank != 4)
        return ops_mismatch(call, "%s() expects a tensor of rank 4. Received shape %s", attrs->row->name,
                            shape_text(call->graph->arena, shape));
    attrs->axis = first ? 1 : 3;
    attrs->number[0] = block;
    int64_t *channels = &shape->dim[attrs->axis];
    const bool apart = attrs->row->function == 0;
    for (int i = 1; i < 4; i++) {
        const int64_t unit = i != attrs->axis ? (apart ? 1 : block) : apart ? area : 1;
        if (shape->dim[i] == DIM_UNKNOWN || shape->dim[i] % unit == 0) continue;
        return ops_mismatch(call, "%lld elements along axis %d of shape %s are not a multiple of %lld",
                            (long long)shape->dim[i], i,
                            shape_text(call->graph->arena, &call->inputs[0]->shape), (long long)unit);
    }
    for (int i = 1; i < 4; i++)
        if (i != attrs->axis && shape->dim[i] != DIM_UNKNOWN &&
            !checked_mul(apart ? shape->dim[i] : shape->dim[i] / block, apart ? block : 1, &shape->dim[i]))
            return ops_mismatch(call, "the result of %s() is too large", attrs->row->name);
    if (*channels != DIM_UNKNOWN &&
        !checked_mul(apart ? *channels / area : *channels, apart ? 1 : area, channels))
        return ops_mismatch(call, "the result of %s() is too large", attrs->row->name);
    return true;
}

bool ops_blocks_lower(const OpsLower *o) {
    const int64_t block = o->attrs->number[0];
    const bool first = o->attrs->axis == 1, apart = o->attrs->row->function == 0;
    const int h = first ? 2 : 1, w = first ? 3 : 2, c = o->attrs->axis;
    const Shape *from = &o->inputs[0]->shape;
    const int64_t rows = apart ? from->dim[h] : from->dim[h] / block;
    const int64_t columns = apart ? from->dim[w] : from->dim[w] / block;
    const int64_t depth = apart ? from->dim[c] / (block * block) : from->dim[c];
    /* The six axes of both ways: batch, rows, columns, and in each cell rows, columns and channels. */
    static const int TO_SPACE[2][6] = {{0, 1, 3, 2, 4, 5}, {0, 3, 4, 1, 5, 2}},
                     TO_DEPTH[2][6] = {{0, 1, 3, 2, 4, 5}, {0, 3, 5, 1, 2, 4}};
    Shape parts = {6, {from->dim[0]}};
    const int64_t last[2][5] = {{rows, columns, block, block, depth}, {rows, block, columns, block, depth}};
    const int64_t front[2][5] = {{block, block, depth, rows, columns}, {depth, rows, block, columns, block}};
    memcpy(parts.dim + 1, first ? front[!apart] : last[!apart], sizeof last[0]);
    Op *x = ir_reshape(o->l, o->node, o->inputs[0], &parts);
    x = ir_transpose(o->l, o->node, x, apart ? TO_SPACE[first] : TO_DEPTH[first]);
    Shape whole = {4, {from->dim[0]}};
    whole.dim[h] = apart ? rows * block : rows;
    whole.dim[w] = apart ? columns * block : columns;
    whole.dim[c] = apart ? depth : depth * block * block;
    o->outputs[0] = ir_reshape(o->l, o->node, x, &whole);
    return true;
}

/* ---- cross(x1, x2) of vectors with three parts ---- */

bool ops_cross_infer(LayerCall *call, OpsAttrs *attrs) {
    Shape a, b;
    int axis[2], out;
    if (!ops_operand(call, 0, &a) || !ops_operand(call, 1, &b)) return false;
    const bool common = !value_is_none(attrs->value[5]);
    if (!ops_axis(call, common ? 5 : 2, a.rank, &axis[0]) ||
        !ops_axis(call, common ? 5 : 3, b.rank, &axis[1]))
        return false;
    if (!operation_broadcast(call, &a, &b, &call->output_shapes[0])) return false;
    const int rank = call->output_shapes[0].rank;
    if (!ops_axis(call, common ? 5 : 4, rank, &out)) return false;
    if (axis[0] != a.rank - 1 || axis[1] != b.rank - 1 || out != rank - 1 || a.dim[a.rank - 1] != 3 ||
        b.dim[b.rank - 1] != 3)
        return ops_mismatch(
            call,
            "cross() is supported for vectors of three parts along the last axis only. Received: "
            "x1.shape=%s, x2.shape=%s",
            shape_text(call->graph->arena, &a), shape_text(call->graph->arena, &b));
    call->output_dtypes[0] = attrs->dtype = ops_promote(call, 0, 1);
    return true;
}

bool ops_cross_lower(const OpsLower *o) {
    Op *x[2], *part[2][3], *sums[3];
    for (int side = 0; side < 2; side++) {
        x[side] = ops_lower_operand(o, side, o->attrs->dtype);
        for (int i = 0; i < 3; i++)
            part[side][i] = ir_slice_axis(o->l, o->node, x[side], x[side]->shape.rank - 1, i, 1);
    }
    for (int i = 0; i < 3; i++) {
        const int j = (i + 1) % 3, k = (i + 2) % 3;
        sums[i] = ops_bin(o, BIN_SUB, ops_bin(o, BIN_MUL, part[0][j], part[1][k]),
                          ops_bin(o, BIN_MUL, part[0][k], part[1][j]));
    }
    if (o->l->ir->broken) return false;
    o->outputs[0] = ir_concat(o->l, o->node, sums, 3, sums[0]->shape.rank - 1);
    return true;
}

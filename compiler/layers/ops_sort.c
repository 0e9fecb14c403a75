/* keras.ops functions that need an order: sort, argsort, top_k, median; and take_along_axis.
 *
 * An element's place is the number of those that come before it, so that sorting is comparing each with each,
 * and what stands at a place is a sum with one term. That is fast for axes of tens to hundreds; longer ones
 * are refused.
 */
#include "layers/ops.h"
#include "layers/ops_kinds.h"

enum { SORT, ARGSORT };
enum { MOST_SORTED = 1024, MOST_CHOSEN = 1 << 22 };

/* ---- shapes ---- */

/* The op with the axis last; the same permutation, of two axes, leads back. */
static Op *swap_last(const OpsLower *o, Op *x, int axis) {
    int perm[SHAPE_MAX_RANK];
    const int last = x->shape.rank - 1;
    for (int i = 0; i <= last; i++) perm[i] = i;
    perm[axis] = last;
    perm[last] = axis;
    return axis == last ? x : ir_transpose(o->l, o->node, x, perm);
}

/* An axis of 1 behind the last axis, or before it. */
static Op *with_one(const OpsLower *o, Op *x, bool behind) {
    Shape shape = x->shape;
    const int last = shape.rank++;
    shape.dim[last] = behind ? 1 : x->shape.dim[last - 1];
    if (!behind) shape.dim[last - 1] = 1;
    return ir_reshape(o->l, o->node, x, &shape);
}

static Op *count_up(const OpsLower *o, int64_t n, DType dtype) {
    int32_t *data = ARENA_ARRAY(o->l->ir->arena, int32_t, (size_t)n + 1);
    for (int64_t i = 0; i < n; i++) data[i] = (int32_t)i;
    Op *op = ir_constant(o->l, o->node, o->node->layer->name, &(Shape){1, {n}}, DTYPE_INT32, data);
    return ir_cast(o->l, o->node, op, dtype);
}

static Op *sum_axis(const OpsLower *o, Op *x, int axis) {
    return ir_reduce(o->l, o->node, x, REDUCE_SUM, 1u << axis, false);
}

/* The type in which values are moved by sums: exact for what it stands for. */
bool ops_sort_type(const OpsLower *o, DType given, DType *out) {
    *out = given == DTYPE_FLOAT64 || dtype_is_integer(given) ? DTYPE_FLOAT64 : DTYPE_FLOAT32;
    if (given != DTYPE_INT64 && given != DTYPE_UINT64) return true;
    return lower_unsupported(o->l, o->node, "%s() of %s", o->attrs->row->name, dtype_name(given));
}

/* ---- order ---- */

/* How many come before each element of the last axis, as floats; of equals, the first comes first. */
static Op *places(const OpsLower *o, Op *x, bool descending) {
    const int64_t n = x->shape.dim[x->shape.rank - 1];
    const Shape square = {2, {n, n}};
    uint8_t *earlier = ARENA_ARRAY(o->l->ir->arena, uint8_t, (size_t)(n * n) + 1);
    for (int64_t i = 0; i < n * n; i++) earlier[i] = i % n < i / n;
    Op *tie = ir_constant(o->l, o->node, o->node->layer->name, &square, DTYPE_BOOL, earlier);
    Op *own = with_one(o, x, true), *other = with_one(o, x, false);
    Op *before = ops_bin(o, descending ? BIN_GT : BIN_LT, other, own);
    Op *same = ops_bin(o, BIN_AND, ops_bin(o, BIN_EQ, other, own), tie);
    before = ir_cast(o->l, o->node, ops_bin(o, BIN_OR, before, same), DTYPE_FLOAT32);
    return sum_axis(o, before, before->shape.rank - 1);
}

typedef struct Sorted {
    Op *values, *indices; /* of the first `count` places, in the last axis */
} Sorted;

static bool sort_last(const OpsLower *o, Op *x, bool descending, int64_t count, Sorted *out) {
    const int last = x->shape.rank - 1;
    const int64_t n = x->shape.dim[last];
    if (n < 1 || n > MOST_SORTED || x->shape.rank == SHAPE_MAX_RANK)
        return lower_unsupported(o->l, o->node, "%s() of an axis of %lld elements", o->attrs->row->name,
                                 (long long)n);
    Op *place = with_one(o, places(o, x, descending), true);
    Op *here = ops_bin(o, BIN_EQ, place, count_up(o, count, DTYPE_FLOAT32));
    Op *number = with_one(o, count_up(o, n, DTYPE_FLOAT32), true);
    Op *index = ir_select(o->l, o->node, here, number, ops_scalar(o, DTYPE_FLOAT32, 0));
    Op *value = ir_select(o->l, o->node, here, with_one(o, x, true), ops_scalar(o, x->dtype, 0));
    out->indices = ir_cast(o->l, o->node, sum_axis(o, index, last), DTYPE_INT32);
    out->values = sum_axis(o, value, last);
    return !o->l->ir->broken;
}

Op *ops_sorted(const OpsLower *o, Op *x) {
    Sorted sorted;
    return sort_last(o, x, false, x->shape.dim[x->shape.rank - 1], &sorted) ? sorted.values : NULL;
}

bool ops_sort_infer(LayerCall *call, OpsAttrs *attrs) {
    const Shape *shape = &call->inputs[0]->shape;
    int64_t count;
    attrs->axis = -1;
    if (attrs->row->function == ARGSORT) call->output_dtypes[0] = DTYPE_INT32;
    if (!value_is_none(attrs->value[1])) return ops_axis(call, 1, shape->rank, &attrs->axis);
    if (!shape_count(shape, 0, &count)) count = DIM_UNKNOWN;
    call->output_shapes[0] = (Shape){1, {count}};
    return true;
}

bool ops_sort_lower(const OpsLower *o) {
    Op *x = o->inputs[0];
    int axis = o->attrs->axis;
    DType dtype;
    Sorted sorted;
    if (axis < 0) {
        if (!shape_is_static(&x->shape, 0))
            return lower_unsupported(o->l, o->node, "it sorts the whole batch");
        x = ops_shaped(o, x, 0);
        axis = 0;
    }
    if (axis == 0 && !shape_is_static(&x->shape, 0))
        return lower_unsupported(o->l, o->node, "it sorts the batch");
    if (!ops_sort_type(o, x->dtype, &dtype)) return false;
    x = swap_last(o, ir_cast(o->l, o->node, x, dtype), axis);
    if (!sort_last(o, x, false, x->shape.dim[x->shape.rank - 1], &sorted)) return false;
    Op *y = o->attrs->row->function == ARGSORT ? sorted.indices : sorted.values;
    o->outputs[0] = swap_last(o, ir_cast(o->l, o->node, y, o->node->outputs[0]->dtype), axis);
    return true;
}

/* ---- top_k ---- */

bool ops_top_k_infer(LayerCall *call, OpsAttrs *attrs) {
    const Shape *shape = &call->inputs[0]->shape;
    int64_t *k = &attrs->number[0];
    if (!ops_int(call, 1, k)) return false;
    if (shape->rank < 1) return ops_mismatch(call, "top_k() needs a tensor with at least one axis");
    const int64_t length = shape->dim[shape->rank - 1];
    if (*k < 0 || (length != DIM_UNKNOWN && *k > length))
        return ops_invalid(call, 1, "input must have at least k columns. Had %lld, needed %lld",
                           (long long)length, (long long)*k);
    call->n_outputs = 2;
    for (int i = 0; i < 2; i++) {
        call->output_shapes[i] = *shape;
        call->output_shapes[i].dim[shape->rank - 1] = *k;
    }
    call->output_dtypes[1] = DTYPE_INT32;
    return true;
}

bool ops_top_k_lower(const OpsLower *o) {
    Op *x = o->inputs[0];
    DType dtype;
    Sorted sorted;
    if (!ops_sort_type(o, x->dtype, &dtype)) return false;
    if (!sort_last(o, ir_cast(o->l, o->node, x, dtype), true, o->attrs->number[0], &sorted)) return false;
    o->outputs[0] = ir_cast(o->l, o->node, sorted.values, x->dtype);
    o->outputs[1] = sorted.indices;
    return true;
}

/* ---- median ---- */

bool ops_median_infer(LayerCall *call, OpsAttrs *attrs) {
    const DType given = call->inputs[0]->dtype;
    if (!ops_axes(call, 1, call->inputs[0]->shape.rank, &attrs->axes)) return false;
    attrs->keep = ops_truth(attrs, 2);
    call->output_shapes[0] = ops_reduced(&call->inputs[0]->shape, attrs->axes, attrs->keep);
    call->output_dtypes[0] = ops_float(call->graph, given);
    return true;
}

bool ops_median_lower(const OpsLower *o) {
    Op *x = ir_cast(o->l, o->node, o->inputs[0], o->node->outputs[0]->dtype);
    const uint32_t axes = o->attrs->axes;
    int axis = 0;
    DType dtype;
    Sorted sorted;
    while (axis < x->shape.rank && !(axes >> axis & 1)) axis++;
    if (axes != 1u << axis || x->shape.dim[axis] == DIM_UNKNOWN)
        return lower_unsupported(o->l, o->node, "the median over several axes, or the batch");
    if (!ops_sort_type(o, x->dtype, &dtype)) return false;
    x = swap_last(o, ir_cast(o->l, o->node, x, dtype), axis);
    const int last = x->shape.rank - 1;
    const int64_t n = x->shape.dim[last];
    if (!sort_last(o, x, false, n, &sorted)) return false;
    Op *low = ir_slice_axis(o->l, o->node, sorted.values, last, (n - 1) / 2, 1);
    Op *high = ir_slice_axis(o->l, o->node, sorted.values, last, n / 2, 1);
    Op *y = ops_bin(o, BIN_MUL, ops_bin(o, BIN_ADD, low, high), ops_scalar(o, dtype, 0.5));
    y = ir_cast(o->l, o->node, swap_last(o, n % 2 ? low : y, axis), o->node->outputs[0]->dtype);
    o->outputs[0] = ops_shaped(o, y, 0);
    return true;
}

/* ---- take_along_axis ---- */

bool ops_take_along_infer(LayerCall *call, OpsAttrs *attrs) {
    const Shape *x = &call->inputs[0]->shape;
    if (attrs->value[0].kind != VALUE_TENSOR || attrs->value[1].kind != VALUE_TENSOR)
        return ops_invalid(call, attrs->value[0].kind == VALUE_TENSOR,
                           "take_along_axis() expects two tensors");
    const Shape *indices = &call->inputs[1]->shape;
    if (value_is_none(attrs->value[2]))
        return ops_invalid(
            call, 2, "take_along_axis() with axis=None takes from the whole batch, which is not supported");
    if (!ops_axis(call, 2, x->rank, &attrs->axis)) return false;
    bool fits = x->rank == indices->rank;
    Shape *out = &call->output_shapes[0];
    for (int i = 0; fits && i < x->rank; i++) {
        const int64_t a = x->dim[i], b = indices->dim[i];
        fits = i == attrs->axis || a == b || a == 1 || b == 1 || a == DIM_UNKNOWN || b == DIM_UNKNOWN;
        out->dim[i] = i == attrs->axis || a == 1 ? b : a;
    }
    if (!fits)
        return ops_mismatch(call, "the shapes of take_along_axis() do not fit: %s and indices %s",
                            shape_text(call->graph->arena, x), shape_text(call->graph->arena, indices));
    if (!dtype_is_integer(call->inputs[1]->dtype) || call->inputs[1]->dtype == DTYPE_BOOL)
        return ops_invalid(call, 1, "the indices of take_along_axis() are integers, not %s",
                           dtype_name(call->inputs[1]->dtype));
    return true;
}

bool ops_take_along_lower(const OpsLower *o) {
    const int axis = o->attrs->axis, rank = o->inputs[0]->shape.rank;
    const int64_t n = o->inputs[0]->shape.dim[axis], m = o->inputs[1]->shape.dim[axis];
    DType dtype;
    if (!ops_sort_type(o, o->inputs[0]->dtype, &dtype)) return false;
    if (n < 1 || m < 1 || n > MOST_CHOSEN / m || rank == SHAPE_MAX_RANK)
        return lower_unsupported(o->l, o->node, "%lld of %lld elements for each", (long long)m, (long long)n);
    Op *ids = ir_cast(o->l, o->node, o->inputs[1], DTYPE_INT32);
    Op *behind = ops_bin(o, BIN_ADD, ids, ops_scalar(o, DTYPE_INT32, (double)n));
    ids = ir_select(o->l, o->node, ops_bin(o, BIN_LT, ids, ops_scalar(o, DTYPE_INT32, 0)), behind, ids);
    ids = ir_gather(o->l, o->node, count_up(o, n, DTYPE_INT32), ids); /* itself, or an error out of range */
    Op *x = with_one(o, swap_last(o, ir_cast(o->l, o->node, o->inputs[0], dtype), axis), false);
    Op *here = ops_bin(o, BIN_EQ, with_one(o, swap_last(o, ids, axis), true), count_up(o, n, DTYPE_INT32));
    Op *y = sum_axis(o, ir_select(o->l, o->node, here, x, ops_scalar(o, dtype, 0)), rank);
    o->outputs[0] = swap_last(o, ir_cast(o->l, o->node, y, o->inputs[0]->dtype), axis);
    return true;
}

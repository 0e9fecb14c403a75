/* keras.ops functions that sum products: einsum, dot, inner, tensordot, outer. All are labelled products. */
#include "layers/einsum.h"
#include "layers/ops.h"

/* ---- einsum ---- */

static const char *einsum_equation(const OpsAttrs *attrs) {
    const List *all = attrs->value[0].as.list;
    return all->items.count > 0 ? value_c_str(all->items.at[0]) : NULL;
}

static const char *read_einsum(Arena *arena, const OpsAttrs *attrs, const Shape *const *shapes, size_t count,
                               Einsum *out) {
    int ranks[EINSUM_MAX_OPERANDS] = {0};
    for (size_t i = 0; i < count && i < EINSUM_MAX_OPERANDS; i++) ranks[i] = shapes[i]->rank;
    return einsum_parse(arena, einsum_equation(attrs), ranks, count, out);
}

static DType promote_inputs(const LayerCall *call) {
    DType dtype = call->inputs[0]->dtype;
    for (size_t i = 1; i < call->n_inputs; i++) dtype = dtype_promote(dtype, call->inputs[i]->dtype);
    return dtype;
}

bool ops_einsum_infer(LayerCall *call, OpsAttrs *attrs) {
    Arena *arena = call->graph->arena;
    const Shape **shapes = ARENA_ARRAY(arena, const Shape *, call->n_inputs);
    const List *all = attrs->value[0].as.list;
    Einsum einsum;
    if (!einsum_equation(attrs))
        return ops_invalid(call, 0, "einsum() expects the equation as its first argument, a string");
    if (all->items.count != call->n_inputs + 1)
        return ops_invalid(call, 0, "einsum() expects tensors behind the equation");
    for (size_t i = 0; i < call->n_inputs; i++) shapes[i] = &call->inputs[i]->shape;
    const char *wrong = read_einsum(arena, attrs, shapes, call->n_inputs, &einsum);
    if (!wrong) wrong = einsum_shape(arena, &einsum, shapes, &call->output_shapes[0]);
    if (wrong) return ops_mismatch(call, "%s", wrong);
    call->output_dtypes[0] = attrs->dtype = promote_inputs(call);
    return true;
}

static bool lower_product(const OpsLower *o, const Einsum *einsum) {
    const DType dtype = o->node->outputs[0]->dtype;
    Op **operands = ARENA_ARRAY(o->l->ir->arena, Op *, einsum->n_operands);
    if (!dtype_is_float(dtype))
        return lower_unsupported(o->l, o->node, "a product of tensors in %s", dtype_name(dtype));
    for (size_t i = 0; i < einsum->n_operands; i++) operands[i] = ir_cast(o->l, o->node, o->inputs[i], dtype);
    o->outputs[0] = einsum_lower(o->l, o->node, einsum, operands);
    return o->outputs[0] != NULL;
}

bool ops_einsum_lower(const OpsLower *o) {
    Einsum einsum;
    const Shape **shapes = ARENA_ARRAY(o->l->ir->arena, const Shape *, o->node->n_inputs);
    for (size_t i = 0; i < o->node->n_inputs; i++) shapes[i] = &o->inputs[i]->shape;
    return !read_einsum(o->l->ir->arena, o->attrs, shapes, o->node->n_inputs, &einsum) &&
           lower_product(o, &einsum);
}

/* ---- products of two tensors over pairs of axes ---- */

/* number[0] pairs of axes: number[1 + 2i] of the left tensor, number[2 + 2i] of the right. */
static Einsum contraction(const OpsAttrs *attrs, const Shape *a, const Shape *b) {
    Einsum einsum = {.n_operands = 2, .operand = {{.rank = a->rank}, {.rank = b->rank}}};
    bool summed[2][SHAPE_MAX_RANK] = {{false}};
    for (int i = 0; i < a->rank; i++) einsum.operand[0].label[i] = (uint8_t)i;
    for (int i = 0; i < b->rank; i++) einsum.operand[1].label[i] = (uint8_t)(SHAPE_MAX_RANK + i);
    for (int64_t i = 0; i < attrs->number[0]; i++) {
        const int64_t left = attrs->number[1 + 2 * i], right = attrs->number[2 + 2 * i];
        summed[0][left] = summed[1][right] = true;
        einsum.operand[1].label[right] = (uint8_t)left;
    }
    for (int side = 0; side < 2; side++)
        for (int i = 0; i < einsum.operand[side].rank; i++)
            if (!summed[side][i] && einsum.out.rank < SHAPE_MAX_RANK)
                einsum.out.label[einsum.out.rank++] = einsum.operand[side].label[i];
    return einsum;
}

static bool expect_pair(LayerCall *call, Shape *a, Shape *b) {
    if (!ops_operand(call, 0, a) || !ops_operand(call, 1, b)) return false;
    if (call->n_inputs == 2) return true;
    return ops_invalid(call, 1, "%s() expects two tensors", ops_attrs(call)->row->name);
}

static bool finish(LayerCall *call, OpsAttrs *attrs, const Shape *a, const Shape *b) {
    const Einsum einsum = contraction(attrs, a, b);
    const Shape *shapes[] = {a, b};
    for (int64_t i = 0; i < attrs->number[0]; i++) {
        const int64_t left = a->dim[attrs->number[1 + 2 * i]], right = b->dim[attrs->number[2 + 2 * i]];
        if (left == right || left == DIM_UNKNOWN || right == DIM_UNKNOWN) continue;
        return ops_mismatch(
            call,
            "Shapes of %s() do not fit: %lld and %lld elements are summed together. Received: "
            "x1.shape=%s, x2.shape=%s",
            attrs->row->name, (long long)left, (long long)right, shape_text(call->graph->arena, a),
            shape_text(call->graph->arena, b));
    }
    if (a->rank + b->rank - 2 * (int)attrs->number[0] > SHAPE_MAX_RANK)
        return ops_mismatch(call, "the result of %s() has too many axes", attrs->row->name);
    call->output_dtypes[0] = attrs->dtype = promote_inputs(call);
    return !einsum_shape(call->graph->arena, &einsum, shapes, &call->output_shapes[0]);
}

bool ops_contract_lower(const OpsLower *o) {
    const Shape *a = &o->inputs[0]->shape, *b = &o->inputs[1]->shape;
    const DType dtype = o->node->outputs[0]->dtype;
    if (o->attrs->axis == 1) { /* an outer product of all elements, or a scalar */
        Op *x = ir_cast(o->l, o->node, o->inputs[0], dtype), *y = ir_cast(o->l, o->node, o->inputs[1], dtype);
        return o->outputs[0] = ops_bin(o, BIN_MUL, x, y), true;
    }
    const Einsum einsum = contraction(o->attrs, a, b);
    return lower_product(o, &einsum);
}

static bool one_pair(LayerCall *call, OpsAttrs *attrs, bool inner) {
    Shape a, b;
    if (!expect_pair(call, &a, &b)) return false;
    attrs->number[0] = 1;
    attrs->number[1] = a.rank - 1;
    attrs->number[2] = inner || b.rank < 2 ? b.rank - 1 : b.rank - 2;
    if (a.rank > 0 && b.rank > 0) return finish(call, attrs, &a, &b);
    attrs->axis = 1;
    call->output_dtypes[0] = attrs->dtype = promote_inputs(call);
    return operation_broadcast(call, &a, &b, &call->output_shapes[0]);
}

bool ops_dot_infer(LayerCall *call, OpsAttrs *attrs) {
    return one_pair(call, attrs, false);
}

bool ops_inner_infer(LayerCall *call, OpsAttrs *attrs) {
    return one_pair(call, attrs, true);
}

static bool read_pairs(LayerCall *call, OpsAttrs *attrs, const Shape *a, const Shape *b) {
    const Value value = attrs->value[2];
    const bool list = value.kind == VALUE_LIST || value.kind == VALUE_TUPLE;
    if (!list || value.as.list->items.count != 2)
        return ops_invalid(call, 2, "`axes` of tensordot() is an int or a pair of axes, not %s",
                           value_repr(call->graph->arena, value));
    const Value *sides = value.as.list->items.at;
    const bool many = sides[0].kind == VALUE_LIST || sides[0].kind == VALUE_TUPLE;
    const bool same = many == (sides[1].kind == VALUE_LIST || sides[1].kind == VALUE_TUPLE);
    if (!same || (many && sides[0].as.list->items.count != sides[1].as.list->items.count))
        return ops_invalid(call, 2, "`axes` of tensordot() names another number of axes for each tensor");
    attrs->number[0] = many ? (int64_t)sides[0].as.list->items.count : 1;
    if (attrs->number[0] >= SHAPE_MAX_RANK) return ops_invalid(call, 2, "too many axes");
    for (int64_t i = 0; i < attrs->number[0]; i++) {
        int left, right;
        if (!ops_axis_value(call, 2, many ? sides[0].as.list->items.at[i] : sides[0], a->rank, &left) ||
            !ops_axis_value(call, 2, many ? sides[1].as.list->items.at[i] : sides[1], b->rank, &right))
            return false;
        attrs->number[1 + 2 * i] = left;
        attrs->number[2 + 2 * i] = right;
    }
    return true;
}

bool ops_tensordot_infer(LayerCall *call, OpsAttrs *attrs) {
    Shape a, b;
    int64_t count;
    if (!expect_pair(call, &a, &b)) return false;
    if (!value_as_int(attrs->value[2], &count))
        return read_pairs(call, attrs, &a, &b) && finish(call, attrs, &a, &b);
    if (count < 0) count = 0;
    if (count > a.rank || count > b.rank || count >= SHAPE_MAX_RANK)
        return ops_invalid(call, 2, "tensordot() over %lld axes of shapes %s and %s", (long long)count,
                           shape_text(call->graph->arena, &a), shape_text(call->graph->arena, &b));
    attrs->number[0] = count;
    for (int64_t i = 0; i < count; i++) {
        attrs->number[1 + 2 * i] = a.rank - count + i;
        attrs->number[2 + 2 * i] = i;
    }
    return finish(call, attrs, &a, &b);
}

bool ops_outer_infer(LayerCall *call, OpsAttrs *attrs) {
    Shape a, b;
    int64_t left, right;
    if (!expect_pair(call, &a, &b)) return false;
    if (!shape_count(&a, 0, &left)) left = DIM_UNKNOWN;
    if (!shape_count(&b, 0, &right)) right = DIM_UNKNOWN;
    call->output_shapes[0] = (Shape){2, {left, right}};
    call->output_dtypes[0] = attrs->dtype = promote_inputs(call);
    return true;
}

bool ops_outer_lower(const OpsLower *o) {
    const Shape *shape = &o->node->outputs[0]->shape;
    const DType dtype = o->node->outputs[0]->dtype;
    if (!shape_is_static(shape, 0)) return lower_unsupported(o->l, o->node, "outer() of the batch");
    Op *x = ir_reshape(o->l, o->node, ir_cast(o->l, o->node, o->inputs[0], dtype),
                       &(Shape){2, {shape->dim[0], 1}});
    Op *y =
        ir_reshape(o->l, o->node, ir_cast(o->l, o->node, o->inputs[1], dtype), &(Shape){1, {shape->dim[1]}});
    return o->outputs[0] = ops_bin(o, BIN_MUL, x, y), true;
}

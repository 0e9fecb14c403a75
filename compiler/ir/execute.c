/* The reference executor: walks the ops in order and computes each with the plain loops of runtime/reference.
 * Integers are exact (execute_integer.c), float16 and bfloat16 are rounded after each op; float32 and float64
 * stay double throughout. */
#include "ir/execute.h"

#include <math.h>

#include "ir/execute_op.h"
#include "reference.h"

_Static_assert((int)UNARY_FUNCTION_COUNT == (int)LMRT_FUNCTION_COUNT &&
                   (int)UNARY_LOGICAL_NOT == (int)LMRT_LOGICAL_NOT && (int)UNARY_GELU == (int)LMRT_GELU,
               "unary.def and the runtime's functions are in one order");
_Static_assert((int)BINARY_FUNCTION_COUNT == (int)LMRT_BINARY_COUNT && (int)BIN_XOR == (int)LMRT_XOR &&
                   (int)REDUCE_PROD == (int)LMRT_REDUCE_PROD && (int)ROW_SPARSEMAX == (int)LMRT_ROW_SPARSEMAX,
               "binary, reduce and row functions are in one order");

static size_t last_extent(const Values *v) {
    return v->rank ? v->extent[v->rank - 1] : 1;
}

/* ---- ops with weights ---- */

static void step_dense(Step *s) {
    const size_t k = s->inputs[1].extent[0], n = s->inputs[1].extent[1];
    lmref_dense(n ? s->result.count / n : 0, k, n, s->inputs[0].data, s->inputs[1].data, step_bias(s), s->y);
}

static void step_affine(Step *s) {
    const size_t channels = last_extent(&s->result);
    for (size_t i = 0; i < s->result.count; i++)
        s->y[i] = s->inputs[0].data[i] * s->inputs[1].data[i % channels] + s->inputs[2].data[i % channels];
}

/* ---- elementwise ---- */

static void step_unary(Step *s) {
    const lmrt_function function = (lmrt_function)s->op->as.unary.function;
    for (size_t i = 0; i < s->result.count; i++)
        s->y[i] = lmref_unary(function, s->op->as.unary.parameter, s->inputs[0].data[i]);
}

static const double *broadcast_data(Step *s, size_t input, const double *data) {
    Values from = s->inputs[input];
    from.data = data;
    Step copy = {.arena = s->arena, .op = s->op, .inputs = &from, .result = s->result};
    copy.y = ARENA_ARRAY(s->arena, double, s->result.count);
    step_broadcast(&copy);
    return copy.y;
}

Values step_broadcast_input(Step *s, size_t input) {
    const Values *from = &s->inputs[input];
    Values out = s->result;
    out.data = broadcast_data(s, input, from->data);
    out.rest = from->rest ? broadcast_data(s, input, from->rest) : NULL;
    return out;
}

static const double *broadcast(Step *s, size_t input) {
    return step_broadcast_input(s, input).data;
}

static void step_binary(Step *s) {
    const double *a = broadcast(s, 0), *b = broadcast(s, 1);
    for (size_t i = 0; i < s->result.count; i++)
        s->y[i] = lmref_binary((lmrt_binary_function)s->op->as.binary, a[i], b[i]);
}

static void step_select(Step *s) {
    const double *condition = broadcast(s, 0), *a = broadcast(s, 1), *b = broadcast(s, 2);
    for (size_t i = 0; i < s->result.count; i++) s->y[i] = condition[i] != 0 ? a[i] : b[i];
}

static void step_cast(Step *s) {
    for (size_t i = 0; i < s->result.count; i++)
        s->y[i] = values_cast(s->op->dtype, s->op->inputs[0]->dtype, s->inputs[0].data[i]);
}

/* ---- along axes ---- */

void step_reduce(Step *s) {
    size_t n;
    const double *x = step_axes_last(s, &s->inputs[0], s->op->as.reduce.axes, &n);
    lmref_reduce((lmrt_reduce_function)s->op->as.reduce.function, s->result.count, n, 1, x, s->y);
}

/* [outer][n][inner] around one axis. */
static void around(const Values *x, int axis, size_t *outer, size_t *n, size_t *inner) {
    *outer = *inner = 1;
    *n = x->extent[axis];
    for (size_t i = 0; i < x->rank; i++) {
        if (i < (size_t)axis) *outer *= x->extent[i];
        if (i > (size_t)axis) *inner *= x->extent[i];
    }
}

static void step_arg(Step *s) {
    size_t outer, n, inner;
    around(&s->inputs[0], s->op->as.arg.axis, &outer, &n, &inner);
    lmref_arg(s->op->as.arg.smallest, outer, n, inner, s->inputs[0].data, s->y);
}

static void step_scan(Step *s) {
    size_t outer, n, inner;
    around(&s->inputs[0], s->op->as.scan.axis, &outer, &n, &inner);
    lmref_scan(s->op->as.scan.function == SCAN_PROD, outer, n, inner, s->inputs[0].data, s->y);
}

void step_row(Step *s) {
    size_t n;
    const Values *x = &s->inputs[0];
    const double *last = step_axes_last(s, x, s->op->as.row.axes, &n);
    double *y = ARENA_ARRAY(s->arena, double, x->count);
    lmref_row((lmrt_row_function)s->op->as.row.function, n ? x->count / n : 0, n, 1, last, y);
    step_axes_back(s, x, s->op->as.row.axes, y);
}

void step_normalize(Step *s) {
    size_t n;
    const Values *x = &s->inputs[0];
    const double *last = step_axes_last(s, x, s->op->as.normalize.axes, &n);
    double *y = ARENA_ARRAY(s->arena, double, x->count);
    lmref_normalize(n ? x->count / n : 0, n, 1, s->op->as.normalize.epsilon, last, y);
    step_axes_back(s, x, s->op->as.normalize.axes, y);
}

/* The number of the matrix of an input that belongs to the index-th matrix of the result. */
static size_t matrix_index(const Values *v, const Values *result, size_t index) {
    size_t at = 0, scale = 1;
    for (size_t i = result->rank - 2; i-- > 0;) {
        const size_t own = index % result->extent[i], added = result->rank - v->rank;
        index /= result->extent[i];
        if (i < added) continue;
        if (v->extent[i - added] != 1) at += own * scale;
        scale *= v->extent[i - added];
    }
    return at;
}

static void step_matmul(Step *s) {
    const Values *a = &s->inputs[0], *b = &s->inputs[1];
    const size_t m = a->extent[a->rank - 2], k = a->extent[a->rank - 1], n = last_extent(&s->result);
    const size_t size = m * n, matrices = size ? s->result.count / size : 0;
    for (size_t i = 0; i < matrices; i++)
        lmref_matmul(m, k, n, s->op->as.matmul.transpose_b, a->data + matrix_index(a, &s->result, i) * m * k,
                     b->data + matrix_index(b, &s->result, i) * k * n, s->y + i * size);
}

static StepFunction *const step_functions[OP_KIND_COUNT] = {
    [OP_DENSE] = step_dense,
    [OP_DENSIFY] = step_reshape, /* data comes dense to the reference */
    [OP_SPARSE_DENSE] = step_dense,
    [OP_CONV2D] = step_conv2d,
    [OP_CONV3D] = step_conv3d,
    [OP_CONV_TRANSPOSE] = step_conv_transpose,
    [OP_DEPTHWISE_CONV2D] = step_depthwise,
    [OP_RECURRENT] = step_recurrent,
    [OP_POOL2D] = step_pool2d,
    [OP_RESAMPLE] = step_resample,
    [OP_UNARY] = step_unary,
    [OP_BINARY] = step_binary,
    [OP_SELECT] = step_select,
    [OP_AFFINE] = step_affine,
    [OP_REDUCE] = step_reduce,
    [OP_ROW] = step_row,
    [OP_NORMALIZE] = step_normalize,
    [OP_CONCAT] = step_concat,
    [OP_SLICE] = step_slice,
    [OP_PAD] = step_pad,
    [OP_RESHAPE] = step_reshape,
    [OP_TRANSPOSE] = step_transpose,
    [OP_BROADCAST] = step_broadcast,
    [OP_REPEAT] = step_repeat,
    [OP_MATMUL] = step_matmul,
    [OP_GATHER] = step_gather,
    [OP_CATEGORY] = step_category,
    [OP_CAST] = step_cast,
    [OP_QUANTIZE] = step_quantize,
    [OP_DEQUANTIZE] = step_dequantize,
    [OP_TABLE] = step_table,
    [OP_EXTERNAL] = step_external,
    [OP_ARG] = step_arg,
    [OP_SCAN] = step_scan,
};

static void apply_epilogue(Step *s) {
    const Epilogue *e = &s->op->epilogue;
    const double *residual = e->residual ? s->inputs[s->op->n_inputs - 1].data : NULL;
    for (size_t i = 0; i < s->result.count; i++) {
        if (residual) s->y[i] += residual[i];
        s->y[i] = lmref_unary((lmrt_function)e->function, e->parameter, s->y[i]);
    }
}

/* Brings what was computed in double into the result's type: integers wrap around, the narrow floats are
 * rounded. */
static void narrow(Step *s) {
    const DType dtype = s->op->dtype;
    apply_epilogue(s);
    const bool half = dtype == DTYPE_FLOAT16 || dtype == DTYPE_BFLOAT16;
    const bool computed = dtype_is_integer(dtype) && s->op->kind != OP_CAST;
    for (size_t i = 0; i < s->result.count && (half || computed); i++)
        s->y[i] = half                   ? values_round(dtype, s->y[i])
                  : dtype_is_wide(dtype) ? trunc(s->y[i])
                                         : values_cast(dtype, DTYPE_INT64, trunc(s->y[i]));
}

/* Computes one op from its inputs; false with *error set. */
bool ir_execute_op(Arena *arena, const Op *op, size_t batch, const Values *inputs, Values *result,
                   const char **error) {
    Step s = {.arena = arena, .op = op, .inputs = inputs};
    if (!step_functions[op->kind] || !values_shape(&s.result, &op->shape, batch)) {
        *error = arena_printf(arena, "%s is too large", op->name ? op->name : op_kind_name(op->kind));
        return false;
    }
    s.result.data = s.y = ARENA_ARRAY(arena, double, s.result.count);
    if (dtype_is_wide(op->dtype)) s.result.rest = s.rest = ARENA_ARRAY(arena, double, s.result.count);
    if (op->rescale) {
        step_rescaled(&s);
    } else if (!step_integer(&s)) {
        step_functions[op->kind](&s);
        step_move_rests(&s, step_functions[op->kind]);
        narrow(&s);
    }
    if (s.error) {
        *error = arena_printf(arena, "%s: %s", op->name ? op->name : op_kind_name(op->kind), s.error);
        return false;
    }
    *result = s.result;
    return true;
}

ExactArray ir_exact_array(Arena *arena, DType dtype, size_t count, const void *data) {
    double *values = ARENA_ARRAY(arena, double, count), *rest = NULL;
    (void)values_load(dtype, count, data, values);
    if (dtype_is_wide(dtype)) {
        rest = ARENA_ARRAY(arena, double, count);
        const uint64_t *bits = data;
        for (size_t i = 0; i < count; i++) values[i] = values_from_bits(dtype, bits[i], &rest[i]);
    }
    return (ExactArray){values, rest};
}

void ir_exact_store(DType dtype, double data, double rest, size_t index, void *out) {
    if (dtype_is_wide(dtype))
        ((uint64_t *)out)[index] = values_bits(data, rest);
    else
        (void)values_store(dtype, 1, &data, (char *)out + index * dtype_size(dtype));
}

static bool constant_values(Arena *arena, const Op *op, Values *v) {
    if (!values_shape(v, &op->shape, 0)) return false;
    const ExactArray array = ir_exact_array(arena, op->dtype, v->count, op->as.constant.data);
    v->data = array.data;
    v->rest = array.rest;
    return op->dtype < DTYPE_COMPILABLE;
}

StepFunction *step_of(OpKind kind) {
    return step_functions[kind];
}

bool ir_execute_from(Arena *arena, const Ir *ir, size_t first, size_t batch, const ExactArray *inputs,
                     Values *values, const char **error) {
    for (size_t i = first; i < ir->ops.count; i++) {
        const Op *op = ir->ops.at[i];
        if (op->kind == OP_CONSTANT) {
            constant_values(arena, op, &values[i]);
            continue;
        }
        if (op->kind == OP_INPUT) {
            values_shape(&values[i], &op->shape, batch);
            values[i].data = inputs[op->as.input.index].data;
            values[i].rest = inputs[op->as.input.index].rest;
            continue;
        }
        if (op->kind == OP_STATE) { /* one run: the state is new */
            values_shape(&values[i], &op->shape, batch);
            values[i].data = ARENA_ARRAY(arena, double, values[i].count);
            continue;
        }
        Values *arguments = ARENA_ARRAY(arena, Values, op->n_inputs);
        for (size_t k = 0; k < op->n_inputs; k++) arguments[k] = values[op->inputs[k]->id];
        if (!ir_execute_op(arena, op, batch, arguments, &values[i], error)) return false;
    }
    return true;
}

bool ir_execute_values(Arena *arena, const Ir *ir, size_t batch, const ExactArray *inputs, Values *values,
                       const char **error) {
    return ir_execute_from(arena, ir, 0, batch, inputs, values, error);
}

bool ir_execute_exact(Arena *arena, const Ir *ir, size_t batch, const ExactArray *inputs, ExactArray *outputs,
                      const char **error) {
    Values *values = ARENA_ARRAY(arena, Values, ir->ops.count);
    if (!ir_execute_values(arena, ir, batch, inputs, values, error)) return false;
    for (size_t i = 0; i < ir->n_outputs; i++) {
        const Values *v = &values[ir->outputs[i]->id];
        outputs[i] = (ExactArray){v->data, v->rest};
    }
    return true;
}

bool ir_execute(Arena *arena, const Ir *ir, size_t batch, const double *const *inputs, double **outputs,
                const char **error) {
    ExactArray *in = ARENA_ARRAY(arena, ExactArray, ir->n_inputs);
    ExactArray *out = ARENA_ARRAY(arena, ExactArray, ir->n_outputs);
    for (size_t i = 0; i < ir->n_inputs; i++) in[i].data = inputs[i];
    if (!ir_execute_exact(arena, ir, batch, in, out, error)) return false;
    for (size_t i = 0; i < ir->n_outputs; i++) {
        Values v;
        values_shape(&v, &ir->outputs[i]->shape, batch);
        outputs[i] = ARENA_ARRAY(arena, double, v.count);
        for (size_t k = 0; k < v.count; k++) outputs[i][k] = out[i].data[k];
    }
    return true;
}

const void *ir_evaluate_constant(Arena *arena, const Op *op) {
    Arena *scratch = arena_new_child(arena);
    Values *inputs = ARENA_ARRAY(scratch, Values, op->n_inputs), result;
    const char *error = NULL;
    bool ok = step_functions[op->kind] && op->n_inputs > 0 && shape_is_static(&op->shape, 0);
    for (size_t i = 0; ok && i < op->n_inputs; i++)
        ok = op->inputs[i]->kind == OP_CONSTANT && constant_values(scratch, op->inputs[i], &inputs[i]);
    void *data = NULL;
    if (ok && ir_execute_op(scratch, op, 0, inputs, &result, &error)) {
        data = arena_alloc_array(arena, result.count, dtype_size(op->dtype));
        for (size_t i = 0; i < result.count; i++)
            ir_exact_store(op->dtype, result.data[i], result.rest ? result.rest[i] : 0, i, data);
    }
    arena_free(scratch);
    return data;
}

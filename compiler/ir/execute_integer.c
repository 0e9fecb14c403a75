/* Integers in the reference executor, exactly. Every value is a double; of a 64-bit integer that is none,
 * `rest` holds what is lacking: value = data + rest. Here are the operations that compute with integers, on
 * 64 bits of two's complement; operations that only move elements are run a second time on the rests.
 */
#include <math.h>

#include "ir/execute_op.h"

bool dtype_is_wide(DType dtype) {
    return dtype == DTYPE_INT64 || dtype == DTYPE_UINT64;
}

static bool is_unsigned(DType dtype) {
    return dtype == DTYPE_BOOL || dtype == DTYPE_UINT8 || dtype == DTYPE_UINT16 || dtype == DTYPE_UINT32 ||
           dtype == DTYPE_UINT64;
}

/* ---- between doubles and bits ---- */

uint64_t values_bits(double data, double rest) {
    const double two63 = 9223372036854775808.0;
    uint64_t bits;
    if (data >= two63)
        bits = data >= 2 * two63 ? 0 : (uint64_t)data;
    else
        bits = data >= -two63 ? (uint64_t)(int64_t)data : UINT64_C(1) << 63;
    return bits + (uint64_t)(int64_t)rest;
}

double values_from_bits(DType dtype, uint64_t bits, double *rest) {
    const double data = is_unsigned(dtype) ? (double)bits : (double)(int64_t)bits;
    *rest = (double)(int64_t)(bits - values_bits(data, 0));
    return data;
}

/* The value as the type keeps it: cut to its size, and extended to 64 bits again. */
static uint64_t fit(DType dtype, uint64_t bits) {
    if (dtype == DTYPE_BOOL) return bits != 0;
    const unsigned size = 8 * (unsigned)dtype_size(dtype);
    if (size == 64) return bits;
    const uint64_t low = bits & ((UINT64_C(1) << size) - 1), sign = UINT64_C(1) << (size - 1);
    return is_unsigned(dtype) || !(low & sign) ? low : low | ~((UINT64_C(1) << size) - 1);
}

static uint64_t load(const Values *v, size_t i) {
    return values_bits(v->data[i], v->rest ? v->rest[i] : 0);
}

static void store(Step *s, size_t i, uint64_t bits) {
    double rest;
    s->y[i] = values_from_bits(s->op->dtype, fit(s->op->dtype, bits), &rest);
    if (s->rest) s->rest[i] = rest;
}

/* ---- functions of one and two integers ---- */

static bool less(DType dtype, uint64_t a, uint64_t b) {
    return is_unsigned(dtype) ? a < b : (int64_t)a < (int64_t)b;
}

static uint64_t power(uint64_t base, uint64_t exponent) {
    uint64_t result = 1;
    for (; exponent > 0; exponent /= 2, base *= base)
        if (exponent % 2) result *= base;
    return result;
}

/* Rounded towards minus infinity; *remainder has the sign of b. b is not 0. */
static uint64_t divide(DType dtype, uint64_t a, uint64_t b, uint64_t *remainder) {
    if (is_unsigned(dtype)) return *remainder = a % b, a / b;
    const int64_t n = (int64_t)a, d = (int64_t)b;
    if (d == -1) return *remainder = 0, 0 - a;
    const bool down = n % d != 0 && (n < 0) != (d < 0);
    *remainder = (uint64_t)(n % d + (down ? d : 0));
    return (uint64_t)(n / d - down);
}

/* False for functions that are not of integers. */
static bool binary(Step *s, BinaryFunction f, DType dtype, uint64_t a, uint64_t b, uint64_t *out) {
    uint64_t remainder = 0;
    switch (f) {
    case BIN_ADD: *out = a + b; return true;
    case BIN_SUB: *out = a - b; return true;
    case BIN_MUL: *out = a * b; return true;
    case BIN_MAX: *out = less(dtype, a, b) ? b : a; return true;
    case BIN_MIN: *out = less(dtype, a, b) ? a : b; return true;
    case BIN_LT: *out = less(dtype, a, b); return true;
    case BIN_LE: *out = !less(dtype, b, a); return true;
    case BIN_GT: *out = less(dtype, b, a); return true;
    case BIN_GE: *out = !less(dtype, a, b); return true;
    case BIN_NE: *out = a != b; return true;
    case BIN_EQ: *out = a == b; return true;
    case BIN_FLOORDIV:
    case BIN_MOD:
        *out = 0;
        if (b == 0)
            s->error = "Integer division by zero";
        else
            *out =
                f == BIN_MOD ? (divide(dtype, a, b, &remainder), remainder) : divide(dtype, a, b, &remainder);
        return true;
    case BIN_POW:
        if (!is_unsigned(dtype) && (int64_t)b < 0)
            s->error = "Integers to negative integer powers are not allowed";
        *out = power(a, b);
        return true;
    default: return false;
    }
}

static bool step_integer_binary(Step *s) {
    const DType dtype = s->op->inputs[0]->dtype;
    const Values a = step_broadcast_input(s, 0), b = step_broadcast_input(s, 1);
    for (size_t i = 0; i < s->result.count; i++) {
        uint64_t bits;
        if (!binary(s, s->op->as.binary, dtype, load(&a, i), load(&b, i), &bits)) return false;
        store(s, i, bits);
    }
    return true;
}

static bool unary(UnaryFunction f, uint64_t x, uint64_t *out) {
    switch (f) {
    case UNARY_LINEAR: *out = x; return true;
    case UNARY_RELU: *out = (int64_t)x < 0 ? 0 : x; return true;
    case UNARY_NEGATE: *out = 0 - x; return true;
    case UNARY_ABS: *out = (int64_t)x < 0 ? 0 - x : x; return true;
    case UNARY_SQUARE: *out = x * x; return true;
    case UNARY_SIGN: *out = (int64_t)x < 0 ? UINT64_MAX : x != 0; return true;
    default: return false;
    }
}

static bool step_integer_unary(Step *s) {
    for (size_t i = 0; i < s->result.count; i++) {
        uint64_t bits;
        if (!unary(s->op->as.unary.function, load(&s->inputs[0], i), &bits)) return false;
        store(s, i, bits);
    }
    return true;
}

static bool step_integer_cast(Step *s) {
    if (dtype_is_float(s->op->inputs[0]->dtype)) return false;
    if (dtype_is_float(s->op->dtype)) {
        for (size_t i = 0; i < s->result.count; i++) s->y[i] = s->inputs[0].data[i];
        return s->op->dtype != DTYPE_FLOAT16 && s->op->dtype != DTYPE_BFLOAT16;
    }
    for (size_t i = 0; i < s->result.count; i++) store(s, i, load(&s->inputs[0], i));
    return true;
}

static bool reduce(ReduceFunction f, DType dtype, uint64_t *result, uint64_t x) {
    switch (f) {
    case REDUCE_SUM: *result += x; return true;
    case REDUCE_PROD: *result *= x; return true;
    case REDUCE_MAX: *result = less(dtype, *result, x) ? x : *result; return true;
    case REDUCE_MIN: *result = less(dtype, x, *result) ? x : *result; return true;
    default: return false;
    }
}

static bool step_integer_reduce(Step *s) {
    const ReduceFunction f = s->op->as.reduce.function;
    Values x = s->inputs[0];
    size_t n;
    const double *rest = x.rest;
    x.data = step_axes_last(s, &x, s->op->as.reduce.axes, &n);
    if (rest) {
        Values rests = s->inputs[0];
        rests.data = rest;
        x.rest = step_axes_last(s, &rests, s->op->as.reduce.axes, &n);
    }
    const bool ordered = f == REDUCE_MAX || f == REDUCE_MIN;
    if (f == REDUCE_MEAN || (n == 0 && ordered)) return false;
    for (size_t i = 0; i < s->result.count; i++) {
        uint64_t result = ordered ? load(&x, i * n) : f == REDUCE_PROD;
        for (size_t k = 0; k < n; k++) reduce(f, s->op->dtype, &result, load(&x, i * n + k));
        store(s, i, result);
    }
    return true;
}

bool step_integer(Step *s) {
    const Op *op = s->op;
    if (op->n_inputs == 0 || !dtype_is_integer(op->inputs[0]->dtype)) {
        return op->kind == OP_CAST && op->inputs[0]->dtype == DTYPE_BOOL && step_integer_cast(s);
    }
    switch (op->kind) {
    case OP_BINARY: return step_integer_binary(s);
    case OP_UNARY: return step_integer_unary(s);
    case OP_CAST: return step_integer_cast(s);
    case OP_REDUCE: return step_integer_reduce(s);
    default: return false;
    }
}

/* ---- moving ---- */

static bool only_moves(OpKind kind) {
    return kind == OP_CONCAT || kind == OP_SLICE || kind == OP_PAD || kind == OP_RESHAPE ||
           kind == OP_TRANSPOSE || kind == OP_BROADCAST || kind == OP_REPEAT || kind == OP_GATHER ||
           kind == OP_SELECT;
}

void step_move_rests(Step *s, StepFunction *move) {
    const Op *op = s->op;
    if (!s->rest || !only_moves(op->kind)) return;
    Values *inputs = ARENA_ARRAY(s->arena, Values, op->n_inputs);
    for (size_t i = 0; i < op->n_inputs; i++) {
        inputs[i] = s->inputs[i];
        if (op->kind == OP_GATHER && i > 0) continue;  /* the ids are what they are, */
        if (op->kind == OP_SELECT && i == 0) continue; /* and so is the condition */
        inputs[i].data = inputs[i].rest;
        if (!inputs[i].rest) inputs[i].data = ARENA_ARRAY(s->arena, double, inputs[i].count);
    }
    Step rests = {.arena = s->arena, .op = op, .inputs = inputs, .result = s->result, .y = s->rest};
    rests.of_rests = true;
    move(&rests);
}

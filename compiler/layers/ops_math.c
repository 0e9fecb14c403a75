/* keras.ops functions of one or two elements that are formulas of others: arcsin, hypot, fmod, isclose, ...
 */
#include "layers/ops.h"
#include "layers/ops_kinds.h"

static Op *times(const OpsLower *o, Op *x, double factor) {
    return ops_bin(o, BIN_MUL, x, ops_scalar(o, x->dtype, factor));
}

static Op *choose(const OpsLower *o, Op *condition, Op *a, Op *b) {
    return ir_select(o->l, o->node, condition, a, b);
}

static Op *is_zero(const OpsLower *o, Op *x) {
    return ops_bin(o, BIN_EQ, x, ops_scalar(o, x->dtype, 0));
}

/* x < 0, or the zero with that sign. */
static Op *has_sign(const OpsLower *o, Op *x) {
    Op *zero = ops_scalar(o, x->dtype, 0);
    return ops_bin(o, BIN_OR, ops_bin(o, BIN_LT, x, zero),
                   ops_bin(o, BIN_LT, ops_un(o, UNARY_RECIPROCAL, x), zero));
}

/* ---- one element ---- */

/* sqrt(1 - x), or sqrt(1 + x), exact where they are small. */
static Op *root(const OpsLower *o, BinaryFunction function, Op *x) {
    return ops_un(o, UNARY_SQRT, ops_bin(o, function, ops_scalar(o, x->dtype, 1), x));
}

static Op *arcsin(const OpsLower *o, Op *x) {
    Op *rest = ops_bin(o, BIN_MUL, root(o, BIN_SUB, x), root(o, BIN_ADD, x));
    return ops_un(o, UNARY_ARCTAN, ops_bin(o, BIN_DIV, x, rest));
}

static Op *arccos(const OpsLower *o, Op *x) {
    Op *ratio = ops_bin(o, BIN_DIV, root(o, BIN_SUB, x), root(o, BIN_ADD, x));
    return times(o, ops_un(o, UNARY_ARCTAN, ratio), 2);
}

static Op *sinc(const OpsLower *o, Op *x) {
    Op *angle = times(o, x, M_PI), *one = ops_scalar(o, x->dtype, 1);
    return choose(o, is_zero(o, x), one, ops_bin(o, BIN_DIV, ops_un(o, UNARY_SIN, angle), angle));
}

static Op *cbrt_of(const OpsLower *o, Op *x) {
    Op *size = ops_bin(o, BIN_POW, ops_un(o, UNARY_ABS, x), ops_scalar(o, x->dtype, 1.0 / 3));
    return ops_bin(o, BIN_MUL, ops_un(o, UNARY_SIGN, x), size);
}

/* gelu(z) = z / 2 erfc(-z / sqrt(2)) keeps the tail's precision, which 1 - erf(x) has not. */
static Op *erfc_of(const OpsLower *o, Op *x) {
    Op *z = times(o, ops_bin(o, BIN_MIN, x, ops_scalar(o, x->dtype, 30)), -M_SQRT2);
    Op *tail = times(o, ops_bin(o, BIN_DIV, ops_un(o, UNARY_GELU, z), z), 2);
    Op *near = ops_bin(o, BIN_SUB, ops_scalar(o, x->dtype, 1), ops_un(o, UNARY_ERF, x));
    return choose(o, ops_bin(o, BIN_GT, x, ops_scalar(o, x->dtype, 0.5)), tail, near);
}

bool ops_math_lower(const OpsLower *o) {
    const DType wanted = o->node->outputs[0]->dtype, given = o->inputs[0]->dtype;
    Op *x =
        ir_cast(o->l, o->node, o->inputs[0], wanted == DTYPE_BOOL ? ops_float(o->l->graph, given) : wanted);
    switch (o->attrs->row->function) {
    case OPS_ARCSIN: x = arcsin(o, x); break;
    case OPS_ARCCOS: x = arccos(o, x); break;
    case OPS_CBRT: x = cbrt_of(o, x); break;
    case OPS_SINC: x = sinc(o, x); break;
    case OPS_DEG2RAD: x = times(o, x, M_PI / 180); break;
    case OPS_RAD2DEG: x = times(o, x, 180 / M_PI); break;
    case OPS_ERFC: x = erfc_of(o, x); break;
    case OPS_SIGNBIT: x = has_sign(o, x); break;
    default: x = ops_un(o, UNARY_ABS, x); break; /* fabs */
    }
    o->outputs[0] = x;
    return true;
}

/* ---- two elements ---- */

/* Of an operand that is made a tensor by itself. */
static DType own_dtype(const LayerCall *call, const OpsAttrs *attrs, int param) {
    const Value value = attrs->value[param];
    int64_t integer;
    if (value.kind == VALUE_TENSOR) return call->inputs[ops_input(attrs, param)]->dtype;
    if (value.kind == VALUE_BOOL) return DTYPE_BOOL;
    if (!value_as_int(value, &integer)) return DTYPE_FLOAT32;
    return integer > INT32_MAX || integer < INT32_MIN ? DTYPE_INT64 : DTYPE_INT32;
}

bool ops_pair_infer(LayerCall *call, OpsAttrs *attrs) {
    Shape a, b;
    const bool symbolic = !graph_traced_name(call->inputs, call->n_inputs),
               runs = attrs->row->rule == OPS_RUN;
    if (!ops_operand(call, 0, &a) || !ops_operand(call, 1, &b)) return false;
    const DType run = dtype_promote(own_dtype(call, attrs, 0), own_dtype(call, attrs, 1));
    attrs->dtype = runs && !symbolic ? run : ops_promote(call, 0, 1);
    call->output_dtypes[0] = ops_result(call->graph, attrs->dtype, attrs->row->rule);
    if (attrs->row->rule != OPS_BOOL) attrs->dtype = call->output_dtypes[0];
    if (runs) attrs->dtype = ops_result(call->graph, run, OPS_RUN);
    return operation_broadcast(call, &a, &b, &call->output_shapes[0]);
}

/* atan(|y| / |x|), mirrored at the axes; the quotient of two zeros and of two infinities is that of two ones
 * or, over a positive zero, 0. */
static Op *arctan2(const OpsLower *o, Op *y, Op *x) {
    Op *up = ops_un(o, UNARY_ABS, y), *along = ops_un(o, UNARY_ABS, x), *one = ops_scalar(o, x->dtype, 1);
    Op *infinity = ops_scalar(o, x->dtype, INFINITY);
    Op *ratio = ops_bin(o, BIN_DIV, up, along);
    Op *endless = ops_bin(o, BIN_AND, ops_bin(o, BIN_EQ, up, infinity), ops_bin(o, BIN_EQ, along, infinity));
    ratio = choose(o, endless, one,
                   choose(o, is_zero(o, y), ops_bin(o, BIN_MUL, up, ops_scalar(o, x->dtype, 0)), ratio));
    Op *angle = ops_un(o, UNARY_ARCTAN, ratio);
    angle = choose(o, has_sign(o, x), ops_bin(o, BIN_SUB, ops_scalar(o, x->dtype, M_PI), angle), angle);
    angle = choose(o, ops_bin(o, BIN_NE, x, x), x, angle);
    return choose(o, has_sign(o, y), ops_un(o, UNARY_NEGATE, angle), angle);
}

static Op *hypot_of(const OpsLower *o, Op *a, Op *b) {
    a = ops_un(o, UNARY_ABS, a);
    b = ops_un(o, UNARY_ABS, b);
    Op *most = ops_bin(o, BIN_MAX, a, b), *zero = ops_scalar(o, a->dtype, 0),
       *one = ops_scalar(o, a->dtype, 1);
    Op *ratio = ops_bin(o, BIN_DIV, ops_bin(o, BIN_MIN, a, b), most);
    ratio = choose(o, is_zero(o, most), zero, ratio);
    return ops_bin(o, BIN_MUL, most,
                   ops_un(o, UNARY_SQRT, ops_bin(o, BIN_ADD, one, ops_un(o, UNARY_SQUARE, ratio))));
}

/* The sign of a, the size of |a| modulo |b|. */
static Op *fmod_of(const OpsLower *o, Op *a, Op *b) {
    const DType dtype = a->dtype;
    Op *sign = dtype_is_float(dtype) ? ops_un(o, UNARY_SIGN, a)
                                     : ops_bin(o, BIN_MIN, ops_bin(o, BIN_MAX, a, ops_scalar(o, dtype, -1)),
                                               ops_scalar(o, dtype, 1));
    return ops_bin(o, BIN_MUL, sign, ops_bin(o, BIN_MOD, ops_un(o, UNARY_ABS, a), ops_un(o, UNARY_ABS, b)));
}

/* The lesser or greater of two; where one is NaN the other. */
static Op *skipping(const OpsLower *o, BinaryFunction function, Op *a, Op *b) {
    Op *both = ops_bin(o, function, a, b);
    if (!dtype_is_float(a->dtype)) return both;
    return choose(o, ops_bin(o, BIN_NE, a, a), b, choose(o, ops_bin(o, BIN_NE, b, b), a, both));
}

/* max + log2(1 + 2^-|a - b|) */
static Op *logaddexp2(const OpsLower *o, Op *a, Op *b) {
    Op *apart = ops_bin(o, BIN_SUB, a, b);
    Op *power = ops_un(o, UNARY_EXP, times(o, ops_un(o, UNARY_ABS, apart), -M_LN2));
    Op *y = ops_bin(o, BIN_ADD, ops_bin(o, BIN_MAX, a, b), times(o, ops_un(o, UNARY_LOG1P, power), M_LOG2E));
    return choose(o, ops_bin(o, BIN_NE, apart, apart), ops_bin(o, BIN_ADD, a, b), y);
}

static Op *ldexp_of(const OpsLower *o, Op *a, Op *b) {
    Op *y = ops_bin(o, BIN_MUL, a, ops_bin(o, BIN_POW, ops_scalar(o, a->dtype, 2), b));
    Op *endless = ops_bin(o, BIN_EQ, ops_un(o, UNARY_ABS, a), ops_scalar(o, a->dtype, INFINITY));
    return choose(o, ops_bin(o, BIN_OR, endless, is_zero(o, a)), a, y);
}

static Op *heaviside(const OpsLower *o, Op *a, Op *b) {
    Op *zero = ops_scalar(o, a->dtype, 0), *one = ops_scalar(o, a->dtype, 1);
    return choose(o, ops_bin(o, BIN_LT, a, zero), zero, choose(o, ops_bin(o, BIN_GT, a, zero), one, b));
}

bool ops_pair_lower(const OpsLower *o) {
    const DType dtype = o->attrs->dtype;
    Op *a = ops_lower_operand(o, 0, dtype), *b = ops_lower_operand(o, 1, dtype), *y = a;
    switch (o->attrs->row->function) {
    case OPS_ARCTAN2: y = arctan2(o, a, b); break;
    case OPS_HYPOT: y = hypot_of(o, a, b); break;
    case OPS_FMOD: y = fmod_of(o, a, b); break;
    case OPS_FMAX: y = skipping(o, BIN_MAX, a, b); break;
    case OPS_FMIN: y = skipping(o, BIN_MIN, a, b); break;
    case OPS_LOGADDEXP2: y = logaddexp2(o, a, b); break;
    case OPS_LDEXP: y = ldexp_of(o, a, b); break;
    case OPS_HEAVISIDE: y = heaviside(o, a, b); break;
    default: y = choose(o, is_zero(o, b), ops_scalar(o, dtype, 0), ops_bin(o, BIN_DIV, a, b)); break;
    }
    o->outputs[0] = y;
    return true;
}

bool ops_ldexp_infer(LayerCall *call, OpsAttrs *attrs) {
    const Value value = attrs->value[1];
    const DType dtype = value.kind == VALUE_TENSOR ? call->inputs[ops_input(attrs, 1)]->dtype : DTYPE_INT32;
    if (dtype == DTYPE_BOOL || !dtype_is_integer(dtype) || value.kind == VALUE_FLOAT)
        return ops_invalid(call, 1, "ldexp exponent must be an integer type. Received: x2 dtype=%s",
                           dtype_name(value.kind == VALUE_FLOAT ? DTYPE_FLOAT32 : dtype));
    return ops_pair_infer(call, attrs);
}

/* ---- isclose(x1, x2, rtol, atol, equal_nan) ---- */

bool ops_isclose_infer(LayerCall *call, OpsAttrs *attrs) {
    double number;
    for (int i = 2; i < 4; i++)
        if (!value_as_number(attrs->value[i], &number))
            return ops_invalid(call, i, "isclose() expects a number here, not %s",
                               value_repr(call->graph->arena, attrs->value[i]));
    return ops_pair_infer(call, attrs);
}

bool ops_isclose_lower(const OpsLower *o) {
    const DType dtype = ops_float(o->l->graph, o->attrs->dtype);
    Op *a = ops_lower_operand(o, 0, dtype), *b = ops_lower_operand(o, 1, dtype);
    double relative = 0, absolute = 0;
    (void)value_as_number(o->attrs->value[2], &relative);
    (void)value_as_number(o->attrs->value[3], &absolute);
    Op *allowed =
        ops_bin(o, BIN_ADD, times(o, ops_un(o, UNARY_ABS, b), relative), ops_scalar(o, dtype, absolute));
    Op *infinity = ops_scalar(o, dtype, INFINITY);
    Op *close = ops_bin(o, BIN_LE, ops_un(o, UNARY_ABS, ops_bin(o, BIN_SUB, a, b)), allowed);
    close = ops_bin(o, BIN_AND, close, ops_bin(o, BIN_LT, ops_un(o, UNARY_ABS, b), infinity));
    close = ops_bin(o, BIN_OR, close, ops_bin(o, BIN_EQ, a, b));
    if (ops_truth(o->attrs, 4))
        close = ops_bin(o, BIN_OR, close,
                        ops_bin(o, BIN_AND, ops_bin(o, BIN_NE, a, a), ops_bin(o, BIN_NE, b, b)));
    o->outputs[0] = close;
    return true;
}

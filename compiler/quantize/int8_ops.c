/* The int8 form of each op that has one. Every function gives NULL where it has not. */
#include <math.h>
#include <string.h>

#include "quantize/quantizer.h"
#include "reference.h"

static const char NO_RANGE[] = "its values are not finite on the calibration data";
static const char NO_INPUT[] = "its input has no range on the calibration data";
static const char NO_FACTOR[] = "its scales are too far apart";
static const char NO_SUM[] = "its sums could leave 32 bits, or a weight is not finite";
static const char COMPUTED[] = "its weights are computed";

static Op *no(const char **why, const char *reason) {
    *why = reason;
    return NULL;
}

static Op *constant(Quantizer *q, const Op *like, const char *name, const Shape *shape, DType dtype,
                    const void *data) {
    return ir_constant(&q->lowering, like->origin, name, shape, dtype, data);
}

/* A copy that computes on int8. */
static Op *int8_copy(Quantizer *q, const Op *op, Op *const *inputs, Quantization quantization,
                     const Rescale *rescale) {
    Op *copy = quantizer_copy(q, op, inputs);
    copy->dtype = DTYPE_INT8;
    copy->quantization = quantization;
    copy->rescale = rescale;
    copy->epilogue.function = UNARY_LINEAR;
    return copy;
}

static Rescale *new_rescale(Quantizer *q, const Op *x, Quantization y) {
    Rescale *r = ARENA_NEW(q->ir->arena, Rescale);
    *r = (Rescale){.x_zero = x->quantization.zero, .y_zero = y.zero, .low = -128, .high = 127};
    return r;
}

/* The limits that the epilogue sets. */
static void limit(Rescale *r, const Epilogue *e, const Quantization *y) {
    if (e->function == UNARY_RELU) r->low = quantized(y, 0);
    if (e->function == UNARY_CLIP) {
        r->low = quantized(y, e->parameter[0]);
        r->high = quantized(y, e->parameter[1]);
    }
}

/* ---- layers with weights ---- */

static bool channel_factors(Quantizer *q, Rescale *r, const IntWeights *w, int64_t n, double x_scale,
                            double y_scale) {
    FixedFactor *factors = ARENA_ARRAY(q->ir->arena, FixedFactor, (size_t)n);
    for (int64_t i = 0; i < n; i++)
        if (!factor_of(x_scale * w->scales[i] / y_scale, &factors[i])) return false;
    r->factors = factors;
    return true;
}

/* The bias as it is; or less what int8 adds to the sums in the mean. */
static const float *bias_less(Quantizer *q, const Op *bias, const double *errors, int64_t n) {
    const float *given = bias ? bias->as.constant.data : NULL;
    if (!errors) return given;
    float *out = ARENA_ARRAY(q->ir->arena, float, (size_t)n);
    for (int64_t i = 0; i < n; i++) out[i] = (float)((given ? (double)given[i] : 0) - errors[i]);
    return out;
}

/* With a trial, what the first weights do to the sums decides on the bias. */
static bool weights_of(Quantizer *q, const Op *op, const Op *x, const Op *r, int64_t rows, int64_t n,
                       IntWeights *out) {
    const float *kernel = op->inputs[1]->as.constant.data;
    const double scale = x->quantization.scale;
    const float *bias = bias_less(q, op_bias(op), q->bias_errors[op->id], n);
    if (!int_weights(q->ir->arena, kernel, bias, rows, n, scale, out)) return false;
    if (!q->trial) return true;
    q->bias_errors[op->id] = trial_bias_errors(q, op, x, r, out);
    bias = bias_less(q, op_bias(op), q->bias_errors[op->id], n);
    return int_weights(q->ir->arena, kernel, bias, rows, n, scale, out);
}

/* `op` says what is computed on x, and r where there is a residual. */
static Op *linear_on(Quantizer *q, const Op *op, Op *x, Op *r8, const char **why) {
    const Op *kernel = op->inputs[1], *bias = op_bias(op);
    Quantization y;
    if (!quantization_of(q->ranges[op->id], &y)) return no(why, NO_RANGE);
    int64_t count = 0;
    const int64_t n = op->shape.dim[op->shape.rank - 1];
    if (!shape_count(&kernel->shape, 0, &count) || n == 0) return NULL;
    IntWeights w;
    if (!weights_of(q, op, x, r8, count / n, n, &w)) return no(why, NO_SUM);
    Rescale *r = new_rescale(q, x, y);
    limit(r, &op->epilogue, &y);
    if (!channel_factors(q, r, &w, n, x->quantization.scale, y.scale)) return no(why, NO_FACTOR);
    if (r8) {
        r->r_zero = r8->quantization.zero;
        if (!factor_of(r8->quantization.scale / y.scale, &r->r_factor)) return no(why, NO_FACTOR);
    }
    const char *bias_name = bias ? bias->name : "bias";
    Op *inputs[4] = {x, constant(q, op, kernel->name, &kernel->shape, DTYPE_INT8, w.kernel),
                     constant(q, op, bias_name, &(Shape){.rank = 1, .dim = {n}}, DTYPE_INT32, w.bias), r8};
    Op with_bias = *op; /* all have one: the input's zero goes into it */
    with_bias.n_inputs = r8 ? 4 : 3;
    return int8_copy(q, &with_bias, inputs, y, r);
}

static Op *linear(Quantizer *q, const Op *op, const char **why) {
    const Op *kernel = op->inputs[1], *bias = op_bias(op), *residual = op_residual(op);
    if (kernel->kind != OP_CONSTANT || (bias && bias->kind != OP_CONSTANT)) return no(why, COMPUTED);
    Op *x = quantizer_int8(q, op->inputs[0]), *r = residual ? quantizer_int8(q, residual) : NULL;
    if (!x || (residual && !r)) return no(why, NO_INPUT);
    return linear_on(q, op, x, r, why);
}

/* ---- a factor and a summand for each channel: a depthwise convolution with 1x1 ---- */

static Op *reshaped(Quantizer *q, const Op *like, Op *x, const Shape *shape) {
    if (!x || shape_equal(&x->shape, shape)) return x;
    Op *op = ARENA_NEW(q->ir->arena, Op);
    *op = (Op){.kind = OP_RESHAPE,
               .shape = *shape,
               .dtype = DTYPE_INT8,
               .name = like->name,
               .origin = like->origin,
               .call = like->call,
               .quantization = x->quantization,
               .n_inputs = 1};
    op->inputs = ARENA_ARRAY(q->ir->arena, Op *, 1);
    op->inputs[0] = x;
    return quantizer_append(q, op);
}

static Op *affine(Quantizer *q, const Op *op, const char **why) {
    const Op *scale = op->inputs[1], *shift = op->inputs[2], *residual = op_residual(op);
    const int rank = op->shape.rank;
    int64_t pixels = 0;
    if (scale->kind != OP_CONSTANT || shift->kind != OP_CONSTANT) return no(why, COMPUTED);
    if (rank < 2 || !shape_count(&op->shape, 1, &pixels) || pixels == 0) return NULL;
    const int64_t n = op->shape.dim[rank - 1];
    Op *x = quantizer_int8(q, op->inputs[0]), *r = residual ? quantizer_int8(q, residual) : NULL;
    if (!x || (residual && !r)) return no(why, NO_INPUT);
    Op kernel = *scale, depthwise = *op;
    kernel.shape = (Shape){.rank = 4, .dim = {1, 1, n, 1}};
    depthwise.kind = OP_DEPTHWISE_CONV2D;
    depthwise.as.conv2d = (Conv2dAttrs){.stride = {1, 1}, .dilation = {1, 1}, .groups = 1};
    depthwise.inputs = (Op *[4]){op->inputs[0], &kernel, op->inputs[2], residual ? op->inputs[3] : NULL};
    if (rank != 4) depthwise.shape = (Shape){.rank = 4, .dim = {op->shape.dim[0], pixels / n, 1, n}};
    x = reshaped(q, op, x, &depthwise.shape);
    r = reshaped(q, op, r, &depthwise.shape);
    return reshaped(q, op, linear_on(q, &depthwise, x, r, why), &op->shape);
}

/* ---- functions of one number ---- */

/* What an op makes of a number, all its other operands being constants of one element. */
static bool scalar_function(const Op *op, double x, double *y) {
    if (op->kind == OP_UNARY) {
        *y = lmref_unary((lmrt_function)op->as.unary.function, op->as.unary.parameter, x);
        return true;
    }
    const bool left = op->inputs[0]->kind == OP_CONSTANT;
    const Op *other = op->inputs[left ? 0 : 1];
    const double c = (double)*(const float *)other->as.constant.data;
    *y = lmref_binary((lmrt_binary_function)op->as.binary, left ? c : x, left ? x : c);
    return true;
}

static Op *with_table(Quantizer *q, const Op *op, Op *x, Quantization y, const int8_t *table) {
    Op *values = constant(q, op, "table", &(Shape){.rank = 1, .dim = {256}}, DTYPE_INT8, table);
    return ir_table(&q->lowering, op->origin, x, values, y);
}

static Op *by_table(Quantizer *q, const Op *op, const Op *input, const char **why) {
    Op *x = quantizer_int8(q, input);
    Quantization y;
    if (!x) return no(why, NO_INPUT);
    if (!quantization_of(q->ranges[op->id], &y)) return no(why, NO_RANGE);
    int8_t *table = ARENA_ARRAY(q->ir->arena, int8_t, 256);
    for (int i = 0; i < 256; i++) {
        double value;
        scalar_function(op, (i - 128 - x->quantization.zero) * x->quantization.scale, &value);
        if (isnan(value)) value = 0; /* of numbers that the data never gave */
        table[i] = (int8_t)quantized(&y, value);
    }
    return with_table(q, op, x, y, table);
}

/* The same real numbers by another scale. */
static Op *requantized(Quantizer *q, const Op *op, Op *x, Quantization y) {
    if (x->quantization.scale == y.scale && x->quantization.zero == y.zero) return x;
    int8_t *table = ARENA_ARRAY(q->ir->arena, int8_t, 256);
    for (int i = 0; i < 256; i++)
        table[i] = (int8_t)quantized(&y, (i - 128 - x->quantization.zero) * x->quantization.scale);
    return with_table(q, op, x, y, table);
}

/* ---- of two ---- */

static bool is_scalar_constant(const Op *op) {
    int64_t count;
    return op->kind == OP_CONSTANT && op->dtype == DTYPE_FLOAT32 && shape_count(&op->shape, 0, &count) &&
           count == 1;
}

static Op *binary(Quantizer *q, const Op *op, const char **why) {
    const Op *a = op->inputs[0], *b = op->inputs[1];
    if (is_scalar_constant(b) && shape_equal(&a->shape, &op->shape)) return by_table(q, op, a, why);
    if (is_scalar_constant(a) && shape_equal(&b->shape, &op->shape)) return by_table(q, op, b, why);
    const BinaryFunction f = op->as.binary;
    if (f != BIN_ADD && f != BIN_SUB && f != BIN_MUL) return NULL;
    Op *inputs[2] = {quantizer_int8(q, a), quantizer_int8(q, b)};
    Quantization y;
    if (!inputs[0] || !inputs[1]) return no(why, NO_INPUT);
    if (!quantization_of(q->ranges[op->id], &y)) return no(why, NO_RANGE);
    Rescale *r = new_rescale(q, inputs[0], y);
    FixedFactor *factor = ARENA_NEW(q->ir->arena, FixedFactor);
    const double left = inputs[0]->quantization.scale / y.scale, right = inputs[1]->quantization.scale;
    r->factors = factor;
    r->r_zero = inputs[1]->quantization.zero;
    const bool fits = f == BIN_MUL ? factor_of(left * right, factor) && factor_of(0, &r->r_factor)
                                   : factor_of(left, factor) &&
                                         factor_of((f == BIN_SUB ? -right : right) / y.scale, &r->r_factor);
    return fits ? int8_copy(q, op, inputs, y, r) : no(why, NO_FACTOR);
}

/* ---- along axes ---- */

static bool adjacent(uint32_t axes) {
    while (axes && !(axes & 1)) axes >>= 1;
    return (axes & (axes + 1)) == 0;
}

static Op *mean(Quantizer *q, const Op *op, const char **why) {
    enum { MOST_NUMBERS = 1 << 22 };
    if (op->as.reduce.function != REDUCE_MEAN || op->as.reduce.axes == 0 || !adjacent(op->as.reduce.axes))
        return NULL;
    Op *x = quantizer_int8(q, op->inputs[0]);
    Quantization y;
    if (!x) return no(why, NO_INPUT);
    if (!quantization_of(q->ranges[op->id], &y)) return no(why, NO_RANGE);
    double n = 1;
    for (int i = 0; i < x->shape.rank; i++)
        if (op->as.reduce.axes >> i & 1) n *= (double)x->shape.dim[i];
    FixedFactor *factor = ARENA_NEW(q->ir->arena, FixedFactor);
    Rescale *r = new_rescale(q, x, y);
    r->factors = factor;
    if (n < 1 || n > MOST_NUMBERS || !factor_of(x->quantization.scale / y.scale / n, factor))
        return no(why, NO_FACTOR);
    return int8_copy(q, op, &x, y, r);
}

/* ---- the numbers as they are ---- */

static Op *same_numbers(Quantizer *q, const Op *op, const char **why) {
    Op *x = quantizer_int8(q, op->inputs[0]);
    if (!x) return no(why, NO_INPUT);
    const bool average = op->kind == OP_POOL2D && op->as.pool2d.function == POOL_AVG;
    Op *y = int8_copy(q, op, &x, x->quantization, average ? new_rescale(q, x, x->quantization) : NULL);
    if (op->kind == OP_PAD) y->as.pad.value = quantized(&x->quantization, op->as.pad.value);
    return y;
}

/* A border is represented as its neighbours are: nothing but what their numbers reach. */
static bool reaches(const Quantization *q, double value) {
    const double n = rint(value / q->scale) + q->zero;
    return n >= -128 && n <= 127;
}

static Op *pad(Quantizer *q, const Op *op, const char **why) {
    Op *x = quantizer_int8(q, op->inputs[0]);
    if (!x) return no(why, NO_INPUT);
    return reaches(&x->quantization, op->as.pad.value) ? same_numbers(q, op, why) : NULL;
}

static Op *concat(Quantizer *q, const Op *op, const char **why) {
    Op **inputs = ARENA_ARRAY(q->ir->arena, Op *, op->n_inputs);
    Quantization y;
    if (!quantization_of(q->ranges[op->id], &y)) return no(why, NO_RANGE);
    for (size_t i = 0; i < op->n_inputs; i++) {
        if (!(inputs[i] = quantizer_int8(q, op->inputs[i]))) return no(why, NO_INPUT);
        inputs[i] = requantized(q, op, inputs[i], y);
    }
    return int8_copy(q, op, inputs, y, NULL);
}

Op *quantizer_op(Quantizer *q, const Op *op, const char **why) {
    switch (op->kind) {
    case OP_DENSE:
    case OP_CONV2D:
    case OP_DEPTHWISE_CONV2D: return linear(q, op, why);
    case OP_AFFINE: return affine(q, op, why);
    case OP_UNARY: return by_table(q, op, op->inputs[0], why);
    case OP_BINARY: return binary(q, op, why);
    case OP_REDUCE: return mean(q, op, why);
    case OP_CONCAT: return concat(q, op, why);
    case OP_PAD: return pad(q, op, why);
    case OP_POOL2D:
    case OP_RESHAPE:
    case OP_TRANSPOSE:
    case OP_SLICE:
    case OP_BROADCAST:
    case OP_REPEAT: return same_numbers(q, op, why);
    default: return NULL;
    }
}

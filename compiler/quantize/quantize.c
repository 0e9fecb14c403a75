/* The walk over the float Ir: op by op, what has an int8 form gets one, and values are converted where the
 * two worlds meet. int8_ops.c makes the ops. */
#include <math.h>
#include <string.h>

#include "quantize/quantizer.h"
#include "ir/rewrite.h"

/* ---- preparing ---- */

/* A function that is a limit of the numbers themselves. */
static bool is_limit(UnaryFunction function) {
    return function == UNARY_LINEAR || function == UNARY_RELU || function == UNARY_CLIP;
}

static Op *split_activation(Rewriter *r, Op *op) {
    if (!op_may_have_epilogue(op->kind) || is_limit(op->epilogue.function)) return NULL;
    Op *linear = rewrite_copy(r, op, op->inputs, op->n_inputs);
    linear->epilogue.function = UNARY_LINEAR;
    const double *p = op->epilogue.parameter;
    return ir_unary(&r->lowering, op->origin, linear, op->epilogue.function, p[0], p[1], p[2]);
}

bool quantize_prepare(Ir *ir) {
    ir_renumber(ir);
    rewrite_all(ir, (RewritePattern *[]){split_activation}, 1);
    return !ir->broken && ir_verify(ir);
}

/* ---- both worlds ---- */

Op *quantizer_append(Quantizer *q, Op *op) {
    op->id = (uint32_t)q->ir->ops.count;
    vec_push(q->ir->arena, &q->ir->ops, op);
    return op;
}

Op *quantizer_copy(Quantizer *q, const Op *op, Op *const *inputs) {
    Op *copy = ARENA_NEW(q->ir->arena, Op);
    *copy = *op;
    copy->replacement = NULL;
    copy->inputs = ARENA_ARRAY(q->ir->arena, Op *, op->n_inputs);
    for (size_t i = 0; i < op->n_inputs; i++) copy->inputs[i] = inputs[i];
    return quantizer_append(q, copy);
}

Op *quantizer_real(Quantizer *q, const Op *op) {
    Op **real = &q->real[op->id];
    if (!*real) {
        q->lowering.call = op->call;
        *real = ir_dequantize(&q->lowering, op->origin, q->int8[op->id]);
    }
    return *real;
}

Op *quantizer_int8(Quantizer *q, const Op *op) {
    Op **int8 = &q->int8[op->id];
    Quantization quantization;
    if (!*int8) {
        q->lowering.call = op->call;
        if (op->dtype != DTYPE_FLOAT32 || op->kind == OP_CONSTANT ||
            !quantization_of(q->ranges[op->id], &quantization))
            return NULL;
        *int8 = ir_quantize(&q->lowering, op->origin, q->real[op->id], quantization);
    }
    return *int8;
}

static void keep(Quantizer *q, const Op *op) {
    Op **inputs = ARENA_ARRAY(q->ir->arena, Op *, op->n_inputs);
    for (size_t i = 0; i < op->n_inputs; i++) inputs[i] = quantizer_real(q, op->inputs[i]);
    q->real[op->id] = quantizer_copy(q, op, inputs);
}

/* ---- the walk ---- */

/* What begins to compute on int8 by itself; the others join where a value that they read is int8 already. */
static bool begins(const Op *op) {
    return op->kind == OP_DENSE || op->kind == OP_CONV2D || op->kind == OP_DEPTHWISE_CONV2D;
}

static bool reads_int8(const Quantizer *q, const Op *op) {
    for (size_t i = 0; i < op->n_inputs; i++)
        if (q->int8[op->inputs[i]->id] && q->int8[op->inputs[i]->id]->kind != OP_QUANTIZE) return true;
    return false;
}

static bool computes(const Op *op) {
    return op->kind != OP_INPUT && op->kind != OP_CONSTANT && op->kind != OP_STATE;
}

static void walk_op(Quantizer *q, const Op *op, QuantizedOps *ops) {
    const char *why = NULL;
    Op *int8 = NULL;
    if (computes(op) && op->dtype == DTYPE_FLOAT32 && (begins(op) || reads_int8(q, op)))
        int8 = quantizer_op(q, op, &why);
    q->int8[op->id] = int8;
    if (!int8) keep(q, op);
    if (computes(op) || (op->kind == OP_INPUT && op->dtype == DTYPE_FLOAT32))
        vec_push(q->ir->arena, ops, ((QuantizedOp){.real = op, .why = why}));
}

/* What reads a value decides which forms it has. */
static void note_forms(const Quantizer *q, QuantizedOps *ops) {
    for (size_t i = 0; i < ops->count; i++) {
        QuantizedOp *op = &ops->at[i];
        Op *int8 = q->int8[op->real->id], *real = q->real[op->real->id];
        op->int8 = int8;
        op->made = int8 && int8->kind != OP_QUANTIZE ? int8 : real;
    }
}

static Ir *new_ir(const Ir *ir) {
    Ir *out = ARENA_NEW(ir->arena, Ir);
    *out = *ir;
    memset(&out->ops, 0, sizeof out->ops);
    out->inputs = ARENA_ARRAY(ir->arena, Op *, ir->n_inputs);
    out->outputs = ARENA_ARRAY(ir->arena, Op *, ir->n_outputs);
    memset(&out->states, 0, sizeof out->states);
    return out;
}

Quantizer quantizer_begin(const Ir *ir, const Calibrated *calibrated) {
    Ir *out = new_ir(ir);
    Quantizer q = {.ir = out,
                   .lowering = {.ir = out},
                   .ranges = calibrated->ranges,
                   .bias_errors = calibrated->bias_errors};
    q.real = ARENA_ARRAY(ir->arena, Op *, ir->ops.count);
    q.int8 = ARENA_ARRAY(ir->arena, Op *, ir->ops.count);
    return q;
}

void quantizer_walk(Quantizer *q, const Ir *ir, QuantizedOps *ops) {
    for (size_t i = 0; i < ir->ops.count; i++) {
        q->lowering.call = ir->ops.at[i]->call;
        walk_op(q, ir->ops.at[i], ops);
    }
}

Ir *quantize_ir(const Ir *ir, const Calibrated *calibrated, QuantizedOps *ops) {
    Quantizer q = quantizer_begin(ir, calibrated);
    Ir *out = q.ir;
    quantizer_walk(&q, ir, ops);
    for (size_t i = 0; i < ir->n_inputs; i++) out->inputs[i] = q.real[ir->inputs[i]->id];
    for (size_t i = 0; i < ir->n_outputs; i++) out->outputs[i] = quantizer_real(&q, ir->outputs[i]);
    for (size_t i = 0; i < ir->states.count; i++) {
        IrState state = ir->states.at[i];
        state.read = q.real[state.read->id];
        state.next = quantizer_real(&q, state.next);
        vec_push(ir->arena, &out->states, state);
    }
    note_forms(&q, ops);
    ir_renumber(out);
    return !out->broken && ir_verify(out) ? out : NULL;
}

/* ir_verify: checks the invariants of ir.h after lowering and after each pass; a violation is E900. */
#include "ir/ir.h"

typedef struct OpLimits {
    size_t least, most;
} OpLimits;

static const OpLimits limits[] = {
#define OP(kind, name, min_inputs, max_inputs, about) {min_inputs, max_inputs},
#include "ir/ops.def"
#undef OP
};

static bool fail(const Ir *ir, const Op *op, const char *why) {
    const SourceRange at = op->origin ? op->origin->at : NO_SOURCE;
    return diag_report(ir->diags, E900, at, "the ir is invalid at op %u (%s, \"%s\"): %s", (unsigned)op->id,
                       op_kind_name(op->kind), op->name ? op->name : "", why);
}

/* True where `op` stands at ir->ops[op->id] and before position `end`. */
static bool stands_before(const Ir *ir, const Op *op, size_t end) {
    return op && op->id < end && ir->ops.at[op->id] == op;
}

static bool verify_op(const Ir *ir, const Op *op, size_t position) {
    if (op->id != position) return fail(ir, op, "its id is not its position");
    if (op->n_inputs < limits[op->kind].least || op->n_inputs > limits[op->kind].most)
        return fail(ir, op, "a wrong number of inputs");
    for (size_t i = 0; i < op->n_inputs; i++)
        if (!stands_before(ir, op->inputs[i], position))
            return fail(ir, op, "an input does not stand before it");
    const bool has_epilogue = op->epilogue.function != UNARY_LINEAR || op->epilogue.residual;
    if (has_epilogue && !op_may_have_epilogue(op->kind)) return fail(ir, op, "this kind has no epilogue");
    if (op->kind == OP_CONSTANT && !op->as.constant.data) return fail(ir, op, "a constant without data");
    Shape shape;
    DType dtype;
    const char *why = NULL;
    if (ir_rule(op, &shape, &dtype, &why) != RULE_OK) return fail(ir, op, why);
    if (!shape_equal(&shape, &op->shape)) return fail(ir, op, "its shape does not follow from its inputs");
    if (dtype != op->dtype) return fail(ir, op, "its element type does not follow from its inputs");
    return true;
}

bool ir_verify(const Ir *ir) {
    for (size_t i = 0; i < ir->ops.count; i++)
        if (!verify_op(ir, ir->ops.at[i], i)) return false;
    for (size_t i = 0; i < ir->n_inputs; i++)
        if (!stands_before(ir, ir->inputs[i], ir->ops.count) || ir->inputs[i]->kind != OP_INPUT)
            return diag_report(ir->diags, E900, NO_SOURCE,
                               "the ir is invalid: input %zu is not among the ops", i);
    for (size_t i = 0; i < ir->n_outputs; i++)
        if (!stands_before(ir, ir->outputs[i], ir->ops.count))
            return diag_report(ir->diags, E900, NO_SOURCE,
                               "the ir is invalid: output %zu is not among the ops", i);
    for (size_t i = 0; i < ir->states.count; i++) {
        const IrState *state = &ir->states.at[i];
        if (state->read->kind != OP_STATE || !stands_before(ir, state->read, ir->ops.count) ||
            !stands_before(ir, state->next, ir->ops.count) ||
            !shape_equal(&state->read->shape, &state->next->shape) ||
            state->read->dtype != state->next->dtype)
            return diag_report(ir->diags, E900, NO_SOURCE, "the ir is invalid: state %zu", i);
    }
    return true;
}

/* The Ir as a container: making it, naming its parts, dropping what no output needs. */
#include "ir/ir.h"

Ir *ir_new(Arena *arena, Diagnostics *diags) {
    Ir *ir = ARENA_NEW(arena, Ir);
    ir->arena = arena;
    ir->diags = diags;
    return ir;
}

static const char *const kind_names[] = {
#define OP(kind, name, min_inputs, max_inputs, about) name,
#include "ir/ops.def"
#undef OP
};

static const char *const unary_names[] = {
#define UNARY(kind, name, n_parameters, about) name,
#include "ir/unary.def"
#undef UNARY
};

static const int unary_parameters[] = {
#define UNARY(kind, name, n_parameters, about) n_parameters,
#include "ir/unary.def"
#undef UNARY
};

static const char *const binary_names[] = {"add", "sub", "mul", "div", "floordiv", "mod",
                                           "pow", "max", "min", "lt",  "le",       "gt",
                                           "ge",  "ne",  "eq",  "and", "or",       "xor"};

static const char *const reduce_names[] = {"sum", "mean", "max", "min", "prod"};
static const char *const row_names[] = {"softmax", "log_softmax", "sparsemax"};

const char *op_kind_name(OpKind kind) {
    return kind_names[kind];
}
const char *unary_function_name(UnaryFunction function) {
    return unary_names[function];
}
int unary_function_parameters(UnaryFunction function) {
    return unary_parameters[function];
}
const char *binary_function_name(BinaryFunction function) {
    return binary_names[function];
}
const char *reduce_function_name(ReduceFunction function) {
    return reduce_names[function];
}
const char *row_function_name(RowFunction function) {
    return row_names[function];
}

bool op_may_have_epilogue(OpKind kind) {
    return kind == OP_DENSE || kind == OP_SPARSE_DENSE || kind == OP_CONV2D || kind == OP_DEPTHWISE_CONV2D ||
           kind == OP_AFFINE || kind == OP_CONV3D || kind == OP_CONV_TRANSPOSE;
}

Op *op_residual(const Op *op) {
    return op->epilogue.residual ? op->inputs[op->n_inputs - 1] : NULL;
}

Op *op_bias(const Op *op) {
    return op->n_inputs - (op->epilogue.residual ? 1 : 0) > 2 ? op->inputs[2] : NULL;
}

/* Walks from the last op to the first, so that an op's users are known before the op itself: no recursion. */
static void count_uses(Ir *ir) {
    for (size_t i = 0; i < ir->ops.count; i++) ir->ops.at[i]->n_uses = 0;
    for (size_t i = 0; i < ir->n_outputs; i++) ir->outputs[i]->n_uses++;
    for (size_t i = 0; i < ir->states.count; i++) {
        ir->states.at[i].read->n_uses++;
        ir->states.at[i].next->n_uses++;
    }
    for (size_t i = ir->ops.count; i-- > 0;) {
        const Op *op = ir->ops.at[i];
        if (op->n_uses == 0) continue;
        for (size_t k = 0; k < op->n_inputs; k++) op->inputs[k]->n_uses++;
    }
}

void ir_renumber(Ir *ir) {
    count_uses(ir);
    size_t kept = 0;
    for (size_t i = 0; i < ir->ops.count; i++) {
        Op *op = ir->ops.at[i];
        if (op->n_uses == 0 && op->kind != OP_INPUT) continue;
        op->id = (uint32_t)kept;
        ir->ops.at[kept++] = op;
    }
    ir->ops.count = kept;
}

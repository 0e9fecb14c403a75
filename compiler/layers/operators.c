/* a + b, a < b, -a, abs(a) on symbolic tensors, by keras.ops' rules.
 *
 * In:  operands, at least one of them a tensor; the other may be a Python number.
 * Out: one operation node, named add, subtract, ...
 * Element types: a Python number takes the tensor's type where that can hold its kind (x + 1.5 of ints is
 * float32).
 */
#include <string.h>

#include "layers/operation.h"

typedef enum DTypeRule { RULE_PROMOTE, RULE_FLOAT, RULE_NO_BOOL, RULE_LOGICAL, RULE_COMPARE } DTypeRule;

typedef struct OperatorAttrs {
    const struct OperatorRow *row;
    Value operand[2];
} OperatorAttrs;

typedef struct OperatorRow {
    int source; /* BinaryOperator, or COMPARE_BASE + CompareOperator */
    const char *sign;
    BinaryFunction function;
    DTypeRule rule;
} OperatorRow;

enum { COMPARE_BASE = 100, FUNCTION_ONLY = -1 };

/* Of the next tensor of the call, or of a number. Inside a model the call has other tensors than the
 * operands. */
static Shape operand_shape(const LayerCall *call, Value value, size_t *next) {
    return value.kind == VALUE_TENSOR ? call->inputs[(*next)++]->shape : (Shape){0};
}

/* An operand for keras.backend.result_type; a tensor's type may be another than it was declared with. Where
 * the model runs, comparisons and % make a tensor of a number first, which is no longer weak. */
static DTypeOperand promotable(Value value, DType tensor_dtype, bool weak) {
    int64_t integer = 0;
    if (value.kind == VALUE_TENSOR) return (DTypeOperand){tensor_dtype, false};
    if (value.kind == VALUE_BOOL) return (DTypeOperand){DTYPE_BOOL, false};
    if (value.kind == VALUE_FLOAT) return (DTypeOperand){DTYPE_FLOAT32, weak};
    const bool wide = value_as_int(value, &integer) && (integer > INT32_MAX || integer < INT32_MIN);
    return (DTypeOperand){wide && !weak ? DTYPE_INT64 : DTYPE_INT32, weak};
}

/* The type that the operation computes in, given the tensors' types in the order of the operands. */
static DType compute_dtype(const Graph *graph, const OperatorAttrs *attrs, const DType *tensors,
                           bool running) {
    DTypeOperand operands[3];
    const DTypeRule rule = attrs->row->rule;
    const bool weak = !running || (rule != RULE_COMPARE && rule != RULE_NO_BOOL);
    for (int i = 0; i < 2; i++) {
        const Value value = attrs->operand[i];
        operands[i] = promotable(value, value.kind == VALUE_TENSOR ? *tensors++ : DTYPE_BOOL, weak);
    }
    operands[2] = (DTypeOperand){DTYPE_FLOAT32, true};
    const DType dtype = dtype_result_type(operands, rule == RULE_FLOAT ? 3 : 2, graph->settings.floatx);
    return rule == RULE_NO_BOOL && dtype == DTYPE_BOOL ? DTYPE_INT32 : dtype;
}

static bool binary_infer(LayerCall *call) {
    const OperatorAttrs *attrs = call->node_attrs;
    size_t next = 0;
    const Shape a = operand_shape(call, attrs->operand[0], &next),
                b = operand_shape(call, attrs->operand[1], &next);
    const DTypeRule rule = attrs->row->rule;
    DType tensors[2] = {DTYPE_FLOAT32, DTYPE_FLOAT32};
    for (size_t i = 0; i < call->n_inputs && i < 2; i++) tensors[i] = call->inputs[i]->dtype;
    const bool running = graph_traced_name(call->inputs, call->n_inputs) != NULL;
    const DType dtype = compute_dtype(call->graph, attrs, tensors, running);
    call->output_dtypes[0] = rule == RULE_LOGICAL || rule == RULE_COMPARE ? DTYPE_BOOL : dtype;
    return operation_broadcast(call, &a, &b, &call->output_shapes[0]);
}

/* The operand as an op of the type; *next is the node's next tensor input. */
static Op *lower_operand(Lowering *l, const Node *node, Value value, DType dtype, Op *const **next) {
    double number = 0;
    int64_t integer;
    if (value.kind == VALUE_TENSOR) return ir_cast(l, node, *(*next)++, dtype);
    if (dtype_is_integer(dtype) && value_as_int(value, &integer)) {
        int64_t *data = ARENA_NEW(l->ir->arena, int64_t);
        *data = integer;
        return ir_cast(l, node, ir_constant(l, node, node->layer->name, &(Shape){0}, DTYPE_INT64, data),
                       dtype);
    }
    (void)value_as_number(value, &number);
    return lower_scalar(l, node, dtype, number);
}

/* The batch is axis 0 of both, or of the one of higher rank: anything else would pair it with another axis.
 */
static bool batches_meet(Lowering *l, const Node *node) {
    for (size_t i = 0; i < node->n_inputs; i++) {
        const Shape *shape = &node->inputs[i]->shape;
        if (shape->rank == 0 || shape->rank == node->outputs[0]->shape.rank || shape->dim[0] != DIM_UNKNOWN)
            continue;
        return lower_unsupported(l, node, "the batch of one operand meets axis %d of the other",
                                 node->outputs[0]->shape.rank - shape->rank);
    }
    return true;
}

static bool lower_logical(Lowering *l, const Node *node, const OperatorAttrs *attrs, Op *const *inputs,
                          Op **outputs) {
    Op *side[2];
    for (int i = 0; i < 2; i++) {
        Value value = attrs->operand[i];
        double number = 0;
        if (value_as_number(value, &number)) value = value_bool(number != 0);
        side[i] = lower_operand(l, node, value, DTYPE_BOOL, &inputs);
    }
    outputs[0] = ir_binary(l, node, attrs->row->function, side[0], side[1]);
    return true;
}

static bool is_number(Value value, double wanted) {
    double number;
    return value_as_number(value, &number) && number == wanted;
}

/* Keras computes the powers of unsigned integers in int32. */
static bool lower_integer_power(Lowering *l, const Node *node, const OperatorAttrs *attrs, DType dtype,
                                Op *const *inputs, Op **outputs) {
    const bool is_unsigned = dtype == DTYPE_UINT8 || dtype == DTYPE_UINT16 || dtype == DTYPE_UINT32;
    const DType wide = is_unsigned ? DTYPE_INT32 : dtype;
    double exponent;
    if (value_as_number(attrs->operand[1], &exponent) && exponent < 0)
        return diag_report(
            l->ir->diags, E295, node->at,
            "layer \"%s\": Integers to negative integer powers are not allowed: the base is %s",
            node->layer->name, dtype_name(dtype));
    Op *a = lower_operand(l, node, attrs->operand[0], wide, &inputs);
    Op *b = lower_operand(l, node, attrs->operand[1], wide, &inputs);
    outputs[0] = ir_cast(l, node, ir_binary(l, node, BIN_POW, a, b), dtype);
    return true;
}

/* The operand; a Python float that becomes a tensor of its own first is a float32. */
static Value number_of(const OperatorAttrs *attrs, int side) {
    const Value value = attrs->operand[side];
    const bool tensor_first = attrs->row->rule == RULE_COMPARE || attrs->row->rule == RULE_NO_BOOL;
    double number;
    if (!tensor_first || value.kind != VALUE_FLOAT || !value_as_number(value, &number)) return value;
    return value_float((double)(float)number);
}

static bool binary_lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    const OperatorAttrs *attrs = node->attrs;
    if (!batches_meet(l, node)) return false;
    if (attrs->row->rule == RULE_LOGICAL) return lower_logical(l, node, attrs, inputs, outputs);
    DType tensors[2] = {DTYPE_FLOAT32, DTYPE_FLOAT32}; /* Keras may have called float what is still whole */
    for (size_t i = 0; i < node->n_inputs && i < 2; i++) tensors[i] = inputs[i]->dtype;
    const DType dtype = compute_dtype(l->graph, attrs, tensors, true);
    if (dtype == DTYPE_BOOL && attrs->row->function != BIN_NE)
        return lower_unsupported(l, node, "TensorFlow has no %s of bool", attrs->row->sign);
    if (attrs->row->function == BIN_POW && dtype_is_integer(dtype))
        return lower_integer_power(l, node, attrs, dtype, inputs, outputs);
    Op *a = lower_operand(l, node, number_of(attrs, 0), dtype, &inputs);
    const bool square = attrs->row->function == BIN_POW && is_number(attrs->operand[1], 2);
    if (square) return outputs[0] = ir_unary(l, node, a, UNARY_SQUARE, 0, 0, 0), true;
    Op *b = lower_operand(l, node, number_of(attrs, 1), dtype, &inputs);
    outputs[0] = ir_binary(l, node, attrs->row->function, a, b);
    return true;
}

#define BINARY(x) BINARY_##x
#define COMPARE(x) COMPARE_BASE + COMPARE_##x
static const OperatorRow rows[] = {
#define OPERATOR(id, name, sign, source, function, rule) {source, sign, function, rule},
#include "layers/operators.def"
#undef OPERATOR
};
enum { ROW_COUNT = sizeof rows / sizeof rows[0] };

static const LayerClass classes[ROW_COUNT] = {
#define OPERATOR(id, name_, sign, source, function, rule)                                                    \
    {.name = name_,                                                                                          \
     .module = "keras.src.ops.numpy",                                                                        \
     .about = sign,                                                                                          \
     .flags = LAYER_OPERATION | LAYER_NO_AUTOCAST | (rule == RULE_NO_BOOL ? LAYER_RUN_DTYPE : 0),            \
     .infer = binary_infer,                                                                                  \
     .lower = binary_lower},
#include "layers/operators.def"
#undef OPERATOR
};

/* Keras' own words for an operand without an element type. */
static bool check_operand(Graph *graph, Value value, SourceRange at) {
    double number;
    if (value.kind == VALUE_TENSOR) {
        if (value.as.tensor->dtype != DTYPE_STRING || value.as.tensor->poisoned) return true;
        return diag_report(graph->diags, E270, at,
                           "dtype='string' is not a valid dtype for Keras type promotion");
    }
    if (value.kind == VALUE_OPAQUE || value_as_number(value, &number)) return true;
    diag_report(graph->diags, E270, at, "Invalid dtype: %s", value_type_name(value));
    diag_help(graph->diags, at, NULL, "the operands may be tensors and numbers");
    return false;
}

static bool apply_row(Graph *graph, const OperatorRow *row, Value left, Value right, SourceRange at,
                      Value *out) {
    *out = value_none();
    if (!check_operand(graph, left, at) || !check_operand(graph, right, at))
        return *out = layer_poison(graph, at), false;
    OperatorAttrs *attrs = ARENA_NEW(graph->arena, OperatorAttrs);
    *attrs = (OperatorAttrs){.row = row, .operand = {left, right}};
    return operation_record(graph, &classes[row - rows], attrs->operand, 2, attrs, at, out);
}

static bool apply(Graph *graph, int source, Value left, Value right, SourceRange at, Value *out) {
    const OperatorRow *row = rows;
    while (row < rows + ROW_COUNT && row->source != source) row++;
    return apply_row(graph, row, left, right, at, out);
}

bool operator_function(Graph *graph, const char *class_name, Value left, Value right, SourceRange at,
                       Value *out) {
    size_t row = 0;
    if (strcmp(class_name, "Matmul") == 0) return operator_matmul(graph, left, right, at, out);
    while (strcmp(classes[row].name, class_name) != 0) row++;
    return apply_row(graph, &rows[row], left, right, at, out);
}

bool operator_binary(Graph *graph, BinaryOperator op, Value left, Value right, SourceRange at, Value *out) {
    if (op == BINARY_MATMUL) return operator_matmul(graph, left, right, at, out);
    if (op != BINARY_LSHIFT && op != BINARY_RSHIFT) return apply(graph, (int)op, left, right, at, out);
    *out = layer_poison(graph, at);
    return diag_report(graph->diags, E274, at, "unsupported operand type(s) for %s: '%s' and '%s'",
                       op == BINARY_LSHIFT ? "<<" : ">>", value_type_name(left), value_type_name(right));
}

bool operator_compare(Graph *graph, CompareOperator op, Value left, Value right, SourceRange at, Value *out) {
    if (op == COMPARE_IN || op == COMPARE_NOT_IN) {
        *out = layer_poison(graph, at);
        return diag_report(graph->diags, E274, at, "A symbolic KerasTensor cannot be used as a boolean");
    }
    return apply(graph, COMPARE_BASE + (int)op, left, right, at, out);
}

/* ---- unary ---- */

static bool unary_infer(LayerCall *call) {
    const UnaryFunction function = *(const UnaryFunction *)call->node_attrs;
    call->output_dtypes[0] = function == UNARY_LOGICAL_NOT ? DTYPE_BOOL : call->inputs[0]->dtype;
    return true;
}

static bool unary_lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    const UnaryFunction function = *(const UnaryFunction *)node->attrs;
    const DType dtype = inputs[0]->dtype;
    const bool is_unsigned = dtype >= DTYPE_UINT8 && dtype <= DTYPE_UINT64 && (dtype - DTYPE_UINT8) % 2 == 0;
    if (function == UNARY_ABS && (dtype == DTYPE_BOOL || is_unsigned)) return outputs[0] = inputs[0], true;
    if (function == UNARY_NEGATE && (dtype == DTYPE_BOOL || is_unsigned))
        return diag_report(l->ir->diags, E296, node->at, "layer \"%s\": TensorFlow cannot negate %s",
                           node->layer->name, dtype_name(dtype));
    Op *x = function == UNARY_LOGICAL_NOT ? ir_cast(l, node, inputs[0], DTYPE_BOOL) : inputs[0];
    outputs[0] = ir_unary(l, node, x, function, 0, 0, 0);
    return true;
}

static const LayerClass unary_classes[] = {
#define UNARY_OPERATION(name_, sign)                                                                         \
    {                                                                                                        \
        .name = name_, .module = "keras.src.ops.numpy", .about = sign,                                       \
        .flags = LAYER_OPERATION | LAYER_NO_AUTOCAST, .infer = unary_infer, .lower = unary_lower             \
    }
    UNARY_OPERATION("Negative", "-x"),
    UNARY_OPERATION("Absolute", "abs(x)"),
    UNARY_OPERATION("LogicalNot", "~x"),
};

static bool apply_unary(Graph *graph, int row, UnaryFunction function, Value operand, SourceRange at,
                        Value *out) {
    UnaryFunction *attrs = ARENA_NEW(graph->arena, UnaryFunction);
    *attrs = function;
    return operation_record(graph, &unary_classes[row], &operand, 1, attrs, at, out);
}

bool operator_unary(Graph *graph, UnaryOperator op, Value operand, SourceRange at, Value *out) {
    if (op == UNARY_OP_NEGATE) return apply_unary(graph, 0, UNARY_NEGATE, operand, at, out);
    if (op == UNARY_OP_INVERT) return apply_unary(graph, 2, UNARY_LOGICAL_NOT, operand, at, out);
    *out = layer_poison(graph, at);
    if (op == UNARY_OP_PLUS)
        return diag_report(graph->diags, E274, at, "bad operand type for unary +: 'KerasTensor'");
    return diag_report(graph->diags, E274, at, "A symbolic KerasTensor cannot be used as a boolean");
}

bool operator_abs(Graph *graph, Value operand, SourceRange at, Value *out) {
    return apply_unary(graph, 1, UNARY_ABS, operand, at, out);
}

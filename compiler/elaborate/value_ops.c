/* Operators on values, sorted out by the types of the operands; see value_ops.h. */
#include "elaborate/value_ops.h"

#include <string.h>

#include "elaborate/value_ops_parts.h"
#include "layers/operators.h"
#include "layers/rules.h"
#include "value/opaque.h"

static const char *const SYMBOLS[] = {
    [BINARY_ADD] = "+",       [BINARY_SUB] = "-", [BINARY_MUL] = "*",           [BINARY_MATMUL] = "@",
    [BINARY_DIV] = "/",       [BINARY_MOD] = "%", [BINARY_POW] = "** or pow()", [BINARY_LSHIFT] = "<<",
    [BINARY_RSHIFT] = ">>",   [BINARY_OR] = "|",  [BINARY_XOR] = "^",           [BINARY_AND] = "&",
    [BINARY_FLOORDIV] = "//",
};

bool value_as_float(Value value, double *out) {
    int64_t integer;
    if (value.kind == VALUE_FLOAT)
        *out = value.as.real;
    else if (value_as_int(value, &integer))
        *out = (double)integer;
    else
        return false;
    return true;
}

bool value_is_integer(Value value) {
    return value.kind == VALUE_INT || value.kind == VALUE_BOOL;
}
bool value_is_number(Value value) {
    return value_is_integer(value) || value.kind == VALUE_FLOAT;
}
bool value_is_list(Value value) {
    return value.kind == VALUE_LIST && !value.as.list->type && !value.as.list->once;
}

bool value_has_items(Value value) {
    return value.kind == VALUE_LIST || value.kind == VALUE_TUPLE || value.kind == VALUE_SET;
}

Value value_history_tuple(Arena *arena, Value history) {
    const History *h = &history.as.tensor->history;
    Value tuple = value_list_new(arena, VALUE_TUPLE);
    value_list_push(arena, tuple, h->layer ? value_layer(h->layer) : value_none());
    value_list_push(arena, tuple, value_int(h->node_index));
    value_list_push(arena, tuple, value_int(h->tensor_index));
    return tuple;
}

/* Things whose operators we do not know: what they would give is unknown rather than an error. */
static bool is_unmodelled(Value value) {
    switch (value.kind) {
    case VALUE_SYMBOL:
    case VALUE_CONFIG:
    case VALUE_NAMESPACE:
    case VALUE_CLASS:
    case VALUE_INSTANCE:
    case VALUE_BUILTIN: /* int | None in a type hint */
    case VALUE_LAYER_CLASS:
    case VALUE_DTYPE: return true;
    default: return false;
    }
}

static const Opaque *either_opaque(Value left, Value right) {
    const Opaque *cause = eval_opaque_of(left);
    return cause ? cause : eval_opaque_of(right);
}

static bool unsupported(Eval *eval, const char *symbol, Value left, Value right, SourceRange at, Value *out) {
    if (is_unmodelled(left) || is_unmodelled(right)) {
        const char *reason = arena_printf(eval->arena, "'%s' on %s and %s is not evaluated", symbol,
                                          value_class_name(left), value_class_name(right));
        *out = eval_opaque(eval, at, reason);
        return true;
    }
    return RAISE_TYPE(eval, at, "unsupported operand type(s) for %s: '%s' and '%s'", symbol,
                      value_class_name(left), value_class_name(right));
}

static bool binary_known(Eval *eval, BinaryOperator op, const char *symbol, Value left, Value right,
                         SourceRange at, Value *out) {
    if (op == BINARY_MOD && (left.kind == VALUE_STR || left.kind == VALUE_BYTES)) {
        return percent_format(eval, left, right, at, out);
    }
    if (left.kind == VALUE_TENSOR || right.kind == VALUE_TENSOR) {
        const DiagMark mark = diag_mark(eval->diags);
        return operator_binary(eval->graph, op, left, right, at, out) || eval_raised(eval, mark);
    }
    if (value_is_number(left) && value_is_number(right) && op != BINARY_MATMUL) {
        if ((left.kind != VALUE_FLOAT && right.kind != VALUE_FLOAT) || op <= BINARY_POW ||
            op == BINARY_FLOORDIV) {
            return number_binary(eval, op, left, right, at, out);
        }
    }
    bool handled = true;
    if (!sequence_binary(eval, op, left, right, at, out, &handled)) return false;
    return handled || unsupported(eval, symbol, left, right, at, out);
}

bool value_binary(Eval *eval, BinaryOperator op, Value left, Value right, SourceRange at, Value *out) {
    const Opaque *cause = either_opaque(left, right);
    if (cause) {
        *out = eval_opaque_from(eval, cause);
        return true;
    }
    return binary_known(eval, op, SYMBOLS[op], left, right, at, out);
}

static bool extend_in_place(Eval *eval, Value target, Value value, SourceRange at) {
    List *items;
    if (!eval_iterate(eval, value, at, &items)) return false;
    if (items->opaque) {
        eval_spoil(eval, target, items->opaque);
        return true;
    }
    if (!eval_charge(eval, at, items->items.count)) return false;
    for (size_t i = 0; i < items->items.count; i++) value_list_push(eval->arena, target, items->items.at[i]);
    return true;
}

/* list *= n, set |= s and dict |= d give the new content to the object that is there. */
static bool replace_in_place(Eval *eval, BinaryOperator op, Value target, Value value, SourceRange at,
                             Value *out) {
    const char *symbol = arena_printf(eval->arena, "%s=", SYMBOLS[op]);
    Value result;
    if (!binary_known(eval, op, symbol, target, value, at, &result)) return false;
    *out = result;
    if (result.kind != target.kind) return true;
    if (target.kind == VALUE_DICT) {
        target.as.dict->entries = result.as.dict->entries;
        target.as.dict->index = NULL;
    } else {
        target.as.list->items = result.as.list->items;
        target.as.list->index = NULL;
    }
    *out = target;
    return true;
}

bool value_augmented(Eval *eval, BinaryOperator op, Value target, Value value, SourceRange at, Value *out) {
    const bool mutable_ = value_is_list(target) || target.kind == VALUE_DICT ||
                          (target.kind == VALUE_SET && !target.as.list->type);
    *out = target;
    if (!mutable_ || value.kind == VALUE_TENSOR) {
        const Opaque *cause = either_opaque(target, value);
        if (cause)
            *out = eval_opaque_from(eval, cause);
        else
            return binary_known(eval, op, arena_printf(eval->arena, "%s=", SYMBOLS[op]), target, value, at,
                                out);
        return true;
    }
    const Opaque *cause = eval_opaque_of(value);
    if (cause && !eval_opaque_of(target)) eval_spoil(eval, target, cause);
    if (cause || eval_opaque_of(target)) return true;
    if (op == BINARY_ADD && target.kind == VALUE_LIST) return extend_in_place(eval, target, value, at);
    return replace_in_place(eval, op, target, value, at, out);
}

static bool bad_unary(Eval *eval, UnaryOperator op, Value operand, SourceRange at, Value *out) {
    const char *symbol = op == UNARY_OP_NEGATE ? "-" : op == UNARY_OP_PLUS ? "+" : "~";
    if (is_unmodelled(operand)) {
        *out = eval_opaque(
            eval, at,
            arena_printf(eval->arena, "'%s' on %s is not evaluated", symbol, value_class_name(operand)));
        return true;
    }
    return RAISE_TYPE(eval, at, "bad operand type for unary %s: '%s'", symbol, value_class_name(operand));
}

bool value_unary(Eval *eval, UnaryOperator op, Value operand, SourceRange at, Value *out) {
    const Opaque *cause = eval_opaque_of(operand);
    if (cause) {
        *out = eval_opaque_from(eval, cause);
        return true;
    }
    if (op == UNARY_OP_NOT) {
        bool truth;
        if (!value_truth(eval, operand, at, &truth)) return false;
        *out = value_bool(!truth);
        return true;
    }
    if (operand.kind == VALUE_TENSOR) {
        const DiagMark mark = diag_mark(eval->diags);
        return operator_unary(eval->graph, op, operand, at, out) || eval_raised(eval, mark);
    }
    if (value_is_number(operand) && !(op == UNARY_OP_INVERT && operand.kind == VALUE_FLOAT)) {
        return number_unary(eval, op, operand, at, out);
    }
    return bad_unary(eval, op, operand, at, out);
}

bool value_truth(Eval *eval, Value value, SourceRange at, bool *out) {
    const Opaque *cause = eval_opaque_of(value);
    if (cause) return RAISE_TYPE(eval, at, "the truth of this value is unknown: %s", cause->reason);
    *out = true;
    switch (value.kind) {
    case VALUE_NONE: *out = false; break;
    case VALUE_BOOL: *out = value.as.boolean; break;
    case VALUE_INT: *out = value.as.integer != 0; break;
    case VALUE_FLOAT: *out = value.as.real != 0; break;
    case VALUE_STR:
    case VALUE_BYTES: *out = value.as.str->length != 0; break;
    case VALUE_LIST:
    case VALUE_TUPLE:
    case VALUE_SET: *out = value.as.list->items.count != 0 || value.as.list->once; break;
    case VALUE_DICT: *out = value.as.dict->entries.count != 0; break;
    case VALUE_RANGE: *out = range_length(value.as.range) != 0; break;
    case VALUE_TENSOR: return RAISE_TYPE(eval, at, "A symbolic KerasTensor cannot be used as a boolean");
    default: break;
    }
    return true;
}

/* ---- looking for unknown parts ---- */

const Opaque *value_unknown_inside(Value value) {
    uint64_t visits = 0;
    return value_opaque_inside(value, eval_opaque_of, &visits);
}

bool value_look_inside(Eval *eval, Value value, SourceRange at, const Opaque **cause) {
    uint64_t visits = 0;
    *cause = value_opaque_inside(value, eval_opaque_of, &visits);
    return visits < 64 || eval_charge(eval, at, visits / 8);
}

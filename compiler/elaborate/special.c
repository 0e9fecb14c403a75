/* See special.h. Python's own rules: the left operand is asked first, then the right one by the reflected
 * method; NotImplemented is not evaluated, as no file of a model has been seen to need it.
 */
#include "elaborate/special.h"

#include <string.h>

#include "elaborate/numpy.h"

static const char *const BINARY_NAMES[] = {
    [BINARY_ADD] = "add",          [BINARY_SUB] = "sub", [BINARY_MUL] = "mul", [BINARY_MATMUL] = "matmul",
    [BINARY_DIV] = "truediv",      [BINARY_MOD] = "mod", [BINARY_POW] = "pow", [BINARY_LSHIFT] = "lshift",
    [BINARY_RSHIFT] = "rshift",    [BINARY_OR] = "or",   [BINARY_XOR] = "xor", [BINARY_AND] = "and",
    [BINARY_FLOORDIV] = "floordiv"};

bool special_binary(Eval *eval, BinaryOperator op, Value left, Value right, SourceRange at, Value *out,
                    bool *found) {
    *found = numpy_is_array(left) || numpy_is_array(right);
    if (*found) return numpy_binary(eval, op, left, right, at, out);
    const char *name = BINARY_NAMES[op];
    if (instance_of(left) &&
        !instance_special(eval, left, eval_str(eval, "__%s__", name), &right, 1, at, out, found))
        return false;
    if (*found || !instance_of(right)) return true;
    return instance_special(eval, right, eval_str(eval, "__r%s__", name), &left, 1, at, out, found);
}

/* Two objects of one dataclass are equal where their fields are. */
static bool compare_fields(Eval *eval, const Instance *left, const Instance *right, bool *equal) {
    const List *names = left->class_->fields->as.list;
    *equal = true;
    for (size_t i = 0; i < names->items.count && *equal; i++) {
        const DictEntry *a = value_dict_find(eval->arena, left->attributes, names->items.at[i]);
        const DictEntry *b = value_dict_find(eval->arena, right->attributes, names->items.at[i]);
        if (!a || !b || eval_opaque_inside(a->value) || eval_opaque_inside(b->value)) return false;
        *equal = value_equal(a->value, b->value);
    }
    return true;
}

/* == and != where no __eq__ is written: by fields, or by identity. */
static bool compare_plain(Eval *eval, CompareOperator op, Value left, Value right, Value *out, bool *found) {
    const Instance *a = instance_of(left), *b = instance_of(right);
    bool equal = a == b && left.kind == right.kind;
    *found = left.kind == VALUE_INSTANCE && right.kind != VALUE_OPAQUE && right.kind != VALUE_TENSOR;
    if (!*found) return true;
    if (a && b && a != b && a->class_ == b->class_ && a->class_->fields)
        *found = compare_fields(eval, a, b, &equal);
    *out = value_bool(equal == (op == COMPARE_EQ));
    return true;
}

bool special_compare(Eval *eval, CompareOperator op, Value left, Value right, SourceRange at, Value *out,
                     bool *found) {
    static const char *const NAMES[][2] = {
        [COMPARE_EQ] = {"__eq__", "__eq__"}, [COMPARE_NE] = {"__ne__", "__ne__"},
        [COMPARE_LT] = {"__lt__", "__gt__"}, [COMPARE_LE] = {"__le__", "__ge__"},
        [COMPARE_GT] = {"__gt__", "__lt__"}, [COMPARE_GE] = {"__ge__", "__le__"}};
    const bool identity = op == COMPARE_IS || op == COMPARE_IS_NOT;
    *found = !identity && (numpy_is_array(left) || numpy_is_array(right));
    if (*found) {
        *out = eval_opaque_package(eval, at, "comparing arrays of numpy is not evaluated");
        return true;
    }
    if (op == COMPARE_IN || op == COMPARE_NOT_IN) {
        if (!instance_of(right)) return true;
        if (!instance_special(eval, right, "__contains__", &left, 1, at, out, found)) return false;
    } else if (op <= COMPARE_GE) {
        if (instance_of(left) && !instance_special(eval, left, NAMES[op][0], &right, 1, at, out, found))
            return false;
        if (!*found && instance_of(right) &&
            !instance_special(eval, right, NAMES[op][1], &left, 1, at, out, found))
            return false;
    }
    const bool negated = op == COMPARE_NOT_IN && *found;
    if (negated) {
        const Opaque *unknown;
        bool truth;
        if (!eval_truth(eval, *out, at, &truth, &unknown)) return false;
        *out = unknown ? eval_value_of(unknown) : value_bool(!truth);
    }
    if (*found || (op != COMPARE_EQ && op != COMPARE_NE)) return true;
    if (op == COMPARE_NE && instance_of(left) &&
        !instance_special(eval, left, "__eq__", &right, 1, at, out, found))
        return false;
    if (*found) {
        if (out->kind == VALUE_BOOL) *out = value_bool(!out->as.boolean);
        return true;
    }
    return compare_plain(eval, op, left, right, out, found);
}

bool special_unary(Eval *eval, UnaryOperator op, Value operand, SourceRange at, Value *out, bool *found) {
    *found = numpy_is_array(operand);
    if (*found)
        return numpy_binary(eval, BINARY_MUL, operand, value_int(op == UNARY_OP_NEGATE ? -1 : 1), at, out);
    const char *name = op == UNARY_OP_NEGATE ? "__neg__" : op == UNARY_OP_PLUS ? "__pos__" : "__invert__";
    return instance_special(eval, operand, name, NULL, 0, at, out, found);
}

bool special_builtin(Eval *eval, const char *name, const Arguments *arguments, Value *out, bool *found) {
    static const char *const METHODS[][3] = {
        {"len", "__len__"},     {"str", "__str__", "__repr__"}, {"repr", "__repr__"}, {"abs", "__abs__"},
        {"int", "__int__"},     {"float", "__float__"},         {"iter", "__iter__"}, {"next", "__next__"},
        {"round", "__round__"}, {"reversed", "__reversed__"}};
    *found = false;
    if (arguments->count != 1 || !instance_of(arguments->at[0].value)) return true;
    for (size_t i = 0; i < sizeof METHODS / sizeof METHODS[0]; i++) {
        if (strcmp(METHODS[i][0], name) != 0) continue;
        for (size_t k = 1; k < 3 && METHODS[i][k] && !*found; k++)
            if (!instance_special(eval, arguments->at[0].value, METHODS[i][k], NULL, 0, arguments->call, out,
                                  found))
                return false;
        return true;
    }
    return true;
}

bool special_truth(Eval *eval, Value *value, SourceRange at) {
    bool found = false;
    const Value object = *value;
    if (numpy_is_array(object))
        *value = eval_opaque_package(eval, at, "the truth of an array is not evaluated");
    if (!instance_of(object)) return true;
    if (!instance_special(eval, object, "__bool__", NULL, 0, at, value, &found)) return false;
    if (!found && !instance_special(eval, object, "__len__", NULL, 0, at, value, &found)) return false;
    if (!found && object.kind == VALUE_INSTANCE) *value = value_bool(true);
    return true;
}

/* The items by index, for an object without __iter__. */
static bool items_by_index(Eval *eval, Value object, SourceRange at, Value *out, bool *found) {
    Value length;
    if (!instance_special(eval, object, "__len__", NULL, 0, at, &length, found)) return false;
    if (!*found || length.kind != VALUE_INT) return true;
    *out = value_list_new(eval->arena, VALUE_LIST);
    for (int64_t i = 0; i < length.as.integer; i++) {
        const Value index = value_int(i);
        Value item;
        if (!instance_special(eval, object, "__getitem__", &index, 1, at, &item, found)) return false;
        if (!*found) return true;
        value_list_push(eval->arena, *out, item);
    }
    return true;
}

bool special_iterable(Eval *eval, Value *value, SourceRange at) {
    bool found;
    const Value object = *value;
    Value items;
    if (!instance_of(object)) return true;
    if (!instance_special(eval, object, "__iter__", NULL, 0, at, &items, &found)) return false;
    if (!found && !items_by_index(eval, object, at, &items, &found)) return false;
    if (found) *value = items;
    return true;
}

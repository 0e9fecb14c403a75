/* Expressions: AST to Value. Operators and subscripts are value_ops.h's; here is the order of evaluation,
 * what an unknown operand means for the rest, and names.
 *
 * Invariant: a part that may or may not run because of something unknown is skipped (eval_skip.c), never run.
 */
#include <string.h>

#include "base/text.h"
#include "elaborate/eval_parts.h"
#include "elaborate/iterate.h"
#include "elaborate/numpy.h"
#include "elaborate/special.h"
#include "layers/activation.h"

bool eval_checked(Eval *eval, DiagMark mark, bool ok) {
    if (ok && !diag_first_error(eval->diags, mark, NULL)) return true;
    return eval_raised(eval, mark);
}

bool eval_truth(Eval *eval, Value value, SourceRange at, bool *out, const Opaque **unknown) {
    *out = false;
    *unknown = NULL;
    if (!eval_opaque_of(value) && !special_truth(eval, &value, at)) return false;
    *unknown = eval_opaque_of(value);
    if (!*unknown) *unknown = eval_known_opaque(eval, value, at);
    if (*unknown) {
        eval->opaque_uses++;
        return true;
    }
    const DiagMark mark = diag_mark(eval->diags);
    return eval_checked(eval, mark, value_truth(eval, value, at, out));
}

/* ---- names ---- */

bool eval_lookup(Eval *eval, const char *name, Value *out, bool *unbound) {
    const LookupResult result = scope_lookup(eval_scope(eval), name, out);
    *unbound = result == LOOKUP_UNBOUND;
    if (result == LOOKUP_FOUND) return true;
    if (result == LOOKUP_UNBOUND) return false;
    const Builtin *builtin = builtin_find(name);
    if (builtin) {
        *out = value_builtin(builtin);
        return true;
    }
    if (exception_is_name(name)) {
        *out = exception_class(eval, name);
        return true;
    }
    if (strcmp(name, "exit") == 0 || strcmp(name, "quit") == 0) {
        *out = value_builtin(keras_function("sys.exit"));
        return true;
    }
    return eval->predefined && namespace_predefined(eval, name, NO_SOURCE, out);
}

/* Names that Python has and we do not evaluate. */
static bool is_other_builtin(const char *name) {
    static const char *const NAMES[] = {
        "open",    "input",        "memoryview", "bytearray",      "complex",     "dir",
        "compile", "id",           "hash",       "help",           "iter",        "next",
        "slice",   "setattr",      "delattr",    "NotImplemented", "Ellipsis",    "breakpoint",
        "aiter",   "anext",        "ascii",      "display",        "get_ipython", "__file__",
        "__doc__", "__builtins__", "__spec__",   "__package__",    "__loader__"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        if (strcmp(NAMES[i], name) == 0) return true;
    return false;
}

/* What may bind names that the text does not show. */
static bool binds_any_name(const char *name) {
    return strcmp(name, "globals") == 0 || strcmp(name, "exec") == 0 || strcmp(name, "eval") == 0 ||
           strcmp(name, "vars") == 0 || strcmp(name, "locals") == 0;
}

/* A layer of Keras that the file does not import. */
static void suggest_layer(Eval *eval, const char *name, SourceRange at) {
    size_t count = 0;
    const LayerClass *const *classes = layer_class_all(&count);
    const char **names = ARENA_ARRAY(eval->arena, const char *, count);
    for (size_t i = 0; i < count; i++) names[i] = classes[i]->name;
    const char *near = text_nearest(name, names, count);
    if (near) diag_help(eval->diags, at, NULL, "Keras has '%s': did you mean keras.layers.%s?", near, near);
}

/* `activation=softmax` for `activation='softmax'`. */
static bool suggest_string(Eval *eval, const char *name, SourceRange at) {
    const SourceFile *file = sources_get(eval->sources, at.file);
    if (activation_find(name) < 0 || !file || at.end >= file->length || file->text[at.end] == '(')
        return false;
    diag_help(eval->diags, at, eval_str(eval, "'%s'", name), "an activation is named by a string: '%s'",
              name);
    return true;
}

static void suggest_name(Eval *eval, const char *name, SourceRange at) {
    if (suggest_string(eval, name, at)) return;
    VEC(const char *) names = {0};
    for (const Scope *scope = eval_scope(eval); scope; scope = scope->parent)
        for (size_t i = 0; i < scope->cells.count; i++)
            vec_push(eval->arena, &names, scope->cells.entries[i].key);
    if (text_nearest(name, names.at, names.count)) { /* the file's own names come before Python's */
        eval_suggest(eval, at, name, names.at, names.count);
        return;
    }
    size_t count = 0;
    const Builtin *all = builtin_all(&count);
    for (size_t i = 0; i < count; i++) vec_push(eval->arena, &names, all[i].name);
    const LayerClass *const *classes = layer_class_all(&count);
    for (size_t i = 0; i < count && eval->predefined; i++) vec_push(eval->arena, &names, classes[i]->name);
    static const char *const CONSTANTS[] = {"True", "False", "None"};
    for (size_t i = 0; i < 3; i++) vec_push(eval->arena, &names, CONSTANTS[i]);
    Value ignored;
    if (text_nearest(name, names.at, names.count))
        eval_suggest(eval, at, name, names.at, names.count);
    else if (namespace_predefined(eval, name, at, &ignored))
        diag_help(eval->diags, at, NULL, "Keras has this name, but the file does not import it");
    else
        suggest_layer(eval, name, at);
}

/* One name is reported once, however often it is missing, and not at all where a misspelt one explains it. */
static bool missing_name(Eval *eval, const char *name, SourceRange at) {
    if (diag_name_is_known(eval->diags, E301, name)) {
        eval->raised_type = diag_info(E301)->exception;
        eval->raised_text = eval_str(eval, "name '%s' is not defined", name);
        return false;
    }
    eval_raise(eval, E301, NULL, at, "name '%s' is not defined", name);
    suggest_name(eval, name, at);
    return false;
}

static bool eval_name(Eval *eval, const Expr *expr, Value *out) {
    bool unbound;
    if (eval_lookup(eval, expr->as.name, out, &unbound)) {
        if (out->kind == VALUE_LIST && out->as.list->view_of) iterate_refresh_view(eval, out->as.list);
        return true;
    }
    if (unbound)
        return eval_raise(eval, E307, NULL, expr->at,
                          "cannot access local variable '%s' where it is not associated with a value",
                          expr->as.name);
    if (is_other_builtin(expr->as.name)) {
        if (binds_any_name(expr->as.name))
            scope_module(eval_scope(eval))->star =
                eval_opaque(eval, expr->at, eval_str(eval, "Python's %s is not evaluated", expr->as.name))
                    .as.opaque;
        *out = eval_opaque(eval, expr->at, eval_str(eval, "Python's %s is not evaluated", expr->as.name));
        if (strncmp(expr->as.name, "set", 3) != 0 && strncmp(expr->as.name, "del", 3) != 0)
            *out = eval_opaque_package(eval, expr->at, "Python's %s is not evaluated", expr->as.name);
        return true;
    }
    if (scope_module(eval_scope(eval))->star) {
        *out = eval_opaque_from(eval, scope_module(eval_scope(eval))->star);
        return true;
    }
    return missing_name(eval, expr->as.name, expr->at);
}

/* ---- displays ---- */

static bool push_starred(Eval *eval, const Expr *starred, Value into) {
    Value value;
    List *items;
    if (!eval_expression(eval, starred->as.value, &value)) return false;
    if (!eval_iterate(eval, value, starred->as.value->at, &items)) return false;
    if (items->opaque) into.as.list->opaque = items->opaque;
    for (size_t i = 0; i < items->items.count; i++) value_list_push(eval->arena, into, items->items.at[i]);
    return true;
}

static bool eval_sequence(Eval *eval, const Expr *expr, Value *out) {
    const ValueKind kind = expr->kind == EXPR_LIST  ? VALUE_LIST
                           : expr->kind == EXPR_SET ? VALUE_SET
                                                    : VALUE_TUPLE;
    const Value list = value_list_new(eval->arena, kind == VALUE_SET ? VALUE_LIST : kind);
    for (size_t i = 0; i < expr->as.elements.count; i++) {
        const Expr *element = expr->as.elements.at[i];
        Value value;
        if (element->kind == EXPR_STARRED) {
            if (!push_starred(eval, element, list)) return false;
        } else {
            if (!eval_expression(eval, element, &value)) return false;
            value_list_push(eval->arena, list, value);
        }
    }
    if (!eval_charge(eval, expr->at, list.as.list->items.count)) return false;
    if (list.as.list->opaque && kind != VALUE_LIST) {
        *out = eval_opaque_from(eval, list.as.list->opaque);
        return true;
    }
    *out = list;
    if (kind != VALUE_SET) return true;
    *out = value_list_new(eval->arena, VALUE_SET);
    for (size_t i = 0; i < list.as.list->items.count; i++)
        if (!value_add_to_set(eval, *out, list.as.list->items.at[i], expr->at)) return false;
    return true;
}

/* `**other` in a display: the entries of another dict. */
static bool merge_dict(Eval *eval, const Expr *expr, Value into) {
    Value value;
    if (!eval_expression(eval, expr, &value)) return false;
    const Opaque *cause = eval_opaque_of(value);
    if (cause) {
        into.as.dict->opaque = cause;
        return true;
    }
    if (value.kind != VALUE_DICT)
        return eval_raise(eval, E320, NULL, expr->at, "'%s' object is not a mapping",
                          value_class_name(value));
    for (size_t i = 0; i < value.as.dict->entries.count; i++)
        value_dict_put(eval->arena, into.as.dict, value.as.dict->entries.at[i].key,
                       value.as.dict->entries.at[i].value);
    return true;
}

static bool eval_dict(Eval *eval, const Expr *expr, Value *out) {
    const Value dict = value_dict_new(eval->arena);
    for (size_t i = 0; i < expr->as.dict.values.count; i++) {
        const Expr *key_expr = expr->as.dict.keys.at[i], *value_expr = expr->as.dict.values.at[i];
        Value key, value;
        if (!key_expr) {
            if (!merge_dict(eval, value_expr, dict)) return false;
            continue;
        }
        if (!eval_expression(eval, key_expr, &key) || !eval_expression(eval, value_expr, &value))
            return false;
        const Opaque *cause = eval_opaque_inside(key);
        if (cause && key.kind != VALUE_TENSOR && key.kind != VALUE_LAYER)
            dict.as.dict->opaque = cause;
        else if (!value_store_subscript(eval, dict, key, value, key_expr->at))
            return false;
    }
    *out = dict;
    return true;
}

/* ---- operators ---- */

static bool tensor_opaque(Value value, const Opaque **cause) {
    if (value.kind != VALUE_TENSOR && value.kind != VALUE_LAYER) return false;
    *cause = eval_opaque_of(value);
    return *cause != NULL;
}

static bool eval_binary(Eval *eval, const Expr *expr, Value *out) {
    Value left, right;
    if (!eval_expression(eval, expr->as.binary.left, &left) ||
        !eval_expression(eval, expr->as.binary.right, &right))
        return false;
    const Opaque *cause;
    if (tensor_opaque(left, &cause) || tensor_opaque(right, &cause)) {
        *out = eval_opaque_from(eval, cause);
        return true;
    }
    bool found;
    if (!special_binary(eval, expr->as.binary.op, left, right, expr->at, out, &found)) return false;
    if (found) return true;
    const DiagMark mark = diag_mark(eval->diags);
    return eval_checked(eval, mark, value_binary(eval, expr->as.binary.op, left, right, expr->at, out));
}

static bool eval_unary(Eval *eval, const Expr *expr, Value *out) {
    Value operand;
    if (!eval_expression(eval, expr->as.unary.operand, &operand)) return false;
    const Opaque *cause;
    if (tensor_opaque(operand, &cause)) {
        *out = eval_opaque_from(eval, cause);
        return true;
    }
    if (expr->as.unary.op == UNARY_OP_NOT) {
        bool truth;
        if (!eval_truth(eval, operand, expr->as.unary.operand->at, &truth, &cause)) return false;
        *out = cause ? eval_opaque_from(eval, cause) : value_bool(!truth);
        return true;
    }
    bool found;
    if (!special_unary(eval, expr->as.unary.op, operand, expr->at, out, &found)) return false;
    if (found) return true;
    const DiagMark mark = diag_mark(eval->diags);
    return eval_checked(eval, mark, value_unary(eval, expr->as.unary.op, operand, expr->at, out));
}

/* `a and b or c`: once an operand's truth is unknown, the rest may or may not run. */
static bool eval_bool_op(Eval *eval, const Expr *expr, Value *out) {
    const ExprList *operands = &expr->as.bool_op.operands;
    for (size_t i = 0; i < operands->count; i++) {
        bool truth;
        const Opaque *unknown;
        if (!eval_expression(eval, operands->at[i], out)) return false;
        if (i + 1 == operands->count) return true;
        if (!eval_truth(eval, *out, operands->at[i]->at, &truth, &unknown)) return false;
        if (unknown) {
            for (size_t k = i + 1; k < operands->count; k++) skip_expression(eval, operands->at[k], unknown);
            *out = skip_result(eval, (const Expr *const *)operands->at + i, operands->count - i, unknown);
            return true;
        }
        if (truth == expr->as.bool_op.is_or) return true;
    }
    return true;
}

static bool compare(Eval *eval, CompareOperator op, Value left, Value right, SourceRange at, Value *out) {
    bool found;
    if (!special_compare(eval, op, left, right, at, out, &found)) return false;
    if (found) return true;
    const DiagMark mark = diag_mark(eval->diags);
    return eval_checked(eval, mark, value_compare(eval, op, left, right, at, out));
}

static bool eval_compare(Eval *eval, const Expr *expr, Value *out) {
    Value left, right;
    if (!eval_expression(eval, expr->as.compare.left, &left)) return false;
    const ExprList *rights = &expr->as.compare.comparators;
    for (size_t i = 0; i < rights->count; i++) {
        if (!eval_expression(eval, rights->at[i], &right)) return false;
        if (!compare(eval, expr->as.compare.ops[i], left, right, expr->at, out)) return false;
        if (i + 1 == rights->count) return true;
        bool truth;
        const Opaque *unknown;
        if (!eval_truth(eval, *out, expr->at, &truth, &unknown)) return false;
        if (unknown) {
            for (size_t k = i + 1; k < rights->count; k++) skip_expression(eval, rights->at[k], unknown);
            *out = eval_opaque_from(eval, unknown);
            return true;
        }
        if (!truth) return true;
        left = right;
    }
    return true;
}

static bool eval_ternary(Eval *eval, const Expr *expr, Value *out) {
    Value condition;
    bool truth;
    const Opaque *unknown;
    const Expr *test = expr->as.ternary.condition;
    if (!eval_expression(eval, test, &condition)) return false;
    if (!eval_truth(eval, condition, test->at, &truth, &unknown)) return false;
    if (!unknown)
        return eval_expression(eval, truth ? expr->as.ternary.then : expr->as.ternary.otherwise, out);
    const Expr *arms[] = {expr->as.ternary.then, expr->as.ternary.otherwise};
    skip_expression(eval, arms[0], unknown);
    skip_expression(eval, arms[1], unknown);
    *out = skip_result(eval, arms, 2, unknown);
    return true;
}

/* ---- subscripts ---- */

static bool slice_part(Eval *eval, const Expr *expr, Value *out) {
    *out = value_none();
    return !expr || eval_expression(eval, expr, out);
}

static bool eval_slice(Eval *eval, const Expr *expr, Value *out) {
    Slice *slice = ARENA_NEW(eval->arena, Slice);
    if (!slice_part(eval, expr->as.slice.start, &slice->start) ||
        !slice_part(eval, expr->as.slice.stop, &slice->stop) ||
        !slice_part(eval, expr->as.slice.step, &slice->step))
        return false;
    *out = (Value){.kind = VALUE_SLICE, .as.slice = slice};
    return true;
}

static bool eval_subscript(Eval *eval, const Expr *expr, Value *out) {
    Value object, index;
    if (!eval_expression(eval, expr->as.subscript.object, &object) ||
        !eval_expression(eval, expr->as.subscript.index, &index))
        return false;
    const Opaque *cause = eval_opaque_of(object);
    if (!cause && index.kind != VALUE_TENSOR && index.kind != VALUE_LAYER) cause = eval_opaque_inside(index);
    if (cause) {
        const Expr *read[] = {expr->as.subscript.object};
        *out = skip_result(eval, read, 1, cause);
        return true;
    }
    if (object.kind == VALUE_BUILTIN || object.kind == VALUE_LAYER_CLASS || object.kind == VALUE_SYMBOL ||
        object.kind == VALUE_CLASS) {
        *out = eval_opaque_package(eval, expr->at, "type hints are not evaluated"); /* list[int] */
        return true;
    }
    if (object.kind == VALUE_HISTORY) object = history_tuple(eval, object.as.tensor);
    if (numpy_is_array(object)) return numpy_item(eval, object, index, expr->at, out);
    bool found;
    if (!instance_special(eval, object, "__getitem__", &index, 1, expr->at, out, &found)) return false;
    if (found) return true;
    const DiagMark mark = diag_mark(eval->diags);
    return eval_checked(eval, mark, value_subscript(eval, object, index, expr->at, out));
}

/* ---- the rest ---- */

static bool eval_attribute_expression(Eval *eval, const Expr *expr, Value *out) {
    Value object;
    if (!eval_expression(eval, expr->as.attribute.object, &object)) return false;
    const Name *name = &expr->as.attribute.name;
    return eval_attribute(eval, object, name->text, expr->at, out);
}

static bool eval_walrus(Eval *eval, const Expr *expr, Value *out) {
    if (!eval_expression(eval, expr->as.walrus.value, out)) return false;
    Scope *here = eval->frame->scope;
    eval->frame->scope = scope_of_walrus(here);
    eval_bind(eval, expr->as.walrus.name.text, *out);
    eval->frame->scope = here;
    return true;
}

static bool eval_constant(Eval *eval, const Expr *expr, Value *out) {
    switch (expr->kind) {
    case EXPR_NONE: *out = value_none(); return true;
    case EXPR_TRUE: *out = value_bool(true); return true;
    case EXPR_FALSE: *out = value_bool(false); return true;
    case EXPR_ELLIPSIS: *out = (Value){.kind = VALUE_ELLIPSIS}; return true;
    case EXPR_FLOAT: *out = value_float(expr->as.float_value); return true;
    case EXPR_STRING:
        *out = value_str_n(eval->arena, expr->as.string.data, expr->as.string.length);
        return true;
    case EXPR_BYTES:
        *out = value_str_n(eval->arena, expr->as.string.data, expr->as.string.length);
        out->kind = VALUE_BYTES;
        return true;
    case EXPR_INT:
        *out = expr->as.integer.too_large
                   ? eval_opaque_package(eval, expr->at, "an integer of more than 64 bits is not evaluated")
                   : value_int(expr->as.integer.value);
        return true;
    default: return false;
    }
}

static bool eval_unevaluated(Eval *eval, const Expr *expr, Value *out) {
    Value value;
    const bool imaginary = expr->kind == EXPR_IMAGINARY;
    if (!imaginary && expr->as.value && !eval_expression(eval, expr->as.value, &value)) return false;
    *out = eval_opaque_package(eval, expr->at,
                               imaginary ? "complex numbers are not evaluated"
                                         : "generators and coroutines are not evaluated");
    return true;
}

bool eval_expression(Eval *eval, const Expr *expr, Value *out) {
    if (!eval_step(eval, expr->at)) return false;
    switch (expr->kind) {
    case EXPR_NAME: return eval_name(eval, expr, out);
    case EXPR_FORMATTED: return eval_formatted(eval, expr, out);
    case EXPR_TUPLE:
    case EXPR_LIST:
    case EXPR_SET: return eval_sequence(eval, expr, out);
    case EXPR_DICT: return eval_dict(eval, expr, out);
    case EXPR_UNARY: return eval_unary(eval, expr, out);
    case EXPR_BINARY: return eval_binary(eval, expr, out);
    case EXPR_BOOL_OP: return eval_bool_op(eval, expr, out);
    case EXPR_COMPARE: return eval_compare(eval, expr, out);
    case EXPR_TERNARY: return eval_ternary(eval, expr, out);
    case EXPR_CALL: return eval_call_expression(eval, expr, out);
    case EXPR_ATTRIBUTE: return eval_attribute_expression(eval, expr, out);
    case EXPR_SUBSCRIPT: return eval_subscript(eval, expr, out);
    case EXPR_SLICE: return eval_slice(eval, expr, out);
    case EXPR_LAMBDA:
        return function_make(eval, "<lambda>", &expr->as.lambda.parameters, NULL, expr->as.lambda.body,
                             expr->at, out);
    case EXPR_LIST_COMP:
    case EXPR_SET_COMP:
    case EXPR_GENERATOR:
    case EXPR_DICT_COMP: return eval_comprehension(eval, expr, out);
    case EXPR_WALRUS: return eval_walrus(eval, expr, out);
    case EXPR_IMAGINARY:
    case EXPR_AWAIT:
    case EXPR_YIELD:
    case EXPR_YIELD_FROM: return eval_unevaluated(eval, expr, out);
    case EXPR_STARRED: return eval_raise(eval, E317, NULL, expr->at, "can't use starred expression here");
    default: return eval_constant(eval, expr, out);
    }
}

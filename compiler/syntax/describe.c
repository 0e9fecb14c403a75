/* What an expression is, in CPython's words. */
#include "syntax/build.h"

const char *expr_describe(const Expr *expr) {
    switch (expr->kind) {
    case EXPR_NONE: return "None";
    case EXPR_TRUE: return "True";
    case EXPR_FALSE: return "False";
    case EXPR_ELLIPSIS: return "ellipsis";
    case EXPR_INT:
    case EXPR_FLOAT:
    case EXPR_IMAGINARY:
    case EXPR_STRING:
    case EXPR_BYTES: return "literal";
    case EXPR_FORMATTED: return "f-string expression";
    case EXPR_NAME: return "name";
    case EXPR_TUPLE: return "tuple";
    case EXPR_LIST: return "list";
    case EXPR_SET: return "set display";
    case EXPR_DICT: return "dict literal";
    case EXPR_UNARY:
    case EXPR_BINARY:
    case EXPR_BOOL_OP:
    case EXPR_SLICE: return "expression";
    case EXPR_COMPARE: return "comparison";
    case EXPR_TERNARY: return "conditional expression";
    case EXPR_CALL: return "function call";
    case EXPR_ATTRIBUTE: return "attribute";
    case EXPR_SUBSCRIPT: return "subscript";
    case EXPR_STARRED: return "starred";
    case EXPR_LAMBDA: return "lambda";
    case EXPR_LIST_COMP: return "list comprehension";
    case EXPR_SET_COMP: return "set comprehension";
    case EXPR_DICT_COMP: return "dict comprehension";
    case EXPR_GENERATOR: return "generator expression";
    case EXPR_WALRUS: return "named expression";
    case EXPR_AWAIT: return "await expression";
    case EXPR_YIELD:
    case EXPR_YIELD_FROM: return "yield expression";
    }
    return "expression";
}

/* Prints expressions; see syntax/print.h for the form. */
#include "syntax/print.h"

#include <inttypes.h>
#include <stdarg.h>

static void print_place(const Printer *printer, SourceRange at) {
    if (at.file) {
        const SourcePosition begin = sources_position(printer->sources, at.file, at.begin);
        const SourcePosition end = sources_position(printer->sources, at.file, at.end);
        fprintf(printer->out, " @%u:%u-%u:%u", begin.line, begin.column, end.line, end.column);
    }
    fputc('\n', printer->out);
}

void print_line(const Printer *printer, const char *label, SourceRange at, const char *format, ...) {
    fprintf(printer->out, "%*s%s: ", 2 * printer->depth, "", label);
    va_list args;
    va_start(args, format);
    vfprintf(printer->out, format, args);
    va_end(args);
    print_place(printer, at);
}

void print_quoted(const Printer *printer, const char *label, SourceRange at, const char *kind,
                  const char *data, size_t length) {
    fprintf(printer->out, "%*s%s: %s '", 2 * printer->depth, "", label, kind);
    for (size_t i = 0; i < length; i++) {
        const unsigned char c = (unsigned char)data[i];
        if (c < 0x20 || c > 0x7E || c == '\'' || c == '\\')
            fprintf(printer->out, "\\x%02x", c);
        else
            fputc(c, printer->out);
    }
    fputc('\'', printer->out);
    print_place(printer, at);
}

const char *print_binary_name(BinaryOperator op) {
    static const char *const NAMES[] = {
        [BINARY_ADD] = "Add",          [BINARY_SUB] = "Sub",       [BINARY_MUL] = "Mult",
        [BINARY_MATMUL] = "MatMult",   [BINARY_DIV] = "Div",       [BINARY_MOD] = "Mod",
        [BINARY_POW] = "Pow",          [BINARY_LSHIFT] = "LShift", [BINARY_RSHIFT] = "RShift",
        [BINARY_OR] = "BitOr",         [BINARY_XOR] = "BitXor",    [BINARY_AND] = "BitAnd",
        [BINARY_FLOORDIV] = "FloorDiv"};
    return NAMES[op];
}

void print_exprs(Printer *printer, const char *label, ExprList list) {
    for (size_t i = 0; i < list.count; i++) print_expr(printer, label, list.at[i]);
}

void print_parameters(Printer *printer, ParameterList parameters) {
    static const char *const KINDS[] = {[PARAMETER_POSITIONAL_ONLY] = "posonlyarg",
                                        [PARAMETER_ORDINARY] = "arg",
                                        [PARAMETER_STAR] = "vararg",
                                        [PARAMETER_KEYWORD_ONLY] = "kwonlyarg",
                                        [PARAMETER_DOUBLE_STAR] = "kwarg"};
    for (size_t i = 0; i < parameters.count; i++) {
        const Parameter *parameter = &parameters.at[i];
        print_line(printer, "args", NO_SOURCE, "%s %s", KINDS[parameter->kind], parameter->name.text);
        printer->depth++;
        print_expr(printer, "annotation", parameter->annotation);
        print_expr(printer, "default", parameter->fallback);
        printer->depth--;
    }
}

void print_arguments(Printer *printer, const char *label, CallArgumentList arguments) {
    for (size_t i = 0; i < arguments.count; i++) {
        const CallArgument *argument = &arguments.at[i];
        switch (argument->kind) {
        case ARGUMENT_POSITIONAL: print_expr(printer, label, argument->value); break;
        case ARGUMENT_STAR: print_expr(printer, "starred", argument->value); break;
        case ARGUMENT_KEYWORD: print_expr(printer, argument->keyword.text, argument->value); break;
        case ARGUMENT_DOUBLE_STAR: print_expr(printer, "**", argument->value); break;
        }
    }
}

static void print_pieces(Printer *printer, const Expr *expr) {
    for (size_t i = 0; i < expr->as.pieces.count; i++) {
        const FormatPiece *piece = &expr->as.pieces.at[i];
        if (piece->text) {
            print_quoted(printer, "values", NO_SOURCE, "Str", piece->text, piece->length);
            continue;
        }
        print_line(printer, "values", NO_SOURCE, "FormattedValue %c",
                   piece->conversion ? piece->conversion : '-');
        printer->depth++;
        print_expr(printer, "value", piece->value);
        print_expr(printer, "format_spec", piece->format);
        printer->depth--;
    }
}

static void print_comprehension(Printer *printer, const Expr *expr) {
    const bool dict = expr->kind == EXPR_DICT_COMP;
    print_expr(printer, dict ? "key" : "elt", expr->as.comprehension.element);
    print_expr(printer, "value", expr->as.comprehension.dict_value);
    for (size_t i = 0; i < expr->as.comprehension.clauses.count; i++) {
        const Comprehension *clause = &expr->as.comprehension.clauses.at[i];
        print_line(printer, "generators", NO_SOURCE, "comprehension%s", clause->is_async ? " async" : "");
        printer->depth++;
        print_expr(printer, "target", clause->target);
        print_expr(printer, "iter", clause->iterable);
        print_exprs(printer, "ifs", clause->conditions);
        printer->depth--;
    }
}

static void print_dict(Printer *printer, const Expr *expr) {
    for (size_t i = 0; i < expr->as.dict.keys.count; i++) {
        print_expr(printer, "key", expr->as.dict.keys.at[i]);
        print_expr(printer, expr->as.dict.keys.at[i] ? "value" : "**", expr->as.dict.values.at[i]);
    }
}

/* The line of a node without children, or the first line of another. */
static void print_head(const Printer *printer, const char *label, const Expr *expr) {
    static const char *const KINDS[] = {[EXPR_NONE] = "None",           [EXPR_TRUE] = "True",
                                        [EXPR_FALSE] = "False",         [EXPR_ELLIPSIS] = "Ellipsis",
                                        [EXPR_FORMATTED] = "JoinedStr", [EXPR_TUPLE] = "Tuple",
                                        [EXPR_LIST] = "List",           [EXPR_SET] = "Set",
                                        [EXPR_DICT] = "Dict",           [EXPR_TERNARY] = "IfExp",
                                        [EXPR_CALL] = "Call",           [EXPR_SUBSCRIPT] = "Subscript",
                                        [EXPR_SLICE] = "Slice",         [EXPR_STARRED] = "Starred",
                                        [EXPR_LAMBDA] = "Lambda",       [EXPR_LIST_COMP] = "ListComp",
                                        [EXPR_SET_COMP] = "SetComp",    [EXPR_GENERATOR] = "GeneratorExp",
                                        [EXPR_DICT_COMP] = "DictComp",  [EXPR_AWAIT] = "Await",
                                        [EXPR_YIELD] = "Yield",         [EXPR_YIELD_FROM] = "YieldFrom"};
    static const char *const UNARY[] = {[UNARY_OP_NOT] = "Not",
                                        [UNARY_OP_NEGATE] = "USub",
                                        [UNARY_OP_PLUS] = "UAdd",
                                        [UNARY_OP_INVERT] = "Invert"};
    const SourceRange at = expr->at;
    switch (expr->kind) {
    case EXPR_INT:
        if (expr->as.integer.too_large)
            print_line(printer, label, at, "Int too large");
        else
            print_line(printer, label, at, "Int %" PRId64, expr->as.integer.value);
        break;
    case EXPR_FLOAT: print_line(printer, label, at, "Float %.17g", expr->as.float_value); break;
    case EXPR_IMAGINARY: print_line(printer, label, at, "Imaginary %.17g", expr->as.float_value); break;
    case EXPR_STRING:
    case EXPR_BYTES:
        print_quoted(printer, label, at, expr->kind == EXPR_STRING ? "Str" : "Bytes", expr->as.string.data,
                     expr->as.string.length);
        break;
    case EXPR_NAME: print_line(printer, label, at, "Name %s", expr->as.name); break;
    case EXPR_UNARY: print_line(printer, label, at, "UnaryOp %s", UNARY[expr->as.unary.op]); break;
    case EXPR_BINARY:
        print_line(printer, label, at, "BinOp %s", print_binary_name(expr->as.binary.op));
        break;
    case EXPR_BOOL_OP:
        print_line(printer, label, at, "BoolOp %s", expr->as.bool_op.is_or ? "Or" : "And");
        break;
    case EXPR_COMPARE: print_line(printer, label, at, "Compare"); break;
    case EXPR_ATTRIBUTE: print_line(printer, label, at, "Attribute %s", expr->as.attribute.name.text); break;
    case EXPR_WALRUS: print_line(printer, label, at, "NamedExpr %s", expr->as.walrus.name.text); break;
    default: print_line(printer, label, at, "%s", KINDS[expr->kind]); break;
    }
}

static void print_compare(Printer *printer, const Expr *expr) {
    static const char *const OPS[] = {
        [COMPARE_EQ] = "Eq", [COMPARE_NE] = "NotEq",    [COMPARE_LT] = "Lt", [COMPARE_LE] = "LtE",
        [COMPARE_GT] = "Gt", [COMPARE_GE] = "GtE",      [COMPARE_IS] = "Is", [COMPARE_IS_NOT] = "IsNot",
        [COMPARE_IN] = "In", [COMPARE_NOT_IN] = "NotIn"};
    print_expr(printer, "left", expr->as.compare.left);
    for (size_t i = 0; i < expr->as.compare.comparators.count; i++)
        print_expr(printer, OPS[expr->as.compare.ops[i]], expr->as.compare.comparators.at[i]);
}

static void print_operands(Printer *printer, const Expr *expr) {
    switch (expr->kind) {
    case EXPR_UNARY: print_expr(printer, "operand", expr->as.unary.operand); break;
    case EXPR_BINARY:
        print_expr(printer, "left", expr->as.binary.left);
        print_expr(printer, "right", expr->as.binary.right);
        break;
    case EXPR_BOOL_OP: print_exprs(printer, "values", expr->as.bool_op.operands); break;
    case EXPR_COMPARE: print_compare(printer, expr); break;
    case EXPR_TERNARY:
        print_expr(printer, "test", expr->as.ternary.condition);
        print_expr(printer, "body", expr->as.ternary.then);
        print_expr(printer, "orelse", expr->as.ternary.otherwise);
        break;
    default: break;
    }
}

static void print_children(Printer *printer, const Expr *expr) {
    switch (expr->kind) {
    case EXPR_FORMATTED: print_pieces(printer, expr); break;
    case EXPR_TUPLE:
    case EXPR_LIST:
    case EXPR_SET: print_exprs(printer, "elts", expr->as.elements); break;
    case EXPR_DICT: print_dict(printer, expr); break;
    case EXPR_CALL:
        print_expr(printer, "func", expr->as.call.callee);
        print_arguments(printer, "args", expr->as.call.arguments);
        break;
    case EXPR_ATTRIBUTE: print_expr(printer, "value", expr->as.attribute.object); break;
    case EXPR_SUBSCRIPT:
        print_expr(printer, "value", expr->as.subscript.object);
        print_expr(printer, "slice", expr->as.subscript.index);
        break;
    case EXPR_SLICE:
        print_expr(printer, "lower", expr->as.slice.start);
        print_expr(printer, "upper", expr->as.slice.stop);
        print_expr(printer, "step", expr->as.slice.step);
        break;
    case EXPR_LAMBDA:
        print_parameters(printer, expr->as.lambda.parameters);
        print_expr(printer, "body", expr->as.lambda.body);
        break;
    case EXPR_LIST_COMP:
    case EXPR_SET_COMP:
    case EXPR_GENERATOR:
    case EXPR_DICT_COMP: print_comprehension(printer, expr); break;
    case EXPR_WALRUS: print_expr(printer, "value", expr->as.walrus.value); break;
    case EXPR_STARRED:
    case EXPR_AWAIT:
    case EXPR_YIELD:
    case EXPR_YIELD_FROM: print_expr(printer, "value", expr->as.value); break;
    default: print_operands(printer, expr); break;
    }
}

void print_expr(Printer *printer, const char *label, const Expr *expr) {
    if (!expr) return;
    print_head(printer, label, expr);
    printer->depth++;
    print_children(printer, expr);
    printer->depth--;
}

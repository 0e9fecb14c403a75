/* Expressions: the actions of grammar/model.y that make them. */
#include "syntax/build.h"

#include <string.h>

#include "syntax/lexer.h"

SourceRange parser_range(const Parser *p, uint32_t begin, uint32_t end) {
    return (SourceRange){p->file, begin, end};
}

/* Whether the place is on the line of the last error. */
static bool is_on_line(const Parser *p, SourceRange at) {
    const uint32_t a = p->last_error.begin, b = at.begin;
    return memchr(p->source->text + (a < b ? a : b), '\n', a < b ? b - a : a - b) == NULL;
}

void parser_report(Parser *p, DiagCode code, SourceRange at, const char *format, ...) {
    if (p->lexer && p->lexer->stop) return; /* the reason was given; all else follows from it */
    if (p->failed && p->source && is_on_line(p, at)) return; /* and so does what is beside it */
    if (p->lost_block && (code == E130 || code == E131))
        return; /* what belongs in the block stands outside */
    p->lost_block |= code == E105 || code == E106 || code == E107;
    p->last_error = at;
    va_list args;
    va_start(args, format);
    diag_report(p->diags, code, at, "%s", arena_vprintf(p->arena, format, args));
    va_end(args);
    p->failed = true;
}

Expr *build_expr(Parser *p, ExprKind kind, SourceRange at) {
    Expr *expr = ARENA_NEW(p->arena, Expr);
    expr->kind = kind;
    expr->at = at;
    return expr;
}

Expr *build_value(Parser *p, ExprKind kind, Expr *value, SourceRange at) {
    Expr *expr = build_expr(p, kind, at);
    expr->as.value = value;
    return expr;
}

Expr *build_name(Parser *p, Name name) {
    Expr *expr = build_expr(p, EXPR_NAME, name.at);
    expr->as.name = name.text;
    return expr;
}

Expr *build_elements(Parser *p, ExprKind kind, const ExprVec *elements, SourceRange at) {
    Expr *expr = build_expr(p, kind, at);
    if (elements) expr->as.elements = (ExprList){elements->at, elements->count};
    return expr;
}

Expr *build_targets(Parser *p, const ExprVec *targets, bool tuple, SourceRange at) {
    return targets->count == 1 && !tuple ? targets->at[0] : build_elements(p, EXPR_TUPLE, targets, at);
}

Expr *build_parenthesized(Expr *expr) {
    expr->parenthesized = true;
    return expr;
}

/* What is left of `*x` where a star is not allowed: x, so that nothing else is said about it. */
static Expr *refuse_star(Parser *p, Expr *starred, const char *text) {
    parser_report(p, E136, starred->at, "%s", text);
    return starred->as.value;
}

Expr *build_group(Parser *p, const ExprVec *items, SourceRange at) {
    if (items->count > 1) return build_elements(p, EXPR_TUPLE, items, at);
    if (items->at[0]->kind == EXPR_STARRED)
        return refuse_star(p, items->at[0], "cannot use starred expression here");
    return build_parenthesized(items->at[0]);
}

Expr *build_dict(Parser *p, const DictItems *items, SourceRange at) {
    Expr *expr = build_expr(p, EXPR_DICT, at);
    const size_t count = items ? items->count : 0;
    Expr **keys = ARENA_ARRAY(p->arena, Expr *, count), **values = ARENA_ARRAY(p->arena, Expr *, count);
    for (size_t i = 0; i < count; i++) {
        keys[i] = items->at[i].key;
        values[i] = items->at[i].value;
    }
    expr->as.dict.keys = (ExprList){keys, count};
    expr->as.dict.values = (ExprList){values, count};
    return expr;
}

Expr *build_unary(Parser *p, UnaryOperator op, Expr *operand, SourceRange at) {
    Expr *expr = build_expr(p, EXPR_UNARY, at);
    expr->as.unary.op = op;
    expr->as.unary.operand = operand;
    return expr;
}

Expr *build_binary(Parser *p, BinaryOperator op, Expr *left, Expr *right, SourceRange op_at, SourceRange at) {
    Expr *expr = build_expr(p, EXPR_BINARY, at);
    expr->as.binary.op = op;
    expr->as.binary.left = left;
    expr->as.binary.right = right;
    expr->as.binary.op_at = op_at;
    return expr;
}

/* Adds to an array that was only ever added to here: its capacity is the power of two that holds `count`. */
static void *grow(Parser *p, void *at, size_t count, size_t size) {
    const bool full = (count & (count - 1)) == 0; /* 0, 1, 2, 4, ... */
    return full ? arena_grow_array(p->arena, at, count, count ? 2 * count : 1, size) : at;
}

static void append(Parser *p, ExprList *list, Expr *expr) {
    list->at = grow(p, list->at, list->count, sizeof *list->at);
    list->at[list->count++] = expr;
}

Expr *build_bool_op(Parser *p, bool is_or, Expr *left, Expr *right, SourceRange at) {
    Expr *expr = left;
    if (left->kind != EXPR_BOOL_OP || left->parenthesized || left->as.bool_op.is_or != is_or) {
        expr = build_expr(p, EXPR_BOOL_OP, at);
        expr->as.bool_op.is_or = is_or;
        append(p, &expr->as.bool_op.operands, left);
    }
    append(p, &expr->as.bool_op.operands, right);
    expr->at = at;
    return expr;
}

Expr *build_compare(Parser *p, Expr *left, CompareOperator op, Expr *right, SourceRange at) {
    Expr *expr = left;
    if (left->kind != EXPR_COMPARE || left->parenthesized) {
        expr = build_expr(p, EXPR_COMPARE, at);
        expr->as.compare.left = left;
    }
    const size_t count = expr->as.compare.comparators.count;
    expr->as.compare.ops = grow(p, expr->as.compare.ops, count, sizeof *expr->as.compare.ops);
    expr->as.compare.ops[count] = op;
    append(p, &expr->as.compare.comparators, right);
    expr->at = at;
    return expr;
}

Expr *build_ternary(Parser *p, Expr *condition, Expr *then, Expr *otherwise, SourceRange at) {
    Expr *expr = build_expr(p, EXPR_TERNARY, at);
    expr->as.ternary.condition = condition;
    expr->as.ternary.then = then;
    expr->as.ternary.otherwise = otherwise;
    return expr;
}

Expr *build_walrus(Parser *p, Expr *target, Expr *value, SourceRange at) {
    Expr *expr = build_expr(p, EXPR_WALRUS, at);
    if (target->kind != EXPR_NAME || target->parenthesized)
        parser_report(p, E122, target->at, "cannot use assignment expressions with %s",
                      expr_describe(target));
    expr->as.walrus.name = (Name){target->kind == EXPR_NAME ? target->as.name : "", target->at};
    expr->as.walrus.value = value;
    return expr;
}

Expr *build_attribute(Parser *p, Expr *object, Name name, SourceRange at) {
    Expr *expr = build_expr(p, EXPR_ATTRIBUTE, at);
    expr->as.attribute.object = object;
    expr->as.attribute.name = name;
    return expr;
}

Expr *build_subscript(Parser *p, Expr *object, Expr *index, SourceRange at) {
    Expr *expr = build_expr(p, EXPR_SUBSCRIPT, at);
    expr->as.subscript.object = object;
    if (index->kind == EXPR_STARRED) { /* `x[*a]` is `x[(*a,)]` */
        ExprVec one = {0};
        vec_push(p->arena, &one, index);
        index = build_elements(p, EXPR_TUPLE, &one, index->at);
    }
    expr->as.subscript.index = index;
    return expr;
}

Expr *build_slice(Parser *p, Expr *start, Expr *stop, Expr *step, SourceRange at) {
    Expr *expr = build_expr(p, EXPR_SLICE, at);
    expr->as.slice.start = start;
    expr->as.slice.stop = stop;
    expr->as.slice.step = step;
    return expr;
}

Expr *build_lambda(Parser *p, ParameterList parameters, Expr *body, SourceRange at) {
    Expr *expr = build_expr(p, EXPR_LAMBDA, at);
    expr->as.lambda.parameters = parameters;
    expr->as.lambda.body = body;
    return expr;
}

Expr *build_comprehension(Parser *p, ExprKind kind, Expr *element, Expr *dict_value,
                          const ComprehensionVec *clauses, SourceRange at) {
    Expr *expr = build_expr(p, kind, at);
    if (!element)
        parser_report(p, E136, dict_value->at, "dict unpacking cannot be used in dict comprehension");
    else if (element->kind == EXPR_STARRED)
        element = refuse_star(p, element, "iterable unpacking cannot be used in comprehension");
    expr->as.comprehension.element = element;
    expr->as.comprehension.dict_value = dict_value;
    expr->as.comprehension.clauses = (ComprehensionList){clauses->at, clauses->count};
    return expr;
}

void build_condition(Parser *p, ComprehensionVec *clauses, Expr *condition) {
    append(p, &clauses->at[clauses->count - 1].conditions, condition);
}

/* Expressions: stars, `yield` and `await` where they belong, and the limit of nesting. */
#include "syntax/check_walk.h"

static const NameUse NAME_USES[] = {0, NAME_PARAMETER, NAME_USED, NAME_ASSIGNED};

bool check_enter(Check *check, SourceRange at) {
    if (check->too_deep) return false;
    if (check->depth == DEEPEST_NESTING) {
        parser_report(check->p, E121, at, "nested more than %d levels deep", DEEPEST_NESTING);
        check->too_deep = true;
        return false;
    }
    check->depth++;
    return true;
}

void check_leave(Check *check) {
    check->depth--;
}

NameUse check_name_use(const Check *check, const char *name) {
    const NameUse *use = map_get(&check->scope->names, name);
    return use ? *use : 0;
}

/* A parameter stays one; a use outweighs an assignment, as in CPython's messages. */
void check_name(Check *check, const char *name, NameUse use) {
    const NameUse before = check_name_use(check, name);
    if (check->scope->comprehension || before == NAME_PARAMETER || before == use) return;
    if (before == NAME_USED && use == NAME_ASSIGNED) return;
    map_put(&check->scope->names, name, (void *)&NAME_USES[use]);
}

void check_exprs(Check *check, ExprList list) {
    for (size_t i = 0; i < list.count; i++)
        check_expr(check, list.at[i]->kind == EXPR_STARRED ? list.at[i]->as.value : list.at[i]);
}

void check_arguments(Check *check, CallArgumentList arguments) {
    for (size_t i = 0; i < arguments.count; i++) check_expr(check, arguments.at[i].value);
}

void check_parameter_values(Check *check, ParameterList parameters) {
    for (size_t i = 0; i < parameters.count; i++) {
        const Expr *annotation = parameters.at[i].annotation;
        check_expr(check, annotation && annotation->kind == EXPR_STARRED ? annotation->as.value : annotation);
        check_expr(check, parameters.at[i].fallback);
    }
}

CheckScope check_function_scope(Check *check, ScopeKind kind, ParameterList parameters) {
    CheckScope scope = {.kind = kind, .names = map_new(check->p->arena)};
    for (size_t i = 0; i < parameters.count; i++)
        map_put(&scope.names, parameters.at[i].name.text, (void *)&NAME_USES[NAME_PARAMETER]);
    return scope;
}

static void check_lambda(Check *check, const Expr *expr) {
    check_parameter_values(check, expr->as.lambda.parameters);
    CheckScope *outer = check->scope,
               scope = check_function_scope(check, SCOPE_LAMBDA, expr->as.lambda.parameters);
    check->scope = &scope;
    check_expr(check, expr->as.lambda.body);
    check->scope = outer;
}

static void check_comprehension(Check *check, const Expr *expr) {
    const ComprehensionList clauses = expr->as.comprehension.clauses;
    check_expr(check, clauses.at[0].iterable); /* evaluated outside of the comprehension */
    const char *outer = check->scope->comprehension;
    check->scope->comprehension = expr_describe(expr);
    for (size_t i = 0; i < clauses.count; i++) {
        const bool allowed = check->scope->kind == SCOPE_ASYNC_FUNCTION || expr->kind == EXPR_GENERATOR;
        if (clauses.at[i].is_async && !allowed)
            parser_report(check->p, E130, expr->at,
                          "asynchronous comprehension outside of an asynchronous function");
        check_target(check, clauses.at[i].target, TARGET_LOOP);
        if (i > 0) check_expr(check, clauses.at[i].iterable);
        check_exprs(check, clauses.at[i].conditions);
    }
    check_expr(check, expr->as.comprehension.element);
    check_expr(check, expr->as.comprehension.dict_value);
    check->scope->comprehension = outer;
}

static void check_yield(Check *check, const Expr *expr) {
    const CheckScope *scope = check->scope;
    const bool from = expr->kind == EXPR_YIELD_FROM;
    if (scope->kind == SCOPE_MODULE || scope->kind == SCOPE_CLASS)
        parser_report(check->p, E130, expr->at, "'yield' outside function");
    else if (scope->comprehension)
        parser_report(check->p, E130, expr->at, "'yield' inside %s", scope->comprehension);
    else if (from && scope->kind == SCOPE_ASYNC_FUNCTION)
        parser_report(check->p, E130, expr->at, "'yield from' inside async function");
    const Expr *value = expr->as.value;
    check_expr(check, value);
}

static void check_await(Check *check, const Expr *expr) {
    const CheckScope *scope = check->scope;
    if (scope->kind == SCOPE_MODULE || scope->kind == SCOPE_CLASS)
        parser_report(check->p, E130, expr->at, "'await' outside function");
    else if (scope->kind != SCOPE_ASYNC_FUNCTION && !scope->comprehension)
        parser_report(check->p, E130, expr->at, "'await' outside async function");
    check_expr(check, expr->as.value);
}

static void check_formatted(Check *check, const Expr *expr) {
    for (size_t i = 0; i < expr->as.pieces.count; i++) {
        check_expr(check, expr->as.pieces.at[i].value);
        check_expr(check, expr->as.pieces.at[i].format);
    }
}

/* Operators: nodes whose children are expressions and nothing else. */
static void check_operator(Check *check, const Expr *expr) {
    switch (expr->kind) {
    case EXPR_UNARY: check_expr(check, expr->as.unary.operand); break;
    case EXPR_BINARY:
        check_expr(check, expr->as.binary.left);
        check_expr(check, expr->as.binary.right);
        break;
    case EXPR_BOOL_OP: check_exprs(check, expr->as.bool_op.operands); break;
    case EXPR_COMPARE:
        check_expr(check, expr->as.compare.left);
        check_exprs(check, expr->as.compare.comparators);
        break;
    case EXPR_TERNARY:
        check_expr(check, expr->as.ternary.condition);
        check_expr(check, expr->as.ternary.then);
        check_expr(check, expr->as.ternary.otherwise);
        break;
    case EXPR_SUBSCRIPT:
        check_expr(check, expr->as.subscript.object);
        check_expr(check, expr->as.subscript.index);
        break;
    case EXPR_SLICE:
        check_expr(check, expr->as.slice.start);
        check_expr(check, expr->as.slice.stop);
        check_expr(check, expr->as.slice.step);
        break;
    default: break; /* literals */
    }
}

static void check_kind(Check *check, const Expr *expr) {
    switch (expr->kind) {
    case EXPR_NAME: check_name(check, expr->as.name, NAME_USED); break;
    case EXPR_FORMATTED: check_formatted(check, expr); break;
    case EXPR_TUPLE:
    case EXPR_LIST:
    case EXPR_SET: check_exprs(check, expr->as.elements); break;
    case EXPR_DICT:
        for (size_t i = 0; i < expr->as.dict.keys.count; i++) {
            check_expr(check, expr->as.dict.keys.at[i]);
            check_expr(check, expr->as.dict.values.at[i]);
        }
        break;
    case EXPR_CALL:
        check_expr(check, expr->as.call.callee);
        check_arguments(check, expr->as.call.arguments);
        break;
    case EXPR_ATTRIBUTE: check_expr(check, expr->as.attribute.object); break;
    case EXPR_STARRED:
        parser_report(check->p, E136, expr->at, "can't use starred expression here");
        check_expr(check, expr->as.value);
        break;
    case EXPR_LAMBDA: check_lambda(check, expr); break;
    case EXPR_LIST_COMP:
    case EXPR_SET_COMP:
    case EXPR_GENERATOR:
    case EXPR_DICT_COMP: check_comprehension(check, expr); break;
    case EXPR_WALRUS:
        check_name(check, expr->as.walrus.name.text, NAME_ASSIGNED);
        check_expr(check, expr->as.walrus.value);
        break;
    case EXPR_AWAIT: check_await(check, expr); break;
    case EXPR_YIELD:
    case EXPR_YIELD_FROM: check_yield(check, expr); break;
    default: check_operator(check, expr); break;
    }
}

void check_expr(Check *check, const Expr *expr) {
    if (!expr || !check_enter(check, expr->at)) return;
    check_kind(check, expr);
    check_leave(check);
}

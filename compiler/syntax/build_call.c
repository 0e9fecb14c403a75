/* Calls and parameter lists: what may stand in them, and in which order. */
#include "base/map.h"
#include "syntax/build.h"

/* ---- arguments ---- */

/* An order that Python's grammar forbids: nothing positional after a keyword, no `*` after `**`. */
static void check_order(Parser *p, const CallArgument *argument, bool after_keyword, bool after_double_star) {
    if (argument->kind == ARGUMENT_POSITIONAL && after_double_star)
        parser_report(p, E127, argument->value->at, "positional argument follows keyword argument unpacking");
    else if (argument->kind == ARGUMENT_POSITIONAL && after_keyword)
        parser_report(p, E127, argument->value->at, "positional argument follows keyword argument");
    else if (argument->kind == ARGUMENT_STAR && after_double_star)
        parser_report(p, E127, argument->value->at,
                      "iterable argument unpacking follows keyword argument unpacking");
}

static void check_repeated(Parser *p, Map *seen, const CallArgument *argument) {
    const Name *first = map_get(seen, argument->keyword.text);
    if (first) {
        parser_report(p, E126, argument->keyword.at, "keyword argument repeated: %s", argument->keyword.text);
        diag_note(p->diags, first->at, "it is given here first");
    } else {
        map_put(seen, argument->keyword.text, (void *)&argument->keyword);
    }
}

void build_check_arguments(Parser *p, const ArgumentVec *arguments) {
    Map seen = map_new(p->arena);
    bool after_keyword = false, after_double_star = false;
    for (size_t i = 0; i < arguments->count; i++) {
        const CallArgument *argument = &arguments->at[i];
        check_order(p, argument, after_keyword, after_double_star);
        if (argument->kind == ARGUMENT_KEYWORD && argument->keyword.text) check_repeated(p, &seen, argument);
        after_keyword |= argument->kind == ARGUMENT_KEYWORD;
        after_double_star |= argument->kind == ARGUMENT_DOUBLE_STAR;
        const bool bare_generator =
            argument->value->kind == EXPR_GENERATOR && !argument->value->parenthesized;
        if (bare_generator && (arguments->count > 1 || arguments->trailing_comma))
            parser_report(p, E129, argument->value->at, "Generator expression must be parenthesized");
    }
}

Expr *build_call(Parser *p, Expr *callee, const ArgumentVec *arguments, SourceRange parentheses,
                 SourceRange at) {
    Expr *expr = build_expr(p, EXPR_CALL, at);
    build_check_arguments(p, arguments);
    if (arguments->count == 1 && arguments->at[0].kind == ARGUMENT_POSITIONAL) {
        Expr *value = arguments->at[0].value;
        /* `f(x for x in y)`: the call's parentheses are the generator's */
        if (value->kind == EXPR_GENERATOR && !value->parenthesized) value->at = parentheses;
    }
    expr->as.call.callee = callee;
    expr->as.call.arguments = (CallArgumentList){arguments->at, arguments->count};
    return expr;
}

CallArgument build_keyword(Parser *p, Expr *name, Expr *value, SourceRange at) {
    CallArgument argument = {ARGUMENT_KEYWORD, {NULL, name->at}, value};
    if (name->kind == EXPR_TRUE || name->kind == EXPR_FALSE || name->kind == EXPR_NONE)
        parser_report(p, E128, at, "cannot assign to %s",
                      name->kind == EXPR_TRUE    ? "True"
                      : name->kind == EXPR_FALSE ? "False"
                                                 : "None");
    else if (name->kind != EXPR_NAME || name->parenthesized)
        parser_report(p, E128, at, "expression cannot contain assignment, perhaps you meant \"==\"?");
    else
        argument.keyword.text = name->as.name;
    return argument;
}

/* ---- parameters ---- */

Parameter build_parameter(int kind, Name name, Expr *annotation, Expr *fallback) {
    Parameter parameter = {.name = name, .annotation = annotation, .fallback = fallback};
    switch (kind) {
    case PARAMETER_POSITIONAL_ONLY: parameter.kind = PARAMETER_POSITIONAL_ONLY; break;
    case PARAMETER_STAR: parameter.kind = PARAMETER_STAR; break;
    case PARAMETER_DOUBLE_STAR: parameter.kind = PARAMETER_DOUBLE_STAR; break;
    default: parameter.kind = PARAMETER_ORDINARY; break;
    }
    return parameter;
}

/* The walk along a parameter list. */
typedef struct ParameterWalk {
    Parser *p;
    ParameterVec out;
    Map seen;
    bool slash, star, double_star, fallback;
    SourceRange bare_star; /* a `*` that no parameter has followed yet */
} ParameterWalk;

static void take_slash(ParameterWalk *walk, SourceRange at) {
    if (walk->slash)
        parser_report(walk->p, E134, at, "/ may appear only once");
    else if (walk->star)
        parser_report(walk->p, E134, at, "/ must be ahead of *");
    else if (walk->out.count == 0)
        parser_report(walk->p, E134, at, "at least one argument must precede /");
    walk->slash = true;
    for (size_t i = 0; i < walk->out.count; i++)
        if (walk->out.at[i].kind == PARAMETER_ORDINARY) walk->out.at[i].kind = PARAMETER_POSITIONAL_ONLY;
}

static void check_fallback(ParameterWalk *walk, const Parameter *parameter) {
    if (parameter->kind != PARAMETER_ORDINARY) return;
    if (walk->fallback && !parameter->fallback)
        parser_report(walk->p, E132, parameter->name.at, "non-default argument follows default argument");
    walk->fallback |= parameter->fallback != NULL;
}

static void take_named(ParameterWalk *walk, Parameter parameter) {
    if (parameter.kind == PARAMETER_ORDINARY && walk->star) parameter.kind = PARAMETER_KEYWORD_ONLY;
    check_fallback(walk, &parameter);
    if (map_has(&walk->seen, parameter.name.text)) {
        parser_report(walk->p, E133, parameter.name.at, "duplicate argument '%s' in function definition",
                      parameter.name.text);
        return;
    }
    map_put(&walk->seen, parameter.name.text, NULL);
    vec_push(walk->p->arena, &walk->out, parameter);
}

static void take_parameter(ParameterWalk *walk, Parameter parameter) {
    const bool star = parameter.kind == PARAMETER_STAR;
    if (walk->double_star)
        parser_report(walk->p, E134, parameter.name.at, "arguments cannot follow var-keyword argument");
    else if (star && walk->star)
        parser_report(walk->p, E134, parameter.name.at, "* argument may appear only once");
    else if (walk->bare_star.file && parameter.kind == PARAMETER_DOUBLE_STAR)
        parser_report(walk->p, E134, walk->bare_star, "named arguments must follow bare *");
    walk->bare_star = star && !parameter.name.text ? parameter.name.at : NO_SOURCE;
    walk->star |= star;
    walk->double_star |= parameter.kind == PARAMETER_DOUBLE_STAR;
    if (parameter.name.text) take_named(walk, parameter);
}

ParameterList build_parameters(Parser *p, const ParameterVec *written) {
    ParameterWalk walk = {.p = p, .seen = map_new(p->arena)};
    for (size_t i = 0; i < written->count; i++) {
        if (written->at[i].kind == PARAMETER_POSITIONAL_ONLY)
            take_slash(&walk, written->at[i].name.at);
        else
            take_parameter(&walk, written->at[i]);
    }
    if (walk.bare_star.file) parser_report(p, E134, walk.bare_star, "named arguments must follow bare *");
    return (ParameterList){walk.out.at, walk.out.count};
}

/* Statements: `return`, `break` and their like where they belong, targets, and names that are declared too
 * late. */
#include "syntax/check.h"

#include <string.h>

#include "syntax/check_walk.h"

static void check_stmts(Check *check, StmtList list);

static bool in_function(const Check *check) {
    return check->scope->kind == SCOPE_FUNCTION || check->scope->kind == SCOPE_ASYNC_FUNCTION;
}

/* A body in which `break` is allowed or not. */
static void check_loop_body(Check *check, StmtList body, bool in_loop) {
    const bool outer = check->scope->in_loop;
    check->scope->in_loop = in_loop;
    check_stmts(check, body);
    check->scope->in_loop = outer;
}

/* `global` and `nonlocal` come before any use of their names. */
static void check_declared(Check *check, const Stmt *stmt) {
    const char *keyword = stmt->kind == STMT_GLOBAL ? "global" : "nonlocal";
    if (stmt->kind == STMT_NONLOCAL && check->scope->kind == SCOPE_MODULE) {
        parser_report(check->p, E135, stmt->at, "nonlocal declaration not allowed at module level");
        return;
    }
    for (size_t i = 0; i < stmt->as.names.count; i++) {
        const Name name = stmt->as.names.at[i];
        switch (check_name_use(check, name.text)) {
        case NAME_PARAMETER:
            parser_report(check->p, E135, name.at, "name '%s' is parameter and %s", name.text, keyword);
            break;
        case NAME_USED:
            parser_report(check->p, E135, name.at, "name '%s' is used prior to %s declaration", name.text,
                          keyword);
            break;
        case NAME_ASSIGNED:
            parser_report(check->p, E135, name.at, "name '%s' is assigned to before %s declaration",
                          name.text, keyword);
            break;
        default: break;
        }
    }
}

static void check_import(Check *check, const Stmt *stmt) {
    for (size_t i = 0; i < stmt->as.import.count; i++) {
        const ImportAlias *alias = &stmt->as.import.at[i];
        if (strcmp(alias->dotted_name, "*") == 0 && check->scope->kind != SCOPE_MODULE)
            parser_report(check->p, E139, stmt->at, "import * only allowed at module level");
        if (alias->alias.text) check_name(check, alias->alias.text, NAME_ASSIGNED);
    }
}

static void check_function(Check *check, const Stmt *stmt) {
    check_exprs(check, stmt->as.function.decorators);
    check_parameter_values(check, stmt->as.function.parameters);
    check_expr(check, stmt->as.function.returns);
    check_name(check, stmt->as.function.name.text, NAME_ASSIGNED);
    const ScopeKind kind = stmt->is_async ? SCOPE_ASYNC_FUNCTION : SCOPE_FUNCTION;
    CheckScope *outer = check->scope, scope = check_function_scope(check, kind, stmt->as.function.parameters);
    check->scope = &scope;
    check_stmts(check, stmt->as.function.body);
    check->scope = outer;
}

static void check_class(Check *check, const Stmt *stmt) {
    check_exprs(check, stmt->as.class_.decorators);
    check_arguments(check, stmt->as.class_.bases);
    check_name(check, stmt->as.class_.name.text, NAME_ASSIGNED);
    CheckScope *outer = check->scope, scope = {.kind = SCOPE_CLASS, .names = map_new(check->p->arena)};
    check->scope = &scope;
    check_stmts(check, stmt->as.class_.body);
    check->scope = outer;
}

static void check_async(Check *check, const Stmt *stmt) {
    if (!stmt->is_async || stmt->kind == STMT_FUNCTION || check->scope->kind == SCOPE_ASYNC_FUNCTION) return;
    parser_report(check->p, E130, stmt->head, "'async %s' outside async function",
                  stmt->kind == STMT_FOR ? "for" : "with");
}

static void check_jump(Check *check, const Stmt *stmt) {
    if (stmt->kind == STMT_RETURN) {
        if (!in_function(check)) parser_report(check->p, E130, stmt->at, "'return' outside function");
        check_expr(check, stmt->as.expr);
    } else if (!check->scope->in_loop) {
        parser_report(check->p, E131, stmt->at,
                      stmt->kind == STMT_BREAK ? "'break' outside loop" : "'continue' not properly in loop");
    }
}

static void check_simple(Check *check, const Stmt *stmt) {
    switch (stmt->kind) {
    case STMT_EXPR: check_expr(check, stmt->as.expr); break;
    case STMT_ASSIGN:
        for (size_t i = 0; i < stmt->as.assign.targets.count; i++)
            check_target(check, stmt->as.assign.targets.at[i], TARGET_ASSIGN);
        check_expr(check, stmt->as.assign.value);
        break;
    case STMT_AUG_ASSIGN:
        check_augmented_target(check, stmt->as.aug_assign.target);
        check_expr(check, stmt->as.aug_assign.value);
        break;
    case STMT_ANN_ASSIGN:
        check_annotated_target(check, stmt->as.ann_assign.target);
        check_expr(check, stmt->as.ann_assign.annotation);
        check_expr(check, stmt->as.ann_assign.value);
        break;
    case STMT_DELETE:
        for (size_t i = 0; i < stmt->as.targets.count; i++)
            check_target(check, stmt->as.targets.at[i], TARGET_DELETE);
        break;
    case STMT_ASSERT:
        check_expr(check, stmt->as.assertion.test);
        check_expr(check, stmt->as.assertion.message);
        break;
    case STMT_RAISE:
        check_expr(check, stmt->as.raise.exception);
        check_expr(check, stmt->as.raise.cause);
        break;
    case STMT_RETURN:
    case STMT_BREAK:
    case STMT_CONTINUE: check_jump(check, stmt); break;
    case STMT_GLOBAL:
    case STMT_NONLOCAL: check_declared(check, stmt); break;
    case STMT_IMPORT:
    case STMT_IMPORT_FROM: check_import(check, stmt); break;
    default: break;
    }
}

static void check_try(Check *check, const Stmt *stmt) {
    check_stmts(check, stmt->as.try_.body);
    for (size_t i = 0; i < stmt->as.try_.n_handlers; i++) {
        check_expr(check, stmt->as.try_.handlers[i].type);
        if (stmt->as.try_.handlers[i].name.text)
            check_name(check, stmt->as.try_.handlers[i].name.text, NAME_ASSIGNED);
        check_stmts(check, stmt->as.try_.handlers[i].body);
    }
    check_stmts(check, stmt->as.try_.otherwise);
    check_stmts(check, stmt->as.try_.finally);
}

static void check_with(Check *check, const Stmt *stmt) {
    for (size_t i = 0; i < stmt->as.with.n_items; i++) {
        check_expr(check, stmt->as.with.items[i].context);
        if (stmt->as.with.items[i].target) check_target(check, stmt->as.with.items[i].target, TARGET_LOOP);
    }
    check_stmts(check, stmt->as.with.body);
}

static void check_stmt(Check *check, const Stmt *stmt) {
    check_async(check, stmt);
    switch (stmt->kind) {
    case STMT_IF:
        check_expr(check, stmt->as.branch.test);
        check_stmts(check, stmt->as.branch.body);
        check_stmts(check, stmt->as.branch.otherwise);
        break;
    case STMT_WHILE:
        check_expr(check, stmt->as.branch.test);
        check_loop_body(check, stmt->as.branch.body, true);
        check_stmts(check, stmt->as.branch.otherwise);
        break;
    case STMT_FOR:
        check_expr(check, stmt->as.loop.iterable);
        check_target(check, stmt->as.loop.target, TARGET_LOOP);
        check_loop_body(check, stmt->as.loop.body, true);
        check_stmts(check, stmt->as.loop.otherwise);
        break;
    case STMT_TRY: check_try(check, stmt); break;
    case STMT_WITH: check_with(check, stmt); break;
    case STMT_FUNCTION: check_function(check, stmt); break;
    case STMT_CLASS: check_class(check, stmt); break;
    case STMT_MATCH:
        check_expr(check, stmt->as.match.subject);
        for (size_t i = 0; i < stmt->as.match.n_cases; i++) {
            check_expr(check, stmt->as.match.cases[i].guard);
            check_stmts(check, stmt->as.match.cases[i].body);
        }
        break;
    default: check_simple(check, stmt); break;
    }
}

static void check_stmts(Check *check, StmtList list) {
    for (size_t i = 0; i < list.count && check_enter(check, list.at[i]->at); i++) {
        check_stmt(check, list.at[i]);
        check_leave(check);
    }
}

void check_module(Parser *p, const Module *module) {
    CheckScope scope = {.kind = SCOPE_MODULE, .names = map_new(p->arena)};
    Check check = {.p = p, .scope = &scope};
    check_stmts(&check, module->body);
}

void check_expression(Parser *p, const Expr *expr) {
    CheckScope scope = {.kind = SCOPE_MODULE, .names = map_new(p->arena)};
    Check check = {.p = p, .scope = &scope};
    check_expr(&check, expr);
}

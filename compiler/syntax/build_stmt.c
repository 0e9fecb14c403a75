/* Simple statements, and the file as a whole. */
#include "syntax/build.h"

void build_module(Parser *p, const StmtVec *body) {
    p->module = ARENA_NEW(p->arena, Module);
    p->module->file = p->file;
    if (body) p->module->body = (StmtList){body->at, body->count};
}

StmtVec *build_join_lines(Parser *p, StmtVec *body, const StmtVec *line) {
    for (size_t i = 0; i < line->count; i++) vec_push(p->arena, body, line->at[i]);
    return body;
}

Stmt *build_stmt(Parser *p, StmtKind kind, SourceRange at) {
    Stmt *stmt = ARENA_NEW(p->arena, Stmt);
    stmt->kind = kind;
    stmt->at = stmt->head = at;
    return stmt;
}

Stmt *build_expr_stmt(Parser *p, StmtKind kind, Expr *expr, SourceRange at) {
    Stmt *stmt = build_stmt(p, kind, at);
    stmt->as.expr = expr;
    return stmt;
}

Stmt *build_assign(Parser *p, const ExprVec *targets_and_value, SourceRange at) {
    Stmt *stmt = build_stmt(p, STMT_ASSIGN, at);
    const size_t n_targets = targets_and_value->count - 1;
    stmt->as.assign.targets = (ExprList){targets_and_value->at, n_targets};
    stmt->as.assign.value = targets_and_value->at[n_targets];
    return stmt;
}

Stmt *build_aug_assign(Parser *p, Expr *target, BinaryOperator op, Expr *value, SourceRange at) {
    Stmt *stmt = build_stmt(p, STMT_AUG_ASSIGN, at);
    stmt->as.aug_assign.target = target;
    stmt->as.aug_assign.op = op;
    stmt->as.aug_assign.value = value;
    return stmt;
}

Stmt *build_ann_assign(Parser *p, Expr *target, Expr *annotation, Expr *value, SourceRange at) {
    Stmt *stmt = build_stmt(p, STMT_ANN_ASSIGN, at);
    stmt->as.ann_assign.target = target;
    stmt->as.ann_assign.annotation = annotation;
    stmt->as.ann_assign.value = value;
    return stmt;
}

Stmt *build_delete(Parser *p, const ExprVec *targets, SourceRange at) {
    Stmt *stmt = build_stmt(p, STMT_DELETE, at);
    stmt->as.targets = (ExprList){targets->at, targets->count};
    return stmt;
}

Stmt *build_names(Parser *p, StmtKind kind, const NameVec *names, SourceRange at) {
    Stmt *stmt = build_stmt(p, kind, at);
    stmt->as.names = (NameList){names->at, names->count};
    return stmt;
}

Stmt *build_assert(Parser *p, Expr *test, Expr *message, SourceRange at) {
    Stmt *stmt = build_stmt(p, STMT_ASSERT, at);
    stmt->as.assertion.test = test;
    stmt->as.assertion.message = message;
    return stmt;
}

Stmt *build_raise(Parser *p, Expr *exception, Expr *cause, SourceRange at) {
    Stmt *stmt = build_stmt(p, STMT_RAISE, at);
    stmt->as.raise.exception = exception;
    stmt->as.raise.cause = cause;
    return stmt;
}

Stmt *build_type_alias(Parser *p, Name name, Expr *value, SourceRange at) {
    Stmt *stmt = build_stmt(p, STMT_TYPE_ALIAS, at);
    stmt->as.type_alias.name = name;
    stmt->as.type_alias.value = value;
    return stmt;
}

Stmt *build_import(Parser *p, const AliasVec *modules, SourceRange at) {
    Stmt *stmt = build_stmt(p, STMT_IMPORT, at);
    stmt->as.import.at = modules->at;
    stmt->as.import.count = modules->count;
    return stmt;
}

Stmt *build_import_from(Parser *p, int level, const char *module, const AliasVec *members, SourceRange at) {
    Stmt *stmt = build_import(p, members, at);
    stmt->kind = STMT_IMPORT_FROM;
    stmt->as.import.module = module;
    stmt->as.import.level = level;
    return stmt;
}

void build_trailing_comma(Parser *p, SourceRange at) {
    parser_report(p, E139, at, "trailing comma not allowed without surrounding parentheses");
}

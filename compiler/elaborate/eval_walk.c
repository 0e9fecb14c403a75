/* The walk over statements and expressions; one case per kind of node that has children. */
#include "elaborate/eval_walk.h"
#include "syntax/pattern.h"

#include <string.h>

static void bind_name(const Walker *walker, const char *name, SourceRange at) {
    if (walker->bind && name) walker->bind(walker->context, name, at);
}

static void walk_list(const Walker *walker, const ExprList *list) {
    for (size_t i = 0; i < list->count; i++) walk_expression(walker, list->at[i]);
}

static void walk_arguments(const Walker *walker, const CallArgumentList *arguments) {
    for (size_t i = 0; i < arguments->count; i++) walk_expression(walker, arguments->at[i].value);
}

static void walk_defaults(const Walker *walker, const ParameterList *parameters) {
    for (size_t i = 0; i < parameters->count; i++) walk_expression(walker, parameters->at[i].fallback);
}

/* The targets are the comprehension's own; a `:=` inside binds outside. */
static void walk_comprehension(const Walker *walker, const Expr *expr) {
    const ComprehensionList *clauses = &expr->as.comprehension.clauses;
    for (size_t i = 0; i < clauses->count; i++) {
        walk_expression(walker, clauses->at[i].iterable);
        walk_list(walker, &clauses->at[i].conditions);
    }
    walk_expression(walker, expr->as.comprehension.element);
    walk_expression(walker, expr->as.comprehension.dict_value);
}

static void walk_pieces(const Walker *walker, const Expr *expr) {
    for (size_t i = 0; i < expr->as.pieces.count; i++) {
        walk_expression(walker, expr->as.pieces.at[i].value);
        walk_expression(walker, expr->as.pieces.at[i].format);
    }
}

static void walk_children(const Walker *walker, const Expr *expr) {
    switch (expr->kind) {
    case EXPR_FORMATTED: walk_pieces(walker, expr); break;
    case EXPR_TUPLE:
    case EXPR_LIST:
    case EXPR_SET: walk_list(walker, &expr->as.elements); break;
    case EXPR_DICT:
        walk_list(walker, &expr->as.dict.keys);
        walk_list(walker, &expr->as.dict.values);
        break;
    case EXPR_UNARY: walk_expression(walker, expr->as.unary.operand); break;
    case EXPR_BINARY:
        walk_expression(walker, expr->as.binary.left);
        walk_expression(walker, expr->as.binary.right);
        break;
    case EXPR_BOOL_OP: walk_list(walker, &expr->as.bool_op.operands); break;
    case EXPR_COMPARE:
        walk_expression(walker, expr->as.compare.left);
        walk_list(walker, &expr->as.compare.comparators);
        break;
    case EXPR_TERNARY:
        walk_expression(walker, expr->as.ternary.condition);
        walk_expression(walker, expr->as.ternary.then);
        walk_expression(walker, expr->as.ternary.otherwise);
        break;
    case EXPR_CALL:
        walk_expression(walker, expr->as.call.callee);
        walk_arguments(walker, &expr->as.call.arguments);
        break;
    case EXPR_ATTRIBUTE: walk_expression(walker, expr->as.attribute.object); break;
    case EXPR_SUBSCRIPT:
        walk_expression(walker, expr->as.subscript.object);
        walk_expression(walker, expr->as.subscript.index);
        break;
    case EXPR_SLICE:
        walk_expression(walker, expr->as.slice.start);
        walk_expression(walker, expr->as.slice.stop);
        walk_expression(walker, expr->as.slice.step);
        break;
    case EXPR_LAMBDA: walk_defaults(walker, &expr->as.lambda.parameters); break;
    case EXPR_LIST_COMP:
    case EXPR_SET_COMP:
    case EXPR_GENERATOR:
    case EXPR_DICT_COMP: walk_comprehension(walker, expr); break;
    case EXPR_WALRUS:
        walk_expression(walker, expr->as.walrus.value);
        bind_name(walker, expr->as.walrus.name.text, expr->as.walrus.name.at);
        break;
    case EXPR_STARRED:
    case EXPR_AWAIT:
    case EXPR_YIELD:
    case EXPR_YIELD_FROM: walk_expression(walker, expr->as.value); break;
    default: break;
    }
}

void walk_expression(const Walker *walker, const Expr *expr) {
    if (!expr) return;
    if (walker->expression && !walker->expression(walker->context, expr)) return;
    walk_children(walker, expr);
}

void walk_target(const Walker *walker, const Expr *target) {
    if (!target) return;
    if (target->kind == EXPR_NAME) {
        bind_name(walker, target->as.name, target->at);
    } else if (target->kind == EXPR_TUPLE || target->kind == EXPR_LIST) {
        for (size_t i = 0; i < target->as.elements.count; i++) walk_target(walker, target->as.elements.at[i]);
    } else if (target->kind == EXPR_STARRED) {
        walk_target(walker, target->as.value);
    } else {
        walk_expression(walker, target);
    }
}

static void walk_import(const Walker *walker, const Stmt *stmt) {
    for (size_t i = 0; i < stmt->as.import.count; i++) {
        const ImportAlias *alias = &stmt->as.import.at[i];
        const char *name = alias->alias.text ? alias->alias.text : alias->dotted_name;
        if (strcmp(name, "*") == 0) continue;
        char head[128];
        const size_t length = strcspn(name, ".");
        if (length < sizeof head && name[length]) {
            memcpy(head, name, length);
            head[length] = 0;
            name = head;
        }
        bind_name(walker, name, alias->at);
    }
}

static void walk_try(const Walker *walker, const Stmt *stmt) {
    walk_statements(walker, &stmt->as.try_.body);
    for (size_t i = 0; i < stmt->as.try_.n_handlers; i++) {
        const ExceptHandler *handler = &stmt->as.try_.handlers[i];
        walk_expression(walker, handler->type);
        bind_name(walker, handler->name.text, handler->name.at);
        walk_statements(walker, &handler->body);
    }
    walk_statements(walker, &stmt->as.try_.otherwise);
    walk_statements(walker, &stmt->as.try_.finally);
}

static void walk_with(const Walker *walker, const Stmt *stmt) {
    for (size_t i = 0; i < stmt->as.with.n_items; i++) {
        walk_expression(walker, stmt->as.with.items[i].context);
        walk_target(walker, stmt->as.with.items[i].target);
    }
    walk_statements(walker, &stmt->as.with.body);
}

static void walk_pattern(const Walker *walker, const Pattern *pattern) {
    if (pattern->name.text) bind_name(walker, pattern->name.text, pattern->name.at);
    if (pattern->inner) walk_pattern(walker, pattern->inner);
    for (size_t i = 0; i < pattern->parts.count; i++) walk_pattern(walker, pattern->parts.at[i]);
    for (size_t i = 0; i < pattern->items.count; i++) {
        const PatternItem *item = &pattern->items.at[i];
        if (item->pattern)
            walk_pattern(walker, item->pattern);
        else if (item->name.text)
            bind_name(walker, item->name.text, item->name.at);
    }
}

static void walk_match(const Walker *walker, const Stmt *stmt) {
    walk_expression(walker, stmt->as.match.subject);
    for (size_t i = 0; i < stmt->as.match.n_cases; i++) {
        walk_pattern(walker, stmt->as.match.cases[i].pattern);
        walk_expression(walker, stmt->as.match.cases[i].guard);
        walk_statements(walker, &stmt->as.match.cases[i].body);
    }
}

static void walk_compound(const Walker *walker, const Stmt *stmt) {
    switch (stmt->kind) {
    case STMT_IF:
    case STMT_WHILE:
        walk_expression(walker, stmt->as.branch.test);
        walk_statements(walker, &stmt->as.branch.body);
        walk_statements(walker, &stmt->as.branch.otherwise);
        break;
    case STMT_FOR:
        walk_expression(walker, stmt->as.loop.iterable);
        walk_target(walker, stmt->as.loop.target);
        walk_statements(walker, &stmt->as.loop.body);
        walk_statements(walker, &stmt->as.loop.otherwise);
        break;
    case STMT_TRY: walk_try(walker, stmt); break;
    case STMT_WITH: walk_with(walker, stmt); break;
    case STMT_MATCH: walk_match(walker, stmt); break;
    case STMT_FUNCTION:
        walk_list(walker, &stmt->as.function.decorators);
        walk_defaults(walker, &stmt->as.function.parameters);
        bind_name(walker, stmt->as.function.name.text, stmt->as.function.name.at);
        break;
    case STMT_CLASS:
        walk_list(walker, &stmt->as.class_.decorators);
        walk_arguments(walker, &stmt->as.class_.bases);
        bind_name(walker, stmt->as.class_.name.text, stmt->as.class_.name.at);
        break;
    default: break;
    }
}

void walk_statement(const Walker *walker, const Stmt *stmt) {
    if (walker->statement && !walker->statement(walker->context, stmt)) return;
    switch (stmt->kind) {
    case STMT_EXPR:
    case STMT_RETURN: walk_expression(walker, stmt->as.expr); break;
    case STMT_ASSIGN:
        walk_expression(walker, stmt->as.assign.value);
        for (size_t i = 0; i < stmt->as.assign.targets.count; i++)
            walk_target(walker, stmt->as.assign.targets.at[i]);
        break;
    case STMT_AUG_ASSIGN:
        walk_expression(walker, stmt->as.aug_assign.value);
        walk_target(walker, stmt->as.aug_assign.target);
        break;
    case STMT_ANN_ASSIGN:
        walk_expression(walker, stmt->as.ann_assign.value);
        walk_target(walker, stmt->as.ann_assign.target);
        break;
    case STMT_DELETE:
        for (size_t i = 0; i < stmt->as.targets.count; i++) walk_target(walker, stmt->as.targets.at[i]);
        break;
    case STMT_IMPORT:
    case STMT_IMPORT_FROM: walk_import(walker, stmt); break;
    case STMT_ASSERT:
        walk_expression(walker, stmt->as.assertion.test);
        walk_expression(walker, stmt->as.assertion.message);
        break;
    case STMT_RAISE:
        walk_expression(walker, stmt->as.raise.exception);
        walk_expression(walker, stmt->as.raise.cause);
        break;
    case STMT_TYPE_ALIAS: bind_name(walker, stmt->as.type_alias.name.text, stmt->at); break;
    default: walk_compound(walker, stmt); break;
    }
}

void walk_statements(const Walker *walker, const StmtList *list) {
    for (size_t i = 0; i < list->count; i++) walk_statement(walker, list->at[i]);
}

/* Skipped statements: what each kind binds, and how it could end. See eval_skip.c.
 *
 * A loop's body is walked twice, because a name bound at its end may be used at its start.
 */
#include "elaborate/classes.h"
#include "elaborate/eval_walk.h"
#include "syntax/pattern.h"

enum { DEEPEST_REPEAT = 3 };

static Flow worse(Flow a, Flow b) {
    if (a == FLOW_MAYBE_RETURN || b == FLOW_MAYBE_RETURN) return FLOW_MAYBE_RETURN;
    return a == FLOW_MAYBE_BREAK || b == FLOW_MAYBE_BREAK ? FLOW_MAYBE_BREAK : FLOW_NEXT;
}

Flow skip_statements(Eval *eval, const StmtList *list, const Opaque *cause) {
    Flow flow = FLOW_NEXT;
    for (size_t i = 0; i < list->count; i++) flow = worse(flow, skip_statement(eval, list->at[i], cause));
    return flow;
}

static Value unknown_in_skip(Eval *eval, const Opaque *cause, const Value *part_of) {
    Opaque *opaque = ARENA_NEW(eval->arena, Opaque);
    *opaque = (Opaque){.reason = cause->reason, .at = cause->at, .part_of = part_of};
    return eval_value_of(opaque);
}

void skip_function(Eval *eval, struct Function *function, const Opaque *cause) {
    if (function->partial_of) {
        eval_spoil(eval, *function->partial_of, cause);
        return;
    }
    if (eval->skip_depth == 0) eval->skip_pass++;
    if (function->skipped_in == eval->skip_pass || !eval_enter(eval, function->at)) return;
    function->skipped_in = eval->skip_pass;
    eval->skip_depth++;
    Scope *scope = scope_new(eval->arena, SCOPE_FUNCTION, function->scope);
    scope->locals = function->locals;
    Frame frame = {.caller = eval->frame, .scope = scope, .function = function, .result = value_none()};
    eval->frame = &frame;
    for (size_t i = 0; i < function->parameters->count; i++)
        if (function->parameters->at[i].name.text)
            eval_bind(eval, function->parameters->at[i].name.text, unknown_in_skip(eval, cause, NULL));
    if (function->body)
        (void)skip_statements(eval, function->body, cause);
    else
        skip_expression(eval, function->lambda, cause);
    eval->frame = frame.caller;
    eval->skip_depth--;
    eval_leave(eval);
}

/* A def in skipped text: its name is unknown, and calling that runs its body. */
static void skip_def(Eval *eval, const Stmt *stmt, const Opaque *cause) {
    struct Function *function = ARENA_NEW(eval->arena, struct Function);
    function->name = stmt->as.function.name.text;
    function->parameters = &stmt->as.function.parameters;
    function->body = &stmt->as.function.body;
    function->scope = eval_scope(eval);
    function->at = stmt->head;
    function->locals = scope_local_names(eval->arena, function->parameters, function->body);
    for (size_t i = 0; i < stmt->as.function.decorators.count; i++)
        skip_expression(eval, stmt->as.function.decorators.at[i], cause);
    Value *part_of = ARENA_NEW(eval->arena, Value);
    *part_of = (Value){.kind = VALUE_FUNCTION, .as.function = function};
    eval_bind(eval, function->name, unknown_in_skip(eval, cause, part_of));
    skip_function(eval, function, cause);
}

static void skip_return(Eval *eval, const Stmt *stmt, const Opaque *cause) {
    if (!stmt->as.expr) {
        eval->frame->result = eval_value_of(cause);
        return;
    }
    skip_expression(eval, stmt->as.expr, cause);
    const Value before = eval->frame->result;
    Value result = skip_result(eval, (const Expr *const *)&stmt->as.expr, 1, cause);
    if (value_is_opaque(before) &&
        before.as.opaque->part_of) { /* an earlier return that may have run instead */
        Value *both = ARENA_NEW(eval->arena, Value);
        *both = value_list_new(eval->arena, VALUE_TUPLE);
        eval_part_add(eval, *both, before);
        eval_part_add(eval, *both, result);
        result = unknown_in_skip(eval, cause, both);
    }
    eval->frame->result = result;
}

static Flow skip_loop_body(Eval *eval, const StmtList *body, const StmtList *otherwise, const Opaque *cause) {
    Flow flow = FLOW_NEXT;
    eval->frame->loops++;
    const int times = eval->frame->loops <= DEEPEST_REPEAT ? 2 : 1;
    for (int i = 0; i < times; i++) flow = skip_statements(eval, body, cause);
    eval->frame->loops--;
    flow = worse(flow == FLOW_MAYBE_BREAK ? FLOW_NEXT : flow, skip_statements(eval, otherwise, cause));
    return flow;
}

static Flow skip_try(Eval *eval, const Stmt *stmt, const Opaque *cause) {
    Flow flow = skip_statements(eval, &stmt->as.try_.body, cause);
    for (size_t i = 0; i < stmt->as.try_.n_handlers; i++) {
        const ExceptHandler *handler = &stmt->as.try_.handlers[i];
        if (handler->name.text) eval_bind(eval, handler->name.text, eval_value_of(cause));
        flow = worse(flow, skip_statements(eval, &handler->body, cause));
    }
    flow = worse(flow, skip_statements(eval, &stmt->as.try_.otherwise, cause));
    return worse(flow, skip_statements(eval, &stmt->as.try_.finally, cause));
}

static Flow skip_with(Eval *eval, const Stmt *stmt, const Opaque *cause) {
    for (size_t i = 0; i < stmt->as.with.n_items; i++) {
        const WithItem *item = &stmt->as.with.items[i];
        skip_expression(eval, item->context, cause);
        if (item->target) skip_assign(eval, item->target, item->context, cause);
    }
    return skip_statements(eval, &stmt->as.with.body, cause);
}

/* The names that a pattern captures, each bound to something unknown. */
static void skip_pattern(Eval *eval, const Pattern *pattern, const Opaque *cause) {
    if (pattern->name.text) eval_bind(eval, pattern->name.text, eval_value_of(cause));
    if (pattern->inner) skip_pattern(eval, pattern->inner, cause);
    for (size_t i = 0; i < pattern->parts.count; i++) skip_pattern(eval, pattern->parts.at[i], cause);
    for (size_t i = 0; i < pattern->items.count; i++) {
        const PatternItem *item = &pattern->items.at[i];
        if (item->pattern)
            skip_pattern(eval, item->pattern, cause);
        else if (item->name.text)
            eval_bind(eval, item->name.text, eval_value_of(cause));
    }
}

static Flow skip_match(Eval *eval, const Stmt *stmt, const Opaque *cause) {
    Flow flow = FLOW_NEXT;
    skip_expression(eval, stmt->as.match.subject, cause);
    for (size_t i = 0; i < stmt->as.match.n_cases; i++) {
        skip_pattern(eval, stmt->as.match.cases[i].pattern, cause);
        if (stmt->as.match.cases[i].guard) skip_expression(eval, stmt->as.match.cases[i].guard, cause);
        flow = worse(flow, skip_statements(eval, &stmt->as.match.cases[i].body, cause));
    }
    return flow;
}

static Flow skip_compound(Eval *eval, const Stmt *stmt, const Opaque *cause) {
    switch (stmt->kind) {
    case STMT_IF: {
        skip_expression(eval, stmt->as.branch.test, cause);
        const Flow flow = skip_statements(eval, &stmt->as.branch.body, cause);
        return worse(flow, skip_statements(eval, &stmt->as.branch.otherwise, cause));
    }
    case STMT_WHILE:
        skip_expression(eval, stmt->as.branch.test, cause);
        return skip_loop_body(eval, &stmt->as.branch.body, &stmt->as.branch.otherwise, cause);
    case STMT_FOR:
        skip_expression(eval, stmt->as.loop.iterable, cause);
        skip_assign(eval, stmt->as.loop.target, stmt->as.loop.iterable, cause);
        return skip_loop_body(eval, &stmt->as.loop.body, &stmt->as.loop.otherwise, cause);
    case STMT_TRY: return skip_try(eval, stmt, cause);
    case STMT_WITH: return skip_with(eval, stmt, cause);
    case STMT_MATCH: return skip_match(eval, stmt, cause);
    case STMT_FUNCTION: skip_def(eval, stmt, cause); return FLOW_NEXT;
    case STMT_CLASS: (void)class_skip(eval, stmt); return FLOW_NEXT;
    default: return FLOW_NEXT;
    }
}

typedef struct SkippedImport {
    Eval *eval;
    Value value;
} SkippedImport;

static void bind_import(void *context, const char *name, SourceRange at) {
    (void)at;
    SkippedImport *import = context;
    eval_bind(import->eval, name, import->value);
}

static void skip_import(Eval *eval, const Stmt *stmt, const Opaque *cause) {
    const char *module =
        stmt->kind == STMT_IMPORT ? stmt->as.import.at[0].dotted_name : stmt->as.import.module;
    Opaque *opaque = ARENA_NEW(eval->arena, Opaque);
    *opaque = (Opaque){.reason = cause->reason,
                       .at = cause->at,
                       .harmless = stmt->as.import.level == 0 && import_is_package(module)};
    SkippedImport import = {eval, eval_value_of(opaque)};
    const Walker walker = {&import, NULL, NULL, bind_import};
    walk_statement(&walker, stmt);
}

Flow skip_statement(Eval *eval, const Stmt *stmt, const Opaque *cause) {
    switch (stmt->kind) {
    case STMT_EXPR: skip_expression(eval, stmt->as.expr, cause); return FLOW_NEXT;
    case STMT_ASSIGN:
        skip_expression(eval, stmt->as.assign.value, cause);
        for (size_t i = 0; i < stmt->as.assign.targets.count; i++)
            skip_assign(eval, stmt->as.assign.targets.at[i], stmt->as.assign.value, cause);
        return FLOW_NEXT;
    case STMT_AUG_ASSIGN: {
        const Expr *target = stmt->as.aug_assign.target;
        skip_expression(eval, stmt->as.aug_assign.value, cause);
        bool unbound;
        Value before;
        if (target->kind == EXPR_NAME && eval_lookup(eval, target->as.name, &before, &unbound))
            eval_spoil_containers(eval, before, cause); /* a list changes in place */
        skip_target(eval, target, cause);
        return FLOW_NEXT;
    }
    case STMT_ANN_ASSIGN:
        if (!stmt->as.ann_assign.value) return FLOW_NEXT;
        skip_expression(eval, stmt->as.ann_assign.value, cause);
        skip_assign(eval, stmt->as.ann_assign.target, stmt->as.ann_assign.value, cause);
        return FLOW_NEXT;
    case STMT_RETURN:
        eval->left_by = cause;
        skip_return(eval, stmt, cause);
        return FLOW_MAYBE_RETURN;
    case STMT_BREAK:
    case STMT_CONTINUE: eval->left_by = cause; return FLOW_MAYBE_BREAK;
    case STMT_DELETE:
        for (size_t i = 0; i < stmt->as.targets.count; i++) skip_target(eval, stmt->as.targets.at[i], cause);
        return FLOW_NEXT;
    case STMT_IMPORT:
    case STMT_IMPORT_FROM: skip_import(eval, stmt, cause); return FLOW_NEXT;
    case STMT_ASSERT: skip_expression(eval, stmt->as.assertion.test, cause); return FLOW_NEXT;
    case STMT_TYPE_ALIAS:
        eval_bind(eval, stmt->as.type_alias.name.text, eval_value_of(cause));
        return FLOW_NEXT;
    default: return skip_compound(eval, stmt, cause);
    }
}

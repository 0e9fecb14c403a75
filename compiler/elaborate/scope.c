/* Scopes: cells by name, and the static rule that says where a name lives. */
#include "elaborate/scope.h"

#include "elaborate/eval_walk.h"

Scope *scope_new(Arena *arena, ScopeKind kind, Scope *parent) {
    Scope *scope = ARENA_NEW(arena, Scope);
    scope->kind = kind;
    scope->parent = parent;
    scope->cells = map_new(arena);
    return scope;
}

typedef struct Collector {
    LocalNames *names;
    Map *declared;
} Collector;

static void collect_name(void *context, const char *name, SourceRange at) {
    (void)at;
    LocalNames *names = ((Collector *)context)->names;
    map_put(&names->local, name, names);
}

static bool collect_stmt(void *context, const Stmt *stmt) {
    LocalNames *names = ((Collector *)context)->names;
    if (stmt->kind == STMT_GLOBAL || stmt->kind == STMT_NONLOCAL) {
        Map *set = stmt->kind == STMT_GLOBAL ? &names->global : &names->nonlocal;
        for (size_t i = 0; i < stmt->as.names.count; i++) map_put(set, stmt->as.names.at[i].text, names);
    }
    return true;
}

static bool collect_expr(void *context, const Expr *expr) {
    if (expr->kind == EXPR_YIELD || expr->kind == EXPR_YIELD_FROM || expr->kind == EXPR_AWAIT)
        ((Collector *)context)->names->is_generator = true;
    return true;
}

LocalNames *scope_local_names(Arena *arena, const ParameterList *parameters, const StmtList *body) {
    LocalNames *names = ARENA_NEW(arena, LocalNames);
    *names = (LocalNames){map_new(arena), map_new(arena), map_new(arena), false};
    for (size_t i = 0; i < parameters->count; i++)
        if (parameters->at[i].name.text) map_put(&names->local, parameters->at[i].name.text, names);
    Collector collector = {names, NULL};
    const Walker walker = {&collector, collect_stmt, collect_expr, collect_name};
    if (body) walk_statements(&walker, body);
    return names;
}

static bool is_local(const Scope *scope, const char *name) {
    const LocalNames *names = scope->locals;
    return names && map_has(&names->local, name) && !map_has(&names->global, name) &&
           !map_has(&names->nonlocal, name);
}

Scope *scope_module(Scope *scope) {
    while (scope->parent) scope = scope->parent;
    return scope;
}

static LookupResult lookup_here(const Scope *scope, const char *name, Value *out) {
    const Cell *cell = map_get(&scope->cells, name);
    if (cell && cell->bound) {
        *out = cell->value;
        return LOOKUP_FOUND;
    }
    return is_local(scope, name) ? LOOKUP_UNBOUND : LOOKUP_NONE;
}

LookupResult scope_lookup(const Scope *scope, const char *name, Value *out) {
    for (; scope; scope = scope->parent) {
        if (scope->locals && map_has(&scope->locals->global, name)) {
            while (scope->parent) scope = scope->parent;
        }
        const LookupResult result = lookup_here(scope, name, out);
        if (result != LOOKUP_NONE) return result;
    }
    return LOOKUP_NONE;
}

static Cell *cell_here(Scope *scope, const char *name) {
    Cell *cell = map_get(&scope->cells, name);
    if (cell) return cell;
    cell = ARENA_NEW(scope->cells.arena, Cell);
    map_put(&scope->cells, name, cell);
    return cell;
}

Cell *scope_cell(Scope *scope, const char *name) {
    const LocalNames *names = scope->locals;
    if (names && map_has(&names->global, name)) return cell_here(scope_module(scope), name);
    if (!names || !map_has(&names->nonlocal, name)) return cell_here(scope, name);
    for (Scope *outer = scope->parent; outer && outer->parent; outer = outer->parent) {
        if (outer->locals && map_has(&outer->locals->nonlocal, name)) continue;
        if (is_local(outer, name) || map_has(&outer->cells, name)) return cell_here(outer, name);
    }
    return NULL;
}

Scope *scope_of_walrus(Scope *scope) {
    while (scope->kind == SCOPE_COMPREHENSION) scope = scope->parent;
    return scope;
}

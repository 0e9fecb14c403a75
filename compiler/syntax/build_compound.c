/* Statements with blocks. A statement's range ends with its last block's last statement. */
#include "syntax/build.h"
#include "syntax/lexer.h"

static StmtList statements(const StmtVec *body) {
    return body ? (StmtList){body->at, body->count} : (StmtList){NULL, 0};
}

/* Where a block ends; `fallback` where there is none. */
static uint32_t block_end(const StmtVec *body, uint32_t fallback) {
    return body && body->count ? body->at[body->count - 1]->at.end : fallback;
}

static Stmt *new_compound(Parser *p, StmtKind kind, SourceRange head, const StmtVec *body,
                          const StmtVec *otherwise) {
    Stmt *stmt = build_stmt(p, kind, head);
    stmt->at.end = block_end(otherwise, block_end(body, head.end));
    return stmt;
}

/* ---- blocks that are not as they should be ---- */

static SourceRange current_token(const Parser *p) {
    const RawToken token = p->lexer->raw.at[p->lexer->next];
    return parser_range(p, token.begin, token.end);
}

void build_unexpected_indent(Parser *p) {
    parser_report(p, E105, current_token(p), "unexpected indent");
}

/* The line before lacks its block. */
void build_missing_block(Parser *p) {
    const RawToken head = p->lexer->raw.at[p->lexer->previous_head];
    const SourceRange at = parser_range(p, head.begin, head.end);
    const uint32_t line = sources_position(p->sources, p->file, head.begin).line;
    const char *text = p->source->text + head.begin;
    if (head.kind == T_DEF || head.kind == T_ASYNC)
        parser_report(p, E107, at, "expected an indented block after function definition on line %u", line);
    else if (head.kind == T_CLASS)
        parser_report(p, E107, at, "expected an indented block after class definition on line %u", line);
    else
        parser_report(p, E107, at, "expected an indented block after '%.*s' statement on line %u",
                      (int)(head.end - head.begin), text, line);
}

void build_lone_decorator(Parser *p, SourceRange at) {
    parser_report(p, E100, at, "invalid syntax: expected a function or class definition after a decorator");
}

/* ---- statements ---- */

Stmt *build_async(Stmt *stmt, SourceRange at) {
    stmt->is_async = true;
    stmt->at.begin = stmt->head.begin = at.begin;
    return stmt;
}

Stmt *build_decorated(Parser *p, Stmt *definition, const ExprVec *decorators) {
    (void)p;
    const ExprList list = {decorators->at, decorators->count};
    if (definition->kind == STMT_CLASS)
        definition->as.class_.decorators = list;
    else
        definition->as.function.decorators = list;
    return definition;
}

/* While a chain grows, `at.end` of its first statement is not yet right, and the `otherwise` of its last is
 * empty. */
struct IfChain {
    VEC(Stmt *) links;
};

IfChain *build_if(Parser *p, IfChain *chain, Expr *test, const StmtVec *body, SourceRange head) {
    Stmt *stmt = new_compound(p, STMT_IF, head, body, NULL);
    stmt->as.branch.test = test;
    stmt->as.branch.body = statements(body);
    if (!chain) chain = ARENA_NEW(p->arena, IfChain);
    vec_push(p->arena, &chain->links, stmt);
    return chain;
}

Stmt *build_if_end(Parser *p, IfChain *chain, const StmtVec *otherwise) {
    const size_t n = chain->links.count;
    Stmt *last = chain->links.at[n - 1];
    last->as.branch.otherwise = statements(otherwise);
    const uint32_t end = block_end(otherwise, last->at.end);
    for (size_t i = n; i > 0; i--) {
        Stmt *stmt = chain->links.at[i - 1];
        stmt->at.end = end;
        if (i == n) continue;
        Stmt **elif = ARENA_NEW(p->arena, Stmt *);
        *elif = chain->links.at[i];
        stmt->as.branch.otherwise = (StmtList){elif, 1};
    }
    return chain->links.at[0];
}

Stmt *build_while(Parser *p, Expr *test, const StmtVec *body, const StmtVec *otherwise, SourceRange head) {
    Stmt *stmt = new_compound(p, STMT_WHILE, head, body, otherwise);
    stmt->as.branch.test = test;
    stmt->as.branch.body = statements(body);
    stmt->as.branch.otherwise = statements(otherwise);
    return stmt;
}

Stmt *build_for(Parser *p, Expr *target, Expr *iterable, const StmtVec *body, const StmtVec *otherwise,
                SourceRange head) {
    Stmt *stmt = new_compound(p, STMT_FOR, head, body, otherwise);
    stmt->as.loop.target = target;
    stmt->as.loop.iterable = iterable;
    stmt->as.loop.body = statements(body);
    stmt->as.loop.otherwise = statements(otherwise);
    return stmt;
}

static void check_handlers(Parser *p, const HandlerVec *handlers) {
    for (size_t i = 0; i < handlers->count; i++) {
        const ExceptHandler *handler = &handlers->at[i];
        if (!handler->type && i + 1 < handlers->count && !handler->is_group)
            parser_report(p, E137, handler->at, "default 'except:' must be last");
        if (handler->is_group != handlers->at[0].is_group)
            parser_report(p, E137, handler->at, "cannot have both 'except' and 'except*' on the same 'try'");
    }
}

Stmt *build_try(Parser *p, const StmtVec *body, const HandlerVec *handlers, const StmtVec *otherwise,
                const StmtVec *finally, SourceRange head) {
    Stmt *stmt = new_compound(p, STMT_TRY, head, body, NULL);
    if (handlers->count == 0 && !finally)
        parser_report(p, E137, head, "expected 'except' or 'finally' block");
    if (handlers->count == 0 && finally && otherwise)
        parser_report(p, E137, head, "expected 'except' before the 'else' of a 'try'");
    check_handlers(p, handlers);
    if (handlers->count) stmt->at.end = handlers->at[handlers->count - 1].at.end;
    stmt->at.end = block_end(finally, block_end(otherwise, stmt->at.end));
    stmt->as.try_.body = statements(body);
    stmt->as.try_.handlers = handlers->at;
    stmt->as.try_.n_handlers = handlers->count;
    stmt->as.try_.otherwise = statements(otherwise);
    stmt->as.try_.finally = statements(finally);
    return stmt;
}

ExceptHandler build_handler(Parser *p, Expr *type, Name name, const StmtVec *body, SourceRange head) {
    const SourceRange at = parser_range(p, head.begin, block_end(body, head.end));
    return (ExceptHandler){.type = type, .name = name, .body = statements(body), .at = at};
}

ExceptHandler build_group_handler(Parser *p, Expr *type, Name name, const StmtVec *body, SourceRange head) {
    ExceptHandler handler = build_handler(p, type, name, body, head);
    handler.is_group = true;
    return handler;
}

ExceptHandler build_bare_tuple_handler(Parser *p, SourceRange at) {
    parser_report(p, E138, at, "multiple exception types must be parenthesized");
    return (ExceptHandler){.type = build_expr(p, EXPR_NONE, at), .at = at};
}

/* `with (a, b):` has two items; as an expression it would be a tuple. */
const WithItemVec *build_with_tuple(Parser *p, const WithItemVec *items) {
    const Expr *tuple = items->at[0].context;
    if (items->count != 1 || items->at[0].target || tuple->kind != EXPR_TUPLE ||
        tuple->as.elements.count == 0)
        return items;
    WithItemVec *out = ARENA_NEW(p->arena, WithItemVec);
    for (size_t i = 0; i < tuple->as.elements.count; i++) {
        Expr *element = tuple->as.elements.at[i];
        if (element->kind == EXPR_STARRED || (element->kind == EXPR_WALRUS && !element->parenthesized))
            return items;
        vec_push(p->arena, out, ((WithItem){element, NULL}));
    }
    return out;
}

Stmt *build_with(Parser *p, const WithItemVec *items, const StmtVec *body, SourceRange head) {
    Stmt *stmt = new_compound(p, STMT_WITH, head, body, NULL);
    stmt->as.with.items = items->at;
    stmt->as.with.n_items = items->count;
    stmt->as.with.body = statements(body);
    return stmt;
}

Stmt *build_function(Parser *p, Name name, ParameterList parameters, Expr *returns, const StmtVec *body,
                     SourceRange head) {
    Stmt *stmt = new_compound(p, STMT_FUNCTION, head, body, NULL);
    stmt->as.function.name = name;
    stmt->as.function.parameters = parameters;
    stmt->as.function.returns = returns;
    stmt->as.function.body = statements(body);
    return stmt;
}

Stmt *build_class(Parser *p, Name name, const ArgumentVec *bases, const StmtVec *body, SourceRange head) {
    Stmt *stmt = new_compound(p, STMT_CLASS, head, body, NULL);
    if (bases) {
        build_check_arguments(p, bases);
        stmt->as.class_.bases = (CallArgumentList){bases->at, bases->count};
    }
    stmt->as.class_.name = name;
    stmt->as.class_.body = statements(body);
    return stmt;
}

Stmt *build_match(Parser *p, Expr *subject, const CaseVec *cases, SourceRange head) {
    Stmt *stmt = build_stmt(p, STMT_MATCH, head);
    if (cases->count) {
        const StmtList body = cases->at[cases->count - 1].body;
        if (body.count) stmt->at.end = body.at[body.count - 1]->at.end;
    }
    stmt->as.match.subject = subject;
    stmt->as.match.cases = cases->at;
    stmt->as.match.n_cases = cases->count;
    return stmt;
}

MatchCase build_case(Parser *p, Pattern *pattern, Expr *guard, const StmtVec *body) {
    (void)p;
    return (MatchCase){pattern, guard, statements(body)};
}

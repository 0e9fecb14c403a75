/* Walk: visits the statements and expressions of a piece of text, for what is known without evaluating it. */
#ifndef LAMINA_ELABORATE_EVAL_WALK_H
#define LAMINA_ELABORATE_EVAL_WALK_H

#include "syntax/ast.h"

/* Each visitor may be NULL. `statement` and `expression` come before the children, and return false to skip
 * them. `bind` gets each name that is bound in the scope of the text itself: not those inside nested
 * functions, classes, lambdas and comprehensions, whose bodies are not walked (defaults, decorators and bases
 * are). */
typedef struct Walker {
    void *context;
    bool (*statement)(void *context, const Stmt *stmt);
    bool (*expression)(void *context, const Expr *expr);
    void (*bind)(void *context, const char *name, SourceRange at);
} Walker;

void walk_statements(const Walker *walker, const StmtList *list);
void walk_statement(const Walker *walker, const Stmt *stmt);
void walk_expression(const Walker *walker, const Expr *expr);
/* Calls `bind` for the names of an assignment target, and walks the expressions in it (`a[f()] = ...`). */
void walk_target(const Walker *walker, const Expr *target);

#endif

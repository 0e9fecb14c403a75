/* The walk of syntax/check.h in parts: statements (check.c), expressions and targets (check_expr.c,
 * check_target.c). */
#ifndef LAMINA_SYNTAX_CHECK_WALK_H
#define LAMINA_SYNTAX_CHECK_WALK_H

#include "base/map.h"
#include "syntax/build.h"

enum { DEEPEST_NESTING = 1000 }; /* levels of the tree: those who walk it use the C stack */

typedef enum ScopeKind {
    SCOPE_MODULE,
    SCOPE_CLASS,
    SCOPE_FUNCTION,
    SCOPE_ASYNC_FUNCTION,
    SCOPE_LAMBDA
} ScopeKind;

/* How a name was met first in a scope: what `global` and `nonlocal` must not follow. */
typedef enum NameUse { NAME_PARAMETER = 1, NAME_USED, NAME_ASSIGNED } NameUse;

typedef struct CheckScope {
    ScopeKind kind;
    Map names; /* to &NAME_USES[NameUse] */
    bool in_loop;
    const char *comprehension; /* "list comprehension" where the walk is in one, else NULL */
} CheckScope;

typedef struct Check {
    Parser *p;
    CheckScope *scope;
    int depth;
    bool too_deep; /* reported; nothing more is looked at */
} Check;

typedef enum TargetKind { TARGET_ASSIGN, TARGET_LOOP, TARGET_DELETE } TargetKind;

/* Enters a level of the tree at `at`; false where it is one too many. */
bool check_enter(Check *check, SourceRange at);
void check_leave(Check *check);
void check_name(Check *check, const char *name, NameUse use);
NameUse check_name_use(const Check *check, const char *name); /* 0 where it was not met */

void check_expr(Check *check, const Expr *expr); /* may be NULL */
void check_exprs(Check *check, ExprList list);   /* elements: `*x` is allowed */
void check_arguments(Check *check, CallArgumentList arguments);
void check_parameter_values(Check *check, ParameterList parameters); /* defaults and annotations */
CheckScope check_function_scope(Check *check, ScopeKind kind, ParameterList parameters);

void check_target(Check *check, const Expr *target, TargetKind kind);
void check_augmented_target(Check *check, const Expr *target);
void check_annotated_target(Check *check, const Expr *target);

#endif

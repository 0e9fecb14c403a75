/* Scope: the names of a module, a function call or a comprehension, by Python's rules.
 *
 * Which names are local to a function is known from its text alone (LocalNames); a scope then maps names to
 * cells. Invariant: a cell is made once and stays at its place, so closures see later bindings.
 */
#ifndef LAMINA_ELABORATE_SCOPE_H
#define LAMINA_ELABORATE_SCOPE_H

#include "base/map.h"
#include "syntax/ast.h"
#include "value/value.h"

typedef struct LocalNames {
    Map local, global, nonlocal; /* sets: the values are unspecified */
    bool is_generator;
} LocalNames;

typedef struct Cell {
    Value value;
    bool bound;
    bool pinned;     /* -D: the file's own bindings do not count */
    uint64_t serial; /* order of the last binding */
} Cell;

typedef enum ScopeKind { SCOPE_MODULE, SCOPE_FUNCTION, SCOPE_COMPREHENSION, SCOPE_CLASS } ScopeKind;

typedef struct Scope Scope;
struct Scope {
    ScopeKind kind;
    Scope *parent;            /* the enclosing scope; NULL: a module */
    const LocalNames *locals; /* of a function, else NULL */
    Map cells;                /* Cell * */
    struct Namespace *space;  /* of a module */
    const char *home;         /* of a module: the folder in which its imports are looked for first */
    const Opaque *star;       /* of a module: `from package import *`, which may bind any name */
};

typedef enum LookupResult { LOOKUP_FOUND, LOOKUP_UNBOUND, LOOKUP_NONE } LookupResult;

Scope *scope_new(Arena *arena, ScopeKind kind, Scope *parent);
/* The names that a function's body and parameters bind. */
LocalNames *scope_local_names(Arena *arena, const ParameterList *parameters, const StmtList *body);
/* LOOKUP_UNBOUND: a local variable that has no value yet. */
LookupResult scope_lookup(const Scope *scope, const char *name, Value *out);
/* The cell that an assignment in this scope writes; made where it is new. NULL: `nonlocal` without such a
 * variable. */
Cell *scope_cell(Scope *scope, const char *name);
/* The same for the target of `:=`, which a comprehension leaves to the scope around it. */
Scope *scope_of_walrus(Scope *scope);
Scope *scope_module(Scope *scope);

#endif

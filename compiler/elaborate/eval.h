/* Eval: the state of one evaluation, and what its parts offer one another. AST in, Graph out (elaborate.h).
 *
 * Every function here that returns bool returns false where Python would raise: the report is recorded, the
 * caller passes the false on, and `try` may take the report back. Something that cannot be evaluated is no
 * failure: its value is a VALUE_OPAQUE that names the first statement that made it so.
 */
#ifndef LAMINA_ELABORATE_EVAL_H
#define LAMINA_ELABORATE_EVAL_H

#include "base/diag.h"
#include "base/map.h"
#include "elaborate/builtin.h"
#include "elaborate/elaborate.h"
#include "elaborate/value_ops.h"
#include "graph/graph.h"
#include "syntax/ast.h"
#include "value/value.h"

typedef struct Eval Eval;
typedef struct Scope Scope;
typedef struct Frame Frame;

struct Eval {
    Arena *arena;
    Graph *graph;
    Diagnostics *diags;
    Sources *sources;
    const ElaborateOptions *options;
    Scope *module;   /* the model file's own names */
    bool predefined; /* Keras' names without import: the file imports nothing of Keras */
    Frame *frame;    /* the innermost call, or the module */
    Map modules;     /* imported files: path -> struct Namespace */
    VEC(const char *) imported;
    uint64_t steps;    /* used so far; options->max_steps bounds them */
    unsigned depth;    /* of calls */
    const char *stack; /* where the machine stack began: recursion ends before it does */
    size_t stack_limit;
    bool fatal;                        /* a bound was passed: no `try` takes this back */
    bool exited;                       /* sys.exit() */
    struct LayerScope *layer_scope;    /* the innermost layer of the file that is being built or called */
    const Opaque *settings_unknown;    /* a skipped statement could have changed Keras' global settings */
    unsigned skip_pass, skip_depth;    /* walks over skipped text: their number, and how deep this one is */
    const Opaque *left_by;             /* why skipped text may have left its loop or function (Flow) */
    uint64_t serial;                   /* of the last binding */
    size_t opaque_uses;                /* grows with each operation that was skipped */
    struct PendingException *handling; /* for a bare `raise` */
    const char *raised_type, *raised_text; /* the exception under way */
};

/* Calls anything callable: functions of the file, builtins, methods, layers, layer classes, symbols, opaque
 * values. */
bool eval_call(Eval *eval, Value callee, const Arguments *arguments, Value *out);
/* callee(a, b) for builtins that take functions (map, sorted(key=)). */
bool eval_call_values(Eval *eval, Value callee, const Value *values, size_t count, SourceRange at,
                      Value *out);

/* object.name */
bool eval_attribute(Eval *eval, Value object, const char *name, SourceRange at, Value *out);
/* False where the object has no such attribute; nothing is reported (hasattr, getattr with a default). */
bool eval_has_attribute(Eval *eval, Value object, const char *name, SourceRange at);

/* The items that a loop over the value sees: list, tuple, set, range, dict keys, characters of a string. For
 * something opaque it returns true and an empty list whose `opaque` is set: check it. The list is a copy. */
bool eval_iterate(Eval *eval, Value value, SourceRange at, List **items);

/* Records an exception of Python's and starts to unwind: always returns false. `exception` NULL: the code's
 * own. */
bool eval_raise(Eval *eval, DiagCode code, const char *exception, SourceRange at, const char *format, ...)
    DIAG_PRINTF(5, 6);
/* To be called where a function of another stage (layers, model) reported an error and returned: makes it the
 * exception under way. Always returns false. `mark`: taken before the call. */
bool eval_raised(Eval *eval, DiagMark mark);

/* Uses up steps, for work in proportion to `count` (building a list of that many items, a string that long);
 * false after reporting where that is too much. Call it before allocating. */
bool eval_charge(Eval *eval, SourceRange at, uint64_t count);
/* The bound on layers and their calls, which every step checks; false after reporting where it is passed. */
bool eval_graph_fits(Eval *eval, SourceRange at);

/* ---- opaque values ---- */

/* Why the value's content is unknown: it is opaque, or is a list, dict, tensor, layer or model that a skipped
 * statement could have changed; else NULL. Does not look at elements. */
const Opaque *eval_opaque_of(Value value);
/* A result that was not evaluated. `reason`: "numpy is not evaluated". */
Value eval_opaque(Eval *eval, SourceRange at, const char *reason);
/* The value made of an opaque operand: the same cause. */
Value eval_opaque_from(Eval *eval, const Opaque *cause);
/* Makes the value, and all that can be reached from it, opaque. */
void eval_spoil(Eval *eval, Value value, const Opaque *cause);

#endif

/* What the files of the evaluator share among themselves: functions, namespaces, frames, and one entry point
 * each. */
#ifndef LAMINA_ELABORATE_EVAL_PARTS_H
#define LAMINA_ELABORATE_EVAL_PARTS_H

#include "elaborate/eval.h"
#include "elaborate/scope.h"

/* A def, a lambda, or a functools.partial; also the body of a class, which is never called but may be run by
 * others. */
struct Function {
    const char *name;
    const ParameterList *parameters;
    const Value
        *defaults; /* one per parameter; VALUE_ELLIPSIS kind is a legal default, so `has_default` decides */
    const bool *has_default;
    const StmtList *body; /* NULL: a lambda */
    const Expr *lambda;   /* its body */
    Scope *scope;         /* where it was made */
    const LocalNames *locals;
    SourceRange at;          /* the head of the def */
    const Opaque *opaque;    /* it cannot be evaluated (a generator, ...) */
    const Value *partial_of; /* functools.partial: the function, and the arguments that come first */
    const Arguments *partial;
    Dict *memo; /* functools.cache: what calls of partial_of gave, by their arguments */
    bool is_class;
    struct Class *owner; /* the class in whose body it stands, which super() needs; or NULL */
    unsigned skipped_in; /* the last walk over skipped text that went through its body */
};

typedef enum SpaceKind {
    SPACE_KERAS,   /* keras, tensorflow.keras and below: namespaces_keras.def */
    SPACE_PACKAGE, /* an installed package: its attributes are opaque, a few are known */
    SPACE_LOCAL    /* a module of the user's */
} SpaceKind;

struct Namespace {
    SpaceKind kind;
    const char *path; /* "keras.layers", "numpy", "helpers" */
    bool tf_keras;    /* reached through tensorflow.keras, which has the old names too */
    bool source;      /* reached through keras.src: names that are not public are there, but not evaluated */
    Scope *scope;     /* SPACE_LOCAL */
    const char *folder; /* SPACE_LOCAL: where its own modules are, or NULL */
    bool running;       /* its import is under way */
};

/* One call under evaluation, or a module. */
struct Frame {
    Frame *caller;
    Scope *scope;
    const struct Function *function; /* NULL: a module */
    Value result;                    /* of `return` */
    SourceRange call;                /* where the function was called */
    bool recover;                    /* an error ends one statement, not the block: at module level */
    unsigned loops;
};

/* How a statement or block ended. The last two come out of skipped text: it may have left the loop or
 * function. */
typedef enum Flow {
    FLOW_NEXT,
    FLOW_BREAK,
    FLOW_CONTINUE,
    FLOW_RETURN,
    FLOW_RAISE,
    FLOW_MAYBE_BREAK,
    FLOW_MAYBE_RETURN
} Flow;

/* The exception that an `except` clause handles, for a bare `raise`. */
typedef struct PendingException {
    struct PendingException *outer;
    const char *type, *text;
    SourceRange at;
} PendingException;

/* ---- eval.c ---- */

Scope *eval_scope(Eval *eval);
/* One step; false after reporting where the bound is passed. */
bool eval_step(Eval *eval, SourceRange at);
/* Enters a call: bounds depth and machine stack. Each true is paired with eval_leave. */
bool eval_enter(Eval *eval, SourceRange at);
void eval_leave(Eval *eval);
Value eval_value_of(const Opaque *cause);
/* The first opaque thing in the value or its items, tensors and layers included. */
const Opaque *eval_opaque_inside(Value value);
const Opaque *eval_arguments_opaque(const Arguments *arguments);
/* Adds to the parts (a tuple) what the value could be a part of, or the value itself; no repeats. */
void eval_part_add(Eval *eval, Value parts, Value value);
/* The unknown result of a call: it may be, or hold, the lists, dicts, layers and models among the arguments.
 */
Value eval_opaque_holding(Eval *eval, const Opaque *cause, const Arguments *arguments);
/* The value is stored into something opaque, of which it is a part from now on. */
void eval_opaque_absorb(Eval *eval, Value opaque, Value value);
/* An opaque value of an installed package. */
/* Why nothing is read from a value that keras.ops has computed outside of layers; NULL: it is none. */
const Opaque *eval_known_opaque(Eval *eval, Value value, SourceRange at);
/* Whether a tensor of a model is among the arguments: not one that is known. */
bool eval_has_symbolic(const Arguments *arguments);
Value eval_opaque_package(Eval *eval, SourceRange at, const char *format, ...) DIAG_PRINTF(3, 4);
/* As eval_spoil, but only lists and dicts: what a package may change. */
void eval_spoil_containers(Eval *eval, Value value, const Opaque *cause);
/* The value that is silent: it follows from an error already reported. */
const Opaque *eval_poison(Eval *eval, SourceRange at);
/* "did you mean" help below the last report. */
void eval_suggest(Eval *eval, SourceRange at, const char *wanted, const char *const *names, size_t count);
const char *eval_str(Eval *eval, const char *format, ...) DIAG_PRINTF(2, 3);

/* ---- expressions.c ---- */

bool eval_expression(Eval *eval, const Expr *expr, Value *out);
/* Python's truth. *unknown is set instead of *out where it depends on something opaque. */
bool eval_truth(Eval *eval, Value value, SourceRange at, bool *out, const Opaque **unknown);
bool eval_comprehension(Eval *eval, const Expr *expr, Value *out);
bool eval_formatted(Eval *eval, const Expr *expr, Value *out);
/* After a function of another stage: true where it succeeded and reported nothing since the mark. */
bool eval_checked(Eval *eval, DiagMark mark, bool ok);
/* A name, as an expression sees it: scopes, builtins, predefined names. False where there is none. */
bool eval_lookup(Eval *eval, const char *name, Value *out, bool *unbound);

/* ---- statements.c and eval_*.c: each runs one kind of statement ---- */

Flow exec_block(Eval *eval, const StmtList *list);
Flow exec_statement(Eval *eval, const Stmt *stmt);
Flow exec_for(Eval *eval, const Stmt *stmt);
Flow exec_while(Eval *eval, const Stmt *stmt);
Flow exec_try(Eval *eval, const Stmt *stmt);
Flow exec_with(Eval *eval, const Stmt *stmt);
bool exec_raise(Eval *eval, const Stmt *stmt);
bool exec_assert(Eval *eval, const Stmt *stmt);
bool exec_import(Eval *eval, const Stmt *stmt);
bool exec_import_from(Eval *eval, const Stmt *stmt);
bool exec_function(Eval *eval, const Stmt *stmt);
bool exec_class(Eval *eval, const Stmt *stmt);
bool exec_augmented(Eval *eval, const Stmt *stmt);
/* target = value, for all forms of targets. */
bool exec_assign(Eval *eval, const Expr *target, Value value);
bool exec_delete(Eval *eval, const Expr *target);
void eval_bind(Eval *eval, const char *name, Value value);

/* ---- eval_skip.c: text that is not run, but could have been ---- */

/* Whatever the statements bind or could have changed becomes opaque. */
Flow skip_statements(Eval *eval, const StmtList *list, const Opaque *cause);
void skip_target(Eval *eval, const Expr *target, const Opaque *cause);
void skip_assign(Eval *eval, const Expr *target, const Expr *value, const Opaque *cause);
Flow skip_statement(Eval *eval, const Stmt *stmt, const Opaque *cause);
void skip_expression(Eval *eval, const Expr *expr, const Opaque *cause);
/* The objects that the names in the expression stand for, as a tuple. */
Value skip_reachable(Eval *eval, const Expr *expr);
/* The unknown result of expressions that were skipped; it remembers which objects it could be a part of. */
Value skip_result(Eval *eval, const Expr *const *exprs, size_t count, const Opaque *cause);
/* The function may be called at any time by something unknown. */
void skip_function(Eval *eval, struct Function *function, const Opaque *cause);
/* What a call with these arguments could change, where the callee is not evaluated. */
void skip_call(Eval *eval, Value callee, const Arguments *arguments, const Opaque *cause);
/* Methods of layers, models and opaque objects that leave the graph alone: fit, compile, summary, ... */
bool skip_is_quiet_method(const char *name);
bool skip_is_quiet_attribute(const char *name); /* trainable, ... */

/* ---- functions.c ---- */

bool function_make(Eval *eval, const char *name, const ParameterList *parameters, const StmtList *body,
                   const Expr *lambda, SourceRange at, Value *out);
bool function_call(Eval *eval, struct Function *function, const Arguments *arguments, Value *out);
/* Binds arguments to parameters in `scope` by Python's rules. */
bool function_bind(Eval *eval, const struct Function *function, const Arguments *arguments, Scope *scope);

/* ---- eval_call.c ---- */

bool eval_call_expression(Eval *eval, const Expr *expr, Value *out);

/* ---- namespaces.c, imports.c ---- */

Value namespace_value(Eval *eval, const char *path, bool tf_keras);
Value namespace_source(Eval *eval, const char *path, bool tf_keras); /* as keras.src.PATH */
/* space.name; false (nothing reported) where it has no such attribute. */
bool namespace_get(Eval *eval, const struct Namespace *space, const char *name, SourceRange at, Value *out);
bool namespace_exists(const char *keras_path);
/* Reports "module ... has no attribute ..." with a suggestion. */
/* The module of Keras whose last name is nearest to this one, or NULL. */
const char *namespace_near_module(const char *name);
bool namespace_missing(Eval *eval, const struct Namespace *space, const char *name, SourceRange at,
                       bool import);
/* The module of keras.applications that has this model; NULL where there is none. */
const char *namespace_application(Eval *eval, const char *name);
/* All public names, for `from m import *`. */
void namespace_bind_all(Eval *eval, const struct Namespace *space, SourceRange at);
/* Keras' names that a file without imports has. */
bool namespace_predefined(Eval *eval, const char *name, SourceRange at, Value *out);
/* A module by its dotted name as seen from the running file; never fails, but gives an opaque value. */
bool import_module(Eval *eval, const char *dotted, int level, SourceRange at, Value *out);
/* keras, numpy, os, ...: installed, as far as we know; else a module of the user's. */
bool import_is_package(const char *dotted);
bool import_submodule(Eval *eval, const struct Namespace *space, const char *name, SourceRange at,
                      Value *out);

/* ---- functions of Keras that we evaluate: namespaces_functions.c ---- */

/* "keras.config.set_floatx" and the like; NULL where it is not evaluated. */
const Builtin *keras_function(const char *path);

/* ---- eval_attributes.c, eval_layers.c, eval_symbols.c ---- */

bool eval_store_attribute(Eval *eval, Value object, const char *name, Value value, SourceRange at);
bool layer_attribute(Eval *eval, Layer *layer, const char *name, SourceRange at, Value *out, bool *found);
bool layer_method(Eval *eval, Layer *layer, const char *name, const Arguments *arguments, Value *out);
bool layer_has_method(const Layer *layer, const char *name);
/* Calls a method of a layer, model or object of the file that Keras gives it. */
bool super_method(Eval *eval, struct Instance *super, const char *name, const Arguments *arguments,
                  Value *out);
/* What fit(callbacks=...), compile(loss=...) and the like may call back. */
void eval_train(Eval *eval, Value model, const Arguments *arguments);
bool eval_call_layer(Eval *eval, Layer *layer, const Arguments *arguments, Value *out);
/* A function of the file as an activation: a symbol where it is one that the layers know, else a Lambda. */
Value eval_activation(Eval *eval, Value value, SourceRange at);
bool eval_construct(Eval *eval, const struct LayerClass *class_, const Arguments *arguments, Value *out);
bool eval_call_symbol(Eval *eval, const char *symbol, const Arguments *arguments, Value *out);
Value history_tuple(Eval *eval, const Tensor *tensor);

/* copy.copy and copy.deepcopy: builtin_copy.c */
BuiltinCall eval_copy, eval_deepcopy;

/* ---- exceptions: eval_exceptions.c ---- */

bool exception_is_name(const char *name);
/* The class by its name, as a symbol "builtins.ValueError". */
Value exception_class(Eval *eval, const char *name);
bool exception_matches(const char *type, const char *handler);

#endif

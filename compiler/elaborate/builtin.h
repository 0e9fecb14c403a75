/* Builtin: a function or type of ours that files can call, such as len, int or math.sqrt. */
#ifndef LAMINA_ELABORATE_BUILTIN_H
#define LAMINA_ELABORATE_BUILTIN_H

#include "value/value.h"

struct Eval; /* elaborate/eval.h */
typedef struct Builtin Builtin;

/* The result goes to *out; false after eval_raise. `self` is the builtin that was called, for functions that
 * serve several rows of a table. */
typedef bool BuiltinCall(struct Eval *eval, const Builtin *self, const Arguments *arguments, Value *out);

struct Builtin {
    const char *name;   /* "len", "math.sqrt", "ops.reshape" */
    BuiltinCall *call;  /* NULL: not evaluated, a call gives an opaque value */
    bool is_type;       /* int, str, list, ...: good for isinstance and the answer of type() */
    bool takes_unknown; /* called with opaque arguments too; else one of them makes the result opaque */
    const void *data;   /* the table row behind it, where the function needs one */
};

/* Calls it, or answers for it where an argument is opaque. None of ours changes its arguments. */
bool builtin_call(struct Eval *eval, const Builtin *builtin, const Arguments *arguments, Value *out);

/* Python's own functions and types; NULL where there is none of that name. */
const Builtin *builtin_find(const char *name);
/* All of them, for name lookup and "did you mean". */
const Builtin *builtin_all(size_t *count);
/* math.NAME as a value: a function, or a constant such as math.pi. False where math has no such name. */
bool math_find(const char *name, Value *out);

static inline Value value_builtin(const Builtin *builtin) {
    return (Value){.kind = VALUE_BUILTIN, .as.builtin = builtin};
}

/* collections.NAME: OrderedDict (a dict) and defaultdict. */
bool collections_find(const char *name, Value *out);

/* isinstance(value, type) and issubclass(type, of) for one type in *out; false where the answer is not known.
 */
bool builtin_is_instance(Value value, Value type, bool *out);
bool builtin_is_subclass(Value type, Value of, bool *out);
/* type(value): a Builtin type, layer class, class or symbol; false where it has none that we know. */
bool builtin_type_of(Value value, Value *out);

#endif

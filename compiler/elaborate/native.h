/* Functions and methods written in C: a table row gives the name, the parameters and the function.
 *
 * Parameters are words: "iterable start? / key? *": `?` may be left out, the words before `/` are positional
 * only, those behind `*` are keyword only. NULL: the function reads the arguments itself (any number of
 * them).
 */
#ifndef LAMINA_ELABORATE_NATIVE_H
#define LAMINA_ELABORATE_NATIVE_H

#include "elaborate/value_ops_parts.h"

enum { NATIVE_MAX_PARAMETERS = 6 };

typedef struct NativeCall {
    Eval *eval;
    Arena *arena;
    Value self;       /* of a method */
    const char *name; /* "append", "len" */
    const void *data; /* the row's own */
    const Arguments *arguments;
    SourceRange at;
    Value value[NATIVE_MAX_PARAMETERS]; /* None where it was not given */
    bool given[NATIVE_MAX_PARAMETERS];
} NativeCall;

typedef bool NativeFunction(NativeCall *call, Value *out);

enum NativeFlags {
    NATIVE_TAKES_UNKNOWN = 1, /* is called with opaque arguments; else one of them makes the result opaque */
    NATIVE_TYPE = 2           /* a type: good for isinstance */
};

typedef struct NativeRow {
    const char *name, *parameters;
    NativeFunction *function; /* NULL: not evaluated */
    unsigned flags;
    const void *data;
} NativeRow;

/* Binds the arguments and calls the row's function. `self` is none for functions. */
bool native_call(Eval *eval, const NativeRow *row, Value self, const Arguments *arguments, Value *out);

/* ---- for the functions ---- */

/* An index or count; TypeError "'x' object cannot be interpreted as an integer" otherwise. */
bool native_int(NativeCall *call, Value value, int64_t *out);
bool native_opaque(NativeCall *call, const Opaque *cause, Value *out);
bool native_not_evaluated(NativeCall *call, const char *reason, Value *out);
/* eval_iterate; *done is set (and *out opaque) where the items are unknown. */
bool native_items(NativeCall *call, Value iterable, List **items, Value *out, bool *done);
/* The entries that `dict(...)` or `.update(...)` puts; *cause is set where they are not known. */
bool native_dict_fill(NativeCall *call, Dict *dict, const Opaque **cause);

/* The rows of methods, each ended by a NULL name. */
extern const NativeRow METHODS_STR[], METHODS_STR_SEARCH[], METHODS_STR_SPLIT[], METHODS_LIST[],
    METHODS_TUPLE[], METHODS_DICT[], METHODS_SET[], METHODS_INT[], METHODS_FLOAT[], METHODS_BYTES[],
    METHODS_RANGE[];

/* The functions behind builtins.def. */
NativeFunction builtin_abs, builtin_divmod, builtin_pow, builtin_round, builtin_base, builtin_chr,
    builtin_ord;
NativeFunction builtin_int, builtin_float, builtin_bool, builtin_str, builtin_repr, builtin_format;
NativeFunction builtin_len, builtin_extreme, builtin_sum, builtin_any_all, builtin_sorted, builtin_next,
    builtin_iter;
NativeFunction builtin_reversed, builtin_enumerate, builtin_zip, builtin_map, builtin_filter, builtin_range;
NativeFunction builtin_slice, builtin_list, builtin_set, builtin_dict, builtin_defaultdict;
NativeFunction builtin_type, builtin_print, builtin_isinstance, builtin_issubclass, builtin_callable;
NativeFunction builtin_object, builtin_wrap, builtin_super;
NativeFunction builtin_exec, builtin_globals, builtin_vars;
NativeFunction builtin_getattr, builtin_hasattr, builtin_setattr;
/* A builtin type by name, those included that no name of the language stands for. */
const Builtin *builtin_find_type(const char *name);

#endif

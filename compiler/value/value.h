/* Value: what an expression of a model file evaluates to. The layers take their arguments in this form, so it
 * stands below them; the objects that only the evaluator knows (functions, modules) are named here and
 * defined there.
 */
#ifndef LAMINA_VALUE_VALUE_H
#define LAMINA_VALUE_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/source.h"
#include "base/vec.h"
#include "value/dtype.h"

struct Tensor;     /* graph/graph.h */
struct Layer;      /* graph/graph.h: an instance; a Model is one too */
struct LayerClass; /* layers/layer.h */
struct Function;   /* elaborate/: def or lambda with its scope */
struct Builtin;    /* elaborate/: a function of ours, such as len or keras.ops.relu */
struct Namespace;  /* elaborate/: a module, real or predefined */
struct Class;      /* elaborate/: a class of the file */
struct Iterator;   /* elaborate/iterate.h: how an iterator makes its next item */
struct Instance;   /* elaborate/: an object of such a class, or one of ours (an initializer, a dtype policy,
                      ...) */

typedef enum ValueKind {
    VALUE_NONE,
    VALUE_BOOL,
    VALUE_INT,
    VALUE_FLOAT,
    VALUE_STR,
    VALUE_BYTES,
    VALUE_ELLIPSIS,
    VALUE_LIST,
    VALUE_TUPLE,
    VALUE_DICT,
    VALUE_SET,
    VALUE_RANGE,
    VALUE_SLICE,
    VALUE_TENSOR,
    VALUE_LAYER,
    VALUE_LAYER_CLASS,
    VALUE_SYMBOL, /* a name of Keras that stands for itself, by its canonical path: "activations.relu",
                     "initializers.HeNormal" */
    VALUE_CONFIG, /* such a name called with arguments: keras.initializers.HeNormal(seed=1) */
    VALUE_DTYPE,
    VALUE_FUNCTION,
    VALUE_BUILTIN,
    VALUE_METHOD,
    VALUE_NAMESPACE,
    VALUE_CLASS,
    VALUE_INSTANCE,
    VALUE_HISTORY, /* tensor._keras_history */
    VALUE_OPAQUE   /* something that was not evaluated, with its reason */
} ValueKind;

typedef struct Value Value;
typedef struct Str Str;
typedef struct List List;
typedef struct Dict Dict;
typedef struct Method Method;
typedef struct Config Config;
typedef struct Opaque Opaque;

struct Value {
    ValueKind kind;
    union {
        bool boolean;
        int64_t integer;
        double real;
        const Str *str; /* STR, BYTES */
        List *list;     /* LIST, TUPLE, SET (insertion order, no repeats) */
        Dict *dict;
        const struct Range *range;
        const struct Slice *slice;
        struct Tensor *tensor; /* TENSOR, HISTORY */
        struct Layer *layer;
        const struct LayerClass *layer_class;
        const char *symbol;
        Config *config;
        DType dtype;
        struct Function *function;
        const struct Builtin *builtin;
        Method *method;
        struct Namespace *space;
        struct Class *class_;
        struct Instance *instance;
        const Opaque *opaque;
    } as;
};

struct Str {
    size_t length;
    const char *data; /* UTF-8, NUL-terminated, may hold NULs */
};

/* Lists and dicts are shared by reference, as in Python. `opaque` is set once a skipped statement could have
 * changed them: from then on any read of their content is opaque. A tuple's or set's items never change after
 * it is made. */
struct List {
    VEC(Value) items;
    const Opaque *opaque;
    /* What it really is, where it is no list: "dict_keys", "frozenset", "zip", "generator", ...; else NULL.
     */
    const char *type;
    void *index; /* of a set: the hash of its items, see dict.c; NULL after removing some */
    bool once;   /* an iterator (zip, map, generator, ...): who reads items takes them away */
    struct Iterator
        *lazy;     /* of an iterator that makes its items when they are asked for; then `items` is empty */
    Dict *view_of; /* of dict_keys and the like: `items` follow this dict */
};

typedef struct DictEntry {
    Value key, value;
} DictEntry;

struct Dict {
    VEC(DictEntry) entries; /* insertion order; lookup is by value_equal, so 1, 1.0 and True are one key */
    const Opaque *opaque;
    void *index;          /* the hash of the keys: see dict.c */
    const Value *factory; /* defaultdict: what makes a missing value; else NULL */
    const char *type;     /* "OrderedDict", "defaultdict", "Counter"; NULL for a plain dict */
};

typedef struct Range {
    int64_t start, stop, step;
} Range;

typedef struct Slice {
    Value start, stop, step; /* each may be VALUE_NONE */
} Slice;

/* A function of a value, such as `[].append`, `"".join`, `tensor.reshape` or `layer.get_weights`. */
struct Method {
    Value self;
    const char *name;
    struct Function *function; /* a method of a class of the file; NULL: one of ours */
};

/* keras.initializers.HeNormal(seed=1): the canonical path and the arguments as written. */
struct Config {
    const char *symbol;
    const struct Arguments *arguments;
};

/* Why something is unknown: the first statement that made it so. */
struct Opaque {
    const char *reason; /* "numpy is not evaluated", "this loop runs over an unknown value", ...; NULL:
                           follows from an error that was reported, so whoever depends on it stays silent */
    SourceRange at;
    bool harmless;        /* comes from an installed package: calling it changes no layer, tensor or model */
    bool reads_only;      /* a function of json, os, ...: calling it changes none of its arguments */
    bool model;           /* Model(...) or Sequential(...) of something unknown */
    const Value *part_of; /* changing this could change that, or (a function) run it; or NULL */
};

/* Arguments of a call after evaluation, stars expanded. */
typedef struct Argument {
    const char *keyword; /* NULL: positional; positional ones come first */
    Value value;
    SourceRange at; /* the value's expression */
    SourceRange keyword_at;
} Argument;

typedef struct Arguments {
    const Argument *at;
    size_t count;
    SourceRange call; /* the whole call expression */
} Arguments;

static inline Value value_none(void) {
    return (Value){.kind = VALUE_NONE};
}
static inline Value value_bool(bool b) {
    return (Value){.kind = VALUE_BOOL, .as.boolean = b};
}
static inline Value value_int(int64_t i) {
    return (Value){.kind = VALUE_INT, .as.integer = i};
}
static inline Value value_float(double d) {
    return (Value){.kind = VALUE_FLOAT, .as.real = d};
}
static inline Value value_tensor(struct Tensor *t) {
    return (Value){.kind = VALUE_TENSOR, .as.tensor = t};
}
static inline Value value_layer(struct Layer *l) {
    return (Value){.kind = VALUE_LAYER, .as.layer = l};
}
static inline Value value_symbol(const char *path) {
    return (Value){.kind = VALUE_SYMBOL, .as.symbol = path};
}
static inline Value value_dtype(DType dtype) {
    return (Value){.kind = VALUE_DTYPE, .as.dtype = dtype};
}
static inline bool value_is_none(Value v) {
    return v.kind == VALUE_NONE;
}
static inline bool value_is_opaque(Value v) {
    return v.kind == VALUE_OPAQUE;
}

Value value_str(Arena *arena, const char *text);
Value value_str_n(Arena *arena, const char *data, size_t length);
Value value_opaque(Arena *arena, SourceRange at, const char *reason);
Value value_list_new(Arena *arena, ValueKind kind); /* an empty LIST, TUPLE or SET */
void value_list_push(Arena *arena, Value list, Value item);
Value value_dict_new(Arena *arena);
/* Python's type name: "int", "str", "NoneType", "KerasTensor", the layer's class name, ... */
const char *value_type_name(Value value);
/* Python's == on what can be compared by content; identity for objects. */
bool value_equal(Value a, Value b);
/* repr(): what error messages and f"{x!r}" show. Floats as Python prints them (shortest that reads back). */
const char *value_repr(Arena *arena, Value value);
enum { VALUE_MAX_TEXT = 1 << 25 }; /* bytes: a longer text is cut */
/* str(): as repr, but text without quotes. */
const char *value_text(Arena *arena, Value value);
/* A NUL-terminated string, or NULL where the value is no string (or holds a NUL). */
const char *value_c_str(Value value);

/* The shortest decimal text that reads back as the same double, in Python's form: "0.1", "1e-07", "inf". */
const char *value_float_text(Arena *arena, double value);
/* Its digits without leading or trailing zeros ("0" for zero) and the power of ten of the first; value is
 * finite. */
void value_float_digits(double value, char digits[32], int *exponent);

/* The items of a list or tuple; NULL of others. */
static inline const List *value_sequence(Value v) {
    return v.kind == VALUE_LIST || v.kind == VALUE_TUPLE ? v.as.list : NULL;
}
/* The items of a list, tuple or set, the values of a dict; of others there are none. */
size_t value_part_count(Value value);
Value value_part(Value value, size_t index);

/* Keras takes a dict's entries in the order of its keys, if that is one: all strings, or all integers. */
bool value_keys_are_ordered(const Dict *dict);
bool value_key_precedes(Value a, Value b);
/* Lookup by value_equal; NULL where the key is absent. Keys are taken to be hashable (value_hash). */
DictEntry *value_dict_find(Arena *arena, Dict *dict, Value key);
void value_dict_put(Arena *arena, Dict *dict, Value key, Value value);
/* Removes and gives the value; false where the key is absent. */
bool value_dict_remove(Arena *arena, Dict *dict, Value key, Value *value);
/* The same for the items of a set: adds the item unless it is there. */
void value_set_add(Arena *arena, Value set, Value item);
bool value_set_has(Arena *arena, List *set, Value item);
/* The items in the order in which CPython would walk the set, where that does not change from run to run
 * (ints); in order of insertion otherwise. `out` has room for all. */
void value_set_order(Arena *arena, const List *set, Value *out);
/* Equal values have equal hashes; false where Python says "unhashable type" (lists, dicts, sets, also inside
 * tuples). */
bool value_hash(Value value, uint64_t *hash);
/* -1, 0, 1 for two strings by code points. */
int value_compare_str(const Str *a, const Str *b);

/* Calls `visit` for each tensor in a nested structure (lists, tuples, dict values in Keras' flatten order:
 * dict keys sorted). Non-tensors are passed over. */
typedef void ValueTensorVisitor(void *context, struct Tensor *tensor);
void value_each_tensor(Value value, ValueTensorVisitor *visit, void *context);

#endif

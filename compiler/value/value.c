/* Values: how they are made, what Python calls their types, and the walk over the tensors in a structure. */
#include "value/value.h"

#include <string.h>

#include "value/class.h"
#include "value/object.h"

enum { MAX_DEPTH = 200, MAX_VISITS = 10000000 };

Value value_str_n(Arena *arena, const char *data, size_t length) {
    Str *str = ARENA_NEW(arena, Str);
    str->length = length;
    str->data = arena_strndup(arena, data, length);
    return (Value){.kind = VALUE_STR, .as.str = str};
}

Value value_str(Arena *arena, const char *text) {
    return value_str_n(arena, text, strlen(text));
}

Value value_opaque(Arena *arena, SourceRange at, const char *reason) {
    Opaque *opaque = ARENA_NEW(arena, Opaque);
    opaque->reason = arena_strdup(arena, reason);
    opaque->at = at;
    return (Value){.kind = VALUE_OPAQUE, .as.opaque = opaque};
}

Value value_list_new(Arena *arena, ValueKind kind) {
    return (Value){.kind = kind, .as.list = ARENA_NEW(arena, List)};
}

void value_list_push(Arena *arena, Value list, Value item) {
    vec_push(arena, &list.as.list->items, item);
}

Value value_dict_new(Arena *arena) {
    return (Value){.kind = VALUE_DICT, .as.dict = ARENA_NEW(arena, Dict)};
}

const char *value_c_str(Value value) {
    if (value.kind != VALUE_STR) return NULL;
    return memchr(value.as.str->data, 0, value.as.str->length) ? NULL : value.as.str->data;
}

const char *value_type_name(Value value) {
    static const char *const NAMES[] = {
        [VALUE_NONE] = "NoneType",
        [VALUE_BOOL] = "bool",
        [VALUE_INT] = "int",
        [VALUE_FLOAT] = "float",
        [VALUE_STR] = "str",
        [VALUE_BYTES] = "bytes",
        [VALUE_ELLIPSIS] = "ellipsis",
        [VALUE_LIST] = "list",
        [VALUE_TUPLE] = "tuple",
        [VALUE_DICT] = "dict",
        [VALUE_SET] = "set",
        [VALUE_RANGE] = "range",
        [VALUE_SLICE] = "slice",
        [VALUE_TENSOR] = "KerasTensor",
        [VALUE_LAYER] = "Layer",
        [VALUE_LAYER_CLASS] = "type",
        [VALUE_SYMBOL] = "function",
        [VALUE_CONFIG] = "object",
        [VALUE_DTYPE] = "DType",
        [VALUE_FUNCTION] = "function",
        [VALUE_BUILTIN] = "builtin_function_or_method",
        [VALUE_METHOD] = "method",
        [VALUE_NAMESPACE] = "module",
        [VALUE_CLASS] = "type",
        [VALUE_INSTANCE] = "object",
        [VALUE_HISTORY] = "KerasHistory",
        [VALUE_OPAQUE] = "object",
    };
    if (value.kind == VALUE_LAYER) return object_layer_class_name(value.as.layer);
    if (value.kind == VALUE_INSTANCE) return value.as.instance->class_->name;
    if ((value.kind == VALUE_LIST || value.kind == VALUE_SET) && value.as.list->type)
        return value.as.list->type;
    if (value.kind == VALUE_DICT && value.as.dict->type) return value.as.dict->type;
    if (value.kind == VALUE_CONFIG) { /* "initializers.HeNormal" is a HeNormal */
        const char *dot = strrchr(value.as.config->symbol, '.');
        return dot ? dot + 1 : value.as.config->symbol;
    }
    return NAMES[value.kind];
}

/* Keras' flatten sorts dict keys. Strings and numbers each have an order; keys of several types keep their
 * places. */
static bool key_precedes(Value a, Value b) {
    if (a.kind == VALUE_STR && b.kind == VALUE_STR) return value_compare_str(a.as.str, b.as.str) < 0;
    if (a.kind == VALUE_INT && b.kind == VALUE_INT) return a.as.integer < b.as.integer;
    return false;
}

/* A walk that ends also where lists hold themselves or share one another many times over. */
typedef struct Walk {
    ValueTensorVisitor *visit;
    void *context;
    unsigned depth, left;
} Walk;

static void each_tensor(Walk *walk, Value value);

static void each_in_dict(Walk *walk, const Dict *dict) {
    const size_t n = dict->entries.count;
    for (size_t rank = 0; rank < n;
         rank++) { /* the entry with `rank` smaller ones: n is small, no memory is needed */
        for (size_t i = 0; i < n; i++) {
            size_t smaller = 0;
            for (size_t j = 0; j < n; j++) {
                const Value key = dict->entries.at[i].key, other = dict->entries.at[j].key;
                if (key_precedes(other, key) || (j < i && !key_precedes(key, other))) smaller++;
            }
            if (smaller == rank) each_tensor(walk, dict->entries.at[i].value);
        }
    }
}

static void each_tensor(Walk *walk, Value value) {
    if (walk->depth > MAX_DEPTH || walk->left == 0) return;
    walk->depth++;
    walk->left--;
    if (value.kind == VALUE_TENSOR) {
        walk->visit(walk->context, value.as.tensor);
    } else if (value.kind == VALUE_LIST || value.kind == VALUE_TUPLE) {
        for (size_t i = 0; i < value.as.list->items.count; i++) each_tensor(walk, value.as.list->items.at[i]);
    } else if (value.kind == VALUE_DICT) {
        each_in_dict(walk, value.as.dict);
    }
    walk->depth--;
}

void value_each_tensor(Value value, ValueTensorVisitor *visit, void *context) {
    Walk walk = {visit, context, 0, MAX_VISITS};
    each_tensor(&walk, value);
}

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

/* A walk that ends also where lists hold themselves or share one another many times over. */
typedef struct Walk {
    ValueTensorVisitor *visit;
    void *context;
    unsigned depth, left;
} Walk;

static void each_tensor(Walk *walk, Value value);

/* Needs no memory: each time the least key of those behind the last one. */
static void each_in_dict(Walk *walk, const Dict *dict) {
    const bool ordered = value_keys_are_ordered(dict);
    const DictEntry *last = NULL;
    for (size_t i = 0; i < dict->entries.count; i++) {
        const DictEntry *next = ordered ? NULL : &dict->entries.at[i];
        for (size_t k = 0; ordered && k < dict->entries.count; k++) {
            const DictEntry *entry = &dict->entries.at[k];
            if (last && !value_key_precedes(last->key, entry->key)) continue;
            if (!next || value_key_precedes(entry->key, next->key)) next = entry;
        }
        each_tensor(walk, next->value);
        last = next;
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

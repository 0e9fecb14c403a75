/* Operators of lists, tuples, strings, sets and dicts: concatenation, repetition, set algebra, dict |. */
#include <string.h>

#include "base/checked.h"
#include "elaborate/value_ops_parts.h"

bool require_hashable(Eval *eval, Value key, SourceRange at) {
    uint64_t hash;
    if (value_hash(key, &hash)) return true;
    while (key.kind == VALUE_TUPLE) { /* Python names the part that cannot be hashed */
        const List *items = key.as.list;
        size_t i = 0;
        while (i < items->items.count && value_hash(items->items.at[i], &hash)) i++;
        if (i == items->items.count) break;
        key = items->items.at[i];
    }
    return RAISE_TYPE(eval, at, "unhashable type: '%s'", value_class_name(key));
}

const Opaque *key_unknown(Value key) {
    if (key.kind == VALUE_TENSOR || key.kind == VALUE_LAYER || key.kind == VALUE_FUNCTION) return NULL;
    return value_unknown_inside(key);
}

bool value_add_to_set(Eval *eval, Value set, Value item, SourceRange at) {
    const Opaque *cause = key_unknown(item);
    if (!cause) return set_add_checked(eval, set, item, at);
    set.as.list->opaque = cause;
    return true;
}

bool set_add_checked(Eval *eval, Value set, Value item, SourceRange at) {
    if (!require_hashable(eval, item, at)) return false;
    if (!eval_charge(eval, at, 1)) return false;
    value_set_add(eval->arena, set, item);
    return true;
}

Value set_filter(Eval *eval, Value left, List *right, bool keep) {
    Value out = value_list_new(eval->arena, VALUE_SET);
    out.as.list->type = left.as.list->type;
    for (size_t i = 0; i < left.as.list->items.count; i++) {
        const Value item = left.as.list->items.at[i];
        if (value_set_has(eval->arena, right, item) == keep) value_list_push(eval->arena, out, item);
    }
    return out;
}

static bool set_union(Eval *eval, Value into, const List *more, SourceRange at) {
    for (size_t i = 0; i < more->items.count; i++) {
        if (!set_add_checked(eval, into, more->items.at[i], at)) return false;
    }
    return true;
}

static bool set_binary(Eval *eval, BinaryOperator op, Value left, Value right, SourceRange at, Value *out,
                       bool *handled) {
    const size_t work = left.as.list->items.count + right.as.list->items.count;
    if (!eval_charge(eval, at, work)) return false;
    List empty = {0};
    switch (op) {
    case BINARY_OR:
        *out = set_filter(eval, left, &empty, false);
        return set_union(eval, *out, right.as.list, at);
    case BINARY_AND: *out = set_filter(eval, left, right.as.list, true); return true;
    case BINARY_SUB: *out = set_filter(eval, left, right.as.list, false); return true;
    case BINARY_XOR:
        *out = set_filter(eval, left, right.as.list, false);
        return set_union(eval, *out, set_filter(eval, right, left.as.list, false).as.list, at);
    default: *handled = false; return true;
    }
}

static bool dict_union(Eval *eval, Value left, Value right, SourceRange at, Value *out) {
    const Dict *a = left.as.dict, *b = right.as.dict;
    if (!eval_charge(eval, at, a->entries.count + b->entries.count)) return false;
    *out = value_dict_new(eval->arena);
    for (size_t i = 0; i < a->entries.count; i++) {
        value_dict_put(eval->arena, out->as.dict, a->entries.at[i].key, a->entries.at[i].value);
    }
    for (size_t i = 0; i < b->entries.count; i++) {
        value_dict_put(eval->arena, out->as.dict, b->entries.at[i].key, b->entries.at[i].value);
    }
    return true;
}

static Value str_like(Eval *eval, Value like, const char *data, size_t length) {
    Value out = value_str_n(eval->arena, data, length);
    out.kind = like.kind;
    return out;
}

static bool concatenate(Eval *eval, Value left, Value right, SourceRange at, Value *out) {
    if (left.kind == VALUE_STR || left.kind == VALUE_BYTES) {
        const Str *a = left.as.str, *b = right.as.str;
        if (!eval_charge(eval, at, (a->length + b->length) / 16)) return false;
        char *data = arena_alloc(eval->arena, a->length + b->length + 1);
        memcpy(data, a->data, a->length);
        memcpy(data + a->length, b->data, b->length);
        Str *str = ARENA_NEW(eval->arena, Str);
        *str = (Str){a->length + b->length, data};
        *out = (Value){.kind = left.kind, .as.str = str};
        return true;
    }
    const List *a = left.as.list, *b = right.as.list;
    if (!eval_charge(eval, at, a->items.count + b->items.count)) return false;
    *out = value_list_new(eval->arena, left.kind);
    vec_reserve(eval->arena, &out->as.list->items, a->items.count + b->items.count);
    for (size_t i = 0; i < a->items.count; i++) value_list_push(eval->arena, *out, a->items.at[i]);
    for (size_t i = 0; i < b->items.count; i++) value_list_push(eval->arena, *out, b->items.at[i]);
    return true;
}

static bool repeat(Eval *eval, Value sequence, int64_t times, SourceRange at, Value *out) {
    const bool text = sequence.kind == VALUE_STR || sequence.kind == VALUE_BYTES;
    const size_t length = text ? sequence.as.str->length : sequence.as.list->items.count;
    const size_t count = times > 0 && length > 0 ? (size_t)times : 0;
    size_t total;
    if (!checked_mul_size(length, count, &total)) total = SIZE_MAX / 2;
    if (!eval_charge(eval, at, total)) return false;
    if (text) {
        char *data = arena_alloc(eval->arena, total + 1);
        for (size_t i = 0; i < count; i++) memcpy(data + i * length, sequence.as.str->data, length);
        *out = str_like(eval, sequence, data, total);
        return true;
    }
    *out = value_list_new(eval->arena, sequence.kind);
    vec_reserve(eval->arena, &out->as.list->items, total);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < length; j++) value_list_push(eval->arena, *out, sequence.as.list->items.at[j]);
    }
    return true;
}

static bool is_sequence(Value value) {
    return value_is_list(value) || value.kind == VALUE_TUPLE || value.kind == VALUE_STR ||
           value.kind == VALUE_BYTES;
}

static bool multiply(Eval *eval, Value left, Value right, SourceRange at, Value *out, bool *handled) {
    int64_t times;
    const bool left_first = is_sequence(left);
    const Value sequence = left_first ? left : right, other = left_first ? right : left;
    if (!is_sequence(sequence)) {
        *handled = false;
        return true;
    }
    if (value_as_int(other, &times)) return repeat(eval, sequence, times, at, out);
    if (other.kind == VALUE_CONFIG || other.kind == VALUE_INSTANCE || other.kind == VALUE_SYMBOL) {
        *handled = false;
        return true;
    }
    return RAISE_TYPE(eval, at, "can't multiply sequence by non-int of type '%s'", value_class_name(other));
}

static bool add(Eval *eval, Value left, Value right, SourceRange at, Value *out, bool *handled) {
    const bool fits = left.kind == right.kind && (left.kind != VALUE_LIST || value_is_list(right));
    if (is_sequence(left) && fits) return concatenate(eval, left, right, at, out);
    if (!is_sequence(left) || right.kind == VALUE_INSTANCE) {
        *handled = false;
        return true;
    }
    const char *type = value_class_name(left);
    if (left.kind == VALUE_BYTES)
        return RAISE_TYPE(eval, at, "can't concat %s to bytes", value_class_name(right));
    return RAISE_TYPE(eval, at, "can only concatenate %s (not \"%s\") to %s", type, value_class_name(right),
                      type);
}

/* Dict views take part in set algebra. */
static bool is_setlike(Value value) {
    if (value.kind == VALUE_SET) return true;
    return value.kind == VALUE_LIST && value.as.list->type &&
           (strcmp(value.as.list->type, "dict_keys") == 0 || strcmp(value.as.list->type, "dict_items") == 0);
}

bool sequence_binary(Eval *eval, BinaryOperator op, Value left, Value right, SourceRange at, Value *out,
                     bool *handled) {
    if (op == BINARY_ADD) return add(eval, left, right, at, out, handled);
    if (op == BINARY_MUL) return multiply(eval, left, right, at, out, handled);
    if (op == BINARY_OR && left.kind == VALUE_DICT && right.kind == VALUE_DICT) {
        return dict_union(eval, left, right, at, out);
    }
    if (is_setlike(left) && is_setlike(right)) {
        const Opaque *cause = value_unknown_inside(left);
        if (!cause) cause = value_unknown_inside(right);
        if (cause) {
            *out = eval_opaque_from(eval, cause);
            return true;
        }
        if (!set_binary(eval, op, left, right, at, out, handled)) return false;
        if (*handled && left.kind == VALUE_LIST) out->as.list->type = NULL;
        return true;
    }
    *handled = false;
    return true;
}

/* The items of what can be iterated, as a list of their own: changing the original does not change it. */
#include <string.h>

#include "elaborate/iterate.h"
#include "elaborate/value_ops_parts.h"

static Value *new_items(Arena *arena, Value list, size_t count) {
    vec_reserve(arena, &list.as.list->items, count);
    list.as.list->items.count = count;
    return list.as.list->items.at;
}

static void list_items(Arena *arena, Value iterable, Value out) {
    List *list = iterable.as.list;
    const size_t count = list->items.count;
    Value *items = new_items(arena, out, count);
    if (iterable.kind == VALUE_SET)
        value_set_order(arena, list, items);
    else if (count > 0)
        memcpy(items, list->items.at, count * sizeof *items);
    if (list->once) memset(&list->items, 0, sizeof list->items);
}

static void str_items(Arena *arena, const Str *str, Value out) {
    for (size_t i = 0; i < str->length; i += str_step(str, i)) {
        value_list_push(arena, out, value_str_n(arena, str->data + i, str_step(str, i)));
    }
}

static void range_items(Arena *arena, const Range *range, Value out) {
    const uint64_t length = range_length(range);
    Value *items = new_items(arena, out, (size_t)length);
    for (uint64_t i = 0; i < length; i++) {
        items[i] = value_int((int64_t)((uint64_t)range->start + i * (uint64_t)range->step));
    }
}

static size_t rough_count(Value iterable) {
    switch (iterable.kind) {
    case VALUE_STR:
    case VALUE_BYTES: return iterable.as.str->length;
    case VALUE_RANGE: return (size_t)range_length(iterable.as.range);
    case VALUE_DICT: return iterable.as.dict->entries.count;
    default: return value_has_items(iterable) ? iterable.as.list->items.count : 0;
    }
}

static bool cannot_iterate(Eval *eval, Value iterable, SourceRange at, Value *out) {
    switch (iterable.kind) {
    case VALUE_SYMBOL:
    case VALUE_CONFIG:
    case VALUE_CLASS:
    case VALUE_INSTANCE:
        *out = eval_opaque(
            eval, at,
            arena_printf(eval->arena, "iterating over %s is not evaluated", value_class_name(iterable)));
        return true;
    default: return RAISE_TYPE(eval, at, "'%s' object is not iterable", value_class_name(iterable));
    }
}

bool value_items(Eval *eval, Value iterable, SourceRange at, Value *out) {
    const Opaque *cause = eval_opaque_of(iterable);
    if (cause) {
        *out = eval_opaque_from(eval, cause);
        return true;
    }
    if (iterable.kind == VALUE_LIST && iterable.as.list->lazy) {
        if (!iterate_collect(eval, iterable.as.list, at)) return false;
        if (iterable.as.list->opaque) {
            *out = eval_opaque_from(eval, iterable.as.list->opaque);
            return true;
        }
    }
    if (!eval_charge(eval, at, rough_count(iterable))) return false;
    Arena *arena = eval->arena;
    *out = value_list_new(arena, VALUE_LIST);
    switch (iterable.kind) {
    case VALUE_LIST:
    case VALUE_TUPLE:
    case VALUE_SET: list_items(arena, iterable, *out); return true;
    case VALUE_STR: str_items(arena, iterable.as.str, *out); return true;
    case VALUE_RANGE: range_items(arena, iterable.as.range, *out); return true;
    case VALUE_HISTORY: list_items(arena, value_history_tuple(arena, iterable), *out); return true;
    case VALUE_DICT:
        for (size_t i = 0; i < iterable.as.dict->entries.count; i++) {
            value_list_push(arena, *out, iterable.as.dict->entries.at[i].key);
        }
        return true;
    case VALUE_BYTES:
        for (size_t i = 0; i < iterable.as.str->length; i++) {
            value_list_push(arena, *out, value_int((unsigned char)iterable.as.str->data[i]));
        }
        return true;
    default: return cannot_iterate(eval, iterable, at, out);
    }
}

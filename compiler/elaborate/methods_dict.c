/* Methods of dict. keys(), values() and items() give views: lists that know that they are none. */
#include <string.h>

#include "elaborate/iterate.h"
#include "elaborate/native.h"

static bool give_none(Value *out) {
    *out = value_none();
    return true;
}

static bool spoil_self(NativeCall *call, const Opaque *cause, Value *out) {
    eval_spoil(call->eval, call->self, cause);
    return native_opaque(call, cause, out);
}

static Value pair(Arena *arena, const DictEntry *entry) {
    const Value tuple = value_list_new(arena, VALUE_TUPLE);
    value_list_push(arena, tuple, entry->key);
    value_list_push(arena, tuple, entry->value);
    return tuple;
}

/* keys, values, items */
static bool dict_view(NativeCall *call, Value *out) {
    Dict *dict = call->self.as.dict;
    if (!eval_charge(call->eval, call->at, dict->entries.count)) return false;
    *out = value_list_new(call->arena, VALUE_LIST);
    out->as.list->type = call->data;
    out->as.list->view_of = dict;
    iterate_refresh_view(call->eval, out->as.list);
    return true;
}

static bool dict_get(NativeCall *call, Value *out) {
    const Opaque *cause = key_unknown(call->value[0]);
    if (cause) return native_opaque(call, cause, out);
    if (!require_hashable(call->eval, call->value[0], call->at)) return false;
    const DictEntry *entry = value_dict_find(call->arena, call->self.as.dict, call->value[0]);
    *out = entry ? entry->value : call->value[1];
    return true;
}

static bool dict_setdefault(NativeCall *call, Value *out) {
    const Opaque *cause = key_unknown(call->value[0]);
    if (cause) return spoil_self(call, cause, out);
    if (!require_hashable(call->eval, call->value[0], call->at)) return false;
    const DictEntry *entry = value_dict_find(call->arena, call->self.as.dict, call->value[0]);
    *out = entry ? entry->value : call->value[1];
    if (!entry) value_dict_put(call->arena, call->self.as.dict, call->value[0], call->value[1]);
    return true;
}

static bool dict_pop(NativeCall *call, Value *out) {
    const Opaque *cause = key_unknown(call->value[0]);
    if (cause) return spoil_self(call, cause, out);
    if (!require_hashable(call->eval, call->value[0], call->at)) return false;
    if (value_dict_remove(call->arena, call->self.as.dict, call->value[0], out)) return true;
    *out = call->value[1];
    if (call->given[1]) return true;
    return RAISE_KEY(call->eval, call->at, "%s", value_repr(call->arena, call->value[0]));
}

static bool dict_popitem(NativeCall *call, Value *out) {
    bool last = true;
    Dict *dict = call->self.as.dict;
    Value removed;
    if (dict->entries.count == 0) return RAISE_KEY(call->eval, call->at, "'popitem(): dictionary is empty'");
    if (call->given[0] && !value_truth(call->eval, call->value[0], call->at, &last)) return false;
    const DictEntry entry = dict->entries.at[last ? dict->entries.count - 1 : 0];
    *out = pair(call->arena, &entry);
    return value_dict_remove(call->arena, dict, entry.key, &removed);
}

/* ---- update, and dict() itself ---- */

static bool put_pair(NativeCall *call, Dict *dict, Value item, size_t place) {
    List *parts;
    if (!value_has_items(item) && item.kind != VALUE_STR) {
        return RAISE_TYPE(call->eval, call->at,
                          "cannot convert dictionary update sequence element #%zu to a sequence", place);
    }
    if (!eval_iterate(call->eval, item, call->at, &parts)) return false;
    if (parts->items.count != 2) {
        return RAISE_VALUE(call->eval, call->at,
                           "dictionary update sequence element #%zu has length %zu; 2 is required", place,
                           parts->items.count);
    }
    if (!require_hashable(call->eval, parts->items.at[0], call->at)) return false;
    value_dict_put(call->arena, dict, parts->items.at[0], parts->items.at[1]);
    return true;
}

/* Adds a mapping's entries or an iterable's pairs; *cause is set where they are not known. */
static bool put_all(NativeCall *call, Dict *dict, Value more, const Opaque **cause) {
    *cause = eval_opaque_of(more);
    if (*cause) return true;
    if (more.kind == VALUE_DICT) {
        const Dict *other = more.as.dict;
        if (!eval_charge(call->eval, call->at, other->entries.count)) return false;
        for (size_t i = 0; i < other->entries.count; i++) {
            value_dict_put(call->arena, dict, other->entries.at[i].key, other->entries.at[i].value);
        }
        return true;
    }
    List *items;
    if (!eval_iterate(call->eval, more, call->at, &items)) return false;
    *cause = items->opaque;
    for (size_t i = 0; i < items->items.count && !*cause; i++) {
        const Value item = items->items.at[i];
        *cause = eval_opaque_of(item);
        if (!*cause && value_has_items(item) && item.as.list->items.count > 0) {
            *cause = key_unknown(item.as.list->items.at[0]); /* an unknown key */
        }
        if (!*cause && !put_pair(call, dict, item, i)) return false;
    }
    return true;
}

bool native_dict_fill(NativeCall *call, Dict *dict, const Opaque **cause) {
    *cause = NULL;
    for (size_t i = 0; i < call->arguments->count; i++) {
        const Argument *argument = &call->arguments->at[i];
        if (argument->keyword) {
            value_dict_put(call->arena, dict, value_str(call->arena, argument->keyword), argument->value);
            continue;
        }
        if (i > 0) {
            return eval_raise(call->eval, E355, NULL, call->at, "%s expected at most 1 argument, got %zu",
                              call->name, call->arguments->count);
        }
        if (!put_all(call, dict, argument->value, cause)) return false;
    }
    return true;
}

static bool dict_update(NativeCall *call, Value *out) {
    const Opaque *cause;
    if (!native_dict_fill(call, call->self.as.dict, &cause)) return false;
    if (cause) return spoil_self(call, cause, out);
    return give_none(out);
}

static bool dict_copy(NativeCall *call, Value *out) {
    const Opaque *cause;
    *out = value_dict_new(call->arena);
    out->as.dict->type = call->self.as.dict->type;
    out->as.dict->factory = call->self.as.dict->factory;
    return put_all(call, out->as.dict, call->self, &cause);
}

static bool dict_clear(NativeCall *call, Value *out) {
    Dict *dict = call->self.as.dict;
    dict->entries.count = 0;
    dict->index = NULL;
    return give_none(out);
}

static bool dict_fromkeys(NativeCall *call, Value *out) {
    List *keys;
    bool done;
    if (!native_items(call, call->value[0], &keys, out, &done) || done) return done;
    *out = value_dict_new(call->arena);
    for (size_t i = 0; i < keys->items.count; i++) {
        const Opaque *cause = key_unknown(keys->items.at[i]);
        if (cause) return native_opaque(call, cause, out);
        if (!require_hashable(call->eval, keys->items.at[i], call->at)) return false;
        value_dict_put(call->arena, out->as.dict, keys->items.at[i], call->value[1]);
    }
    return true;
}

static bool dict_move_to_end(NativeCall *call, Value *out) {
    Value value;
    bool last = true;
    Dict *dict = call->self.as.dict;
    if (call->given[1] && !value_truth(call->eval, call->value[1], call->at, &last)) return false;
    const DictEntry *entry = value_dict_find(call->arena, dict, call->value[0]);
    if (!entry) return RAISE_KEY(call->eval, call->at, "%s", value_repr(call->arena, call->value[0]));
    const Value key = entry->key;
    value_dict_remove(call->arena, dict, key, &value);
    value_dict_put(call->arena, dict, key, value);
    if (!last) {
        const size_t n = dict->entries.count;
        const DictEntry moved = dict->entries.at[n - 1];
        memmove(dict->entries.at + 1, dict->entries.at, (n - 1) * sizeof moved);
        dict->entries.at[0] = moved;
        dict->index = NULL;
    }
    return give_none(out);
}

const NativeRow METHODS_DICT[] = {
    {"keys", "", dict_view, 0, "dict_keys"},
    {"values", "", dict_view, 0, "dict_values"},
    {"items", "", dict_view, 0, "dict_items"},
    {"get", "key default? /", dict_get, NATIVE_TAKES_UNKNOWN, NULL},
    {"setdefault", "key default? /", dict_setdefault, NATIVE_TAKES_UNKNOWN, NULL},
    {"pop", "key default? /", dict_pop, NATIVE_TAKES_UNKNOWN, NULL},
    {"popitem", "last?", dict_popitem, 0, NULL},
    {"update", NULL, dict_update, NATIVE_TAKES_UNKNOWN, NULL},
    {"copy", "", dict_copy, 0, NULL},
    {"clear", "", dict_clear, 0, NULL},
    {"fromkeys", "iterable value? /", dict_fromkeys, NATIVE_TAKES_UNKNOWN, NULL},
    {"move_to_end", "key last?", dict_move_to_end, 0, NULL},
    {0},
};

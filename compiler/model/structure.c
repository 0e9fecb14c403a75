/* Nested structures of tensors: lists, tuples and dicts, walked in the order of keras.tree (dict keys
 * sorted).
 *
 * Invariant: flatten and pack visit leaves in the same order, which is also that of value_each_tensor.
 */
#include "model/parts.h"

#include <inttypes.h>

enum { MAX_DEPTH = 64 };

/* The entries' places in sorted order of their keys. */
static size_t *sorted_entries(Arena *arena, const Dict *dict) {
    size_t *order = ARENA_ARRAY(arena, size_t, dict->entries.count);
    const bool ordered = value_keys_are_ordered(dict);
    for (size_t i = 0; i < dict->entries.count; i++) {
        size_t place = i;
        for (; ordered && place > 0; place--) {
            if (!value_key_precedes(dict->entries.at[i].key, dict->entries.at[order[place - 1]].key)) break;
            order[place] = order[place - 1];
        }
        order[place] = i;
    }
    return order;
}

static const char *join_path(Arena *arena, const char *path, const char *step) {
    return *path ? arena_printf(arena, "%s.%s", path, step) : step;
}

static bool flatten(Arena *arena, Value value, const char *path, int depth, LeafList *out) {
    if (depth > MAX_DEPTH) return false;
    if (value.kind == VALUE_LIST || value.kind == VALUE_TUPLE) {
        for (size_t i = 0; i < value.as.list->items.count; i++) {
            const char *step = arena_printf(arena, "%zu", i);
            if (!flatten(arena, value.as.list->items.at[i], join_path(arena, path, step), depth + 1, out))
                return false;
        }
    } else if (value.kind == VALUE_DICT) {
        const size_t *order = sorted_entries(arena, value.as.dict);
        for (size_t i = 0; i < value.as.dict->entries.count; i++) {
            const DictEntry *entry = &value.as.dict->entries.at[order[i]];
            const char *step = value_text(arena, entry->key);
            if (!flatten(arena, entry->value, join_path(arena, path, step), depth + 1, out)) return false;
        }
    } else {
        vec_push(arena, out, ((Leaf){value, path}));
    }
    return true;
}

bool structure_flatten(Arena *arena, Value value, LeafList *out) {
    return flatten(arena, value, "", 0, out);
}

static Value pack(Arena *arena, Value value, Tensor *const **next) {
    if (value.kind == VALUE_LIST || value.kind == VALUE_TUPLE) {
        Value copy = value_list_new(arena, value.kind);
        for (size_t i = 0; i < value.as.list->items.count; i++)
            value_list_push(arena, copy, pack(arena, value.as.list->items.at[i], next));
        return copy;
    }
    if (value.kind == VALUE_DICT) {
        const Dict *dict = value.as.dict;
        const size_t *order = sorted_entries(arena, dict);
        Value *packed = ARENA_ARRAY(arena, Value, dict->entries.count), copy = value_dict_new(arena);
        for (size_t i = 0; i < dict->entries.count; i++)
            packed[order[i]] = pack(arena, dict->entries.at[order[i]].value, next);
        for (size_t i = 0; i < dict->entries.count; i++)
            value_dict_put(arena, copy.as.dict, dict->entries.at[i].key, packed[i]);
        return copy;
    }
    return value_tensor(*(*next)++);
}

Value structure_pack(Arena *arena, Value value, Tensor *const *tensors) {
    return pack(arena, value, &tensors);
}

static Value replace(Arena *arena, Value value, Tensor *const *map, size_t n_map, int depth) {
    if (value.kind == VALUE_TENSOR) {
        const uint32_t id = value.as.tensor->id;
        return id < n_map && map[id] ? value_tensor(map[id]) : value;
    }
    if (depth > MAX_DEPTH) return value;
    if (value.kind == VALUE_LIST || value.kind == VALUE_TUPLE) {
        Value copy = value_list_new(arena, value.kind);
        for (size_t i = 0; i < value.as.list->items.count; i++)
            value_list_push(arena, copy, replace(arena, value.as.list->items.at[i], map, n_map, depth + 1));
        return copy;
    }
    if (value.kind == VALUE_DICT) {
        Value copy = value_dict_new(arena);
        for (size_t i = 0; i < value.as.dict->entries.count; i++) {
            const DictEntry *entry = &value.as.dict->entries.at[i];
            value_dict_put(arena, copy.as.dict, entry->key,
                           replace(arena, entry->value, map, n_map, depth + 1));
        }
        return copy;
    }
    return value;
}

Value structure_replace(Arena *arena, Value value, Tensor *const *map, size_t n_map) {
    return replace(arena, value, map, n_map, 0);
}

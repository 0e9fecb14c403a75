/* Hashing, and dicts. Invariant: values that value_equal calls equal have equal hashes.
 *
 * A dict's `index` covers the first `covered` of its entries and is brought up to date at each lookup, so
 * entries may be pushed by anyone; who removes entries in another way than here must set `index` to NULL.
 */
#include <math.h>
#include <string.h>

#include "value/value.h"

enum { MAX_DEPTH = 200, SMALL = 8 /* up to this size keys are searched from the first on */ };

static uint64_t mix(uint64_t h, uint64_t more) {
    h = (h ^ more) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 29;
}

static uint64_t hash_bytes(uint64_t h, const char *data, size_t length) {
    for (size_t i = 0; i < length; i++) h = mix(h, (unsigned char)data[i]);
    return mix(h, length);
}

static uint64_t hash_number(Value v) {
    if (v.kind != VALUE_FLOAT) return mix(1, (uint64_t)(v.kind == VALUE_BOOL ? v.as.boolean : v.as.integer));
    const double d = v.as.real;
    if (d >= -0x1p63 && d < 0x1p63 && d == floor(d)) return mix(1, (uint64_t)(int64_t)d);
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    return mix(2, bits);
}

static uint64_t hash_pointer(const void *pointer) {
    return mix(3, (uint64_t)(uintptr_t)pointer);
}

static bool hash_at(Value v, uint64_t *hash, int depth);

/* The order of the items does not count. */
static bool hash_frozen(const List *set, uint64_t *hash, int depth) {
    *hash = 9;
    for (size_t i = 0; i < set->items.count; i++) {
        uint64_t item = 0;
        if (depth < MAX_DEPTH && !hash_at(set->items.at[i], &item, depth + 1)) return false;
        *hash += item;
    }
    return true;
}

static bool hash_at(Value v, uint64_t *hash, int depth) {
    switch (v.kind) {
    case VALUE_SET: return v.as.list->type && hash_frozen(v.as.list, hash, depth);
    case VALUE_LIST:
        *hash = hash_pointer(v.as.list);
        return v.as.list->once; /* an iterator is an object like any other */
    case VALUE_DICT:
    case VALUE_SLICE: return false;
    case VALUE_TUPLE:
        *hash = mix(4, v.as.list->items.count);
        for (size_t i = 0; i < v.as.list->items.count && depth < MAX_DEPTH; i++) {
            uint64_t item;
            if (!hash_at(v.as.list->items.at[i], &item, depth + 1)) return false;
            *hash = mix(*hash, item);
        }
        return true;
    case VALUE_BOOL:
    case VALUE_INT:
    case VALUE_FLOAT: *hash = hash_number(v); return true;
    case VALUE_STR: *hash = hash_bytes(5, v.as.str->data, v.as.str->length); return true;
    case VALUE_BYTES: *hash = hash_bytes(6, v.as.str->data, v.as.str->length); return true;
    case VALUE_SYMBOL: *hash = hash_bytes(7, v.as.symbol, strlen(v.as.symbol)); return true;
    case VALUE_DTYPE: /* tf.float32 == "float32": they are one key */
        *hash = hash_bytes(5, dtype_name(v.as.dtype), strlen(dtype_name(v.as.dtype)));
        return true;
    case VALUE_TENSOR:
    case VALUE_HISTORY: *hash = hash_pointer(v.as.tensor); return true;
    case VALUE_LAYER: *hash = hash_pointer(v.as.layer); return true;
    case VALUE_INSTANCE: *hash = hash_pointer(v.as.instance); return true;
    case VALUE_FUNCTION: *hash = hash_pointer(v.as.function); return true;
    default: *hash = mix(8, (uint64_t)v.kind); return true; /* rare as keys: told apart by value_equal */
    }
}

bool value_hash(Value value, uint64_t *hash) {
    return hash_at(value, hash, 0);
}

/* ---- dicts and sets ---- */

typedef struct Index {
    size_t covered, n_slots; /* n_slots is a power of two */
    uint32_t *slots;         /* 1 + number of the key; 0 is free */
} Index;

/* The keys of a dict (in its entries) or a set (its items), and the place of their index. */
typedef struct Keys {
    const char *first;
    size_t stride, count;
    void **index;
} Keys;

static Keys dict_keys(Dict *dict) {
    return (Keys){(const char *)dict->entries.at, sizeof(DictEntry), dict->entries.count, &dict->index};
}

static Keys set_keys(List *set) {
    return (Keys){(const char *)set->items.at, sizeof(Value), set->items.count, &set->index};
}

static const Value *key_at(const Keys *keys, size_t place) {
    return (const Value *)(const void *)(keys->first +
                                         place * keys->stride); /* an entry begins with its key */
}

static void index_put(Index *index, uint64_t hash, size_t place) {
    size_t slot = hash & (index->n_slots - 1);
    while (index->slots[slot] != 0) slot = (slot + 1) & (index->n_slots - 1);
    index->slots[slot] = (uint32_t)place + 1;
}

/* Brings the index up to date with the keys. */
static Index *up_to_date(Arena *arena, const Keys *keys) {
    Index *index = *keys->index;
    if (!index || index->covered > keys->count || keys->count * 2 > index->n_slots) {
        index = ARENA_NEW(arena, Index);
        index->n_slots = 32;
        while (index->n_slots < keys->count * 4) index->n_slots *= 2;
        index->slots = ARENA_ARRAY(arena, uint32_t, index->n_slots);
        *keys->index = index;
    }
    for (; index->covered < keys->count; index->covered++) {
        uint64_t hash = 0;
        value_hash(*key_at(keys, index->covered), &hash);
        index_put(index, hash, index->covered);
    }
    return index;
}

/* The place of the key; SIZE_MAX where it is absent. */
static size_t find_key(Arena *arena, const Keys *keys, Value key) {
    if (keys->count <= SMALL) {
        for (size_t i = 0; i < keys->count; i++) {
            if (value_equal(*key_at(keys, i), key)) return i;
        }
        return SIZE_MAX;
    }
    uint64_t hash;
    if (!value_hash(key, &hash)) return SIZE_MAX;
    const Index *index = up_to_date(arena, keys);
    for (size_t slot = hash & (index->n_slots - 1); index->slots[slot] != 0;
         slot = (slot + 1) & (index->n_slots - 1)) {
        if (value_equal(*key_at(keys, index->slots[slot] - 1), key)) return index->slots[slot] - 1;
    }
    return SIZE_MAX;
}

DictEntry *value_dict_find(Arena *arena, Dict *dict, Value key) {
    const Keys keys = dict_keys(dict);
    const size_t place = find_key(arena, &keys, key);
    return place == SIZE_MAX ? NULL : &dict->entries.at[place];
}

void value_dict_put(Arena *arena, Dict *dict, Value key, Value value) {
    DictEntry *entry = value_dict_find(arena, dict, key);
    if (entry)
        entry->value = value; /* the key stays the first one, as in Python */
    else
        vec_push(arena, &dict->entries, ((DictEntry){key, value}));
}

bool value_dict_remove(Arena *arena, Dict *dict, Value key, Value *value) {
    DictEntry *entry = value_dict_find(arena, dict, key);
    if (!entry) return false;
    *value = entry->value;
    const size_t place = (size_t)(entry - dict->entries.at);
    memmove(entry, entry + 1, (dict->entries.count - place - 1) * sizeof *entry);
    dict->entries.count--;
    dict->index = NULL;
    return true;
}

bool value_set_has(Arena *arena, List *set, Value item) {
    const Keys keys = set_keys(set);
    return find_key(arena, &keys, item) != SIZE_MAX;
}

void value_set_add(Arena *arena, Value set, Value item) {
    if (!value_set_has(arena, set.as.list, item)) value_list_push(arena, set, item);
}

/* ---- containers of every kind ---- */

static bool is_list(Value value) {
    return value.kind == VALUE_LIST || value.kind == VALUE_TUPLE || value.kind == VALUE_SET;
}

size_t value_part_count(Value value) {
    if (is_list(value)) return value.as.list->items.count;
    return value.kind == VALUE_DICT ? value.as.dict->entries.count : 0;
}

Value value_part(Value value, size_t index) {
    return is_list(value) ? value.as.list->items.at[index] : value.as.dict->entries.at[index].value;
}

bool value_keys_are_ordered(const Dict *dict) {
    for (size_t i = 0; i < dict->entries.count; i++) {
        const ValueKind kind = dict->entries.at[i].key.kind;
        if ((kind != VALUE_STR && kind != VALUE_INT) || kind != dict->entries.at[0].key.kind) return false;
    }
    return true;
}

bool value_key_precedes(Value a, Value b) {
    if (a.kind == VALUE_STR) return value_compare_str(a.as.str, b.as.str) < 0;
    return a.as.integer < b.as.integer;
}

#include "base/map.h"

#include <string.h>

/* FNV-1a: the keys are short and not chosen against us. */
static size_t hash_text(const char *key) {
    uint64_t hash = 1469598103934665603u;
    for (const char *p = key; *p; p++) hash = (hash ^ (unsigned char)*p) * 1099511628211u;
    return (size_t)hash;
}

Map map_new(Arena *arena) {
    return (Map){.arena = arena};
}

/* The slot that holds the key, or the free one where it belongs. */
static size_t find_slot(const Map *map, const char *key, size_t hash) {
    size_t slot = hash & (map->n_slots - 1);
    while (map->slots[slot]) {
        const MapEntry *entry = &map->entries[map->slots[slot] - 1];
        if (entry->hash == hash && strcmp(entry->key, key) == 0) break;
        slot = (slot + 1) & (map->n_slots - 1);
    }
    return slot;
}

static const MapEntry *find_entry(const Map *map, const char *key) {
    if (!map->count) return NULL;
    const size_t slot = find_slot(map, key, hash_text(key));
    return map->slots[slot] ? &map->entries[map->slots[slot] - 1] : NULL;
}

void *map_get(const Map *map, const char *key) {
    const MapEntry *entry = find_entry(map, key);
    return entry ? entry->value : NULL;
}

bool map_has(const Map *map, const char *key) {
    return find_entry(map, key) != NULL;
}

static void rehash(Map *map) {
    map->n_slots = map->n_slots ? map->n_slots * 2 : 16;
    map->slots = ARENA_ARRAY(map->arena, uint32_t, map->n_slots);
    for (size_t i = 0; i < map->count; i++) {
        size_t slot = map->entries[i].hash & (map->n_slots - 1);
        while (map->slots[slot]) slot = (slot + 1) & (map->n_slots - 1);
        map->slots[slot] = (uint32_t)(i + 1);
    }
}

const char *map_put(Map *map, const char *key, void *value) {
    if ((map->count + 1) * 2 > map->n_slots) rehash(map);
    const size_t hash = hash_text(key), slot = find_slot(map, key, hash);
    if (map->slots[slot]) {
        MapEntry *entry = &map->entries[map->slots[slot] - 1];
        entry->value = value;
        return entry->key;
    }
    if (map->count == map->capacity) {
        const size_t capacity = map->capacity ? map->capacity * 2 : 8;
        map->entries = arena_grow_array(map->arena, map->entries, map->count, capacity, sizeof *map->entries);
        map->capacity = capacity;
    }
    map->entries[map->count] = (MapEntry){arena_strdup(map->arena, key), value, hash};
    map->slots[slot] = (uint32_t)++map->count;
    return map->entries[map->count - 1].key;
}

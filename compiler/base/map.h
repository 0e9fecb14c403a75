/* Map: text keys to pointers, in the order in which the keys were first put (so every walk is deterministic).
 */
#ifndef LAMINA_BASE_MAP_H
#define LAMINA_BASE_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

typedef struct MapEntry {
    const char *key; /* the map's own copy */
    void *value;
    size_t hash;
} MapEntry;

typedef struct Map {
    Arena *arena;
    MapEntry *entries; /* entries[0..count): walk these */
    size_t count, capacity;
    uint32_t *slots; /* open addressing: 1 + index into entries, 0 is free */
    size_t n_slots;
} Map;

Map map_new(Arena *arena);
/* NULL where the key is absent (or its value is NULL). */
void *map_get(const Map *map, const char *key);
bool map_has(const Map *map, const char *key);
/* Adds or replaces. Returns the map's copy of the key, the same pointer for the same text. */
const char *map_put(Map *map, const char *key, void *value);

#endif

/* What a layer of the file holds: the layers among its attributes, in the two orders that Keras knows.
 *
 * Source: keras/src/utils/tracking.py, keras/src/saving/saving_lib.py (_walk_saveable,
 * _save_container_state).
 */
#include <stdlib.h>
#include <string.h>

#include "elaborate/classes.h"

enum { MAX_DEPTH = 32 };

/* ---- as tracked ---- */

typedef struct Tracking {
    Eval *eval;
    Layer *layer;
    size_t capacity;
} Tracking;

static void track_layer(Tracking *tracking, Layer *found) {
    Layer *layer = tracking->layer;
    for (size_t i = 0; i < layer->n_sublayers; i++)
        if (layer->sublayers[i] == found) return;
    if (found == layer) return;
    Layer **grown = ARENA_ARRAY(tracking->eval->arena, Layer *, layer->n_sublayers + 1);
    if (layer->n_sublayers) memcpy(grown, layer->sublayers, layer->n_sublayers * sizeof *grown);
    grown[layer->n_sublayers++] = found;
    layer->sublayers = grown;
}

static void track_value(Tracking *tracking, Value value, int depth) {
    if (depth > MAX_DEPTH) return;
    if (value.kind == VALUE_LAYER) track_layer(tracking, value.as.layer);
    for (size_t i = 0; i < value_part_count(value); i++)
        track_value(tracking, value_part(value, i), depth + 1);
}

void custom_track(Eval *eval, Layer *layer) {
    Tracking tracking = {.eval = eval, .layer = layer};
    const Dict *attributes = layer->instance->attributes;
    for (size_t i = 0; i < attributes->entries.count; i++)
        track_value(&tracking, attributes->entries.at[i].value, 0);
}

/* ---- as saved ---- */

typedef struct Saving {
    Arena *arena;
    VEC(SavedPart) parts;
} Saving;

static void save_container(Saving *saving, Value container, const char *path, int depth);

/* "dense", "dense_1", ...: by the class, counted within one container. */
static const char *unique_name(Arena *arena, Map *used, const char *name) {
    size_t *times = map_get(used, name);
    if (!times) {
        times = ARENA_NEW(arena, size_t);
        map_put(used, name, times);
        return name;
    }
    return arena_printf(arena, "%s_%zu", name, ++*times);
}

static bool is_container(Value value) {
    return value.kind == VALUE_LIST || value.kind == VALUE_TUPLE || value.kind == VALUE_DICT;
}

static void save_item(Saving *saving, Map *used, Value item, const char *path, int depth) {
    Arena *arena = saving->arena;
    if (item.kind == VALUE_LAYER) {
        const char *class_ = graph_snake_case(arena, item.as.layer->class_->name);
        const char *name = unique_name(arena, used, class_);
        vec_push(arena, &saving->parts,
                 ((SavedPart){item.as.layer, arena_printf(arena, "%s/%s", path, name)}));
    } else if (is_container(item)) {
        const char *name = unique_name(arena, used, "container");
        save_container(saving, item, arena_printf(arena, "%s/%s", path, name), depth + 1);
    }
}

static void save_container(Saving *saving, Value container, const char *path, int depth) {
    Map used = map_new(saving->arena);
    if (depth > MAX_DEPTH) return;
    for (size_t i = 0; i < value_part_count(container); i++)
        save_item(saving, &used, value_part(container, i), path, depth);
}

/* Names in order of code points, private ones last. */
static int compare_entries(const void *left, const void *right) {
    const char *a = value_c_str((*(const DictEntry *const *)left)->key);
    const char *b = value_c_str((*(const DictEntry *const *)right)->key);
    const bool a_private = a[0] == '_', b_private = b[0] == '_';
    return a_private != b_private ? (int)a_private - (int)b_private : strcmp(a, b);
}

static void list_saved(Eval *eval, Layer *layer) {
    const Dict *attributes = layer->instance->attributes;
    const size_t n = attributes->entries.count;
    const DictEntry **sorted = ARENA_ARRAY(eval->arena, const DictEntry *, n);
    Saving saving = {.arena = eval->arena};
    for (size_t i = 0; i < n; i++) sorted[i] = &attributes->entries.at[i];
    if (n) qsort(sorted, n, sizeof *sorted, compare_entries);
    for (size_t i = 0; i < n; i++) {
        const char *name = value_c_str(sorted[i]->key);
        const Value value = sorted[i]->value;
        if (strncmp(name, "__", 2) == 0) continue;
        if (value.kind == VALUE_LAYER)
            vec_push(eval->arena, &saving.parts, ((SavedPart){value.as.layer, name}));
        else if (is_container(value))
            save_container(&saving, value, name, 0);
    }
    layer->saved = saving.parts.at;
    layer->n_saved = saving.parts.count;
}

void custom_finish(Eval *eval) {
    for (size_t i = 0; i < eval->graph->layers.count; i++) {
        Layer *layer = eval->graph->layers.at[i];
        if (!layer->instance) continue;
        custom_track(eval, layer);
        list_saved(eval, layer);
    }
}

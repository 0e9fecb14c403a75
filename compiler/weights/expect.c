/* What the model wants from a weights file: a slot for each weight, with its key, its path in Keras 3's h5
 * files, and the groups of Keras' older ones.
 *
 * Source of the paths: keras/src/saving/saving_lib.py (_save_state, _save_container_state): a layer is named
 * by its class, with a counter for each list of layers; whoever is reached a second time has the first path.
 */
#include <inttypes.h>
#include <string.h>

#include "base/checked.h"
#include "base/text.h"
#include "weights/weights.h"

typedef struct Expect {
    WeightSet *set;
    const char **paths; /* by Weight.id */
    size_t n_paths;
    bool *visited; /* by Layer.id */
    size_t n_visited;
} Expect;

/* `count` elements of `size` bytes with room for number `wanted`, the new ones zero. */
static void *with_room(Arena *arena, const void *old, size_t *count, size_t wanted, size_t size) {
    const size_t before = *count;
    *count = wanted < 2 * before ? 2 * before : wanted + 64;
    return arena_grow_array(arena, old, before, *count, size);
}

static bool visit_once(Expect *expect, const Layer *layer) {
    if (layer->id >= expect->n_visited)
        expect->visited = with_room(expect->set->arena, expect->visited, &expect->n_visited, layer->id,
                                    sizeof *expect->visited);
    const bool before = expect->visited[layer->id];
    expect->visited[layer->id] = true;
    return !before;
}

static const char *join(Arena *arena, const char *path, const char *name) {
    return path[0] ? arena_printf(arena, "%s/%s", path, name) : name;
}

static void set_path(Expect *expect, const Weight *weight, const char *path) {
    if (weight->id >= expect->n_paths)
        expect->paths =
            with_room(expect->set->arena, expect->paths, &expect->n_paths, weight->id, sizeof *expect->paths);
    expect->paths[weight->id] = path;
}

static void walk_layer(Expect *expect, const Layer *layer, const char *path);

/* model.layers: names count up for each class, also past layers that were visited before. */
static void walk_layers(Expect *expect, Layer *const *layers, size_t count, const char *path) {
    Arena *arena = expect->set->arena;
    Map used = map_new(arena);
    for (size_t i = 0; i < count; i++) {
        const char *name = graph_snake_case(arena, layers[i]->class_->name);
        size_t *times = map_get(&used, name);
        if (!times) {
            times = ARENA_NEW(arena, size_t);
            map_put(&used, name, times);
        }
        const char *unique = *times ? arena_printf(arena, "%s_%zu", name, *times) : name;
        ++*times;
        walk_layer(expect, layers[i], join(arena, path, unique));
    }
}

static void walk_layer(Expect *expect, const Layer *layer, const char *path) {
    Arena *arena = expect->set->arena;
    if (!visit_once(expect, layer)) return;
    for (size_t i = 0; i < layer->weights.count; i++)
        set_path(expect, layer->weights.at[i], join(arena, path, arena_printf(arena, "vars/%zu", i)));
    if (layer->model)
        walk_layers(expect, layer->model->layers, layer->model->n_layers, join(arena, path, "layers"));
    for (size_t i = 0; i < layer->n_saved; i++)
        walk_layer(expect, layer->saved[i].layer, join(arena, path, layer->saved[i].path));
    for (size_t i = 0; i < layer->n_sublayers && !layer->instance; i++)
        walk_layer(expect, layer->sublayers[i], join(arena, path, layer->sublayer_names[i]));
}

/* ---- keys ---- */

static const char *unique_key(Arena *arena, Map *keys, const char *path) {
    const char *key = path;
    for (unsigned n = 1; map_has(keys, key); n++) key = arena_printf(arena, "%s_%u", path, n);
    return map_put(keys, key, keys);
}

static size_t element_count(const Weight *weight) {
    int64_t count;
    return shape_count(&weight->shape, 0, &count) && (uint64_t)count <= SIZE_MAX ? (size_t)count : SIZE_MAX;
}

static void fill_slots(Expect *expect, const WeightList *weights) {
    WeightSet *set = expect->set;
    Map keys = map_new(set->arena);
    set->count = weights->count;
    set->slots = ARENA_ARRAY(set->arena, WeightSlot, weights->count);
    for (size_t i = 0; i < weights->count; i++) {
        const Weight *weight = weights->at[i];
        set->slots[i] =
            (WeightSlot){.weight = weight,
                         .key = unique_key(set->arena, &keys, weight->path),
                         .h5_path = weight->id < expect->n_paths ? expect->paths[weight->id] : NULL,
                         .vars_name = weight->layer->name,
                         .count = element_count(weight)};
        if (!set->slots[i].h5_path)
            diag_report(set->diags, E900, NO_SOURCE, "weight %s belongs to no layer of the model",
                        weight->path);
    }
}

/* ---- groups ---- */

typedef VEC(size_t) SlotList;

typedef struct Collector {
    const WeightSet *set;
    size_t *slot_of;  /* by Weight.id: 1 + its slot */
    size_t *taken_by; /* by slot: the group that took it last */
    size_t n_ids, group;
} Collector;

static Collector collector_new(const WeightSet *set) {
    Collector c = {.set = set};
    for (size_t i = 0; i < set->count; i++)
        if (set->slots[i].weight->id >= c.n_ids) c.n_ids = set->slots[i].weight->id + 1u;
    c.slot_of = ARENA_ARRAY(set->arena, size_t, c.n_ids);
    c.taken_by = ARENA_ARRAY(set->arena, size_t, set->count);
    for (size_t i = set->count; i-- > 0;) c.slot_of[set->slots[i].weight->id] = i + 1;
    return c;
}

/* layer.weights: its own, then those of the layers in it, none twice. */
static void collect_slots(Collector *c, const Layer *layer, SlotList *out) {
    for (size_t i = 0; i < layer->weights.count; i++) {
        const size_t id = layer->weights.at[i]->id, slot = id < c->n_ids ? c->slot_of[id] : 0;
        if (!slot || c->taken_by[slot - 1] == c->group) continue;
        c->taken_by[slot - 1] = c->group;
        vec_push(c->set->arena, out, slot - 1);
    }
    for (size_t i = 0; layer->model && i < layer->model->n_layers; i++)
        collect_slots(c, layer->model->layers[i], out);
    for (size_t i = 0; i < layer->n_sublayers; i++) collect_slots(c, layer->sublayers[i], out);
}

static void fill_groups(WeightSet *set) {
    const Model *model = set->model;
    Collector collector = collector_new(set);
    set->groups = ARENA_ARRAY(set->arena, WeightGroup, model->n_layers);
    for (size_t i = 0; i < model->n_layers; i++) {
        const Layer *layer = model->layers[i];
        SlotList slots = {0};
        collector.group = i + 1;
        collect_slots(&collector, layer, &slots);
        if (slots.count == 0) continue;
        set->groups[set->n_groups++] =
            (WeightGroup){layer->name, layer->model || layer->n_sublayers, slots.at, slots.count};
    }
}

WeightSet *weights_expect(Arena *arena, Diagnostics *diags, const Model *model) {
    WeightSet *set = ARENA_NEW(arena, WeightSet);
    *set = (WeightSet){.arena = arena, .diags = diags, .model = model};
    Expect expect = {.set = set};
    WeightList weights = {0};
    walk_layers(&expect, model->layers, model->n_layers, "layers");
    model_weights(arena, model, &weights);
    fill_slots(&expect, &weights);
    fill_groups(set);
    return set;
}

const void *const *weights_by_id(const WeightSet *set, const Graph *graph) {
    const void **by_id = ARENA_ARRAY(set->arena, const void *, graph->weights.count);
    for (size_t i = 0; i < set->count; i++)
        if (set->slots[i].weight->id < graph->weights.count)
            by_id[set->slots[i].weight->id] = set->slots[i].data;
    return by_id;
}

const char *weights_digest(Arena *arena, const WeightSet *set) {
    const uint64_t offset = 14695981039346656037u, prime = 1099511628211u;
    uint64_t digest = offset;
    for (size_t i = 0; i < set->count; i++) {
        const unsigned char *bytes = set->slots[i].data;
        const size_t size = set->slots[i].count * dtype_size(set->slots[i].weight->dtype);
        for (size_t k = 0; k < size; k++) digest = (digest ^ bytes[k]) * prime;
    }
    return arena_printf(arena, "%016" PRIx64, digest);
}

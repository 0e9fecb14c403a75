/* The older layout (Keras 1 and 2, and .h5 files of Keras 3): a group for each layer by its name, the lists
 * layer_names and weight_names telling their order. Layers are matched by order, as Keras does.
 *
 * Source: keras/src/legacy/saving/legacy_h5_format.py. Within a layer that holds others, the file lists
 * trainable weights first, as they were when it was saved; which those were the model file does not tell, so
 * names decide where they can.
 */
#include <string.h>

#include "weights/hdf5/h5_formats.h"

/* One layer of the file that has weights: found[first .. first + count). */
typedef struct FileLayer {
    const char *name;
    size_t first, count;
} FileLayer;

typedef VEC(FileLayer) FileLayers;

static bool add_layer(H5File *file, Inventory *inventory, H5Group group, const char *name, FileLayers *out) {
    H5Names weights;
    const H5Group layer = h5_group(file, group, name);
    if (layer < 0) return h5_damaged(file, arena_printf(file->arena, "its layer %s", name));
    bool fine = h5_names(file, layer, "weight_names", &weights);
    const FileLayer entry = {name, inventory->found.count, fine ? weights.count : 0};
    for (size_t i = 0; i < entry.count; i++) {
        FoundWeight found = {.path = arena_printf(file->arena, "%s/%s", name, weights.at[i])};
        h5_describe(file, layer, weights.at[i], &found);
        vec_push(file->arena, &inventory->found, found);
    }
    if (entry.count) vec_push(file->arena, out, entry);
    h5_leave(file, layer);
    return fine;
}

static bool list_layers(H5File *file, Inventory *inventory, H5Group group, FileLayers *out) {
    H5Names names;
    if (!h5_names(file, group, "layer_names", &names)) return false;
    for (size_t i = 0; i < names.count; i++)
        if (!add_layer(file, inventory, group, names.at[i], out)) return false;
    return true;
}

/* ---- the order of weights inside one layer ---- */

/* "conv2d/kernel:0" -> "kernel", in the words of Keras 3. */
static const char *base_name(Arena *arena, const char *path) {
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *colon = strchr(name, ':');
    return arena_strndup(arena, name, colon ? (size_t)(colon - name) : strlen(name));
}

static bool same_base(const WeightSlot *slot, const char *name) {
    if (strcmp(slot->weight->name, name) == 0) return true;
    /* DepthwiseConv2D's kernel, as Keras 2 called it. */
    return strcmp(slot->weight->name, "kernel") == 0 && strcmp(name, "depthwise_kernel") == 0;
}

/* Whether the file's name and the slot's path tell the same layer and weight: "conv2d_1/kernel:0" and
 * "conv2d_1/kernel". Either may have more before it: Keras 3 puts an inner Sequential's name there. */
static bool same_path(Arena *arena, const WeightSlot *slot, const char *path) {
    if (!same_base(slot, base_name(arena, path))) return false;
    const char *own = slot->weight->path, *own_end = strrchr(own, '/'), *end = strrchr(path, '/');
    if (!own_end || !end) return false;
    while (own_end > own && end > path && own_end[-1] == end[-1]) {
        own_end--;
        end--;
    }
    const bool own_whole = own_end == own, whole = end == path;
    return (own_whole && (whole || end[-1] == '/')) || (whole && own_end[-1] == '/');
}

/* One way to match a layer's slots with its arrays: order[i] is the place in the file of the group's i-th
 * slot. */
typedef struct Order {
    size_t *order;
    bool complete, shapes_fit, names_fit;
} Order;

typedef struct Match {
    Inventory *inventory;
    const WeightGroup *group;
    const FileLayer *layer;
} Match;

static const WeightSlot *slot_at(const Match *match, size_t i) {
    return &match->inventory->set->slots[match->group->slots[i]];
}

static const FoundWeight *found_at(const Match *match, size_t i) {
    return &match->inventory->found.at[match->layer->first + i];
}

static Order judge(const Match *match, size_t *order, bool complete) {
    Order result = {order, complete, complete, complete};
    for (size_t i = 0; complete && i < match->group->count; i++) {
        const WeightSlot *slot = slot_at(match, i);
        const FoundWeight *found = found_at(match, order[i]);
        if (!shape_equal(&slot->weight->shape, &found->shape)) result.shapes_fit = false;
        if (!same_base(slot, base_name(match->inventory->scratch, found->path))) result.names_fit = false;
    }
    return result;
}

static Order order_flat(const Match *match) {
    size_t *order = ARENA_ARRAY(match->inventory->scratch, size_t, match->group->count);
    for (size_t i = 0; i < match->group->count; i++) order[i] = i;
    return judge(match, order, true);
}

static Order order_trainable_first(const Match *match) {
    size_t *order = ARENA_ARRAY(match->inventory->scratch, size_t, match->group->count), place = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < match->group->count; i++)
            if (slot_at(match, i)->weight->trainable == (pass == 0)) order[i] = place++;
    return judge(match, order, true);
}

/* Complete where each slot has exactly one array of its name, and no array is left. */
static Order order_by_name(const Match *match) {
    Arena *arena = match->inventory->scratch;
    const size_t n = match->group->count;
    size_t *order = ARENA_ARRAY(arena, size_t, n);
    bool *used = ARENA_ARRAY(arena, bool, n), complete = true;
    for (size_t i = 0; i < n && complete; i++) {
        size_t candidates = 0;
        for (size_t k = 0; k < n; k++) {
            const char *path = found_at(match, k)->path;
            const bool same = match->group->container ? same_path(arena, slot_at(match, i), path)
                                                      : same_base(slot_at(match, i), base_name(arena, path));
            if (!same) continue;
            candidates++;
            order[i] = k;
        }
        complete = candidates == 1 && !used[order[i]];
        if (complete) used[order[i]] = true;
    }
    return judge(match, order, complete);
}

static bool same_order(const Match *match, const Order *a, const Order *b) {
    return memcmp(a->order, b->order, match->group->count * sizeof *a->order) == 0;
}

/* By name where the names tell; else trainable weights first, as Keras saves; else as they stand, which is
 * how Keras saves a frozen model. */
static Order choose_order(const Match *match) {
    const Order usual = order_trainable_first(match), named = order_by_name(match), flat = order_flat(match);
    if (named.complete && named.shapes_fit) {
        if (usual.shapes_fit && usual.names_fit && !same_order(match, &named, &usual)) {
            WeightSet *set = match->inventory->set;
            diag_report(set->diags, W402, NO_SOURCE,
                        "the weights of \"%s\" stand in another order in \"%s\" than in the "
                        "model; they are matched by their names",
                        match->group->name, match->inventory->path);
        }
        return named;
    }
    if (usual.shapes_fit && usual.names_fit) return usual;
    if (flat.shapes_fit && (flat.names_fit || !usual.shapes_fit)) return flat;
    return usual;
}

/* ---- layers ---- */

static const char *describe_group(Arena *arena, const WeightGroup *group) {
    return arena_printf(arena, "%s (%zu)", group->name, group->count);
}

static const char *describe_layer(Arena *arena, const FileLayer *layer) {
    return arena_printf(arena, "%s (%zu)", bytes_printable(arena, layer->name), layer->count);
}

/* The layers with weights side by side, from shortly before the first difference. */
static void note_layers(const Inventory *inventory, const FileLayers *layers) {
    enum { ROWS = 16, BEFORE = 2 };
    const WeightSet *set = inventory->set;
    const size_t most = set->n_groups > layers->count ? set->n_groups : layers->count;
    size_t first = 0;
    while (first < set->n_groups && first < layers->count &&
           set->groups[first].count == layers->at[first].count)
        first++;
    first = first > BEFORE ? first - BEFORE : 0;
    diag_note(set->diags, NO_SOURCE, "%-32s | layer in the file (weights)", "layer in the model (weights)");
    for (size_t i = first; i < most && i < first + ROWS; i++)
        diag_note(set->diags, NO_SOURCE, "%-32s | %s",
                  i < set->n_groups ? describe_group(inventory->scratch, &set->groups[i]) : "-",
                  i < layers->count ? describe_layer(inventory->scratch, &layers->at[i]) : "-");
    if (first + ROWS < most) diag_note(set->diags, NO_SOURCE, "and %zu more", most - first - ROWS);
}

/* Keras 1 kept the kernels and the bias of each gate as arrays of their own; only whole layers with a bias
 * did. */
static bool report_gates(const Inventory *inventory, const WeightGroup *group, const FileLayer *layer) {
    const WeightSet *set = inventory->set;
    if (group->count == 0) return false;
    const char *cell = set->slots[group->slots[0]].weight->layer->class_->name;
    const size_t gates = strcmp(cell, "LSTMCell") == 0 ? 4 : strcmp(cell, "GRUCell") == 0 ? 3 : 0;
    if (gates == 0 || layer->count != gates * group->count) return false;
    diag_report(
        set->diags, E683, NO_SOURCE,
        "layer \"%s\" has %zu weights in the model, and %zu in \"%s\": those of Keras 1, one for each "
        "of %zu gates",
        group->name, group->count, layer->count, inventory->path, gates);
    return true;
}

static bool check_layers(const Inventory *inventory, const FileLayers *layers) {
    const WeightSet *set = inventory->set;
    if (layers->count != set->n_groups) {
        diag_report(set->diags, E413, NO_SOURCE,
                    "\"%s\" has weights of %zu layers, the model %zu layers with weights", inventory->path,
                    layers->count, set->n_groups);
        note_layers(inventory, layers);
        return false;
    }
    for (size_t i = 0; i < layers->count; i++) {
        if (layers->at[i].count == set->groups[i].count) continue;
        if (report_gates(inventory, &set->groups[i], &layers->at[i])) return false;
        diag_report(set->diags, E414, NO_SOURCE,
                    "layer \"%s\" has %zu weights in the model, and %zu in \"%s\" (there \"%s\")",
                    set->groups[i].name, set->groups[i].count, layers->at[i].count, inventory->path,
                    bytes_printable(inventory->scratch, layers->at[i].name));
        note_layers(inventory, layers);
        return false;
    }
    return true;
}

static void match_layer(Inventory *inventory, const WeightGroup *group, const FileLayer *layer) {
    const Match match = {inventory, group, layer};
    const Order order = choose_order(&match);
    for (size_t i = 0; i < group->count; i++) {
        const size_t at = layer->first + order.order[i];
        inventory->match[group->slots[i]] = at;
        inventory->found.at[at].taken = true;
    }
}

static void warn_names(Inventory *inventory, const FileLayers *layers) {
    const size_t n = layers->count;
    const char **model = ARENA_ARRAY(inventory->scratch, const char *, n);
    const char **in_file = ARENA_ARRAY(inventory->scratch, const char *, n);
    for (size_t i = 0; i < n; i++) {
        model[i] = inventory->set->groups[i].name;
        in_file[i] = layers->at[i].name;
    }
    h5_warn_order(inventory, model, in_file, n);
}

typedef struct LegacyFile {
    H5File *file;
    H5Group group;
} LegacyFile;

static bool fetch(Inventory *inventory, const FoundWeight *found, void *out) {
    const LegacyFile *legacy = inventory->context;
    return h5_read(legacy->file, legacy->group, found->path, found, out);
}

/* Theano turns kernels around: the same numbers mean another convolution there, a depthwise one too. */
static bool check_backend(H5File *file, Inventory *inventory, H5Group group) {
    const char *backend = h5_text(file, group, "backend");
    const WeightSet *set = inventory->set;
    if (!backend || strcmp(backend, "theano") != 0) return true;
    for (size_t i = 0; i < set->count; i++) {
        const Layer *layer = set->slots[i].weight->layer;
        if (strstr(layer->class_->name, "Conv"))
            return diag_report(
                set->diags, E427, NO_SOURCE,
                "\"%s\" was written by Keras on Theano: the kernels of \"%s\" are turned around",
                inventory->path, layer->name);
    }
    return true;
}

bool h5_read_legacy(H5File *file, Inventory *inventory, H5Group group) {
    LegacyFile *legacy = ARENA_NEW(inventory->scratch, LegacyFile);
    *legacy = (LegacyFile){file, group};
    FileLayers layers = {0};
    inventory->fetch = fetch;
    inventory->context = legacy;
    if (!check_backend(file, inventory, group)) return false;
    if (!list_layers(file, inventory, group, &layers) || !check_layers(inventory, &layers)) return false;
    for (size_t i = 0; i < layers.count; i++)
        match_layer(inventory, &inventory->set->groups[i], &layers.at[i]);
    if (!inventory_load(inventory)) return false;
    warn_names(inventory, &layers);
    return true;
}

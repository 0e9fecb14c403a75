/* Keras 3's .weights.h5 (and the file of that name inside .keras): a group for each layer object, by class
 * name and counter, with its variables as arrays vars/0, vars/1, ....
 *
 * Source: keras/src/saving/saving_lib.py (_save_state, H5IOStore).
 */
#include <string.h>

#include "weights/hdf5/h5_formats.h"

enum { MAX_DEPTH = 64, MAX_OBJECTS = 1 << 18 };

typedef struct Walk {
    Inventory *inventory;
    H5File *file;
    Map names; /* path of a `vars` group -> the name of its layer */
    size_t objects;
} Walk;

/* Parts of a file that hold no weights of layers: an optimizer's state, and seeds that Keras before 3.15
 * kept. */
static bool is_passed_over(const char *path, const char *name) {
    if (path[0] == '\0' && (strcmp(name, "optimizer") == 0 || strcmp(name, "metrics") == 0)) return true;
    return strcmp(name, "seed_generator") == 0;
}

static void take_layer_name(Walk *walk, H5Group group, const char *path) {
    const char *name = h5_text(walk->file, group, "name");
    if (name) map_put(&walk->names, path, arena_strdup(walk->inventory->scratch, name));
}

static bool visit_object(Walk *walk, H5Group parent, const char *path, const char *name, unsigned depth);

static bool visit_group(Walk *walk, H5Group group, const char *path, unsigned depth) {
    H5Names names;
    if (depth > MAX_DEPTH) return h5_damaged(walk->file, "its tree of groups, which is too deep,");
    if (!h5_list(walk->file, group, &names)) return false;
    take_layer_name(walk, group, path);
    for (size_t i = 0; i < names.count; i++)
        if (!is_passed_over(path, names.at[i]) && !visit_object(walk, group, path, names.at[i], depth))
            return false;
    return true;
}

static bool visit_object(Walk *walk, H5Group parent, const char *path, const char *name, unsigned depth) {
    Inventory *inventory = walk->inventory;
    if (++walk->objects > MAX_OBJECTS)
        return h5_damaged(walk->file, "its tree of groups, which is too large,");
    const char *own = path[0] ? arena_printf(inventory->scratch, "%s/%s", path, name) : name;
    const H5Group group = h5_group(walk->file, parent, name);
    if (group >= 0) {
        const bool fine = visit_group(walk, group, own, depth + 1);
        h5_leave(walk->file, group);
        return fine;
    }
    FoundWeight found = {.path = own};
    h5_describe(walk->file, parent, name, &found);
    vec_push(inventory->scratch, &inventory->found, found);
    return true;
}

static bool fetch(Inventory *inventory, const FoundWeight *found, void *out) {
    H5File *file = inventory->context;
    return h5_read(file, H5_ROOT, found->path, found, out);
}

static const char *slot_path(const WeightSlot *slot) {
    return slot->h5_path;
}

/* Keras 2.12 to 2.15 wrote the same tree with another word for `layers`. */
static void rename_old(Inventory *inventory) {
    static const char OLD[] = "_layer_checkpoint_dependencies";
    for (size_t i = 0; i < inventory->set->count; i++) {
        if (inventory->match[i] != NOT_FOUND) continue;
        const char *rest = inventory->set->slots[i].h5_path;
        Text old = text_new(inventory->scratch);
        for (const char *at; (at = strstr(rest, "layers")) != NULL; rest = at + strlen("layers")) {
            text_add_n(&old, rest, (size_t)(at - rest));
            text_add(&old, OLD);
        }
        text_add(&old, rest);
        for (size_t k = 0; k < inventory->found.count; k++) {
            if (inventory->found.at[k].taken || strcmp(inventory->found.at[k].path, old.data) != 0) continue;
            inventory->match[i] = k;
            inventory->found.at[k].taken = true;
        }
    }
}

/* The folder of a path: "layers/dense/vars" of "layers/dense/vars/0". */
static const char *folder_of(Arena *arena, const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? arena_strndup(arena, path, (size_t)(slash - path)) : "";
}

/* More arrays beside a layer's own: the layer was saved with other options. Keras refuses this too. */
static bool check_counts(Walk *walk) {
    Inventory *inventory = walk->inventory;
    Map owners = map_new(inventory->scratch);
    for (size_t i = 0; i < inventory->set->count; i++) {
        if (inventory->match[i] == NOT_FOUND) return true; /* another report */
        const char *path = inventory->found.at[inventory->match[i]].path;
        map_put(&owners, folder_of(inventory->scratch, path), (void *)&inventory->set->slots[i]);
    }
    bool fine = true;
    for (size_t k = 0; k < inventory->found.count; k++) {
        const FoundWeight *found = &inventory->found.at[k];
        const WeightSlot *owner =
            found->taken ? NULL : map_get(&owners, folder_of(inventory->scratch, found->path));
        if (!owner) continue;
        fine =
            diag_report(inventory->set->diags, E414, NO_SOURCE,
                        "layer \"%s\" has more weights in \"%s\" than in the model: \"%s\" of shape %s",
                        owner->vars_name, inventory->path, bytes_printable(inventory->scratch, found->path),
                        shape_text(inventory->scratch, &found->shape));
        diag_help(inventory->set->diags, NO_SOURCE, NULL,
                  "the layer was saved with other options (use_bias, scale, center, ...), or is another one");
    }
    return fine;
}

/* The same names for other layers: it loads as Keras loads it, but two layers may have been swapped. */
static void warn_names(Walk *walk) {
    Inventory *inventory = walk->inventory;
    const size_t n = inventory->set->count;
    const char **file_names = ARENA_ARRAY(inventory->scratch, const char *, n);
    const char **own_names = ARENA_ARRAY(inventory->scratch, const char *, n);
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        const WeightSlot *slot = &inventory->set->slots[i];
        const char *path = inventory->found.at[inventory->match[i]].path;
        const char *name = map_get(&walk->names, folder_of(inventory->scratch, path));
        if (!name || !slot->vars_name) continue;
        file_names[count] = name;
        own_names[count++] = slot->vars_name;
    }
    h5_warn_order(inventory, own_names, file_names, count);
}

bool h5_read_keras3(H5File *file, Inventory *inventory) {
    Walk walk = {.inventory = inventory, .file = file, .names = map_new(inventory->scratch)};
    inventory->fetch = fetch;
    inventory->context = file;
    if (!visit_group(&walk, H5_ROOT, "", 0)) return false;
    inventory_match_names(inventory, slot_path);
    rename_old(inventory);
    if (!check_counts(&walk) || !inventory_load(inventory)) return false;
    warn_names(&walk);
    return true;
}

/* Models: the whole file as code, and models in models. */
#include "model/model.h"

#include <string.h>

#include "import/parts.h"

enum { MAX_MODELS = 40, MAX_SHARED = 1000 }; /* models in each other; layers in several models */

bool model_is_class(const char *class_name) {
    static const char *const NAMES[] = {"Functional", "Model", "Sequential"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (strcmp(NAMES[i], class_name) == 0) return true;
    return false;
}

bool code_model(Writer *writer, const Place *at, Value object, const char *variable) {
    const char *class_name = layer_class_name(writer, at, object);
    const Place inside = {at, "config", 0};
    if (!class_name) return false;
    if (!model_is_class(class_name))
        return import_error(writer, E422, at,
                            "it is a %s, neither Functional nor Sequential: the code that it runs "
                            "is not in the file",
                            class_name);
    if (++writer->depth > MAX_MODELS)
        return import_error(writer, E425, at, "there are more than %d models within each other", MAX_MODELS);
    const Value config = *config_get(object, "config");
    const bool sequential = strcmp(class_name, "Sequential") == 0 && !config_get(config, "input_layers");
    const bool fine = sequential ? code_sequential(writer, &inside, config, variable)
                                 : code_functional(writer, &inside, config, class_name, variable);
    writer->depth--;
    return fine;
}

/* ---- what a call of a model gives ---- */

/* The leaves of a structure of [layer, node, tensor] triples, in Keras' order: keys of objects sorted. */
static bool is_triple(Value value) {
    return config_count(value) == 3 && config_item(value, 0).kind == VALUE_STR &&
           config_item(value, 1).kind == VALUE_INT;
}

typedef struct PathWalk {
    Writer *writer;
    TensorPaths *out;
} PathWalk;

static bool add_paths(PathWalk *walk, const Place *at, Value value, const char *path, int depth);

static bool add_sorted(PathWalk *walk, const Place *at, const Dict *dict, const char *path, int depth) {
    const size_t count = dict->entries.count;
    const DictEntry **sorted = ARENA_ARRAY(walk->writer->arena, const DictEntry *, count);
    for (size_t i = 0; i < count; i++) {
        size_t k = i;
        for (; k > 0 && value_compare_str(dict->entries.at[i].key.as.str, sorted[k - 1]->key.as.str) < 0; k--)
            sorted[k] = sorted[k - 1];
        sorted[k] = &dict->entries.at[i];
    }
    for (size_t i = 0; i < count; i++) {
        const char *inner = arena_printf(walk->writer->arena, "%s[%s]", path,
                                         value_repr(walk->writer->arena, sorted[i]->key));
        if (!add_paths(walk, at, sorted[i]->value, inner, depth + 1)) return false;
    }
    return true;
}

static bool add_paths(PathWalk *walk, const Place *at, Value value, const char *path, int depth) {
    Arena *arena = walk->writer->arena;
    if (is_triple(value)) {
        vec_push(arena, walk->out, path);
        return true;
    }
    if (depth > 16 || (!config_is_list(value) && value.kind != VALUE_DICT))
        return import_error(walk->writer, E421, at, "its outputs are no structure of [layer, node, tensor]");
    if (value.kind == VALUE_DICT) return add_sorted(walk, at, value.as.dict, path, depth);
    for (size_t i = 0; i < config_count(value); i++)
        if (!add_paths(walk, at, config_item(value, i), arena_printf(arena, "%s[%zu]", path, i), depth + 1))
            return false;
    return true;
}

bool model_output_paths(Writer *writer, const Place *at, Value object, TensorPaths *out) {
    const Value *outputs = config_get(*config_get(object, "config"), "output_layers");
    PathWalk walk = {writer, out};
    *out = (TensorPaths){0};
    if (outputs && config_count(*outputs) == 1 && is_triple(config_item(*outputs, 0)) &&
        writer->saved->keras < 3)
        outputs = &outputs->as.list->items.at[0]; /* Keras 1 and 2 always write a list, and give one tensor */
    if (outputs) return add_paths(&walk, at, *outputs, "", 0);
    vec_push(writer->arena, out, ""); /* a Sequential gives one tensor */
    return true;
}

/* ---- the file ---- */

/* Classes that make layers of their own, whose automatic names could be anybody's: then all names are
 * written. */
static bool names_others(const char *class_name) {
    static const char *const PLAIN[] = {"InputLayer", "Functional", "Model", "Sequential"};
    for (size_t i = 0; i < sizeof PLAIN / sizeof *PLAIN; i++)
        if (strcmp(PLAIN[i], class_name) == 0) return false;
    const LayerClass *class_ = layer_class_find(class_name);
    if (!class_) return true;
    for (const ParamSpec *spec = class_->params; spec && spec->name; spec++)
        if (strcmp(spec->name, "recurrent_initializer") == 0 || strcmp(spec->name, "layer") == 0 ||
            strcmp(spec->name, "cell") == 0 || strcmp(spec->name, "num_heads") == 0)
            return true;
    return false;
}

static bool needs_all_names(Value value) {
    if (config_is_list(value)) {
        for (size_t i = 0; i < config_count(value); i++)
            if (needs_all_names(config_item(value, i))) return true;
        return false;
    }
    if (value.kind != VALUE_DICT) return false;
    const char *module = config_text(value, "module"), *name = config_text(value, "class_name");
    const bool layer = config_get(value, "inbound_nodes") || (module && strcmp(module, "keras.layers") == 0);
    if (layer && name && !(module && strncmp(module, "keras.src", 9) == 0) && names_others(name)) return true;
    for (size_t i = 0; i < value.as.dict->entries.count; i++)
        if (needs_all_names(value.as.dict->entries.at[i].value)) return true;
    return false;
}

/* The layers that have an id: others have the same object elsewhere. */
static void find_shared_layers(Writer *writer, Value value) {
    for (size_t i = 0; i < config_count(value); i++) find_shared_layers(writer, config_item(value, i));
    if (value.kind != VALUE_DICT) return;
    const Value *id = config_get(value, "shared_object_id"), *config = config_get(value, "config");
    const char *module = config_text(value, "module");
    bool known = !id || id->kind != VALUE_INT || !module || strcmp(module, "keras.layers") != 0 || !config ||
                 !config_text(*config, "name") || writer->shared.count >= MAX_SHARED;
    for (size_t i = 0; !known && i < writer->shared.count; i++)
        known = writer->shared.at[i].id == id->as.integer;
    if (!known) vec_push(writer->arena, &writer->shared, ((SharedObject){id->as.integer, value, NULL}));
    for (size_t i = 0; i < value.as.dict->entries.count; i++)
        find_shared_layers(writer, value.as.dict->entries.at[i].value);
}

static const char *import_line(Writer *writer) {
    static const char *const ORDER[] = {"Input",        "Model",  "Sequential", "activations", "constraints",
                                        "initializers", "layers", "ops",        "regularizers"};
    Text text = text_new(writer->arena);
    for (size_t i = 0; i < sizeof ORDER / sizeof *ORDER; i++)
        if (map_has(&writer->imports, ORDER[i]))
            text_printf(&text, "%s%s", text.length ? ", " : "from keras import ", ORDER[i]);
    text_add(&text, "\n\n");
    if (writer->old_hard_sigmoid)
        text_add(&text, "\ndef hard_sigmoid(x):\n    return ops.clip(0.2 * x + 0.5, 0.0, 1.0)\n\n\n");
    return text.data;
}

static void place_names(Writer *writer, size_t shift, ImportedModel *out) {
    for (size_t i = 0; i < writer->names.count; i++) writer->names.at[i].begin += (uint32_t)shift;
    out->names = writer->names.at;
    out->n_names = writer->names.count;
}

bool import_model(Arena *arena, Diagnostics *diags, const Bytes *file, ImportedModel *out) {
    SavedModel saved;
    if (!saved_read(arena, diags, file, &saved)) return false;
    Writer writer = {.arena = arena,
                     .diags = diags,
                     .saved = &saved,
                     .body = text_new(arena),
                     .identifiers = map_new(arena),
                     .automatic = map_new(arena),
                     .imports = map_new(arena)};
    map_put(&writer.identifiers, "model", ARENA_NEW(arena, size_t));
    writer.all_names = needs_all_names(saved.config);
    if (saved.config.kind != VALUE_DICT)
        return import_error(&writer, E421, NULL, "its %s is no object", saved.container);
    find_shared_layers(&writer, saved.config);
    if (!code_model(&writer, NULL, saved.config, "model")) return false;
    const char *head = import_line(&writer);
    place_names(&writer, strlen(head), out);
    out->code = arena_printf(arena, "%s%s", head, writer.body.data);
    out->length = strlen(out->code);
    return true;
}

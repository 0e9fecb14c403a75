/* A functional model: one statement for each layer call, in the order in which Keras rebuilds them.
 *
 * Keras walks the list of layers again and again, and makes each call whose inputs are there; so a layer that
 * is used at several depths keeps the order of its calls.
 */
#include "import/functional.h"

#include <string.h>

enum { MAX_LAYERS = 50000, MAX_NODES = 200000 };

/* ---- reading the layers ---- */

static bool read_layer(Functional *model, const Place *at, Value object, SavedLayer *out) {
    Writer *writer = model->writer;
    const Value *config = config_dict(writer, at, object, "config");
    const Value *nodes = config_get(object, "inbound_nodes");
    *out = (SavedLayer){.object = object, .class_name = config_name(writer, at, object, "class_name")};
    if (!out->class_name || !config) return false;
    out->name = config_text(object, "name") ? config_text(object, "name") : config_text(*config, "name");
    if (!out->name) return config_name(writer, at, *config, "name") != NULL;
    if (nodes && !config_is_list(*nodes))
        return import_error(writer, E421, at, "the \"inbound_nodes\" of layer \"%s\" are no list",
                            bytes_printable(writer->arena, out->name));
    out->nodes = nodes ? *nodes : value_list_new(writer->arena, VALUE_LIST);
    out->is_input = strcmp(out->class_name, "InputLayer") == 0;
    out->is_operation = operation_is(writer, object);
    out->is_model = !out->is_operation && model_is_class(out->class_name);
    out->n_nodes = out->is_input ? 1 : config_count(out->nodes);
    out->results = ARENA_ARRAY(writer->arena, const char *, out->n_nodes);
    if (map_has(&model->by_name, out->name))
        return import_error(writer, E421, at, "two layers have the name \"%s\"",
                            bytes_printable(writer->arena, out->name));
    map_put(&model->by_name, out->name, out);
    return !out->is_model || model_output_paths(writer, at, object, &out->outputs);
}

static bool read_layers(Functional *model, const Place *at, Value list) {
    size_t nodes = 0;
    model->count = config_count(list);
    if (model->count > MAX_LAYERS)
        return import_error(model->writer, E425, at, "the model has more than %d layers", MAX_LAYERS);
    model->layers = ARENA_ARRAY(model->writer->arena, SavedLayer, model->count);
    for (size_t i = 0; i < model->count; i++) {
        const Place layers = {at, "layers", 0}, place = {&layers, NULL, i};
        if (!read_layer(model, &place, config_item(list, i), &model->layers[i])) return false;
        nodes += model->layers[i].n_nodes;
    }
    return nodes <= MAX_NODES ||
           import_error(model->writer, E425, at, "the model has more than %d layer calls", MAX_NODES);
}

/* Keras 1 and 2 count the calls of a model from 1: number 0 joins its own inputs and outputs. */
static void see_index(Functional *model, Value value, int depth) {
    if (depth > 40) return;
    if (value.kind == VALUE_DICT) {
        for (size_t i = 0; i < value.as.dict->entries.count; i++)
            see_index(model, value.as.dict->entries.at[i].value, depth + 1);
        return;
    }
    const char *name = value_c_str(config_item(value, 0));
    const Value index = config_item(value, 1);
    SavedLayer *layer = name && config_count(value) >= 3 ? map_get(&model->by_name, name) : NULL;
    if (layer && layer->is_model && index.kind == VALUE_INT && index.as.integer == (int64_t)layer->n_nodes)
        layer->first_index = 1;
    for (size_t i = 0; i < config_count(value); i++) see_index(model, config_item(value, i), depth + 1);
}

static void find_first_indices(Functional *model, Value config) {
    if (model->writer->saved->keras >= 3) return;
    for (size_t i = 0; i < model->count; i++) see_index(model, model->layers[i].nodes, 0);
    const Value *outputs = config_get(config, "output_layers");
    if (outputs) see_index(model, *outputs, 0);
}

/* ---- tensors ---- */

bool functional_is_tensor(Value value, const char **name, int64_t *node, int64_t *tensor) {
    const char *class_name = config_text(value, "class_name");
    const Value *config = config_get(value, "config");
    if (!class_name || strcmp(class_name, "__keras_tensor__") != 0 || !config) return false;
    const Value *history = config_get(*config, "keras_history");
    if (!history || config_count(*history) != 3) return false;
    *name = value_c_str(config_item(*history, 0));
    const Value n = config_item(*history, 1), t = config_item(*history, 2);
    if (!*name || n.kind != VALUE_INT || t.kind != VALUE_INT) return false;
    *node = n.as.integer;
    *tensor = t.as.integer;
    return true;
}

/* Layers whose call gives several tensors, by what the configuration says. */
static bool gives_several(const SavedLayer *layer, Value node) {
    const Value config = *config_get(layer->object, "config");
    const Value *inner = config_get(config, "layer"), *kwargs = config_get(node, "kwargs");
    const Value *merge = config_get(config, "merge_mode"); /* Bidirectional's */
    if (merge && value_is_none(*merge)) return true;
    if (config_flag(config, "return_state", false)) return true;
    if (kwargs && config_flag(*kwargs, "return_attention_scores", false)) return true;
    return inner && config_get(*inner, "config") &&
           config_flag(*config_get(*inner, "config"), "return_state", false);
}

static bool operation_gives_several(const SavedLayer *layer) {
    static const char *const NAMES[] = {"Split", "Unstack", "Moments", "TopK",    "Meshgrid",   "Qr",
                                        "Svd",   "Eigh",    "Eig",     "Slogdet", "ArraySplit", NULL};
    for (size_t i = 0; NAMES[i]; i++)
        if (strcmp(NAMES[i], layer->class_name) == 0) return true;
    return false;
}

/* The states of stacked cells stand in a list for each cell, where it has several: "[2][1]" for tensor 4 of
 * [output, [h, c], [h, c]]. NULL where the layer is no RNN of stacked cells. */
static const char *stacked_path(Arena *arena, const SavedLayer *layer, int64_t tensor) {
    const Value *cell = config_get(*config_get(layer->object, "config"), "cell");
    const char *class_name = cell ? config_text(*cell, "class_name") : NULL;
    const Value *config = cell ? config_get(*cell, "config") : NULL;
    const Value *cells = config ? config_get(*config, "cells") : NULL;
    if (!class_name || strcmp(class_name, "StackedRNNCells") != 0 || !cells) return NULL;
    if (tensor == 0) return "[0]";
    int64_t first = 1;
    for (size_t i = 0; config_is_list(*cells) && i < config_count(*cells); i++) {
        const char *name = config_text(config_item(*cells, i), "class_name");
        const int64_t states = name && strcmp(name, "LSTMCell") == 0 ? 2 : 1;
        if (tensor < first + states)
            return states == 1 ? arena_printf(arena, "[%zu]", i + 1)
                               : arena_printf(arena, "[%zu][%d]", i + 1, (int)(tensor - first));
        first += states;
    }
    return NULL;
}

static const char *tensor_path(Functional *model, const SavedLayer *layer, size_t call, int64_t tensor) {
    Arena *arena = model->writer->arena;
    if (layer->is_model) return (uint64_t)tensor < layer->outputs.count ? layer->outputs.at[tensor] : NULL;
    const bool several = layer->is_operation ? operation_gives_several(layer)
                                             : gives_several(layer, config_item(layer->nodes, call));
    if (!several && tensor == 0) return "";
    const char *stacked = layer->is_operation ? NULL : stacked_path(arena, layer, tensor);
    if (stacked) return stacked;
    return tensor < 100000 ? arena_printf(arena, "[%d]", (int)tensor) : NULL;
}

Found functional_tensor(Functional *model, const Place *at, const char *name, int64_t node, int64_t tensor,
                        const char **out) {
    Writer *writer = model->writer;
    const SavedLayer *layer = map_get(&model->by_name, name);
    const char *shown = bytes_printable(writer->arena, name);
    if (!layer) return import_error(writer, E423, at, "there is no layer \"%s\"", shown), NOWHERE;
    const int64_t call = node - (int64_t)layer->first_index;
    if (call < 0 || tensor < 0 || (uint64_t)call >= layer->n_nodes) {
        import_error(writer, E423, at, "layer \"%s\" has %zu call%s: there is no output [%lld, %lld]", shown,
                     layer->n_nodes, layer->n_nodes == 1 ? "" : "s", (long long)node, (long long)tensor);
        return NOWHERE;
    }
    if ((size_t)call >= layer->done) return NOT_YET;
    const char *path = tensor_path(model, layer, (size_t)call, tensor);
    if (!path) {
        import_error(writer, E423, at, "a call of layer \"%s\" has no output number %lld", shown,
                     (long long)tensor);
        return NOWHERE;
    }
    *out = arena_printf(writer->arena, "%s%s", layer->results[call], path);
    return FOUND;
}

/* ---- statements ---- */

static bool make_layer(Functional *model, const Place *at, SavedLayer *layer, Text *out) {
    if (layer->is_input) {
        const Place inside = {at, "config", 0};
        return code_input(model->writer, &inside, *config_get(layer->object, "config"), out);
    }
    return code_layer(model->writer, at, layer->object, out);
}

/* The layer's own variable, where it is called several times (or is a model, which has one anyway). */
static bool make_variable(Functional *model, const Place *at, SavedLayer *layer) {
    Writer *writer = model->writer;
    Text text = text_new(writer->arena);
    if (!make_layer(model, at, layer, &text)) return false;
    if (map_has(&writer->identifiers, text.data)) {
        layer->variable = text.data;
        return true;
    }
    layer->variable = names_identifier(writer, layer->name);
    code_assign(writer, layer->variable, text.data);
    return true;
}

static void remember_name(Writer *writer, const SavedLayer *layer, size_t length_of_variable) {
    const size_t begin = writer->body.length + length_of_variable + 3;
    vec_push(writer->arena, &writer->names, ((OperationName){(uint32_t)begin, layer->name}));
}

/* The next call of the layer, where its inputs are there. */
static Found write_call(Functional *model, const Place *at, SavedLayer *layer) {
    Writer *writer = model->writer;
    const Place nodes = {at, "inbound_nodes", 0}, place = {&nodes, NULL, layer->done};
    const Value node = config_item(layer->nodes, layer->done);
    Text arguments = text_new(writer->arena);
    const Found found = layer->is_operation ? operation_call(model, &place, layer, node, &arguments)
                                            : functional_arguments(model, &place, layer, node, &arguments);
    if (found != FOUND) return found;
    Text call = text_new(writer->arena);
    if (layer->is_operation) {
        const char *variable = names_identifier(writer, layer->name);
        remember_name(writer, layer, strlen(variable));
        code_assign(writer, variable, arguments.data);
        layer->results[layer->done++] = variable;
        return FOUND;
    }
    const bool once = layer->n_nodes == 1 && !layer->is_model;
    if (!once && !layer->variable && !make_variable(model, at, layer)) return NOWHERE;
    if (once && !make_layer(model, at, layer, &call)) return NOWHERE;
    if (!once) text_add(&call, layer->variable);
    text_printf(&call, "(%s)", "");
    call.data[--call.length] = '\0';
    text_add(&call, arguments.data);
    text_char(&call, ')');
    const char *result =
        once ? names_identifier(writer, layer->name)
             : names_identifier(writer, arena_printf(writer->arena, "%s_out", layer->variable));
    code_assign(writer, result, call.data);
    layer->results[layer->done++] = result;
    return FOUND;
}

static bool write_input(Functional *model, const Place *at, SavedLayer *layer) {
    Text text = text_new(model->writer->arena);
    if (!make_layer(model, at, layer, &text)) return false;
    layer->results[0] = names_identifier(model->writer, layer->name);
    layer->done = 1;
    code_assign(model->writer, layer->results[0], text.data);
    return true;
}

/* One walk over the layers; *progress where a call was written. */
static bool walk_once(Functional *model, const Place *at, bool *progress, bool *complete) {
    *complete = true;
    for (size_t i = 0; i < model->count; i++) {
        SavedLayer *layer = &model->layers[i];
        const Place layers = {at, "layers", 0}, place = {&layers, NULL, i};
        Found found = FOUND;
        while (found == FOUND && layer->done < layer->n_nodes) {
            if (layer->is_input && !write_input(model, &place, layer)) return false;
            if (!layer->is_input) found = write_call(model, &place, layer);
            if (found == NOWHERE) return false;
            *progress |= found == FOUND;
        }
        *complete &= layer->done == layer->n_nodes;
    }
    return true;
}

static bool write_calls(Functional *model, const Place *at) {
    for (size_t round = 0;; round++) {
        bool progress = false, complete = true;
        if (!walk_once(model, at, &progress, &complete)) return false;
        if (complete) return true;
        if (progress && round < 2000) continue;
        for (size_t i = 0; i < model->count; i++)
            if (model->layers[i].done < model->layers[i].n_nodes)
                return import_error(
                    model->writer, E423, at,
                    "the calls of its layers form a loop: the inputs of layer \"%s\" depend on "
                    "each other",
                    bytes_printable(model->writer->arena, model->layers[i].name));
    }
}

/* ---- inputs and outputs ---- */

static bool write_structure(Functional *model, const Place *at, Value value, bool output, int depth,
                            Text *out);

static bool write_tensor(Functional *model, const Place *at, Value triple, bool output, Text *out) {
    const char *name = value_c_str(config_item(triple, 0)), *text = NULL;
    int64_t node = config_item(triple, 1).as.integer;
    const Value tensor = config_item(triple, 2);
    const SavedLayer *layer = name ? map_get(&model->by_name, name) : NULL;
    if (!name || tensor.kind != VALUE_INT)
        return import_error(model->writer, E421, at, "something is no [layer, node, tensor]");
    /* Keras 3 counts here, and here only, as Keras 2 does. */
    if (output && node > 0 && layer && layer->is_model && model->writer->saved->keras >= 3 &&
        strcmp(layer->class_name, "Sequential") != 0)
        node--;
    const Found found = functional_tensor(model, at, name, node, tensor.as.integer, &text);
    if (found == NOT_YET) return import_error(model->writer, E423, at, "the outputs are not connected");
    if (found == FOUND) text_add(out, text);
    return found == FOUND;
}

static bool write_items(Functional *model, const Place *at, Value list, bool output, int depth, Text *out) {
    text_char(out, '[');
    for (size_t i = 0; i < config_count(list); i++) {
        const Place place = {at, NULL, i};
        if (i) text_add(out, ", ");
        if (!write_structure(model, &place, config_item(list, i), output, depth + 1, out)) return false;
    }
    text_char(out, ']');
    return true;
}

static bool write_structure(Functional *model, const Place *at, Value value, bool output, int depth,
                            Text *out) {
    if (config_count(value) == 3 && config_item(value, 0).kind == VALUE_STR &&
        config_item(value, 1).kind == VALUE_INT)
        return write_tensor(model, at, value, output, out);
    if (depth > 16 || (!config_is_list(value) && value.kind != VALUE_DICT))
        return import_error(model->writer, E421, at, "something is no structure of [layer, node, tensor]");
    if (config_is_list(value)) return write_items(model, at, value, output, depth, out);
    text_char(out, '{');
    for (size_t i = 0; i < value.as.dict->entries.count; i++) {
        const DictEntry *entry = &value.as.dict->entries.at[i];
        const Place place = {at, value_c_str(entry->key), 0};
        text_printf(out, "%s%s: ", i ? ", " : "", value_repr(model->writer->arena, entry->key));
        if (!write_structure(model, &place, entry->value, output, depth + 1, out)) return false;
    }
    text_char(out, '}');
    return true;
}

/* Keras 1 and 2 write one tensor as a list of one, too. */
static bool write_ends(Functional *model, const Place *at, Value config, const char *key, Text *out) {
    const Value *value = config_get(config, key);
    const Place place = {at, key, 0};
    if (!value) return import_error(model->writer, E421, at, "its configuration lacks \"%s\"", key);
    const bool single = model->writer->saved->keras < 3 && config_count(*value) == 1;
    return write_structure(model, &place, single ? config_item(*value, 0) : *value, key[0] == 'o', 0, out);
}

static bool write_model(Functional *model, const Place *at, Value config, const char *class_name,
                        const char *variable) {
    Writer *writer = model->writer;
    const char *name = config_text(config, "name");
    Text text = text_new(writer->arena);
    text_printf(&text, "%s(", code_import(writer, "Model"));
    if (!write_ends(model, at, config, "input_layers", &text)) return false;
    text_add(&text, ", ");
    if (!write_ends(model, at, config, "output_layers", &text)) return false;
    (void)class_name;
    if (name && !names_automatic(writer, "Functional", name))
        text_printf(&text, ", name=%s", value_repr(writer->arena, value_str(writer->arena, name)));
    text_char(&text, ')');
    code_assign(writer, variable, text.data);
    return true;
}

bool code_functional(Writer *writer, const Place *at, Value config, const char *class_name,
                     const char *variable) {
    Functional model = {.writer = writer, .by_name = map_new(writer->arena)};
    const Value *layers = config_list(writer, at, config, "layers");
    if (!layers || !read_layers(&model, at, *layers)) return false;
    find_first_indices(&model, config);
    return write_calls(&model, at) && write_model(&model, at, config, class_name, variable);
}

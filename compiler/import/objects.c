/* Serialized objects that are arguments of layers: initializers, regularizers, constraints, dtype policies,
 * functions, and layers (activations, wrapped layers, cells).
 */
#include <string.h>

#include "import/parts.h"

typedef struct ObjectRow {
    const char *name, *module, *defaults;
} ObjectRow;

static const ObjectRow ROWS[] = {
#define OBJECT(name, module, defaults) {name, module, defaults},
#include "import/objects.def"
#undef OBJECT
};

static const ObjectRow *find_row(const char *name) {
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        if (strcmp(ROWS[i].name, name) == 0) return &ROWS[i];
    return NULL;
}

static bool ends_with(const char *text, const char *end) {
    const size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* Arguments that matter to training only, and are named so. */
static bool is_training_role(const char *role) {
    return ends_with(role, "_initializer") || ends_with(role, "_regularizer") ||
           ends_with(role, "_constraint");
}

/* Whether "mean=0.0 stddev=0.05" gives the argument this value. */
static bool has_default(Writer *writer, const char *defaults, const char *name, Value value) {
    const size_t length = strlen(name);
    const char *text = value_c_str(value);
    for (const char *at = defaults; *at; at += strcspn(at, " "), at += *at == ' ') {
        const size_t width = strcspn(at, " ");
        if (width <= length || at[length] != '=' || strncmp(at, name, length) != 0) continue;
        if (!text && value.kind == VALUE_INT)
            text = value_float_text(writer->arena, (double)value.as.integer);
        if (!text) text = value_repr(writer->arena, value);
        return strlen(text) == width - length - 1 && strncmp(text, at + length + 1, width - length - 1) == 0;
    }
    return false;
}

/* Seeds, and axes of fans: None, and without effect on what a weights file gives. */
static bool is_training_detail(const char *name, Value value) {
    return strcmp(name, "seed") == 0 || strcmp(name, "dtype") == 0 || value_is_none(value);
}

/* A word for the whole: 'he_normal' where nothing but defaults is given. */
static bool code_row(Writer *writer, const Place *at, const ObjectRow *row, Value config, Text *out) {
    Text arguments = text_new(writer->arena);
    for (size_t i = 0; config.kind == VALUE_DICT && i < config.as.dict->entries.count; i++) {
        const DictEntry *entry = &config.as.dict->entries.at[i];
        const char *name = value_c_str(entry->key);
        if (!name || is_training_detail(name, entry->value) ||
            has_default(writer, row->defaults, name, entry->value))
            continue;
        const Place place = {at, name, 0};
        text_printf(&arguments, "%s%s=", arguments.length ? ", " : "", bytes_printable(writer->arena, name));
        if (!code_value(writer, &place, entry->value, "", LIST_AS_LIST, &arguments)) return false;
    }
    if (arguments.length == 0 && strcmp(row->module, "initializers") == 0) {
        text_printf(out, "'%s'", graph_snake_case(writer->arena, row->name));
        return true;
    }
    text_printf(out, "%s.%s(%s)", code_import(writer, row->module), row->name, arguments.data);
    return true;
}

static bool code_policy(Writer *writer, const Place *at, Value config, Text *out) {
    const char *name = config_name(writer, at, config, "name");
    if (!name) return false;
    text_add(out, value_repr(writer->arena, value_str(writer->arena, name)));
    return true;
}

/* {"class_name": "function", "config": "relu"}: a function by its name. */
static bool code_function(Writer *writer, const Place *at, Value object, const char *role, bool *left_out,
                          Text *out) {
    const char *name = config_text(object, "config");
    if (!name) return config_name(writer, at, object, "config") != NULL;
    const int id = activation_find(name);
    if (id >= ACTIVATION_KERAS_COUNT && id != ACTIVATION_HARD_SIGMOID_2) { /* a function of keras.ops */
        text_printf(out, "%s.%s", code_import(writer, "ops"), name);
        return true;
    }
    if (id >= 0 && id < ACTIVATION_KERAS_COUNT) {
        text_add(out, value_repr(writer->arena, value_str(writer->arena, name)));
        return true;
    }
    if ((*left_out = is_training_role(role))) return true;
    return import_error(writer, E422, at, "%s is a function of the user's own, whose code is not in the file",
                        bytes_printable(writer->arena, name));
}

bool code_object(Writer *writer, const Place *at, Value object, const char *role, bool *left_out, Text *out) {
    const char *name = config_text(object, "class_name"), *module = config_text(object, "module");
    const Value config = *config_get(object, "config");
    *left_out = false;
    if (strcmp(name, "function") == 0) return code_function(writer, at, object, role, left_out, out);
    if (ends_with(name, "Policy")) return code_policy(writer, at, config, out);
    const bool by_module = module && !strstr(module, "layers") && !strstr(module, "models");
    const ObjectRow *row = find_row(name);
    if (row && (by_module || is_training_role(role))) return code_row(writer, at, row, config, out);
    if ((*left_out = is_training_role(role) || ends_with(role, "regularizer"))) return true;
    return code_layer(writer, at, object, out);
}

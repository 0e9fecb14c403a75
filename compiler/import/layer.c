/* Layers: from a configuration to a construction, `layers.Dense(4, activation='relu')`.
 *
 * The parameter tables of layers/ tell which arguments have their defaults and are left out, and which people
 * write by position.
 */
#include <string.h>

#include "import/parts.h"
#include "layers/rules.h"

/* ---- which arguments ---- */

static const ParamSpec *find_spec(const LayerClass *class_, const char *name) {
    for (const ParamSpec *spec = class_ ? class_->params : NULL; spec && spec->name; spec++)
        if (strcmp(spec->name, name) == 0) return spec;
    return NULL;
}

/* [3, 3] as 3: Keras gives both the same meaning. */
static Value one_for_all(Value value) {
    const size_t count = config_count(value);
    for (size_t i = 1; i < count; i++)
        if (config_item(value, i).kind != VALUE_INT ||
            !value_equal(config_item(value, 0), config_item(value, i)))
            return value;
    return count > 0 && config_item(value, 0).kind == VALUE_INT ? config_item(value, 0) : value;
}

static bool same_items(Value a, Value b) {
    if (!config_is_list(a) || !config_is_list(b)) return value_equal(a, b);
    if (config_count(a) != config_count(b)) return false;
    for (size_t i = 0; i < config_count(a); i++)
        if (!same_items(config_item(a, i), config_item(b, i))) return false;
    return true;
}

/* An initializer's or activation's name without regard to its spelling. */
static const char *plain_name(Writer *writer, Value value) {
    const char *text = value_c_str(value);
    return text ? graph_snake_case(writer->arena, text) : "";
}

/* Parameters of training whose value is not worth a word. */
static bool is_idle(const char *name) {
    return strcmp(name, "renorm_momentum") == 0 || strcmp(name, "seed") == 0;
}

static bool is_default(Writer *writer, const ParamSpec *spec, Value config, Value value) {
    if (!spec->fallback || spec->required) return false;
    if (spec->kind == PARAM_IGNORED && (!config_flag(config, spec->name, true) || is_idle(spec->name)))
        return true;
    const Value fallback = param_fallback(writer->arena, spec->fallback);
    if (spec->kind == PARAM_INTS) {
        if (same_items(one_for_all(value), one_for_all(fallback))) return true;
        const Value *pool = config_get(config, "pool_size");
        return strcmp(spec->name, "strides") == 0 && pool && value_is_none(fallback) &&
               same_items(value, *pool);
    }
    if (spec->kind == PARAM_ACTIVATION && value_is_none(fallback) && value.kind == VALUE_STR)
        return strcmp(value_c_str(value) ? value_c_str(value) : "", "linear") == 0;
    if (strcmp(spec->name, "data_format") == 0 && value.kind == VALUE_STR && value_is_none(fallback))
        return strcmp(value_c_str(value) ? value_c_str(value) : "", "channels_last") == 0;
    if (value.kind == VALUE_STR && fallback.kind == VALUE_STR)
        return strcmp(plain_name(writer, value), plain_name(writer, fallback)) == 0;
    if (value.kind == VALUE_BOOL || fallback.kind == VALUE_BOOL)
        return value.kind == fallback.kind && value.as.boolean == fallback.as.boolean;
    return same_items(one_for_all(value), one_for_all(fallback));
}

/* What every layer has, with the values that say nothing. */
static bool is_common_default(Writer *writer, const char *name, Value value) {
    if (strcmp(name, "name") == 0) return true; /* written apart */
    if (strcmp(name, "trainable") == 0) return value.kind != VALUE_BOOL || value.as.boolean;
    if (strcmp(name, "dtype") != 0) return value_is_none(value);
    const Value *policy = config_get(value, "config");
    const char *dtype = policy ? config_text(*policy, "name") : value_c_str(value);
    (void)writer;
    return value_is_none(value) || (dtype && strcmp(dtype, "float32") == 0);
}

/* ---- the arguments ---- */

typedef struct ArgumentList {
    Writer *writer;
    const Place *at;
    Text *out;
    size_t start;
} ArgumentList;

static bool is_identifier(const char *name) {
    const size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
    return name[0] && name[length] == '\0' && !(name[0] >= '0' && name[0] <= '9');
}

static ListForm list_form(const ParamSpec *spec, const char *name) {
    static const char *const SHAPES[] = {"padding",      "cropping",  "size",          "kernel_size",
                                         "strides",      "pool_size", "dilation_rate", "dims",
                                         "target_shape", "axis",      "axes",          NULL};
    if (spec && (spec->kind == PARAM_INTS || spec->kind == PARAM_SHAPE || spec->kind == PARAM_AXES))
        return LIST_AS_TUPLE;
    for (size_t i = 0; SHAPES[i]; i++)
        if (strcmp(SHAPES[i], name) == 0) return LIST_AS_TUPLE;
    return LIST_AS_LIST;
}

static bool add_argument(ArgumentList *list, const ParamSpec *spec, const char *name, Value value,
                         bool keyword) {
    Writer *writer = list->writer;
    const Place place = {list->at, name, 0};
    Text text = text_new(writer->arena);
    bool left_out = false;
    if (!is_identifier(name))
        return import_error(writer, E421, list->at, "%s cannot be the name of an argument",
                            bytes_printable(writer->arena, name));
    if (spec && spec->kind == PARAM_INTS) value = one_for_all(value);
    const bool special = config_is_object(value) && strncmp(config_text(value, "class_name"), "__", 2) != 0;
    if (special ? !code_object(writer, &place, value, name, &left_out, &text)
                : !code_value(writer, &place, value, name, list_form(spec, name), &text))
        return false;
    if (left_out) return true;
    if (special && spec && spec->fallback && !spec->required && text.data[0] == '\'' &&
        is_default(writer, spec, value_none(),
                   value_str_n(writer->arena, text.data + 1, text.length ? text.length - 2 : 0)))
        return true; /* an initializer with its defaults, which is the layer's own default */
    if (list->out->length > list->start) text_add(list->out, ", ");
    if (keyword) text_printf(list->out, "%s=", name);
    text_add(list->out, text.data);
    return true;
}

bool code_arguments(Writer *writer, const Place *at, const char *class_name, Value config, Text *out) {
    const LayerClass *class_ = layer_class_find(class_name);
    ArgumentList list = {writer, at, out, out->length};
    bool positional = true;
    for (const ParamSpec *spec = class_ ? class_->params : NULL; spec && spec->name; spec++) {
        const Value *value = config_get(config, spec->name);
        positional = positional && spec->required && value && !spec->keyword_only;
        if (!value || (value_is_none(*value) && !spec->required && !spec->fallback) ||
            is_default(writer, spec, config, *value))
            continue;
        if (!add_argument(&list, spec, spec->name, *value, !positional)) return false;
    }
    for (size_t i = 0; i < config.as.dict->entries.count; i++) {
        const DictEntry *entry = &config.as.dict->entries.at[i];
        const char *name = value_c_str(entry->key);
        if (!name) return import_error(writer, E421, at, "an argument's name holds a NUL");
        if (find_spec(class_, name) || is_common_default(writer, name, entry->value)) continue;
        if (!add_argument(&list, NULL, name, entry->value, true)) return false;
    }
    const char *name = config_text(config, "name");
    if (!name || names_automatic(writer, class_name, name)) {
        if (!name) names_count(writer, class_name);
        return true;
    }
    if (out->length > list.start) text_add(out, ", ");
    text_printf(out, "name=%s", value_repr(writer->arena, value_str(writer->arena, name)));
    return true;
}

/* ---- the layer ---- */

/* keras.layers, keras.src.layers.core.dense, tf_keras.src.engine: Keras' own; other modules: the user's. */
static bool is_keras_module(const char *module) {
    static const char *const PACKAGES[] = {"keras", "tf_keras", "keras_core", "tensorflow.keras",
                                           "tensorflow.python.keras"};
    for (size_t i = 0; i < sizeof PACKAGES / sizeof *PACKAGES; i++) {
        const size_t length = strlen(PACKAGES[i]);
        if (strncmp(module, PACKAGES[i], length) == 0 && (module[length] == '\0' || module[length] == '.'))
            return true;
    }
    return false;
}

static bool report_custom(Writer *writer, const Place *at, Value object) {
    const Value *config = config_get(object, "config");
    const char *layer = config ? config_text(*config, "name") : NULL;
    import_error(writer, E422, at,
                 "layer \"%s\" is of the class %s, which is not Keras' own: its code is not in "
                 "the file",
                 layer ? bytes_printable(writer->arena, layer) : "?",
                 bytes_printable(writer->arena, config_text(object, "class_name")));
    return false;
}

const char *layer_class_name(Writer *writer, const Place *at, Value object) {
    const char *name = config_name(writer, at, object, "class_name");
    const Value *module = config_get(object, "module");
    const Value *config = config_get(object, "config");
    const bool bare = name && config && strcmp(name, "Sequential") == 0 && config_is_list(*config);
    if (!name || (!bare && !config_dict(writer, at, object, "config"))) return NULL;
    const char *module_name = module ? value_c_str(*module) : "keras";
    if (!is_identifier(name) || !module_name || !is_keras_module(module_name)) {
        report_custom(writer, at, object);
        return NULL;
    }
    return name;
}

/* The same configuration, whatever ids it has. */
static bool same_config(Value a, Value b, int depth) {
    if (depth > 64) return false;
    if (config_is_list(a) && config_is_list(b) && config_count(a) == config_count(b)) {
        for (size_t i = 0; i < config_count(a); i++)
            if (!same_config(config_item(a, i), config_item(b, i), depth + 1)) return false;
        return true;
    }
    if (a.kind != VALUE_DICT || b.kind != VALUE_DICT) return value_equal(a, b);
    for (size_t i = 0; i < a.as.dict->entries.count; i++) {
        const char *key = value_c_str(a.as.dict->entries.at[i].key);
        const Value *other = key ? config_get(b, key) : NULL;
        if (key && strcmp(key, "shared_object_id") == 0) continue;
        if (!other || !same_config(a.as.dict->entries.at[i].value, *other, depth + 1)) return false;
    }
    return true;
}

/* The entry for a layer that the file gives more than once; NULL for any other. The first time it stands
 * there without its id. */
static SharedObject *find_shared(Writer *writer, Value object) {
    const Value *id = config_get(object, "shared_object_id"), *config = config_get(object, "config");
    for (size_t i = 0; i < writer->shared.count; i++) {
        SharedObject *shared = &writer->shared.at[i];
        if (id ? id->kind == VALUE_INT && shared->id == id->as.integer
               : same_config(*config, *config_get(shared->object, "config"), 0))
            return shared;
    }
    return NULL;
}

/* A layer that the file gives again gets a variable of its own before it is used. */
static bool share(Writer *writer, Value object, Text *out, size_t start) {
    SharedObject *shared = find_shared(writer, object);
    if (!shared) return true;
    const char *name = config_text(*config_get(object, "config"), "name");
    const char *variable = names_identifier(writer, name ? name : "layer");
    code_assign(writer, variable, out->data + start);
    out->data[out->length = start] = '\0';
    text_add(out, variable);
    shared->variable = variable;
    return true;
}

bool code_layer(Writer *writer, const Place *at, Value object, Text *out) {
    const char *class_name = layer_class_name(writer, at, object);
    const size_t start = out->length;
    if (!class_name) return false;
    const SharedObject *shared = find_shared(writer, object);
    if (shared && shared->variable) return text_add(out, shared->variable), true;
    if (model_is_class(class_name)) {
        const char *name = config_text(*config_get(object, "config"), "name");
        const char *variable = names_identifier(writer, name ? name : "model");
        if (!code_model(writer, at, object, variable)) return false;
        text_add(out, variable);
        return true;
    }
    const Place inside = {at, "config", 0};
    Value config = config_copy(writer->arena, *config_get(object, "config"));
    if (!legacy_upgrade(writer, at, &class_name, &config)) return false;
    text_printf(out, "%s.%s(", code_import(writer, "layers"), class_name);
    if (!code_arguments(writer, &inside, class_name, config, out)) return false;
    text_char(out, ')');
    return share(writer, object, out, start);
}

/* The arguments of layer calls: Keras 3's {"args", "kwargs"}, and Keras 1's and 2's lists of
 * [layer, node, tensor, {keyword arguments}].
 */
#include <string.h>

#include "import/functional.h"
#include "layers/layer.h"

enum { MAX_DEPTH = 60 };

static Found value_of(Functional *model, const Place *at, Value value, ListForm form, int depth, Text *out);

/* ["lstm", 0, 1] in Keras 2's keyword arguments. */
static bool is_legacy_tensor(Functional *model, Value value) {
    const size_t count = config_count(value);
    const char *name = value_c_str(config_item(value, 0));
    return model->writer->saved->keras < 3 && (count == 3 || count == 4) && name &&
           config_item(value, 1).kind == VALUE_INT && config_item(value, 2).kind == VALUE_INT &&
           map_has(&model->by_name, name);
}

static Found tensor_value(Functional *model, const Place *at, const char *name, int64_t node, int64_t tensor,
                          Text *out) {
    const char *text = NULL;
    const Found found = functional_tensor(model, at, name, node, tensor, &text);
    if (found == FOUND) text_add(out, text);
    return found;
}

static Found items_of(Functional *model, const Place *at, Value list, ListForm form, int depth, Text *out) {
    const size_t count = config_count(list);
    text_char(out, form == LIST_AS_TUPLE ? '(' : '[');
    for (size_t i = 0; i < count; i++) {
        const Place place = {at, NULL, i};
        if (i) text_add(out, ", ");
        const Found found = value_of(model, &place, config_item(list, i), form, depth + 1, out);
        if (found != FOUND) return found;
    }
    if (count == 1 && form == LIST_AS_TUPLE) text_char(out, ',');
    text_char(out, form == LIST_AS_TUPLE ? ')' : ']');
    return FOUND;
}

static Found entries_of(Functional *model, const Place *at, Value dict, ListForm form, int depth, Text *out) {
    text_char(out, '{');
    for (size_t i = 0; i < dict.as.dict->entries.count; i++) {
        const DictEntry *entry = &dict.as.dict->entries.at[i];
        const Place place = {at, value_c_str(entry->key), 0};
        text_printf(out, "%s%s: ", i ? ", " : "", value_repr(model->writer->arena, entry->key));
        const Found found = value_of(model, &place, entry->value, form, depth + 1, out);
        if (found != FOUND) return found;
    }
    text_char(out, '}');
    return FOUND;
}

static Found value_of(Functional *model, const Place *at, Value value, ListForm form, int depth, Text *out) {
    const char *name;
    int64_t node, tensor;
    if (depth > MAX_DEPTH)
        return import_error(model->writer, E425, at, "a call's arguments are nested too deep"), NOWHERE;
    if (functional_is_tensor(value, &name, &node, &tensor))
        return tensor_value(model, at, name, node, tensor, out);
    if (is_legacy_tensor(model, value))
        return tensor_value(model, at, value_c_str(config_item(value, 0)), config_item(value, 1).as.integer,
                            config_item(value, 2).as.integer, out);
    if (config_is_list(value)) return items_of(model, at, value, form, depth, out);
    const char *class_name = config_text(value, "class_name");
    const Value *items = config_get(value, "items"), *config = config_get(value, "config");
    if (class_name && strcmp(class_name, "__tuple__") == 0) {
        if (!items && config) items = config_get(*config, "value");
        if (items && config_is_list(*items)) return items_of(model, at, *items, LIST_AS_TUPLE, depth, out);
    }
    if (value.kind == VALUE_DICT && !class_name) return entries_of(model, at, value, form, depth, out);
    return code_value(model->writer, at, value, "", form, out) ? FOUND : NOWHERE;
}

Found functional_value(Functional *model, const Place *at, Value value, ListForm form, Text *out) {
    return value_of(model, at, value, form, 0, out);
}

static bool is_identifier(const char *name) {
    const size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
    return name[0] && name[length] == '\0' && !(name[0] >= '0' && name[0] <= '9');
}

/* None, and lists and dictionaries of nothing else. */
static bool is_nothing(Value value, int depth) {
    if (value.kind == VALUE_DICT) {
        for (size_t i = 0; i < value.as.dict->entries.count; i++)
            if (depth > 8 || !is_nothing(value.as.dict->entries.at[i].value, depth + 1)) return false;
        return value.as.dict->entries.count > 0;
    }
    if (!config_is_list(value)) return value_is_none(value);
    for (size_t i = 0; i < config_count(value); i++)
        if (depth > 8 || !is_nothing(config_item(value, i), depth + 1)) return false;
    return config_count(value) > 0;
}

/* training=True where it is the class's default: files have it of every call, and predict() takes it back. */
static bool is_default_training(const SavedLayer *layer, const char *name, Value value) {
    const LayerClass *class_ = layer_class_find(layer->class_name);
    return class_ && class_->flags & LAYER_TRAINS_UNLESS_TOLD && strcmp(name, "training") == 0 &&
           value.kind == VALUE_BOOL && value.as.boolean;
}

/* mask=None, training=None and the like say nothing. */
static Found add_keywords(Functional *model, const Place *at, const SavedLayer *layer, Value kwargs,
                          Text *out) {
    if (kwargs.kind != VALUE_DICT) return FOUND;
    for (size_t i = 0; i < kwargs.as.dict->entries.count; i++) {
        const DictEntry *entry = &kwargs.as.dict->entries.at[i];
        const char *name = value_c_str(entry->key);
        if (!name || !is_identifier(name))
            return import_error(model->writer, E421, at, "a call's keyword argument has no name"), NOWHERE;
        if (is_nothing(entry->value, 0) || is_default_training(layer, name, entry->value)) continue;
        const Place place = {at, name, 0};
        text_printf(out, "%s%s=", out->length ? ", " : "", name);
        const Found found = value_of(model, &place, entry->value, LIST_AS_LIST, 0, out);
        if (found != FOUND) return found;
    }
    return FOUND;
}

static Found modern_arguments(Functional *model, const Place *at, const SavedLayer *layer, Value node,
                              Text *out) {
    const Value *args = config_get(node, "args"), *kwargs = config_get(node, "kwargs");
    const Place positional = {at, "args", 0}, keywords = {at, "kwargs", 0};
    if (!args || !config_is_list(*args) || !kwargs || kwargs->kind != VALUE_DICT)
        return import_error(model->writer, E421, at, "a call has no \"args\" and \"kwargs\""), NOWHERE;
    size_t count = config_count(*args);
    while (count > 1 && value_is_none(config_item(*args, count - 1))) count--;
    for (size_t i = 0; i < count; i++) {
        const Place place = {&positional, NULL, i};
        if (i) text_add(out, ", ");
        const Found found = value_of(model, &place, config_item(*args, i), LIST_AS_LIST, 0, out);
        if (found != FOUND) return found;
    }
    return add_keywords(model, &keywords, layer, *kwargs, out);
}

/* One [layer, node, tensor, kwargs], or a structure of them; the last keyword arguments count, as in Keras.
 */
static Found legacy_inputs(Functional *model, const Place *at, Value value, int depth, Value *kwargs,
                           Text *out) {
    if (is_legacy_tensor(model, value)) {
        if (config_count(value) == 4 && config_item(value, 3).kind == VALUE_DICT)
            *kwargs = config_item(value, 3);
        return tensor_value(model, at, value_c_str(config_item(value, 0)), config_item(value, 1).as.integer,
                            config_item(value, 2).as.integer, out);
    }
    const char *name = value_c_str(config_item(value, 0));
    if (depth > 8 || !config_is_list(value) || config_count(value) == 0) {
        import_error(model->writer, E421, at, "a call's inputs are no list of [layer, node, tensor]");
        return NOWHERE;
    }
    if (name && strcmp(name, "_CONSTANT_VALUE") == 0) {
        if (config_item(value, 3).kind == VALUE_DICT) *kwargs = config_item(value, 3);
        return value_of(model, at, config_item(value, 2), LIST_AS_LIST, 0, out);
    }
    if (name) {
        import_error(model->writer, E423, at, "there is no layer \"%s\"",
                     bytes_printable(model->writer->arena, name));
        return NOWHERE;
    }
    const bool single = config_count(value) == 1 && depth == 0;
    if (!single) text_char(out, '[');
    for (size_t i = 0; i < config_count(value); i++) {
        const Place place = {at, NULL, i};
        if (i) text_add(out, ", ");
        const Found found = legacy_inputs(model, &place, config_item(value, i), depth + 1, kwargs, out);
        if (found != FOUND) return found;
    }
    if (!single) text_char(out, ']');
    return FOUND;
}

Found functional_arguments(Functional *model, const Place *at, const SavedLayer *layer, Value node,
                           Text *out) {
    Value kwargs = value_none();
    if (node.kind == VALUE_DICT && config_get(node, "args"))
        return modern_arguments(model, at, layer, node, out);
    const Found found = legacy_inputs(model, at, node, 0, &kwargs, out);
    return found == FOUND ? add_keywords(model, at, layer, kwargs, out) : found;
}

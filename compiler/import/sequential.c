/* A Sequential: the list of its layers. Also Input(...), which both kinds of models begin with. */
#include <string.h>

#include "import/parts.h"

static const Value *batch_shape_of(Value config) {
    const Value *shape = config_get(config, "batch_shape");
    return shape ? shape : config_get(config, "batch_input_shape");
}

static bool is_shape(Value shape) {
    if (!config_is_list(shape)) return false;
    for (size_t i = 0; i < config_count(shape); i++) {
        const Value extent = config_item(shape, i);
        if (!value_is_none(extent) && extent.kind != VALUE_INT) return false;
    }
    return true;
}

static Value without_batch(Arena *arena, Value shape) {
    Value rest = value_list_new(arena, VALUE_TUPLE);
    for (size_t i = 1; i < config_count(shape); i++) value_list_push(arena, rest, config_item(shape, i));
    return rest;
}

bool code_input(Writer *writer, const Place *at, Value config, Text *out) {
    const Value *shape = batch_shape_of(config), *dtype = config_get(config, "dtype");
    const char *name = config_text(config, "name");
    const char *dtype_name = dtype ? value_c_str(*dtype) : NULL;
    if (dtype && config_get(*dtype, "config"))
        dtype_name = config_text(*config_get(*dtype, "config"), "name");
    if (!shape)
        return import_error(writer, E421, at, "the input \"%s\" has no \"batch_shape\"",
                            name ? bytes_printable(writer->arena, name) : "?");
    if (!is_shape(*shape))
        return import_error(writer, E421, at, "the \"batch_shape\" of an input is no list of sizes");
    text_printf(out, "%s(", code_import(writer, "Input"));
    if (config_count(*shape) == 0 || !value_is_none(config_item(*shape, 0))) {
        text_add(out, "batch_shape=");
        if (!code_value(writer, at, *shape, "", LIST_AS_TUPLE, out)) return false;
    } else if (!code_value(writer, at, without_batch(writer->arena, *shape), "", LIST_AS_TUPLE, out)) {
        return false;
    }
    if (dtype_name && strcmp(dtype_name, "float32") != 0)
        text_printf(out, ", dtype=%s", value_repr(writer->arena, value_str(writer->arena, dtype_name)));
    if (config_flag(config, "sparse", false)) text_add(out, ", sparse=True");
    if (config_flag(config, "ragged", false)) text_add(out, ", ragged=True");
    if (config_flag(config, "optional", false)) text_add(out, ", optional=True");
    if (!name)
        names_count(writer, "InputLayer");
    else if (!names_automatic(writer, "InputLayer", name))
        text_printf(out, ", name=%s", value_repr(writer->arena, value_str(writer->arena, name)));
    text_char(out, ')');
    return true;
}

/* Keras 1 and 2 give the first layer the input's shape; its InputLayer is named after it. */
static bool first_input(Writer *writer, const Place *at, Value object, Text *out) {
    const Value *config = config_get(object, "config");
    const char *name = config ? config_text(*config, "name") : NULL;
    const Value *shape = config ? config_get(*config, "batch_input_shape") : NULL;
    if (!shape || value_is_none(*shape)) return true;
    Value input = value_dict_new(writer->arena);
    config_set(writer->arena, &input, "batch_shape", *shape);
    const Value *dtype = config_get(*config, "input_dtype") ? config_get(*config, "input_dtype")
                                                            : config_get(*config, "dtype");
    if (dtype) config_set(writer->arena, &input, "dtype", *dtype);
    if (name)
        config_set(writer->arena, &input, "name",
                   value_str(writer->arena, arena_printf(writer->arena, "%s_input", name)));
    text_add(out, "\n    ");
    if (!code_input(writer, at, input, out)) return false;
    text_char(out, ',');
    return true;
}

static bool add_layer(Writer *writer, const Place *at, Value object, bool first, Text *out) {
    const char *class_name = config_name(writer, at, object, "class_name");
    const Place inside = {at, "config", 0};
    if (!class_name || !config_dict(writer, at, object, "config")) return false;
    const bool input = strcmp(class_name, "InputLayer") == 0;
    if (first && !input && !first_input(writer, at, object, out)) return false;
    Text text = text_new(writer->arena);
    if (input ? !code_input(writer, &inside, *config_get(object, "config"), &text)
              : !code_layer(writer, at, object, &text))
        return false;
    text_printf(out, "\n    ");
    text_add(out, text.data);
    text_char(out, ',');
    return true;
}

/* Where the list of layers begins with an input. */
static bool has_input(Value layers) {
    const char *first = config_text(config_item(layers, 0), "class_name");
    const Value *config = config_get(config_item(layers, 0), "config");
    return (first && (strcmp(first, "InputLayer") == 0 || model_is_class(first))) ||
           (config && batch_shape_of(*config));
}

bool code_sequential(Writer *writer, const Place *at, Value config, const char *variable) {
    const Place list = {at, "layers", 0};
    const bool bare = config_is_list(config); /* Keras 1 and 2.0 to 2.1: the layers alone */
    const Value *layers = bare ? &config : config_list(writer, at, config, "layers");
    const char *name = bare ? NULL : config_text(config, "name");
    const Value *shape = bare ? NULL : config_get(config, "build_input_shape");
    Text text = text_new(writer->arena);
    if (!layers) return false;
    text_printf(&text, "%s([", code_import(writer, "Sequential"));
    for (size_t i = 0; i < config_count(*layers); i++) {
        const Place place = {&list, NULL, i};
        if (!add_layer(writer, &place, config_item(*layers, i), i == 0, &text)) return false;
    }
    text_add(&text, config_count(*layers) ? "\n]" : "]");
    if (!name)
        names_count(writer, "Sequential");
    else if (!names_automatic(writer, "Sequential", name))
        text_printf(&text, ", name=%s", value_repr(writer->arena, value_str(writer->arena, name)));
    text_char(&text, ')');
    code_assign(writer, variable, text.data);
    if (!shape || !is_shape(*shape) || config_count(*layers) == 0 || has_input(*layers)) return true;
    Text build = text_new(writer->arena);
    if (!code_value(writer, at, *shape, "", LIST_AS_TUPLE, &build)) return false;
    text_printf(&writer->body, "%s.build(%s)\n", variable, build.data);
    return true;
}

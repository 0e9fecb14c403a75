/* Files of Keras 1 and 2 in Keras 3's terms, meaning the same.
 *
 * legacy.def lists what was only renamed; what changed its form or its meaning is here.
 */
#include <string.h>

#include "import/parts.h"
#include "layers/rules.h"

static const struct {
    const char *from, *to;
} CLASSES[] = {
#define CLASS(from, to) {from, to},
#define RENAME(...)
#define DROP(...)
#define DEFAULT(...)
#include "import/legacy.def"
#undef CLASS
#undef RENAME
#undef DROP
#undef DEFAULT
};

/* One change of one argument: to NULL drops it; with a value it is set where it is absent. */
static const struct {
    int version;
    const char *class_name, *from, *to, *value;
} CHANGES[] = {
#define CLASS(...)
#define RENAME(version, class_name, from, to) {version, class_name, from, to, NULL},
#define DROP(version, class_name, from) {version, class_name, from, NULL, NULL},
#define DEFAULT(version, class_name, from, value) {version, class_name, from, NULL, value},
#include "import/legacy.def"
#undef CLASS
#undef RENAME
#undef DROP
#undef DEFAULT
};

static void change_arguments(Writer *writer, const char *class_name, Value *config) {
    for (size_t i = 0; i < sizeof CHANGES / sizeof *CHANGES; i++) {
        const bool all = strcmp(CHANGES[i].class_name, "*") == 0;
        if (writer->saved->keras > CHANGES[i].version ||
            (!all && strcmp(CHANGES[i].class_name, class_name) != 0))
            continue;
        if (CHANGES[i].to)
            config_rename(writer->arena, config, CHANGES[i].from, CHANGES[i].to);
        else if (!CHANGES[i].value)
            config_drop(writer->arena, config, CHANGES[i].from);
        else if (!config_get(*config, CHANGES[i].from))
            config_set(writer->arena, config, CHANGES[i].from,
                       param_fallback(writer->arena, CHANGES[i].value));
    }
}

/* axis=[3] is axis=3. */
static void single_axis(Writer *writer, Value *config) {
    const Value *axis = config_get(*config, "axis");
    if (axis && config_count(*axis) == 1) config_set(writer->arena, config, "axis", config_item(*axis, 0));
}

static void join_pair(Writer *writer, Value *config, const char *first, const char *second, const char *to) {
    const Value *a = config_get(*config, first), *b = config_get(*config, second);
    if (!a || !b) return;
    Value pair = value_list_new(writer->arena, VALUE_LIST);
    value_list_push(writer->arena, pair, *a);
    value_list_push(writer->arena, pair, *b);
    config_drop(writer->arena, config, first);
    config_drop(writer->arena, config, second);
    config_set(writer->arena, config, to, pair);
}

/* "th" and "tf", and Keras 1's ways to write kernels. */
static void convolution_of_keras1(Writer *writer, Value *config) {
    const char *format = config_text(*config, "data_format");
    join_pair(writer, config, "nb_row", "nb_col", "kernel_size");
    if (!format) return;
    const char *now = strcmp(format, "tf") == 0   ? "channels_last"
                      : strcmp(format, "th") == 0 ? "channels_first"
                                                  : format;
    config_set(writer->arena, config, "data_format", value_str(writer->arena, now));
}

/* Keras 1 has one class for all merging layers. */
static bool merge_of_keras1(Writer *writer, const Place *at, const char **class_name, Value *config) {
    static const char *const MODES[][2] = {{"sum", "Add"},     {"ave", "Average"},        {"mul", "Multiply"},
                                           {"max", "Maximum"}, {"concat", "Concatenate"}, {"dot", "Dot"}};
    static const char *const OLD[] = {"mode",        "mode_type",        "concat_axis",
                                      "dot_axes",    "output_shape",     "output_shape_type",
                                      "output_mask", "output_mask_type", "arguments"};
    const char *mode = config_text(*config, "mode"), *found = NULL;
    for (size_t i = 0; mode && i < sizeof MODES / sizeof *MODES; i++)
        if (strcmp(MODES[i][0], mode) == 0) found = MODES[i][1];
    if (!found)
        return import_error(writer, E422, at,
                            "a Merge layer with a function of the user's own as mode cannot be read");
    const Value *axis = config_get(*config, strcmp(found, "Dot") == 0 ? "dot_axes" : "concat_axis");
    const Value kept = axis ? *axis : value_none();
    for (size_t i = 0; i < sizeof OLD / sizeof *OLD; i++) config_drop(writer->arena, config, OLD[i]);
    if (strcmp(found, "Concatenate") == 0) config_set(writer->arena, config, "axis", kept);
    if (strcmp(found, "Dot") == 0) config_set(writer->arena, config, "axes", kept);
    *class_name = found;
    return true;
}

/* Kernels that Keras 1 kept in another order. */
static bool check_kernels(Writer *writer, const Place *at, const char *class_name, Value config) {
    const char *format = config_text(config, "dim_ordering");
    const bool convolution = strstr(class_name, "onvolution") != NULL;
    if (strcmp(class_name, "Deconvolution2D") != 0 && !(convolution && format && strcmp(format, "th") == 0))
        return true;
    return import_error(writer, E426, at, "Keras 1 kept the kernels of %s%s in another order", class_name,
                        format && strcmp(format, "th") == 0 ? "(dim_ordering='th')" : "");
}

/* What cannot keep its meaning. */
static bool check_meaning(Writer *writer, const Place *at, const char *class_name, Value config) {
    const char *interpolation = config_text(config, "interpolation");
    const Value *mode = config_get(config, "mode");
    if (writer->saved->keras == 1 && strcmp(class_name, "BatchNormalization") == 0 && mode &&
        mode->kind == VALUE_INT && mode->as.integer != 0)
        return import_error(writer, E426, at,
                            "BatchNormalization(mode=%lld) of Keras 1 has no counterpart in Keras 3",
                            (long long)mode->as.integer);
    if (writer->saved->keras == 1 && !check_kernels(writer, at, class_name, config)) return false;
    if (writer->saved->old_resizing && strcmp(class_name, "UpSampling2D") == 0 && interpolation &&
        strcmp(interpolation, "nearest") != 0)
        return import_error(writer, E426, at,
                            "UpSampling2D(interpolation='%s') took its samples from other places "
                            "in the Keras that wrote this file",
                            bytes_printable(writer->arena, interpolation));
    return true;
}

/* clip(0.2 * x + 0.5, 0, 1) in Keras 1 and 2: a function of the code has that name then. */
static void old_activations(Writer *writer, Value *config) {
    for (size_t i = 0; i < config->as.dict->entries.count; i++) {
        Value *value = &config->as.dict->entries.at[i].value;
        const char *text = value_c_str(*value);
        if (!text || strcmp(text, "hard_sigmoid") != 0) continue;
        writer->old_hard_sigmoid = true;
        code_import(writer, "ops");
        *value = value_symbol("hard_sigmoid");
    }
}

bool legacy_upgrade(Writer *writer, const Place *at, const char **class_name, Value *config) {
    if (writer->saved->keras >= 3) return true;
    if (!check_meaning(writer, at, *class_name, *config)) return false;
    for (size_t i = 0; i < sizeof CLASSES / sizeof *CLASSES; i++)
        if (strcmp(CLASSES[i].from, *class_name) == 0) *class_name = CLASSES[i].to;
    if (strcmp(*class_name, "Merge") == 0 && !merge_of_keras1(writer, at, class_name, config)) return false;
    const Value *theta = config_get(*config, "input_dim"), *width = config_get(*config, "output_dim");
    const Value rows = theta ? *theta : value_none(), columns = width ? *width : value_none();
    change_arguments(writer, *class_name, config);
    if (strcmp(*class_name, "Embedding") == 0) { /* the one class that keeps these names */
        config_set(writer->arena, config, "input_dim", rows);
        config_set(writer->arena, config, "output_dim", columns);
        config_drop(writer->arena, config, "input_length");
    }
    old_activations(writer, config);
    single_axis(writer, config);
    if (writer->saved->keras == 1) convolution_of_keras1(writer, config);
    return true;
}

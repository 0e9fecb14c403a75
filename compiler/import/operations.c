/* Operations: nodes of the graph that are no layers. `x + y`, `x[:, 0]`, `ops.mean(x, axis=-1)`. */
#include <string.h>

#include "import/functional.h"

typedef enum Form { BINARY, UNARY, SUBSCRIPT, FUNCTION } Form;

typedef struct OperationRow {
    const char *name;
    Form form;
    const char *text;
} OperationRow;

static const OperationRow OPERATIONS[] = {
#define OPERATION(name, form, text) {name, form, text},
#define TF_FUNCTION(...)
#include "import/operations.def"
#undef OPERATION
#undef TF_FUNCTION
};

typedef struct TfRow {
    const char *name;
    Form form;
    const char *text, *first, *others;
} TfRow;

static const TfRow TF_FUNCTIONS[] = {
#define OPERATION(...)
#define TF_FUNCTION(name, form, text, first, others) {name, form, text, first, others},
#include "import/operations.def"
#undef OPERATION
#undef TF_FUNCTION
};

static bool is_tf(const char *class_name) {
    return strcmp(class_name, "TFOpLambda") == 0 || strcmp(class_name, "SlicingOpLambda") == 0;
}

/* Keras 3's HDF5 files do not say the module; a layer's configuration always has one of these. */
static bool looks_like_layer(Value config) {
    return config_get(config, "trainable") || config_get(config, "batch_shape");
}

bool operation_is(const Writer *writer, Value object) {
    const char *module = config_text(object, "module"), *name = config_text(object, "class_name");
    if (name && is_tf(name)) return true;
    if (!module && name && writer->saved->keras >= 3 && !model_is_class(name))
        return !looks_like_layer(*config_get(object, "config"));
    return module && (strncmp(module, "keras.src.ops", 13) == 0 || strncmp(module, "keras.ops", 9) == 0 ||
                      strncmp(module, "keras.src.activations", 21) == 0);
}

/* ---- the parts of a call ---- */

/* The operands and settings of one operation, as expressions. */
typedef struct Operands {
    const char *at[8];
    size_t count;
    Text keywords; /* ", axis=1" */
} Operands;

static Found add_operand(Functional *model, const Place *at, Value value, Operands *out) {
    Text text = text_new(model->writer->arena);
    const Found found = functional_value(model, at, value, LIST_AS_LIST, &text);
    if (found != FOUND) return found;
    if (out->count == 8)
        return import_error(model->writer, E424, at, "an operation has more than eight operands"), NOWHERE;
    out->at[out->count++] = text.data;
    return FOUND;
}

static Found add_setting(Functional *model, const Place *at, const char *name, Value value, Operands *out) {
    const Place place = {at, name, 0};
    if (value_is_none(value)) return FOUND;
    if (strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789") != strlen(name) || !name[0])
        return import_error(model->writer, E421, at, "an operation's argument has no name"), NOWHERE;
    text_printf(&out->keywords, ", %s=", name);
    return functional_value(model, &place, value, LIST_AS_TUPLE, &out->keywords);
}

/* The operation's own settings: all of its configuration but the name. */
static Found add_settings(Functional *model, const Place *at, const SavedLayer *layer, Operands *out) {
    const Value config = *config_get(layer->object, "config");
    Found found = FOUND;
    for (size_t i = 0; found == FOUND && i < config.as.dict->entries.count; i++) {
        const DictEntry *entry = &config.as.dict->entries.at[i];
        const char *name = value_c_str(entry->key);
        const bool plain = name && entry->value.kind == VALUE_BOOL && !entry->value.as.boolean &&
                           strcmp(name, "keepdims") == 0;
        const bool placed =
            name && strcmp(name, "subscripts") == 0 && strcmp(layer->class_name, "Einsum") == 0;
        if (name && strcmp(name, "name") != 0 && !plain && !placed)
            found = add_setting(model, at, name, entry->value, out);
    }
    return found;
}

static Found read_operands(Functional *model, const Place *at, const SavedLayer *layer, Value node,
                           Operands *out) {
    const Value *args = config_get(node, "args"), *kwargs = config_get(node, "kwargs");
    const Place positional = {at, "args", 0}, keywords = {at, "kwargs", 0};
    if (!args || !config_is_list(*args))
        return import_error(model->writer, E421, at, "an operation's call has no \"args\""), NOWHERE;
    Found found = FOUND;
    const Value *subscripts = config_get(*config_get(layer->object, "config"), "subscripts");
    if (subscripts && strcmp(layer->class_name, "Einsum") == 0) /* its only setting that has a place */
        found = add_operand(model, at, *subscripts, out);
    size_t count = config_count(*args);
    while (count > 1 && value_is_none(config_item(*args, count - 1))) count--;
    for (size_t i = 0; found == FOUND && i < count; i++) {
        const Place place = {&positional, NULL, i};
        found = add_operand(model, &place, config_item(*args, i), out);
    }
    for (size_t i = 0;
         found == FOUND && kwargs && kwargs->kind == VALUE_DICT && i < kwargs->as.dict->entries.count; i++) {
        const char *name = value_c_str(kwargs->as.dict->entries.at[i].key);
        found = add_setting(model, &keywords, name ? name : "", kwargs->as.dict->entries.at[i].value, out);
    }
    return found == FOUND ? add_settings(model, at, layer, out) : found;
}

/* ---- the code ---- */

static bool write_operator(Functional *model, const Place *at, Form form, const char *text,
                           const Operands *operands, Text *out) {
    if (operands->count != (form == UNARY ? 1u : 2u) || operands->keywords.length)
        return import_error(model->writer, E424, at, "the operator %s has %zu operands%s here", text,
                            operands->count, operands->keywords.length ? " and settings" : "");
    if (form == UNARY)
        text_printf(out, "%s", text);
    else {
        text_add(out, operands->at[0]);
        text_printf(out, " %s ", text);
    }
    text_add(out, operands->at[operands->count - 1]);
    return true;
}

static void write_function(Functional *model, const char *module, const char *name, const Operands *operands,
                           Text *out) {
    text_printf(out, "%s.%s(", code_import(model->writer, module), name);
    for (size_t i = 0; i < operands->count; i++) {
        if (i) text_add(out, ", ");
        text_add(out, operands->at[i]);
    }
    text_add(out, operands->keywords.data + (operands->count == 0 && operands->keywords.length ? 2 : 0));
    text_char(out, ')');
}

/* One part of a subscript: 3, 1:, ::-1, None, ... */
static Found write_index(Functional *model, const Place *at, Value index, Text *out) {
    const char *class_name = config_text(index, "class_name");
    const Value *config = config_get(index, "config");
    const bool slice = class_name ? strcmp(class_name, "__slice__") == 0
                                  : index.kind == VALUE_DICT && config_get(index, "start");
    const char *text = value_c_str(index);
    if (text && strcmp(text, "Ellipsis") == 0) return text_add(out, "..."), FOUND;
    if (!slice) return functional_value(model, at, index, LIST_AS_TUPLE, out);
    static const char *const PARTS[] = {"start", "stop", "step"};
    const Value from = class_name && config ? *config : index;
    for (size_t i = 0; i < 3; i++) {
        const Value *part = config_get(from, PARTS[i]);
        const bool given = part && !value_is_none(*part);
        const Place place = {at, PARTS[i], 0};
        if (i == 1 || (i == 2 && given)) text_char(out, ':');
        if (!given) continue;
        const Found found = functional_value(model, &place, *part, LIST_AS_TUPLE, out);
        if (found != FOUND) return found;
    }
    return FOUND;
}

static Found write_subscript(Functional *model, const Place *at, Value tensor, Value index, Text *out) {
    Found found = functional_value(model, at, tensor, LIST_AS_LIST, out);
    const bool many = config_is_list(index);
    if (found == FOUND) text_char(out, '[');
    for (size_t i = 0; found == FOUND && i < (many ? config_count(index) : 1); i++) {
        const Place place = {at, NULL, i};
        if (i) text_add(out, ", ");
        found = write_index(model, &place, many ? config_item(index, i) : index, out);
    }
    if (many && config_count(index) == 1) text_char(out, ',');
    if (many && config_count(index) == 0) text_add(out, "()");
    text_char(out, ']');
    return found;
}

static const OperationRow *find_operation(const char *name) {
    for (size_t i = 0; i < sizeof OPERATIONS / sizeof *OPERATIONS; i++)
        if (strcmp(OPERATIONS[i].name, name) == 0) return &OPERATIONS[i];
    return NULL;
}

static Found keras_operation(Functional *model, const Place *at, const SavedLayer *layer, Value node,
                             Text *out) {
    Writer *writer = model->writer;
    const char *module = config_text(layer->object, "module");
    const OperationRow *row = find_operation(layer->class_name);
    Operands operands = {.keywords = text_new(writer->arena)};
    const Value *args = config_get(node, "args");
    if (row && row->form == SUBSCRIPT && args && config_count(*args) == 2)
        return write_subscript(model, at, config_item(*args, 0), config_item(*args, 1), out);
    const Found found = read_operands(model, at, layer, node, &operands);
    if (found != FOUND) return found;
    names_count(writer, layer->class_name);
    if (row && row->form != SUBSCRIPT)
        return write_operator(model, at, row->form, row->text, &operands, out) ? FOUND : NOWHERE;
    if (strspn(layer->class_name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") !=
        strlen(layer->class_name))
        return import_error(writer, E424, at, "an operation of the class %s is not known",
                            bytes_printable(writer->arena, layer->class_name)),
               NOWHERE;
    const bool activation = module && strncmp(module, "keras.src.activations", 21) == 0;
    const char *name = graph_snake_case(writer->arena, layer->class_name);
    if (activation && strcmp(name, "re_lu") == 0) name = "relu";
    write_function(model, activation ? "activations" : "ops", name, &operands, out);
    return FOUND;
}

/* ---- TensorFlow functions of Keras 2 ---- */

static const TfRow *find_tf(const char *name) {
    for (size_t i = 0; i < sizeof TF_FUNCTIONS / sizeof *TF_FUNCTIONS; i++)
        if (strcmp(TF_FUNCTIONS[i].name, name) == 0) return &TF_FUNCTIONS[i];
    return NULL;
}

/* The name in keras.ops for one of TensorFlow's; "" where it has none; NULL where it is not listed. */
static const char *translate(Arena *arena, const char *others, const char *name) {
    const size_t length = strlen(name);
    for (const char *at = others; *at; at += strcspn(at, " "), at += *at == ' ') {
        const size_t width = strcspn(at, " ");
        if (width < length || strncmp(at, name, length) != 0 || (width > length && at[length] != ':'))
            continue;
        return width == length ? "" : arena_strndup(arena, at + length + 1, width - length - 1);
    }
    return NULL;
}

/* Settings without a counterpart must have the value that does nothing. */
static bool is_idle(const char *name, Value value) {
    if (strcmp(name, "beta") == 0 && value.kind == VALUE_FLOAT) return value.as.real == 1;
    return strcmp(name, "name") == 0 || value_is_none(value) ||
           (value.kind == VALUE_BOOL && !value.as.boolean);
}

static Found tf_setting(Functional *model, const Place *at, const TfRow *row, const char *name, Value value,
                        Operands *out) {
    const char *own = name ? translate(model->writer->arena, row->others, name) : NULL;
    if (own && !own[0] && is_idle(name, value)) return FOUND;
    if (!own || !own[0])
        return import_error(model->writer, E424, at, "the argument %s of tf.%s has no counterpart in Keras 3",
                            name ? bytes_printable(model->writer->arena, name) : "?", row->name),
               NOWHERE;
    if (strcmp(own, "x2") == 0) return add_operand(model, at, value, out);
    return add_setting(model, at, own, value, out);
}

static const char *tf_name(const SavedLayer *layer) {
    const char *name = config_text(*config_get(layer->object, "config"), "function");
    return name && strncmp(name, "tf.", 3) == 0 ? name + 3 : name;
}

static Found tf_slice(Functional *model, const Place *at, Value first, Value kwargs, Text *out) {
    const Value *spec = config_get(kwargs, "slice_spec");
    if (!spec) return import_error(model->writer, E421, at, "a slice has no \"slice_spec\""), NOWHERE;
    const Value *items = config_get(*spec, "items");
    return write_subscript(model, at, first, items ? *items : *spec, out);
}

static Found tf_operation(Functional *model, const Place *at, const SavedLayer *layer, Value node,
                          Text *out) {
    Writer *writer = model->writer;
    const char *function = tf_name(layer);
    const char *shown = function ? bytes_printable(writer->arena, function) : "?";
    const Value inner = config_item(node, 0).kind == VALUE_LIST && config_count(node) == 1 &&
                                config_item(config_item(node, 0), 0).kind == VALUE_STR
                            ? config_item(node, 0)
                            : node;
    const bool many = config_item(inner, 0).kind == VALUE_LIST; /* concat: a list of tensors */
    const Value last = many ? config_item(inner, config_count(inner) - 1) : inner;
    const Value kwargs = config_item(last, 3);
    const char *name = value_c_str(config_item(inner, 0));
    Value first = name && strcmp(name, "_CONSTANT_VALUE") == 0 ? config_item(inner, 2) : inner;
    if (config_count(last) < 3 || (!many && !name) || !function)
        return import_error(writer, E421, at, "a call of a TensorFlow function has no [layer, node, tensor]"),
               NOWHERE;
    if (strcmp(layer->class_name, "SlicingOpLambda") == 0 || strcmp(function, "__operators__.getitem") == 0)
        return tf_slice(model, at, first, kwargs, out);
    const TfRow *row = find_tf(function);
    if (!row)
        return import_error(writer, E424, at,
                            "the TensorFlow function tf.%s in layer \"%s\" is not translated", shown,
                            bytes_printable(writer->arena, layer->name)),
               NOWHERE;
    Operands operands = {.keywords = text_new(writer->arena)};
    Found found = add_operand(model, at, first, &operands);
    for (size_t i = 0; found == FOUND && kwargs.kind == VALUE_DICT && i < kwargs.as.dict->entries.count;
         i++) {
        const DictEntry *entry = &kwargs.as.dict->entries.at[i];
        found = tf_setting(model, at, row, value_c_str(entry->key), entry->value, &operands);
    }
    if (found != FOUND) return found;
    if (row->form != FUNCTION)
        return write_operator(model, at, row->form, row->text, &operands, out) ? FOUND : NOWHERE;
    write_function(model, "ops", row->text, &operands, out);
    return FOUND;
}

Found operation_call(Functional *model, const Place *at, const SavedLayer *layer, Value node, Text *out) {
    return is_tf(layer->class_name) ? tf_operation(model, at, layer, node, out)
                                    : keras_operation(model, at, layer, node, out);
}

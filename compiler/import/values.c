/* Values of a configuration as Python expressions. */
#include <math.h>
#include <string.h>

#include "import/parts.h"

/* Keras' ways to write what JSON has no form for; false where the dict is none of them. */
static const char *special_class(Value value) {
    const char *name = config_text(value, "class_name");
    return name && strncmp(name, "__", 2) == 0 ? name : NULL;
}

static bool code_float(double value, Text *out) {
    if (isnan(value))
        text_add(out, "float('nan')");
    else if (isinf(value))
        text_add(out, value > 0 ? "float('inf')" : "float('-inf')");
    else
        text_add(out, value_float_text(out->arena, value));
    return true;
}

static bool code_items(Writer *writer, const Place *at, Value list, const char *role, ListForm form,
                       Text *out) {
    const size_t count = config_count(list);
    text_char(out, form == LIST_AS_TUPLE ? '(' : '[');
    for (size_t i = 0; i < count; i++) {
        const Place place = {at, NULL, i};
        if (i) text_add(out, ", ");
        if (!code_value(writer, &place, config_item(list, i), role, form, out)) return false;
    }
    if (count == 1 && form == LIST_AS_TUPLE) text_char(out, ',');
    text_char(out, form == LIST_AS_TUPLE ? ')' : ']');
    return true;
}

static bool code_dict(Writer *writer, const Place *at, Value dict, const char *role, ListForm form,
                      Text *out) {
    text_char(out, '{');
    for (size_t i = 0; i < dict.as.dict->entries.count; i++) {
        const DictEntry *entry = &dict.as.dict->entries.at[i];
        const Place place = {at, value_c_str(entry->key), i};
        if (i) text_add(out, ", ");
        text_printf(out, "%s: ", value_repr(writer->arena, entry->key));
        if (!code_value(writer, &place, entry->value, role, form, out)) return false;
    }
    text_char(out, '}');
    return true;
}

static bool code_slice(Writer *writer, const Place *at, Value config, Text *out) {
    static const char *const PARTS[] = {"start", "stop", "step"};
    text_add(out, "slice(");
    for (size_t i = 0; i < 3; i++) {
        const Value *part = config_get(config, PARTS[i]);
        const Place place = {at, PARTS[i], 0};
        if (i) text_add(out, ", ");
        if (!code_value(writer, &place, part ? *part : value_none(), "", LIST_AS_TUPLE, out)) return false;
    }
    text_char(out, ')');
    return true;
}

static bool code_special(Writer *writer, const Place *at, Value value, const char *role, ListForm form,
                         Text *out) {
    const char *name = special_class(value);
    const Value *config = config_get(value, "config");
    const Value *items = config_get(value, "items");
    if (strcmp(name, "__ellipsis__") == 0) return text_add(out, "..."), true;
    if (strcmp(name, "__tuple__") == 0) {
        if (!items && config) items = config_get(*config, "value");
        if (items && config_is_list(*items)) return code_items(writer, at, *items, role, LIST_AS_TUPLE, out);
    }
    if (strcmp(name, "__slice__") == 0 && config) return code_slice(writer, at, *config, out);
    if ((strcmp(name, "__numpy__") == 0 || strcmp(name, "__tensor__") == 0) && config) {
        const Value *content = config_get(*config, "value");
        if (content) return code_value(writer, at, *content, role, LIST_AS_LIST, out);
    }
    if (strcmp(name, "__lambda__") == 0)
        return import_error(writer, E422, at,
                            "a lambda function is kept as Python bytecode, which is not read");
    return import_error(writer, E421, at, "its configuration has a value of the unknown kind %s",
                        bytes_printable(writer->arena, name));
    (void)form;
}

bool code_value(Writer *writer, const Place *at, Value value, const char *role, ListForm form, Text *out) {
    bool left_out = false;
    switch (value.kind) {
    case VALUE_SYMBOL: text_add(out, value.as.symbol); return true; /* a function of the code itself */
    case VALUE_FLOAT: return code_float(value.as.real, out);
    case VALUE_LIST:
    case VALUE_TUPLE: return code_items(writer, at, value, role, form, out);
    case VALUE_DICT:
        if (special_class(value)) return code_special(writer, at, value, role, form, out);
        if (config_is_object(value)) {
            if (!code_object(writer, at, value, role, &left_out, out)) return false;
            if (left_out) text_add(out, "None");
            return true;
        }
        return code_dict(writer, at, value, role, form, out);
    default: text_add(out, value_repr(writer->arena, value)); return true;
    }
}

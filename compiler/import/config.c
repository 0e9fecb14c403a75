/* Reading a configuration: entries by name, with reports that say where something is missing. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "import/parts.h"

/* ---- reports ---- */

static void add_place(Text *text, const Place *at) {
    if (!at) return;
    add_place(text, at->up);
    if (!at->key)
        text_printf(text, "[%zu]", at->index);
    else
        text_printf(text, "%s%s", text->length ? "." : "", bytes_printable(text->arena, at->key));
}

bool import_error(Writer *writer, DiagCode code, const Place *at, const char *format, ...) {
    char buffer[2000];
    va_list args;
    va_start(args, format);
    vsnprintf(buffer, sizeof buffer, format, args);
    va_end(args);
    Text place = text_new(writer->arena);
    add_place(&place, at);
    diag_report(writer->diags, code, NO_SOURCE, "\"%s\": %s", writer->saved->path, buffer);
    if (place.length)
        diag_note(writer->diags, NO_SOURCE, "it is at %s in the file's %s", place.data,
                  writer->saved->container);
    return false;
}

/* ---- reading ---- */

const Value *config_get(Value dict, const char *key) {
    if (dict.kind != VALUE_DICT) return NULL;
    for (size_t i = 0; i < dict.as.dict->entries.count; i++) {
        const DictEntry *entry = &dict.as.dict->entries.at[i];
        const char *name = value_c_str(entry->key);
        if (name && strcmp(name, key) == 0) return &entry->value;
    }
    return NULL;
}

const char *config_text(Value dict, const char *key) {
    const Value *value = config_get(dict, key);
    return value ? value_c_str(*value) : NULL;
}

bool config_flag(Value dict, const char *key, bool fallback) {
    const Value *value = config_get(dict, key);
    return value && value->kind == VALUE_BOOL ? value->as.boolean : fallback;
}

bool config_is_list(Value value) {
    return value.kind == VALUE_LIST || value.kind == VALUE_TUPLE;
}

size_t config_count(Value list) {
    return config_is_list(list) ? list.as.list->items.count : 0;
}

Value config_item(Value list, size_t i) {
    return i < config_count(list) ? list.as.list->items.at[i] : value_none();
}

bool config_is_object(Value value) {
    return config_text(value, "class_name") && config_get(value, "config");
}

static const Value *expect(Writer *writer, const Place *at, Value dict, const char *key, const char *what) {
    if (!config_get(dict, key))
        import_error(writer, E421, at, "its configuration lacks \"%s\"", key);
    else
        import_error(writer, E421, at, "\"%s\" of its configuration is no %s, but %s", key, what,
                     bytes_printable(writer->arena, value_repr(writer->arena, *config_get(dict, key))));
    return NULL;
}

const Value *config_dict(Writer *writer, const Place *at, Value dict, const char *key) {
    const Value *value = config_get(dict, key);
    return value && value->kind == VALUE_DICT ? value : expect(writer, at, dict, key, "object");
}

const Value *config_list(Writer *writer, const Place *at, Value dict, const char *key) {
    const Value *value = config_get(dict, key);
    return value && config_is_list(*value) ? value : expect(writer, at, dict, key, "list");
}

const char *config_name(Writer *writer, const Place *at, Value dict, const char *key) {
    const char *text = config_text(dict, key);
    if (!text) expect(writer, at, dict, key, "text");
    return text;
}

/* ---- changing a copy ---- */

Value config_copy(Arena *arena, Value dict) {
    Value copy = value_dict_new(arena);
    for (size_t i = 0; dict.kind == VALUE_DICT && i < dict.as.dict->entries.count; i++)
        value_dict_put(arena, copy.as.dict, dict.as.dict->entries.at[i].key,
                       dict.as.dict->entries.at[i].value);
    return copy;
}

void config_drop(Arena *arena, Value *dict, const char *key) {
    Value gone;
    (void)value_dict_remove(arena, dict->as.dict, value_str(arena, key), &gone);
}

void config_set(Arena *arena, Value *dict, const char *key, Value value) {
    value_dict_put(arena, dict->as.dict, value_str(arena, key), value);
}

void config_rename(Arena *arena, Value *dict, const char *from, const char *to) {
    const Value *value = config_get(*dict, from);
    if (!value) return;
    const Value moved = *value;
    config_drop(arena, dict, from);
    if (!config_get(*dict, to)) config_set(arena, dict, to, moved);
}

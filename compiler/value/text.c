/* repr() and str() of values. A container that holds itself prints as Python's "[...]"; what is nested deeper
 * than Python itself could print is cut with "...".
 */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "value/class.h"
#include "value/object.h"
#include "value/value.h"

enum { MAX_DEPTH = 200, MAX_LENGTH = VALUE_MAX_TEXT };

/* The containers around the value that is being printed. */
typedef struct Outer {
    const struct Outer *next;
    const void *container;
    int depth;
} Outer;

static void add_repr(Text *text, Value value, const Outer *outer);

/* Ranges of code points past ASCII that Python's str.isprintable refuses. */
static bool is_unprintable(uint32_t c) {
    static const uint32_t RANGES[][2] = {
        {0x80, 0xa0},     {0xad, 0xad},        {0x600, 0x605},   {0x61c, 0x61c},   {0x6dd, 0x6dd},
        {0x70f, 0x70f},   {0x1680, 0x1680},    {0x180e, 0x180e}, {0x2000, 0x200f}, {0x2028, 0x202f},
        {0x205f, 0x206f}, {0x3000, 0x3000},    {0xd800, 0xf8ff}, {0xfeff, 0xfeff}, {0xfff0, 0xfffb},
        {0xfffe, 0xffff}, {0xe0000, 0x10ffff},
    };
    for (size_t i = 0; i < sizeof RANGES / sizeof RANGES[0]; i++) {
        if (c >= RANGES[i][0] && c <= RANGES[i][1]) return true;
    }
    return false;
}

static uint32_t decode(const unsigned char *at, size_t left, size_t *length) {
    const unsigned lead = at[0];
    *length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || *length > left) {
        *length = 1;
        return lead;
    }
    uint32_t c = lead & (0xffu >> (*length + 1));
    for (size_t i = 1; i < *length; i++) c = c << 6 | (at[i] & 0x3fu);
    return c;
}

static void add_ascii_quoted(Text *text, unsigned char c, char quote) {
    if (c == (unsigned char)quote || c == '\\')
        text_printf(text, "\\%c", c);
    else if (c == '\n')
        text_add(text, "\\n");
    else if (c == '\r')
        text_add(text, "\\r");
    else if (c == '\t')
        text_add(text, "\\t");
    else if (c < 0x20 || c == 0x7f)
        text_printf(text, "\\x%02x", c);
    else
        text_char(text, (char)c);
}

static void add_quoted(Text *text, const Str *str, bool bytes) {
    const unsigned char *data = (const unsigned char *)str->data;
    const bool has_single = memchr(data, '\'', str->length), has_double = memchr(data, '"', str->length);
    const char quote = has_single && !has_double ? '"' : '\'';
    if (bytes) text_char(text, 'b');
    text_char(text, quote);
    for (size_t i = 0, length = 1; i < str->length; i += length) {
        length = 1;
        if (data[i] < 0x80) {
            add_ascii_quoted(text, data[i], quote);
            continue;
        }
        const uint32_t c = bytes ? data[i] : decode(data + i, str->length - i, &length);
        if (bytes || (is_unprintable(c) && c < 0x100))
            text_printf(text, "\\x%02" PRIx32, c);
        else if (is_unprintable(c))
            text_printf(text, c < 0x10000 ? "\\u%04" PRIx32 : "\\U%08" PRIx32, c);
        else
            text_add_n(text, str->data + i, length);
    }
    text_char(text, quote);
}

static void add_items(Text *text, Value value, const Outer *outer) {
    const List *list = value.as.list;
    const char *brackets = value.kind == VALUE_LIST ? "[]" : value.kind == VALUE_TUPLE ? "()" : "{}";
    if (list->once) { /* Python shows an address */
        text_printf(text, "<%s object>", list->type ? list->type : "iterator");
        return;
    }
    if (value.kind == VALUE_SET && list->items.count == 0) {
        text_printf(text, "%s()", list->type ? list->type : "set");
        return;
    }
    if (list->type) text_printf(text, "%s(", list->type);
    text_char(text, brackets[0]);
    const Value *items = list->items.at;
    if (value.kind == VALUE_SET) {
        Value *ordered = ARENA_ARRAY(text->arena, Value, list->items.count);
        value_set_order(text->arena, list, ordered);
        items = ordered;
    }
    for (size_t i = 0; i < list->items.count; i++) {
        if (i > 0) text_add(text, ", ");
        add_repr(text, items[i], outer);
    }
    if (value.kind == VALUE_TUPLE && list->items.count == 1) text_char(text, ',');
    text_char(text, brackets[1]);
    if (list->type) text_char(text, ')');
}

static void add_entries(Text *text, const Dict *dict, const Outer *outer) {
    text_char(text, '{');
    for (size_t i = 0; i < dict->entries.count; i++) {
        if (i > 0) text_add(text, ", ");
        add_repr(text, dict->entries.at[i].key, outer);
        text_add(text, ": ");
        add_repr(text, dict->entries.at[i].value, outer);
    }
    text_char(text, '}');
}

static void add_container(Text *text, Value value, const Outer *outer) {
    const Outer here = {outer,
                        value.kind == VALUE_DICT ? (const void *)value.as.dict : (const void *)value.as.list,
                        outer ? outer->depth + 1 : 0};
    bool inside_itself = false;
    for (const Outer *o = outer; o; o = o->next)
        inside_itself = inside_itself || o->container == here.container;
    if (inside_itself || here.depth > MAX_DEPTH) {
        text_add(text, value.kind == VALUE_LIST ? "[...]" : value.kind == VALUE_TUPLE ? "(...)" : "{...}");
    } else if (value.kind == VALUE_DICT) {
        add_entries(text, value.as.dict, &here);
    } else {
        add_items(text, value, &here);
    }
}

static void add_config(Text *text, const Config *config, const Outer *outer) {
    const Outer here = {outer, config, outer ? outer->depth + 1 : 0};
    text_printf(text, "%s(", config->symbol);
    for (size_t i = 0; here.depth <= MAX_DEPTH && config->arguments && i < config->arguments->count; i++) {
        const Argument *argument = &config->arguments->at[i];
        if (i > 0) text_add(text, ", ");
        if (argument->keyword) text_printf(text, "%s=", argument->keyword);
        add_repr(text, argument->value, &here);
    }
    text_char(text, ')');
}

static void add_range(Text *text, const Range *range) {
    text_printf(text, "range(%" PRId64 ", %" PRId64, range->start, range->stop);
    if (range->step != 1) text_printf(text, ", %" PRId64, range->step);
    text_char(text, ')');
}

static void add_slice(Text *text, const Slice *slice, const Outer *outer) {
    text_add(text, "slice(");
    add_repr(text, slice->start, outer);
    text_add(text, ", ");
    add_repr(text, slice->stop, outer);
    text_add(text, ", ");
    add_repr(text, slice->step, outer);
    text_char(text, ')');
}

static void add_repr(Text *text, Value value, const Outer *outer) {
    if (text->length > MAX_LENGTH) return; /* a small structure of shared lists can have an endless text */
    switch (value.kind) {
    case VALUE_NONE: text_add(text, "None"); break;
    case VALUE_BOOL: text_add(text, value.as.boolean ? "True" : "False"); break;
    case VALUE_INT: text_printf(text, "%" PRId64, value.as.integer); break;
    case VALUE_FLOAT: text_add(text, value_float_text(text->arena, value.as.real)); break;
    case VALUE_STR: add_quoted(text, value.as.str, false); break;
    case VALUE_BYTES: add_quoted(text, value.as.str, true); break;
    case VALUE_ELLIPSIS: text_add(text, "Ellipsis"); break;
    case VALUE_LIST:
    case VALUE_TUPLE:
    case VALUE_SET:
    case VALUE_DICT: add_container(text, value, outer); break;
    case VALUE_RANGE: add_range(text, value.as.range); break;
    case VALUE_SLICE: add_slice(text, value.as.slice, outer); break;
    case VALUE_TENSOR: object_add_tensor(text, value.as.tensor); break;
    case VALUE_LAYER: object_add_layer(text, value.as.layer); break;
    case VALUE_LAYER_CLASS: object_add_layer_class(text, value.as.layer_class); break;
    case VALUE_HISTORY: object_add_history(text, value.as.tensor); break;
    case VALUE_SYMBOL: text_add(text, value.as.symbol); break;
    case VALUE_CONFIG: add_config(text, value.as.config, outer); break;
    case VALUE_DTYPE: text_printf(text, "<dtype: '%s'>", dtype_name(value.as.dtype)); break;
    case VALUE_OPAQUE: text_printf(text, "<unknown: %s>", value.as.opaque->reason); break;
    case VALUE_FUNCTION:
    case VALUE_BUILTIN:
    case VALUE_NAMESPACE:
    case VALUE_INSTANCE: text_printf(text, "<%s object>", value_type_name(value)); break;
    case VALUE_CLASS: text_printf(text, "<class '__main__.%s'>", value.as.class_->name); break;
    case VALUE_METHOD: text_printf(text, "<%s>", value_type_name(value)); break;
    }
}

const char *value_repr(Arena *arena, Value value) {
    Text text = text_new(arena);
    add_repr(&text, value, NULL);
    return text.data;
}

const char *value_text(Arena *arena, Value value) {
    if (value.kind == VALUE_STR) return value.as.str->data;
    return value_repr(arena, value);
}

/* Methods of str that look for parts: find, count, replace, startswith, partition, removeprefix. */
#include <string.h>

#include "elaborate/native.h"

/* self[start:end] as bytes; `call->value[first]` and the next are start and end. */
typedef struct Window {
    size_t begin, end;
    bool empty_beyond; /* start lies behind the end: not even "" is found */
} Window;

static bool window_part(NativeCall *call, int index, int64_t fallback, int64_t *out) {
    *out = fallback;
    if (!call->given[index] || call->value[index].kind == VALUE_NONE) return true;
    if (value_as_int(call->value[index], out)) return true;
    return RAISE_TYPE(call->eval, call->at,
                      "slice indices must be integers or None or have an __index__ method");
}

static bool window(NativeCall *call, int first, Window *out) {
    int64_t start, end;
    const Str *str = call->self.as.str;
    const int64_t length = str_length(str);
    if (!window_part(call, first, 0, &start) || !window_part(call, first + 1, length, &end)) return false;
    if (start < 0) start = start + length < 0 ? 0 : start + length;
    if (end < 0) end = end + length < 0 ? 0 : end + length;
    if (end > length) end = length;
    out->empty_beyond = start > end;
    out->begin = str_offset(str, start);
    out->end = out->empty_beyond ? out->begin : str_offset(str, end);
    return true;
}

static bool need_str(NativeCall *call, Value value) {
    if (value.kind == VALUE_STR) return true;
    return RAISE_TYPE(call->eval, call->at, "must be str, not %s", value_class_name(value));
}

static size_t find_first(const Str *str, const Str *part, const Window *w) {
    const Str cut = {w->end, str->data};
    return w->empty_beyond ? SIZE_MAX : str_find(&cut, part, w->begin);
}

static size_t find_last(const Str *str, const Str *part, const Window *w) {
    if (w->empty_beyond || part->length > w->end - w->begin) return SIZE_MAX;
    for (size_t i = w->end - part->length + 1; i-- > w->begin;) {
        if (memcmp(str->data + i, part->data, part->length) == 0) return i;
    }
    return SIZE_MAX;
}

/* find, rfind, index, rindex */
static bool str_search(NativeCall *call, Value *out) {
    Window w;
    const Str *str = call->self.as.str;
    if (!need_str(call, call->value[0]) || !window(call, 1, &w)) return false;
    const bool last = call->name[0] == 'r';
    const Str *part = call->value[0].as.str;
    const size_t at = last ? find_last(str, part, &w) : find_first(str, part, &w);
    if (at == SIZE_MAX) {
        if (strstr(call->name, "index")) return RAISE_VALUE(call->eval, call->at, "substring not found");
        *out = value_int(-1);
        return true;
    }
    *out = value_int(str_length(&(Str){at, str->data}));
    return true;
}

static bool str_count(NativeCall *call, Value *out) {
    Window w;
    if (!need_str(call, call->value[0]) || !window(call, 1, &w)) return false;
    const Str *part = call->value[0].as.str, cut = {w.end, call->self.as.str->data};
    int64_t count = 0;
    if (part->length == 0) {
        count = w.empty_beyond ? 0 : str_length(&(Str){w.end - w.begin, cut.data + w.begin}) + 1;
    } else {
        for (size_t i = w.begin; (i = str_find(&cut, part, i)) != SIZE_MAX; i += part->length) count++;
    }
    *out = value_int(count);
    return true;
}

static bool fits_at(const Str *str, const Str *part, const Window *w, bool at_end) {
    if (w->empty_beyond || part->length > w->end - w->begin) return false;
    const size_t at = at_end ? w->end - part->length : w->begin;
    return memcmp(str->data + at, part->data, part->length) == 0;
}

/* startswith, endswith: a string or a tuple of them. */
static bool str_has_affix(NativeCall *call, Value *out) {
    Window w;
    const Value wanted = call->value[0];
    const bool at_end = call->name[0] == 'e';
    if (!window(call, 1, &w)) return false;
    if (wanted.kind != VALUE_STR && wanted.kind != VALUE_TUPLE) {
        return RAISE_TYPE(call->eval, call->at, "%s first arg must be str or a tuple of str, not %s",
                          call->name, value_class_name(wanted));
    }
    const size_t count = wanted.kind == VALUE_TUPLE ? wanted.as.list->items.count : 1;
    bool fits = false;
    for (size_t i = 0; i < count && !fits; i++) {
        const Value part = wanted.kind == VALUE_TUPLE ? wanted.as.list->items.at[i] : wanted;
        if (part.kind == VALUE_OPAQUE) return native_opaque(call, part.as.opaque, out);
        if (part.kind != VALUE_STR) {
            return RAISE_TYPE(call->eval, call->at, "tuple for %s must only contain str, not %s", call->name,
                              value_class_name(part));
        }
        fits = fits_at(call->self.as.str, part.as.str, &w, at_end);
    }
    *out = value_bool(fits);
    return true;
}

static bool str_remove_affix(NativeCall *call, Value *out) {
    if (!need_str(call, call->value[0])) return false;
    const Str *str = call->self.as.str, *part = call->value[0].as.str;
    const bool at_end = strcmp(call->name, "removesuffix") == 0;
    const Window all = {0, str->length, false};
    *out = call->self;
    if (fits_at(str, part, &all, at_end)) {
        *out = value_str_n(call->arena, str->data + (at_end ? 0 : part->length), str->length - part->length);
    }
    return true;
}

static bool replace_empty(NativeCall *call, int64_t limit, Value *out) { /* between all letters */
    const Str *str = call->self.as.str, *fresh = call->value[1].as.str;
    Text text = text_new(call->arena);
    size_t i = 0;
    for (int64_t done = 0; done < limit && i <= str->length; done++) {
        text_add_n(&text, fresh->data, fresh->length);
        if (i == str->length) break;
        text_add_n(&text, str->data + i, str_step(str, i));
        i += str_step(str, i);
    }
    if (i < str->length) text_add_n(&text, str->data + i, str->length - i);
    *out = value_from_text(call->arena, &text);
    return true;
}

static bool str_replace(NativeCall *call, Value *out) {
    int64_t limit = -1;
    if (!need_str(call, call->value[0]) || !need_str(call, call->value[1])) return false;
    if (call->given[2] && !native_int(call, call->value[2], &limit)) return false;
    if (limit < 0) limit = INT64_MAX;
    const Str *str = call->self.as.str, *old = call->value[0].as.str, *fresh = call->value[1].as.str;
    if (!eval_charge(call->eval, call->at, (str->length + 1) * (fresh->length + 1) / 16)) return false;
    if (old->length == 0) return replace_empty(call, limit, out);
    Text text = text_new(call->arena);
    size_t from = 0;
    for (int64_t done = 0; done < limit; done++) {
        const size_t at = str_find(str, old, from);
        if (at == SIZE_MAX) break;
        text_add_n(&text, str->data + from, at - from);
        text_add_n(&text, fresh->data, fresh->length);
        from = at + old->length;
    }
    text_add_n(&text, str->data + from, str->length - from);
    *out = value_from_text(call->arena, &text);
    return true;
}

/* partition, rpartition */
static bool str_partition(NativeCall *call, Value *out) {
    if (!need_str(call, call->value[0])) return false;
    const Str *str = call->self.as.str, *part = call->value[0].as.str;
    if (part->length == 0) return RAISE_VALUE(call->eval, call->at, "empty separator");
    const bool last = call->name[0] == 'r';
    const Window all = {0, str->length, false};
    const size_t at = last ? find_last(str, part, &all) : find_first(str, part, &all);
    const Value empty = value_str(call->arena, "");
    Value parts[3] = {call->self, empty, empty};
    if (at != SIZE_MAX) {
        const size_t behind = at + part->length;
        parts[0] = value_str_n(call->arena, str->data, at);
        parts[1] = call->value[0];
        parts[2] = value_str_n(call->arena, str->data + behind, str->length - behind);
    } else if (last) {
        parts[0] = empty;
        parts[2] = call->self;
    }
    *out = value_list_new(call->arena, VALUE_TUPLE);
    for (int i = 0; i < 3; i++) value_list_push(call->arena, *out, parts[i]);
    return true;
}

const NativeRow METHODS_STR_SEARCH[] = {
    {"find", "sub start? end? /", str_search, 0, NULL},
    {"rfind", "sub start? end? /", str_search, 0, NULL},
    {"index", "sub start? end? /", str_search, 0, NULL},
    {"rindex", "sub start? end? /", str_search, 0, NULL},
    {"count", "sub start? end? /", str_count, 0, NULL},
    {"startswith", "prefix start? end? /", str_has_affix, 0, NULL},
    {"endswith", "suffix start? end? /", str_has_affix, 0, NULL},
    {"removeprefix", "prefix /", str_remove_affix, 0, NULL},
    {"removesuffix", "suffix /", str_remove_affix, 0, NULL},
    {"replace", "old new count? /", str_replace, 0, NULL},
    {"partition", "sep /", str_partition, 0, NULL},
    {"rpartition", "sep /", str_partition, 0, NULL},
    {0},
};

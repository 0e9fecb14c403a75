/* Methods of str that cut and join: split, splitlines, strip, join. */
#include <string.h>

#include "elaborate/iterate.h"
#include "elaborate/native.h"

/* What str.isspace answers for one code point. */
static bool is_space(uint32_t c) {
    if (c < 0x80) return (c >= 9 && c <= 13) || (c >= 28 && c <= 32);
    return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
           c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

/* The offset of the code point that ends before `end`. */
static size_t step_back(const Str *str, size_t begin, size_t end) {
    size_t at = end - 1;
    while (at > begin && end - at < 4 && ((unsigned char)str->data[at] & 0xc0) == 0x80) at--;
    return at + str_step(str, at) == end ? at : end - 1;
}

/* ---- strip ---- */

static bool is_stripped(const Str *str, size_t at, const Str *letters) {
    if (!letters) return is_space(str_decode(str, at));
    const Str letter = {str_step(str, at), str->data + at};
    for (size_t i = 0; i < letters->length; i += str_step(letters, i)) {
        const Str other = {str_step(letters, i), letters->data + i};
        if (value_compare_str(&letter, &other) == 0) return true;
    }
    return false;
}

/* strip, lstrip, rstrip */
static bool str_strip(NativeCall *call, Value *out) {
    const Str *str = call->self.as.str, *letters = NULL;
    if (call->given[0] && call->value[0].kind != VALUE_NONE) {
        if (call->value[0].kind != VALUE_STR) {
            return RAISE_TYPE(call->eval, call->at, "%s arg must be None or str", call->name);
        }
        letters = call->value[0].as.str;
    }
    size_t begin = 0, end = str->length;
    if (call->name[0] != 'r') {
        while (begin < end && is_stripped(str, begin, letters)) begin += str_step(str, begin);
    }
    if (call->name[0] != 'l') {
        while (begin < end && is_stripped(str, step_back(str, begin, end), letters))
            end = step_back(str, begin, end);
    }
    *out = value_str_n(call->arena, str->data + begin, end - begin);
    return true;
}

/* ---- split ---- */

static void push_part(NativeCall *call, Value list, size_t begin, size_t end) {
    value_list_push(call->arena, list,
                    value_str_n(call->arena, call->self.as.str->data + begin, end - begin));
}

static void split_spaces(NativeCall *call, int64_t limit, Value list) {
    const Str *str = call->self.as.str;
    size_t i = 0;
    for (int64_t done = 0;; done++) {
        while (i < str->length && is_space(str_decode(str, i))) i += str_step(str, i);
        if (i == str->length) return;
        const size_t begin = i;
        if (done == limit) {
            push_part(call, list, begin, str->length);
            return;
        }
        while (i < str->length && !is_space(str_decode(str, i))) i += str_step(str, i);
        push_part(call, list, begin, i);
    }
}

static void rsplit_spaces(NativeCall *call, int64_t limit,
                          Value list) { /* gives the parts from the last on */
    const Str *str = call->self.as.str;
    size_t end = str->length;
    for (int64_t done = 0;; done++) {
        while (end > 0 && is_space(str_decode(str, step_back(str, 0, end)))) end = step_back(str, 0, end);
        if (end == 0) return;
        if (done == limit) {
            push_part(call, list, 0, end);
            return;
        }
        size_t begin = end;
        while (begin > 0 && !is_space(str_decode(str, step_back(str, 0, begin))))
            begin = step_back(str, 0, begin);
        push_part(call, list, begin, end);
        end = begin;
    }
}

static void split_at(NativeCall *call, const Str *separator, int64_t limit, Value list) {
    const Str *str = call->self.as.str;
    size_t from = 0;
    for (int64_t done = 0; done < limit; done++) {
        const size_t at = str_find(str, separator, from);
        if (at == SIZE_MAX) break;
        push_part(call, list, from, at);
        from = at + separator->length;
    }
    push_part(call, list, from, str->length);
}

static void rsplit_at(NativeCall *call, const Str *separator, int64_t limit, Value list) {
    const Str *str = call->self.as.str;
    size_t end = str->length;
    for (int64_t done = 0; done < limit; done++) {
        size_t at = SIZE_MAX;
        for (size_t i = end; i + 1 > separator->length; i--) {
            if (memcmp(str->data + i - separator->length, separator->data, separator->length) != 0) continue;
            at = i - separator->length;
            break;
        }
        if (at == SIZE_MAX) break;
        push_part(call, list, at + separator->length, end);
        end = at;
    }
    push_part(call, list, 0, end);
}

static void reverse_items(List *list) {
    for (size_t i = 0, j = list->items.count; i + 1 < j; i++) {
        const Value other = list->items.at[--j];
        list->items.at[j] = list->items.at[i];
        list->items.at[i] = other;
    }
}

/* split, rsplit */
static bool str_split(NativeCall *call, Value *out) {
    int64_t limit = -1;
    const bool last = call->name[0] == 'r', spaces = call->value[0].kind == VALUE_NONE;
    if (call->given[1] && !native_int(call, call->value[1], &limit)) return false;
    if (limit < 0) limit = INT64_MAX;
    if (!spaces && call->value[0].kind != VALUE_STR) {
        return RAISE_TYPE(call->eval, call->at, "must be str or None, not %s",
                          value_class_name(call->value[0]));
    }
    const Str *separator = spaces ? NULL : call->value[0].as.str;
    if (separator && separator->length == 0) return RAISE_VALUE(call->eval, call->at, "empty separator");
    if (!eval_charge(call->eval, call->at, call->self.as.str->length)) return false;
    *out = value_list_new(call->arena, VALUE_LIST);
    if (separator)
        (last ? rsplit_at : split_at)(call, separator, limit, *out);
    else
        (last ? rsplit_spaces : split_spaces)(call, limit, *out);
    if (last) reverse_items(out->as.list);
    return true;
}

static bool is_line_end(uint32_t c) {
    return (c >= 10 && c <= 13) || (c >= 28 && c <= 30) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

static bool str_splitlines(NativeCall *call, Value *out) {
    bool keep = false;
    const Str *str = call->self.as.str;
    if (call->given[0] && !value_truth(call->eval, call->value[0], call->at, &keep)) return false;
    if (!eval_charge(call->eval, call->at, str->length)) return false;
    *out = value_list_new(call->arena, VALUE_LIST);
    for (size_t begin = 0; begin < str->length;) {
        size_t end = begin;
        while (end < str->length && !is_line_end(str_decode(str, end))) end += str_step(str, end);
        size_t next = end;
        if (end < str->length) {
            next = end + str_step(str, end);
            if (str->data[end] == '\r' && next < str->length && str->data[next] == '\n') next++;
        }
        push_part(call, *out, begin, keep ? next : end);
        begin = next;
    }
    return true;
}

static bool str_join(NativeCall *call, Value *out) {
    List *items;
    bool done;
    const Value iterable = call->value[0];
    if (value_is_number(iterable) || iterable.kind == VALUE_NONE) {
        return RAISE_TYPE(call->eval, call->at, "can only join an iterable");
    }
    const Opaque *unordered = iterate_unordered(call->eval, iterable, call->at);
    if (unordered) return native_opaque(call, unordered, out);
    if (!native_items(call, iterable, &items, out, &done) || done) return done;
    Text text = text_new(call->arena);
    const Opaque *unknown = NULL;
    for (size_t i = 0; i < items->items.count; i++) {
        const Value item = items->items.at[i];
        if (item.kind == VALUE_OPAQUE) {
            unknown = item.as.opaque;
            continue;
        }
        if (item.kind != VALUE_STR) {
            return RAISE_TYPE(call->eval, call->at, "sequence item %zu: expected str instance, %s found", i,
                              value_class_name(item));
        }
        if (i > 0) text_add_n(&text, call->self.as.str->data, call->self.as.str->length);
        text_add_n(&text, item.as.str->data, item.as.str->length);
        if (!eval_charge(call->eval, call->at, (item.as.str->length + call->self.as.str->length) / 16))
            return false;
    }
    *out = unknown ? eval_opaque_from(call->eval, unknown) : value_from_text(call->arena, &text);
    return true;
}

const NativeRow METHODS_STR_SPLIT[] = {
    {"strip", "chars? /", str_strip, 0, NULL},        {"lstrip", "chars? /", str_strip, 0, NULL},
    {"rstrip", "chars? /", str_strip, 0, NULL},       {"split", "sep? maxsplit?", str_split, 0, NULL},
    {"rsplit", "sep? maxsplit?", str_split, 0, NULL}, {"splitlines", "keepends?", str_splitlines, 0, NULL},
    {"join", "iterable /", str_join, 0, NULL},        {0},
};

/* Python's == on values: by content where there is content, by identity for objects. 1, 1.0 and True are
 * equal. What is nested deeper than Python itself could compare is taken as different.
 */
#include <math.h>
#include <string.h>

#include "value/value.h"

enum { MAX_DEPTH = 200 };

int value_compare_str(const Str *a, const Str *b) {
    const size_t common = a->length < b->length ? a->length : b->length;
    const int order = memcmp(a->data, b->data, common); /* UTF-8 sorts as its code points */
    if (order != 0) return order < 0 ? -1 : 1;
    return a->length == b->length ? 0 : a->length < b->length ? -1 : 1;
}

static bool is_number(Value v) {
    return v.kind == VALUE_BOOL || v.kind == VALUE_INT || v.kind == VALUE_FLOAT;
}

static int64_t as_int(Value v) {
    return v.kind == VALUE_BOOL ? v.as.boolean : v.as.integer;
}

static bool int_equals_float(int64_t i, double d) {
    return d >= -0x1p63 && d < 0x1p63 && d == floor(d) && (int64_t)d == i;
}

static bool equal_numbers(Value a, Value b) {
    if (a.kind == VALUE_FLOAT && b.kind == VALUE_FLOAT) return a.as.real == b.as.real;
    if (a.kind == VALUE_FLOAT) return int_equals_float(as_int(b), a.as.real);
    if (b.kind == VALUE_FLOAT) return int_equals_float(as_int(a), b.as.real);
    return as_int(a) == as_int(b);
}

static bool equal_at(Value a, Value b, int depth);

static bool equal_items(const List *a, const List *b, int depth) {
    if (a == b) return true;
    if (a->once || b->once || !a->type != !b->type)
        return false; /* iterators by identity; views are no lists */
    if (a->items.count != b->items.count || depth > MAX_DEPTH) return false;
    for (size_t i = 0; i < a->items.count; i++) {
        if (!equal_at(a->items.at[i], b->items.at[i], depth + 1)) return false;
    }
    return true;
}

static bool list_holds(const List *list, Value item, int depth) {
    for (size_t i = 0; i < list->items.count; i++) {
        if (equal_at(list->items.at[i], item, depth + 1)) return true;
    }
    return false;
}

static bool equal_sets(const List *a, const List *b, int depth) {
    if (a->items.count != b->items.count || depth > MAX_DEPTH) return false;
    for (size_t i = 0; i < a->items.count; i++) {
        if (!list_holds(b, a->items.at[i], depth)) return false;
    }
    return true;
}

static bool equal_dicts(const Dict *a, const Dict *b, int depth) {
    if (a == b) return true;
    if (a->entries.count != b->entries.count || depth > MAX_DEPTH) return false;
    for (size_t i = 0; i < a->entries.count; i++) {
        size_t j = 0;
        while (j < b->entries.count && !equal_at(a->entries.at[i].key, b->entries.at[j].key, depth + 1)) j++;
        if (j == b->entries.count) return false;
        if (!equal_at(a->entries.at[i].value, b->entries.at[j].value, depth + 1)) return false;
    }
    return true;
}

static bool range_is_empty(const Range *r) {
    return r->step > 0 ? r->start >= r->stop : r->start <= r->stop;
}

/* The number of steps after the first; the distance may not fit int64. */
static uint64_t range_steps(const Range *r) {
    if (r->step > 0) return ((uint64_t)r->stop - (uint64_t)r->start - 1) / (uint64_t)r->step;
    return ((uint64_t)r->start - (uint64_t)r->stop - 1) / (0 - (uint64_t)r->step);
}

static bool equal_ranges(const Range *a, const Range *b) {
    if (range_is_empty(a) || range_is_empty(b)) return range_is_empty(a) == range_is_empty(b);
    if (a->start != b->start || range_steps(a) != range_steps(b)) return false;
    return range_steps(a) == 0 || a->step == b->step;
}

static bool equal_arguments(const Arguments *a, const Arguments *b, int depth) {
    const size_t n = a ? a->count : 0;
    if (n != (b ? b->count : 0)) return false;
    for (size_t i = 0; i < n; i++) {
        const char *ka = a->at[i].keyword, *kb = b->at[i].keyword;
        if (!ka != !kb || (ka && strcmp(ka, kb) != 0)) return false;
        if (!equal_at(a->at[i].value, b->at[i].value, depth + 1)) return false;
    }
    return true;
}

static bool equal_methods(const Method *a, const Method *b, int depth) {
    return a == b ||
           (depth <= MAX_DEPTH && strcmp(a->name, b->name) == 0 && equal_at(a->self, b->self, depth + 1));
}

static bool equal_slices(const Slice *a, const Slice *b, int depth) {
    return depth <= MAX_DEPTH && equal_at(a->start, b->start, depth + 1) &&
           equal_at(a->stop, b->stop, depth + 1) && equal_at(a->step, b->step, depth + 1);
}

static bool dtype_equals_name(DType dtype, Value name) {
    DType parsed;
    const char *text = value_c_str(name);
    return text && dtype_parse(text, &parsed) && parsed == dtype;
}

static bool equal_same_kind(Value a, Value b, int depth) {
    switch (a.kind) {
    case VALUE_NONE:
    case VALUE_ELLIPSIS: return true;
    case VALUE_STR:
    case VALUE_BYTES: return value_compare_str(a.as.str, b.as.str) == 0;
    case VALUE_LIST:
    case VALUE_TUPLE: return equal_items(a.as.list, b.as.list, depth);
    case VALUE_SET: return equal_sets(a.as.list, b.as.list, depth);
    case VALUE_DICT: return equal_dicts(a.as.dict, b.as.dict, depth);
    case VALUE_RANGE: return equal_ranges(a.as.range, b.as.range);
    case VALUE_SLICE: return equal_slices(a.as.slice, b.as.slice, depth);
    case VALUE_SYMBOL: return strcmp(a.as.symbol, b.as.symbol) == 0;
    case VALUE_CONFIG:
        return a.as.config == b.as.config ||
               (depth <= MAX_DEPTH && strcmp(a.as.config->symbol, b.as.config->symbol) == 0 &&
                equal_arguments(a.as.config->arguments, b.as.config->arguments, depth));
    case VALUE_DTYPE: return a.as.dtype == b.as.dtype;
    case VALUE_METHOD: return equal_methods(a.as.method, b.as.method, depth);
    case VALUE_TENSOR:
    case VALUE_HISTORY: return a.as.tensor == b.as.tensor;
    case VALUE_LAYER: return a.as.layer == b.as.layer;
    case VALUE_LAYER_CLASS: return a.as.layer_class == b.as.layer_class;
    case VALUE_FUNCTION: return a.as.function == b.as.function;
    case VALUE_BUILTIN: return a.as.builtin == b.as.builtin;
    case VALUE_NAMESPACE: return a.as.space == b.as.space;
    case VALUE_CLASS: return a.as.class_ == b.as.class_;
    case VALUE_INSTANCE: return a.as.instance == b.as.instance;
    default: return false; /* an unknown value equals nothing; callers ask value_unknown before */
    }
}

static bool equal_at(Value a, Value b, int depth) {
    if (is_number(a) && is_number(b)) return equal_numbers(a, b);
    if (a.kind == b.kind) return equal_same_kind(a, b, depth);
    if (a.kind == VALUE_DTYPE) return dtype_equals_name(a.as.dtype, b);
    if (b.kind == VALUE_DTYPE) return dtype_equals_name(b.as.dtype, a);
    return false;
}

bool value_equal(Value a, Value b) {
    return equal_at(a, b, 0);
}

/* Builtins that make iterators: zip, map, filter, enumerate, reversed, iter, next, and range and slice. Items
 * are computed at once; an iterator is a list that loses what is read from it (native.h).
 */
#include <string.h>

#include "elaborate/native.h"

/* ---- range, slice ---- */

static bool three_integers(NativeCall *call, int64_t *numbers) {
    const size_t count = call->arguments->count;
    for (size_t i = 0; i < count; i++) {
        if (call->arguments->at[i].keyword) {
            return eval_raise(call->eval, E355, NULL, call->at, "%s() takes no keyword arguments",
                              call->name);
        }
    }
    if (count < 1 || count > 3) {
        return eval_raise(call->eval, E355, NULL, call->at, "%s expected at %s argument%s, got %zu",
                          call->name, count < 1 ? "least 1" : "most 3", count < 1 ? "" : "s", count);
    }
    for (size_t i = 0; i < count; i++) {
        if (!native_int(call, call->arguments->at[i].value, &numbers[i])) return false;
    }
    return true;
}

bool builtin_range(NativeCall *call, Value *out) {
    int64_t numbers[3] = {0, 0, 1};
    if (!three_integers(call, numbers)) return false;
    if (numbers[2] == 0) return RAISE_VALUE(call->eval, call->at, "range() arg 3 must not be zero");
    Range *range = ARENA_NEW(call->arena, Range);
    *range = (Range){numbers[0], numbers[1], numbers[2]};
    if (call->arguments->count == 1) *range = (Range){0, numbers[0], 1};
    *out = (Value){.kind = VALUE_RANGE, .as.range = range};
    return true;
}

bool builtin_slice(NativeCall *call, Value *out) {
    const size_t count = call->arguments->count;
    Value parts[3] = {value_none(), value_none(), value_none()};
    if (count < 1 || count > 3 || call->arguments->at[count - 1].keyword) {
        return eval_raise(call->eval, E355, NULL, call->at, "slice expected at %s, got %zu",
                          count < 1 ? "least 1 argument" : "most 3 arguments", count);
    }
    for (size_t i = 0; i < count; i++) parts[count == 1 ? 1 : i] = call->arguments->at[i].value;
    Slice *slice = ARENA_NEW(call->arena, Slice);
    *slice = (Slice){parts[0], parts[1], parts[2]};
    *out = (Value){.kind = VALUE_SLICE, .as.slice = slice};
    return true;
}

/* ---- iter, next, reversed, enumerate ---- */

static bool is_iterator(Value value) {
    return value.kind == VALUE_LIST && value.as.list->once;
}

static const char *iterator_type(Value value) {
    switch (value.kind) {
    case VALUE_TUPLE: return "tuple_iterator";
    case VALUE_STR: return "str_iterator";
    case VALUE_DICT: return "dict_keyiterator";
    case VALUE_SET: return "set_iterator";
    case VALUE_RANGE: return "range_iterator";
    default: return "list_iterator";
    }
}

bool builtin_iter(NativeCall *call, Value *out) {
    List *items;
    bool done;
    if (call->given[1]) return native_not_evaluated(call, "iter() with a sentinel is not evaluated", out);
    *out = call->value[0];
    if (is_iterator(*out)) return true;
    if (!native_items(call, call->value[0], &items, out, &done) || done) return done;
    *out = native_iterator(call, iterator_type(call->value[0]));
    out->as.list->items = items->items;
    return true;
}

bool builtin_next(NativeCall *call, Value *out) {
    const Value iterator = call->value[0];
    const Opaque *cause = eval_opaque_of(iterator);
    if (cause) return native_opaque(call, cause, out);
    if (!is_iterator(iterator)) {
        return RAISE_TYPE(call->eval, call->at, "'%s' object is not an iterator", value_class_name(iterator));
    }
    if (native_take(iterator.as.list, out)) return true;
    *out = call->value[1];
    return call->given[1] ? true
                          : eval_raise(call->eval, E357, NULL, call->at, "the iterator has no more items");
}

bool builtin_reversed(NativeCall *call, Value *out) {
    List *items;
    bool done;
    const Value x = call->value[0];
    if (x.kind == VALUE_SET || is_iterator(x) || value_is_number(x) || x.kind == VALUE_NONE) {
        return RAISE_TYPE(call->eval, call->at, "'%s' object is not reversible", value_class_name(x));
    }
    if (!native_items(call, x, &items, out, &done) || done) return done;
    *out = native_iterator(call, x.kind == VALUE_LIST ? "list_reverseiterator" : "reversed");
    for (size_t i = items->items.count; i > 0; i--)
        value_list_push(call->arena, *out, items->items.at[i - 1]);
    return true;
}

static Value tuple_of(Arena *arena, const Value *items, size_t count) {
    const Value tuple = value_list_new(arena, VALUE_TUPLE);
    for (size_t i = 0; i < count; i++) value_list_push(arena, tuple, items[i]);
    return tuple;
}

bool builtin_enumerate(NativeCall *call, Value *out) {
    List *items;
    bool done;
    int64_t start = 0;
    if (call->given[1] && !native_int(call, call->value[1], &start)) return false;
    if (!native_items(call, call->value[0], &items, out, &done) || done) return done;
    if (start > INT64_MAX / 2) return number_too_large(call->eval, call->at, out);
    *out = native_iterator(call, "enumerate");
    for (size_t i = 0; i < items->items.count; i++) {
        const Value pair[2] = {value_int(start + (int64_t)i), items->items.at[i]};
        value_list_push(call->arena, *out, tuple_of(call->arena, pair, 2));
    }
    return true;
}

/* ---- zip, map, filter ---- */

/* One of the iterables that are walked side by side. An iterator is read as it goes: it may be given twice.
 */
typedef struct Source {
    List *items;
    size_t place;
    bool live;
} Source;

static bool source_next(Source *source, Value *out) {
    if (source->live) return native_take(source->items, out);
    if (source->place == source->items->items.count) return false;
    *out = source->items->items.at[source->place++];
    return true;
}

/* Opens arguments [first, first + count); *done is set where one is unknown. */
static bool open_sources(NativeCall *call, size_t first, size_t count, Source *sources, Value *out,
                         bool *done) {
    *done = false;
    for (size_t i = 0; i < count; i++) {
        const Value iterable = call->arguments->at[first + i].value;
        sources[i] = (Source){.live = is_iterator(iterable)};
        if (sources[i].live)
            sources[i].items = iterable.as.list;
        else if (!native_items(call, iterable, &sources[i].items, out, done))
            return false;
        if (*done) return true;
    }
    return true;
}

/* The next item of each source in `row`: the number of sources that still had one before the first that had
 * none. */
static size_t next_row(Source *sources, size_t count, Value *row) {
    size_t i = 0;
    while (i < count && source_next(&sources[i], &row[i])) i++;
    return i;
}

static bool zip_strict(NativeCall *call, Source *sources, size_t count, size_t had) {
    const char *shorter = arena_printf(call->arena, had == 1 ? "argument 1" : "arguments 1-%zu", had);
    if (had > 0) {
        return RAISE_VALUE(call->eval, call->at, "zip() argument %zu is shorter than %s", had + 1, shorter);
    }
    for (size_t i = 1; i < count; i++) {
        Value extra;
        if (!source_next(&sources[i], &extra)) continue;
        return RAISE_VALUE(call->eval, call->at,
                           i == 1 ? "zip() argument %zu is longer than argument 1"
                                  : "zip() argument %zu is longer than arguments 1-%zu",
                           i + 1, i);
    }
    return true;
}

/* An unknown source: the iterators beside it lose an unknown number of items. */
static bool zip_unknown(NativeCall *call, const Opaque *cause, Value *out) {
    for (size_t i = 0; i < call->arguments->count; i++) {
        const Value iterable = call->arguments->at[i].value;
        if (is_iterator(iterable)) eval_spoil(call->eval, iterable, cause);
    }
    return native_opaque(call, cause, out);
}

bool builtin_zip(NativeCall *call, Value *out) {
    size_t count = 0;
    bool strict = false, done;
    const Arguments *arguments = call->arguments;
    for (size_t i = 0; i < arguments->count; i++) {
        const Opaque *cause = eval_opaque_of(arguments->at[i].value);
        if (cause) return zip_unknown(call, cause, out);
        if (!arguments->at[i].keyword) {
            count++;
        } else if (strcmp(arguments->at[i].keyword, "strict") != 0) {
            return eval_raise(call->eval, E355, NULL, call->at,
                              "zip() got an unexpected keyword argument '%s'", arguments->at[i].keyword);
        } else if (!value_truth(call->eval, arguments->at[i].value, call->at, &strict)) {
            return false;
        }
    }
    Source *sources = ARENA_ARRAY(call->arena, Source, count);
    Value *row = ARENA_ARRAY(call->arena, Value, count);
    const Value result = native_iterator(call, "zip");
    if (!open_sources(call, 0, count, sources, out, &done)) return false;
    if (done) return zip_unknown(call, out->as.opaque, out);
    for (size_t had = count; count > 0;) {
        had = next_row(sources, count, row);
        if (had < count && strict && !zip_strict(call, sources, count, had)) return false;
        if (had < count) break;
        value_list_push(call->arena, result, tuple_of(call->arena, row, count));
    }
    *out = result;
    return true;
}

bool builtin_map(NativeCall *call, Value *out) {
    bool done;
    const size_t count = call->arguments->count;
    if (count < 2 || call->arguments->at[count - 1].keyword) {
        return eval_raise(call->eval, E355, NULL, call->at, "map() must have at least two arguments.");
    }
    Source *sources = ARENA_ARRAY(call->arena, Source, count - 1);
    Value *row = ARENA_ARRAY(call->arena, Value, count - 1);
    const Value result = native_iterator(call, "map");
    if (!open_sources(call, 1, count - 1, sources, out, &done) || done) return done;
    while (next_row(sources, count - 1, row) == count - 1) {
        Value item;
        if (!eval_call_values(call->eval, call->arguments->at[0].value, row, count - 1, call->at, &item))
            return false;
        value_list_push(call->arena, result, item);
    }
    *out = result;
    return true;
}

bool builtin_filter(NativeCall *call, Value *out) {
    List *items;
    bool done;
    if (!native_items(call, call->value[1], &items, out, &done) || done) return done;
    const Value result = native_iterator(call, "filter");
    for (size_t i = 0; i < items->items.count; i++) {
        const Value item = items->items.at[i];
        Value test = item;
        bool keep;
        if (call->value[0].kind != VALUE_NONE &&
            !eval_call_values(call->eval, call->value[0], &item, 1, call->at, &test)) {
            return false;
        }
        const Opaque *cause = eval_opaque_of(test);
        if (cause) return native_opaque(call, cause, out);
        if (!value_truth(call->eval, test, call->at, &keep)) return false;
        if (keep) value_list_push(call->arena, result, item);
    }
    *out = result;
    return true;
}

/* Builtins that make iterators: zip, map, filter, enumerate, reversed, iter, next, and range and slice. What
 * the iterators do is in iterate.c.
 */
#include <string.h>

#include "elaborate/iterate.h"
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

/* An iterator over an argument; *done is set (and *out opaque) where its items are unknown. */
static bool open_source(NativeCall *call, Value iterable, List **source, Value *out, bool *done) {
    *done = false;
    if (!iterate_open(call->eval, iterable, call->at, source)) return false;
    *done = (*source)->opaque != NULL;
    return !*done || native_opaque(call, (*source)->opaque, out);
}

bool builtin_iter(NativeCall *call, Value *out) {
    List *source;
    bool done;
    if (call->given[1]) return native_not_evaluated(call, "iter() with a sentinel is not evaluated", out);
    if (!open_source(call, call->value[0], &source, out, &done) || done) return done;
    *out = (Value){.kind = VALUE_LIST, .as.list = source};
    return true;
}

bool builtin_next(NativeCall *call, Value *out) {
    const Value iterator = call->value[0];
    const Opaque *cause = eval_opaque_of(iterator);
    if (cause) return native_opaque(call, cause, out);
    if (!is_iterator(iterator)) {
        return RAISE_TYPE(call->eval, call->at, "'%s' object is not an iterator", value_class_name(iterator));
    }
    bool more;
    if (!iterate_next(call->eval, iterator.as.list, call->at, out, &more)) return false;
    if (iterator.as.list->opaque) return native_opaque(call, iterator.as.list->opaque, out);
    if (more) return true;
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
    if (x.kind == VALUE_LIST && !x.as.list->type) {
        *out = iterate_reversed(call->eval, x);
        return true;
    }
    if (!native_items(call, x, &items, out, &done) || done) return done;
    for (size_t i = 0, k = items->items.count; i + 1 < k; i++) {
        const Value last = items->items.at[--k];
        items->items.at[k] = items->items.at[i];
        items->items.at[i] = last;
    }
    items->once = true;
    items->type = "reversed";
    *out = (Value){.kind = VALUE_LIST, .as.list = items};
    return true;
}

bool builtin_enumerate(NativeCall *call, Value *out) {
    List *source;
    bool done;
    int64_t start = 0;
    if (call->given[1] && !native_int(call, call->value[1], &start)) return false;
    if (!open_source(call, call->value[0], &source, out, &done) || done) return done;
    if (start > INT64_MAX / 2) return number_too_large(call->eval, call->at, out);
    *out = iterate_enumerate(call->eval, source, start);
    return true;
}

/* ---- zip, map, filter ---- */

/* Opens arguments [first, first + count); *done is set where one is unknown. */
static bool open_sources(NativeCall *call, size_t first, size_t count, List **sources, Value *out,
                         bool *done) {
    *done = false;
    for (size_t i = 0; i < count && !*done; i++)
        if (!open_source(call, call->arguments->at[first + i].value, &sources[i], out, done)) return false;
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
    List **sources = ARENA_ARRAY(call->arena, List *, count);
    if (!open_sources(call, 0, count, sources, out, &done)) return false;
    if (done) return zip_unknown(call, out->as.opaque, out);
    *out = iterate_zip(call->eval, sources, count, strict);
    return true;
}

bool builtin_map(NativeCall *call, Value *out) {
    bool done;
    const size_t count = call->arguments->count;
    if (count < 2 || call->arguments->at[count - 1].keyword) {
        return eval_raise(call->eval, E355, NULL, call->at, "map() must have at least two arguments.");
    }
    List **sources = ARENA_ARRAY(call->arena, List *, count - 1);
    if (!open_sources(call, 1, count - 1, sources, out, &done) || done) return done;
    *out = iterate_map(call->eval, call->arguments->at[0].value, sources, count - 1);
    return true;
}

bool builtin_filter(NativeCall *call, Value *out) {
    List *source;
    bool done;
    if (!open_source(call, call->value[1], &source, out, &done) || done) return done;
    *out = iterate_filter(call->eval, call->value[0], source);
    return true;
}

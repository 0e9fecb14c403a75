/* Iterators: one small state machine per kind. See iterate.h. */
#include "elaborate/iterate.h"

#include <string.h>

#include "elaborate/special.h"
#include "elaborate/value_ops_parts.h"

typedef bool Step(Eval *eval, List *self, SourceRange at, Value *out, bool *more);

struct Iterator {
    Step *step;
    Value source;   /* what is walked, or the function of map and filter */
    Value seen;     /* the keys or items when the walk began, where a change of them ends it */
    size_t place;   /* the next index */
    int64_t number; /* of enumerate */
    List **sources; /* the iterators that this one reads */
    size_t n_sources;
    bool strict, ended;
    IterateStep *next; /* of a generator */
    void *state;
};

static List *new_iterator(Eval *eval, const char *type, struct Iterator start) {
    List *list = value_list_new(eval->arena, VALUE_LIST).as.list;
    list->type = type;
    list->once = true;
    list->lazy = ARENA_NEW(eval->arena, struct Iterator);
    *list->lazy = start;
    return list;
}

static Value as_value(List *list) {
    return (Value){.kind = VALUE_LIST, .as.list = list};
}

static bool finish(List *self, bool *more) {
    self->lazy->ended = true;
    *more = false;
    return true;
}

/* The rest is unknown. */
static bool stop_unknown(Eval *eval, List *self, const Opaque *cause, bool *more) {
    eval->opaque_uses++;
    self->opaque = cause;
    return finish(self, more);
}

/* ---- containers ---- */

static bool step_list(Eval *eval, List *self, SourceRange at, Value *out, bool *more) {
    struct Iterator *it = self->lazy;
    const List *list = it->source.as.list;
    (void)at;
    if (list->opaque) return stop_unknown(eval, self, list->opaque, more);
    if (it->place >= list->items.count) return finish(self, more);
    *out = list->items.at[it->place++];
    return true;
}

static bool step_reversed(Eval *eval, List *self, SourceRange at, Value *out, bool *more) {
    struct Iterator *it = self->lazy;
    const List *list = it->source.as.list;
    (void)at;
    if (list->opaque) return stop_unknown(eval, self, list->opaque, more);
    if (it->place == 0 || it->place > list->items.count) return finish(self, more);
    *out = list->items.at[--it->place];
    return true;
}

static bool step_range(Eval *eval, List *self, SourceRange at, Value *out, bool *more) {
    struct Iterator *it = self->lazy;
    const Range *range = it->source.as.range;
    (void)eval, (void)at;
    if (it->place >= range_length(range)) return finish(self, more);
    *out = value_int((int64_t)((uint64_t)range->start + it->place++ * (uint64_t)range->step));
    return true;
}

static bool step_set(Eval *eval, List *self, SourceRange at, Value *out, bool *more) {
    struct Iterator *it = self->lazy;
    const List *set = it->source.as.list, *seen = it->seen.as.list;
    if (set->opaque) return stop_unknown(eval, self, set->opaque, more);
    if (set->items.count != seen->items.count)
        return eval_raise(eval, E358, NULL, at, "Set changed size during iteration");
    if (it->place >= seen->items.count) return finish(self, more);
    *out = seen->items.at[it->place++];
    return true;
}

static Value view_item(Arena *arena, const char *type, const DictEntry *entry) {
    if (type && strcmp(type, "dict_values") == 0) return entry->value;
    if (!type || strcmp(type, "dict_items") != 0) return entry->key;
    const Value pair = value_list_new(arena, VALUE_TUPLE);
    value_list_push(arena, pair, entry->key);
    value_list_push(arena, pair, entry->value);
    return pair;
}

/* A dict, or one of its views (self->type tells which). */
static bool step_dict(Eval *eval, List *self, SourceRange at, Value *out, bool *more) {
    struct Iterator *it = self->lazy;
    const Dict *dict = it->source.as.dict;
    const List *seen = it->seen.as.list;
    if (dict->opaque) return stop_unknown(eval, self, dict->opaque, more);
    if (dict->entries.count != seen->items.count)
        return eval_raise(eval, E358, NULL, at, "dictionary changed size during iteration");
    if (it->place >= dict->entries.count) return finish(self, more);
    const DictEntry *entry = &dict->entries.at[it->place];
    if (!value_equal(entry->key, seen->items.at[it->place])) {
        const Value changed = eval_opaque(eval, at, "the keys of a dict change while it is walked");
        return stop_unknown(eval, self, changed.as.opaque, more);
    }
    it->place++;
    *out = view_item(eval->arena, self->type, entry);
    return true;
}

void iterate_refresh_view(Eval *eval, List *view) {
    const Dict *dict = view->view_of;
    if (!view->opaque) view->opaque = dict->opaque;
    view->items.count = 0;
    for (size_t i = 0; i < dict->entries.count; i++)
        vec_push(eval->arena, &view->items, view_item(eval->arena, view->type, &dict->entries.at[i]));
}

/* ---- iterators over iterators ---- */

static bool step_enumerate(Eval *eval, List *self, SourceRange at, Value *out, bool *more) {
    struct Iterator *it = self->lazy;
    Value item;
    if (!iterate_next(eval, it->sources[0], at, &item, more)) return false;
    if (it->sources[0]->opaque) return stop_unknown(eval, self, it->sources[0]->opaque, more);
    if (!*more) return finish(self, more);
    *out = value_list_new(eval->arena, VALUE_TUPLE);
    value_list_push(eval->arena, *out, value_int(it->number++));
    value_list_push(eval->arena, *out, item);
    return true;
}

static bool zip_strict(Eval *eval, struct Iterator *it, SourceRange at, size_t had) {
    const char *shorter = arena_printf(eval->arena, had == 1 ? "argument 1" : "arguments 1-%zu", had);
    if (had > 0) return RAISE_VALUE(eval, at, "zip() argument %zu is shorter than %s", had + 1, shorter);
    for (size_t i = 1; i < it->n_sources; i++) {
        Value extra;
        bool more;
        if (!iterate_next(eval, it->sources[i], at, &extra, &more)) return false;
        if (!more) continue;
        return RAISE_VALUE(eval, at,
                           i == 1 ? "zip() argument %zu is longer than argument 1"
                                  : "zip() argument %zu is longer than arguments 1-%zu",
                           i + 1, i);
    }
    return true;
}

/* The next item of each source, pushed to `row`; *more is false from the first that has none. */
static bool next_row(Eval *eval, List *self, SourceRange at, Value row, bool *more) {
    struct Iterator *it = self->lazy;
    for (size_t i = 0; i < it->n_sources; i++) {
        Value item;
        if (!iterate_next(eval, it->sources[i], at, &item, more)) return false;
        if (it->sources[i]->opaque) return stop_unknown(eval, self, it->sources[i]->opaque, more);
        if (!*more) return (!it->strict || zip_strict(eval, it, at, i)) && finish(self, more);
        value_list_push(eval->arena, row, item);
    }
    return it->n_sources > 0 || finish(self, more);
}

static bool step_zip(Eval *eval, List *self, SourceRange at, Value *out, bool *more) {
    *out = value_list_new(eval->arena, VALUE_TUPLE);
    return next_row(eval, self, at, *out, more);
}

static bool step_map(Eval *eval, List *self, SourceRange at, Value *out, bool *more) {
    const Value row = value_list_new(eval->arena, VALUE_TUPLE);
    if (!next_row(eval, self, at, row, more)) return false;
    if (!*more) return true;
    return eval_call_values(eval, self->lazy->source, row.as.list->items.at, row.as.list->items.count, at,
                            out);
}

static bool step_filter(Eval *eval, List *self, SourceRange at, Value *out, bool *more) {
    struct Iterator *it = self->lazy;
    for (bool keep = false; !keep;) {
        Value test;
        if (!iterate_next(eval, it->sources[0], at, out, more)) return false;
        if (it->sources[0]->opaque) return stop_unknown(eval, self, it->sources[0]->opaque, more);
        if (!*more) return finish(self, more);
        test = *out;
        if (!value_is_none(it->source) && !eval_call_values(eval, it->source, out, 1, at, &test))
            return false;
        if (eval_opaque_of(test)) return stop_unknown(eval, self, eval_opaque_of(test), more);
        if (!value_truth(eval, test, at, &keep)) return false;
    }
    return true;
}

static bool step_generator(Eval *eval, List *self, SourceRange at, Value *out, bool *more) {
    const Opaque *unknown = NULL;
    (void)at;
    if (!self->lazy->next(eval, self->lazy->state, out, more, &unknown)) {
        self->lazy->ended = true;
        return false;
    }
    if (unknown) return stop_unknown(eval, self, unknown, more);
    return *more || finish(self, more);
}

/* ---- making them ---- */

Value iterate_enumerate(Eval *eval, List *source, int64_t start) {
    List **sources = ARENA_ARRAY(eval->arena, List *, 1);
    sources[0] = source;
    return as_value(new_iterator(
        eval, "enumerate",
        (struct Iterator){.step = step_enumerate, .number = start, .sources = sources, .n_sources = 1}));
}

static List **copy_sources(Eval *eval, List *const *sources, size_t count) {
    List **copy = ARENA_ARRAY(eval->arena, List *, count);
    for (size_t i = 0; i < count; i++) copy[i] = sources[i];
    return copy;
}

Value iterate_zip(Eval *eval, List *const *sources, size_t count, bool strict) {
    return as_value(new_iterator(eval, "zip",
                                 (struct Iterator){.step = step_zip,
                                                   .sources = copy_sources(eval, sources, count),
                                                   .n_sources = count,
                                                   .strict = strict}));
}

Value iterate_map(Eval *eval, Value function, List *const *sources, size_t count) {
    return as_value(new_iterator(eval, "map",
                                 (struct Iterator){.step = step_map,
                                                   .source = function,
                                                   .sources = copy_sources(eval, sources, count),
                                                   .n_sources = count}));
}

Value iterate_filter(Eval *eval, Value function, List *source) {
    return as_value(new_iterator(eval, "filter",
                                 (struct Iterator){.step = step_filter,
                                                   .source = function,
                                                   .sources = copy_sources(eval, &source, 1),
                                                   .n_sources = 1}));
}

Value iterate_reversed(Eval *eval, Value list) {
    return as_value(new_iterator(
        eval, "list_reverseiterator",
        (struct Iterator){.step = step_reversed, .source = list, .place = list.as.list->items.count}));
}

Value iterate_generator(Eval *eval, IterateStep *next, void *state, Value held) {
    return as_value(new_iterator(
        eval, "generator",
        (struct Iterator){.step = step_generator, .source = held, .next = next, .state = state}));
}

static List *open_dict(Eval *eval, Dict *dict, const char *type) {
    const Value source = {.kind = VALUE_DICT, .as.dict = dict},
                seen = value_list_new(eval->arena, VALUE_TUPLE);
    for (size_t i = 0; i < dict->entries.count; i++)
        value_list_push(eval->arena, seen, dict->entries.at[i].key);
    return new_iterator(eval, type, (struct Iterator){.step = step_dict, .source = source, .seen = seen});
}

static List *open_set(Eval *eval, Value set) {
    const Value seen = value_list_new(eval->arena, VALUE_TUPLE);
    const size_t count = set.as.list->items.count;
    vec_reserve(eval->arena, &seen.as.list->items, count);
    value_set_order(eval->arena, set.as.list, seen.as.list->items.at);
    seen.as.list->items.count = count;
    return new_iterator(eval, "set_iterator",
                        (struct Iterator){.step = step_set, .source = set, .seen = seen});
}

const Opaque *iterate_unordered(Eval *eval, Value value, SourceRange at) {
    if (value.kind != VALUE_SET || value.as.list->items.count < 2) return NULL;
    for (size_t i = 0; i < value.as.list->items.count; i++) {
        const ValueKind kind = value.as.list->items.at[i].kind;
        if (kind != VALUE_INT && kind != VALUE_BOOL)
            return eval_opaque(eval, at, "the order of this set changes from run to run").as.opaque;
    }
    return NULL;
}

bool iterate_open(Eval *eval, Value iterable, SourceRange at, List **iterator) {
    if (!eval_opaque_of(iterable) && !special_iterable(eval, &iterable, at)) return false;
    const Opaque *cause = eval_opaque_of(iterable);
    if (!cause) cause = iterate_unordered(eval, iterable, at);
    if (cause) {
        *iterator = value_list_new(eval->arena, VALUE_LIST).as.list;
        (*iterator)->once = true;
        (*iterator)->opaque = cause;
        return true;
    }
    if (iterable.kind == VALUE_LIST) {
        List *list = iterable.as.list;
        if (list->once)
            *iterator = list;
        else if (list->view_of)
            *iterator = open_dict(eval, list->view_of, list->type);
        else
            *iterator =
                new_iterator(eval, "list_iterator", (struct Iterator){.step = step_list, .source = iterable});
        return true;
    }
    if (iterable.kind == VALUE_DICT) {
        *iterator = open_dict(eval, iterable.as.dict, "dict_keyiterator");
        return eval_charge(eval, at, iterable.as.dict->entries.count);
    }
    if (iterable.kind == VALUE_SET) {
        *iterator = open_set(eval, iterable);
        return eval_charge(eval, at, iterable.as.list->items.count);
    }
    if (iterable.kind == VALUE_RANGE) {
        *iterator =
            new_iterator(eval, "range_iterator", (struct Iterator){.step = step_range, .source = iterable});
        return true;
    }
    List *items; /* what cannot change, and what is unknown or cannot be walked */
    if (!eval_iterate(eval, iterable, at, &items)) return false;
    items->once = true;
    items->type = iterable.kind == VALUE_STR ? "str_iterator" : "tuple_iterator";
    *iterator = items;
    return true;
}

/* ---- reading them ---- */

bool iterate_next(Eval *eval, List *iterator, SourceRange at, Value *out, bool *more) {
    *more = true;
    *out = value_none();
    if (iterator->opaque || (iterator->lazy && iterator->lazy->ended)) {
        *more = false;
        return true;
    }
    if (iterator->lazy && iterator->lazy->step) {
        if (!eval_enter(eval, at)) return false;
        const bool ok = eval_step(eval, at) && iterator->lazy->step(eval, iterator, at, out, more);
        eval_leave(eval);
        return ok;
    }
    *more = iterator->items.count > 0;
    if (!*more) return true;
    *out = *iterator->items.at++; /* the arena keeps the array */
    iterator->items.count--;
    iterator->items.capacity--;
    return true;
}

bool iterate_collect(Eval *eval, List *iterator, SourceRange at) {
    if (!iterator->lazy || !iterator->lazy->step) return true;
    VEC(Value) items = {0};
    for (;;) {
        Value item;
        bool more;
        if (!iterate_next(eval, iterator, at, &item, &more)) return false;
        if (!more) break;
        vec_push(eval->arena, &items, item);
    }
    iterator->lazy->step = NULL; /* it stays, for iterate_held */
    iterator->lazy->ended = false;
    memset(&iterator->items, 0, sizeof iterator->items);
    for (size_t i = 0; i < items.count; i++) value_list_push(eval->arena, as_value(iterator), items.at[i]);
    return true;
}

Value iterate_held(Eval *eval, const List *iterator) {
    const Value held = value_list_new(eval->arena, VALUE_TUPLE);
    const struct Iterator *it = iterator->lazy;
    if (!it) return held;
    value_list_push(eval->arena, held, it->source);
    for (size_t i = 0; i < it->n_sources; i++) value_list_push(eval->arena, held, as_value(it->sources[i]));
    return held;
}

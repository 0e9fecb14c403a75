/* Builtins that take what can be iterated and give one answer: len, min, max, sum, any, all, sorted, list,
 * set, dict. */
#include <string.h>

#include "elaborate/iterate.h"
#include "elaborate/native.h"

bool builtin_len(NativeCall *call, Value *out) {
    const Value x = call->value[0];
    switch (x.kind) {
    case VALUE_STR: *out = value_int(str_length(x.as.str)); return true;
    case VALUE_BYTES: *out = value_int((int64_t)x.as.str->length); return true;
    case VALUE_TUPLE:
    case VALUE_SET:
    case VALUE_LIST:
        if (x.as.list->once) break;
        *out = value_int((int64_t)x.as.list->items.count);
        return true;
    case VALUE_DICT: *out = value_int((int64_t)x.as.dict->entries.count); return true;
    case VALUE_HISTORY: *out = value_int(3); return true;
    case VALUE_RANGE: {
        const uint64_t length = range_length(x.as.range);
        if (length > INT64_MAX) return number_too_large(call->eval, call->at, out);
        *out = value_int((int64_t)length);
        return true;
    }
    case VALUE_INSTANCE:
    case VALUE_CONFIG: return native_not_evaluated(call, "len() of this object is not evaluated", out);
    default: break;
    }
    return RAISE_TYPE(call->eval, call->at, "object of type '%s' has no len()", value_class_name(x));
}

/* ---- min and max ---- */

typedef struct Extreme {
    List *items;
    Value key, fallback;
    bool has_fallback;
} Extreme;

/* The items are one iterable's or the positional arguments themselves. */
static bool extreme_arguments(NativeCall *call, Extreme *x, Value *out, bool *done) {
    size_t positional = 0;
    const Arguments *arguments = call->arguments;
    *x = (Extreme){.key = value_none()};
    *done = false;
    for (; positional < arguments->count && !arguments->at[positional].keyword; positional++) {
    }
    for (size_t i = positional; i < arguments->count; i++) {
        if (strcmp(arguments->at[i].keyword, "key") == 0) {
            x->key = arguments->at[i].value;
        } else if (strcmp(arguments->at[i].keyword, "default") == 0) {
            x->fallback = arguments->at[i].value;
            x->has_fallback = true;
        } else {
            return eval_raise(call->eval, E355, NULL, arguments->at[i].keyword_at,
                              "'%s' is an invalid keyword argument for %s()", arguments->at[i].keyword,
                              call->name);
        }
    }
    if (positional == 0) {
        return eval_raise(call->eval, E355, NULL, call->at, "%s expected at least 1 argument, got 0",
                          call->name);
    }
    if (positional == 1) return native_items(call, arguments->at[0].value, &x->items, out, done);
    if (x->has_fallback) {
        return RAISE_TYPE(call->eval, call->at,
                          "Cannot specify a default for %s() with multiple positional arguments", call->name);
    }
    const Value list = value_list_new(call->arena, VALUE_LIST);
    for (size_t i = 0; i < positional; i++) value_list_push(call->arena, list, arguments->at[i].value);
    x->items = list.as.list;
    return true;
}

static bool key_of(NativeCall *call, Value key, Value item, Value *out) {
    *out = item;
    return key.kind == VALUE_NONE || eval_call_values(call->eval, key, &item, 1, call->at, out);
}

bool builtin_extreme(NativeCall *call, Value *out) {
    Extreme x;
    bool done;
    if (!extreme_arguments(call, &x, out, &done) || done) return done;
    if (x.items->items.count == 0) {
        *out = x.fallback;
        if (x.has_fallback) return true;
        return RAISE_VALUE(call->eval, call->at, "%s() arg is an empty sequence", call->name);
    }
    const CompareOperator op = strcmp(call->name, "min") == 0 ? COMPARE_LT : COMPARE_GT;
    Value best = value_none(), best_key = best;
    for (size_t i = 0; i < x.items->items.count; i++) {
        Value key, better = value_bool(true);
        if (!key_of(call, x.key, x.items->items.at[i], &key)) return false;
        if (i > 0 && !value_compare(call->eval, op, key, best_key, call->at, &better)) return false;
        if (key.kind == VALUE_OPAQUE) return native_opaque(call, key.as.opaque, out);
        if (better.kind == VALUE_OPAQUE) return native_opaque(call, better.as.opaque, out);
        bool truth;
        if (!value_truth(call->eval, better, call->at, &truth)) return false; /* a tensor has none */
        if (!truth) continue;
        best = x.items->items.at[i];
        best_key = key;
    }
    *out = best;
    return true;
}

/* ---- sum, any, all ---- */

bool builtin_sum(NativeCall *call, Value *out) {
    List *items;
    bool done;
    if (!native_items(call, call->value[0], &items, out, &done) || done) return done;
    Value total = call->given[1] ? call->value[1] : value_int(0);
    if (total.kind == VALUE_STR) {
        return RAISE_TYPE(call->eval, call->at, "sum() can't sum strings [use ''.join(seq) instead]");
    }
    for (size_t i = 0; i < items->items.count; i++) {
        if (!value_binary(call->eval, BINARY_ADD, total, items->items.at[i], call->at, &total)) return false;
    }
    *out = total;
    return true;
}

/* One known item may decide, whatever the unknown ones are. */
bool builtin_any_all(NativeCall *call, Value *out) {
    List *items;
    bool done;
    const bool any = strcmp(call->name, "any") == 0;
    const Opaque *unknown = NULL;
    if (!native_items(call, call->value[0], &items, out, &done) || done) return done;
    for (size_t i = 0; i < items->items.count; i++) {
        bool truth;
        const Opaque *cause = eval_opaque_of(items->items.at[i]);
        if (cause) {
            if (!unknown) unknown = cause;
            continue;
        }
        if (!value_truth(call->eval, items->items.at[i], call->at, &truth)) return false;
        if (truth != any) continue;
        *out = value_bool(any);
        return true;
    }
    if (unknown) return native_opaque(call, unknown, out);
    *out = value_bool(!any);
    return true;
}

/* ---- sorted ---- */

typedef struct Sorting {
    Eval *eval;
    Value *items, *keys, *spare_items, *spare_keys;
    bool reverse;
    SourceRange at;
    const Opaque *unknown;
} Sorting;

/* Whether the item of key `b` must come before the one of key `a`, which stands before it. */
static bool must_swap(Sorting *s, Value a, Value b, bool *out) {
    Value less;
    *out = false;
    if (!value_compare(s->eval, COMPARE_LT, s->reverse ? a : b, s->reverse ? b : a, s->at, &less))
        return false;
    if (less.kind == VALUE_OPAQUE) {
        s->unknown = less.as.opaque;
        return true;
    }
    return value_truth(s->eval, less, s->at, out);
}

/* Merges the sorted runs [from, middle) and [middle, to). */
static bool merge(Sorting *s, size_t from, size_t middle, size_t to) {
    size_t a = from, b = middle;
    for (size_t i = from; i < to; i++) {
        bool take_right = a == middle;
        if (!take_right && b < to && !must_swap(s, s->keys[a], s->keys[b], &take_right)) return false;
        const size_t taken = take_right ? b++ : a++;
        s->spare_items[i] = s->items[taken];
        s->spare_keys[i] = s->keys[taken];
    }
    memcpy(s->items + from, s->spare_items + from, (to - from) * sizeof *s->items);
    memcpy(s->keys + from, s->spare_keys + from, (to - from) * sizeof *s->keys);
    return true;
}

bool value_sort(Eval *eval, Value *items, Value *keys, size_t count, bool reverse, SourceRange at,
                const Opaque **unknown) {
    Sorting s = {.eval = eval, .items = items, .keys = keys, .reverse = reverse, .at = at};
    s.spare_items = ARENA_ARRAY(eval->arena, Value, count);
    s.spare_keys = ARENA_ARRAY(eval->arena, Value, count);
    for (size_t width = 1; width < count; width *= 2) {
        if (!eval_charge(eval, at, count)) return false;
        for (size_t from = 0; from + width < count; from += 2 * width) {
            const size_t end = from + 2 * width < count ? from + 2 * width : count;
            if (!merge(&s, from, from + width, end)) return false;
        }
    }
    *unknown = s.unknown;
    return true;
}

bool builtin_sorted(NativeCall *call, Value *out) {
    List *items;
    bool done, reverse = false;
    const Opaque *unknown = NULL;
    if (!native_items(call, call->value[0], &items, out, &done) || done) return done;
    if (call->given[2] && !value_truth(call->eval, call->value[2], call->at, &reverse)) return false;
    const size_t count = items->items.count;
    Value *keys = ARENA_ARRAY(call->arena, Value, count);
    for (size_t i = 0; i < count; i++) {
        if (!key_of(call, call->value[1], items->items.at[i], &keys[i])) return false;
        if (count > 1 && !unknown) unknown = eval_opaque_of(keys[i]);
    }
    if (unknown) return native_opaque(call, unknown, out);
    if (!value_sort(call->eval, items->items.at, keys, count, reverse, call->at, &unknown)) return false;
    if (unknown) return native_opaque(call, unknown, out);
    *out = (Value){.kind = VALUE_LIST, .as.list = items};
    return true;
}

/* ---- containers ---- */

/* list, tuple */
bool builtin_list(NativeCall *call, Value *out) {
    List *items;
    bool done;
    const bool tuple = call->name[0] == 't';
    *out = value_list_new(call->arena, tuple ? VALUE_TUPLE : VALUE_LIST);
    if (!call->given[0]) return true;
    if (tuple && call->value[0].kind == VALUE_TUPLE) {
        *out = call->value[0];
        return true;
    }
    const Opaque *unordered = iterate_unordered(call->eval, call->value[0], call->at);
    if (unordered) return native_opaque(call, unordered, out);
    if (!native_items(call, call->value[0], &items, out, &done) || done) return done;
    out->as.list = items;
    return true;
}

/* set, frozenset */
bool builtin_set(NativeCall *call, Value *out) {
    List *items;
    bool done;
    const bool frozen = call->name[0] == 'f';
    const Value set = value_list_new(call->arena, VALUE_SET);
    *out = set;
    out->as.list->type = frozen ? "frozenset" : NULL;
    if (!call->given[0]) return true;
    if (!native_items(call, call->value[0], &items, out, &done) || done) return done;
    for (size_t i = 0; i < items->items.count; i++) {
        const Opaque *cause = key_unknown(items->items.at[i]);
        if (cause) return native_opaque(call, cause, out);
        if (!set_add_checked(call->eval, set, items->items.at[i], call->at)) return false;
    }
    *out = set;
    return true;
}

bool builtin_dict(NativeCall *call, Value *out) {
    const Opaque *cause;
    *out = value_dict_new(call->arena);
    if (!native_dict_fill(call, out->as.dict, &cause)) return false;
    return cause ? native_opaque(call, cause, out) : true;
}

bool builtin_defaultdict(NativeCall *call, Value *out) {
    const Arguments *all = call->arguments;
    const bool has_factory = all->count > 0 && !all->at[0].keyword;
    const Arguments rest = {all->at + has_factory, all->count - has_factory, all->call};
    call->arguments = &rest;
    const bool made = builtin_dict(call, out);
    call->arguments = all;
    if (!made || out->kind != VALUE_DICT) return out->kind != VALUE_DICT;
    out->as.dict->type = "defaultdict";
    if (!has_factory || all->at[0].value.kind == VALUE_NONE) return true;
    Value *factory = ARENA_NEW(call->arena, Value);
    *factory = all->at[0].value;
    out->as.dict->factory = factory;
    return true;
}

/* Methods of list, tuple and range. A list that is changed at an unknown place becomes opaque itself. */
#include <string.h>

#include "elaborate/native.h"

static bool give_none(Value *out) {
    *out = value_none();
    return true;
}

/* The list changes in a way that is not known. */
static bool spoil_self(NativeCall *call, const Opaque *cause, Value *out) {
    eval_spoil(call->eval, call->self, cause);
    return native_opaque(call, cause, out);
}

static bool list_append(NativeCall *call, Value *out) {
    value_list_push(call->arena, call->self, call->value[0]);
    return eval_charge(call->eval, call->at, 1) && give_none(out);
}

static bool list_extend(NativeCall *call, Value *out) {
    return value_augmented(call->eval, BINARY_ADD, call->self, call->value[0], call->at, out) &&
           give_none(out);
}

static bool list_insert(NativeCall *call, Value *out) {
    int64_t at;
    List *list = call->self.as.list;
    const Opaque *cause = eval_opaque_of(call->value[0]);
    if (cause) return spoil_self(call, cause, out);
    if (!native_int(call, call->value[0], &at)) return false;
    const int64_t count = (int64_t)list->items.count;
    if (at < 0) at = at + count < 0 ? 0 : at + count;
    if (at > count) at = count;
    if (!eval_charge(call->eval, call->at, 1 + (uint64_t)(count - at) / 16)) return false;
    value_list_push(call->arena, call->self, value_none());
    Value *place = list->items.at + at;
    memmove(place + 1, place, (size_t)(count - at) * sizeof *place);
    *place = call->value[1];
    return give_none(out);
}

static void remove_at(List *list, size_t at) {
    memmove(list->items.at + at, list->items.at + at + 1,
            (list->items.count - at - 1) * sizeof *list->items.at);
    list->items.count--;
}

static bool list_pop(NativeCall *call, Value *out) {
    int64_t at = -1;
    List *list = call->self.as.list;
    const Opaque *cause = eval_opaque_of(call->value[0]);
    if (cause) return spoil_self(call, cause, out);
    if (call->given[0] && !native_int(call, call->value[0], &at)) return false;
    const int64_t count = (int64_t)list->items.count;
    if (count == 0) return RAISE_INDEX(call->eval, call->at, "pop from empty list");
    if (at < -count || at >= count) return RAISE_INDEX(call->eval, call->at, "pop index out of range");
    if (at < 0) at += count;
    *out = list->items.at[at];
    remove_at(list, (size_t)at);
    return eval_charge(call->eval, call->at, (uint64_t)(count - at) / 16);
}

/* The place of an equal item in [from, to); SIZE_MAX where there is none; *unsure where an item is unknown.
 */
static bool find_item(NativeCall *call, Value item, size_t from, size_t to, size_t *place,
                      const Opaque **unsure) {
    const List *list = call->self.as.list;
    *place = SIZE_MAX;
    *unsure = NULL;
    for (size_t i = from; i < to && i < list->items.count; i++) {
        Value same;
        if (!value_compare(call->eval, COMPARE_EQ, list->items.at[i], item, call->at, &same)) return false;
        if (same.kind == VALUE_OPAQUE) {
            *unsure = same.as.opaque;
            return true;
        }
        if (same.as.boolean) {
            *place = i;
            return true;
        }
    }
    return eval_charge(call->eval, call->at, list->items.count / 16);
}

static bool list_remove(NativeCall *call, Value *out) {
    size_t place;
    const Opaque *unsure;
    if (!find_item(call, call->value[0], 0, SIZE_MAX, &place, &unsure)) return false;
    if (unsure) return spoil_self(call, unsure, out);
    if (place == SIZE_MAX) return RAISE_VALUE(call->eval, call->at, "list.remove(x): x not in list");
    remove_at(call->self.as.list, place);
    return give_none(out);
}

static bool slice_place(NativeCall *call, int index, int64_t fallback, int64_t count, int64_t *out) {
    *out = fallback;
    if (!call->given[index]) return true;
    if (!native_int(call, call->value[index], out)) return false;
    if (*out < 0) *out = *out + count < 0 ? 0 : *out + count;
    return true;
}

/* index of list and tuple */
static bool items_index(NativeCall *call, Value *out) {
    size_t place;
    int64_t from, to;
    const Opaque *unsure;
    const int64_t count = (int64_t)call->self.as.list->items.count;
    if (!slice_place(call, 1, 0, count, &from) || !slice_place(call, 2, count, count, &to)) return false;
    if (!find_item(call, call->value[0], (size_t)from, (size_t)to, &place, &unsure)) return false;
    if (unsure) return native_opaque(call, unsure, out);
    if (place == SIZE_MAX && call->self.kind == VALUE_TUPLE) {
        return RAISE_VALUE(call->eval, call->at, "tuple.index(x): x not in tuple");
    }
    if (place == SIZE_MAX) {
        const Opaque *cause = value_unknown_inside(call->value[0]);
        return RAISE_VALUE(call->eval, call->at, "%s is not in list",
                           cause ? "it" : value_repr(call->arena, call->value[0]));
    }
    *out = value_int((int64_t)place);
    return true;
}

static bool items_count(NativeCall *call, Value *out) {
    int64_t count = 0;
    const List *list = call->self.as.list;
    for (size_t i = 0; i < list->items.count; i++) {
        Value same;
        if (!value_compare(call->eval, COMPARE_EQ, list->items.at[i], call->value[0], call->at, &same))
            return false;
        if (same.kind == VALUE_OPAQUE) return native_opaque(call, same.as.opaque, out);
        count += same.as.boolean;
    }
    *out = value_int(count);
    return eval_charge(call->eval, call->at, list->items.count / 16);
}

static bool list_reverse(NativeCall *call, Value *out) {
    List *list = call->self.as.list;
    for (size_t i = 0, j = list->items.count; i + 1 < j; i++) {
        const Value other = list->items.at[--j];
        list->items.at[j] = list->items.at[i];
        list->items.at[i] = other;
    }
    return give_none(out);
}

static bool list_copy(NativeCall *call, Value *out) {
    return value_items(call->eval, call->self, call->at, out);
}

static bool list_clear(NativeCall *call, Value *out) {
    memset(&call->self.as.list->items, 0, sizeof call->self.as.list->items);
    return give_none(out);
}

static bool list_sort(NativeCall *call, Value *out) {
    Value sorted;
    Argument arguments[3] = {{NULL, call->self, call->at, call->at}};
    Arguments all = {arguments, 1, call->at};
    static const char *const KEYWORDS[] = {"key", "reverse"};
    for (int i = 0; i < 2; i++) {
        if (call->given[i])
            arguments[all.count++] = (Argument){KEYWORDS[i], call->value[i], call->at, call->at};
    }
    if (!eval_call(call->eval, value_builtin(builtin_find("sorted")), &all, &sorted)) return false;
    if (sorted.kind == VALUE_OPAQUE) return spoil_self(call, sorted.as.opaque, out);
    call->self.as.list->items = sorted.as.list->items;
    return give_none(out);
}

/* ---- range ---- */

static bool range_index(NativeCall *call, Value *out) {
    Value found;
    int64_t wanted;
    if (!value_contains(call->eval, call->self, call->value[0], call->at, &found)) return false;
    const bool is_int = value_as_int(call->value[0], &wanted);
    if (!found.as.boolean || !is_int) {
        return RAISE_VALUE(call->eval, call->at, "%s is not in range",
                           value_repr(call->arena, call->value[0]));
    }
    const Range *range = call->self.as.range;
    const uint64_t distance = range->step > 0 ? (uint64_t)wanted - (uint64_t)range->start
                                              : (uint64_t)range->start - (uint64_t)wanted;
    *out = value_int(
        (int64_t)(distance / (range->step > 0 ? (uint64_t)range->step : 0 - (uint64_t)range->step)));
    return true;
}

static bool range_count(NativeCall *call, Value *out) {
    if (!value_contains(call->eval, call->self, call->value[0], call->at, out)) return false;
    if (out->kind == VALUE_BOOL) *out = value_int(out->as.boolean);
    return true;
}

const NativeRow METHODS_LIST[] = {
    {"append", "object /", list_append, NATIVE_TAKES_UNKNOWN, NULL},
    {"extend", "iterable /", list_extend, NATIVE_TAKES_UNKNOWN, NULL},
    {"insert", "index object /", list_insert, NATIVE_TAKES_UNKNOWN, NULL},
    {"pop", "index? /", list_pop, NATIVE_TAKES_UNKNOWN, NULL},
    {"remove", "value /", list_remove, NATIVE_TAKES_UNKNOWN, NULL},
    {"index", "value start? stop? /", items_index, 0, NULL},
    {"count", "value /", items_count, 0, NULL},
    {"sort", "* key? reverse?", list_sort, NATIVE_TAKES_UNKNOWN, NULL},
    {"reverse", "", list_reverse, 0, NULL},
    {"copy", "", list_copy, 0, NULL},
    {"clear", "", list_clear, 0, NULL},
    {0},
};

const NativeRow METHODS_TUPLE[] = {
    {"index", "value start? stop? /", items_index, 0, NULL},
    {"count", "value /", items_count, 0, NULL},
    {0},
};

const NativeRow METHODS_RANGE[] = {
    {"index", "value /", range_index, 0, NULL},
    {"count", "value /", range_count, 0, NULL},
    {0},
};

/* Methods of set and frozenset. What changes a set by something unknown makes the set opaque. */
#include <string.h>

#include "elaborate/native.h"

static bool give_none(Value *out) {
    *out = value_none();
    return true;
}

static bool spoil_self(NativeCall *call, const Opaque *cause, Value *out) {
    eval_spoil(call->eval, call->self, cause);
    return native_opaque(call, cause, out);
}

static bool not_frozen(NativeCall *call) {
    if (!call->self.as.list->type) return true;
    return eval_raise(call->eval, E350, "AttributeError", call->at,
                      "'frozenset' object has no attribute '%s'", call->name);
}

static bool set_add(NativeCall *call, Value *out) {
    const Opaque *cause = key_unknown(call->value[0]);
    if (!not_frozen(call)) return false;
    if (cause) return spoil_self(call, cause, out);
    return set_add_checked(call->eval, call->self, call->value[0], call->at) && give_none(out);
}

/* discard, remove */
static bool set_discard(NativeCall *call, Value *out) {
    List *list = call->self.as.list;
    const Opaque *cause = key_unknown(call->value[0]);
    if (!not_frozen(call)) return false;
    if (cause) return spoil_self(call, cause, out);
    for (size_t i = 0; i < list->items.count; i++) {
        if (!value_equal(list->items.at[i], call->value[0])) continue;
        memmove(list->items.at + i, list->items.at + i + 1,
                (list->items.count - i - 1) * sizeof *list->items.at);
        list->items.count--;
        list->index = NULL;
        return give_none(out);
    }
    if (call->name[0] == 'd') return give_none(out);
    return RAISE_KEY(call->eval, call->at, "%s", value_repr(call->arena, call->value[0]));
}

static bool set_pop(NativeCall *call, Value *out) {
    List *list = call->self.as.list;
    if (!not_frozen(call)) return false;
    if (list->items.count == 0) return RAISE_KEY(call->eval, call->at, "'pop from an empty set'");
    *out = list->items.at[0];
    if (list->items.count > 1) {
        const Value unknown = eval_opaque(call->eval, call->at, "which item set.pop() takes is not defined");
        return spoil_self(call, unknown.as.opaque, out);
    }
    list->items.count = 0;
    list->index = NULL;
    return true;
}

static bool set_clear(NativeCall *call, Value *out) {
    if (!not_frozen(call)) return false;
    memset(&call->self.as.list->items, 0, sizeof call->self.as.list->items);
    call->self.as.list->index = NULL;
    return give_none(out);
}

static bool set_copy(NativeCall *call, Value *out) {
    List empty = {0};
    *out = set_filter(call->eval, call->self, &empty, false);
    return true;
}

/* An argument as a set; *cause is set where its items are not known. */
static bool as_set(NativeCall *call, Value iterable, Value *set, const Opaque **cause) {
    List *items;
    *set = value_list_new(call->arena, VALUE_SET);
    *cause = NULL;
    if (!eval_iterate(call->eval, iterable, call->at, &items)) return false;
    *cause =
        items->opaque ? items->opaque : value_unknown_inside((Value){.kind = VALUE_LIST, .as.list = items});
    for (size_t i = 0; i < items->items.count && !*cause; i++) {
        if (!set_add_checked(call->eval, *set, items->items.at[i], call->at)) return false;
    }
    return true;
}

static BinaryOperator operator_of(const char *name) {
    if (strncmp(name, "union", 5) == 0 || strcmp(name, "update") == 0) return BINARY_OR;
    if (strncmp(name, "intersection", 12) == 0) return BINARY_AND;
    return strncmp(name, "difference", 10) == 0 ? BINARY_SUB : BINARY_XOR;
}

/* union, intersection, difference, symmetric_difference, and their _update forms. */
static bool set_combine(NativeCall *call, Value *out) {
    const bool in_place = strstr(call->name, "update") != NULL;
    Value result = call->self, other;
    const Opaque *cause;
    if (in_place && !not_frozen(call)) return false;
    if (!set_copy(call, &result)) return false;
    for (size_t i = 0; i < call->arguments->count; i++) {
        if (!as_set(call, call->arguments->at[i].value, &other, &cause)) return false;
        if (cause) return in_place ? spoil_self(call, cause, out) : native_opaque(call, cause, out);
        if (!value_binary(call->eval, operator_of(call->name), result, other, call->at, &result))
            return false;
    }
    *out = result;
    if (!in_place || result.kind != VALUE_SET) return true;
    call->self.as.list->items = result.as.list->items;
    call->self.as.list->index = NULL;
    return give_none(out);
}

/* issubset, issuperset, isdisjoint */
static bool set_relation(NativeCall *call, Value *out) {
    Value other;
    const Opaque *cause;
    if (!as_set(call, call->value[0], &other, &cause)) return false;
    if (cause) return native_opaque(call, cause, out);
    if (strcmp(call->name, "isdisjoint") != 0) {
        const CompareOperator op = strcmp(call->name, "issubset") == 0 ? COMPARE_LE : COMPARE_GE;
        return value_compare(call->eval, op, call->self, other, call->at, out);
    }
    *out = value_bool(set_filter(call->eval, call->self, other.as.list, true).as.list->items.count == 0);
    return true;
}

const NativeRow METHODS_SET[] = {
    {"add", "element /", set_add, NATIVE_TAKES_UNKNOWN, NULL},
    {"discard", "element /", set_discard, NATIVE_TAKES_UNKNOWN, NULL},
    {"remove", "element /", set_discard, NATIVE_TAKES_UNKNOWN, NULL},
    {"pop", "", set_pop, 0, NULL},
    {"clear", "", set_clear, 0, NULL},
    {"copy", "", set_copy, 0, NULL},
    {"union", NULL, set_combine, NATIVE_TAKES_UNKNOWN, NULL},
    {"intersection", NULL, set_combine, NATIVE_TAKES_UNKNOWN, NULL},
    {"difference", NULL, set_combine, NATIVE_TAKES_UNKNOWN, NULL},
    {"symmetric_difference", NULL, set_combine, NATIVE_TAKES_UNKNOWN, NULL},
    {"update", NULL, set_combine, NATIVE_TAKES_UNKNOWN, NULL},
    {"intersection_update", NULL, set_combine, NATIVE_TAKES_UNKNOWN, NULL},
    {"difference_update", NULL, set_combine, NATIVE_TAKES_UNKNOWN, NULL},
    {"symmetric_difference_update", NULL, set_combine, NATIVE_TAKES_UNKNOWN, NULL},
    {"issubset", "other /", set_relation, 0, NULL},
    {"issuperset", "other /", set_relation, 0, NULL},
    {"isdisjoint", "other /", set_relation, 0, NULL},
    {0},
};

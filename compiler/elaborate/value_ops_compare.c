/* Comparisons: ==, the orders, `is` and `in`. Each has a known answer, is opaque, or raises TypeError. */
#include "elaborate/iterate.h"
#include "elaborate/value_ops_parts.h"
#include "layers/operators.h"

static bool order(Eval *eval, CompareOperator op, Value left, Value right, SourceRange at, Value *out);

static bool give_opaque(Eval *eval, const Opaque *cause, Value *out) {
    *out = eval_opaque_from(eval, cause);
    return true;
}

/* ---- == ---- */

static bool may_be_equal(Value left, Value right) {
    if (left.kind == right.kind) return true;
    return left.kind == VALUE_OPAQUE || right.kind == VALUE_OPAQUE;
}

/* value_equal looks for each key of a dict, or item of a set, among all of the other's. */
static uint64_t search_work(Value left, Value right) {
    if (left.kind == VALUE_SET && right.kind == VALUE_SET) {
        return (uint64_t)left.as.list->items.count * right.as.list->items.count / 64;
    }
    if (left.kind != VALUE_DICT || right.kind != VALUE_DICT) return 0;
    return (uint64_t)left.as.dict->entries.count * right.as.dict->entries.count / 64;
}

static bool equal(Eval *eval, Value left, Value right, SourceRange at, Value *out) {
    if (may_be_equal(left, right) && left.kind != VALUE_TENSOR && left.kind != VALUE_LAYER) {
        const Opaque *cause;
        if (!value_look_inside(eval, left, at, &cause)) return false;
        if (!cause && !value_look_inside(eval, right, at, &cause)) return false;
        if (cause) return give_opaque(eval, cause, out);
    }
    if (!eval_charge(eval, at, search_work(left, right))) return false;
    *out = value_bool(value_equal(left, right));
    return true;
}

/* ---- < <= > >= ---- */

static bool holds(CompareOperator op, int sign) {
    switch (op) {
    case COMPARE_LT: return sign < 0;
    case COMPARE_LE: return sign <= 0;
    case COMPARE_GT: return sign == 1;
    default: return sign == 0 || sign == 1;
    }
}

/* The first items that differ decide; where there are none, the lengths. How deep this goes is bounded by
 * equal(), which does not know what is nested deeper than value_unknown_inside looks. */
static bool order_items(Eval *eval, CompareOperator op, Value left, Value right, SourceRange at, Value *out) {
    const List *a = left.as.list, *b = right.as.list;
    for (size_t i = 0; i < a->items.count && i < b->items.count; i++) {
        Value same;
        if (!equal(eval, a->items.at[i], b->items.at[i], at, &same)) return false;
        if (same.kind == VALUE_OPAQUE) return give_opaque(eval, same.as.opaque, out);
        if (!same.as.boolean) return order(eval, op, a->items.at[i], b->items.at[i], at, out);
    }
    *out = value_bool(holds(op, a->items.count < b->items.count ? -1 : a->items.count > b->items.count));
    return true;
}

static bool is_subset(Arena *arena, const List *a, List *b) {
    for (size_t i = 0; i < a->items.count; i++) {
        if (!value_set_has(arena, b, a->items.at[i])) return false;
    }
    return true;
}

static bool order_sets(Arena *arena, CompareOperator op, List *a, List *b) {
    if (op == COMPARE_GT || op == COMPARE_GE)
        return order_sets(arena, op == COMPARE_GT ? COMPARE_LT : COMPARE_LE, b, a);
    return is_subset(arena, a, b) && (op == COMPARE_LE || a->items.count < b->items.count);
}

static bool order_refused(Eval *eval, CompareOperator op, Value left, Value right, SourceRange at,
                          Value *out) {
    static const char *const SYMBOLS[] = {
        [COMPARE_LT] = "<", [COMPARE_LE] = "<=", [COMPARE_GT] = ">", [COMPARE_GE] = ">="};
    if (left.kind == VALUE_INSTANCE || right.kind == VALUE_INSTANCE || left.kind == VALUE_SYMBOL ||
        right.kind == VALUE_SYMBOL || left.kind == VALUE_CONFIG || right.kind == VALUE_CONFIG) {
        *out = eval_opaque(eval, at,
                           arena_printf(eval->arena, "'%s' on %s and %s is not evaluated", SYMBOLS[op],
                                        value_class_name(left), value_class_name(right)));
        return true;
    }
    return RAISE_TYPE(eval, at, "'%s' not supported between instances of '%s' and '%s'", SYMBOLS[op],
                      value_class_name(left), value_class_name(right));
}

static bool order(Eval *eval, CompareOperator op, Value left, Value right, SourceRange at, Value *out) {
    const Opaque *cause = eval_opaque_of(left);
    if (!cause) cause = eval_opaque_of(right);
    if (cause) return give_opaque(eval, cause, out);
    if (left.kind == VALUE_TENSOR || right.kind == VALUE_TENSOR) {
        const DiagMark mark = diag_mark(eval->diags);
        return operator_compare(eval->graph, op, left, right, at, out) || eval_raised(eval, mark);
    }
    if (value_is_number(left) && value_is_number(right)) {
        const int sign = number_order(left, right);
        *out = value_bool(sign != 2 && holds(op, sign));
        return true;
    }
    if (left.kind != right.kind) return order_refused(eval, op, left, right, at, out);
    if (left.kind == VALUE_STR || left.kind == VALUE_BYTES) {
        *out = value_bool(holds(op, value_compare_str(left.as.str, right.as.str)));
        return true;
    }
    if (left.kind == VALUE_TUPLE || (value_is_list(left) && value_is_list(right))) {
        return order_items(eval, op, left, right, at, out);
    }
    if (left.kind == VALUE_SET) {
        cause = value_unknown_inside(left);
        if (!cause) cause = value_unknown_inside(right);
        if (cause) return give_opaque(eval, cause, out);
        *out = value_bool(order_sets(eval->arena, op, left.as.list, right.as.list));
        return true;
    }
    return order_refused(eval, op, left, right, at, out);
}

/* ---- is ---- */

typedef enum Identity { IS_SAME, IS_OTHER, IS_UNSURE } Identity;

/* Names and the like are interned by CPython; other equal strings may be one object or two. */
static Identity identical_strings(const Str *a, const Str *b) {
    if (a == b) return IS_SAME;
    if (value_compare_str(a, b) != 0) return IS_OTHER;
    for (size_t i = 0; i < a->length; i++) {
        const char c = a->data[i];
        const bool word =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        if (!word) return IS_UNSURE;
    }
    return IS_SAME;
}

static Identity identical(Value a, Value b) {
    if (a.kind != b.kind) return IS_OTHER;
    switch (a.kind) {
    case VALUE_INT:
        if (a.as.integer != b.as.integer) return IS_OTHER;
        return a.as.integer >= -5 && a.as.integer <= 256 ? IS_SAME : IS_UNSURE;
    case VALUE_BOOL: return a.as.boolean == b.as.boolean ? IS_SAME : IS_OTHER;
    case VALUE_FLOAT: return a.as.real == b.as.real || a.as.real != a.as.real ? IS_UNSURE : IS_OTHER;
    case VALUE_STR: return identical_strings(a.as.str, b.as.str);
    case VALUE_BYTES: return value_equal(a, b) ? IS_UNSURE : IS_OTHER;
    case VALUE_LIST:
    case VALUE_SET: return a.as.list == b.as.list ? IS_SAME : IS_OTHER;
    case VALUE_DICT: return a.as.dict == b.as.dict ? IS_SAME : IS_OTHER;
    case VALUE_TUPLE:
        if (a.as.list == b.as.list || (a.as.list->items.count == 0 && b.as.list->items.count == 0))
            return IS_SAME;
        return value_equal(a, b) ? IS_UNSURE : IS_OTHER; /* equal constants may be one object */
    case VALUE_RANGE: return a.as.range == b.as.range ? IS_SAME : IS_OTHER;
    case VALUE_SLICE: return a.as.slice == b.as.slice ? IS_SAME : IS_OTHER;
    case VALUE_CONFIG: return a.as.config == b.as.config ? IS_SAME : IS_OTHER;
    case VALUE_METHOD: return IS_UNSURE; /* a new object at each reading, the same where it was kept */
    default: return value_equal(a, b) ? IS_SAME : IS_OTHER;
    }
}

static bool compare_is(Eval *eval, Value left, Value right, bool negated, SourceRange at, Value *out) {
    /* What is known by its object has an identity even where its content is unknown. */
    if (left.kind == VALUE_OPAQUE) return give_opaque(eval, left.as.opaque, out);
    if (right.kind == VALUE_OPAQUE) return give_opaque(eval, right.as.opaque, out);
    const Identity identity = identical(left, right);
    if (identity == IS_UNSURE) {
        *out = eval_opaque(eval, at, "whether two equal values are one object depends on the Python in use");
        return true;
    }
    *out = value_bool((identity == IS_SAME) != negated);
    return true;
}

/* ---- in ---- */

static bool contains_text(Eval *eval, Value container, Value item, SourceRange at, Value *out) {
    if (item.kind != VALUE_STR) {
        return RAISE_TYPE(eval, at, "'in <string>' requires string as left operand, not %s",
                          value_class_name(item));
    }
    *out = value_bool(str_find(container.as.str, item.as.str, 0) != SIZE_MAX);
    return true;
}

static bool contains_item(Eval *eval, const List *list, Value item, SourceRange at, Value *out) {
    const Opaque *unsure = NULL;
    for (size_t i = 0; i < list->items.count; i++) {
        Value same;
        if (!equal(eval, list->items.at[i], item, at, &same)) return false;
        if (same.kind == VALUE_OPAQUE) {
            unsure = same.as.opaque;
        } else if (same.as.boolean) {
            *out = same;
            return true;
        }
    }
    if (unsure) return give_opaque(eval, unsure, out);
    *out = value_bool(false);
    return true;
}

static bool range_holds(const Range *range, int64_t wanted) {
    const uint64_t length = range_length(range);
    if (length == 0) return false;
    if (range->step > 0 ? wanted < range->start || wanted >= range->stop
                        : wanted > range->start || wanted <= range->stop) {
        return false;
    }
    const uint64_t distance = range->step > 0 ? (uint64_t)wanted - (uint64_t)range->start
                                              : (uint64_t)range->start - (uint64_t)wanted;
    return distance % (range->step > 0 ? (uint64_t)range->step : 0 - (uint64_t)range->step) == 0;
}

static bool contains_number(const Range *range, Value item) {
    int64_t wanted;
    if (value_as_int(item, &wanted)) return range_holds(range, wanted);
    if (item.kind != VALUE_FLOAT || item.as.real < -0x1p63 || item.as.real >= 0x1p63) return false;
    wanted = (int64_t)item.as.real;
    return (double)wanted == item.as.real && range_holds(range, wanted);
}

/* `in` takes items from an iterator up to the first that is equal. */
static bool contains_next(Eval *eval, List *iterator, Value item, SourceRange at, Value *out) {
    *out = value_bool(false);
    for (bool more = true; !out->as.boolean;) {
        Value next;
        if (!iterate_next(eval, iterator, at, &next, &more)) return false;
        if (iterator->opaque) return give_opaque(eval, iterator->opaque, out);
        if (!more) return true;
        if (!equal(eval, item, next, at, out)) return false;
        if (out->kind == VALUE_BOOL) continue;
        iterator->opaque = eval_opaque_of(*out); /* where it stands now is unknown */
        return true;
    }
    return true;
}

bool value_contains(Eval *eval, Value container, Value item, SourceRange at, Value *out) {
    const Opaque *cause = eval_opaque_of(container);
    if (!cause && (container.kind == VALUE_DICT || container.kind == VALUE_SET)) cause = key_unknown(item);
    if (!cause && item.kind == VALUE_OPAQUE) cause = item.as.opaque;
    if (cause) return give_opaque(eval, cause, out);
    List *items;
    if (container.kind == VALUE_LIST && container.as.list->lazy)
        return contains_next(eval, container.as.list, item, at, out);
    switch (container.kind) {
    case VALUE_STR: return contains_text(eval, container, item, at, out);
    case VALUE_DICT:
        if (!require_hashable(eval, item, at)) return false;
        *out = value_bool(value_dict_find(eval->arena, container.as.dict, item) != NULL);
        return true;
    case VALUE_SET:
        if (item.kind != VALUE_SET && !require_hashable(eval, item, at)) return false;
        return contains_item(eval, container.as.list, item, at, out);
    case VALUE_RANGE: *out = value_bool(contains_number(container.as.range, item)); return true;
    case VALUE_LIST:
    case VALUE_TUPLE:
    case VALUE_INSTANCE:
    case VALUE_HISTORY:
        if (!eval_iterate(eval, container, at, &items)) return false;
        if (items->opaque) return give_opaque(eval, items->opaque, out);
        return eval_charge(eval, at, items->items.count) && contains_item(eval, items, item, at, out);
    case VALUE_SYMBOL:
    case VALUE_CONFIG:
    case VALUE_NAMESPACE:
    case VALUE_CLASS:
        *out = eval_opaque(
            eval, at, arena_printf(eval->arena, "'in' on %s is not evaluated", value_class_name(container)));
        return true;
    default:
        return RAISE_TYPE(eval, at, "argument of type '%s' is not iterable", value_class_name(container));
    }
}

bool value_compare(Eval *eval, CompareOperator op, Value left, Value right, SourceRange at, Value *out) {
    switch (op) {
    case COMPARE_EQ: return equal(eval, left, right, at, out);
    case COMPARE_NE:
        if (left.kind == VALUE_TENSOR || right.kind == VALUE_TENSOR)
            return order(eval, op, left, right, at, out);
        if (!equal(eval, left, right, at, out)) return false;
        if (out->kind == VALUE_BOOL) out->as.boolean = !out->as.boolean;
        return true;
    case COMPARE_IS: return compare_is(eval, left, right, false, at, out);
    case COMPARE_IS_NOT: return compare_is(eval, left, right, true, at, out);
    case COMPARE_IN: return value_contains(eval, right, left, at, out);
    case COMPARE_NOT_IN:
        if (!value_contains(eval, right, left, at, out)) return false;
        if (out->kind == VALUE_BOOL) out->as.boolean = !out->as.boolean;
        return true;
    default: return order(eval, op, left, right, at, out);
    }
}

/* object[index]: reading, storing and deleting, with slices, on lists, tuples, strings, ranges and dicts. */
#include <string.h>

#include "base/checked.h"
#include "elaborate/value_ops_parts.h"
#include "layers/operators.h"

/* ---- slices ---- */

uint64_t range_length(const Range *range) {
    if (range->step > 0) {
        if (range->start >= range->stop) return 0;
        return ((uint64_t)range->stop - (uint64_t)range->start - 1) / (uint64_t)range->step + 1;
    }
    if (range->start <= range->stop) return 0;
    return ((uint64_t)range->start - (uint64_t)range->stop - 1) / (0 - (uint64_t)range->step) + 1;
}

static bool slice_part(Eval *eval, Value part, int64_t fallback, SourceRange at, int64_t *out) {
    *out = fallback;
    if (part.kind == VALUE_NONE || value_as_int(part, out)) return true;
    return RAISE_TYPE(eval, at, "slice indices must be integers or None or have an __index__ method");
}

static int64_t clamp_bound(int64_t bound, int64_t length, bool backwards) {
    if (bound < 0) {
        bound += length;
        if (bound < 0) return backwards ? -1 : 0;
    }
    if (bound >= length) return backwards ? length - 1 : length;
    return bound;
}

bool slice_bounds(Eval *eval, const Slice *slice, int64_t length, SourceRange at, SliceBounds *out) {
    int64_t step, start, stop;
    if (!slice_part(eval, slice->step, 1, at, &step)) return false;
    if (step == 0) return RAISE_VALUE(eval, at, "slice step cannot be zero");
    if (step == INT64_MIN) step++; /* as CPython: so that it can be negated */
    const bool backwards = step < 0;
    if (!slice_part(eval, slice->start, backwards ? INT64_MAX : 0, at, &start)) return false;
    if (!slice_part(eval, slice->stop, backwards ? INT64_MIN : INT64_MAX, at, &stop)) return false;
    start = clamp_bound(start, length, backwards);
    stop = clamp_bound(stop, length, backwards);
    const Range range = {start, stop, step};
    *out = (SliceBounds){start, stop, step, (int64_t)range_length(&range)};
    return true;
}

static const Opaque *index_unknown(Value index) {
    if (index.kind != VALUE_SLICE) return key_unknown(index);
    const Opaque *cause = eval_opaque_of(index.as.slice->start);
    if (!cause) cause = eval_opaque_of(index.as.slice->stop);
    return cause ? cause : eval_opaque_of(index.as.slice->step);
}

/* ---- reading ---- */

/* An index made 0..length-1, or an exception. `noun` is how Python calls the sequence in its messages. */
static bool sequence_index(Eval *eval, Value index, uint64_t length, const char *noun, SourceRange at,
                           uint64_t *out) {
    int64_t i;
    if (!value_as_int(index, &i)) {
        if (strcmp(noun, "string") == 0) {
            return RAISE_TYPE(eval, at, "string indices must be integers, not '%s'", value_class_name(index));
        }
        return RAISE_TYPE(eval, at, "%s indices must be integers or slices, not %s",
                          strcmp(noun, "range object") == 0 ? "range" : noun, value_class_name(index));
    }
    if (i < 0 ? 0 - (uint64_t)i > length : (uint64_t)i >= length) {
        return RAISE_INDEX(eval, at, "%s index out of range", noun);
    }
    *out = i < 0 ? length - (0 - (uint64_t)i) : (uint64_t)i;
    return true;
}

static bool items_subscript(Eval *eval, Value object, Value index, SourceRange at, Value *out) {
    const List *list = object.as.list;
    if (index.kind != VALUE_SLICE) {
        uint64_t i = 0;
        const char *noun = object.kind == VALUE_LIST ? "list" : "tuple";
        if (!sequence_index(eval, index, list->items.count, noun, at, &i)) return false;
        *out = list->items.at[i];
        return true;
    }
    SliceBounds bounds;
    if (!slice_bounds(eval, index.as.slice, (int64_t)list->items.count, at, &bounds)) return false;
    if (!eval_charge(eval, at, (uint64_t)bounds.count)) return false;
    *out = value_list_new(eval->arena, object.kind);
    for (int64_t i = 0; i < bounds.count; i++) {
        value_list_push(eval->arena, *out, list->items.at[bounds.start + i * bounds.step]);
    }
    return true;
}

static bool str_subscript(Eval *eval, Value object, Value index, SourceRange at, Value *out) {
    const Str *str = object.as.str;
    const int64_t length = str_length(str);
    SliceBounds bounds = {.step = 1, .count = 1};
    if (index.kind == VALUE_SLICE) {
        if (!slice_bounds(eval, index.as.slice, length, at, &bounds)) return false;
    } else {
        uint64_t i;
        if (!sequence_index(eval, index, (uint64_t)length, "string", at, &i)) return false;
        bounds.start = (int64_t)i;
    }
    if (!eval_charge(eval, at, (uint64_t)bounds.count)) return false;
    const bool ascii = length == (int64_t)str->length;
    Text text = text_new(eval->arena);
    for (int64_t i = 0; i < bounds.count; i++) {
        const int64_t place = bounds.start + i * bounds.step;
        const size_t offset = ascii ? (size_t)place : str_offset(str, place);
        text_add_n(&text, str->data + offset, str_step(str, offset));
    }
    *out = value_from_text(eval->arena, &text);
    return true;
}

static bool bytes_subscript(Eval *eval, Value object, Value index, SourceRange at, Value *out) {
    const Str *str = object.as.str;
    uint64_t i;
    if (index.kind != VALUE_SLICE) {
        if (!sequence_index(eval, index, str->length, "byte", at, &i)) return false;
        *out = value_int((unsigned char)str->data[i]);
        return true;
    }
    SliceBounds bounds;
    if (!slice_bounds(eval, index.as.slice, (int64_t)str->length, at, &bounds)) return false;
    Text text = text_new(eval->arena);
    for (int64_t k = 0; k < bounds.count; k++) text_char(&text, str->data[bounds.start + k * bounds.step]);
    *out = value_from_text(eval->arena, &text);
    out->kind = VALUE_BYTES;
    return true;
}

static bool range_subscript(Eval *eval, Value object, Value index, SourceRange at, Value *out) {
    const Range *range = object.as.range;
    const uint64_t length = range_length(range);
    if (index.kind != VALUE_SLICE) {
        uint64_t i;
        if (!sequence_index(eval, index, length, "range object", at, &i)) return false;
        *out = value_int((int64_t)((uint64_t)range->start + i * (uint64_t)range->step));
        return true;
    }
    SliceBounds bounds;
    if (length > INT64_MAX / 2) return number_too_large(eval, at, out);
    if (!slice_bounds(eval, index.as.slice, (int64_t)length, at, &bounds)) return false;
    int64_t step, first, stop; /* as CPython: bounds that select nothing are kept too */
    if (!checked_mul(range->step, bounds.step, &step) || !checked_mul(range->step, bounds.start, &first) ||
        !checked_add(range->start, first, &first) || !checked_mul(range->step, bounds.stop, &stop) ||
        !checked_add(range->start, stop, &stop)) {
        return number_too_large(eval, at, out);
    }
    Range *part = ARENA_NEW(eval->arena, Range);
    *part = (Range){first, stop, step};
    *out = (Value){.kind = VALUE_RANGE, .as.range = part};
    return true;
}

static bool dict_subscript(Eval *eval, Value object, Value index, SourceRange at, Value *out) {
    if (!require_hashable(eval, index, at)) return false;
    const DictEntry *entry = value_dict_find(eval->arena, object.as.dict, index);
    if (entry) {
        *out = entry->value;
        return true;
    }
    if (object.as.dict->factory) { /* defaultdict */
        const Arguments none = {.call = at};
        if (!eval_call(eval, *object.as.dict->factory, &none, out)) return false;
        value_dict_put(eval->arena, object.as.dict, index, *out);
        return true;
    }
    return RAISE_KEY(eval, at, "%s", value_repr(eval->arena, index));
}

static bool subscript_refused(Eval *eval, Value object, SourceRange at, Value *out) {
    switch (object.kind) {
    case VALUE_SYMBOL:
    case VALUE_CONFIG:
    case VALUE_NAMESPACE:
    case VALUE_CLASS:
    case VALUE_INSTANCE:
    case VALUE_LAYER_CLASS:
    case VALUE_DTYPE:
    case VALUE_BUILTIN: /* list[int], Optional[str] */
        *out = eval_opaque(
            eval, at,
            arena_printf(eval->arena, "a subscript of %s is not evaluated", value_class_name(object)));
        return true;
    default: return RAISE_TYPE(eval, at, "'%s' object is not subscriptable", value_class_name(object));
    }
}

bool value_subscript(Eval *eval, Value object, Value index, SourceRange at, Value *out) {
    const Opaque *cause = eval_opaque_of(object);
    if (!cause) cause = index_unknown(index);
    if (cause) {
        *out = eval_opaque_from(eval, cause);
        return true;
    }
    if (object.kind == VALUE_HISTORY) object = value_history_tuple(eval->arena, object);
    switch (object.kind) {
    case VALUE_TUPLE: return items_subscript(eval, object, index, at, out);
    case VALUE_LIST:
        if (value_is_list(object)) return items_subscript(eval, object, index, at, out);
        return subscript_refused(eval, object, at, out);
    case VALUE_STR: return str_subscript(eval, object, index, at, out);
    case VALUE_BYTES: return bytes_subscript(eval, object, index, at, out);
    case VALUE_RANGE: return range_subscript(eval, object, index, at, out);
    case VALUE_DICT: return dict_subscript(eval, object, index, at, out);
    case VALUE_TENSOR: {
        const DiagMark mark = diag_mark(eval->diags);
        return operator_subscript(eval->graph, object.as.tensor, index, at, out) || eval_raised(eval, mark);
    }
    default: return subscript_refused(eval, object, at, out);
    }
}

/* ---- storing and deleting ---- */

/* Replaces items [from, to) of the list by others. */
static void replace_items(Eval *eval, List *list, size_t from, size_t to, const Value *others, size_t count) {
    const size_t after = list->items.count - to, total = from + count + after;
    Value *fresh = ARENA_ARRAY(eval->arena, Value, total); /* a new array: `others` may lie in the old one */
    if (from > 0) memcpy(fresh, list->items.at, from * sizeof *fresh);
    if (count > 0) memcpy(fresh + from, others, count * sizeof *fresh);
    if (after > 0) memcpy(fresh + from + count, list->items.at + to, after * sizeof *fresh);
    list->items.at = fresh;
    list->items.count = list->items.capacity = total;
}

static bool store_slice(Eval *eval, List *list, const Slice *slice, Value value, SourceRange at) {
    List *items;
    SliceBounds bounds;
    if (value.kind != VALUE_STR && !value_has_items(value) && value.kind != VALUE_DICT &&
        value.kind != VALUE_RANGE && value.kind != VALUE_OPAQUE && value.kind != VALUE_INSTANCE) {
        return RAISE_TYPE(eval, at, "can only assign an iterable");
    }
    if (!slice_bounds(eval, slice, (int64_t)list->items.count, at, &bounds)) return false;
    if (!eval_iterate(eval, value, at, &items)) return false;
    if (items->opaque) {
        eval_spoil(eval, (Value){.kind = VALUE_LIST, .as.list = list}, items->opaque);
        return true;
    }
    if (!eval_charge(eval, at, list->items.count + items->items.count)) return false;
    const size_t count = items->items.count;
    if (bounds.step == 1) {
        replace_items(eval, list, (size_t)bounds.start, (size_t)(bounds.start + bounds.count),
                      items->items.at, count);
        return true;
    }
    if (count != (size_t)bounds.count) {
        return RAISE_VALUE(eval, at, "attempt to assign sequence of size %zu to extended slice of size %lld",
                           count, (long long)bounds.count);
    }
    for (size_t i = 0; i < count; i++) {
        list->items.at[bounds.start + (int64_t)i * bounds.step] = items->items.at[i];
    }
    return true;
}

static bool delete_slice(Eval *eval, List *list, const Slice *slice, SourceRange at) {
    SliceBounds bounds;
    if (!slice_bounds(eval, slice, (int64_t)list->items.count, at, &bounds)) return false;
    if (bounds.step < 0 && bounds.count > 0) { /* the same items from the front */
        bounds.start += (bounds.count - 1) * bounds.step;
        bounds.step = -bounds.step;
    }
    size_t kept = 0;
    for (int64_t i = 0, gone = 0; i < (int64_t)list->items.count; i++) {
        if (gone < bounds.count && i == bounds.start + gone * bounds.step)
            gone++;
        else
            list->items.at[kept++] = list->items.at[i];
    }
    list->items.count = kept;
    return true;
}

/* True where the object takes stores; else the answer is in *done. */
static bool takes_stores(Eval *eval, Value object, Value index, const char *verb, SourceRange at,
                         bool *done) {
    *done = true;
    const Opaque *cause = eval_opaque_of(object);
    if (cause) return false;
    if (value_is_list(object) || object.kind == VALUE_DICT) {
        cause = index_unknown(index);
        if (!cause) return true;
        eval_spoil(eval, object, cause);
        return false;
    }
    if (object.kind == VALUE_INSTANCE || object.kind == VALUE_CONFIG || object.kind == VALUE_NAMESPACE) {
        eval_spoil(eval, object, eval_opaque(eval, at, "this store is not evaluated").as.opaque);
        return false;
    }
    *done = RAISE_TYPE(eval, at, "'%s' object does%s support item %s", value_class_name(object),
                       strcmp(verb, "deletion") == 0 ? "n't" : " not", verb);
    return false;
}

bool value_store_subscript(Eval *eval, Value object, Value index, Value value, SourceRange at) {
    bool done;
    if (!takes_stores(eval, object, index, "assignment", at, &done)) return done;
    if (object.kind == VALUE_DICT) {
        if (!require_hashable(eval, index, at)) return false;
        value_dict_put(eval->arena, object.as.dict, index, value);
        return true;
    }
    List *list = object.as.list;
    if (index.kind == VALUE_SLICE) return store_slice(eval, list, index.as.slice, value, at);
    int64_t i;
    if (value_as_int(index, &i)) {
        const int64_t n = (int64_t)list->items.count;
        if (i < -n || i >= n) return RAISE_INDEX(eval, at, "list assignment index out of range");
        list->items.at[i < 0 ? i + n : i] = value;
        return true;
    }
    return RAISE_TYPE(eval, at, "list indices must be integers or slices, not %s", value_class_name(index));
}

bool value_delete_subscript(Eval *eval, Value object, Value index, SourceRange at) {
    bool done;
    if (!takes_stores(eval, object, index, "deletion", at, &done)) return done;
    if (object.kind == VALUE_DICT) {
        Value removed;
        if (!require_hashable(eval, index, at)) return false;
        if (value_dict_remove(eval->arena, object.as.dict, index, &removed)) return true;
        return RAISE_KEY(eval, at, "%s", value_repr(eval->arena, index));
    }
    List *list = object.as.list;
    if (index.kind == VALUE_SLICE) return delete_slice(eval, list, index.as.slice, at);
    int64_t i;
    if (value_as_int(index, &i)) {
        const int64_t n = (int64_t)list->items.count;
        if (i < -n || i >= n) return RAISE_INDEX(eval, at, "list assignment index out of range");
        if (i < 0) i += n;
        replace_items(eval, list, (size_t)i, (size_t)i + 1, NULL, 0);
        return true;
    }
    return RAISE_TYPE(eval, at, "list indices must be integers or slices, not %s", value_class_name(index));
}

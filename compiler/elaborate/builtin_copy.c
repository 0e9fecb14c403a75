/* copy.copy and copy.deepcopy of lists, tuples, dicts and sets. Copies of layers, tensors and iterators are
 * not evaluated.
 *
 * Invariant: an object that stands twice in the original is copied once, as Python's memo has it.
 */
#include <string.h>

#include "elaborate/eval_parts.h"

typedef struct Copying {
    Eval *eval;
    SourceRange at;
    VEC(Value) from, to; /* the containers copied so far */
    const Opaque *unknown;
} Copying;

static bool copy_value(Copying *copying, Value value, Value *out);

static bool copied_before(const Copying *copying, Value value, Value *out) {
    for (size_t i = 0; i < copying->from.count; i++) {
        const Value from = copying->from.at[i];
        const bool same =
            value.kind == from.kind &&
            (value.kind == VALUE_DICT ? value.as.dict == from.as.dict : value.as.list == from.as.list);
        if (!same) continue;
        *out = copying->to.at[i];
        return true;
    }
    return false;
}

static void remember(Copying *copying, Value from, Value to) {
    vec_push(copying->eval->arena, &copying->from, from);
    vec_push(copying->eval->arena, &copying->to, to);
}

static bool copy_list(Copying *copying, Value value, Value *out) {
    *out = value_list_new(copying->eval->arena, value.kind);
    out->as.list->type = value.as.list->type;
    if (value.kind != VALUE_TUPLE) remember(copying, value, *out);
    for (size_t i = 0; i < value.as.list->items.count && !copying->unknown; i++) {
        Value item;
        if (!copy_value(copying, value.as.list->items.at[i], &item)) return false;
        if (value.kind == VALUE_SET)
            value_set_add(copying->eval->arena, *out, item);
        else
            value_list_push(copying->eval->arena, *out, item);
    }
    if (value.kind == VALUE_TUPLE) remember(copying, value, *out);
    return true;
}

static bool copy_dict(Copying *copying, Value value, Value *out) {
    const Dict *dict = value.as.dict;
    *out = value_dict_new(copying->eval->arena);
    out->as.dict->factory = dict->factory;
    out->as.dict->type = dict->type;
    remember(copying, value, *out);
    for (size_t i = 0; i < dict->entries.count && !copying->unknown; i++) {
        Value item;
        if (!copy_value(copying, dict->entries.at[i].value, &item)) return false;
        value_dict_put(copying->eval->arena, out->as.dict, dict->entries.at[i].key, item);
    }
    return true;
}

static bool not_copied(Copying *copying, Value value) {
    const char *reason =
        eval_str(copying->eval, "copies of %s objects are not evaluated", value_class_name(value));
    copying->unknown = eval_opaque(copying->eval, copying->at, reason).as.opaque;
    return true;
}

static bool is_plain_list(Value value) {
    return value.kind == VALUE_TUPLE || value.kind == VALUE_SET ||
           (value.kind == VALUE_LIST && !value.as.list->type);
}

static bool copy_value(Copying *copying, Value value, Value *out) {
    Eval *eval = copying->eval;
    *out = value;
    if (eval_opaque_of(value)) {
        copying->unknown = eval_opaque_of(value);
        return true;
    }
    if (value.kind == VALUE_LAYER || value.kind == VALUE_TENSOR || value.kind == VALUE_HISTORY)
        return not_copied(copying, value);
    if (!is_plain_list(value) && value.kind != VALUE_DICT)
        return value.kind != VALUE_LIST || not_copied(copying, value);
    if (copied_before(copying, value, out)) return true;
    if (!eval_charge(eval, copying->at, 1 + copying->from.count / 8) || !eval_enter(eval, copying->at))
        return false;
    const bool ok =
        value.kind == VALUE_DICT ? copy_dict(copying, value, out) : copy_list(copying, value, out);
    eval_leave(eval);
    return ok;
}

static bool finish(Copying *copying, const Arguments *arguments, Value *out) {
    if (copying->unknown) *out = eval_opaque_holding(copying->eval, copying->unknown, arguments);
    return true;
}

bool eval_deepcopy(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    (void)self;
    Copying copying = {.eval = eval, .at = arguments->call};
    if (arguments->count != 1) return not_copied(&copying, value_none()) && finish(&copying, arguments, out);
    return copy_value(&copying, arguments->at[0].value, out) && finish(&copying, arguments, out);
}

bool eval_copy(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    (void)self;
    Copying copying = {.eval = eval, .at = arguments->call};
    const Value value = arguments->count == 1 ? arguments->at[0].value : value_none();
    const Opaque *cause = eval_opaque_of(value);
    *out = value;
    if (cause || value.kind == VALUE_LAYER || value.kind == VALUE_TENSOR || arguments->count != 1 ||
        (value.kind == VALUE_LIST && value.as.list->type)) {
        (void)not_copied(&copying, value);
        if (cause) copying.unknown = cause;
        return finish(&copying, arguments, out);
    }
    if (value.kind == VALUE_LIST || value.kind == VALUE_SET) {
        *out = value_list_new(eval->arena, value.kind);
        out->as.list->type = value.as.list->type;
        for (size_t i = 0; i < value.as.list->items.count; i++) {
            const Value item = value.as.list->items.at[i];
            if (value.kind == VALUE_SET)
                value_set_add(eval->arena, *out, item);
            else
                value_list_push(eval->arena, *out, item);
        }
    } else if (value.kind == VALUE_DICT) {
        *out = value_dict_new(eval->arena);
        out->as.dict->factory = value.as.dict->factory;
        out->as.dict->type = value.as.dict->type;
        for (size_t i = 0; i < value.as.dict->entries.count; i++)
            value_dict_put(eval->arena, out->as.dict, value.as.dict->entries.at[i].key,
                           value.as.dict->entries.at[i].value);
    }
    return eval_charge(eval, arguments->call, 1);
}

/* Calls: arguments evaluated and stars expanded, then the callee's kind decides.
 *
 * Invariant: a callee that is not evaluated is taken to do the most that it could (eval_skip.c's skip_call),
 * and its result is opaque.
 */
#include <string.h>

#include "elaborate/classes.h"
#include "elaborate/iterate.h"
#include "elaborate/special.h"

typedef VEC(Argument) ArgumentVec;

typedef struct Gathering {
    ArgumentVec positional, keywords;
    const Opaque *unknown; /* a star argument whose items are unknown */
} Gathering;

static bool gather_star(Eval *eval, const CallArgument *written, Value value, Gathering *all) {
    List *items;
    const Opaque *unordered = iterate_unordered(eval, value, written->value->at);
    if (unordered) value = eval_value_of(unordered);
    if (!eval_iterate(eval, value, written->value->at, &items)) return false;
    if (items->opaque) {
        all->unknown = items->opaque;
        vec_push(eval->arena, &all->positional, ((Argument){.value = value, .at = written->value->at}));
        return true;
    }
    for (size_t i = 0; i < items->items.count; i++)
        vec_push(eval->arena, &all->positional,
                 ((Argument){.value = items->items.at[i], .at = written->value->at}));
    return eval_charge(eval, written->value->at, items->items.count);
}

static bool gather_double_star(Eval *eval, const CallArgument *written, Value value, Gathering *all) {
    const SourceRange at = written->value->at;
    const Opaque *cause = eval_opaque_of(value);
    if (cause) {
        all->unknown = cause;
        vec_push(eval->arena, &all->positional, ((Argument){.value = value, .at = at}));
        return true;
    }
    if (value.kind != VALUE_DICT)
        return eval_raise(eval, E320, NULL, at, "argument after ** must be a mapping, not %s",
                          value_class_name(value));
    for (size_t i = 0; i < value.as.dict->entries.count; i++) {
        const DictEntry *entry = &value.as.dict->entries.at[i];
        const char *keyword = value_c_str(entry->key);
        if (!keyword) return eval_raise(eval, E320, NULL, at, "keywords must be strings");
        vec_push(eval->arena, &all->keywords,
                 ((Argument){.keyword = keyword, .value = entry->value, .at = at, .keyword_at = at}));
    }
    return true;
}

static bool gather_one(Eval *eval, const CallArgument *written, Gathering *all) {
    Value value;
    if (!eval_expression(eval, written->value, &value)) return false;
    if (written->kind == ARGUMENT_STAR) return gather_star(eval, written, value, all);
    if (written->kind == ARGUMENT_DOUBLE_STAR) return gather_double_star(eval, written, value, all);
    Argument argument = {.value = value, .at = written->value->at};
    if (written->kind == ARGUMENT_KEYWORD) {
        argument.keyword = written->keyword.text;
        argument.keyword_at = written->keyword.at;
        vec_push(eval->arena, &all->keywords, argument);
    } else {
        vec_push(eval->arena, &all->positional, argument);
    }
    return true;
}

static bool check_repeats(Eval *eval, const Gathering *all) {
    for (size_t i = 1; i < all->keywords.count; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(all->keywords.at[i].keyword, all->keywords.at[k].keyword) == 0)
                return eval_raise(eval, E303, NULL, all->keywords.at[i].keyword_at,
                                  "got multiple values for keyword argument '%s'",
                                  all->keywords.at[i].keyword);
    return true;
}

/* A call whose arguments are not all known, by any callee but our own functions' own handling of opaque ones.
 */
static bool call_unknown(Eval *eval, Value callee, const Arguments *arguments, const Opaque *cause,
                         Value *out) {
    skip_call(eval, callee, arguments, cause);
    *out = eval_opaque_holding(eval, cause, arguments);
    return true;
}

bool eval_call_expression(Eval *eval, const Expr *expr, Value *out) {
    Value callee;
    Gathering all = {0};
    if (!eval_expression(eval, expr->as.call.callee, &callee)) return false;
    all.positional.capacity =
        expr->as.call.arguments.count; /* which the graph keeps: no more than it needs */
    all.positional.at = ARENA_ARRAY(eval->arena, Argument, all.positional.capacity);
    for (size_t i = 0; i < expr->as.call.arguments.count; i++)
        if (!gather_one(eval, &expr->as.call.arguments.at[i], &all)) return false;
    if (!check_repeats(eval, &all)) return false;
    for (size_t i = 0; i < all.keywords.count; i++)
        vec_push(eval->arena, &all.positional, all.keywords.at[i]);
    Arguments *arguments = ARENA_NEW(eval->arena, Arguments); /* the graph keeps them */
    *arguments = (Arguments){all.positional.at, all.positional.count, expr->at};
    if (all.unknown) return call_unknown(eval, callee, arguments, all.unknown, out);
    return eval_call(eval, callee, arguments, out);
}

bool eval_call_values(Eval *eval, Value callee, const Value *values, size_t count, SourceRange at,
                      Value *out) {
    Argument *list = ARENA_ARRAY(eval->arena, Argument, count);
    for (size_t i = 0; i < count; i++) list[i] = (Argument){.value = values[i], .at = at};
    Arguments *arguments = ARENA_NEW(eval->arena, Arguments);
    *arguments = (Arguments){list, count, at};
    return eval_call(eval, callee, arguments, out);
}

/* ---- builtins and methods ---- */

static bool call_builtin(Eval *eval, const Builtin *builtin, const Arguments *arguments, Value *out) {
    if (!builtin->call) {
        *out = eval_opaque(eval, arguments->call, eval_str(eval, "%s() is not evaluated", builtin->name));
        skip_call(eval, value_builtin(builtin), arguments, out->as.opaque);
        return true;
    }
    bool found;
    if (!special_builtin(eval, builtin->name, arguments, out, &found)) return false;
    if (found) return true;
    const DiagMark mark = diag_mark(eval->diags);
    if (!eval_checked(eval, mark, builtin_call(eval, builtin, arguments, out))) return false;
    if (value_is_opaque(*out)) { /* map(f, unknown): f may have run */
        skip_call(eval, value_builtin(builtin), arguments, out->as.opaque);
        *out = eval_opaque_holding(eval, out->as.opaque, arguments);
    }
    return true;
}

static bool call_method(Eval *eval, Method *method, const Arguments *arguments, Value *out) {
    const Value self = method->self;
    const Opaque *cause = eval_opaque_of(self);
    if (cause && !skip_is_quiet_method(method->name))
        return call_unknown(eval, eval_value_of(cause), arguments, cause, out);
    if (method->function) return instance_call_method(eval, method, arguments, out);
    if (self.kind == VALUE_INSTANCE && self.as.instance->after)
        return super_method(eval, self.as.instance, method->name, arguments, out);
    if (self.kind == VALUE_CONFIG) return instance_property(eval, method, arguments, out);
    if (self.kind == VALUE_LAYER) return layer_method(eval, self.as.layer, method->name, arguments, out);
    if (self.kind == VALUE_TENSOR && (cause = eval_arguments_opaque(arguments))) {
        *out = eval_opaque_from(eval, cause);
        return true;
    }
    const DiagMark mark = diag_mark(eval->diags);
    if (!eval_checked(eval, mark, value_method_call(eval, self, method->name, arguments, out))) return false;
    if (!value_is_opaque(*out)) return true;
    /* table.get(unknown): one of the items; items.pop(unknown): any of them is gone */
    const Value called = {.kind = VALUE_METHOD, .as.method = method};
    const Argument holder = {.value = self, .at = arguments->call};
    const Arguments held = {&holder, 1, arguments->call};
    cause = out->as.opaque;
    if (eval_arguments_opaque(arguments)) skip_call(eval, called, arguments, cause);
    *out = eval_opaque_holding(eval, cause, &held);
    return true;
}

/* object(...), where its class has __call__. */
static bool instance_called(Eval *eval, Value callee, const Arguments *arguments, Value *out, bool *found) {
    Value method;
    const Instance *instance = instance_of(callee);
    *found = instance && !instance->after && class_find(instance->class_, NULL, "__call__", &method) &&
             method.kind == VALUE_FUNCTION && !eval_opaque_of(callee);
    if (!*found) return true;
    return eval_call(eval, instance_bind(eval, callee, method.as.function), arguments, out);
}

static const char *describe(Eval *eval, Value value) {
    if (value.kind == VALUE_NAMESPACE) return "'module' object";
    return eval_str(eval, "'%s' object", value_class_name(value));
}

/* Layers, models and functions of Keras read the items of their arguments; all others ask for them. */
static bool reads_items(Value callee) {
    switch (callee.kind) {
    case VALUE_LAYER:
    case VALUE_LAYER_CLASS:
    case VALUE_SYMBOL: return true;
    case VALUE_METHOD: return callee.as.method->self.kind == VALUE_LAYER;
    case VALUE_BUILTIN: return strncmp(callee.as.builtin->name, "keras.", 6) == 0;
    default: return false;
    }
}

/* int, float, bool and str as the element types that Keras takes them for. */
static Value as_dtype(Value value) {
    static const struct {
        const char *name;
        DType dtype;
    } TYPES[] = {{"int", DTYPE_INT64}, {"float", DTYPE_FLOAT32}, {"bool", DTYPE_BOOL}, {"str", DTYPE_STRING}};
    for (size_t i = 0; i < sizeof TYPES / sizeof TYPES[0] && value.kind == VALUE_BUILTIN; i++)
        if (strcmp(value.as.builtin->name, TYPES[i].name) == 0) return value_dtype(TYPES[i].dtype);
    return value;
}

static const Arguments *with_dtypes(Eval *eval, const Arguments *arguments) {
    bool any = false;
    for (size_t i = 0; i < arguments->count; i++) any |= arguments->at[i].value.kind == VALUE_BUILTIN;
    if (!any) return arguments;
    Argument *list = ARENA_ARRAY(eval->arena, Argument, arguments->count);
    Arguments *copy = ARENA_NEW(eval->arena, Arguments);
    *copy = (Arguments){list, arguments->count, arguments->call};
    for (size_t i = 0; i < arguments->count; i++) {
        list[i] = arguments->at[i];
        list[i].value = as_dtype(list[i].value);
    }
    return copy;
}

static bool collect_iterators(Eval *eval, const Arguments *arguments) {
    for (size_t i = 0; i < arguments->count; i++) {
        const Value value = arguments->at[i].value;
        if (value.kind == VALUE_LIST && !iterate_collect(eval, value.as.list, arguments->at[i].at))
            return false;
    }
    return true;
}

bool eval_call(Eval *eval, Value callee, const Arguments *arguments, Value *out) {
    bool found;
    if (!eval_step(eval, arguments->call)) return false;
    if (reads_items(callee)) {
        if (!collect_iterators(eval, arguments)) return false;
        arguments = with_dtypes(eval, arguments);
    }
    switch (callee.kind) {
    case VALUE_FUNCTION: return function_call(eval, callee.as.function, arguments, out);
    case VALUE_BUILTIN: return call_builtin(eval, callee.as.builtin, arguments, out);
    case VALUE_METHOD: return call_method(eval, callee.as.method, arguments, out);
    case VALUE_LAYER:
        if (!instance_called(eval, callee, arguments, out, &found)) return false;
        return found || eval_call_layer(eval, callee.as.layer, arguments, out);
    case VALUE_LAYER_CLASS: return eval_construct(eval, callee.as.layer_class, arguments, out);
    case VALUE_SYMBOL: return eval_call_symbol(eval, callee.as.symbol, arguments, out);
    case VALUE_OPAQUE: return call_unknown(eval, callee, arguments, callee.as.opaque, out);
    case VALUE_CLASS:
        if (callee.as.class_->opaque)
            return call_unknown(eval, callee, arguments, callee.as.class_->opaque, out);
        return class_call(eval, callee.as.class_, arguments, out);
    case VALUE_INSTANCE:
        if (callee.as.instance->opaque)
            return call_unknown(eval, callee, arguments, callee.as.instance->opaque, out);
        if (!instance_called(eval, callee, arguments, out, &found)) return false;
        if (found) return true;
        break;
    case VALUE_CONFIG: { /* an optimizer, loss or initializer at work on data */
        const Value result = eval_opaque_package(
            eval, arguments->call, "calls of %s objects are not evaluated", callee.as.config->symbol);
        return call_unknown(eval, result, arguments, result.as.opaque, out);
    }
    case VALUE_DTYPE: { /* tf.float32(x), np.float32(x) */
        const Value result = eval_opaque_package(eval, arguments->call, "casts by a dtype are not evaluated");
        return call_unknown(eval, result, arguments, result.as.opaque, out);
    }
    default: break;
    }
    eval_raise(eval, E304, NULL, arguments->call, "%s is not callable", describe(eval, callee));
    return false;
}

/* ---- iteration ---- */

bool eval_iterate(Eval *eval, Value value, SourceRange at, List **items) {
    Value list;
    if (!eval_opaque_of(value) && !special_iterable(eval, &value, at)) return false;
    const Opaque *cause = eval_opaque_of(value);
    if (value.kind == VALUE_HISTORY) value = history_tuple(eval, value.as.tensor);
    if (!cause) cause = eval_known_opaque(eval, value, at);
    if (!cause && value.kind == VALUE_TENSOR)
        return eval_raise(eval, E309, "NotImplementedError", at,
                          "Iterating over a symbolic KerasTensor is not supported");
    if (cause) {
        list = eval_opaque_from(eval, cause);
    } else {
        const DiagMark mark = diag_mark(eval->diags);
        if (!eval_checked(eval, mark, value_items(eval, value, at, &list))) return false;
    }
    if (!value_is_opaque(list)) {
        *items = list.as.list;
        return true;
    }
    *items = value_list_new(eval->arena, VALUE_LIST).as.list;
    (*items)->opaque = list.as.opaque;
    return true;
}

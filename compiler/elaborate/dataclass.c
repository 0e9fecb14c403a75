/* Dataclasses: @dataclass makes __init__ from the annotated names of the body, with the values bound there as
 * defaults; and the other decorators that a class may have.
 */
#include "elaborate/dataclass.h"

#include <string.h>

/* ---- @dataclass ---- */

static bool has_name(Value names, Value name) {
    for (size_t i = 0; i < names.as.list->items.count; i++)
        if (value_equal(names.as.list->items.at[i], name)) return true;
    return false;
}

/* The fields of the bases come first, each name once. */
static void make_fields(Eval *eval, Class *class_) {
    Value *fields = ARENA_NEW(eval->arena, Value);
    *fields = value_list_new(eval->arena, VALUE_TUPLE);
    for (size_t i = class_->n_mro; i > 0; i--) {
        const Class *base = class_->mro[i - 1];
        const Value names = base == class_ ? class_->annotated : base->fields ? *base->fields : value_none();
        for (size_t k = 0; names.kind == VALUE_TUPLE && k < names.as.list->items.count; k++)
            if (!has_name(*fields, names.as.list->items.at[k]))
                value_list_push(eval->arena, *fields, names.as.list->items.at[k]);
    }
    class_->fields = fields;
}

/* field(default=..., default_factory=...) */
static bool field_default(Eval *eval, Value fallback, SourceRange at, Value *out, bool *has) {
    *has = true;
    *out = fallback;
    if (fallback.kind != VALUE_CONFIG || strcmp(fallback.as.config->symbol, "dataclasses.field") != 0)
        return true;
    const Arguments *arguments = fallback.as.config->arguments;
    for (size_t i = 0; i < arguments->count; i++) {
        const char *keyword = arguments->at[i].keyword;
        *out = arguments->at[i].value;
        if (keyword && strcmp(keyword, "default") == 0) return true;
        if (keyword && strcmp(keyword, "default_factory") == 0)
            return eval_call_values(eval, *out, NULL, 0, at, out);
    }
    *has = false;
    return true;
}

/* A function with the fields for parameters, so that arguments bind by Python's rules. */
static bool make_signature(Eval *eval, const Class *class_, SourceRange at, struct Function *function) {
    const List *names = class_->fields->as.list;
    Parameter *parameters = ARENA_ARRAY(eval->arena, Parameter, names->items.count);
    Value *defaults = ARENA_ARRAY(eval->arena, Value, names->items.count);
    bool *has = ARENA_ARRAY(eval->arena, bool, names->items.count);
    ParameterList *list = ARENA_NEW(eval->arena, ParameterList);
    for (size_t i = 0; i < names->items.count; i++) {
        Value fallback;
        parameters[i].kind = PARAMETER_ORDINARY;
        parameters[i].name.text = value_c_str(names->items.at[i]);
        if (class_find(class_, NULL, parameters[i].name.text, &fallback) &&
            !field_default(eval, fallback, at, &defaults[i], &has[i]))
            return false;
    }
    *list = (ParameterList){parameters, names->items.count};
    *function = (struct Function){.name = eval_str(eval, "%s.__init__", class_->name),
                                  .parameters = list,
                                  .defaults = defaults,
                                  .has_default = has,
                                  .at = class_->at};
    return true;
}

bool dataclass_init(Eval *eval, Value self, const Arguments *arguments) {
    const Class *class_ = instance_of(self)->class_;
    struct Function function;
    if (!make_signature(eval, class_, arguments->call, &function)) return false;
    Scope *scope = scope_new(eval->arena, SCOPE_FUNCTION, class_->names);
    if (!function_bind(eval, &function, arguments, scope)) return false;
    for (size_t i = 0; i < function.parameters->count; i++) {
        const char *name = function.parameters->at[i].name.text;
        const Cell *cell = map_get(&scope->cells, name);
        if (cell && !instance_store(eval, self, name, cell->value, arguments->call)) return false;
    }
    Value ignored;
    bool found;
    return instance_special(eval, self, "__post_init__", NULL, 0, arguments->call, &ignored, &found);
}

/* ---- decorators ---- */

static bool is_dataclass(Value decorator) {
    return decorator.kind == VALUE_BUILTIN &&
           strcmp(decorator.as.builtin->name, "dataclasses.dataclass") == 0;
}

static bool decorate(Eval *eval, const Expr *decorator, Value *value) {
    Value wrapper;
    if (!eval_expression(eval, decorator, &wrapper)) return false;
    const Opaque *cause = eval_opaque_of(wrapper);
    if (is_dataclass(wrapper)) {
        if (value->kind == VALUE_CLASS) make_fields(eval, value->as.class_);
        return true;
    }
    if (cause && !cause->harmless) {
        eval_spoil(eval, *value, cause);
        eval_spoil(eval, wrapper, cause);
        *value = eval_opaque_from(eval, cause);
        return true;
    }
    if (wrapper.kind != VALUE_FUNCTION && wrapper.kind != VALUE_METHOD) return true;
    return eval_call_values(eval, wrapper, value, 1, decorator->at, value);
}

bool eval_decorate_class(Eval *eval, const Stmt *stmt, Value *value) {
    const ExprList *decorators = &stmt->as.class_.decorators;
    for (size_t i = decorators->count; i > 0; i--)
        if (!decorate(eval, decorators->at[i - 1], value)) return false;
    return true;
}

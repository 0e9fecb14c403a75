/* Functions of the file: made by def and lambda, called with Python's rules of arguments.
 *
 * Invariant: defaults are evaluated once, where the function is made; a call runs in a scope of its own,
 * whose parent is the scope of the def. A function whose body cannot be run (a generator) is opaque, and so
 * is what it returns.
 */
#include <string.h>

#include "base/text.h"
#include "elaborate/classes.h"

static bool eval_defaults(Eval *eval, const ParameterList *parameters, struct Function *function) {
    Value *defaults = ARENA_ARRAY(eval->arena, Value, parameters->count);
    bool *has = ARENA_ARRAY(eval->arena, bool, parameters->count);
    for (size_t i = 0; i < parameters->count; i++) {
        if (!parameters->at[i].fallback) continue;
        if (!eval_expression(eval, parameters->at[i].fallback, &defaults[i])) return false;
        has[i] = true;
    }
    function->defaults = defaults;
    function->has_default = has;
    return true;
}

bool function_make(Eval *eval, const char *name, const ParameterList *parameters, const StmtList *body,
                   const Expr *lambda, SourceRange at, Value *out) {
    struct Function *function = ARENA_NEW(eval->arena, struct Function);
    function->name = name;
    function->parameters = parameters;
    function->body = body;
    function->lambda = lambda;
    function->scope = eval_scope(eval);
    while (function->scope->kind == SCOPE_CLASS) function->scope = function->scope->parent;
    function->at = at;
    function->locals = scope_local_names(eval->arena, parameters, body);
    if (!eval_defaults(eval, parameters, function)) return false;
    *out = (Value){.kind = VALUE_FUNCTION, .as.function = function};
    if (function->locals->is_generator)
        function->opaque = value_opaque(eval->arena, at, "generator functions are not evaluated").as.opaque;
    return true;
}

/* ---- arguments ---- */

typedef struct Slots {
    const struct Function *function;
    const Argument **given; /* one per parameter */
    Value star, double_star;
    size_t n_positional; /* parameters that take positional arguments */
    const Arguments *arguments;
} Slots;

static bool takes_position(const Parameter *parameter) {
    return parameter->kind == PARAMETER_POSITIONAL_ONLY || parameter->kind == PARAMETER_ORDINARY;
}

static const Parameter *find_kind(const struct Function *function, int kind) {
    for (size_t i = 0; i < function->parameters->count; i++)
        if ((int)function->parameters->at[i].kind == kind && function->parameters->at[i].name.text)
            return &function->parameters->at[i];
    return NULL;
}

static bool too_many(Eval *eval, const Slots *slots, size_t given) {
    size_t required = 0;
    for (size_t i = 0; i < slots->n_positional; i++) required += !slots->function->has_default[i];
    const char *most = required < slots->n_positional
                           ? eval_str(eval, "from %zu to %zu", required, slots->n_positional)
                           : eval_str(eval, "%zu", slots->n_positional);
    return eval_raise(eval, E303, NULL, slots->arguments->call,
                      "%s() takes %s positional argument%s but %zu %s given", slots->function->name, most,
                      slots->n_positional == 1 ? "" : "s", given, given == 1 ? "was" : "were");
}

static bool place_positional(Eval *eval, Slots *slots) {
    size_t given = 0;
    const Parameter *star = find_kind(slots->function, PARAMETER_STAR);
    for (size_t i = 0; i < slots->arguments->count; i++) {
        const Argument *argument = &slots->arguments->at[i];
        if (argument->keyword) continue;
        if (given < slots->n_positional)
            slots->given[given] = argument;
        else if (star)
            value_list_push(eval->arena, slots->star, argument->value);
        given++;
    }
    return given <= slots->n_positional || star || too_many(eval, slots, given);
}

static bool place_keyword(Eval *eval, Slots *slots, const Argument *argument) {
    const struct Function *function = slots->function;
    const ParameterList *parameters = function->parameters;
    for (size_t i = 0; i < parameters->count; i++) {
        const Parameter *parameter = &parameters->at[i];
        if (parameter->kind != PARAMETER_ORDINARY && parameter->kind != PARAMETER_KEYWORD_ONLY) continue;
        if (!parameter->name.text || strcmp(parameter->name.text, argument->keyword) != 0) continue;
        if (slots->given[i])
            return eval_raise(eval, E303, NULL, argument->at, "%s() got multiple values for argument '%s'",
                              function->name, argument->keyword);
        slots->given[i] = argument;
        return true;
    }
    if (find_kind(function, PARAMETER_DOUBLE_STAR)) {
        value_dict_put(eval->arena, slots->double_star.as.dict, value_str(eval->arena, argument->keyword),
                       argument->value);
        return true;
    }
    eval_raise(eval, E303, NULL, argument->keyword_at.file ? argument->keyword_at : argument->at,
               "%s() got an unexpected keyword argument '%s'", function->name, argument->keyword);
    VEC(const char *) names = {0};
    for (size_t i = 0; i < parameters->count; i++)
        if (parameters->at[i].name.text) vec_push(eval->arena, &names, parameters->at[i].name.text);
    eval_suggest(eval, argument->keyword_at.file ? argument->keyword_at : argument->at, argument->keyword,
                 names.at, names.count);
    return false;
}

static bool is_missing(const Slots *slots, size_t i, bool keyword_only) {
    const Parameter *parameter = &slots->function->parameters->at[i];
    const bool wanted = keyword_only ? parameter->kind == PARAMETER_KEYWORD_ONLY : takes_position(parameter);
    return wanted && parameter->name.text && !slots->given[i] && !slots->function->has_default[i];
}

/* "f() missing 2 required positional arguments: 'a' and 'b'" */
static bool report_missing(Eval *eval, const Slots *slots, bool keyword_only) {
    const ParameterList *parameters = slots->function->parameters;
    size_t count = 0, seen = 0;
    for (size_t i = 0; i < parameters->count; i++) count += is_missing(slots, i, keyword_only);
    if (count == 0) return true;
    Text names = text_new(eval->arena);
    for (size_t i = 0; i < parameters->count; i++) {
        if (!is_missing(slots, i, keyword_only)) continue;
        if (seen > 0) text_add(&names, seen + 1 < count ? ", " : count > 2 ? ", and " : " and ");
        text_printf(&names, "'%s'", parameters->at[i].name.text);
        seen++;
    }
    eval_raise(eval, E303, NULL, slots->arguments->call, "%s() missing %zu required %s argument%s: %s",
               slots->function->name, count, keyword_only ? "keyword-only" : "positional",
               count == 1 ? "" : "s", names.data);
    diag_note(eval->diags, slots->function->at, "%s is defined here", slots->function->name);
    return false;
}

static void bind_parameter(Eval *eval, Scope *scope, const char *name, Value value) {
    if (!name) return;
    Cell *cell = scope_cell(scope, name);
    cell->value = value;
    cell->bound = true;
    (void)eval;
}

bool function_bind(Eval *eval, const struct Function *function, const Arguments *arguments, Scope *scope) {
    const ParameterList *parameters = function->parameters;
    Slots slots = {.function = function, .arguments = arguments};
    slots.given = ARENA_ARRAY(eval->arena, const Argument *, parameters->count);
    slots.star = value_list_new(eval->arena, VALUE_TUPLE);
    slots.double_star = value_dict_new(eval->arena);
    while (slots.n_positional < parameters->count && takes_position(&parameters->at[slots.n_positional]))
        slots.n_positional++;
    if (!place_positional(eval, &slots)) return false;
    for (size_t i = 0; i < arguments->count; i++)
        if (arguments->at[i].keyword && !place_keyword(eval, &slots, &arguments->at[i])) return false;
    if (!report_missing(eval, &slots, false) || !report_missing(eval, &slots, true)) return false;
    for (size_t i = 0; i < parameters->count; i++) {
        const Parameter *parameter = &parameters->at[i];
        Value value = slots.given[i] ? slots.given[i]->value : function->defaults[i];
        if (parameter->kind == PARAMETER_STAR) value = slots.star;
        if (parameter->kind == PARAMETER_DOUBLE_STAR) value = slots.double_star;
        bind_parameter(eval, scope, parameter->name.text, value);
    }
    return true;
}

/* ---- calls ---- */

static bool run_body(Eval *eval, const struct Function *function, Value *out) {
    if (!function->body) return eval_expression(eval, function->lambda, out);
    switch (exec_block(eval, function->body)) {
    case FLOW_RAISE: return false;
    case FLOW_RETURN:
    case FLOW_MAYBE_RETURN: *out = eval->frame->result; return true;
    default: *out = value_none(); return true;
    }
}

/* functools.partial: its arguments first, then the call's; the call's keywords win. */
static bool call_partial(Eval *eval, const struct Function *function, const Arguments *arguments,
                         Value *out) {
    VEC(Argument) all = {0};
    const Arguments *first = function->partial;
    for (size_t i = 0; i < first->count; i++)
        if (!first->at[i].keyword) vec_push(eval->arena, &all, first->at[i]);
    for (size_t i = 0; i < arguments->count; i++)
        if (!arguments->at[i].keyword) vec_push(eval->arena, &all, arguments->at[i]);
    for (size_t i = 0; i < first->count; i++) {
        bool replaced = false;
        for (size_t k = 0; first->at[i].keyword && k < arguments->count && !replaced; k++)
            replaced =
                arguments->at[k].keyword && strcmp(arguments->at[k].keyword, first->at[i].keyword) == 0;
        if (first->at[i].keyword && !replaced) vec_push(eval->arena, &all, first->at[i]);
    }
    for (size_t i = 0; i < arguments->count; i++)
        if (arguments->at[i].keyword) vec_push(eval->arena, &all, arguments->at[i]);
    const Arguments joined = {all.at, all.count, arguments->call};
    return eval_call(eval, *function->partial_of, &joined, out);
}

/* functools.cache: a call with the same arguments gives the same object. */
static bool call_remembering(Eval *eval, const struct Function *function, const Arguments *arguments,
                             Value *out) {
    const Value key = value_list_new(eval->arena, VALUE_TUPLE);
    for (size_t i = 0; i < arguments->count; i++) {
        const Argument *argument = &arguments->at[i];
        if (argument->keyword) value_list_push(eval->arena, key, value_str(eval->arena, argument->keyword));
        value_list_push(eval->arena, key, argument->value);
    }
    uint64_t hash;
    const Opaque *cause = eval_arguments_opaque(arguments);
    if (!cause && !value_hash(key, &hash))
        return eval_raise(eval, E350, NULL, arguments->call, "unhashable type among the arguments of %s()",
                          function->name);
    const DictEntry *entry = cause ? NULL : value_dict_find(eval->arena, function->memo, key);
    if (entry) {
        *out = entry->value;
        return true;
    }
    if (!eval_call(eval, *function->partial_of, arguments, out)) return false;
    if (cause)
        *out = eval_opaque_holding(eval, cause, arguments);
    else
        value_dict_put(eval->arena, function->memo, key, *out);
    return true;
}

bool function_call(Eval *eval, struct Function *function, const Arguments *arguments, Value *out) {
    if (function->memo) return call_remembering(eval, function, arguments, out);
    if (function->partial_of) return call_partial(eval, function, arguments, out);
    const Value callee = {.kind = VALUE_FUNCTION, .as.function = function};
    if (function->opaque) {
        skip_call(eval, callee, arguments, function->opaque);
        *out = eval_opaque_from(eval, function->opaque);
        return true;
    }
    if (!eval_enter(eval, arguments->call)) return false;
    Scope *scope = scope_new(eval->arena, SCOPE_FUNCTION, function->scope);
    scope->locals = function->locals;
    Frame frame = {.caller = eval->frame,
                   .scope = scope,
                   .function = function,
                   .result = value_none(),
                   .call = arguments->call};
    bool ok = function_bind(eval, function, arguments, scope);
    if (ok) {
        eval->frame = &frame;
        ok = run_body(eval, function, out);
        eval->frame = frame.caller;
        if (!ok && !eval->exited)
            diag_note(eval->diags, arguments->call, "in the call of %s() here", function->name);
    }
    eval_leave(eval);
    return ok;
}

/* ---- def and class statements ---- */

static bool is_our_decorator(Value wrapper) {
    static const char *const NAMES[] = {"property", "staticmethod", "classmethod"};
    if (wrapper.kind != VALUE_BUILTIN) return false;
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        if (strcmp(NAMES[i], wrapper.as.builtin->name) == 0) return true;
    return strncmp(wrapper.as.builtin->name, "functools.", 10) == 0;
}

/* A decorator that is a function of the file is called, as Python does; those of packages are ignored; one
 * that is unknown makes the function unknown. */
static bool decorate(Eval *eval, const Expr *decorator, Value *value) {
    Value wrapper;
    if (!eval_expression(eval, decorator, &wrapper)) return false;
    const Opaque *cause = eval_opaque_of(wrapper);
    if (cause && !cause->harmless) {
        eval_spoil(eval, *value, cause);
        eval_spoil(eval, wrapper, cause);
        *value = eval_opaque_from(eval, cause);
        return true;
    }
    if (wrapper.kind != VALUE_FUNCTION && wrapper.kind != VALUE_METHOD && !is_our_decorator(wrapper))
        return true;
    return eval_call_values(eval, wrapper, value, 1, decorator->at, value);
}

static bool apply_decorators(Eval *eval, const ExprList *decorators, Value *value) {
    for (size_t i = decorators->count; i > 0; i--)
        if (!decorate(eval, decorators->at[i - 1], value)) return false;
    return true;
}

bool exec_function(Eval *eval, const Stmt *stmt) {
    Value value;
    if (!function_make(eval, stmt->as.function.name.text, &stmt->as.function.parameters,
                       &stmt->as.function.body, NULL, stmt->head, &value))
        return false;
    if (stmt->is_async)
        value.as.function->opaque =
            value_opaque(eval->arena, stmt->head, "coroutines are not evaluated").as.opaque;
    if (!apply_decorators(eval, &stmt->as.function.decorators, &value)) return false;
    eval_bind(eval, stmt->as.function.name.text, value);
    return true;
}

static const ParameterList NO_PARAMETERS = {NULL, 0};

/* The statements of a class run where it stands; its methods do not. */
static void skip_class_body(Eval *eval, const struct Function *body, const Opaque *cause) {
    if (!eval_enter(eval, body->at)) return;
    Scope *scope = scope_new(eval->arena, SCOPE_FUNCTION, body->scope);
    scope->locals = body->locals;
    Frame frame = {.caller = eval->frame, .scope = scope, .function = body, .result = value_none()};
    eval->frame = &frame;
    if (eval->skip_depth++ == 0) eval->skip_pass++;
    for (size_t i = 0; i < body->body->count; i++) {
        const Stmt *stmt = body->body->at[i];
        if (stmt->kind == STMT_FUNCTION)
            eval_bind(eval, stmt->as.function.name.text, eval_value_of(cause));
        else
            (void)skip_statement(eval, stmt, cause);
    }
    eval->skip_depth--;
    eval->frame = frame.caller;
    eval_leave(eval);
}

/* A base class hears of its subclasses by __init_subclass__. */
static bool has_hook(Value base) {
    const Value *part = value_is_opaque(base) ? base.as.opaque->part_of : NULL;
    if (!part || part->kind != VALUE_FUNCTION || !part->as.function->is_class) return false;
    const StmtList *body = part->as.function->body;
    for (size_t i = 0; i < body->count; i++)
        if (body->at[i]->kind == STMT_FUNCTION &&
            strcmp(body->at[i]->as.function.name.text, "__init_subclass__") == 0)
            return true;
    return false;
}

/* What a class statement runs beside its body: decorators, bases, a metaclass. */
static void skip_class_head(Eval *eval, const Stmt *stmt, const Opaque *cause) {
    Value value;
    bool unbound;
    const ExprList *decorators = &stmt->as.class_.decorators;
    for (size_t i = 0; i < decorators->count; i++) {
        const Expr *decorator = decorators->at[i];
        skip_expression(eval, decorator, cause);
        if (decorator->kind == EXPR_NAME && eval_lookup(eval, decorator->as.name, &value, &unbound) &&
            value.kind == VALUE_FUNCTION)
            eval_spoil(eval, value, cause);
    }
    const CallArgumentList *bases = &stmt->as.class_.bases;
    for (size_t i = 0; i < bases->count; i++) {
        const Expr *base = bases->at[i].value;
        skip_expression(eval, base, cause);
        if (base->kind != EXPR_NAME || !eval_lookup(eval, base->as.name, &value, &unbound)) continue;
        if (has_hook(value) || bases->at[i].kind == ARGUMENT_KEYWORD) eval_spoil(eval, value, cause);
    }
}

/* A class that is not evaluated is opaque; whoever calls it may run any of its methods. */
bool class_skip(Eval *eval, const Stmt *stmt) {
    const char *name = stmt->as.class_.name.text;
    struct Function *body = ARENA_NEW(eval->arena, struct Function);
    body->name = name;
    body->parameters = &NO_PARAMETERS;
    body->body = &stmt->as.class_.body;
    body->scope = eval_scope(eval);
    body->at = stmt->head;
    body->locals = scope_local_names(eval->arena, &NO_PARAMETERS, body->body);
    body->is_class = true;
    Value *part_of = ARENA_NEW(eval->arena, Value);
    *part_of = (Value){.kind = VALUE_FUNCTION, .as.function = body};
    Opaque *opaque = ARENA_NEW(eval->arena, Opaque);
    *opaque =
        (Opaque){.reason = eval_str(eval, "class %s is not evaluated: its bases are not all known", name),
                 .at = stmt->head,
                 .part_of = part_of};
    body->opaque = opaque;
    eval_bind(eval, name, eval_value_of(opaque));
    skip_class_head(eval, stmt, opaque);
    skip_class_body(eval, body, opaque);
    return true;
}

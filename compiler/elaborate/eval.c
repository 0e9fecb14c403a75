/* The evaluator's common ground: exceptions, bounds, and opaque values. */
#include "elaborate/eval.h"

#include <stdarg.h>
#include <string.h>

#include "base/text.h"
#include "elaborate/eval_parts.h"

/* ---- exceptions ---- */

bool eval_raised(Eval *eval, DiagMark mark) {
    const char *text = diag_first_error(eval->diags, mark, NULL);
    const char *type = diag_first_exception(eval->diags, mark);
    if (!text) return false; /* a repeat, or past the limit: nothing was recorded */
    eval->raised_type = type && type[0] ? type : "Exception";
    eval->raised_text = text;
    return false;
}

bool eval_raise(Eval *eval, DiagCode code, const char *exception, SourceRange at, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const char *text = arena_vprintf(eval->arena, format, args);
    va_end(args);
    const char *type = exception ? exception : diag_info(code)->exception;
    eval->raised_type = type;
    eval->raised_text = text;
    return diag_report_as(eval->diags, code, type, at, "%s", text);
}

void eval_suggest(Eval *eval, SourceRange at, const char *wanted, const char *const *names, size_t count) {
    const char *nearest = text_nearest(wanted, names, count);
    if (nearest) diag_help(eval->diags, at, NULL, "did you mean '%s'?", nearest);
}

const char *eval_str(Eval *eval, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const char *text = arena_vprintf(eval->arena, format, args);
    va_end(args);
    return text;
}

/* ---- bounds ---- */

bool eval_charge(Eval *eval, SourceRange at, uint64_t count) {
    const uint64_t most = eval->options->max_steps ? eval->options->max_steps : ELABORATE_MAX_STEPS;
    if (count <= most && eval->steps <= most - count) {
        eval->steps += count;
        return true;
    }
    if (eval->fatal) return false;
    eval->fatal = true;
    return eval_raise(eval, E314, NULL, at,
                      "the evaluation takes more than %llu steps; --max-steps raises the bound",
                      (unsigned long long)most);
}

bool eval_step(Eval *eval, SourceRange at) {
    return eval_charge(eval, at, 1);
}

static bool stack_is_low(const Eval *eval) {
    const char here = 0;
    const ptrdiff_t used = eval->stack - &here;
    return used > 0 && (size_t)used > eval->stack_limit;
}

bool eval_enter(Eval *eval, SourceRange at) {
    const unsigned most = eval->options->max_depth ? eval->options->max_depth : ELABORATE_MAX_DEPTH;
    if (eval->depth >= most || stack_is_low(eval)) {
        eval->fatal = true;
        return eval_raise(eval, E315, NULL, at,
                          "maximum recursion depth exceeded (%u calls); --max-depth raises the bound",
                          eval->depth);
    }
    eval->depth++;
    return true;
}

void eval_leave(Eval *eval) {
    eval->depth--;
}

Scope *eval_scope(Eval *eval) {
    return eval->frame->scope;
}

/* ---- opaque values ---- */

const Opaque *eval_opaque_of(Value value) {
    switch (value.kind) {
    case VALUE_LAYER:
        if (value.as.layer->opaque) return value.as.layer->opaque;
        return value.as.layer->model ? value.as.layer->model->opaque : NULL;
    case VALUE_TENSOR:
    case VALUE_HISTORY: return value.as.tensor->opaque;
    case VALUE_FUNCTION: return value.as.function->opaque;
    case VALUE_LIST:
    case VALUE_TUPLE:
    case VALUE_SET: return value.as.list->opaque;
    case VALUE_DICT: return value.as.dict->opaque;
    case VALUE_OPAQUE: return value.as.opaque;
    default: return NULL;
    }
}

/* Structures may hold themselves; past this depth they are not looked into. */
enum { DEEPEST_LOOK = 24 };

static const Opaque *opaque_inside(Value value, int depth) {
    const Opaque *cause = eval_opaque_of(value);
    if (cause || depth > DEEPEST_LOOK) return cause;
    if (value.kind == VALUE_LIST || value.kind == VALUE_TUPLE || value.kind == VALUE_SET) {
        for (size_t i = 0; i < value.as.list->items.count && !cause; i++)
            cause = opaque_inside(value.as.list->items.at[i], depth + 1);
    } else if (value.kind == VALUE_DICT) {
        for (size_t i = 0; i < value.as.dict->entries.count && !cause; i++)
            cause = opaque_inside(value.as.dict->entries.at[i].value, depth + 1);
    } else if (value.kind == VALUE_SLICE) {
        cause = opaque_inside(value.as.slice->start, depth + 1);
        if (!cause) cause = opaque_inside(value.as.slice->stop, depth + 1);
        if (!cause) cause = opaque_inside(value.as.slice->step, depth + 1);
    } else if (value.kind == VALUE_CONFIG && value.as.config->arguments) {
        for (size_t i = 0; i < value.as.config->arguments->count && !cause; i++)
            cause = opaque_inside(value.as.config->arguments->at[i].value, depth + 1);
    }
    return cause;
}

const Opaque *eval_opaque_inside(Value value) {
    return opaque_inside(value, 0);
}

const Opaque *eval_arguments_opaque(const Arguments *arguments) {
    const Opaque *cause = NULL;
    for (size_t i = 0; i < arguments->count && !cause; i++)
        cause = eval_opaque_inside(arguments->at[i].value);
    return cause;
}

Value eval_value_of(const Opaque *cause) {
    return (Value){.kind = VALUE_OPAQUE, .as.opaque = cause};
}

Value eval_opaque_from(Eval *eval, const Opaque *cause) {
    eval->opaque_uses++;
    return eval_value_of(cause);
}

static bool can_change(Value value) {
    switch (value.kind) {
    case VALUE_LIST:
    case VALUE_TUPLE:
    case VALUE_SET:
    case VALUE_DICT:
    case VALUE_LAYER: return true;
    case VALUE_OPAQUE: return value.as.opaque->part_of != NULL;
    default: return false;
    }
}

static const Value *make_part(Eval *eval, Value value) {
    Value *part = ARENA_NEW(eval->arena, Value);
    *part = value;
    return part;
}

Value eval_opaque_holding(Eval *eval, const Opaque *cause, const Arguments *arguments) {
    const Value parts = value_list_new(eval->arena, VALUE_TUPLE);
    for (size_t i = 0; i < arguments->count; i++)
        if (can_change(arguments->at[i].value)) value_list_push(eval->arena, parts, arguments->at[i].value);
    if (!parts.as.list->items.count) return eval_opaque_from(eval, cause);
    if (cause->part_of) value_list_push(eval->arena, parts, *cause->part_of);
    Opaque *opaque = ARENA_NEW(eval->arena, Opaque);
    *opaque = *cause;
    opaque->part_of = make_part(eval, parts);
    return eval_opaque_from(eval, opaque);
}

/* All values that came from this one share its Opaque, so each of them now leads to the part. */
void eval_opaque_absorb(Eval *eval, Value opaque, Value value) {
    if (!can_change(value) || opaque.kind != VALUE_OPAQUE) return;
    Opaque *holder = (Opaque *)(uintptr_t)opaque.as.opaque;
    const Value parts = value_list_new(eval->arena, VALUE_TUPLE);
    value_list_push(eval->arena, parts, value);
    if (holder->part_of) value_list_push(eval->arena, parts, *holder->part_of);
    holder->part_of = make_part(eval, parts);
    holder->harmless = false;
}

Value eval_opaque(Eval *eval, SourceRange at, const char *reason) {
    eval->opaque_uses++;
    return value_opaque(eval->arena, at, reason);
}

Value eval_opaque_package(Eval *eval, SourceRange at, const char *format, ...) {
    va_list args;
    va_start(args, format);
    Opaque *opaque = ARENA_NEW(eval->arena, Opaque);
    *opaque = (Opaque){.reason = arena_vprintf(eval->arena, format, args), .at = at, .harmless = true};
    va_end(args);
    eval->opaque_uses++;
    return eval_value_of(opaque);
}

const Opaque *eval_poison(Eval *eval, SourceRange at) {
    Opaque *opaque = ARENA_NEW(eval->arena, Opaque);
    *opaque = (Opaque){.at = at, .harmless = true};
    return opaque;
}

static void spoil(Eval *eval, Value value, const Opaque *cause, bool containers_only, int depth);

static void spoil_list(Eval *eval, List *list, const Opaque *cause, bool containers_only, bool is_list,
                       int depth) {
    if (list->opaque && containers_only) return;
    if (is_list && !list->opaque) list->opaque = cause;
    for (size_t i = 0; i < list->items.count; i++)
        spoil(eval, list->items.at[i], cause, containers_only, depth + 1);
}

static void spoil_dict(Eval *eval, Dict *dict, const Opaque *cause, bool containers_only, int depth) {
    if (dict->opaque && containers_only) return;
    if (!dict->opaque) dict->opaque = cause;
    for (size_t i = 0; i < dict->entries.count; i++)
        spoil(eval, dict->entries.at[i].value, cause, containers_only, depth + 1);
}

static void spoil_layer(Eval *eval, Layer *layer, const Opaque *cause, int depth) {
    if (layer->opaque) return;
    layer->opaque = cause;
    Model *model = layer->model;
    if (!model) return;
    if (!model->opaque) model->opaque = cause;
    for (size_t i = 0; i < model->n_layers; i++)
        spoil(eval, value_layer(model->layers[i]), cause, false, depth + 1);
    for (size_t i = 0; i < model->added.count; i++)
        spoil(eval, value_layer(model->added.at[i]), cause, false, depth + 1);
}

static void spoil_arguments(Eval *eval, const Arguments *arguments, const Opaque *cause, bool containers,
                            int depth) {
    for (size_t i = 0; arguments && i < arguments->count; i++)
        spoil(eval, arguments->at[i].value, cause, containers, depth + 1);
}

/* A list that is opaque may hold layers that are not yet. Structures that hold themselves end by the bounds.
 */
static void spoil(Eval *eval, Value value, const Opaque *cause, bool containers_only, int depth) {
    if (depth > DEEPEST_LOOK || !eval_charge(eval, cause->at, 1)) return;
    switch (value.kind) {
    case VALUE_LIST: spoil_list(eval, value.as.list, cause, containers_only, true, depth); break;
    case VALUE_SET:
    case VALUE_TUPLE:
        spoil_list(eval, value.as.list, cause, containers_only, value.kind == VALUE_SET, depth);
        break;
    case VALUE_DICT: spoil_dict(eval, value.as.dict, cause, containers_only, depth); break;
    case VALUE_LAYER:
        if (!containers_only) spoil_layer(eval, value.as.layer, cause, depth);
        break;
    case VALUE_TENSOR:
    case VALUE_HISTORY:
        if (!containers_only && !value.as.tensor->opaque) value.as.tensor->opaque = cause;
        break;
    case VALUE_METHOD: spoil(eval, value.as.method->self, cause, containers_only, depth + 1); break;
    case VALUE_FUNCTION:
        skip_function(eval, value.as.function, cause);
        spoil_arguments(eval, value.as.function->partial, cause, containers_only, depth);
        break;
    case VALUE_OPAQUE:
        if (value.as.opaque->part_of)
            spoil(eval, *value.as.opaque->part_of, cause, containers_only, depth + 1);
        break;
    default: break;
    }
}

void eval_spoil(Eval *eval, Value value, const Opaque *cause) {
    spoil(eval, value, cause, false, 0);
}
void eval_spoil_containers(Eval *eval, Value value, const Opaque *cause) {
    spoil(eval, value, cause, true, 0);
}

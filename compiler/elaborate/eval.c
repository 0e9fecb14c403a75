/* The evaluator's common ground: exceptions, bounds, and opaque values. */
#include "elaborate/eval.h"

#include <stdarg.h>
#include <string.h>

#include "base/text.h"
#include "elaborate/eval_parts.h"
#include "value/class.h"
#include "value/opaque.h"

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
    diag_suggest(eval->diags, at, wanted, text_nearest(wanted, names, count));
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
    if (!eval_graph_fits(eval, at)) return false;
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
    case VALUE_INSTANCE: return value.as.instance->opaque;
    case VALUE_CLASS: return value.as.class_->opaque;
    case VALUE_OPAQUE: return value.as.opaque;
    default: return NULL;
    }
}

const Opaque *eval_opaque_inside(Value value) {
    uint64_t visits = 0;
    return value_opaque_inside(value, eval_opaque_of, &visits);
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

/* Calling a function of ours: arguments bound to the row's parameters with Python's errors; see native.h. */
#include "elaborate/native.h"

#include <string.h>

/* A row's parameters, taken apart. */
typedef struct Parameters {
    struct {
        const char *name;
        size_t length;
        bool optional;
    } at[NATIVE_MAX_PARAMETERS];
    size_t count, positional_only, positional; /* [0, positional_only) [.., positional) keyword only after */
    size_t required;
} Parameters;

static Parameters parse_parameters(const char *text) {
    Parameters p = {0};
    bool star = false;
    while (*text) {
        const size_t length = strcspn(text, " ");
        if (*text == '/') {
            p.positional_only = p.count;
        } else if (*text == '*') {
            p.positional = p.count;
            star = true;
        } else if (length > 0) {
            const bool optional = text[length - 1] == '?';
            p.at[p.count].name = text;
            p.at[p.count].length = length - optional;
            p.at[p.count].optional = optional;
            p.required += !optional;
            p.count++;
        }
        text += length + (text[length] == ' ');
    }
    if (!star) p.positional = p.count;
    return p;
}

/* "str.upper", "math.sqrt", "len": as CPython calls it in messages about the number of arguments. */
static const char *qualified(const NativeCall *call, const NativeRow *row) {
    if (call->self.kind == VALUE_NONE || call->self.kind == VALUE_BUILTIN) return row->name;
    const char *type = call->self.kind == VALUE_BOOL ? "int" : value_class_name(call->self);
    return arena_printf(call->arena, "%s.%s", type, row->name);
}

/* CPython has a form of words for each way in which it parses arguments; these are the common ones. */
static bool wrong_count(NativeCall *call, const NativeRow *row, const Parameters *p, size_t given) {
    const char *name = qualified(call, row);
    if (p->count == 0) {
        return eval_raise(call->eval, E355, NULL, call->at, "%s() takes no arguments (%zu given)", name,
                          given);
    }
    if (p->positional == 0) {
        return eval_raise(call->eval, E355, NULL, call->at, "%s() takes no positional arguments", call->name);
    }
    if (p->count == 1 && p->required == 1) {
        return eval_raise(call->eval, E355, NULL, call->at, "%s() takes exactly one argument (%zu given)",
                          name, given);
    }
    if (p->positional_only < p->positional) {
        return eval_raise(call->eval, E355, NULL, call->at, "%s() takes at most %zu argument%s (%zu given)",
                          call->name, p->positional, p->positional == 1 ? "" : "s", given);
    }
    const size_t bound = given < p->required ? p->required : p->positional;
    const char *which = p->required == p->positional ? "" : given < p->required ? "at least " : "at most ";
    return eval_raise(call->eval, E355, NULL, call->at, "%s expected %s%zu argument%s, got %zu", call->name,
                      which, bound, bound == 1 ? "" : "s", given);
}

static bool bind_keyword(NativeCall *call, const Parameters *p, const Argument *argument) {
    for (size_t i = p->positional_only; i < p->count; i++) {
        if (strlen(argument->keyword) != p->at[i].length) continue;
        if (memcmp(argument->keyword, p->at[i].name, p->at[i].length) != 0) continue;
        if (call->given[i]) {
            return eval_raise(call->eval, E355, NULL, argument->keyword_at,
                              "%s() got multiple values for argument '%s'", call->name, argument->keyword);
        }
        call->given[i] = true;
        call->value[i] = argument->value;
        return true;
    }
    if (p->positional_only == p->count) {
        return eval_raise(call->eval, E355, NULL, argument->keyword_at, "%s() takes no keyword arguments",
                          call->name);
    }
    return eval_raise(call->eval, E355, NULL, argument->keyword_at,
                      "'%s' is an invalid keyword argument for %s()", argument->keyword, call->name);
}

static bool bind(NativeCall *call, const NativeRow *row) {
    const Parameters p = parse_parameters(row->parameters);
    size_t positional = 0;
    while (positional < call->arguments->count && !call->arguments->at[positional].keyword) positional++;
    if (positional > p.positional) return wrong_count(call, row, &p, positional);
    for (size_t i = 0; i < positional; i++) {
        call->given[i] = true;
        call->value[i] = call->arguments->at[i].value;
    }
    for (size_t i = positional; i < call->arguments->count; i++) {
        if (!bind_keyword(call, &p, &call->arguments->at[i])) return false;
    }
    for (size_t i = 0; i < p.count; i++) {
        if (call->given[i] || p.at[i].optional) continue;
        if (p.positional_only == p.positional) return wrong_count(call, row, &p, positional);
        return eval_raise(call->eval, E355, NULL, call->at, "%s() missing required argument '%.*s' (pos %zu)",
                          call->name, (int)p.at[i].length, p.at[i].name, i + 1);
    }
    return true;
}

bool native_call(Eval *eval, const NativeRow *row, Value self, const Arguments *arguments, Value *out) {
    const char *dot = strrchr(row->name, '.');
    NativeCall call = {.eval = eval,
                       .arena = eval->arena,
                       .self = self,
                       .name = dot ? dot + 1 : row->name,
                       .data = row->data,
                       .arguments = arguments,
                       .at = arguments->call};
    if (!row->function) {
        return native_not_evaluated(&call, arena_printf(eval->arena, "%s() is not evaluated", call.name),
                                    out);
    }
    for (size_t i = 0; i < arguments->count && !(row->flags & NATIVE_TAKES_UNKNOWN); i++) {
        const Opaque *cause = eval_opaque_of(arguments->at[i].value);
        if (cause) return native_opaque(&call, cause, out);
    }
    if (row->parameters && !bind(&call, row)) return false;
    return row->function(&call, out);
}

bool native_int(NativeCall *call, Value value, int64_t *out) {
    if (value_as_int(value, out)) return true;
    return RAISE_TYPE(call->eval, call->at, "'%s' object cannot be interpreted as an integer",
                      value_class_name(value));
}

bool native_opaque(NativeCall *call, const Opaque *cause, Value *out) {
    *out = eval_opaque_from(call->eval, cause);
    return true;
}

bool native_not_evaluated(NativeCall *call, const char *reason, Value *out) {
    *out = eval_opaque(call->eval, call->at, reason);
    return true;
}

bool native_items(NativeCall *call, Value iterable, List **items, Value *out, bool *done) {
    *done = false;
    if (!eval_iterate(call->eval, iterable, call->at, items)) return false;
    if ((*items)->opaque) {
        *done = true;
        return native_opaque(call, (*items)->opaque, out);
    }
    return eval_charge(call->eval, call->at, (*items)->items.count);
}

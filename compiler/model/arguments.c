/* Arguments of the functions of this stage: bound as Python binds them.
 *
 * In:  the evaluated arguments of a call and a signature. Out: one argument (or NULL) for each parameter.
 */
#include "model/parts.h"

#include <string.h>

#include "base/text.h"
#include "layers/rules.h"

static size_t count_names(const Signature *signature) {
    size_t n = 0;
    while (signature->names[n]) n++;
    return n;
}

static void help_unknown(Graph *graph, const Signature *signature, const Argument *argument) {
    for (size_t i = 0; signature->hints && signature->hints[i][0]; i++) {
        if (strcmp(signature->hints[i][0], argument->keyword) != 0) continue;
        diag_help(graph->diags, argument->keyword_at, signature->hints[i][1],
                  "write %s=", signature->hints[i][1]);
        return;
    }
    const char *near = text_nearest(argument->keyword, signature->names, count_names(signature));
    diag_suggest(graph->diags, argument->keyword_at, argument->keyword, near);
}

static bool report_unknown(Graph *graph, const Signature *signature, const Argument *argument) {
    if (signature->unknown) return signature->unknown(graph, signature, argument);
    diag_report(graph->diags, E214, argument->keyword_at, "%s() got an unexpected keyword argument '%s'",
                signature->function, argument->keyword);
    help_unknown(graph, signature, argument);
    return false;
}

bool signature_ignore_unknown(Graph *graph, const Signature *signature, const Argument *argument) {
    diag_report(graph->diags, W205, argument->keyword_at, "%s() ignores the argument '%s'",
                signature->function, argument->keyword);
    help_unknown(graph, signature, argument);
    return true;
}

bool signature_bind(Graph *graph, const Signature *signature, const Arguments *arguments,
                    const Argument **bound) {
    const size_t n_names = count_names(signature);
    size_t n_positional = 0;
    for (size_t i = 0; i < n_names; i++) bound[i] = NULL;
    while (n_positional < arguments->count && !arguments->at[n_positional].keyword) n_positional++;
    if (n_positional > n_names) {
        return diag_report(graph->diags, E222, arguments->call,
                           "%s() takes from 0 to %zu positional arguments but %zu were given",
                           signature->function, n_names, n_positional);
    }
    for (size_t i = 0; i < arguments->count; i++) {
        const Argument *argument = &arguments->at[i];
        size_t place = i;
        if (argument->keyword) {
            for (place = 0; place < n_names && strcmp(signature->names[place], argument->keyword) != 0;)
                place++;
        }
        if (place == n_names) {
            if (!report_unknown(graph, signature, argument)) return false;
            continue;
        }
        if (bound[place]) {
            return diag_report(graph->diags, E222, argument->keyword_at,
                               "%s() got multiple values for argument '%s'", signature->function,
                               signature->names[place]);
        }
        bound[place] = argument;
    }
    return true;
}

bool argument_given(const Argument *argument) {
    return argument && !value_is_none(argument->value);
}

bool argument_truth(const Argument *argument, bool fallback) {
    if (!argument) return fallback;
    const Value value = argument->value;
    switch (value.kind) {
    case VALUE_NONE: return false;
    case VALUE_BOOL: return value.as.boolean;
    case VALUE_INT: return value.as.integer != 0;
    case VALUE_FLOAT: return value.as.real != 0;
    case VALUE_STR:
    case VALUE_BYTES: return value.as.str->length > 0;
    case VALUE_LIST:
    case VALUE_TUPLE:
    case VALUE_SET: return value.as.list->items.count > 0;
    case VALUE_DICT: return value.as.dict->entries.count > 0;
    default: return true;
    }
}

bool argument_name(Graph *graph, const Argument *argument, const char **out) {
    *out = NULL;
    if (!argument_given(argument)) return true;
    *out = value_c_str(argument->value);
    if (*out && !strchr(*out, '/')) return true;
    return diag_report(
        graph->diags, E216, argument->at,
        "Argument `name` must be a string and cannot contain character `/`. Received: name=%s (of type "
        "<class '%s'>)",
        value_text(graph->arena, argument->value), value_type_name(argument->value));
}

const Opaque *arguments_opaque(const Arguments *arguments) {
    for (size_t i = 0; i < arguments->count; i++) {
        const Opaque *opaque = value_find_opaque(arguments->at[i].value);
        if (opaque) return opaque;
    }
    return NULL;
}

Value value_from_opaque(const Opaque *opaque) {
    return (Value){.kind = VALUE_OPAQUE, .as.opaque = opaque};
}

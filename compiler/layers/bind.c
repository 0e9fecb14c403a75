/* Arguments matched to parameters, by Python's own rules for calls.
 *
 * In:  the arguments as evaluated, the class' table.
 * Out: for each row the argument given for it; the parameters common to all layers apart.
 * Messages are Python's and Keras' own; a misspelt keyword is reported once, with the likely name, and then
 * no parameter counts as missing.
 */
#include <string.h>

#include "base/text.h"
#include "layers/bind.h"

static size_t count_params(const LayerClass *class_) {
    size_t count = 0;
    for (const ParamSpec *spec = class_->params; spec && spec->name; spec++) count++;
    return count;
}

static size_t count_positional(const LayerClass *class_, size_t *required) {
    size_t count = 0;
    *required = 0;
    for (const ParamSpec *spec = class_->params; spec && spec->name; spec++) {
        if (spec->keyword_only) continue;
        count++;
        if (spec->required) (*required)++;
    }
    return count;
}

static const ParamSpec *find_param(const LayerClass *class_, const char *name) {
    for (const ParamSpec *spec = class_->params; spec && spec->name; spec++) {
        if (strcmp(spec->name, name) == 0) return spec;
    }
    return NULL;
}

static const struct {
    const char *name;
    size_t offset; /* in CommonParams */
    bool ignored;
} common_params[] = {
    {"name", offsetof(CommonParams, name), false},
    {"dtype", offsetof(CommonParams, dtype), false},
    {"trainable", offsetof(CommonParams, trainable), false},
    {"autocast", offsetof(CommonParams, autocast), false},
    {"activity_regularizer", 0, true},
    {"input_shape", offsetof(CommonParams, input_shape), false},
    {"input_dim", offsetof(CommonParams, input_dim), false},
    {"batch_input_shape", offsetof(CommonParams, batch_input_shape), false},
    {"batch_size", offsetof(CommonParams, batch_size), false},
    {"weights", offsetof(CommonParams, weights), false},
};
enum { COMMON_COUNT = sizeof common_params / sizeof common_params[0] };

static bool bind_common(const Argument *argument, CommonParams *common) {
    for (size_t i = 0; i < COMMON_COUNT; i++) {
        if (strcmp(common_params[i].name, argument->keyword) != 0) continue;
        if (!common_params[i].ignored) {
            *(const Argument **)(void *)((char *)common + common_params[i].offset) = argument;
        }
        return true;
    }
    return false;
}

/* "did you mean": the class' own parameters first, then those that may be given to any layer. */
static void suggest(Graph *graph, const LayerClass *class_, const Argument *argument) {
    const char **names = ARENA_ARRAY(graph->arena, const char *, count_params(class_) + COMMON_COUNT);
    size_t count = 0;
    for (const ParamSpec *spec = class_->params; spec && spec->name; spec++) names[count++] = spec->name;
    for (size_t i = 0; i < COMMON_COUNT; i++) names[count++] = common_params[i].name;
    const char *near = text_nearest(argument->keyword, names, count);
    diag_suggest(graph->diags, argument->keyword_at, argument->keyword, near);
}

static bool report_unknown(Graph *graph, const LayerClass *class_, const Arguments *arguments,
                           const bool *unknown) {
    Text text = text_new(graph->arena);
    const Argument *first = NULL;
    for (size_t i = 0; i < arguments->count; i++) {
        if (!unknown[i]) continue;
        const Argument *argument = &arguments->at[i];
        text_printf(&text, "%s'%s': %s", first ? ", " : "", argument->keyword,
                    value_repr(graph->arena, argument->value));
        if (!first) first = argument;
    }
    if (!first) return true;
    diag_report(graph->diags, E201, first->keyword_at, "Unrecognized keyword arguments passed to %s: {%s}",
                class_->name, text.data);
    suggest(graph, class_, first);
    return false;
}

static bool bind_keyword(Graph *graph, const LayerClass *class_, const Argument *argument, Binding *out,
                         bool *unknown) {
    const ParamSpec *spec = find_param(class_, argument->keyword);
    if (!spec) {
        *unknown = !bind_common(argument, &out->common);
        return *unknown || regularizer_check(graph, argument->keyword, argument->value, argument->at);
    }
    const Argument **slot = &out->params[spec - class_->params];
    if (*slot) {
        return diag_report(graph->diags, E200, argument->keyword_at,
                           "%s.__init__() got multiple values for argument '%s'", class_->name,
                           argument->keyword);
    }
    *slot = argument;
    return true;
}

static bool report_too_many(Graph *graph, const LayerClass *class_, const Arguments *arguments,
                            size_t given) {
    size_t required;
    const size_t most = count_positional(class_, &required) + 1; /* Python counts self */
    const SourceRange at = arguments->at[most - 1].at;
    if (required + 1 == most) {
        return diag_report(graph->diags, E200, at,
                           "%s.__init__() takes %zu positional argument%s but %zu were given", class_->name,
                           most, most == 1 ? "" : "s", given + 1);
    }
    return diag_report(graph->diags, E200, at,
                       "%s.__init__() takes from %zu to %zu positional arguments but %zu were given",
                       class_->name, required + 1, most, given + 1);
}

static bool bind_positional(Graph *graph, const LayerClass *class_, const Arguments *arguments,
                            Binding *out) {
    size_t given = 0, row = 0;
    const size_t rows = count_params(class_);
    while (given < arguments->count && !arguments->at[given].keyword) given++;
    for (size_t i = 0; i < given; i++, row++) {
        while (row < rows && class_->params[row].keyword_only) row++;
        if (row == rows) return report_too_many(graph, class_, arguments, given);
        out->params[row] = &arguments->at[i];
    }
    return true;
}

/* Python's "missing 2 required positional arguments: 'a' and 'b'". */
static bool check_missing(Graph *graph, const LayerClass *class_, const Arguments *arguments,
                          const Binding *bound) {
    const char *missing[16];
    size_t count = 0;
    for (size_t i = 0; class_->params && class_->params[i].name; i++) {
        if (class_->params[i].required && !bound->params[i] && count < 16)
            missing[count++] = class_->params[i].name;
    }
    if (count == 0) return true;
    Text names = text_new(graph->arena);
    for (size_t i = 0; i < count; i++) {
        const char *separator = i == 0 ? "" : i + 1 < count ? ", " : count == 2 ? " and " : ", and ";
        text_printf(&names, "%s'%s'", separator, missing[i]);
    }
    return diag_report(graph->diags, E200, arguments->call,
                       "%s.__init__() missing %zu required positional argument%s: %s", class_->name, count,
                       count == 1 ? "" : "s", names.data);
}

bool bind_arguments(Graph *graph, const LayerClass *class_, const Arguments *arguments, Binding *out) {
    bool *unknown = ARENA_ARRAY(graph->arena, bool, arguments->count);
    *out = (Binding){.params = ARENA_ARRAY(graph->arena, const Argument *, count_params(class_))};
    if (!bind_positional(graph, class_, arguments, out)) return false;
    for (size_t i = 0; i < arguments->count; i++) {
        const Argument *argument = &arguments->at[i];
        if (argument->keyword && !bind_keyword(graph, class_, argument, out, &unknown[i])) return false;
    }
    out->unrecognized = !report_unknown(graph, class_, arguments, unknown);
    return !out->unrecognized && check_missing(graph, class_, arguments, out);
}

const Argument *layer_argument(const LayerClass *class_, const Arguments *arguments, const char *name) {
    size_t row = 0;
    for (const ParamSpec *spec = class_->params; spec && spec->name && strcmp(spec->name, name) != 0;
         spec++) {
        if (!spec->keyword_only) row++;
    }
    for (size_t i = 0; i < arguments->count; i++) {
        const Argument *argument = &arguments->at[i];
        if (argument->keyword ? strcmp(argument->keyword, name) == 0 : i == row) return argument;
    }
    return NULL;
}

SourceRange layer_argument_at(const LayerClass *class_, const Arguments *arguments, const char *name) {
    const Argument *argument = layer_argument(class_, arguments, name);
    return argument ? argument->at : arguments->call;
}

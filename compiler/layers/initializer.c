/* Initializers, as keras.initializers.get reads them: a name, a symbol of keras.initializers, or one with
 * arguments.
 *
 * Only `-w random` uses the result; everything else is accepted as Keras accepts it, so that the file runs
 * unmodified.
 */
#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "layers/bind.h"

typedef struct InitializerRow {
    const char *name, *alias, *params;
    Initializer fallback;
} InitializerRow;

static const InitializerRow rows[] = {
#define INITIALIZER(name, alias, params, ...) {name, alias, params, {__VA_ARGS__}},
#include "layers/initializer.def"
#undef INITIALIZER
};
enum { ROW_COUNT = sizeof rows / sizeof rows[0] };

static const char *last_part(const char *path) {
    const char *dot = strrchr(path, '.');
    return dot ? dot + 1 : path;
}

static const InitializerRow *find_row(Arena *arena, const char *name) {
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (strcmp(rows[i].name, name) == 0 || (*name && strcmp(rows[i].alias, name) == 0)) return &rows[i];
        if (tolower((unsigned char)rows[i].name[0]) != name[0]) continue; /* most of them, without memory */
        if (strcmp(graph_snake_case(arena, rows[i].name), name) == 0) return &rows[i];
    }
    return NULL;
}

/* The index-th word of "mean stddev seed"; NULL past the last. */
static const char *param_name(Arena *arena, const char *params, size_t index) {
    while (*params) {
        const size_t length = strcspn(params, " ");
        if (index-- == 0) return arena_strndup(arena, params, length);
        params += length + (params[length] == ' ');
    }
    return NULL;
}

static bool is_param(Arena *arena, const char *params, const char *name) {
    const char *param;
    for (size_t i = 0; (param = param_name(arena, params, i)); i++) {
        if (strcmp(param, name) == 0) return true;
    }
    return false;
}

static bool set_text(const char *name, const char *text, Initializer *out) {
    if (strcmp(name, "mode") == 0) {
        if (strcmp(text, "fan_in") == 0) return out->mode = FAN_IN, true;
        if (strcmp(text, "fan_out") == 0) return out->mode = FAN_OUT, true;
        if (strcmp(text, "fan_avg") == 0) return out->mode = FAN_AVG, true;
    } else if (strcmp(name, "distribution") == 0) {
        if (strcmp(text, "uniform") == 0) return out->distribution = DIST_UNIFORM, true;
        if (strcmp(text, "untruncated_normal") == 0) return out->distribution = DIST_UNTRUNCATED_NORMAL, true;
        if (strcmp(text, "normal") == 0 || strcmp(text, "truncated_normal") == 0)
            return out->distribution = DIST_TRUNCATED_NORMAL, true;
    }
    return false;
}

static bool set_number(const char *name, double number, Initializer *out) {
    const struct {
        const char *name;
        double *field;
    } fields[] = {{"value", &out->value},   {"gain", &out->value},    {"mean", &out->mean},
                  {"stddev", &out->stddev}, {"minval", &out->minval}, {"maxval", &out->maxval},
                  {"scale", &out->scale}};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (strcmp(fields[i].name, name) == 0) return *fields[i].field = number, true;
    }
    return false;
}

static bool set_param(Graph *graph, const char *initializer, const char *name, const Argument *argument,
                      Initializer *out) {
    double number;
    const char *text = value_c_str(argument->value);
    if (strcmp(name, "seed") == 0 || strstr(name, "_axes")) return true;
    if (strcmp(name, "value") == 0 &&
        (argument->value.kind == VALUE_LIST || argument->value.kind == VALUE_TUPLE))
        return true; /* an array: the values come from -w */
    if (text && set_text(name, text, out)) return true;
    if (value_as_number(argument->value, &number) && set_number(name, number, out) &&
        (strcmp(name, "scale") != 0 || number > 0))
        return true;
    return diag_report(graph->diags, E204, argument->at,
                       "Invalid `%s` argument of initializer %s. Received: %s=%s", name, initializer, name,
                       value_text(graph->arena, argument->value));
}

static bool apply_config(Graph *graph, const InitializerRow *row, const Config *config, Initializer *out) {
    for (size_t i = 0; i < config->arguments->count; i++) {
        const Argument *argument = &config->arguments->at[i];
        const char *name = argument->keyword ? argument->keyword : param_name(graph->arena, row->params, i);
        if (!name) {
            return diag_report(graph->diags, E200, argument->at,
                               "%s.__init__() was given too many positional arguments", row->name);
        }
        if (!is_param(graph->arena, row->params, name)) {
            return diag_report(graph->diags, E200, argument->keyword_at,
                               "%s.__init__() got an unexpected keyword argument '%s'", row->name, name);
        }
        if (!set_param(graph, row->name, name, argument, out)) return false;
    }
    return true;
}

static bool report_unknown(Graph *graph, Value value, const char *name, SourceRange at) {
    const char *names[ROW_COUNT];
    for (size_t i = 0; i < ROW_COUNT; i++) names[i] = graph_snake_case(graph->arena, rows[i].name);
    diag_report(graph->diags, E209, at, "Could not interpret initializer identifier: %s",
                value_text(graph->arena, value));
    const char *near = name ? text_nearest(name, names, ROW_COUNT) : NULL;
    diag_suggest(graph->diags, at, name, near);
    return false;
}

static Value entry_of(Graph *graph, Value dict, const char *key) {
    if (dict.kind != VALUE_DICT) return value_none();
    const DictEntry *entry = value_dict_find(graph->arena, dict.as.dict, value_str(graph->arena, key));
    return entry ? entry->value : value_none();
}

/* {"class_name": "VarianceScaling", "config": {"scale": 2.0}} as the call that it describes. */
static Value from_dict(Graph *graph, Value dict, SourceRange at) {
    const char *name = value_c_str(entry_of(graph, dict, "class_name"));
    const Value settings = entry_of(graph, dict, "config");
    if (!name) return dict;
    const size_t count = settings.kind == VALUE_DICT ? settings.as.dict->entries.count : 0;
    Argument *list = ARENA_ARRAY(graph->arena, Argument, count);
    for (size_t i = 0; i < count; i++) {
        const DictEntry *entry = &settings.as.dict->entries.at[i];
        list[i] = (Argument){value_c_str(entry->key), entry->value, at, at};
        if (!list[i].keyword) return dict;
    }
    Arguments *arguments = ARENA_NEW(graph->arena, Arguments);
    *arguments = (Arguments){list, count, at};
    Config *config = ARENA_NEW(graph->arena, Config);
    *config = (Config){name, arguments};
    return (Value){.kind = VALUE_CONFIG, .as.config = config};
}

bool initializer_parse(Graph *graph, Value value, SourceRange at, Initializer *out) {
    if (value.kind == VALUE_DICT) value = from_dict(graph, value, at);
    const char *name = value_c_str(value);
    if (value.kind == VALUE_SYMBOL) name = last_part(value.as.symbol);
    if (value.kind == VALUE_CONFIG) name = last_part(value.as.config->symbol);
    if (value_is_none(value)) name = "glorot_uniform"; /* add_weight's own default */
    const InitializerRow *row = name ? find_row(graph->arena, name) : NULL;
    if (!row) return report_unknown(graph, value, name, at);
    *out = row->fallback;
    return value.kind != VALUE_CONFIG || apply_config(graph, row, value.as.config, out);
}

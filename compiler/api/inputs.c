/* liblamina: what is compiled, and how: options, the model, its weights. */
#include <string.h>

#include "api/compilation.h"
#include "base/text.h"

/* Those of a command line alone: files in and out, and what is printed. */
static bool is_of_commands(OptionId id) {
    static const OptionId OPTIONS[] = {
        OPT_WEIGHTS, OPT_OUTPUT,       OPT_INPUT,           OPT_EMIT,
        OPT_VERBOSE, OPT_DEPENDENCIES, OPT_DEPENDENCY_FILE, OPT_DEPENDENCY_TARGET,
        OPT_HELP,    OPT_VERSION,      OPT_PRINT_AFTER,     OPT_TIME_REPORT,
        OPT_REPORT,  OPT_JOBS};
    for (size_t i = 0; i < sizeof OPTIONS / sizeof *OPTIONS; i++)
        if (OPTIONS[i] == id) return true;
    return false;
}

static bool is_for_library(OptionId id) {
    const OptionInfo *info = option_info(id);
    return (info->commands & (CMD_COMPILE | CMD_RUN)) && !is_of_commands(id);
}

static bool unknown(lamina_compilation *c, const char *name) {
    const char *names[OPTION_COUNT];
    size_t count = 0;
    for (OptionId id = 0; id < OPTION_COUNT; id++)
        if (is_for_library(id)) names[count++] = option_info(id)->name;
    const char *near = text_nearest(name, names, count);
    return compilation_usage(c, arena_printf(c->arena, "the library has no option '%s'%s%s%s", name,
                                             near ? "; did you mean '" : "", near ? near : "",
                                             near ? "'?" : ""));
}

/* Nothing can be given any more once the model was read. */
static bool is_open(lamina_compilation *c) {
    return !c->began || compilation_usage(c, "the model has been read already: make another compilation");
}

typedef struct Given {
    const char *name, *value;
    Bytes bytes;
} Given;

static bool work_option(lamina_compilation *c, void *argument) {
    const Given *given = argument;
    if (!is_open(c)) return false;
    OptionId id = 0;
    while (id < OPTION_COUNT && !(strcmp(option_info(id)->name, given->name) == 0 && is_for_library(id)))
        id++;
    if (id == OPTION_COUNT) return unknown(c, given->name);
    if (option_info(id)->argument && !given->value)
        return compilation_usage(c, arena_printf(c->arena, "option '%s' needs a value", given->name));
    vec_push(c->arena, &c->options->values[id], arena_strdup(c->arena, given->value ? given->value : ""));
    return true;
}

static bool work_model(lamina_compilation *c, void *argument) {
    const Given *given = argument;
    enum { MOST = 1 << 30 };
    if (!is_open(c)) return false;
    if (given->bytes.size > MOST) return compilation_usage(c, "the model is larger than 1 GiB");
    c->model = given->bytes;
    c->options->operands.count = 0;
    vec_push(c->arena, &c->options->operands, arena_strdup(c->arena, given->name));
    if (c->model.data) c->model.path = c->options->operands.at[0];
    return true;
}

static bool work_weights(lamina_compilation *c, void *argument) {
    const Given *given = argument;
    if (!is_open(c)) return false;
    const char *name = arena_strdup(c->arena, given->name);
    c->weights = given->bytes;
    c->options->values[OPT_WEIGHTS].count = 0;
    if (c->weights.data)
        c->weights.path = name;
    else
        vec_push(c->arena, &c->options->values[OPT_WEIGHTS], name);
    return true;
}

static lamina_status take(lamina_compilation *c, CompilationWork *work, const char *name, const char *value,
                          Bytes bytes) {
    if (!c || !name) return LAMINA_STATUS_USAGE;
    Given given = {name, value, bytes};
    return compilation_guard(c, work, &given);
}

/* Bytes that are there, even where they are none. */
static Bytes bytes_of(const void *data, size_t size) {
    static unsigned char nothing[1];
    return (Bytes){.data = data ? (unsigned char *)(uintptr_t)data : nothing, .size = data ? size : 0};
}

lamina_status lamina_compilation_option(lamina_compilation *c, const char *name, const char *value) {
    return take(c, work_option, name, value, (Bytes){0});
}

lamina_status lamina_compilation_model(lamina_compilation *c, const char *name, const void *data,
                                       size_t size) {
    return take(c, work_model, name ? name : "model", NULL, bytes_of(data, size));
}

lamina_status lamina_compilation_model_file(lamina_compilation *c, const char *path) {
    return take(c, work_model, path, NULL, (Bytes){0});
}

lamina_status lamina_compilation_weights(lamina_compilation *c, const char *name, const void *data,
                                         size_t size) {
    return take(c, work_weights, name ? name : "weights", NULL, bytes_of(data, size));
}

lamina_status lamina_compilation_weights_file(lamina_compilation *c, const char *path) {
    return take(c, work_weights, path, NULL, (Bytes){0});
}

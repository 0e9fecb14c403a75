/* --extern, --extern-shape, --extern-lib: layers that the user supplies as C functions. */
#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/cc.h"
#include "emit/emit.h"

static bool refuse(Driver *driver, const char *option, const char *text, const char *why) {
    return diag_report(driver->diags, E650, NO_SOURCE, "--%s %s: %s", option, text, why);
}

/* "LAYER=REST" */
static bool split(Driver *driver, const char *option, const char *text, const char **layer,
                  const char **rest) {
    const char *equals = strchr(text, '=');
    if (!equals || equals == text || !equals[1])
        return refuse(driver, option, text, "expected LAYER=... here");
    *layer = arena_strndup(driver->arena, text, (size_t)(equals - text));
    *rest = equals + 1;
    return true;
}

static ExternalLayer *find(Driver *driver, const char *layer) {
    for (size_t i = 0; i < driver->n_externals; i++)
        if (strcmp(driver->externals[i].layer, layer) == 0) return &driver->externals[i];
    return NULL;
}

/* The word is in a list of them with spaces between. */
static bool has_word(const char *list, const char *word) {
    const size_t length = strlen(word);
    for (const char *at = list; (at = strstr(at, word)) != NULL; at += length)
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || !at[length])) return true;
    return false;
}

/* A function of that name would be called in the place of another one, here or in the whole program. */
static bool refuse_taken(Driver *driver, const char *option, const char *function) {
    static const struct {
        const char *header, *names;
    } LIBRARY[] = {
#define NAMES(header_, names_) {header_, names_},
#include "cli/c_names.def"
#undef NAMES
    };
    const char *why = NULL;
    for (size_t i = 0; i < sizeof LIBRARY / sizeof LIBRARY[0]; i++)
        if (has_word(LIBRARY[i].names, function))
            why = arena_printf(driver->arena, "%s() is a function of the C library (<%s>)", function,
                               LIBRARY[i].header);
    if (strcmp(function, "main") == 0) why = "main() is where the program starts";
    if (function[0] == '_')
        why = "names that start with an underscore belong to the C compiler and its library";
    if (strncmp(function, "lamina_", 7) == 0 || strncmp(function, "lmrt_", 5) == 0)
        why = "names that start with lamina_ and lmrt_ belong to the generated code";
    if (!why) return true;
    diag_report(driver->diags, E690, NO_SOURCE, "--extern %s: %s", option, why);
    diag_help(driver->diags, NO_SOURCE, NULL, "call it something else, such as my_%s",
              function + strspn(function, "_"));
    return false;
}

static bool read_functions(Driver *driver) {
    const TextList *given = &driver->options->values[OPT_EXTERN];
    driver->externals = ARENA_ARRAY(driver->arena, ExternalLayer, given->count);
    for (size_t i = 0; i < given->count; i++) {
        ExternalLayer new = {0};
        if (!split(driver, "extern", given->at[i], &new.layer, &new.function)) return false;
        if (find(driver, new.layer))
            return refuse(driver, "extern", given->at[i], "the layer has a function already");
        if (!refuse_taken(driver, given->at[i], new.function)) return false;
        if (strcmp(emit_identifier(driver->arena, new.function), new.function) != 0)
            return refuse(driver, "extern", given->at[i], "the function's name is no identifier of C");
        driver->externals[driver->n_externals++] = new;
    }
    return true;
}

bool driver_externals(Driver *driver) {
    const TextList *shapes = &driver->options->values[OPT_EXTERN_SHAPE];
    if (!read_functions(driver)) return false;
    for (size_t i = 0; i < shapes->count; i++) {
        const char *layer = NULL, *shape = NULL;
        if (!split(driver, "extern-shape", shapes->at[i], &layer, &shape)) return false;
        ExternalLayer *external = find(driver, layer);
        if (!external) return refuse(driver, "extern-shape", shapes->at[i], "the layer has no --extern");
        external->shape = shape;
    }
    return true;
}

bool driver_externals_used(Driver *driver) {
    for (size_t i = 0; i < driver->n_externals; i++) {
        const ExternalLayer *external = &driver->externals[i];
        if (external->used) continue;
        diag_report(driver->diags, E651, NO_SOURCE,
                    "--extern: the file calls no layer of its own, and none from outside, "
                    "that is named '%s'",
                    external->layer);
        VEC(const char *) names = {0};
        for (size_t k = 0; k < driver->graph->layers.count; k++) {
            const Layer *layer = driver->graph->layers.at[k];
            if (!layer->instance) continue;
            vec_push(driver->arena, &names, layer->class_->name);
            vec_push(driver->arena, &names, layer->name);
        }
        const char *near = text_nearest(external->layer, names.at, names.count);
        if (near) diag_help(driver->diags, NO_SOURCE, near, "did you mean '%s'?", near);
        return false;
    }
    return true;
}

bool driver_externals_apart(Driver *driver, const char *prefix) {
    for (size_t i = 0; i < driver->n_externals; i++) {
        const ExternalLayer *external = &driver->externals[i];
        if (emit_takes_name(prefix, external->function))
            return refuse(driver, "extern",
                          arena_printf(driver->arena, "%s=%s", external->layer, external->function),
                          "the generated code takes that name itself");
    }
    return true;
}

/* ---- in this process ---- */

static bool has_suffix(const char *path, const char *suffix) {
    const size_t length = strlen(path), n = strlen(suffix);
    return length > n && strcmp(path + length - n, suffix) == 0;
}

static void *open_library(Driver *driver, const char *path) {
    char whole[PATH_MAX];
    void *library = realpath(path, whole) ? dlopen(whole, RTLD_NOW | RTLD_GLOBAL) : NULL;
    if (!library)
        diag_report(driver->diags, E655, NO_SOURCE, "cannot load '%s': %s", path,
                    realpath(path, whole) ? dlerror() : "no such file");
    return library;
}

/* A C file goes through the C compiler; the library stays loaded until the process ends. */
static void *open_source(Driver *driver, const char *path) {
    static const char *const flags[] = {"-O2", NULL};
    const char *folder = folder_make(driver);
    if (!folder) return NULL;
    const char *library = folder_file(driver, folder, "extern.so");
    const char *const operands[] = {"-fPIC", "-shared", "-o", library, path, "-lm", NULL};
    void *handle = cc_run(driver, E655, folder, flags, operands) ? open_library(driver, library) : NULL;
    folder_remove(driver, folder);
    return handle;
}

bool driver_externals_load(Driver *driver) {
    const TextList *files = &driver->options->values[OPT_EXTERN_LIB];
    if (!driver_externals_apart(driver, "model")) return false;
    for (size_t i = 0; i < files->count; i++) {
        void *library = has_suffix(files->at[i], ".c") ? open_source(driver, files->at[i])
                                                       : open_library(driver, files->at[i]);
        if (!library) return false;
        for (size_t k = 0; k < driver->n_externals; k++) {
            void *address = dlsym(library, driver->externals[k].function);
            if (address) memcpy(&driver->externals[k].address, &address, sizeof address);
        }
    }
    for (size_t k = 0; k < driver->n_externals; k++) {
        if (driver->externals[k].address) continue;
        diag_report(driver->diags, E655, NO_SOURCE,
                    "the function %s() of layer '%s' is not here to be called", driver->externals[k].function,
                    driver->externals[k].layer);
        diag_help(driver->diags, NO_SOURCE, NULL, "--extern-lib FILE.so or FILE.c names what defines it");
        return false;
    }
    return true;
}

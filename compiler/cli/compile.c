/* lamina compile: a model file and its weights become C, or one of the forms that LLVM makes. By the
 * functions of liblamina (lamina/compiler.h); what is the command's own is where things go, and the
 * dependency file.
 */
#include <string.h>

#include "api/compilation.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/forms.h"
#include "cli/tensors.h"
#include "data/bytes.h"

static const char *output_path(Driver *driver) {
    const char *path = option_value(driver->options, OPT_OUTPUT);
    const char *name = option_value(driver->options, OPT_EMIT);
    const Form *form = name ? form_find(name) : NULL;
    return path ? path
                : arena_printf(driver->arena, "%s.%s", driver_model_stem(driver), form ? form->suffix : "c");
}

/* A path as make and ninja read it in a rule. */
static void add_path(Text *text, const char *path) {
    for (; *path; path++) {
        if (*path == ' ' || *path == '#' || *path == '\\') text_char(text, '\\');
        if (*path == '$') text_char(text, '$');
        text_char(text, *path);
    }
}

static bool write_dependencies(Driver *driver, const char *path) {
    const Options *options = driver->options;
    const char *file = option_value(options, OPT_DEPENDENCY_FILE),
               *target = option_value(options, OPT_DEPENDENCY_TARGET);
    const char *weights = option_value(options, OPT_WEIGHTS);
    Text text = text_new(driver->arena);
    add_path(&text, target ? target : path);
    text_add(&text, ":");
    size_t count;
    const char *const *imports = elaborate_imports(driver->elaboration, &count);
    const char *model = driver_model_path(driver);
    if (strcmp(model, "-") != 0) {
        text_add(&text, " ");
        add_path(&text, model);
    }
    for (size_t i = 0; i < count; i++) {
        text_add(&text, " \\\n  ");
        add_path(&text, imports[i]);
    }
    if (weights && strcmp(weights, "random") != 0 && strncmp(weights, "random:", 7) != 0) {
        text_add(&text, " \\\n  ");
        add_path(&text, weights);
    }
    for (size_t i = 0; i < options->values[OPT_CALIBRATE].count; i++) {
        text_add(&text, " \\\n  ");
        add_path(&text, tensors_path(options->values[OPT_CALIBRATE].at[i]));
    }
    text_add(&text, "\n");
    if (!file) file = forms_with_suffix(driver->arena, path, ".d");
    return bytes_write(driver->diags, file, text.data, text.length);
}

/* Bad usage, told before anything is read. */
static const char *wrong_usage(const Driver *driver, const char *path, const Form **form) {
    const char *wrong = forms_pick(driver, option_value(driver->options, OPT_EMIT), path, form);
    if (!wrong) wrong = forms_wrong(driver, *form);
    if (wrong || option_given(driver->options, OPT_DEPENDENCIES)) return wrong;
    const bool named = option_given(driver->options, OPT_DEPENDENCY_FILE) ||
                       option_given(driver->options, OPT_DEPENDENCY_TARGET);
    return named ? "-MF and -MT go with -MD" : NULL;
}

int command_compile(Driver *driver) {
    const char *path = output_path(driver);
    const Form *form = NULL;
    const char *wrong = wrong_usage(driver, path, &form);
    if (wrong) return command_usage_error("%s", wrong);
    if (option_given(driver->options, OPT_REPORT)) driver->notes = ARENA_NEW(driver->arena, DriverNotes);
    lamina_compilation *compilation = compilation_of_driver(driver);
    const bool done =
        lamina_compilation_compile(compilation) == LAMINA_STATUS_FINE &&
        (!option_given(driver->options, OPT_DEPENDENCIES) || write_dependencies(driver, path)) &&
        lamina_compilation_write(compilation, form->name, path) == LAMINA_STATUS_FINE &&
        driver_report(driver, NULL, 0, 0);
    if (done && driver_says(driver)) fprintf(stderr, "lamina: wrote %s\n", path);
    lamina_compilation_free(compilation);
    return driver_finish(driver);
}

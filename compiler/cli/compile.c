/* lamina compile: a model file and its weights become C, or one of the forms that LLVM makes. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/forms.h"
#include "data/bytes.h"
#include "emit/emit.h"
#include "emit/llvm_module.h"

/* The form by --emit, else by the suffix; EXIT_USAGE after a message where there is none (yet). */
static int check_form(const Driver *driver, const char *path, const Form **form) {
    const char *emit = option_value(driver->options, OPT_EMIT), *slash = strrchr(path, '/');
    const char *dot = strrchr(slash ? slash : path, '.'), *name = emit ? emit : dot ? dot + 1 : "";
    const char *all = form_names(driver->arena);
    *form = form_find(name);
    if (!emit && bytes_is_device(path))
        return command_usage_error("-o %s: a device has no suffix that picks the form: give --emit=c", path);
    if (!*form && emit)
        return command_usage_error("--emit=%s: there is no such form; there are %s", emit, all);
    if (!*form)
        return command_usage_error("-o %s: the suffix picks the form (%s), or give --emit", path, all);
    if ((*form)->kind == FORM_LATER)
        return command_usage_error("the form '%s' is not available yet in this version; there are %s", name,
                                   all);
    return EXIT_FINE;
}

static int check_target(const Driver *driver, const Form *form) {
    const char *target = option_value(driver->options, OPT_TARGET);
    bool later = false;
    if (!target) return EXIT_FINE;
    if (!emit_target_known(target, &later) && !llvm_target_known(target))
        return command_usage_error("--target=%s: there is no such target; `lamina list targets` shows all",
                                   target);
    if (form->kind == FORM_C) {
        if (later) return command_usage_error("--target=%s is not available yet in this version", target);
        return EXIT_FINE;
    }
    if (llvm_target_known(target)) return EXIT_FINE;
    return command_usage_error(
        "--target=%s is for C; the form '%s' takes one that `lamina list targets` shows for"
        " objects",
        target, form->name);
}

/* Options that go with one kind of form only. */
static int check_form_options(const Driver *driver, const Form *form) {
    const char *weights = option_value(driver->options, OPT_WEIGHTS_AS);
    if (form->kind != FORM_C && weights && strcmp(weights, "incbin") == 0)
        return command_usage_error(
            "--weights-as=incbin is for C; the form '%s' holds its weights (inline) or takes"
            " them as an argument (binary)",
            form->name);
    if (form->kind == FORM_C && option_given(driver->options, OPT_DEBUG))
        return command_usage_error(
            "-g is for the forms that LLVM makes; C is compiled with the C compiler's own -g");
    return EXIT_FINE;
}

static bool is_identifier(const char *text) {
    static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    if (!text[0] || !strchr(LETTERS, text[0])) return false;
    const size_t length = strlen(text);
    for (size_t i = 0; i < length; i++)
        if (!strchr(LETTERS, text[i]) && !(text[i] >= '0' && text[i] <= '9')) return false;
    return true;
}

static const char *output_path(Driver *driver) {
    const char *path = option_value(driver->options, OPT_OUTPUT);
    return path ? path : arena_printf(driver->arena, "%s.c", driver_model_stem(driver));
}

static const char *symbol_prefix(Driver *driver, const char *path) {
    const char *prefix = option_value(driver->options, OPT_PREFIX);
    if (prefix) return prefix;
    const bool named = option_given(driver->options, OPT_OUTPUT) && !bytes_is_device(path);
    return emit_identifier(driver->arena,
                           named ? forms_stem(driver->arena, path) : driver_model_stem(driver));
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
    text_add(&text, "\n");
    if (!file) file = forms_with_suffix(driver->arena, path, ".d");
    return bytes_write(driver->diags, file, text.data, text.length);
}

int command_compile(Driver *driver) {
    const char *path = output_path(driver), *prefix = option_value(driver->options, OPT_PREFIX);
    const Form *form = NULL;
    int usage = check_form(driver, path, &form);
    if (usage == EXIT_FINE) usage = check_target(driver, form);
    if (usage == EXIT_FINE) usage = check_form_options(driver, form);
    if (usage != EXIT_FINE) return usage;
    if (prefix && !is_identifier(prefix))
        return command_usage_error("--prefix=%s: expected a C identifier", prefix);
    const bool depends = option_given(driver->options, OPT_DEPENDENCIES);
    if (!depends && (option_given(driver->options, OPT_DEPENDENCY_FILE) ||
                     option_given(driver->options, OPT_DEPENDENCY_TARGET)))
        return command_usage_error("-MF and -MT go with -MD");
    const char *symbols = symbol_prefix(driver, path);
    if (!driver_load(driver) || !driver_externals_apart(driver, symbols) || !driver_program(driver))
        return driver_finish(driver);
    if (depends && !write_dependencies(driver, path)) return driver_finish(driver);
    if (forms_write(driver, form, path, symbols) && driver_says(driver))
        fprintf(stderr, "lamina: wrote %s\n", path);
    return driver_finish(driver);
}

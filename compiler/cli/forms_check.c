/* Which form a path asks for, and whether the command line's other options go with it. Nothing is printed: a
 * text says what is wrong. */
#include <string.h>

#include "cli/forms.h"
#include "data/bytes.h"
#include "emit/llvm_module.h"

const char *forms_pick(const Driver *driver, const char *name, const char *path, const Form **form) {
    const char *all = form_names(driver->arena), *base = source_base_name(path), *dot = strrchr(base, '.');
    if (!name && bytes_is_device(path))
        return arena_printf(driver->arena, "-o %s: a device has no suffix that picks the form: give --emit=c",
                            path);
    *form = name ? form_find(name) : form_of_suffix(dot ? dot + 1 : "");
    if (!*form && name)
        return arena_printf(driver->arena, "--emit=%s: there is no such form; there are %s", name, all);
    if (!*form)
        return arena_printf(driver->arena, "-o %s: the suffix picks the form (%s), or give --emit", path,
                            all);
    if ((*form)->kind == FORM_PYTHON && bytes_is_device(path))
        return arena_printf(driver->arena, "-o %s: a Python module comes with its library: name a file",
                            path);
    return NULL;
}

static const char *wrong_target(const Driver *driver, const Form *form) {
    const char *target = option_value(driver->options, OPT_TARGET);
    if (!target) return NULL;
    if (!emit_target_known(target) && !llvm_target_known(target))
        return arena_printf(driver->arena,
                            "--target=%s: there is no such target; `lamina list targets` shows all", target);
    if (form->kind == FORM_C || llvm_target_known(target)) return NULL;
    return arena_printf(driver->arena,
                        "--target=%s is for C; the form '%s' takes one that `lamina list targets` shows for"
                        " objects",
                        target, form->name);
}

static bool is_identifier(const char *text) {
    static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    if (!text[0] || !strchr(LETTERS, text[0])) return false;
    const size_t length = strlen(text);
    for (size_t i = 0; i < length; i++)
        if (!strchr(LETTERS, text[i]) && !(text[i] >= '0' && text[i] <= '9')) return false;
    return true;
}

const char *forms_wrong(const Driver *driver, const Form *form) {
    const char *weights = option_value(driver->options, OPT_WEIGHTS_AS),
               *prefix = option_value(driver->options, OPT_PREFIX), *wrong = wrong_target(driver, form);
    if (wrong) return wrong;
    if (form->kind != FORM_C && weights && strcmp(weights, "incbin") == 0)
        return arena_printf(driver->arena,
                            "--weights-as=incbin is for C; the form '%s' holds its weights (inline) or takes"
                            " them as an argument (binary)",
                            form->name);
    if (form->kind == FORM_C && option_given(driver->options, OPT_DEBUG))
        return "-g is for the forms that LLVM makes; C is compiled with the C compiler's own -g";
    if (prefix && !is_identifier(prefix))
        return arena_printf(driver->arena, "--prefix=%s: expected a C identifier", prefix);
    return NULL;
}

const char *forms_prefix(const Driver *driver, const char *stem) {
    const char *prefix = option_value(driver->options, OPT_PREFIX);
    return prefix ? prefix : emit_identifier(driver->arena, stem);
}

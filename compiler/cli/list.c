/* Commands that tell what there is: list and explain. */
#include <string.h>

#include "base/text.h"
#include "cli/commands.h"
#include "emit/emit.h"
#include "passes/passes.h"

static void print_field(const char *label, const char *text) {
    if (!text[0]) return;
    printf("\n%s:\n    ", label);
    for (; *text; text++) {
        putchar(*text);
        if (*text == '\n') fputs("    ", stdout);
    }
    putchar('\n');
}

int command_explain(Driver *driver) {
    const char *code = driver->options->operands.at[0];
    const DiagInfo *info = diag_find(code);
    if (!info)
        return command_usage_error("there is no diagnostic '%s'; `lamina list diagnostics` shows all", code);
    static const char *const SEVERITIES[] = {"error", "warning", "note", "remark"};
    printf("%s: %s (%s%s%s", info->code, info->title, SEVERITIES[info->severity],
           info->exception[0] ? ", " : "", info->exception);
    if (info->flag[0]) printf(", -W%s", info->flag);
    printf(")\n\n%s\n", info->explanation);
    print_field("Example", info->example);
    print_field("Cure", info->cure);
    return EXIT_FINE;
}

static void list_parameter(const ParamSpec *param) {
    printf("    %-24s", param->name);
    if (param->required)
        printf("(required)");
    else
        printf("= %s", param->fallback ? param->fallback : "None");
    if (param->kind == PARAM_IGNORED) printf("  (no effect on inference)");
    if (param->about && param->about[0]) printf("  %s", param->about);
    putchar('\n');
}

static void list_layers(void) {
    size_t count;
    const LayerClass *const *classes = layer_class_all(&count);
    for (size_t i = 0; i < count; i++) {
        if (classes[i]->flags & LAYER_OPERATION) continue;
        printf("%s: %s\n", classes[i]->name, classes[i]->about ? classes[i]->about : "");
        for (const ParamSpec *param = classes[i]->params; param && param->name; param++)
            list_parameter(param);
    }
}

static void list_diagnostics(void) {
    for (int i = 0; i < DIAG_CODE_COUNT; i++) {
        const DiagInfo *info = diag_info((DiagCode)i);
        printf("%s  %-18s %s%s%s\n", info->code, info->exception, info->title, info->flag[0] ? "  -W" : "",
               info->flag);
    }
}

static void list_activations(void) {
    size_t count;
    const char *const *names = activation_all(&count);
    for (size_t i = 0; i < count; i++) puts(names[i]);
}

static int list_weights(Driver *driver) {
    if (driver->options->operands.count < 2)
        return command_usage_error("`lamina list weights` needs a MODEL");
    if (driver_model(driver))
        weights_print(weights_expect(driver->arena, driver->diags, driver->model), stdout);
    return driver_finish(driver);
}

static void list_passes(void) {
    size_t count;
    const PassInfo *passes = passes_all(&count);
    for (size_t i = 0; i < count; i++)
        printf("%-18s -O%d  %s\n", passes[i].name, passes[i].level, passes[i].about);
}

int command_list(Driver *driver) {
    static const char *const WHAT[] = {"layers", "activations", "targets",
                                       "passes", "diagnostics", "weights"};
    const char *what = driver->options->operands.at[0];
    if (strcmp(what, "weights") == 0) return list_weights(driver);
    if (driver->options->operands.count > 1)
        return command_usage_error("`lamina list %s` takes no MODEL", what);
    if (strcmp(what, "layers") == 0)
        list_layers();
    else if (strcmp(what, "activations") == 0)
        list_activations();
    else if (strcmp(what, "targets") == 0)
        emit_list_targets(stdout);
    else if (strcmp(what, "passes") == 0)
        list_passes();
    else if (strcmp(what, "diagnostics") == 0)
        list_diagnostics();
    else {
        const char *near = text_nearest(what, WHAT, sizeof WHAT / sizeof *WHAT);
        return command_usage_error("`lamina list` does not know '%s'%s%s%s", what,
                                   near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    return EXIT_FINE;
}

/* The values of options: numbers, and words of fixed lists. Nothing is printed: a text says what is wrong. */
#include <string.h>

#include "base/text.h"
#include "cli/quantize.h"
#include "passes/passes.h"

const char *const *option_words(OptionId id) {
    static const char *const MESSAGES[] = {"text", "json", "sarif", NULL};
    static const char *const FORMATS[] = {"text", "json", NULL};
    static const char *const COLORS[] = {"auto", "always", "never", NULL};
    static const char *const LEVELS[] = {"0", "1", "2", "3", NULL};
    static const char *const WEIGHTS[] = {"inline", "binary", "incbin", NULL};
    static const char *const ERAS[] = {"tf1", NULL};
    static const char *const CONVS[] = {DRIVER_CONV_WAYS, NULL};
    static const char *const TYPES[] = {"int8", NULL};
    static const char *const WAYS[] = {"llvm", "c", "reference", NULL};
    switch (id) {
    case OPT_COMPAT: return ERAS;
    case OPT_CONV: return CONVS;
    case OPT_DIAGNOSTICS: return MESSAGES;
    case OPT_FORMAT: return FORMATS;
    case OPT_COLOR: return COLORS;
    case OPT_OPTIMIZE: return LEVELS;
    case OPT_WEIGHTS_AS: return WEIGHTS;
    case OPT_QUANTIZE: return TYPES;
    case OPT_VIA: return WAYS;
    default: return NULL;
    }
}

static const char *wrong_word(Arena *arena, const Options *options, OptionId id) {
    const char *value = option_value(options, id);
    const char *const *words = option_words(id);
    if (!value || !words) return NULL;
    for (size_t i = 0; words[i]; i++)
        if (strcmp(words[i], value) == 0) return NULL;
    Text text = text_new(arena);
    text_printf(&text, "--%s=%s: expected one of", option_info(id)->name, value);
    for (size_t i = 0; words[i]; i++) text_printf(&text, "%s %s", i ? "," : "", words[i]);
    return text.data;
}

static const char *wrong_words(Arena *arena, const Options *options) {
    const char *wrong = NULL;
    for (int id = 0; !wrong && id < OPTION_COUNT; id++) wrong = wrong_word(arena, options, (OptionId)id);
    return wrong;
}

/* Names of passes and stages on the command line. */
static const char *wrong_pass(Arena *arena, const Options *options, OptionId id, bool stages_too) {
    static const char *const STAGES[] = {"parse", "lower", "passes", "quantize", "plan", "all"};
    const TextList *names = &options->values[id];
    for (size_t i = 0; i < names->count; i++) {
        bool known = passes_find(names->at[i]) != NULL;
        for (size_t s = 0; stages_too && s < sizeof STAGES / sizeof *STAGES; s++)
            known |= strcmp(STAGES[s], names->at[i]) == 0;
        if (!known)
            return arena_printf(arena, "--%s=%s: there is no such pass%s; `lamina list passes` shows all",
                                option_info(id)->name, names->at[i], stages_too ? " or stage" : "");
    }
    return NULL;
}

static const char *wrong_number(Arena *arena, const Options *options) {
    static const OptionId NUMBERS[] = {OPT_MAX_STEPS, OPT_MAX_DEPTH, OPT_MAX_NODES,
                                       OPT_JOBS,      OPT_RUNS,      OPT_BATCH};
    for (size_t i = 0; i < sizeof NUMBERS / sizeof *NUMBERS; i++) {
        const char *value = option_value(options, NUMBERS[i]);
        if (!value || (value[0] && strlen(value) < 19 && strspn(value, "0123456789") == strlen(value) &&
                       strspn(value, "0") < strlen(value)))
            continue;
        return arena_printf(arena, "--%s=%s: expected a positive number", option_info(NUMBERS[i])->name,
                            value);
    }
    return NULL;
}

static const char *wrong_warning(Arena *arena, const Options *options) {
    const TextList *given = &options->values[OPT_WARNING];
    for (size_t i = 0; i < given->count; i++) {
        const char *name = given->at[i];
        if (strcmp(name, "error") == 0 || strcmp(name, "no-error") == 0 ||
            strcmp(name, "no-everything") == 0 || strcmp(name, "all") == 0 || strcmp(name, "extra") == 0)
            continue;
        if (strncmp(name, "no-", 3) == 0) name += 3;
        if (strncmp(name, "error=", 6) == 0) name += 6;
        if (!diag_is_flag(name))
            return arena_printf(arena, "-W%s: there is no such warning; `lamina list diagnostics` shows all",
                                given->at[i]);
    }
    return NULL;
}

static const char *wrong_threads(Arena *arena, const Options *options) {
    if (driver_threads(options, &(PlanOptions){0})) return NULL;
    return arena_printf(
        arena,
        "--threads=%s: expected a number of threads, 1 to 1024, and after a colon, if wished, the "
        "multiply-adds that are worth a task",
        option_value(options, OPT_THREADS));
}

const char *options_wrong(Arena *arena, const Options *options) {
    const char *wrong = wrong_words(arena, options);
    if (!wrong) wrong = wrong_number(arena, options);
    if (!wrong) wrong = wrong_warning(arena, options);
    if (!wrong) wrong = wrong_threads(arena, options);
    if (!wrong) wrong = driver_quantize_wrong(options);
    if (!wrong) wrong = wrong_pass(arena, options, OPT_PRINT_AFTER, true);
    return wrong ? wrong : wrong_pass(arena, options, OPT_DISABLE_PASS, false);
}

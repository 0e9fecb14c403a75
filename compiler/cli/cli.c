/* The entry: parses the command line and hands over to the command. */
#include "cli/cli.h"

#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "passes/passes.h"

static const char VERSION[] = "Lamina " LAMINA_VERSION;

int command_usage_error(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("lamina: error: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return EXIT_USAGE;
}

typedef struct CommandEntry {
    unsigned flag;
    int (*run)(Driver *driver);
} CommandEntry;

static const CommandEntry COMMANDS[] = {
    {CMD_COMPILE, command_compile}, {CMD_RUN, command_run},         {CMD_VERIFY, command_verify},
    {CMD_CHECK, command_check},     {CMD_SUMMARY, command_summary}, {CMD_HISTORY, command_history},
    {CMD_PLOT, command_plot},       {CMD_CONVERT, command_convert}, {CMD_EXPLAIN, command_explain},
    {CMD_LIST, command_list},
};

static int run_command(Arena *arena, const Options *options) {
    Driver driver;
    driver_init(&driver, arena, options);
    for (size_t i = 0; i < sizeof COMMANDS / sizeof *COMMANDS; i++)
        if (COMMANDS[i].flag == options->command) return COMMANDS[i].run(&driver);
    return EXIT_USAGE;
}

/* Options whose values are words of a fixed list. */
static bool check_word(const Options *options, OptionId id, const char *const *words) {
    const char *value = option_value(options, id);
    if (!value) return true;
    for (size_t i = 0; words[i]; i++)
        if (strcmp(words[i], value) == 0) return true;
    fprintf(stderr, "lamina: error: --%s=%s: expected one of", option_info(id)->name, value);
    for (size_t i = 0; words[i]; i++) fprintf(stderr, "%s %s", i ? "," : "", words[i]);
    fputc('\n', stderr);
    return false;
}

static bool check_words(const Options *options) {
    static const char *const FORMATS[] = {"text", "json", NULL};
    static const char *const COLORS[] = {"auto", "always", "never", NULL};
    static const char *const LEVELS[] = {"0", "1", "2", "3", NULL};
    static const char *const WEIGHTS[] = {"inline", "binary", "incbin", NULL};
    static const char *const ERAS[] = {"tf1", NULL};
    static const char *const CONVS[] = {DRIVER_CONV_WAYS, NULL};
    if (!check_word(options, OPT_COMPAT, ERAS) || !check_word(options, OPT_CONV, CONVS)) return false;
    return check_word(options, OPT_DIAGNOSTICS, FORMATS) && check_word(options, OPT_COLOR, COLORS) &&
           check_word(options, OPT_OPTIMIZE, LEVELS) && check_word(options, OPT_WEIGHTS_AS, WEIGHTS);
}

/* Names of passes and stages on the command line. */
static bool check_pass_names(const Options *options, OptionId id, bool stages_too) {
    static const char *const STAGES[] = {"parse", "lower", "passes", "plan", "all"};
    const TextList *names = &options->values[id];
    for (size_t i = 0; i < names->count; i++) {
        bool known = passes_find(names->at[i]) != NULL;
        for (size_t s = 0; stages_too && s < sizeof STAGES / sizeof *STAGES; s++)
            known |= strcmp(STAGES[s], names->at[i]) == 0;
        if (known) continue;
        command_usage_error("--%s=%s: there is no such pass%s; `lamina list passes` shows all",
                            option_info(id)->name, names->at[i], stages_too ? " or stage" : "");
        return false;
    }
    return true;
}

static bool check_numbers(const Options *options) {
    static const OptionId NUMBERS[] = {OPT_MAX_STEPS, OPT_MAX_DEPTH, OPT_MAX_NODES};
    for (size_t i = 0; i < sizeof NUMBERS / sizeof *NUMBERS; i++) {
        const char *value = option_value(options, NUMBERS[i]);
        if (!value || (value[0] && strlen(value) < 19 && strspn(value, "0123456789") == strlen(value) &&
                       strspn(value, "0") < strlen(value)))
            continue;
        command_usage_error("--%s=%s: expected a positive number", option_info(NUMBERS[i])->name, value);
        return false;
    }
    return true;
}

static bool check_warnings(const Options *options) {
    const TextList *given = &options->values[OPT_WARNING];
    for (size_t i = 0; i < given->count; i++) {
        const char *name = given->at[i];
        if (strcmp(name, "error") == 0 || strcmp(name, "no-error") == 0 ||
            strcmp(name, "no-everything") == 0 || strcmp(name, "all") == 0 || strcmp(name, "extra") == 0)
            continue;
        if (strncmp(name, "no-", 3) == 0) name += 3;
        if (strncmp(name, "error=", 6) == 0) name += 6;
        if (diag_is_flag(name)) continue;
        command_usage_error("-W%s: there is no such warning; `lamina list diagnostics` shows all",
                            given->at[i]);
        return false;
    }
    return true;
}

static bool check_threads(const Options *options) {
    if (driver_threads(options, &(PlanOptions){0})) return true;
    command_usage_error(
        "--threads=%s: expected a number of threads, 1 to 1024, and after a colon, if wished, the "
        "multiply-adds that are worth a task",
        option_value(options, OPT_THREADS));
    return false;
}

static bool check_options(const Options *options) {
    return check_words(options) && check_numbers(options) && check_warnings(options) &&
           check_threads(options) && check_pass_names(options, OPT_PRINT_AFTER, true) &&
           check_pass_names(options, OPT_DISABLE_PASS, false);
}

int cli_main(int argc, char **argv) {
    signal(SIGPIPE,
           SIG_IGN); /* a reader that went away is a failed write (status 1), not the end by a signal */
    Arena *arena = arena_new();
    Options options;
    int status = EXIT_USAGE;
    if (!options_parse(arena, argc, argv, &options) || !check_options(&options))
        status = EXIT_USAGE;
    else if (option_given(&options, OPT_VERSION))
        status = puts(VERSION) < 0 ? EXIT_WRONG : EXIT_FINE;
    else if (option_given(&options, OPT_HELP)) {
        options_help(stdout, options.command);
        status = EXIT_FINE;
    } else
        status = run_command(arena, &options);
    if (fflush(stdout) != 0 && status == EXIT_FINE) {
        perror("lamina: error: cannot write to standard output");
        status = EXIT_WRONG;
    }
    arena_free(arena);
    return status;
}

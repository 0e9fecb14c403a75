/* The entry: parses the command line and hands over to the command. */
#include "cli/cli.h"

#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"

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
    {CMD_LIST, command_list},       {CMD_PROFILE, command_profile}, {CMD_QUANTIZE, command_quantize},
};

static int run_command(Arena *arena, const Options *options) {
    Driver driver;
    int status = EXIT_USAGE;
    Watch *watch = watch_start();
    driver_init(&driver, arena, options, watch);
    for (size_t i = 0; i < sizeof COMMANDS / sizeof *COMMANDS; i++)
        if (COMMANDS[i].flag == options->command) status = COMMANDS[i].run(&driver);
    watch_stop(watch);
    return status;
}

int cli_main(int argc, char **argv) {
    signal(SIGPIPE,
           SIG_IGN); /* a reader that went away is a failed write (status 1), not the end by a signal */
    Arena *arena = arena_new();
    Options options;
    int status = EXIT_USAGE;
    const char *wrong = NULL;
    if (!options_parse(arena, argc, argv, &options))
        status = EXIT_USAGE;
    else if ((wrong = options_wrong(arena, &options)) != NULL)
        status = command_usage_error("%s", wrong);
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

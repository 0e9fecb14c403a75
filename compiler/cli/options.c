/* Parses the command line with getopt_long_only from the table in options.def: `lamina COMMAND [options]
 * operands`. */
#include "cli/options.h"

#include <getopt.h>
#include <string.h>

#include "base/text.h"

static const OptionInfo INFOS[OPTION_COUNT] = {
#define OPTION(id, name, letter, argument, commands, help) [id] = {name, letter, argument, commands, help},
#include "cli/options.def"
#undef OPTION
};

static const CommandInfo COMMANDS[] = {
    {"compile", "MODEL", "translate a model to C", CMD_COMPILE, 1, 1},
    {"run", "MODEL", "compile in memory and run on .npy or .npz data", CMD_RUN, 1, 1},
    {"verify", "MODEL", "compare every way, and your own expected outputs, with the float64 reference",
     CMD_VERIFY, 1, 1},
    {"check", "MODEL", "parse, build and shape-check; silent when fine", CMD_CHECK, 1, 1},
    {"summary", "MODEL", "the table that Keras prints, and more", CMD_SUMMARY, 1, 1},
    {"history", "MODEL [TENSOR]", "the layer graph behind a tensor: a variable, or LAYER[:node[:index]]",
     CMD_HISTORY, 1, 2},
    {"plot", "MODEL", "the graph as a picture (.svg, or .dot for Graphviz)", CMD_PLOT, 1, 1},
    {"profile", "MODEL", "how long each layer takes, measured; without -w on random weights", CMD_PROFILE, 1,
     1},
    {"quantize", "MODEL", "find the ranges of int8 activations on data, and what int8 costs in accuracy",
     CMD_QUANTIZE, 1, 1},
    {"convert", "MODEL", "write a saved model (.keras, .h5) as a model file, with its weights beside it",
     CMD_CONVERT, 1, 1},
    {"explain", "CODE", "what a diagnostic means, with an example and its cure", CMD_EXPLAIN, 1, 1},
    {"list", "layers|activations|targets|passes|diagnostics|weights MODEL", "what there is", CMD_LIST, 1, 2},
};
enum { COMMAND_COUNT = sizeof COMMANDS / sizeof *COMMANDS };

const CommandInfo *command_all(size_t *count) {
    *count = COMMAND_COUNT;
    return COMMANDS;
}

const OptionInfo *option_info(OptionId id) {
    return &INFOS[id];
}

const char *option_value(const Options *options, OptionId id) {
    const TextList *values = &options->values[id];
    return values->count ? values->at[values->count - 1] : NULL;
}

static const CommandInfo *find_command(const char *name) {
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(COMMANDS[i].name, name) == 0) return &COMMANDS[i];
    return NULL;
}

static const CommandInfo *command_of(unsigned flag) {
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (COMMANDS[i].flag == flag) return &COMMANDS[i];
    return NULL;
}

static const char *option_spelling(Arena *arena, OptionId id) {
    return arena_printf(arena, "%s%s", INFOS[id].commands & LIKE_CC ? "-" : "--", INFOS[id].name);
}

static bool unknown_command(const char *name) {
    const char *names[COMMAND_COUNT];
    for (size_t i = 0; i < COMMAND_COUNT; i++) names[i] = COMMANDS[i].name;
    const char *near = text_nearest(name, names, COMMAND_COUNT);
    fprintf(stderr, "lamina: error: there is no command '%s'", name);
    if (near) fprintf(stderr, "; did you mean '%s'?", near);
    fprintf(stderr, "\nlamina: help: `lamina --help` lists the commands\n");
    return false;
}

static bool unknown_option(const char *argument) {
    const char *name = argument + strspn(argument, "-");
    char bare[64];
    snprintf(bare, sizeof bare, "%.*s", (int)strcspn(name, "="), name);
    const char *names[OPTION_COUNT];
    for (size_t i = 0; i < OPTION_COUNT; i++) names[i] = INFOS[i].name;
    const char *near = text_nearest(bare, names, OPTION_COUNT);
    fprintf(stderr, "lamina: error: there is no option '%s'", argument);
    if (near) fprintf(stderr, "; did you mean '--%s'?", near);
    fputc('\n', stderr);
    return false;
}

enum { LONG_BASE = 256 }; /* values of long options, beyond any short letter */

static void fill_tables(struct option *longs, char *shorts) {
    *shorts++ = ':'; /* tell a missing argument from an unknown option */
    for (int i = 0; i < OPTION_COUNT; i++) {
        const int has_argument = INFOS[i].argument ? required_argument : no_argument;
        longs[i] = (struct option){INFOS[i].name, has_argument, NULL, LONG_BASE + i};
        if (!INFOS[i].letter) continue;
        *shorts++ = INFOS[i].letter;
        if (INFOS[i].argument) *shorts++ = ':';
    }
    longs[OPTION_COUNT] = (struct option){0};
    *shorts = '\0';
}

static int option_of(int result) {
    if (result >= LONG_BASE) return result - LONG_BASE;
    for (int i = 0; i < OPTION_COUNT; i++)
        if (INFOS[i].letter && INFOS[i].letter == result) return i;
    return -1;
}

/* One option that getopt found: is it for this command, and is it there at all? */
static bool take_option(Arena *arena, Options *out, OptionId id, const char *argument) {
    const OptionInfo *info = &INFOS[id];
    if (out->command && !(info->commands & out->command)) {
        fprintf(stderr, "lamina: error: %s is no option of `lamina %s`\n", option_spelling(arena, id),
                command_of(out->command)->name);
        return false;
    }
    vec_push(arena, &out->values[id], argument ? argument : "");
    return true;
}

static bool parse_options(Arena *arena, int argc, char **argv, Options *out) {
    struct option longs[OPTION_COUNT + 1];
    char shorts[2 * OPTION_COUNT + 2];
    fill_tables(longs, shorts);
    opterr = 0;
    optind = 0; /* GNU: start anew, also in tests that parse twice */
    for (;;) {
        const int before = optind ? optind : 1, result = getopt_long_only(argc, argv, shorts, longs, NULL);
        if (result == -1) break;
        if (result == '?') return unknown_option(argv[optind > before ? optind - 1 : before]);
        if (result == ':') {
            fprintf(stderr, "lamina: error: option '%s' needs an argument\n", argv[optind - 1]);
            return false;
        }
        const int id = option_of(result);
        if (id < 0 || !take_option(arena, out, (OptionId)id, optarg)) return false;
    }
    for (int i = optind; i < argc; i++) vec_push(arena, &out->operands, argv[i]);
    return true;
}

static bool check_operands(const Options *options) {
    const CommandInfo *command = command_of(options->command);
    if (option_given(options, OPT_HELP)) return true;
    if (options->operands.count >= command->least_operands &&
        options->operands.count <= command->most_operands)
        return true;
    if (options->operands.count < command->least_operands)
        fprintf(stderr, "lamina: error: `lamina %s` needs %s\n", command->name, command->operands);
    else
        fprintf(stderr, "lamina: error: `lamina %s` takes no further operand '%s'\n", command->name,
                options->operands.at[command->most_operands]);
    fprintf(stderr, "lamina: help: lamina %s [options] %s\n", command->name, command->operands);
    return false;
}

bool options_parse(Arena *arena, int argc, char **argv, Options *out) {
    *out = (Options){0};
    if (argc < 2) {
        options_help(stderr, 0);
        return false;
    }
    if (argv[1][0] != '-') {
        const CommandInfo *command = find_command(argv[1]);
        if (!command) return unknown_command(argv[1]);
        out->command = command->flag;
        argc--;
        argv++;
    }
    if (!parse_options(arena, argc, argv, out)) return false;
    if (out->command) return check_operands(out);
    if (option_given(out, OPT_HELP) || option_given(out, OPT_VERSION)) return true;
    fprintf(stderr,
            "lamina: error: the command comes first: lamina compile|run|verify|... (see `lamina --help`)\n");
    return false;
}

static void print_option(FILE *out, const OptionInfo *info) {
    char spelling[64];
    const char *dashes = info->commands & LIKE_CC ? "-" : "--";
    const char *joint = !info->argument ? "" : info->commands & LIKE_CC ? " " : "=";
    const char *argument = info->argument ? info->argument : "";
    if (info->letter)
        snprintf(spelling, sizeof spelling, "-%c, %s%s%s%s", info->letter, dashes, info->name, joint,
                 argument);
    else
        snprintf(spelling, sizeof spelling, "    %s%s%s%s", dashes, info->name, joint, argument);
    fprintf(out, "  %-32s %s\n", spelling, info->help);
}

void options_help(FILE *out, unsigned command) {
    fprintf(out, "Lamina compiles Keras model files to standalone C.\n\n");
    if (command) {
        const CommandInfo *one = command_of(command);
        fprintf(out, "usage: lamina %s [options] %s\n       %s\n\noptions:\n", one->name, one->operands,
                one->help);
    } else {
        fprintf(out, "usage: lamina COMMAND [options] OPERANDS\n\ncommands:\n");
        for (size_t i = 0; i < COMMAND_COUNT; i++)
            fprintf(out, "  %-8s %-16s %s\n", COMMANDS[i].name,
                    i == COMMAND_COUNT - 1 ? "WHAT" : COMMANDS[i].operands, COMMANDS[i].help);
        fprintf(out, "\noptions (`lamina COMMAND --help` lists those of one command):\n");
    }
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (!command || (INFOS[i].commands & command)) print_option(out, &INFOS[i]);
}

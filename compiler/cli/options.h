/* Options: the command line, parsed. In: argv. Out: which command, its operands, and every option's values.
 */
#ifndef LAMINA_CLI_OPTIONS_H
#define LAMINA_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "base/vec.h"

enum CommandFlags {
    CMD_COMPILE = 1,
    CMD_RUN = 2,
    CMD_VERIFY = 4,
    CMD_CHECK = 8,
    CMD_SUMMARY = 16,
    CMD_HISTORY = 32,
    CMD_PLOT = 64,
    CMD_EXPLAIN = 128,
    CMD_LIST = 256,
    CMD_CONVERT = 512,
    CMD_PROFILE = 1024,
    CMD_QUANTIZE = 2048,
    CMD_BACK_END = CMD_COMPILE | CMD_RUN | CMD_VERIFY | CMD_PROFILE | CMD_QUANTIZE,
    CMD_WITH_WEIGHTS = CMD_BACK_END | CMD_CONVERT | CMD_SUMMARY,
    CMD_ANY_MODEL = CMD_BACK_END | CMD_CHECK | CMD_SUMMARY | CMD_HISTORY | CMD_PLOT | CMD_LIST | CMD_CONVERT,
    CMD_ANY = CMD_ANY_MODEL | CMD_EXPLAIN,
    LIKE_CC = 1 << 16 /* written with one dash */
};

typedef enum OptionId {
#define OPTION(id, name, letter, argument, commands, help) id,
#include "cli/options.def"
#undef OPTION
    OPTION_COUNT
} OptionId;

typedef struct OptionInfo {
    const char *name;
    char letter;
    const char *argument; /* NULL: takes none */
    unsigned commands;
    const char *help;
} OptionInfo;

typedef struct CommandInfo {
    const char *name, *operands, *help;
    unsigned flag; /* CMD_ */
    size_t least_operands, most_operands;
} CommandInfo;

typedef VEC(const char *) TextList;

typedef struct Options {
    unsigned command; /* one CMD_ flag, or 0 for --help and --version alone */
    TextList operands;
    TextList values[OPTION_COUNT]; /* every use, in order; options without an argument give "" */
} Options;

const OptionInfo *option_info(OptionId id);
/* The words that an option takes, up to a NULL; NULL where it takes others (options_check.c). */
const char *const *option_words(OptionId id);
const CommandInfo *command_all(size_t *count);
/* The last value given, or NULL. */
const char *option_value(const Options *options, OptionId id);
static inline bool option_given(const Options *options, OptionId id) {
    return options->values[id].count > 0;
}

/* Parses argv[1..]. On bad usage prints a message to stderr and returns false (exit status 2). */
bool options_parse(Arena *arena, int argc, char **argv, Options *out);
/* What is wrong with the values of options (options_check.c); NULL where nothing is. */
const char *options_wrong(Arena *arena, const Options *options);
/* The help of one command, or of all where `command` is 0. */
void options_help(FILE *out, unsigned command);

#endif

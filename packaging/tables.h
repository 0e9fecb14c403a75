/* What the manual and the completions are made from: the tables of the command line, and what each option's
 * value is. */
#ifndef LAMINA_PACKAGING_TABLES_H
#define LAMINA_PACKAGING_TABLES_H

#include "base/arena.h"
#include "cli/options.h"

typedef enum TakesKind {
    TAKES_NOTHING,
    TAKES_TEXT,
    TAKES_WORDS,
    TAKES_LIST,
    TAKES_FILE,
    TAKES_FOLDER
} TakesKind;

typedef struct Takes {
    TakesKind kind;
    const char *text; /* TAKES_WORDS: the words, spaces between; TAKES_LIST: what `lamina list` calls them */
} Takes;

Takes option_takes(Arena *arena, OptionId id);
/* "-MD", "--target" */
const char *option_long(Arena *arena, OptionId id);
/* Whether users are told of this option of a command. */
bool option_shown(OptionId id, const CommandInfo *command);

/* Each prints one file. */
void print_manual(Arena *arena, const char *version, const char *command,
                  FILE *out); /* command: NULL for lamina.1 */
void print_bash(Arena *arena, FILE *out);
void print_zsh(Arena *arena, FILE *out);
void print_fish(Arena *arena, FILE *out);

#define MODEL_SUFFIXES "lam", "py", "keras", "h5"

#endif

/* lamina_describe: prints the manual pages and the completions of shells, from the tables that the command
 * line is parsed by.
 *
 *     lamina_describe man [COMMAND] | bash | zsh | fish >FILE
 */
#include "packaging/tables.h"

#include <string.h>

#include "base/text.h"
#include "cli/forms.h"

static const char *joined(Arena *arena, const char *const *words) {
    Text text = text_new(arena);
    for (size_t i = 0; words[i]; i++) text_printf(&text, "%s%s", i ? " " : "", words[i]);
    return text.data;
}

static const char *without_commas(Arena *arena, const char *list) {
    Text text = text_new(arena);
    for (; *list; list++)
        if (*list != ',') text_printf(&text, "%c", *list);
    return text.data;
}

Takes option_takes(Arena *arena, OptionId id) {
    const char *argument = option_info(id)->argument;
    if (!argument) return (Takes){TAKES_NOTHING, NULL};
    if (option_words(id)) return (Takes){TAKES_WORDS, joined(arena, option_words(id))};
    switch (id) {
    case OPT_EMIT: return (Takes){TAKES_WORDS, without_commas(arena, form_names(arena))};
    case OPT_SPARSE_AS: return (Takes){TAKES_WORDS, "csr coo"};
    case OPT_TARGET: return (Takes){TAKES_LIST, "targets"};
    case OPT_DISABLE_PASS:
    case OPT_PRINT_AFTER: return (Takes){TAKES_LIST, "passes"};
    default: break;
    }
    if (strcmp(argument, "DIR") == 0) return (Takes){TAKES_FOLDER, NULL};
    if (strcmp(argument, "FILE") == 0 || strcmp(argument, "DATA") == 0 || strcmp(argument, "SOURCE") == 0)
        return (Takes){TAKES_FILE, NULL};
    return (Takes){TAKES_TEXT, NULL};
}

const char *option_long(Arena *arena, OptionId id) {
    const OptionInfo *info = option_info(id);
    return arena_printf(arena, "%s%s", info->commands & LIKE_CC ? "-" : "--", info->name);
}

bool option_shown(OptionId id, const CommandInfo *command) {
    return !command || option_info(id)->commands & command->flag;
}

int main(int argc, char **argv) {
    Arena *arena = arena_new();
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "man") == 0)
        print_manual(arena, LAMINA_VERSION, argc > 2 ? argv[2] : NULL, stdout);
    else if (strcmp(what, "bash") == 0)
        print_bash(arena, stdout);
    else if (strcmp(what, "zsh") == 0)
        print_zsh(arena, stdout);
    else if (strcmp(what, "fish") == 0)
        print_fish(arena, stdout);
    else
        fputs("usage: lamina_describe man [COMMAND] | bash | zsh | fish\n", stderr);
    const bool written = what[0] && fflush(stdout) == 0 && !ferror(stdout);
    arena_free(arena);
    return written ? 0 : 1;
}

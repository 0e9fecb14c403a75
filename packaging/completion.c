/* Completion for bash, zsh and fish. Names of targets, passes and diagnostics are asked of `lamina list` when
 * they are needed. */
#include <string.h>

#include "base/text.h"
#include "packaging/tables.h"

#define FIRST_WORDS "2>/dev/null | awk '/^[^ ]/ {sub(\":$\", \"\", $1); print $1}'"

static const char *const SUFFIXES[] = {MODEL_SUFFIXES};
enum { SUFFIX_COUNT = sizeof SUFFIXES / sizeof *SUFFIXES };

static const char *suffixes(Arena *arena) { /* lam|py|keras|h5 */
    Text text = text_new(arena);
    for (size_t i = 0; i < SUFFIX_COUNT; i++) text_printf(&text, "%s%s", i ? "|" : "", SUFFIXES[i]);
    return text.data;
}

/* The words of "a|b|c MODEL", spaces between. */
static const char *operand_words(Arena *arena, const CommandInfo *command) {
    Text text = text_new(arena);
    for (const char *p = command->operands; *p && *p != ' '; p++)
        text_printf(&text, "%c", *p == '|' ? ' ' : *p);
    return text.data;
}

static bool takes_words(const CommandInfo *command) {
    return strchr(command->operands, '|') != NULL;
}

static bool takes_code(const CommandInfo *command) {
    return strcmp(command->operands, "CODE") == 0;
}

/* ---- bash ---- */

static void bash_values(Arena *arena, FILE *out) {
    fputs("    case $option in\n", out);
    for (int id = 0; id < OPTION_COUNT; id++) {
        const Takes value = option_takes(arena, (OptionId)id);
        const OptionInfo *info = option_info((OptionId)id);
        if (value.kind == TAKES_NOTHING || !option_shown((OptionId)id, NULL)) continue;
        fprintf(out, "    %s", option_long(arena, (OptionId)id));
        if (info->letter) fprintf(out, "|-%c", info->letter);
        fputs(") ", out);
        switch (value.kind) {
        case TAKES_WORDS: fprintf(out, "_lamina_words \"%s\"", value.text); break;
        case TAKES_LIST:
            fprintf(out, "_lamina_words \"$(lamina list %s " FIRST_WORDS ")\"", value.text);
            break;
        case TAKES_FILE: fputs("_lamina_files", out); break;
        case TAKES_FOLDER: fputs("_lamina_folders", out); break;
        default: fputs("COMPREPLY=()", out); break;
        }
        fputs("; return ;;\n", out);
    }
    fputs("    esac\n", out);
}

static void bash_options(Arena *arena, FILE *out, const CommandInfo *commands, size_t count) {
    fputs("    if [[ $cur == -* ]]; then\n        case $command in\n", out);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "        %s) _lamina_words \"", commands[i].name);
        for (int id = 0; id < OPTION_COUNT; id++) {
            if (!option_shown((OptionId)id, &commands[i])) continue;
            const bool joins =
                option_info((OptionId)id)->argument && !(option_info((OptionId)id)->commands & LIKE_CC);
            fprintf(out, "%s%s ", option_long(arena, (OptionId)id), joins ? "=" : "");
        }
        fputs("\" ;;\n", out);
    }
    fputs("        *) _lamina_words \"--help --version\" ;;\n        esac\n"
          "        [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace\n        return\n    fi\n",
          out);
}

void print_bash(Arena *arena, FILE *out) {
    size_t count;
    const CommandInfo *commands = command_all(&count);
    fputs("# bash completion for lamina, made from its own tables.\n\n"
          "_lamina_words() { mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$cur\"); }\n\n"
          "_lamina_files() { compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\"); }\n\n"
          "_lamina_folders() { compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"$cur\"); }\n\n"
          "_lamina() {\n    local cur=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD-1]} "
          "command=\"\" word\n"
          "    if [[ $cur == \"=\" ]]; then\n        cur=\"\"\n"
          "    elif [[ $option == \"=\" ]]; then\n        option=${COMP_WORDS[COMP_CWORD-2]}\n    fi\n"
          "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n        case $word in\n        ",
          out);
    for (size_t i = 0; i < count; i++) fprintf(out, "%s%s", i ? "|" : "", commands[i].name);
    fputs(") command=$word; break ;;\n        esac\n    done\n", out);
    bash_values(arena, out);
    bash_options(arena, out, commands, count);
    fputs("    case $command in\n    \"\") _lamina_words \"", out);
    for (size_t i = 0; i < count; i++) fprintf(out, "%s%s", i ? " " : "", commands[i].name);
    fputs("\" ;;\n", out);
    for (size_t i = 0; i < count; i++) {
        if (takes_words(&commands[i]))
            fprintf(out, "    %s) _lamina_words \"%s\" ;;\n", commands[i].name,
                    operand_words(arena, &commands[i]));
        if (takes_code(&commands[i]))
            fprintf(out, "    %s) _lamina_words \"$(lamina list diagnostics " FIRST_WORDS ")\" ;;\n",
                    commands[i].name);
    }
    fprintf(out,
            "    *)\n        compopt -o filenames\n        mapfile -t COMPREPLY < <(compgen -d -- \"$cur\"; "
            "compgen -f -- \"$cur\" | "
            "grep -E '\\.(%s)$')\n        ;;\n    esac\n}\n\ncomplete -F _lamina lamina\n",
            suffixes(arena));
}

/* ---- zsh ---- */

/* Between single quotes, inside the brackets of a specification. */
static void zsh_text(FILE *out, const char *text) {
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", out);
        else if (strchr("[]:\\", *text))
            fprintf(out, "\\%c", *text);
        else
            putc(*text, out);
    }
}

static void zsh_action(FILE *out, const Takes *value, const char *argument) {
    fputc(':', out);
    zsh_text(out, argument);
    switch (value->kind) {
    case TAKES_WORDS: fprintf(out, ":(%s)", value->text); break;
    case TAKES_LIST: fprintf(out, ":{_lamina_list %s}", value->text); break;
    case TAKES_FILE: fputs(":_files", out); break;
    case TAKES_FOLDER: fputs(":_files -/", out); break;
    default: fputs(": ", out); break;
    }
}

static void zsh_option(Arena *arena, FILE *out, OptionId id) {
    const OptionInfo *info = option_info(id);
    const Takes value = option_takes(arena, id);
    const char *name = option_long(arena, id),
               *equals = !info->argument || info->commands & LIKE_CC ? "" : "=";
    for (int letter = info->letter ? 1 : 0; letter >= 0; letter--) {
        fputs("            '*", out);
        if (letter)
            fprintf(out, "-%c%s[", info->letter, info->argument ? "+" : "");
        else
            fprintf(out, "%s%s[", name, equals);
        zsh_text(out, info->help);
        putc(']', out);
        if (info->argument) zsh_action(out, &value, info->argument);
        fputs("' \\\n", out);
    }
}

void print_zsh(Arena *arena, FILE *out) {
    size_t count;
    const CommandInfo *commands = command_all(&count);
    fputs("#compdef lamina\n# zsh completion for lamina, made from its own tables.\n\n"
          "_lamina_list() {\n    local -a words\n    words=(${(f)\"$(lamina list $1 " FIRST_WORDS
          ")\"})\n    compadd -a words\n}\n\n"
          "_lamina() {\n    local curcontext=$curcontext state line\n    local -a commands\n    commands=(\n",
          out);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "        '%s:", commands[i].name);
        zsh_text(out, commands[i].help);
        fputs("'\n", out);
    }
    fputs("    )\n    _arguments -C '--help[print help]' '--version[print the version]' "
          "'1:command:->command' '*::argument:->argument'\n"
          "    case $state in\n    command) _describe -t commands command commands ;;\n    argument)\n       "
          " case $words[1] in\n",
          out);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "        %s) _arguments \\\n", commands[i].name);
        for (int id = 0; id < OPTION_COUNT; id++)
            if (option_shown((OptionId)id, &commands[i])) zsh_option(arena, out, (OptionId)id);
        if (takes_words(&commands[i]))
            fprintf(out, "            '1:what:(%s)' '*:model:_files' ;;\n",
                    operand_words(arena, &commands[i]));
        else if (takes_code(&commands[i]))
            fputs("            '1:code:{_lamina_list diagnostics}' ;;\n", out);
        else
            fprintf(out, "            '*:model:_files -g \"*.(%s)\"' ;;\n", suffixes(arena));
    }
    fputs("        esac ;;\n    esac\n}\n\n_lamina \"$@\"\n", out);
}

/* ---- fish ---- */

static void fish_quoted(FILE *out, const char *text) {
    putc('\'', out);
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\') putc('\\', out);
        putc(*text, out);
    }
    putc('\'', out);
}

static void fish_option(Arena *arena, FILE *out, OptionId id, const CommandInfo *commands, size_t count) {
    const OptionInfo *info = option_info(id);
    const Takes value = option_takes(arena, id);
    fputs("complete -c lamina -n '__fish_seen_subcommand_from", out);
    for (size_t i = 0; i < count; i++)
        if (option_shown(id, &commands[i])) fprintf(out, " %s", commands[i].name);
    fprintf(out, "' -%c %s", info->commands & LIKE_CC ? 'o' : 'l', info->name);
    if (info->letter) fprintf(out, " -s %c", info->letter);
    switch (value.kind) {
    case TAKES_NOTHING: break;
    case TAKES_WORDS: fprintf(out, " -x -a '%s'", value.text); break;
    case TAKES_LIST:
        fputs(" -x -a ", out);
        fish_quoted(out, arena_printf(arena, "(lamina list %s " FIRST_WORDS ")", value.text));
        break;
    case TAKES_FOLDER: fputs(" -x -a '(__fish_complete_directories)'", out); break;
    case TAKES_FILE: fputs(" -r -F", out); break;
    default: fputs(" -x", out); break;
    }
    fputs(" -d ", out);
    fish_quoted(out, info->help);
    putc('\n', out);
}

void print_fish(Arena *arena, FILE *out) {
    size_t count;
    const CommandInfo *commands = command_all(&count);
    fputs("# fish completion for lamina, made from its own tables.\ncomplete -c lamina -f\n", out);
    Text models = text_new(arena);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "complete -c lamina -n __fish_use_subcommand -a %s -d ", commands[i].name);
        fish_quoted(out, commands[i].help);
        putc('\n', out);
        if (takes_words(&commands[i]))
            fprintf(out, "complete -c lamina -n '__fish_seen_subcommand_from %s' -a '%s'\n", commands[i].name,
                    operand_words(arena, &commands[i]));
        else if (takes_code(&commands[i])) {
            fprintf(out, "complete -c lamina -n '__fish_seen_subcommand_from %s' -a ", commands[i].name);
            fish_quoted(out, "(lamina list diagnostics " FIRST_WORDS ")");
            putc('\n', out);
        } else
            text_printf(&models, " %s", commands[i].name);
    }
    for (size_t i = 0; i < SUFFIX_COUNT; i++)
        fprintf(out,
                "complete -c lamina -n '__fish_seen_subcommand_from%s' -a '(__fish_complete_suffix .%s)'\n",
                models.data, SUFFIXES[i]);
    for (int id = 0; id < OPTION_COUNT; id++)
        if (option_shown((OptionId)id, NULL)) fish_option(arena, out, (OptionId)id, commands, count);
}

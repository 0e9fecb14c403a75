/* Manual pages: lamina.1, and one for each command. */
#include <ctype.h>
#include <string.h>

#include "packaging/tables.h"

/* Text for troff: nothing in it is a request or an escape. */
static void print_text(FILE *out, const char *text) {
    if (*text == '.' || *text == '\'') fputs("\\&", out);
    for (; *text; text++) {
        if (*text == '-')
            fputs("\\-", out);
        else if (*text == '\\')
            fputs("\\e", out);
        else if (*text == '\'')
            fputs("\\(aq", out);
        else
            putc(*text, out);
    }
}

static void print_line(FILE *out, const char *request, const char *text) {
    fputs(request, out);
    print_text(out, text);
    putc('\n', out);
}

static void print_option(Arena *arena, FILE *out, OptionId id) {
    const OptionInfo *info = option_info(id);
    fputs(".TP\n", out);
    fputs(".B ", out);
    if (info->letter) print_text(out, arena_printf(arena, "-%c, ", info->letter));
    print_text(out, option_long(arena, id));
    if (info->argument) {
        fprintf(out, "\\fR%s\\fI", info->commands & LIKE_CC ? " " : "=");
        print_text(out, info->argument);
        fputs("\\fR", out);
    }
    putc('\n', out);
    print_text(out, arena_printf(arena, "%c%s.\n", toupper((unsigned char)info->help[0]), info->help + 1));
}

static void print_options(Arena *arena, FILE *out, const CommandInfo *command) {
    fputs(".SH OPTIONS\n", out);
    for (int id = 0; id < OPTION_COUNT; id++)
        if (option_shown((OptionId)id, command)) print_option(arena, out, (OptionId)id);
}

static void print_ending(FILE *out, const char *see) {
    static const struct {
        const char *status, *meaning;
    } STATUSES[] = {{"0", "All is well."},
                    {"1", "The model, its weights or its data are wrong; the messages on stderr say what."},
                    {"2", "The command line makes no sense."},
                    {"3", "A bug in Lamina."}};
    fputs(".SH EXIT STATUS\n", out);
    for (size_t i = 0; i < sizeof STATUSES / sizeof *STATUSES; i++)
        fprintf(out, ".TP\n.B %s\n%s\n", STATUSES[i].status, STATUSES[i].meaning);
    fputs(".SH ENVIRONMENT\n.TP\n.B CC\nThe C compiler for \\-\\-via=c, and for linking a shared library "
          "(default: cc).\n"
          ".TP\n.B NO_COLOR\nWhere it is set, messages have no colours.\n"
          ".TP\n.B TMPDIR\nWhere temporary files go (default: /tmp).\n.SH SEE ALSO\n",
          out);
    fputs(see, out);
}

static void print_command_page(Arena *arena, const char *version, const CommandInfo *command, FILE *out) {
    fprintf(out, ".TH LAMINA\\-%s 1 \"\" \"Lamina %s\" \"Lamina Manual\"\n.SH NAME\nlamina\\-%s \\- ",
            command->name, version, command->name);
    print_line(out, "", command->help);
    fprintf(out, ".SH SYNOPSIS\n.B lamina %s\n[\\fIoptions\\fR] ", command->name);
    print_line(out, "", command->operands);
    print_options(arena, out, command);
    print_ending(out, ".BR lamina (1)\n");
}

static void print_main_page(Arena *arena, const char *version, FILE *out) {
    size_t count;
    const CommandInfo *commands = command_all(&count);
    fprintf(out,
            ".TH LAMINA 1 \"\" \"Lamina %s\" \"Lamina Manual\"\n.SH NAME\nlamina \\- compile Keras model "
            "files to standalone C\n",
            version);
    fputs(".SH SYNOPSIS\n.B lamina\n\\fICOMMAND\\fR [\\fIoptions\\fR] \\fIOPERANDS\\fR\n.SH DESCRIPTION\n"
          ".B lamina\nreads the Python text of a neural network in Keras' functional style, or a model that "
          "Keras saved, checks it as\n"
          "Keras would, and writes standalone C, or by LLVM objects, libraries and code that runs in "
          "memory.\n.SH COMMANDS\n",
          out);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, ".TP\n.B %s \\fR", commands[i].name);
        print_line(out, "", commands[i].operands);
        print_line(out, "", commands[i].help);
    }
    print_options(arena, out, NULL);
    fputs(".SH EXAMPLE\n.nf\nlamina compile mlp.lam \\-w mlp.weights.h5 \\-o mlp.c\ncc \\-O2 main.c mlp.c "
          "\\-lm\n.fi\n",
          out);
    for (size_t i = 0; i < count; i++) {
        if (i == 0) print_ending(out, "");
        fprintf(out, ".BR lamina\\-%s (1)%s\n", commands[i].name, i + 1 < count ? "," : "");
    }
}

void print_manual(Arena *arena, const char *version, const char *name, FILE *out) {
    size_t count;
    const CommandInfo *commands = command_all(&count);
    if (!name) print_main_page(arena, version, out);
    for (size_t i = 0; name && i < count; i++)
        if (strcmp(commands[i].name, name) == 0) print_command_page(arena, version, &commands[i], out);
}

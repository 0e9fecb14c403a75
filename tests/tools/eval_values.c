/* Evaluates lines of Python, each on its own: tests/python_values.py compares the answers with Python's.
 *
 * In:  on standard input, one program a line; its result is the variable `_`.
 * Out: one line each: "= repr(_)", "! TypeError: message" or "? reason" where the result is opaque.
 */
#include <stdio.h>
#include <string.h>

#include "elaborate/elaborate.h"

static void print_escaped(const char *text) {
    for (; *text; text++) {
        if (*text == '\n')
            fputs("\\n", stdout);
        else
            putchar(*text);
    }
    putchar('\n');
}

static void answer(Elaboration *elaboration, Diagnostics *diags, Arena *arena) {
    Value value;
    const DiagMark start = {0};
    const char *error = diag_first_error(diags, start, NULL);
    if (error) {
        printf("! %s: ", diag_first_exception(diags, start));
        print_escaped(error);
    } else if (!elaboration || !elaborate_lookup(elaboration, "_", &value)) {
        puts("! no result");
    } else if (value_is_opaque(value)) {
        fputs("? ", stdout);
        print_escaped(value.as.opaque->reason);
    } else {
        fputs("= ", stdout);
        print_escaped(value_repr(arena, value));
    }
}

static void evaluate(const char *line) {
    Arena *arena = arena_new();
    Sources sources = sources_new(arena);
    const DiagOptions diag_options = {0};
    const ElaborateOptions options = {0};
    Diagnostics *diags = diag_new(arena, &sources, &diag_options);
    const uint32_t file = sources_add(&sources, "line.py", line, strlen(line));
    answer(elaborate_file(arena, &sources, file, diags, &options), diags, arena);
    arena_free(arena);
}

int main(void) {
    char line[8192];
    while (fgets(line, sizeof line, stdin)) evaluate(line);
    return 0;
}

/* lamina_parse_files: parses the files named on the command line, or one a line on standard input after "-".
 *
 *     lamina_parse_files FILE...     reports every file that does not parse; exit status 1 where there is one
 *     lamina_parse_files --print FILE...    and prints the tree of each
 */
#include <stdio.h>
#include <string.h>

#include "syntax/parser.h"

/* One file in an arena of its own; true where it parses. */
static bool parse_file(const char *path, bool print) {
    Arena *arena = arena_new();
    Sources sources = sources_new(arena);
    const DiagOptions options = {0};
    const char *error = NULL;
    const uint32_t file = sources_read(&sources, path, &error);
    bool parsed = false;
    if (!file) {
        fprintf(stderr, "%s: %s\n", path, error);
    } else {
        Diagnostics *diags = diag_new(arena, &sources, &options);
        const Module *module = parse_module(arena, &sources, file, diags);
        diag_render(diags, stderr);
        parsed = module != NULL;
        if (module && print) ast_print(module, &sources, stdout);
    }
    arena_free(arena);
    return parsed;
}

static size_t parse_listed(FILE *list, bool print, size_t *n_files) {
    char line[4096];
    size_t n_failed = 0;
    while (fgets(line, sizeof line, list)) {
        line[strcspn(line, "\n")] = '\0';
        n_failed += !parse_file(line, print);
        ++*n_files;
    }
    return n_failed;
}

int main(int argc, char **argv) {
    const bool print = argc > 1 && strcmp(argv[1], "--print") == 0;
    size_t n_files = 0, n_failed = 0;
    for (int i = print ? 2 : 1; i < argc; i++) {
        if (strcmp(argv[i], "-") == 0) {
            n_failed += parse_listed(stdin, print, &n_files);
        } else {
            n_failed += !parse_file(argv[i], print);
            n_files++;
        }
    }
    if (!print) fprintf(stderr, "%zu files, %zu of them do not parse\n", n_files, n_failed);
    return n_failed ? 1 : 0;
}

/* The files of tests/corpus/syntax: each reports exactly what its comments expect, at the lines that they
 * name.
 * `# expect-error: E100` is about its own line, `# expect-error@7: E100` about line 7. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/vec.h"
#include "syntax/parser.h"

typedef struct Found {
    unsigned line;
    char code[5];
} Found;
typedef VEC(Found) FoundVec;

static int compare_found(const void *a, const void *b) {
    const Found *x = a, *y = b;
    if (x->line != y->line) return x->line < y->line ? -1 : 1;
    return strcmp(x->code, y->code);
}

/* "2:E100 7:E101", in order. */
static const char *listing(Arena *arena, FoundVec *found) {
    Text text = text_new(arena);
    if (found->count) qsort(found->at, found->count, sizeof *found->at, compare_found);
    for (size_t i = 0; i < found->count; i++)
        text_printf(&text, "%u:%s ", found->at[i].line, found->at[i].code);
    return text.data;
}

static const char *expected_errors(Arena *arena, const SourceFile *source) {
    static const char MARK[] = "# expect-error";
    FoundVec found = {0};
    for (unsigned line = 1; line <= source->n_lines; line++) {
        const char *begin = source->text + source->line_starts[line - 1];
        const char *end =
            line < source->n_lines ? source->text + source->line_starts[line] : source->text + source->length;
        for (const char *at = begin; at + sizeof MARK + 5 < end; at++) {
            if (memcmp(at, MARK, sizeof MARK - 1) != 0) continue;
            Found one = {.line = line};
            if (at[sizeof MARK - 1] == '@') one.line = (unsigned)strtoul(at + sizeof MARK, NULL, 10);
            memcpy(one.code, strchr(at, ':') + 2, 4);
            vec_push(arena, &found, one);
        }
    }
    return listing(arena, &found);
}

/* The errors as rendered: "FILE:LINE:COLUMN: error: ... [CODE]". */
static const char *reported_errors(Arena *arena, Diagnostics *diags) {
    FoundVec found = {0};
    char *text = NULL;
    size_t length;
    FILE *stream = open_memstream(&text, &length);
    diag_render(diags, stream);
    fclose(stream);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        const char *error = strstr(line, ": error: "), *code = strrchr(line, '[');
        if (!error || !code || line[strlen(line) - 1] != ']') continue;
        Found one = {0};
        const char *number = strstr(line, ".lam:");
        one.line = (unsigned)strtoul(number + 5, NULL, 10);
        memcpy(one.code, code + 1, 4);
        vec_push(arena, &found, one);
    }
    free(text);
    return listing(arena, &found);
}

static bool check_file(const char *path) {
    Arena *arena = arena_new();
    Sources sources = sources_new(arena);
    const DiagOptions options = {0};
    const char *error = NULL;
    const uint32_t file = sources_read(&sources, path, &error);
    assert_int_not_equal(file, 0);
    Diagnostics *diags = diag_new(arena, &sources, &options);
    const Module *module = parse_module(arena, &sources, file, diags);
    const char *expected = expected_errors(arena, sources_get(&sources, file));
    const char *reported = reported_errors(arena, diags);
    const bool same = strcmp(expected, reported) == 0 && (module == NULL) == (expected[0] != '\0');
    if (!same) print_error("%s\n  expected %s\n  reported %s\n", path, expected, reported);
    arena_free(arena);
    return same;
}

static void test_corpus(void **state) {
    (void)state;
    DIR *folder = opendir(LAMINA_SOURCE_DIR "/tests/corpus/syntax");
    assert_non_null(folder);
    size_t n_files = 0, n_wrong = 0;
    for (const struct dirent *entry; (entry = readdir(folder));) {
        if (!strstr(entry->d_name, ".lam")) continue;
        char path[4096];
        snprintf(path, sizeof path, "%s/tests/corpus/syntax/%s", LAMINA_SOURCE_DIR, entry->d_name);
        n_wrong += !check_file(path);
        n_files++;
    }
    closedir(folder);
    assert_true(n_files > 40);
    assert_int_equal(n_wrong, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_corpus)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

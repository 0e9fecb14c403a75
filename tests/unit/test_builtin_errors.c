/* Exceptions of plain Python: each has its code, and `try` takes it back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "elaborate/elaborate.h"

/* All that is reported for the program, as JSON lines. */
static const char *reports_of(Arena *arena, const char *program) {
    static const DiagOptions json = {.format = DIAG_JSON};
    const ElaborateOptions options = {0};
    Sources sources = sources_new(arena);
    Diagnostics *diags = diag_new(arena, &sources, &json);
    const uint32_t file = sources_add(&sources, "test.lam", program, strlen(program));
    elaborate_file(arena, &sources, file, diags, &options);
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    diag_render(diags, stream);
    fclose(stream);
    const char *copy = arena_strdup(arena, text);
    free(text);
    return copy;
}

static void each_exception_has_its_code(void **state) {
    (void)state;
    static const struct {
        const char *program, *code, *words;
    } CASES[] = {
        {"units = 'Dense ' + 3", "E350", "TypeError: can only concatenate str (not \\\"int\\\") to str"},
        {"sizes = [16, 32]; sizes[2]", "E351", "IndexError: list index out of range"},
        {"config = {'units': 3}; config['unit']", "E352", "KeyError: 'unit'"},
        {"width = 64 // 0", "E353", "ZeroDivisionError: integer division or modulo by zero"},
        {"units = int('many')", "E354", "ValueError: invalid literal for int() with base 10: 'many'"},
        {"len([1], [2])", "E355", "TypeError: len() takes exactly one argument (2 given)"},
        {"10.0 ** 400", "E356", "OverflowError: (34, 'Numerical result out of range')"},
        {"next(iter([]))", "E357", "StopIteration: the iterator has no more items"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        Arena *arena = arena_new();
        const char *reports = reports_of(arena, CASES[i].program);
        if (!strstr(reports, CASES[i].code) || !strstr(reports, CASES[i].words)) {
            fail_msg("%s: %s", CASES[i].program, reports);
        }
        arena_free(arena);
    }
}

static void try_takes_them_back(void **state) {
    (void)state;
    Arena *arena = arena_new();
    assert_string_equal(reports_of(arena, "try:\n    [][1]\nexcept IndexError:\n    x = 1\n"), "");
    assert_string_equal(reports_of(arena, "try:\n    int('a')\nexcept (TypeError, ValueError):\n    pass\n"),
                        "");
    arena_free(arena);
}

/* Work and memory are charged before they are spent. */
static void large_results_are_refused(void **state) {
    (void)state;
    static const char *const PROGRAMS[] = {"x = [0] * 10**12",
                                           "x = 'a' * 10**12",
                                           "x = list(range(10**12))",
                                           "x = '%0*d' % (2000000000, 1)",
                                           "x = format(1, '2000000000d')",
                                           "x = 'a'.ljust(10**12)"};
    for (size_t i = 0; i < sizeof PROGRAMS / sizeof PROGRAMS[0]; i++) {
        Arena *arena = arena_new();
        if (!strstr(reports_of(arena, PROGRAMS[i]), "error")) fail_msg("%s", PROGRAMS[i]);
        arena_free(arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_exception_has_its_code),
        cmocka_unit_test(try_takes_them_back),
        cmocka_unit_test(large_results_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Trees of small texts, in the form of ast_print() without places; and limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "syntax/parser.h"

typedef struct Parsed {
    Arena *arena;
    Sources sources;
    Diagnostics *diags;
    Module *module;
    Expr *expression;
} Parsed;

static Parsed parse(const char *text, size_t length, bool expression) {
    Parsed parsed = {.arena = arena_new()};
    const DiagOptions options = {0};
    parsed.sources = sources_new(parsed.arena);
    const uint32_t file = sources_add(&parsed.sources, "test.lam", text, length);
    parsed.diags = diag_new(parsed.arena, &parsed.sources, &options);
    if (expression)
        parsed.expression = parse_expression(parsed.arena, &parsed.sources, file, parsed.diags);
    else
        parsed.module = parse_module(parsed.arena, &parsed.sources, file, parsed.diags);
    return parsed;
}

/* The tree of `text` is `expected`, one node a line, without "Module" and places. */
static void assert_tree(const char *text, const char *expected) {
    Parsed parsed = parse(text, strlen(text), false);
    assert_non_null(parsed.module);
    char *listing = NULL;
    size_t length;
    FILE *stream = open_memstream(&listing, &length);
    ast_print(parsed.module, &parsed.sources, stream);
    fclose(stream);
    Text out = text_new(parsed.arena);
    for (char *line = strtok(listing, "\n"); line; line = strtok(NULL, "\n")) {
        if (strcmp(line, "Module") == 0) continue;
        char *place = strrchr(line, '@');
        if (place && place[1] >= '0' && place[1] <= '9') place[-1] = '\0';
        text_printf(&out, "%s\n", line);
    }
    assert_string_equal(out.data, expected);
    free(listing);
    arena_free(parsed.arena);
}

static void assert_parses(const char *text, bool parses) {
    Parsed parsed = parse(text, strlen(text), false);
    if ((parsed.module != NULL) != parses) print_error("%s\n", text);
    assert_int_equal(parsed.module != NULL, parses);
    assert_int_equal(diag_error_count(parsed.diags) == 0, parses);
    arena_free(parsed.arena);
}

static void test_chains_are_one_node(void **state) {
    (void)state;
    assert_tree("a < b <= (c < d)", "  body: Expr\n    value: Compare\n      left: Name a\n      Lt: Name b\n"
                                    "      LtE: Compare\n        left: Name c\n        Lt: Name d\n");
    assert_tree("a and b and c or d",
                "  body: Expr\n    value: BoolOp Or\n      values: BoolOp And\n        values: Name a\n"
                "        values: Name b\n        values: Name c\n      values: Name d\n");
    assert_tree("-2 ** -x",
                "  body: Expr\n    value: UnaryOp USub\n      operand: BinOp Pow\n        left: Int 2\n"
                "        right: UnaryOp USub\n          operand: Name x\n");
}

static void test_strings(void **state) {
    (void)state;
    assert_tree("'a' \"b\\x41\\u00e9\\\n\" r'\\n'", "  body: Expr\n    value: Str 'abA\\xc3\\xa9\\x5cn'\n");
    assert_tree("b'\\x00\\377'", "  body: Expr\n    value: Bytes '\\x00\\xff'\n");
    assert_tree("'''a\r\nb'''", "  body: Expr\n    value: Str 'a\\x0ab'\n");
    assert_tree(
        "f'{x!r:>{w}}{{{y=}'",
        "  body: Expr\n    value: JoinedStr\n      values: FormattedValue r\n        value: Name x\n"
        "        format_spec: JoinedStr\n          values: Str '>'\n          values: FormattedValue -\n"
        "            value: Name w\n      values: Str '{y='\n      values: FormattedValue r\n"
        "        value: Name y\n");
    assert_tree("f\"{d[\"k\"]}\"",
                "  body: Expr\n    value: JoinedStr\n      values: FormattedValue -\n"
                "        value: Subscript\n          value: Name d\n          slice: Str 'k'\n");
}

static void test_numbers(void **state) {
    (void)state;
    assert_tree("0xff_ff", "  body: Expr\n    value: Int 65535\n");
    assert_tree("9223372036854775808", "  body: Expr\n    value: Int too large\n");
    assert_tree("1_0.5e-1", "  body: Expr\n    value: Float 1.05\n");
    assert_tree("1if 0xfor 2else 3j",
                "  body: Expr\n    value: IfExp\n      test: BoolOp Or\n        values: Int 15\n"
                "        values: Int 2\n      body: Int 1\n      orelse: Imaginary 3\n");
}

static void test_soft_keywords(void **state) {
    (void)state;
    assert_parses("match = case = type = _ = 1\nmatch[0] = match(case)\nmatch (x)\ntype(x)\n", true);
    assert_parses("match x, *y:\n    case [1, *_] | {'a': b, **c} if b:\n        case = 1\n    case A(1, "
                  "x=2) as d: pass\n",
                  true);
    assert_parses(
        "type X[T: int, *Ts, **P] = list[T]\nclass A[T](B): pass\ndef f[T](x: T, /, *a: *T) -> T: ...\n",
        true);
}

static void test_layout(void **state) {
    (void)state;
    assert_parses("", true);
    assert_parses("\n\n# nothing\n\f\n", true);
    assert_parses("\xEF\xBB\xBFif x:\r\n\ty = 1\r\n\r\n\t# note\r\nelse: z = 2; w = 3;", true);
    assert_parses("x = [1,\n  2,\n\n# note\n]\\\n  + y\nif x:\n  pass\n \\\n\nz = 1", true);
    assert_parses(
        "with (open(a) as b, c as d,): pass\nwith (a, b): pass\nwith (a) as b, c: pass\nwith (yield): pass\n",
        false); /* a yield outside of a function */
    assert_parses("def f():\n    with (yield): pass\n    with (a, b) as c: pass\n", true);
    assert_parses("na\xC3\xAFve = 1\n\xCE\xB1 = 2\n", true);
}

static void test_expression(void **state) {
    (void)state;
    const char *good = "NAME(a, b=2)", *bad = "f(1)\nx = 2";
    Parsed parsed = parse(good, strlen(good), true);
    assert_non_null(parsed.expression);
    assert_int_equal(parsed.expression->kind, EXPR_CALL);
    assert_int_equal(parsed.expression->as.call.arguments.count, 2);
    arena_free(parsed.arena);
    parsed = parse(bad, strlen(bad), true);
    assert_null(parsed.expression);
    assert_int_equal(diag_error_count(parsed.diags), 1);
    arena_free(parsed.arena);
}

/* `n` times `part`, between `before` and `after`: parses without a message, or not with exactly one. */
static void assert_repeated(const char *before, const char *part, size_t n, const char *after, bool parses) {
    Arena *arena = arena_new();
    Text text = text_new(arena);
    text_add(&text, before);
    for (size_t i = 0; i < n; i++) text_add(&text, part);
    text_add(&text, after);
    Parsed parsed = parse(text.data, text.length, false);
    assert_int_equal(parsed.module != NULL, parses);
    assert_int_equal(diag_error_count(parsed.diags), parses ? 0 : 1);
    arena_free(parsed.arena);
    arena_free(arena);
}

static void test_limits(void **state) {
    (void)state;
    assert_repeated("x = ", "(", 1000000, "\n", false);
    assert_repeated("x = ", "not ", 100000, "y\n", false);
    assert_repeated("x = y", " + 1", 2000, "\n", false);
    assert_repeated("x = y", "()", 2000, "\n", false);
    assert_repeated("if x: pass\n", "elif y: pass\n", 2000, "", false);
    assert_repeated("x = [", "1, ", 20000, "]\n", true);
    assert_repeated("x = (", "'text'\n", 20000, ")\n", true);
    assert_repeated("x = a", " < a", 20000, "\n", true);
    assert_repeated("", "x = 1\n", 20000, "", true);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_chains_are_one_node),
                                       cmocka_unit_test(test_strings),
                                       cmocka_unit_test(test_numbers),
                                       cmocka_unit_test(test_soft_keywords),
                                       cmocka_unit_test(test_layout),
                                       cmocka_unit_test(test_expression),
                                       cmocka_unit_test(test_limits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Which model a file gives, and what the command line may say about it: --model, --call, -D, the bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "elaborate/elaborate.h"

typedef struct Run {
    Arena *arena;
    Sources *sources;
    Diagnostics *diags;
    Elaboration *elaboration;
    Model *model;
} Run;

static Run run(const char *text, const ElaborateOptions *options) {
    Run result = {.arena = arena_new()};
    result.sources = ARENA_NEW(result.arena, Sources);
    *result.sources = sources_new(result.arena);
    const uint32_t file = sources_add(result.sources, "m.lam", text, strlen(text));
    result.diags = diag_new(result.arena, result.sources, NULL);
    result.elaboration = elaborate_file(result.arena, result.sources, file, result.diags, options);
    result.model = result.elaboration ? elaborate_model(result.elaboration) : NULL;
    return result;
}

/* The rendered reports hold the text. */
static bool reports(Run *result, const char *wanted) {
    char buffer[4096] = "";
    FILE *stream = fmemopen(buffer, sizeof buffer - 1, "w");
    diag_render(result->diags, stream);
    fclose(stream);
    return strstr(buffer, wanted) != NULL;
}

static const char FILE_TEXT[] = "units = 3\n"
                                "x = Input((4,))\n"
                                "small = Model(x, layers.Dense(units)(x), name='small')\n"
                                "last = Model(x, layers.Dense(5)(x), name='last')\n"
                                "def build(n, name=None):\n"
                                "    x = Input((2,))\n"
                                "    return Model(x, layers.Dense(n)(x), name=name)\n"
                                "def number():\n"
                                "    return 7\n";

static void last_model_wins(void **state) {
    (void)state;
    const ElaborateOptions options = {0};
    Run result = run(FILE_TEXT, &options);
    assert_non_null(result.model);
    assert_string_equal(result.model->layer->name, "last");
    Value value;
    assert_true(elaborate_lookup(result.elaboration, "units", &value));
    assert_int_equal(value.as.integer, 3);
    assert_false(elaborate_lookup(result.elaboration, "nothing", &value));
    arena_free(result.arena);
}

static void model_option(void **state) {
    (void)state;
    Run good = run(FILE_TEXT, &(ElaborateOptions){.model_name = "small"});
    assert_non_null(good.model);
    assert_string_equal(good.model->layer->name, "small");
    arena_free(good.arena);
    Run missing = run(FILE_TEXT, &(ElaborateOptions){.model_name = "smal"});
    assert_null(missing.model);
    assert_true(reports(&missing, "[E312]"));
    arena_free(missing.arena);
    Run other = run(FILE_TEXT, &(ElaborateOptions){.model_name = "units"});
    assert_true(reports(&other, "the variable holds 3, not a Model [E312]"));
    arena_free(other.arena);
}

static void call_option(void **state) {
    (void)state;
    Run good = run(FILE_TEXT, &(ElaborateOptions){.call = "build(6, name='called')"});
    assert_non_null(good.model);
    assert_string_equal(good.model->layer->name, "called");
    assert_int_equal(good.model->outputs[0]->shape.dim[1], 6);
    arena_free(good.arena);
    Run number = run(FILE_TEXT, &(ElaborateOptions){.call = "number()"});
    assert_null(number.model);
    assert_true(reports(&number, "the result is 7, not a Model [E313]"));
    arena_free(number.arena);
    Run name = run(FILE_TEXT, &(ElaborateOptions){.call = "build"});
    assert_true(reports(&name, "[E313]"));
    arena_free(name.arena);
    Run missing = run(FILE_TEXT, &(ElaborateOptions){.call = "build()"});
    assert_true(reports(&missing, "build() missing 1 required positional argument: 'n' [E303]"));
    arena_free(missing.arena);
}

static void definitions(void **state) {
    (void)state;
    const ElaborateDefinition units[] = {{"units", "9"}};
    Run good =
        run(FILE_TEXT, &(ElaborateOptions){.definitions = units, .n_definitions = 1, .model_name = "small"});
    assert_int_equal(good.model->outputs[0]->shape.dim[1], 9);
    arena_free(good.arena);
    const ElaborateDefinition bad[] = {{"3", "9"}};
    Run wrong = run(FILE_TEXT, &(ElaborateOptions){.definitions = bad, .n_definitions = 1});
    assert_true(reports(&wrong, "[E319]"));
    arena_free(wrong.arena);
    const ElaborateDefinition text[] = {{"word", "some words"}, {"pair", "(1, -2.5)"}};
    Run values = run("word = 1\npair = 2\n", &(ElaborateOptions){.definitions = text, .n_definitions = 2});
    Value value;
    assert_true(elaborate_lookup(values.elaboration, "word", &value));
    assert_string_equal(value_c_str(value), "some words");
    assert_true(elaborate_lookup(values.elaboration, "pair", &value));
    assert_string_equal(value_repr(values.arena, value), "(1, -2.5)");
    arena_free(values.arena);
}

static void unknown_model_is_no_fall_back(void **state) {
    (void)state;
    Run result = run("import numpy as np\nfrom keras import Input, Model, layers\nx = Input((4,))\n"
                     "other = Model(x, layers.Dense(2)(x))\nmodel = np.load('x')\n",
                     &(ElaborateOptions){0});
    assert_null(result.model);
    assert_true(
        reports(&result, "m.lam:5:9: error: model depends on something that is not evaluated: numpy.load"));
    arena_free(result.arena);
}

static void weights_come_from_the_option(void **state) {
    (void)state;
    Run result = run("x = Input((4,))\nmodel = Model(x, layers.Dense(2)(x))\nmodel.load_weights('w.h5')\n",
                     &(ElaborateOptions){0});
    assert_non_null(result.model);
    assert_true(reports(&result, "[W100]"));
    arena_free(result.arena);
}

static void nonlocal_without_variable(void **state) {
    (void)state;
    Run result = run("def f():\n    nonlocal q\n    q = 3\nf()\n", &(ElaborateOptions){0});
    assert_true(reports(&result, "no binding for nonlocal 'q' found [E317]"));
    arena_free(result.arena);
}

static void bounds_hold(void **state) {
    (void)state;
    Run depth = run("def f(n):\n    return f(n + 1)\nf(0)\n", &(ElaborateOptions){.max_depth = 50});
    assert_true(reports(&depth, "maximum recursion depth exceeded (50 calls)"));
    arena_free(depth.arena);
    Run deep = run("def f(n):\n    return f(n + 1)\ntry:\n    f(0)\nexcept RecursionError:\n    pass\n",
                   &(ElaborateOptions){.max_depth = 1000000});
    assert_true(reports(&deep, "[E315]"));
    arena_free(deep.arena);
    Run list = run("a = [0] * 10 ** 9\n", &(ElaborateOptions){0});
    assert_true(diag_error_count(list.diags) > 0);
    arena_free(list.arena);
    Run self = run("a = []\na.append(a)\nimport numpy as np\nnp.sum(a)\nb = a + a\nprint(a, b)\n",
                   &(ElaborateOptions){0});
    assert_null(self.model);
    arena_free(self.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(last_model_wins),
        cmocka_unit_test(model_option),
        cmocka_unit_test(call_option),
        cmocka_unit_test(definitions),
        cmocka_unit_test(unknown_model_is_no_fall_back),
        cmocka_unit_test(weights_come_from_the_option),
        cmocka_unit_test(nonlocal_without_variable),
        cmocka_unit_test(bounds_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

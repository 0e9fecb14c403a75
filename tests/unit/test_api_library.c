/* liblamina's conditions: threads side by side, a program's locale and rounding, bytes instead of files, and
 * no memory. */
#include <fenv.h>
#include <locale.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lamina.h"
#include "lamina/compiler.h"

static lamina_compilation *start(const char *text, const char *weights) {
    lamina_compilation *c = lamina_compilation_new();
    assert_non_null(c);
    assert_int_equal(lamina_compilation_model(c, "m.lam", text, strlen(text)), LAMINA_STATUS_FINE);
    if (weights) assert_int_equal(lamina_compilation_weights_file(c, weights), LAMINA_STATUS_FINE);
    return c;
}

static const char *emit_c(lamina_compilation *c) {
    const lamina_output *out = NULL;
    const lamina_status status = lamina_compilation_emit(c, "c", "net", &out);
    if (status != LAMINA_STATUS_FINE) fputs(lamina_compilation_messages(c), stderr);
    assert_int_equal(status, LAMINA_STATUS_FINE);
    assert_int_equal(strlen(out->code), out->code_size);
    return out->code;
}

/* ---- threads ---- */

typedef struct Job {
    int width;
    char *text; /* the C that came out */
    float sum;  /* of what the loaded code computes from ones */
} Job;

static void run_loaded(lamina_compilation *c, Job *job) {
    const lamina_model *model = NULL;
    if (lamina_compilation_load(c, &model) != LAMINA_STATUS_FINE) return;
    float in[64], out[64] = {0};
    for (int i = 0; i < 64; i++) in[i] = 1;
    const void *inputs[] = {in};
    void *outputs[] = {out};
    lamina_call call = {.size = sizeof call, .batch = 1, .inputs = inputs, .outputs = outputs};
    call.workspace_size = model->workspace_bytes(&call);
    void *workspace = NULL;
    if (call.workspace_size && posix_memalign(&workspace, 64, call.workspace_size) != 0) return;
    call.workspace = workspace;
    if (model->run(&call) == LAMINA_OK)
        for (int i = 0; i < job->width; i++) job->sum += out[i];
    free(workspace);
}

static void *compile(void *argument) {
    Job *job = argument;
    char text[200];
    snprintf(text, sizeof text,
             "x = Input((%d,))\nmodel = Model(x, layers.Dense(%d, use_bias=False, "
             "kernel_initializer='ones')(x))\n",
             job->width, job->width);
    lamina_compilation *c = lamina_compilation_new();
    const lamina_output *out = NULL;
    if (lamina_compilation_model(c, "m.lam", text, strlen(text)) == LAMINA_STATUS_FINE &&
        lamina_compilation_weights_file(c, "random") == LAMINA_STATUS_FINE &&
        lamina_compilation_emit(c, "c", "net", &out) == LAMINA_STATUS_FINE) {
        job->text = strdup(out->code);
        run_loaded(c, job);
    }
    lamina_compilation_free(c);
    return NULL;
}

static void threads_compile_side_by_side(void **state) {
    (void)state;
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    Job jobs[THREADS], alone[THREADS];
    for (int i = 0; i < THREADS; i++) jobs[i] = alone[i] = (Job){.width = 3 + 5 * i};
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, compile, &jobs[i]), 0);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS; i++) {
        compile(&alone[i]);
        assert_non_null(jobs[i].text);
        assert_string_equal(jobs[i].text, alone[i].text);
        assert_true(jobs[i].sum == (float)(jobs[i].width * jobs[i].width));
        free(jobs[i].text);
        free(alone[i].text);
    }
}

#if !defined(__SANITIZE_ADDRESS__)
/* libhdf5 itself is for one thread at a time. A file is tried in a child process first, where the sanitizer's
 * memory cannot be used if the parent has threads. */
static void *read_hdf5(void *argument) {
    static const char FOLDER[] = LAMINA_SOURCE_DIR "/examples/image_classifier/";
    char model[600], weights[600];
    snprintf(model, sizeof model, "%sresnet8.lam", FOLDER);
    snprintf(weights, sizeof weights, "%sresnet8.weights.h5", FOLDER);
    for (int i = 0; i < 3; i++) {
        lamina_compilation *c = lamina_compilation_new();
        if (lamina_compilation_model_file(c, model) == LAMINA_STATUS_FINE &&
            lamina_compilation_weights_file(c, weights) == LAMINA_STATUS_FINE &&
            lamina_compilation_compile(c) == LAMINA_STATUS_FINE)
            ++*(int *)argument;
        lamina_compilation_free(c);
    }
    return NULL;
}

static void threads_read_hdf5_files(void **state) {
    (void)state;
    pthread_t threads[3];
    int fine[3] = {0};
    for (int i = 0; i < 3; i++) assert_int_equal(pthread_create(&threads[i], NULL, read_hdf5, &fine[i]), 0);
    for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < 3; i++) assert_int_equal(fine[i], 3);
}

#endif

/* ---- the program's own conditions ---- */

static void locale_and_rounding_are_the_programs(void **state) {
    (void)state;
    static const char TEXT[] = "x = Input((2,))\nmodel = Model(x, layers.Rescaling(0.1, 0.3)(x))\n";
    lamina_compilation *plain = start(TEXT, NULL);
    const char *expected = emit_c(plain);
    static const char *const COMMA[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "C"};
    for (size_t i = 0; i < sizeof COMMA / sizeof *COMMA && !setlocale(LC_ALL, COMMA[i]); i++) continue;
    fesetround(FE_UPWARD);
    lamina_compilation *c = start(TEXT, NULL);
    const char *found = emit_c(c);
    assert_int_equal(fegetround(), FE_UPWARD);
    fesetround(FE_TONEAREST);
    setlocale(LC_ALL, "C");
    assert_string_equal(found, expected);
    lamina_compilation_free(c);
    lamina_compilation_free(plain);
}

/* ---- bytes ---- */

/* A safetensors file of one kernel, 1x1. */
static size_t safetensors(char *out) {
    static const char HEADER[] =
        "{\"dense/kernel\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[0,4]}}";
    const uint64_t length = sizeof HEADER - 1;
    const float value = 0.5f;
    memcpy(out, &length, 8);
    memcpy(out + 8, HEADER, length);
    memcpy(out + 8 + length, &value, 4);
    return 12 + length;
}

static void weights_may_be_bytes(void **state) {
    (void)state;
    char bytes[200];
    const size_t size = safetensors(bytes);
    lamina_compilation *c =
        start("x = Input((1,))\nmodel = Model(x, layers.Dense(1, use_bias=False)(x))\n", NULL);
    assert_int_equal(lamina_compilation_weights(c, "w.safetensors", bytes, size), LAMINA_STATUS_FINE);
    assert_non_null(strstr(emit_c(c), "0.5f"));
    lamina_compilation_free(c);
    c = start("x = Input((1,))\nmodel = Model(x, layers.Dense(1, use_bias=False)(x))\n", NULL);
    assert_int_equal(lamina_compilation_weights(c, "w.safetensors", bytes, size - 2), LAMINA_STATUS_FINE);
    assert_int_equal(lamina_compilation_compile(c), LAMINA_STATUS_WRONG);
    assert_non_null(strstr(lamina_compilation_diagnostic(c, 0)->text, "w.safetensors"));
    lamina_compilation_free(c);
}

static void damaged_models_are_diagnosed(void **state) {
    (void)state;
    lamina_compilation *c = lamina_compilation_new();
    assert_int_equal(lamina_compilation_model(c, "m.keras", "PK\3\4 and no more", 16), LAMINA_STATUS_FINE);
    assert_int_equal(lamina_compilation_check(c), LAMINA_STATUS_WRONG);
    assert_true(lamina_compilation_diagnostic_count(c) == 1);
    lamina_compilation_free(c);
}

/* ---- usage ---- */

static void usage_errors_say_why(void **state) {
    (void)state;
    static const struct {
        const char *name, *value, *said;
    } WRONG[] = {{"taget", "host", "did you mean 'target'?"},
                 {"target", NULL, "needs a value"},
                 {"output", "x.c", "no option"},
                 {"print-after", "all", "no option"},
                 {"input", "x.npy", "no option"},
                 {"report", "r.html", "no option"},
                 {"jobs", "2", "no option"}};
    lamina_compilation *c = lamina_compilation_new();
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        assert_int_equal(lamina_compilation_option(c, WRONG[i].name, WRONG[i].value), LAMINA_STATUS_USAGE);
        assert_non_null(strstr(lamina_compilation_usage_error(c), WRONG[i].said));
    }
    assert_int_equal(lamina_compilation_check(c), LAMINA_STATUS_USAGE); /* no model */
    assert_string_equal(lamina_compilation_messages(c), "");
    assert_int_equal(lamina_compilation_option(c, "optimize", "9"), LAMINA_STATUS_FINE);
    assert_int_equal(lamina_compilation_model(c, NULL, NULL, 0), LAMINA_STATUS_FINE);
    assert_int_equal(lamina_compilation_check(c), LAMINA_STATUS_USAGE); /* checked together */
    assert_non_null(strstr(lamina_compilation_usage_error(c), "--optimize=9"));
    lamina_compilation_free(c);
    assert_int_equal(lamina_compilation_check(NULL), LAMINA_STATUS_USAGE);
}

static void the_reference_is_no_code(void **state) {
    (void)state;
    const lamina_model *model = NULL;
    lamina_compilation *c = start("x = Input((1,))\nmodel = Model(x, x + 1.0)\n", NULL);
    assert_int_equal(lamina_compilation_option(c, "via", "reference"), LAMINA_STATUS_FINE);
    assert_int_equal(lamina_compilation_load(c, &model), LAMINA_STATUS_USAGE);
    assert_null(model);
    assert_int_equal(lamina_compilation_compile(c), LAMINA_STATUS_FINE);
    lamina_compilation_free(c);
}

static void notes_come_with_their_places(void **state) {
    (void)state;
    lamina_compilation *c = start("x = Input((4,))\nd = layers.Dense(2)\ny = d(x)\nz = d(Input((5,)))\n"
                                  "model = Model(x, y)\n",
                                  NULL);
    assert_int_equal(lamina_compilation_check(c), LAMINA_STATUS_WRONG);
    const lamina_diagnostic *first = lamina_compilation_diagnostic(c, 0);
    assert_string_equal(first->exception, "ValueError");
    assert_int_equal(first->place->line, 4);
    assert_int_equal(first->place->end_line, 4);
    assert_true(first->place->end_column > first->place->column);
    assert_true(first->n_notes > 0);
    lamina_compilation_free(c);
}

#if !defined(__SANITIZE_ADDRESS__)
static void without_memory_it_says_so(void **state) {
    (void)state;
    lamina_compilation *c =
        start("x = Input((2**30,))\nmodel = Model(x, layers.Dense(2**30, use_bias=False)(x))\n", "random");
    assert_int_equal(lamina_compilation_compile(c), LAMINA_STATUS_NO_MEMORY);
    assert_int_equal(lamina_compilation_compile(c), LAMINA_STATUS_NO_MEMORY);
    lamina_compilation_free(c);
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_compile_side_by_side),
#if !defined(__SANITIZE_ADDRESS__)
        cmocka_unit_test(threads_read_hdf5_files),
#endif
        cmocka_unit_test(locale_and_rounding_are_the_programs),
        cmocka_unit_test(weights_may_be_bytes),
        cmocka_unit_test(damaged_models_are_diagnosed),
        cmocka_unit_test(usage_errors_say_why),
        cmocka_unit_test(notes_come_with_their_places),
        cmocka_unit_test(the_reference_is_no_code),
#if !defined(__SANITIZE_ADDRESS__)
        cmocka_unit_test(without_memory_it_says_so),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#if defined(__SANITIZE_ADDRESS__)
/* As in main.c: the leak checker stumbles over the thread-local data of libLLVM. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "intercept_tls_get_addr=0";
}
#endif

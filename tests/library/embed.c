/* A program that has the compiler in it: liblamina from C. Prints a line for each thing that is as it should
 * be; tests/library.py builds it against both libraries. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lamina/compiler.h>

#include "lamina.h"

static const char MODEL[] = "from keras import Input, Model, layers\n"
                            "x = Input((4,), name='x')\n"
                            "y = layers.Dense(3, activation='relu', name='y')(x)\n"
                            "model = Model(x, y)\n";

static int failures;

static void expect(int fine, const char *what) {
    printf("%s: %s\n", fine ? "fine" : "WRONG", what);
    failures += !fine;
}

static lamina_compilation *start(const char *model) {
    lamina_compilation *c = lamina_compilation_new();
    lamina_compilation_model(c, "m.lam", model, strlen(model));
    lamina_compilation_weights_file(c, "random:1");
    return c;
}

static void emit(void) {
    lamina_compilation *c = start(MODEL);
    const lamina_output *out = NULL;
    expect(lamina_compilation_emit(c, "c", "net", &out) == LAMINA_STATUS_FINE, "C in memory");
    expect(out && strstr((const char *)out->code, "int net_run(") &&
               strstr(out->header, "NET_WORKSPACE_BYTES"),
           "it has the model's function, and its header");
    expect(lamina_compilation_emit(c, "fortran", "net", &out) == LAMINA_STATUS_USAGE && !out, "no such form");
    expect(strstr(lamina_compilation_usage_error(c), "fortran") != NULL, "and why");
    expect(lamina_compilation_option(c, "optimize", "3") == LAMINA_STATUS_USAGE,
           "options are closed by then");
    lamina_compilation_free(c);
}

static void diagnose(void) {
    lamina_compilation *c = start("from keras import layers\nx = layers.Dense('a')\ny = layers.Dnse(3)\n");
    expect(lamina_compilation_check(c) == LAMINA_STATUS_WRONG, "a wrong model");
    const size_t count = lamina_compilation_diagnostic_count(c);
    const lamina_diagnostic *d = lamina_compilation_diagnostic(c, 0);
    expect(count >= 2 && d && d->severity == LAMINA_SEVERITY_ERROR && d->code[0] == 'E',
           "two errors as data");
    expect(d && d->place && strcmp(d->place->file, "m.lam") == 0 && d->place->line == 2, "with their places");
    expect(!lamina_compilation_diagnostic(c, count), "none past the last");
    expect(strstr(lamina_compilation_messages(c), "m.lam:2:") != NULL, "and as text");
    expect(lamina_compilation_compile(c) == LAMINA_STATUS_WRONG, "what failed fails again");
    lamina_compilation_free(c);
}

static void call(void) {
    const float in[2][4] = {{1, 2, 3, 4}, {-1, -2, -3, -4}};
    float out[2][3];
    const void *inputs[] = {in};
    void *outputs[] = {out};
    lamina_call job = {sizeof job, 2, NULL, inputs, outputs, NULL, 0, NULL, NULL, NULL};
    lamina_compilation *c = start(MODEL);
    const lamina_model *model = NULL;
    memset(out, 0xFF, sizeof out);
    expect(lamina_compilation_load(c, &model) == LAMINA_STATUS_FINE, "code in memory");
    if (model) {
        job.workspace_size = model->workspace_bytes(&job);
        job.workspace = job.workspace_size ? aligned_alloc(64, (job.workspace_size + 63) / 64 * 64) : NULL;
        expect(model->n_inputs == 1 && strcmp(model->inputs[0].name, "x") == 0, "its descriptor");
        expect(model->run(&job) == LAMINA_OK, "its call");
        expect(out[0][0] >= 0 && out[0][0] + out[0][1] + out[0][2] + out[1][0] + out[1][1] + out[1][2] > 0,
               "and what it gives");
        free(job.workspace);
    } else {
        fputs(lamina_compilation_messages(c), stdout);
    }
    lamina_compilation_free(c);
}

int main(void) {
    expect(strcmp(lamina_version(), LAMINA_VERSION) == 0, "the version");
    emit();
    diagnose();
    call();
    lamina_compilation_free(NULL);
    return failures != 0;
}

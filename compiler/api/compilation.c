/* liblamina: the life of a compilation, what it is given, and the stages that it goes through. */
#include "api/compilation.h"

#include <fenv.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/forms.h"

_Static_assert((int)LAMINA_STATUS_FINE == EXIT_FINE && (int)LAMINA_STATUS_WRONG == EXIT_WRONG &&
                   (int)LAMINA_STATUS_USAGE == EXIT_USAGE && (int)LAMINA_STATUS_BUG == EXIT_BUG,
               "a status is an exit status");

const char *lamina_version(void) {
    return LAMINA_VERSION;
}

/* ---- guard ---- */

static void no_memory(void *context, size_t size) {
    lamina_compilation *c = context;
    (void)size;
    if (c->back) longjmp(*c->back, 1);
}

static lamina_status status_of(const lamina_compilation *c, bool fine) {
    if (fine) return LAMINA_STATUS_FINE;
    if (c->usage) return LAMINA_STATUS_USAGE;
    if (!c->driver) return LAMINA_STATUS_WRONG;
    return diag_has(c->driver->diags, E900) ? LAMINA_STATUS_BUG : LAMINA_STATUS_WRONG;
}

static lamina_status run_guarded(lamina_compilation *c, CompilationWork *work, void *argument) {
    jmp_buf back;
    c->back = &back;
    c->usage = NULL;
    lamina_status status = LAMINA_STATUS_NO_MEMORY;
    if (setjmp(back) == 0)
        status = status_of(c, work(c, argument));
    else
        c->failed = LAMINA_STATUS_NO_MEMORY;
    c->back = NULL;
    return status;
}

lamina_status compilation_guard(lamina_compilation *c, CompilationWork *work, void *argument) {
    if (!c) return LAMINA_STATUS_USAGE;
    if (c->failed == LAMINA_STATUS_NO_MEMORY) return c->failed;
    fenv_t environment;
    fegetenv(&environment);
    fesetenv(FE_DFL_ENV);
    const locale_t locale = c->c_locale ? uselocale(c->c_locale) : (locale_t)0;
    const lamina_status status = run_guarded(c, work, argument);
    if (locale) uselocale(locale);
    fesetenv(&environment);
    return status;
}

bool compilation_usage(lamina_compilation *c, const char *text) {
    c->usage = text;
    return false;
}

/* ---- life ---- */

static bool make_options(lamina_compilation *c, void *argument) {
    (void)argument;
    c->options = ARENA_NEW(c->arena, Options);
    c->options->command = CMD_COMPILE;
    return true;
}

lamina_compilation *lamina_compilation_new(void) {
    lamina_compilation *c = calloc(1, sizeof *c);
    if (!c) return NULL;
    c->c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    c->arena = arena_new_with_hook(no_memory, c);
    if (c->arena && compilation_guard(c, make_options, NULL) == LAMINA_STATUS_FINE) return c;
    lamina_compilation_free(c);
    return NULL;
}

lamina_compilation *compilation_of_driver(Driver *driver) {
    lamina_compilation *c = ARENA_NEW(driver->arena, lamina_compilation);
    *c = (lamina_compilation){.driver = driver, .began = true};
    return c;
}

void lamina_compilation_free(lamina_compilation *c) {
    if (!c) return;
    engine_unload(&c->code);
    if (c->driver && !c->arena) return; /* a command's */
    if (c->c_locale) freelocale(c->c_locale);
    arena_free(c->arena);
    free(c);
}

/* ---- stages ---- */

/* The options are closed: the driver is made of them. */
static bool begin(lamina_compilation *c) {
    if (c->began) return true;
    if (!c->options->operands.count) return compilation_usage(c, "no model was given");
    const char *wrong = options_wrong(c->arena, c->options);
    if (wrong) return compilation_usage(c, wrong);
    c->driver = ARENA_NEW(c->arena, Driver);
    driver_init(c->driver, c->arena, c->options, NULL);
    c->driver->model_bytes = c->model;
    c->driver->weights_bytes = c->weights;
    c->began = true;
    return true;
}

static bool check(lamina_compilation *c) {
    if (!c->checked) c->checked = begin(c) && driver_model(c->driver);
    return c->checked;
}

/* A stage that failed is not done again, nor one after it. */
static lamina_status remember(lamina_compilation *c, lamina_status status) {
    if (status == LAMINA_STATUS_WRONG || status == LAMINA_STATUS_BUG) c->failed = status;
    return status;
}

static bool work_check(lamina_compilation *c, void *argument) {
    (void)argument;
    return check(c);
}

static bool work_compile(lamina_compilation *c, void *argument) {
    (void)argument;
    if (!c->compiled) c->compiled = check(c) && driver_weights(c->driver) && driver_program(c->driver);
    return c->compiled;
}

lamina_status lamina_compilation_check(lamina_compilation *c) {
    if (c && c->failed) return c->failed;
    return remember(c, compilation_guard(c, work_check, NULL));
}

lamina_status lamina_compilation_compile(lamina_compilation *c) {
    if (c && c->failed) return c->failed;
    return remember(c, compilation_guard(c, work_compile, NULL));
}

/* ---- what comes out ---- */

typedef struct Emission {
    const char *name, *target; /* of the form; stem or path */
    const lamina_output **output;
} Emission;

static bool pick(lamina_compilation *c, const char *name, const char *path, const Form **form) {
    const char *wrong =
        path && path[0] ? forms_pick(c->driver, name, path, form) : "no name was given for the output";
    if (!wrong) wrong = forms_wrong(c->driver, *form);
    return !wrong || compilation_usage(c, wrong);
}

static bool work_emit(lamina_compilation *c, void *argument) {
    const Emission *emission = argument;
    const Form *form = NULL;
    FormOutput made;
    if (!emission->name) return compilation_usage(c, "no form was given");
    if (!pick(c, emission->name, emission->target, &form) ||
        !forms_make(c->driver, form, emission->target, &made))
        return false;
    lamina_output *out = ARENA_NEW(c->driver->arena, lamina_output);
    *out = (lamina_output){.size = sizeof *out,
                           .code = made.code.data,
                           .code_size = made.code.size,
                           .header = made.header.data,
                           .header_size = made.header.length,
                           .weights = made.weights.data,
                           .weights_size = made.weights.size,
                           .library = made.library.data,
                           .library_size = made.library.size};
    *emission->output = out;
    return true;
}

static bool work_write(lamina_compilation *c, void *argument) {
    const Emission *emission = argument;
    const Form *form = NULL;
    return pick(c, emission->name, emission->target, &form) && forms_write(c->driver, form, emission->target);
}

lamina_status lamina_compilation_emit(lamina_compilation *c, const char *form, const char *stem,
                                      const lamina_output **output) {
    Emission emission = {form, stem, output};
    const lamina_status status = lamina_compilation_compile(c);
    *output = NULL;
    return status == LAMINA_STATUS_FINE ? compilation_guard(c, work_emit, &emission) : status;
}

lamina_status lamina_compilation_write(lamina_compilation *c, const char *form, const char *path) {
    Emission emission = {form, path, NULL};
    const lamina_status status = lamina_compilation_compile(c);
    return status == LAMINA_STATUS_FINE ? compilation_guard(c, work_write, &emission) : status;
}

static bool work_load(lamina_compilation *c, void *argument) {
    (void)argument;
    const char *via = option_value(c->driver->options, OPT_VIA);
    if (via && strcmp(via, "reference") == 0)
        return compilation_usage(c, "via=reference makes no code that could be loaded: it is llvm or c");
    if (!c->loaded) c->loaded = driver_externals_load(c->driver) && engine_load(c->driver, &c->code);
    return c->loaded;
}

lamina_status lamina_compilation_load(lamina_compilation *c, const struct lamina_model **model) {
    lamina_status status = lamina_compilation_compile(c);
    *model = NULL;
    if (status == LAMINA_STATUS_FINE) status = remember(c, compilation_guard(c, work_load, NULL));
    if (status == LAMINA_STATUS_FINE) *model = c->code.model;
    return status;
}

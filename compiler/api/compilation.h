/* The inside of a lamina_compilation, for the functions of liblamina and for the commands that are made of
 * them. */
#ifndef LAMINA_API_COMPILATION_H
#define LAMINA_API_COMPILATION_H

#include <locale.h>
#include <setjmp.h>

#include "cli/engine.h"
#include "lamina/compiler.h"

struct lamina_compilation {
    Driver *driver;
    Options *options;     /* the driver's, while they may change; NULL for a command's */
    Arena *arena;         /* its own, or NULL: the driver's */
    Bytes model, weights; /* in memory */
    jmp_buf *back;        /* where an arena without memory goes back to: the function that was called */
    locale_t c_locale;    /* numbers are read and written with a point, whatever the program has set */
    bool began;           /* the driver is made from the options: they are closed */
    bool checked, compiled, loaded;
    lamina_status failed; /* what a stage returned that cannot be done again */
    EngineLoaded code;
    const char *usage, *messages;
    const lamina_diagnostic **diagnostics; /* those asked for, so far */
    size_t n_diagnostics;
};

/* A compilation over the driver of a command. It takes the driver's memory; lamina_compilation_free leaves
 * that alone. */
lamina_compilation *compilation_of_driver(Driver *driver);

typedef bool CompilationWork(lamina_compilation *compilation, void *argument);
/* Runs the work in the library's own conditions: the locale "C", the default floating-point environment, and
 * a way back where there is no memory. The status is by its result and the diagnostics. */
lamina_status compilation_guard(lamina_compilation *compilation, CompilationWork *work, void *argument);
/* Records bad usage; false. */
bool compilation_usage(lamina_compilation *compilation, const char *text);

#endif

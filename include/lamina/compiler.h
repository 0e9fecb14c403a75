/* liblamina: the compiler as a library. A model file, or a saved model, and its weights become C, objects,
 * LLVM IR, or code in this process, as by the program `lamina`, which is made of these functions.
 *
 *     lamina_compilation *c = lamina_compilation_new();
 *     if (lamina_compilation_model_file(c, "mlp.lam") == LAMINA_STATUS_FINE &&
 *         lamina_compilation_weights_file(c, "mlp.weights.h5") == LAMINA_STATUS_FINE &&
 *         lamina_compilation_write(c, NULL, "mlp.c") == LAMINA_STATUS_FINE)
 *         puts("written");
 *     fputs(lamina_compilation_messages(c), stderr);
 *     lamina_compilation_free(c);
 *
 * A lamina_compilation is one model on its way. Each belongs to one thread at a time; several threads work on
 * several of them at once, without any state in common. What a function gives a pointer to belongs to the
 * compilation and lives until lamina_compilation_free. Memory that is passed in is copied, or, where it says
 * "kept", must live as long. Nothing is printed, and the process never ends by it.
 *
 * Structures are made by the library only; new fields come at their end.
 */
#ifndef LAMINA_COMPILER_H
#define LAMINA_COMPILER_H

#include <stddef.h>
#include <stdint.h>

/* Of this header; lamina_version() is the library's. The soname changes where a program must be compiled
 * again. */
#define LAMINA_VERSION_MAJOR 0
#define LAMINA_VERSION_MINOR 1
#define LAMINA_VERSION_PATCH 0
#define LAMINA_VERSION "0.1.0"

#ifndef LAMINA_API
#if defined(__GNUC__)
#define LAMINA_API __attribute__((visibility("default")))
#else
#define LAMINA_API
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* What functions return: the same numbers as the exit status of `lamina`. */
typedef enum lamina_status {
    LAMINA_STATUS_FINE = 0,
    LAMINA_STATUS_WRONG = 1, /* the model, its weights, or a file: the diagnostics say what */
    LAMINA_STATUS_USAGE =
        2,                 /* an option or argument makes no sense: lamina_compilation_usage_error says why */
    LAMINA_STATUS_BUG = 3, /* an internal error of Lamina: the diagnostics say how to report it */
    LAMINA_STATUS_NO_MEMORY = 4 /* the compilation can only be freed */
} lamina_status;

/* "0.1.0" */
LAMINA_API const char *lamina_version(void);

typedef struct lamina_compilation lamina_compilation;

/* NULL where there is no memory. */
LAMINA_API lamina_compilation *lamina_compilation_new(void);
/* Also unloads the code of lamina_compilation_load. NULL is allowed. */
LAMINA_API void lamina_compilation_free(lamina_compilation *compilation);

/* ---- what is compiled: all of it comes before the first function of the next section ---- */

/* An option of `lamina compile` or `lamina run`, by its long name without dashes: ("target", "x86-64-v3"),
 * ("optimize", "3"), ("define", "UNITS=8"), ("strict-math", NULL). Options that name files in and out, and
 * those about printing, are none of the library's. */
LAMINA_API lamina_status lamina_compilation_option(lamina_compilation *compilation, const char *name,
                                                   const char *value);
/* The model: the text of a model file, or the bytes of a saved model (.keras, .h5). `name` is its path in
 * diagnostics, and imports are looked for beside it. Kept. */
LAMINA_API lamina_status lamina_compilation_model(lamina_compilation *compilation, const char *name,
                                                  const void *data, size_t size);
LAMINA_API lamina_status lamina_compilation_model_file(lamina_compilation *compilation, const char *path);
/* The weights: the bytes of a .weights.h5, .keras, .h5, .npz or .safetensors file. Kept. */
LAMINA_API lamina_status lamina_compilation_weights(lamina_compilation *compilation, const char *name,
                                                    const void *data, size_t size);
/* The same in a file; or "random[:SEED]". */
LAMINA_API lamina_status lamina_compilation_weights_file(lamina_compilation *compilation, const char *path);

/* ---- compiling: each does what is needed before it; what failed once fails again ---- */

/* Reads the model and checks it: weights are not needed. */
LAMINA_API lamina_status lamina_compilation_check(lamina_compilation *compilation);
/* All up to the choice of kernels and places in memory. */
LAMINA_API lamina_status lamina_compilation_compile(lamina_compilation *compilation);

/* What a form consists of. Texts end with a NUL that their size does not count. */
typedef struct lamina_output {
    size_t size; /* sizeof(lamina_output) in the library */
    const void *code;
    size_t code_size;
    const char *header; /* STEM.h, the same for all forms */
    size_t header_size;
    const void *weights; /* STEM.weights.bin, with the option weights-as; else NULL */
    size_t weights_size;
    const void *library; /* libSTEM.so, of "python"; else NULL */
    size_t library_size;
} lamina_output;

/* In memory. `form`: "c", "ll", "bc", "s", "o", "so", "a" or "python". `stem`: the name, without suffix, that
 * the code is to have as a file; it is the prefix of its symbols too, unless the option "prefix" gives one.
 */
LAMINA_API lamina_status lamina_compilation_emit(lamina_compilation *compilation, const char *form,
                                                 const char *stem, const lamina_output **output);
/* As files: `path`, and beside it its header and weights. All appear whole, or none. `form` NULL: by the
 * path's suffix. */
LAMINA_API lamina_status lamina_compilation_write(lamina_compilation *compilation, const char *form,
                                                  const char *path);

/* The model as code in this process, by LLVM; where Lamina was built without it, or with the option ("via",
 * "c"), by the system's C compiler. The descriptor is that of lamina.h: it may be called by any number of
 * threads at once. */
struct lamina_model;
LAMINA_API lamina_status lamina_compilation_load(lamina_compilation *compilation,
                                                 const struct lamina_model **model);

/* ---- what there is to say ---- */

typedef enum lamina_severity {
    LAMINA_SEVERITY_ERROR,
    LAMINA_SEVERITY_WARNING,
    LAMINA_SEVERITY_NOTE,
    LAMINA_SEVERITY_REMARK,
    LAMINA_SEVERITY_HELP /* a cure, among the notes */
} lamina_severity;

/* Bytes [begin, end) of a file; lines and columns count from 1, columns in code points. */
typedef struct lamina_place {
    const char *file;
    size_t begin, end;
    uint32_t line, column, end_line, end_column;
} lamina_place;

typedef struct lamina_note {
    lamina_severity severity; /* NOTE or HELP */
    const char *text;
    const lamina_place *place; /* or NULL */
    const char *replacement;   /* HELP: what to write at the place instead; or NULL */
} lamina_note;

typedef struct lamina_diagnostic {
    lamina_severity severity;
    const char *code;      /* "E207": permanent; `lamina explain E207` */
    const char *exception; /* what Python would raise, "ValueError"; or "" */
    const char *text;
    const lamina_place *place; /* or NULL */
    size_t n_notes;
    const lamina_note *const *notes;
} lamina_diagnostic;

LAMINA_API size_t lamina_compilation_diagnostic_count(const lamina_compilation *compilation);
/* In the order of their coming; NULL past the last one. */
LAMINA_API const lamina_diagnostic *lamina_compilation_diagnostic(lamina_compilation *compilation,
                                                                  size_t index);
/* All of them as `lamina` prints them, "" where there are none; the options "diagnostics" (text or json) and
 * "color" (always, never) say how. */
LAMINA_API const char *lamina_compilation_messages(lamina_compilation *compilation);
/* Why the last LAMINA_STATUS_USAGE; "" where there was none. */
LAMINA_API const char *lamina_compilation_usage_error(const lamina_compilation *compilation);

#ifdef __cplusplus
}
#endif
#endif

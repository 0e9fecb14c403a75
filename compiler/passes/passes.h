/* Passes: the Ir made better, one small rewrite at a time. passes.def lists them in order. */
#ifndef LAMINA_PASSES_PASSES_H
#define LAMINA_PASSES_PASSES_H

#include "ir/ir.h"

enum { PASS_DEFAULT_LEVEL = 2 };

struct PassInfo;

/* What one run of a pass made of the operations: how many of each kind there were, and are. */
typedef struct PassChange {
    const struct PassInfo *pass;
    int round; /* of the repetitions of the pipeline, from 0 */
    bool changed;
    size_t before[OP_KIND_COUNT], after[OP_KIND_COUNT];
} PassChange;
typedef VEC(PassChange) PassChanges;

typedef struct PassOptions {
    int level;                   /* -O0 .. -O3 */
    const char *const *disabled; /* --disable-pass */
    size_t n_disabled;
    const char *const *print_after; /* --print-after: names of passes, or "passes" for the final result */
    size_t n_print_after;
    const Sources *sources; /* for the dumps */
    FILE *out;              /* where dumps go */
    PassChanges *changes;   /* each run of a pass is noted here; or NULL */
    void (*before)(void *context, const char *pass); /* told of each pass that runs; or NULL */
    void *context;
} PassOptions;

typedef struct PassInfo {
    const char *name;
    int level;
    bool (*run)(Ir *ir); /* true where it changed something */
    const char *about;
} PassInfo;

/* All passes, in order; for `lamina list passes` and to check names on the command line. */
const PassInfo *passes_all(size_t *count);
const PassInfo *passes_find(const char *name);
/* Runs the pipeline. False after reporting (a pass that breaks the Ir is E900). */
bool passes_run(Ir *ir, const PassOptions *options);

#endif

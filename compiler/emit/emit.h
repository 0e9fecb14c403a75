/* What every emitter takes beside the Program, and what all forms of the output share: names, the header, the
 * layout of the weights file. */
#ifndef LAMINA_EMIT_EMIT_H
#define LAMINA_EMIT_EMIT_H

#include "base/text.h"
#include "plan/program.h"

typedef enum WeightsForm { WEIGHTS_INLINE, WEIGHTS_BINARY, WEIGHTS_INCBIN } WeightsForm;

typedef struct Blob {
    const unsigned char *data;
    size_t size;
} Blob;

typedef struct EmitOptions {
    const char *prefix; /* of every symbol: an identifier (emit_identifier makes one) */
    const char *stem; /* file name without suffix: the C includes "STEM.h", incbin reads "STEM.weights.bin" */
    const char *target; /* "portable", "generic", "x86-64-v3", ... */
    WeightsForm weights;
    const char *model_file;   /* for comments, as the user wrote it */
    const char *weights_file; /* for comments, or NULL */
    const char *version;      /* "0.1.0" */
    const Sources *sources;   /* places of layers */
    bool link_runtime;        /* call liblamina_rt: no kernels in the output */
    bool strict_math;         /* kernels in strict arithmetic: the same bits from every compiler and target */
    bool with_header;         /* the C holds its header's text instead of an #include (output to a pipe) */
    int level;                /* LLVM: -O0 to -O3 */
    bool debug;               /* LLVM: -g */
    bool in_process;          /* LLVM: weights, and kernels where it can be, by their addresses here */
    /* In this process only: told of each step as it begins, and at the end of all (the number of steps). */
    void (*on_step)(void *context, size_t step);
    void *on_step_context;
} EmitOptions;

/* Any text as a C identifier that is no keyword of C or C++. */
const char *emit_identifier(Arena *arena, const char *text);
/* The generated code defines that name, or it belongs to the runtime: no function of the user can have it. */
bool emit_takes_name(const char *prefix, const char *name);
/* True for a target of the table. */
bool emit_target_known(const char *name);
/* How many floats a vector of the target has; 0 where that is chosen at run time. */
int emit_target_lanes(const char *name);
/* `lamina list targets`. */
void emit_list_targets(FILE *out);

#endif

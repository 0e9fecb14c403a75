/* The C emitter: a Program printed as NAME.c and NAME.h (and NAME.weights.bin), as CONTRACT §4 says. It makes
 * no choices of its own but names, formats of weights, and which vector units the pasted kernels are compiled
 * for. */
#ifndef LAMINA_EMIT_C_EMIT_C_H
#define LAMINA_EMIT_C_EMIT_C_H

#include "base/text.h"
#include "plan/program.h"

typedef enum WeightsForm { WEIGHTS_INLINE, WEIGHTS_BINARY, WEIGHTS_INCBIN } WeightsForm;

typedef struct Blob {
    const unsigned char *data;
    size_t size;
} Blob;

typedef struct EmitCOptions {
    const char *prefix; /* of every symbol: an identifier (emit_c_identifier makes one) */
    const char *stem; /* file name without suffix: the C includes "STEM.h", incbin reads "STEM.weights.bin" */
    const char *target; /* "portable", "generic", "x86-64-v3", ... */
    WeightsForm weights;
    const char *model_file;   /* for comments, as the user wrote it */
    const char *weights_file; /* for comments, or NULL */
    const char *version;      /* "0.1.0" */
    const Sources *sources;   /* places of layers */
    bool with_header;         /* the C holds its header's text instead of an #include (output to a pipe) */
} EmitCOptions;

/* Fills source and header, and *weights for WEIGHTS_BINARY and WEIGHTS_INCBIN. False after reporting (E607).
 */
bool emit_c(const Program *program, const EmitCOptions *options, Text *source, Text *header, Blob *weights);
/* Any text as a C identifier that is no keyword of C or C++. */
const char *emit_c_identifier(Arena *arena, const char *text);
/* True for a target that emit_c knows; unknown ones are told from ones that come later by *later. */
bool emit_c_target_known(const char *name, bool *later);
/* `lamina list targets`. */
void emit_c_list_targets(FILE *out);

#endif

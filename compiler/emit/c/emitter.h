/* What the parts of the C emitter share. */
#ifndef LAMINA_EMIT_C_EMITTER_H
#define LAMINA_EMIT_C_EMITTER_H

#include "emit/c/emit_c.h"
#include "emit/emitter.h"

/* Where a call stands, and by what names it has the values that it needs. */
typedef struct CPlace {
    const char *of;      /* before the names of the run function's values: "" there, "frame->" in a task */
    const char *samples; /* how many: "n" in the loop over chunks, else "batch" */
    bool in_chunks;
    bool in_rounds;     /* `i` is the round */
    int piece;          /* of the step's pieces, or -1 */
    const Parts *range; /* first .. last of what this counts, or NULL */
} CPlace;

/* ---- constants.c ---- */
void emit_constants(Emitter *e, Text *out);
void emit_constant_locals(Emitter *e, Text *out);
/* Where a constant is; `of` stands before `weights`. */
const char *c_constant_address(const Emitter *e, const Buffer *b, const char *of);

/* ---- paste.c ---- */
void emit_runtime(Emitter *e, Text *out);
const char *kernel_symbol(const Emitter *e, const char *kernel);

/* ---- body.c, model.c ---- */
void emit_descriptors(Emitter *e, Text *out);
void emit_open_descriptors(Emitter *e, Text *out); /* those that hold run-time dimensions: local */
void emit_run(Emitter *e, Text *out);
CPlace c_place(const Emitter *e); /* among the steps of the run function */
bool c_has_rounds(const Emitter *e, const Step *step);
void emit_step(Emitter *e, size_t index, const Step *step, const char *indent, CPlace place, Text *out);
void emit_call(Emitter *e, size_t index, const Step *step, const CPlace *place, Text *out);
void emit_total(Emitter *e, const Step *step, const CPlace *place, Text *out);
void emit_model(Emitter *e, Text *out);

/* ---- tasks.c: steps that threads share; nothing where there are none ---- */
void emit_tasks(Emitter *e, Text *out);        /* the frame and the task functions */
void emit_frame_values(Emitter *e, Text *out); /* in the run function: what the tasks take from it */
void emit_frame_chunk(Emitter *e, Text *out);  /* the same at the start of a chunk */
void emit_shared_step(Emitter *e, size_t index, const Step *step, const char *indent, Text *out);

/* ---- samples.c: samples that threads share; nothing where there are none ---- */
void emit_samples(Emitter *e, Text *out);        /* the task function */
void emit_shared_samples(Emitter *e, Text *out); /* in the run function, after its checks: the call of it */

#endif

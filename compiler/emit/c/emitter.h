/* What the parts of the C emitter share. */
#ifndef LAMINA_EMIT_C_EMITTER_H
#define LAMINA_EMIT_C_EMITTER_H

#include "emit/c/emit_c.h"
#include "emit/emitter.h"

/* ---- constants.c ---- */
void emit_constants(Emitter *e, Text *out);
void emit_constant_locals(Emitter *e, Text *out);

/* ---- paste.c ---- */
void emit_runtime(Emitter *e, Text *out);
const char *kernel_symbol(const Emitter *e, const char *kernel);

/* ---- body.c, model.c ---- */
void emit_descriptors(Emitter *e, Text *out);
void emit_open_descriptors(Emitter *e, Text *out); /* those that hold run-time dimensions: local */
void emit_run(Emitter *e, Text *out);
void emit_model(Emitter *e, Text *out);

#endif

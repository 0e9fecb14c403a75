/* The C emitter: a Program printed as NAME.c and NAME.h (and NAME.weights.bin), as CONTRACT §4 says. It makes
 * no choices of its own but formats of weights, and which vector units the pasted kernels are compiled for.
 */
#ifndef LAMINA_EMIT_C_EMIT_C_H
#define LAMINA_EMIT_C_EMIT_C_H

#include "emit/emit.h"

/* Fills source and header, and *weights for WEIGHTS_BINARY and WEIGHTS_INCBIN. False after reporting (E607).
 */
bool emit_c(const Program *program, const EmitOptions *options, Text *source, Text *header, Blob *weights);

#endif

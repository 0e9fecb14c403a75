/* The table of a quantised model: each layer's numbers, and what they cost in accuracy. */
#ifndef LAMINA_VIEW_QUANTIZATION_H
#define LAMINA_VIEW_QUANTIZATION_H

#include <stdio.h>

#include "quantize/quantize.h"

/* One row for each op, in order; `samples`: how many the errors were measured on. */
void view_quantization(Arena *arena, const QuantizedOps *ops, const QuantizedError *errors, size_t samples,
                       FILE *out);

#endif

/* Bounds of quantised ops: int8 numbers are exact or may be anything else, so what they are made of must be
 * exact. */
#include <math.h>

#include "ir/bound_op.h"

void bound_rescale(Bound *b) {
    const double error = bound_inputs_exact(b) ? 0 : INFINITY;
    for (size_t i = 0; i < b->y.count; i++) b->out[i] = error;
}

/* Exact floats have one nearest number; others may fall to the next, and all that follows hangs on it. */
void bound_quantize(Bound *b) {
    for (size_t i = 0; i < b->y.count; i++) b->out[i] = b->e[0][i] == 0 ? 0 : INFINITY;
}

/* One product of float32. */
void bound_dequantize(Bound *b) {
    for (size_t i = 0; i < b->y.count; i++)
        b->out[i] = b->e[0][i] == 0 ? fabs(b->y.data[i]) * 2 * b->u + b->tiny : INFINITY;
}

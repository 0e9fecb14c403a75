/* What the parts of quantize share: the Ir being made, and each value's form in both worlds. */
#ifndef LAMINA_QUANTIZE_QUANTIZER_H
#define LAMINA_QUANTIZE_QUANTIZER_H

#include "quantize/numbers.h"

typedef struct Quantizer {
    Ir *ir; /* new */
    Lowering lowering;
    const ValueRange *ranges; /* by id of the old ops, as are the next */
    const double **bias_errors;
    Op **real, **int8;   /* the value as float32, and as int8; NULL: not made (yet) */
    struct Trial *trial; /* runs the new ops while they are made, to find bias_errors; NULL: they are known */
} Quantizer;

/* ---- bias_errors.c ---- */

/* Fills calibrated->bias_errors. False with *error set. */
bool quantize_find_bias_errors(const Ir *ir, Calibrated *calibrated, size_t batch, const ExactArray *inputs,
                               const char **error);
/* The errors of a linear op with these weights, on x (and r, where there is a residual); NULL: none that are
 * sure. */
const double *trial_bias_errors(Quantizer *q, const Op *op, const Op *x, const Op *r, const IntWeights *w);

/* ---- quantize.c ---- */

Quantizer quantizer_begin(const Ir *ir, const Calibrated *calibrated);
/* One op after another. */
void quantizer_walk(Quantizer *q, const Ir *ir, QuantizedOps *ops);

/* The value of an old op as float32. */
Op *quantizer_real(Quantizer *q, const Op *op);
/* The same as int8; NULL where it cannot be. */
Op *quantizer_int8(Quantizer *q, const Op *op);
Op *quantizer_append(Quantizer *q, Op *op);
/* A copy of an old op with other inputs. */
Op *quantizer_copy(Quantizer *q, const Op *op, Op *const *inputs);

/* The op's int8 form; NULL where it has none, and *why where that is worth telling (int8_ops.c). */
Op *quantizer_op(Quantizer *q, const Op *op, const char **why);

#endif

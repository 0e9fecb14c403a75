/* What the parts of quantize share: the Ir being made, and each value's form in both worlds. */
#ifndef LAMINA_QUANTIZE_QUANTIZER_H
#define LAMINA_QUANTIZE_QUANTIZER_H

#include "quantize/numbers.h"

typedef struct Quantizer {
    Ir *ir; /* new */
    Lowering lowering;
    const ValueRange *ranges; /* by id of the old ops, as are the next */
    Op **real, **int8;        /* the value as float32, and as int8; NULL: not made (yet) */
} Quantizer;

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

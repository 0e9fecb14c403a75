/* Rewriting: what all passes (and plan/legalize.c) share. A pass walks the ops in order and offers each to
 * its patterns; a pattern returns NULL (no match), the op itself (changed in place), or what stands for it
 * from now on. Ops that a pattern makes are put before the op it looks at. */
#ifndef LAMINA_IR_REWRITE_H
#define LAMINA_IR_REWRITE_H

#include "ir/ir.h"

typedef struct Rewriter {
    Lowering lowering; /* for the builders of ir.h */
    Ir *ir;
} Rewriter;

typedef Op *RewritePattern(Rewriter *rewriter, Op *op);

/* Offers every op to the patterns, the first match counts. True where something changed. */
bool rewrite_all(Ir *ir, RewritePattern *const *patterns, size_t count);
/* A copy of the op with another list of inputs, appended. */
Op *rewrite_copy(Rewriter *rewriter, const Op *op, Op *const *inputs, size_t n_inputs);
/* Pattern: an op on float16 or bfloat16 as one on float32 between casts (widen.c). */
Op *rewrite_widen_half(Rewriter *rewriter, Op *op);
/* A float32 constant of `count` zeros to be filled in by the caller (*data). */
Op *rewrite_new_floats(Rewriter *rewriter, const Op *like, const char *name, const Shape *shape,
                       float **data);
/* The values of a float32 constant, else NULL. */
const float *op_floats(const Op *op);
/* Elements of an op without the open batch. */
int64_t op_count(const Op *op);
/* True for a compute op whose result nothing changes yet before it is stored. */
bool op_is_plain(const Op *op);

#endif

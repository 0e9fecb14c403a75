/* What the merging layers share (merging.c, concatenate.c, dot.c). */
#ifndef LAMINA_LAYERS_MERGING_H
#define LAMINA_LAYERS_MERGING_H

#include "layers/masks.h"

/* The call's argument is a list of tensors, and not empty. Reports E250 with the text and returns false
 * otherwise. */
bool merge_expect_list(LayerCall *call, const char *text);
/* Reports the text with the shapes of all inputs and where the first two came from. Returns false. */
bool merge_report(LayerCall *call, DiagCode code, const char *text);

/* merging_masked.c: `inputs` are expanded to the rank of the result. True where an input has a mask on which
 * the result depends. */
bool merge_has_masks(const Lowering *lowering, const Node *node);
Op *merge_masked_product(Lowering *lowering, const Node *node, Op *const *inputs);
Op *merge_masked_extreme(Lowering *lowering, const Node *node, BinaryFunction function, Op *const *inputs);

#endif

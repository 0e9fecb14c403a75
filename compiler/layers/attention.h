/* What the attention layers share: masks of scores, and softmax under a mask. */
#ifndef LAMINA_LAYERS_ATTENTION_H
#define LAMINA_LAYERS_ATTENTION_H

#include "layers/einsum.h"
#include "layers/masks.h"

/* A flag of the call: return_attention_scores, use_causal_mask. */
bool attention_flag(const LayerCall *call, const char *name);
/* True at [i][j] where key j is not after query i. */
Op *attention_causal(Lowering *l, const Node *node, int64_t queries, int64_t keys);
/* True at [i][j] where they are less than `window` apart. */
Op *attention_window(Lowering *l, const Node *node, int64_t queries, int64_t keys, int64_t window);
/* Both; either may be NULL. */
Op *attention_both(Lowering *l, const Node *node, Op *a, Op *b);
/* The mask with one more axis of 1. */
Op *attention_expand(Lowering *l, const Node *node, Op *mask, int axis);

#endif

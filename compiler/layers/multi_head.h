/* What MultiHeadAttention and GroupQueryAttention are made of, for their rules (multi_head_attention.c) and
 * their lowering (multi_head_lower.c). */
#ifndef LAMINA_LAYERS_MULTI_HEAD_H
#define LAMINA_LAYERS_MULTI_HEAD_H

#include "layers/attention.h"

enum { PROJECT_QUERY, PROJECT_KEY, PROJECT_VALUE, PROJECT_OUTPUT, PROJECT_GATE, PROJECT_COUNT };

typedef struct HeadsAttrs {
    int64_t num_heads, key_dim, value_dim; /* of GroupQueryAttention: num_query_heads, head_dim */
    int64_t key_heads;                     /* num_key_value_heads; 0: as many as queries */
    double dropout;
    bool use_bias, use_gate;
    Value output_shape;
    ParamInts attention_axes; /* none: all but the batch, the heads and the features */
    int64_t sliding_window;
    Initializer kernel_initializer, bias_initializer;
    Layer *project[PROJECT_COUNT]; /* NULL until it is built; no gate: NULL */
} HeadsAttrs;

typedef struct HeadsCall {
    bool scores, causal;
} HeadsCall;

static inline bool heads_grouped(const HeadsAttrs *attrs) {
    return attrs->key_heads > 0;
}

static inline int64_t heads_of_keys(const HeadsAttrs *attrs) {
    return heads_grouped(attrs) ? attrs->key_heads : attrs->num_heads;
}

bool heads_lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs);

#endif

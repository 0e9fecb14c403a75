/* Inside of the rules (rules.c and its parts): a rule being applied, and what rules share. */
#ifndef LAMINA_IR_RULES_H
#define LAMINA_IR_RULES_H

#include "ir/ir.h"

typedef struct Rule {
    const Op *op;
    Shape shape;
    DType dtype;
    const char *why;
} Rule;

static inline RuleResult broken(Rule *r, const char *why) {
    r->why = why;
    return RULE_BROKEN;
}

static inline RuleResult mixes_batch(Rule *r, const char *why) {
    r->why = why;
    return RULE_BATCH;
}

static inline const Shape *input_shape(const Op *op, size_t i) {
    return &op->inputs[i]->shape;
}
static inline bool batch_unknown(const Shape *s) {
    return s->rank > 0 && s->dim[0] == DIM_UNKNOWN;
}
/* The batch of an operand is aligned with an inner axis of the result. */
static inline bool batch_is_inner(const Shape *s, const Shape *result) {
    return batch_unknown(s) && s->rank < result->rank;
}
static inline bool is_vector(const Op *op, int64_t n) {
    return op->shape.rank == 1 && op->shape.dim[0] == n;
}

/* What all linear ops share: the bias' length, one element type, and the residual's shape. */
RuleResult check_linear(Rule *r, int64_t out_channels);

/* The shape and type of the first input. */
RuleResult rule_same(Rule *r);

/* ---- rules_window.c ---- */
RuleResult rule_conv2d(Rule *r);
RuleResult rule_conv3d(Rule *r);
RuleResult rule_conv_transpose(Rule *r);
RuleResult rule_depthwise(Rule *r);
RuleResult rule_pool2d(Rule *r);
RuleResult rule_resample(Rule *r);

/* ---- recurrent.c ---- */
RuleResult rule_recurrent(Rule *r);

#endif

/* Sums over products of tensors, by labelled axes: einsum, tensordot, EinsumDense, attention.
 *
 * Every axis of every operand has a label; equal labels are equal extents. The result has the labels of
 * `out`; what is not among them is summed. Lowered to transposes, reshapes and one matrix product per pair.
 */
#ifndef LAMINA_LAYERS_EINSUM_H
#define LAMINA_LAYERS_EINSUM_H

#include "layers/rules.h"

enum { EINSUM_MAX_OPERANDS = 8, EINSUM_DOTS = 64 /* labels of the axes behind an ellipsis start here */ };

typedef struct EinsumTerm {
    int rank;
    uint8_t label[SHAPE_MAX_RANK];
} EinsumTerm;

typedef struct Einsum {
    size_t n_operands;
    EinsumTerm operand[EINSUM_MAX_OPERANDS], out;
} Einsum;

/* "ab,bc->ac" (or without "->": labels that appear once, sorted) for operands of these ranks. NULL, or what
 * is wrong, without a full stop. */
const char *einsum_parse(Arena *arena, const char *equation, const int *ranks, size_t count, Einsum *out);
/* The result's shape; NULL, or what does not fit. An extent of 1 fits any where the labels stand for an
 * ellipsis. */
const char *einsum_shape(Arena *arena, const Einsum *einsum, const Shape *const *shapes, Shape *out);
/* NULL after reporting. */
/* y + bias, along the axis along which Keras adds it. */
Op *einsum_bias(Lowering *lowering, const Node *node, Op *y, Op *bias);
Op *einsum_lower(Lowering *lowering, const Node *node, const Einsum *einsum, Op *const *operands);

#endif

/* Multiply, Maximum and Minimum of tensors with masks: a padded step of one input leaves the others' as they
 * are. Keras: layers/merging/base_merge.py, multiply.py. Only where all inputs have one rank: Keras expands
 * the others first, and the masks are gone.
 */
#include "layers/merging.h"

static Op *kept_mask(const Lowering *l, const Node *node, size_t input) {
    const bool expanded = node->inputs[input]->shape.rank != node->outputs[0]->shape.rank;
    return expanded ? NULL : lower_input_mask(l, node, input);
}

bool merge_has_masks(const Lowering *l, const Node *node) {
    bool any = false;
    for (size_t i = 0; i < node->n_inputs; i++) any |= kept_mask(l, node, i) != NULL;
    return any;
}

/* The mask of an input as one of its elements; NULL where it has none. */
static Op *element_mask(Lowering *l, const Node *node, const Op *x, size_t input) {
    Op *mask = kept_mask(l, node, input);
    if (!mask) return NULL;
    Shape shape = mask->shape;
    shape.dim[shape.rank++] = 1;
    return ir_broadcast(l, node, ir_reshape(l, node, mask, &shape), &x->shape);
}

static Op *either(Lowering *l, const Node *node, Op *a, Op *b) {
    return a && b ? ir_binary(l, node, BIN_OR, a, b) : NULL;
}

Op *merge_masked_product(Lowering *l, const Node *node, Op *const *inputs) {
    Op *product = NULL, *real = NULL;
    for (size_t i = 0; i < node->n_inputs; i++) {
        Op *x = inputs[i], *mask = element_mask(l, node, x, i);
        if (mask) x = ir_select(l, node, mask, x, lower_scalar(l, node, x->dtype, 1));
        real = i == 0 ? mask : either(l, node, real, mask);
        product = product ? ir_binary(l, node, BIN_MUL, product, x) : x;
    }
    if (!real) return product;
    return ir_select(l, node, real, product, lower_scalar(l, node, product->dtype, 0));
}

Op *merge_masked_extreme(Lowering *l, const Node *node, BinaryFunction function, Op *const *inputs) {
    Op *extreme = inputs[0], *real = element_mask(l, node, inputs[0], 0);
    for (size_t i = 1; i < node->n_inputs; i++) {
        Op *x = inputs[i], *mask = element_mask(l, node, x, i);
        if (mask) x = ir_select(l, node, mask, x, extreme);
        if (real) extreme = ir_select(l, node, real, extreme, x);
        real = either(l, node, real, mask);
        extreme = ir_binary(l, node, function, extreme, x);
    }
    return extreme;
}

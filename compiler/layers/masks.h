/* Masks: which time steps of a tensor are real. Keras hangs a mask on tensors; layers pass it on, use or drop
 * it.
 *
 * A mask is needed twice. While the graph is built, it is a symbolic tensor (Tensor.mask): the operations
 * that compute it have names, and where Keras hands it to a layer's `mask` parameter it is one of the node's
 * inputs. While a model is lowered, it is an op (Lowering.mask_ops): as at Keras' run time, masks then cross
 * the borders of models. One rule of the class, LayerClass.mask, serves both, written with the functions
 * below.
 *
 * A layer that computes with masks asks, in its `lower`, lower_mask (what Keras gives its parameter `mask`)
 * or lower_input_mask (what hangs on one input). Passing on needs no code: LAYER_SUPPORTS_MASKING in the
 * class' flags passes the mask of the first argument on to the outputs.
 */
#ifndef LAMINA_LAYERS_MASKS_H
#define LAMINA_LAYERS_MASKS_H

#include "layers/rules.h"

/* A tensor of the graph, or the op of a model being lowered; none where both are NULL. */
typedef struct Mask {
    Tensor *tensor;
    Op *op;
} Mask;

enum { MASK_MAX_OUTPUTS = LAYER_MAX_OUTPUTS };

/* What LayerClass.mask gets: the tensors of the first argument, and their masks. It fills `out`, preset to
 * none. */
struct MaskCall {
    Graph *graph;
    Lowering *lowering; /* NULL while the graph is built */
    const Node *node;
    const Layer *layer;
    const Mask *inputs, *previous;
    size_t n_inputs;
    Mask out[MASK_MAX_OUTPUTS]; /* by output of the node */
    bool failed;
};

static inline bool mask_given(Mask mask) {
    return mask.tensor || mask.op;
}

/* ---- for the rules: Keras' operations on masks ---- */
Mask mask_not_equal(MaskCall *call, Mask x, double value);
Mask mask_any(MaskCall *call, Mask x); /* along the last axis */
Mask mask_or(MaskCall *call, Mask a, Mask b);
Mask mask_expand(MaskCall *call, Mask x);                    /* a last axis of 1 */
Mask mask_constant_like(MaskCall *call, Mask x, bool value); /* ones_like, zeros_like in bool */
Mask mask_concatenate(MaskCall *call, const Mask *parts, size_t n, int axis);
Mask mask_convert(MaskCall *call, Mask x); /* convert_to_tensor: the same */
/* A rule: no output has a mask. */
void mask_none(MaskCall *call);

/* ---- while the graph is built (layers/call.c, model/call.c) ---- */

/* The call's arguments with `mask` added where Keras records it in the node: the call has one tensor, which
 * has a mask, and the class knows the parameter. `always`: also where another argument is given. */
const Arguments *mask_capture(Graph *graph, const Layer *layer, const Arguments *arguments, bool always);
/* Sets the masks of a new node's outputs; warns of a layer that drops them (W254). False after reporting. */
bool mask_propagate(Graph *graph, const Node *node);

/* ---- while a model is lowered ---- */

/* What Keras gives the layer's `mask` parameter: the argument, or the mask of the call's one tensor; NULL:
 * none. */
Op *lower_mask(Lowering *lowering, const Node *node, Op *const *inputs);
/* What hangs on an input of the node, or NULL. */
Op *lower_input_mask(const Lowering *lowering, const Node *node, size_t input);
/* Hangs a mask on an output of the node (NULL: none), in place of what the class' rule would give. */
void lower_set_mask(Lowering *lowering, const Node *node, size_t output, Op *mask);
/* The tensor given for a parameter of the call, or NULL where it is None, absent or something else. */
Op *lower_argument(const Node *node, Op *const *inputs, const char *name);
/* The mask with which an input of a model's call goes into the model. */
Op *lower_model_mask(const Lowering *lowering, const Node *node, Op *const *inputs, size_t input);
/* Sets the masks of the outputs once they are computed (lower/lower.c). False after reporting. */
bool lower_output_masks(Lowering *lowering, const Node *node, Op *const *inputs);

#endif

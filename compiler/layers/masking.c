/* Masking: marks the time steps whose values are all mask_value, and zeroes them. Keras:
 * layers/core/masking.py. */
#include "layers/masks.h"

typedef struct MaskingAttrs {
    double mask_value;
} MaskingAttrs;

static const ParamSpec masking_params[] = {
    {FIELD(MaskingAttrs, mask_value), .kind = PARAM_FLOAT, ANY_NUMBER, .fallback = "0.0",
     .about = "steps that hold nothing else are padding"},
    {0},
};

static bool masking_accept(LayerCall *call) {
    return layer_expect_min_rank(call, 0, 1);
}

static void masking_mask(MaskCall *call) {
    const MaskingAttrs *attrs = call->layer->attrs;
    call->out[0] = mask_any(call, mask_not_equal(call, call->inputs[0], attrs->mask_value));
}

static bool masking_lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    const MaskingAttrs *attrs = node->layer->attrs;
    MaskCall call = {.graph = l->graph, .lowering = l, .node = node, .layer = node->layer};
    const Mask x = {.op = inputs[0]};
    const Mask real = mask_expand(&call, mask_any(&call, mask_not_equal(&call, x, attrs->mask_value)));
    outputs[0] = ir_select(l, node, real.op, x.op, lower_scalar(l, node, x.op->dtype, 0));
    return true;
}

const LayerClass LAYER_CLASS_MASKING = {
    .name = "Masking",
    .module = "keras.layers",
    .about = "steps of one value are padding",
    .params = masking_params,
    .attrs_size = sizeof(MaskingAttrs),
    .flags = LAYER_SUPPORTS_MASKING,
    .accept = masking_accept,
    .lower = masking_lower,
    .mask = masking_mask,
};

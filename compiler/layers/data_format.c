/* data_format: where a layer's channels are. The IR keeps them last, so a channels_first layer is lowered
 * between two transposes; the pass sink-movement lets those of neighbouring layers meet and cancel. */
#include "layers/spatial.h"

const char *const LAYER_DATA_FORMATS[] = {"channels_last", "channels_first", NULL};

void layer_data_format(const Graph *graph, int *choice) {
    if (*choice < 0) *choice = graph->settings.channels_first ? CHANNELS_FIRST : CHANNELS_LAST;
}

int spatial_channel_axis(const Shape *shape, int data_format) {
    return data_format == CHANNELS_FIRST ? 1 : shape->rank - 1;
}

Shape spatial_last(const Shape *shape, int data_format) {
    Shape last = *shape;
    if (data_format != CHANNELS_FIRST || shape->rank < 2) return last;
    for (int i = 1; i + 1 < shape->rank; i++) last.dim[i] = shape->dim[i + 1];
    last.dim[shape->rank - 1] = shape->dim[1];
    return last;
}

Shape spatial_as(const Shape *last, int data_format) {
    Shape shape = *last;
    if (data_format != CHANNELS_FIRST || last->rank < 2) return shape;
    for (int i = 1; i + 1 < last->rank; i++) shape.dim[i + 1] = last->dim[i];
    shape.dim[1] = last->dim[last->rank - 1];
    return shape;
}

Op *lower_channels_last(Lowering *lowering, const Node *node, Op *x, int data_format) {
    const int rank = x->shape.rank;
    if (data_format != CHANNELS_FIRST || rank < 3) return x;
    int perm[SHAPE_MAX_RANK] = {0};
    for (int i = 1; i + 1 < rank; i++) perm[i] = i + 1;
    perm[rank - 1] = 1;
    return ir_transpose(lowering, node, x, perm);
}

Op *lower_channels_back(Lowering *lowering, const Node *node, Op *y, int data_format) {
    const int rank = y->shape.rank;
    if (data_format != CHANNELS_FIRST || rank < 3) return y;
    int perm[SHAPE_MAX_RANK] = {0};
    for (int i = 1; i + 1 < rank; i++) perm[i + 1] = i;
    perm[1] = rank - 1;
    return ir_transpose(lowering, node, y, perm);
}

Op *spatial_enter(Lowering *lowering, const Node *node, Op *x, int data_format, int axes) {
    x = lower_channels_last(lowering, node, x, data_format);
    const int own = x->shape.rank - 2;
    if (own == axes) return x;
    Shape shape = {.rank = axes + 2, .dim = {x->shape.dim[0]}};
    for (int i = 0; i < axes; i++) shape.dim[1 + i] = i < axes - own ? 1 : x->shape.dim[1 + i - (axes - own)];
    shape.dim[axes + 1] = x->shape.dim[own + 1];
    return ir_reshape(lowering, node, x, &shape);
}

Op *spatial_leave(Lowering *lowering, const Node *node, Op *y, int data_format, int own) {
    const int axes = y->shape.rank - 2;
    if (own != axes) {
        Shape shape = {.rank = own + 2, .dim = {y->shape.dim[0]}};
        for (int i = 0; i <= own; i++) shape.dim[1 + i] = y->shape.dim[1 + i + axes - own];
        y = ir_reshape(lowering, node, y, &shape);
    }
    return lower_channels_back(lowering, node, y, data_format);
}

bool spatial_bias_strays(const Shape *output, int data_format, int64_t filters) {
    return data_format == CHANNELS_FIRST && filters > 1 && output->dim[output->rank - 1] == filters;
}

void spatial_warn_bias(LayerCall *call, bool use_bias, int data_format, int64_t filters) {
    if (!use_bias || !spatial_bias_strays(&call->output_shapes[0], data_format, filters)) return;
    diag_report(call->graph->diags, W256, call->at,
                "Keras on TensorFlow adds the bias of layer \"%s\" along the last axis of %s, not along its "
                "channels: "
                "both have %lld elements; so does this model",
                call->layer->name, shape_text(call->graph->arena, &call->output_shapes[0]),
                (long long)filters);
}

Op *spatial_bias(const Node *node, Op *bias, int data_format) {
    const bool strays =
        bias && spatial_bias_strays(&node->outputs[0]->shape, data_format, bias->shape.dim[0]);
    return strays ? NULL : bias;
}

Op *spatial_finish(Lowering *lowering, const Node *node, Op *y, Op *bias, int data_format, int own) {
    y = spatial_leave(lowering, node, y, data_format, own);
    return bias && !spatial_bias(node, bias, data_format) ? ir_binary(lowering, node, BIN_ADD, y, bias) : y;
}

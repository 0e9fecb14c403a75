/* Windows over spatial axes: what convolutions and poolings share. 1-D layers are 2-D ones with a height
 * of 1. */
#ifndef LAMINA_LAYERS_SPATIAL_H
#define LAMINA_LAYERS_SPATIAL_H

#include "layers/rules.h"

typedef enum Padding { PADDING_VALID, PADDING_SAME, PADDING_CAUSAL } Padding;
/* The choices of `padding`; only Conv1D may be causal. */
extern const char *const SPATIAL_PADDINGS[], *const SPATIAL_PADDINGS_1D[];

/* A window along one axis. */
typedef struct Window {
    int64_t size, stride, dilation;
    Padding padding;
} Window;

/* The number of positions of the window over `extent` elements (0 or less: none fits); DIM_UNKNOWN stays
 * unknown. */
int64_t window_output(const Window *window, int64_t extent);
/* The padding before and after: "same" as TensorFlow does it, the odd element at the end and depending on the
 * stride. */
void window_padding(const Window *window, int64_t extent, int64_t *before, int64_t *after);

/* Spatial axes 1..rank of the call's input 0 through the windows, into output shape 0; `channels` is its last
 * extent. Reports E280 where nothing is left. `what`: "kernel" or "pool", for the message. */
bool spatial_infer(LayerCall *call, const Window *windows, int rank, int64_t channels, const char *what);

/* The windows of a layer's arguments, one for each spatial axis; `dilation` may be NULL. */
void spatial_windows(const ParamInts *size, const ParamInts *stride, const ParamInts *dilation, int padding,
                     Window *windows);

/* ---- lowering: the windows of a 2-D layer, or of a 1-D layer with a height of 1 before its own ---- */

/* x[batch][steps][channels] as x[batch][1][steps][channels], and back. */
Op *spatial_expand(Lowering *lowering, const Node *node, Op *x);
Op *spatial_drop(Lowering *lowering, const Node *node, Op *x);
/* The layer's kernel by position in layer->weights; that of a 1-D layer as one of height 1. */
Op *spatial_kernel(Lowering *lowering, const Node *node, size_t index);
/* Strides, dilations and paddings of both axes over x; windows[0] is the height's. */
Conv2dAttrs spatial_conv_attrs(const Window windows[2], const Op *x, int64_t groups);
/* The padding of both axes, in the order of Conv2dAttrs. */
void spatial_pads(const Window windows[2], const Op *x, int64_t pad[4]);

#endif

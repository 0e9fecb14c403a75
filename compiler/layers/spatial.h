/* Windows over spatial axes: what convolutions and poolings share. A 1-D layer is a 2-D one with a height
 * of 1. */
#ifndef LAMINA_LAYERS_SPATIAL_H
#define LAMINA_LAYERS_SPATIAL_H

#include "layers/rules.h"

typedef enum Padding { PADDING_VALID, PADDING_SAME, PADDING_CAUSAL } Padding;
/* The choices of `padding`; only Conv1D may be causal. */
extern const char *const SPATIAL_PADDINGS[], *const SPATIAL_PADDINGS_1D[];

enum { SPATIAL_MAX = 3 };

/* The row of the parameter data_format. */
#define DATA_FORMAT_PARAM(Attrs)                                                                             \
    {                                                                                                        \
        FIELD(Attrs, data_format), .kind = PARAM_CHOICE, .any_case = true, .fallback = "None",               \
                                   .optional_none = true, .choices = LAYER_DATA_FORMATS                      \
    }

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

/* The spatial axes of the call's input 0 through the windows, into output shape 0; `channels` is the extent
 * of its channel axis. Reports E280 where nothing is left. `what`: "kernel" or "pool", for the message. */
bool spatial_infer(LayerCall *call, const Window *windows, int rank, int64_t channels, int data_format,
                   const char *what);

/* The windows of a layer's arguments, one for each spatial axis; `dilation` may be NULL. */
void spatial_windows(const ParamInts *size, const ParamInts *stride, const ParamInts *dilation, int padding,
                     Window *windows);

/* ---- data_format ---- */

/* The axis of the channels; a shape with them last, and back to the layer's own order. */
int spatial_channel_axis(const Shape *shape, int data_format);
Shape spatial_last(const Shape *shape, int data_format);
Shape spatial_as(const Shape *last, int data_format);

/* Keras on TensorFlow adds a bias of as many elements as the last axis has along that axis, also where the
 * channels are first. So does Lamina; W256 says so. */
bool spatial_bias_strays(const Shape *output, int data_format, int64_t filters);
void spatial_warn_bias(LayerCall *call, bool use_bias, int data_format, int64_t filters);

/* ---- lowering ---- */

/* x with its channels last and `axes` spatial axes, extents of 1 put before its own; and back to `own` ones
 * in the layer's order. */
Op *spatial_enter(Lowering *lowering, const Node *node, Op *x, int data_format, int axes);
Op *spatial_leave(Lowering *lowering, const Node *node, Op *y, int data_format, int own);
/* spatial_leave, and the bias where it strays: for a y that has been computed without it then. */
Op *spatial_finish(Lowering *lowering, const Node *node, Op *y, Op *bias, int data_format, int own);
/* The bias to compute y with: NULL where it strays. */
Op *spatial_bias(const Node *node, Op *bias, int data_format);
/* The layer's kernel by position in layer->weights, with as many window axes. */
Op *spatial_kernel(Lowering *lowering, const Node *node, size_t index, int axes);
/* Strides, dilations and paddings of both axes over x; windows[0] is the height's. */
Conv2dAttrs spatial_conv_attrs(const Window windows[2], const Op *x, int64_t groups);
/* The padding of the axes, all before and then all after. */
void spatial_pads(const Window *windows, int axes, const Op *x, int64_t *pad);
#endif

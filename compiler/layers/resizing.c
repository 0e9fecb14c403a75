/* Resizing and CenterCrop. Keras: layers/preprocessing/image_preprocessing/. Numbers of any type are computed
 * on in the layer's own. */
#include "layers/resize.h"
#include "layers/spatial.h"

typedef struct ResizingAttrs {
    int64_t height, width;
    int interpolation, data_format, fill_mode;
    bool crop_to_aspect_ratio, pad_to_aspect_ratio, antialias;
    double fill_value;
} ResizingAttrs;

static const char *const FILL_MODES[] = {"constant", NULL};

#define SIZE_PARAMS                                                                                          \
    {FIELD(ResizingAttrs, height), .kind = PARAM_INT, .required = true, .min = 1}, {                         \
        FIELD(ResizingAttrs, width), .kind = PARAM_INT, .required = true, .min = 1                           \
    }

static const ParamSpec RESIZING_PARAMS[] = {
    SIZE_PARAMS,
    {FIELD(ResizingAttrs, interpolation), .kind = PARAM_CHOICE, .any_case = true, .fallback = "'bilinear'",
     .choices = RESIZE_METHODS},
    {FIELD(ResizingAttrs, crop_to_aspect_ratio), .kind = PARAM_BOOL, .fallback = "False"},
    {FIELD(ResizingAttrs, pad_to_aspect_ratio), .kind = PARAM_BOOL, .fallback = "False"},
    {FIELD(ResizingAttrs, fill_mode), .kind = PARAM_CHOICE, .any_case = true, .fallback = "'constant'",
     .choices = FILL_MODES},
    {FIELD(ResizingAttrs, fill_value), .kind = PARAM_FLOAT, .fallback = "0.0", ANY_NUMBER},
    {FIELD(ResizingAttrs, antialias), .kind = PARAM_BOOL, .fallback = "False"},
    DATA_FORMAT_PARAM(ResizingAttrs),
    {0}};
static const ParamSpec CENTER_CROP_PARAMS[] = {SIZE_PARAMS, DATA_FORMAT_PARAM(ResizingAttrs), {0}};

static bool validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    ResizingAttrs *attrs = layer->attrs;
    layer_data_format(graph, &attrs->data_format);
    if (!attrs->crop_to_aspect_ratio || !attrs->pad_to_aspect_ratio) return true;
    return diag_report(graph->diags, E204, layer_argument_at(layer->class_, arguments, "pad_to_aspect_ratio"),
                       "Only one of `pad_to_aspect_ratio` & `crop_to_aspect_ratio` can be `True`");
}

/* Keras takes three axes for one image without a batch. */
static bool accept(LayerCall *call) {
    if (call->inputs[0]->shape.rank != 3) return layer_expect_rank(call, 0, 4);
    diag_report(call->graph->diags, E266, call->at,
                "layer \"%s\" takes %s for one image, its first axis for the height and not for the batch",
                call->layer->name, shape_text(call->graph->arena, &call->inputs[0]->shape));
    layer_note_input(call, 0);
    return false;
}

static bool infer(LayerCall *call) {
    const ResizingAttrs *attrs = call->layer->attrs;
    Shape shape = spatial_last(&call->inputs[0]->shape, attrs->data_format);
    shape.dim[1] = attrs->height;
    shape.dim[2] = attrs->width;
    call->output_shapes[0] = spatial_as(&shape, attrs->data_format);
    return true;
}

static Op *cut(Lowering *lowering, const Node *node, Op *x, const int64_t begin[2], const int64_t size[2]) {
    const int64_t from[4] = {0, begin[0], begin[1], 0}, step[4] = {1, 1, 1, 1};
    const int64_t extent[4] = {x->shape.dim[0], size[0], size[1], x->shape.dim[3]};
    return ir_slice(lowering, node, x, from, extent, step);
}

/* The extent that goes with `other` at the aspect ratio, in float32 as Keras has it. */
static int64_t in_ratio(int64_t other, int64_t wanted, int64_t wanted_other) {
    return (int64_t)((float)(other * wanted) / (float)wanted_other);
}

static Op *crop_to_ratio(Lowering *lowering, const Node *node, Op *x, const ResizingAttrs *attrs) {
    const int64_t h = x->shape.dim[1], w = x->shape.dim[2];
    int64_t size[2] = {in_ratio(w, attrs->height, attrs->width), in_ratio(h, attrs->width, attrs->height)};
    int64_t begin[2];
    for (int i = 0; i < 2; i++) {
        const int64_t have = x->shape.dim[1 + i];
        size[i] = size[i] < have ? size[i] : have;
        size[i] = size[i] > 1 ? size[i] : 1;
        begin[i] = (have - size[i]) / 2;
    }
    return cut(lowering, node, x, begin, size);
}

/* The same border on both sides: an odd rest is lost. */
static Op *pad_to_ratio(Lowering *lowering, const Node *node, Op *x, const ResizingAttrs *attrs, bool whole) {
    const int64_t h = x->shape.dim[1], w = x->shape.dim[2];
    const int64_t wanted[2] = {in_ratio(w, attrs->height, attrs->width),
                               in_ratio(h, attrs->width, attrs->height)};
    int64_t border[4] = {0};
    for (int i = 0; i < 2; i++)
        if (wanted[i] > x->shape.dim[1 + i]) border[1 + i] = (wanted[i] - x->shape.dim[1 + i]) / 2;
    return ir_pad(lowering, node, x, border, border, whole ? trunc(attrs->fill_value) : attrs->fill_value);
}

static Op *enter(Lowering *lowering, const Node *node, Op *x) {
    const ResizingAttrs *attrs = node->layer->attrs;
    x = ir_cast(lowering, node, x, node->layer->compute_dtype);
    return lower_channels_last(lowering, node, x, attrs->data_format);
}

Op *resize_whole(Lowering *lowering, const Node *node, Op *y, DType dtype) {
    if (dtype_is_float(dtype) || dtype == DTYPE_BOOL) return y;
    const int bits = 8 * (int)dtype_size(dtype);
    const bool is_signed = dtype == DTYPE_INT8 || dtype == DTYPE_INT16;
    y = ir_unary(lowering, node, ir_cast(lowering, node, y, node->layer->compute_dtype), UNARY_ROUND, 0, 0,
                 0);
    if (bits <= 16) {
        const double low = is_signed ? -ldexp(1, bits - 1) : 0,
                     high = ldexp(1, is_signed ? bits - 1 : bits) - 1;
        y = ir_unary(lowering, node, y, UNARY_CLIP, low, high, 0);
    }
    return ir_cast(lowering, node, y, dtype);
}

static bool resizing_lower(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    const ResizingAttrs *attrs = node->layer->attrs;
    Op *x = enter(lowering, node, inputs[0]);
    if (!resize_possible(lowering, node, x, 1, 3)) return false;
    if (attrs->crop_to_aspect_ratio) x = crop_to_ratio(lowering, node, x, attrs);
    if (attrs->pad_to_aspect_ratio)
        x = pad_to_ratio(lowering, node, x, attrs, !dtype_is_float(inputs[0]->dtype));
    x = resize_image(lowering, node, x, attrs->height, attrs->width, (ResizeMethod)attrs->interpolation,
                     attrs->antialias);
    outputs[0] = resize_whole(lowering, node, lower_channels_back(lowering, node, x, attrs->data_format),
                              inputs[0]->dtype);
    return true;
}

/* An image that is too small along an axis is resized, cropped to the aspect ratio. */
static bool center_crop_lower(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    const ResizingAttrs *attrs = node->layer->attrs;
    Op *x = enter(lowering, node, inputs[0]);
    if (!resize_possible(lowering, node, x, 1, 3)) return false;
    const int64_t size[2] = {attrs->height, attrs->width};
    const int64_t rest[2] = {x->shape.dim[1] - size[0], x->shape.dim[2] - size[1]};
    if (rest[0] >= 0 && rest[1] >= 0) {
        const int64_t begin[2] = {rest[0] / 2, rest[1] / 2};
        x = cut(lowering, node, x, begin, size);
    } else {
        x = crop_to_ratio(lowering, node, x, attrs);
        x = resize_image(lowering, node, x, size[0], size[1], RESIZE_BILINEAR, false);
    }
    outputs[0] = lower_channels_back(lowering, node, x, attrs->data_format);
    return true;
}

#define RESIZING_ROW(class_name, about_text, table, rule)                                                    \
    {                                                                                                        \
        .name = class_name, .module = "keras.layers", .about = about_text, .params = table,                  \
        .attrs_size = sizeof(ResizingAttrs), .validate = validate, .accept = accept, .infer = infer,         \
        .lower = rule                                                                                        \
    }

const LayerClass LAYER_CLASS_RESIZING =
    RESIZING_ROW("Resizing", "images brought to one size", RESIZING_PARAMS, resizing_lower);
const LayerClass LAYER_CLASS_CENTER_CROP =
    RESIZING_ROW("CenterCrop", "the middle of images", CENTER_CROP_PARAMS, center_crop_lower);

/* UpSampling1D, 2D and 3D. Keras: layers/reshaping/up_sampling*.py. */
#include "base/checked.h"
#include "layers/resize.h"
#include "layers/spatial.h"

typedef struct UpSamplingAttrs {
    ParamInts size;
    int data_format, interpolation;
} UpSamplingAttrs;

#define SIZE_PARAM(axes, default_text)                                                                       \
    { FIELD(UpSamplingAttrs, size), .kind = PARAM_INTS, .rank = (axes), .fallback = default_text, .min = 1 }

static const ParamSpec UP_SAMPLING1D_PARAMS[] = {SIZE_PARAM(1, "2"), {0}};
static const ParamSpec UP_SAMPLING2D_PARAMS[] = {SIZE_PARAM(2, "(2, 2)"),
                                                 DATA_FORMAT_PARAM(UpSamplingAttrs),
                                                 {FIELD(UpSamplingAttrs, interpolation), .kind = PARAM_CHOICE,
                                                  .any_case = true, .fallback = "'nearest'",
                                                  .choices = RESIZE_METHODS},
                                                 {0}};
static const ParamSpec UP_SAMPLING3D_PARAMS[] = {
    SIZE_PARAM(3, "(2, 2, 2)"), DATA_FORMAT_PARAM(UpSamplingAttrs), {0}};

static bool validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    const Argument *size = layer_argument(layer->class_, arguments, "size");
    const bool steps = ((UpSamplingAttrs *)layer->attrs)->size.count == 1;
    if (steps && size && size->value.kind != VALUE_INT) /* no tuple of one, and no bool */
        return diag_report_as(graph->diags, E204, "TypeError", size->at,
                              "Expected an integer value for `size`, got <class '%s'>.",
                              value_type_name(size->value));
    if (layer->class_->params[1].name)
        layer_data_format(graph, &((UpSamplingAttrs *)layer->attrs)->data_format);
    return true;
}

static bool accept(LayerCall *call) {
    return layer_expect_rank(call, 0, ((const UpSamplingAttrs *)call->layer->attrs)->size.count + 2);
}

static bool infer(LayerCall *call) {
    const UpSamplingAttrs *attrs = call->layer->attrs;
    Shape shape = spatial_last(&call->inputs[0]->shape, attrs->data_format);
    for (int i = 0; i < attrs->size.count; i++) {
        int64_t *extent = &shape.dim[1 + i];
        if (*extent != DIM_UNKNOWN && !checked_mul(*extent, attrs->size.at[i], extent))
            return diag_report(call->graph->diags, E283, call->at,
                               "the output of layer \"%s\" would be larger than can be counted",
                               call->layer->name);
    }
    call->output_shapes[0] = spatial_as(&shape, attrs->data_format);
    return true;
}

static bool lower(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    const UpSamplingAttrs *attrs = node->layer->attrs;
    Op *y = lower_channels_last(lowering, node, inputs[0], attrs->data_format);
    if (attrs->interpolation != RESIZE_NEAREST) {
        if (!resize_possible(lowering, node, y, 1, 3)) return false;
        y = resize_image(lowering, node, y, y->shape.dim[1] * attrs->size.at[0],
                         y->shape.dim[2] * attrs->size.at[1], (ResizeMethod)attrs->interpolation, false);
    } else {
        for (int i = 0; i < attrs->size.count; i++)
            y = ir_repeat(lowering, node, y, 1 + i, attrs->size.at[i]);
    }
    outputs[0] = lower_channels_back(lowering, node, y, attrs->data_format);
    return true;
}

#define UP_SAMPLING_ROW(class_name, about_text, table)                                                       \
    {                                                                                                        \
        .name = class_name, .module = "keras.layers", .about = about_text, .params = table,                  \
        .attrs_size = sizeof(UpSamplingAttrs), .validate = validate, .accept = accept, .infer = infer,       \
        .lower = lower                                                                                       \
    }

const LayerClass LAYER_CLASS_UP_SAMPLING1D =
    UP_SAMPLING_ROW("UpSampling1D", "each step several times", UP_SAMPLING1D_PARAMS);
const LayerClass LAYER_CLASS_UP_SAMPLING2D =
    UP_SAMPLING_ROW("UpSampling2D", "images made larger", UP_SAMPLING2D_PARAMS);
const LayerClass LAYER_CLASS_UP_SAMPLING3D =
    UP_SAMPLING_ROW("UpSampling3D", "each element of a volume several times", UP_SAMPLING3D_PARAMS);

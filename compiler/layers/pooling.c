/* Max- and AveragePooling, 1D and 2D, and the global ones, 1D to 3D. Keras: layers/pooling/. */
#include "layers/spatial.h"

typedef struct PoolAttrs {
    ParamInts pool_size, strides;
    int padding, data_format;
} PoolAttrs;

typedef struct GlobalPoolAttrs {
    int data_format;
    bool keepdims;
} GlobalPoolAttrs;

#define POOL_PARAMS(spatial_rank, size_row)                                                                  \
    {FIELD(PoolAttrs, pool_size), .kind = PARAM_INTS, .rank = (spatial_rank), .min = 1, size_row},           \
        {FIELD(PoolAttrs, strides), .kind = PARAM_INTS, .rank = (spatial_rank),        .fallback = "None",   \
         .optional_none = true,     .min = 1,           .about = "None: the pool size"},                     \
        {FIELD(PoolAttrs, padding), .kind = PARAM_CHOICE, .fallback = "'valid'",                             \
         .choices = SPATIAL_PADDINGS},                                                                       \
        {FIELD(PoolAttrs, data_format), .kind = PARAM_CHOICE, .fallback = "None", .optional_none = true,     \
         .choices = LAYER_DATA_FORMATS},                                                                     \
    {                                                                                                        \
        0                                                                                                    \
    }

static const ParamSpec MAX1D_PARAMS[] = {POOL_PARAMS(1, .fallback = "2")};
static const ParamSpec MAX2D_PARAMS[] = {POOL_PARAMS(2, .fallback = "(2, 2)")};
static const ParamSpec AVERAGE1D_PARAMS[] = {POOL_PARAMS(1, .required = true)};
static const ParamSpec AVERAGE2D_PARAMS[] = {POOL_PARAMS(2, .required = true)};
static const ParamSpec GLOBAL_PARAMS[] = {
    {FIELD(GlobalPoolAttrs, data_format), .kind = PARAM_CHOICE, .fallback = "None", .optional_none = true,
     .choices = LAYER_DATA_FORMATS},
    {FIELD(GlobalPoolAttrs, keepdims), .kind = PARAM_BOOL, .fallback = "False"},
    {0}};

static bool validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    const PoolAttrs *attrs = layer->attrs;
    return layer_channels_last(graph, layer, arguments, attrs->data_format);
}

static bool accept(LayerCall *call) {
    const PoolAttrs *attrs = call->layer->attrs;
    return layer_expect_rank(call, 0, attrs->pool_size.count + 2);
}

static void windows_of(const PoolAttrs *attrs, Window *windows) {
    const ParamInts *strides = attrs->strides.count ? &attrs->strides : &attrs->pool_size;
    spatial_windows(&attrs->pool_size, strides, NULL, attrs->padding, windows);
}

static bool infer(LayerCall *call) {
    const PoolAttrs *attrs = call->layer->attrs;
    const Shape *input = &call->inputs[0]->shape;
    Window windows[2];
    windows_of(attrs, windows);
    return spatial_infer(call, windows, attrs->pool_size.count, input->dim[input->rank - 1], "pool");
}

static bool lower_pool(Lowering *lowering, const Node *node, Op *x, bool average, Op **out) {
    const PoolAttrs *attrs = node->layer->attrs;
    const bool flat = attrs->pool_size.count == 1;
    if (flat) x = spatial_expand(lowering, node, x);
    Window windows[2] = {{1, 1, 1, PADDING_VALID}};
    windows_of(attrs, windows + flat);
    Pool2dAttrs pool = {.function = average ? POOL_AVG : POOL_MAX,
                        .size = {windows[0].size, windows[1].size},
                        .stride = {windows[0].stride, windows[1].stride}};
    spatial_pads(windows, x, pool.pad);
    Op *y = ir_pool2d(lowering, node, x, &pool);
    *out = flat ? spatial_drop(lowering, node, y) : y;
    return true;
}

static bool lower_max(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    return lower_pool(lowering, node, inputs[0], false, outputs);
}

static bool lower_average(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    return lower_pool(lowering, node, inputs[0], true, outputs);
}

#define POOL_ROW(class_name, names, about_text, table, rule)                                                 \
    {                                                                                                        \
        .name = class_name, .aliases = names, .module = "keras.layers", .about = about_text,                 \
        .params = table, .attrs_size = sizeof(PoolAttrs), .validate = validate, .accept = accept,            \
        .infer = infer, .lower = rule                                                                        \
    }

static const char *const MAX1D_ALIASES[] = {"MaxPool1D", NULL}, *const MAX2D_ALIASES[] = {"MaxPool2D", NULL};
static const char *const AVERAGE1D_ALIASES[] = {"AvgPool1D", NULL}, *const AVERAGE2D_ALIASES[] = {"AvgPool2D",
                                                                                                  NULL};
const LayerClass LAYER_CLASS_MAX_POOLING1D =
    POOL_ROW("MaxPooling1D", MAX1D_ALIASES, "the largest of each window of steps", MAX1D_PARAMS, lower_max);
const LayerClass LAYER_CLASS_MAX_POOLING2D =
    POOL_ROW("MaxPooling2D", MAX2D_ALIASES, "the largest of each window", MAX2D_PARAMS, lower_max);
const LayerClass LAYER_CLASS_AVERAGE_POOLING1D =
    POOL_ROW("AveragePooling1D", AVERAGE1D_ALIASES, "the mean of each window of steps", AVERAGE1D_PARAMS,
             lower_average);
const LayerClass LAYER_CLASS_AVERAGE_POOLING2D = POOL_ROW(
    "AveragePooling2D", AVERAGE2D_ALIASES, "the mean of each window", AVERAGE2D_PARAMS, lower_average);

/* ---- over all positions ---- */

static bool global_validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    const GlobalPoolAttrs *attrs = layer->attrs;
    return layer_channels_last(graph, layer, arguments, attrs->data_format);
}

static bool accept_1d(LayerCall *call) {
    return layer_expect_rank(call, 0, 3);
}
static bool accept_2d(LayerCall *call) {
    return layer_expect_rank(call, 0, 4);
}
static bool accept_3d(LayerCall *call) {
    return layer_expect_rank(call, 0, 5);
}

static bool global_infer(LayerCall *call) {
    const GlobalPoolAttrs *attrs = call->layer->attrs;
    const Shape *input = &call->inputs[0]->shape;
    Shape shape = {.rank = attrs->keepdims ? input->rank : 2};
    for (int i = 0; i < shape.rank; i++) shape.dim[i] = 1;
    shape.dim[0] = input->dim[0];
    shape.dim[shape.rank - 1] = input->dim[input->rank - 1];
    call->output_shapes[0] = shape;
    return true;
}

static bool lower_global(Lowering *lowering, const Node *node, Op *x, ReduceFunction function, Op **out) {
    const GlobalPoolAttrs *attrs = node->layer->attrs;
    const uint32_t axes = ((1u << (x->shape.rank - 1)) - 1) & ~1u; /* all but the batch and the channels */
    *out = ir_reduce(lowering, node, x, function, axes, attrs->keepdims);
    return true;
}

static bool lower_global_max(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    return lower_global(lowering, node, inputs[0], REDUCE_MAX, outputs);
}

static bool lower_global_average(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    return lower_global(lowering, node, inputs[0], REDUCE_MEAN, outputs);
}

#define GLOBAL_ROW(class_name, names, about_text, spec, rule)                                                \
    {                                                                                                        \
        .name = class_name, .aliases = names, .module = "keras.layers", .about = about_text,                 \
        .params = GLOBAL_PARAMS, .attrs_size = sizeof(GlobalPoolAttrs), .validate = global_validate,         \
        .accept = spec, .infer = global_infer, .lower = rule                                                 \
    }

#define GLOBAL_CLASSES(rank)                                                                                 \
    static const char *const GLOBAL_MAX##rank##D_ALIASES[] = {"GlobalMaxPool" #rank "D", NULL};              \
    static const char *const GLOBAL_AVERAGE##rank##D_ALIASES[] = {"GlobalAvgPool" #rank "D", NULL};          \
    const LayerClass LAYER_CLASS_GLOBAL_MAX_POOLING##rank##D =                                               \
        GLOBAL_ROW("GlobalMaxPooling" #rank "D", GLOBAL_MAX##rank##D_ALIASES, "the largest of each channel", \
                   accept_##rank##d, lower_global_max);                                                      \
    const LayerClass LAYER_CLASS_GLOBAL_AVERAGE_POOLING##rank##D =                                           \
        GLOBAL_ROW("GlobalAveragePooling" #rank "D", GLOBAL_AVERAGE##rank##D_ALIASES,                        \
                   "the mean of each channel", accept_##rank##d, lower_global_average)

GLOBAL_CLASSES(1);
GLOBAL_CLASSES(2);
GLOBAL_CLASSES(3);

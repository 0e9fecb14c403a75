/* Max- and AveragePooling, and the global ones, 1D to 3D. Keras: layers/pooling/. */
#include "layers/masks.h"
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
        DATA_FORMAT_PARAM(PoolAttrs), {                                                                      \
        0                                                                                                    \
    }

static const ParamSpec MAX1D_PARAMS[] = {POOL_PARAMS(1, .fallback = "2")};
static const ParamSpec MAX2D_PARAMS[] = {POOL_PARAMS(2, .fallback = "(2, 2)")};
static const ParamSpec MAX3D_PARAMS[] = {POOL_PARAMS(3, .fallback = "(2, 2, 2)")};
static const ParamSpec AVERAGE1D_PARAMS[] = {POOL_PARAMS(1, .required = true)};
static const ParamSpec AVERAGE2D_PARAMS[] = {POOL_PARAMS(2, .required = true)};
static const ParamSpec AVERAGE3D_PARAMS[] = {POOL_PARAMS(3, .required = true)};
static const ParamSpec GLOBAL_PARAMS[] = {
    DATA_FORMAT_PARAM(GlobalPoolAttrs),
    {FIELD(GlobalPoolAttrs, keepdims), .kind = PARAM_BOOL, .fallback = "False"},
    {0}};

static bool validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    (void)arguments;
    layer_data_format(graph, &((PoolAttrs *)layer->attrs)->data_format);
    return true;
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
    const int64_t channels = input->dim[spatial_channel_axis(input, attrs->data_format)];
    Window windows[SPATIAL_MAX];
    windows_of(attrs, windows);
    return spatial_infer(call, windows, attrs->pool_size.count, channels, attrs->data_format, "pool");
}

static Pool2dAttrs pool_attrs(const Window windows[2], const Op *x, bool average) {
    Pool2dAttrs pool = {.function = average ? POOL_AVG : POOL_MAX,
                        .size = {windows[0].size, windows[1].size},
                        .stride = {windows[0].stride, windows[1].stride}};
    spatial_pads(windows, 2, x, pool.pad);
    return pool;
}

/* Boxes, one axis after the other: the maximum, and the mean of the real elements, of a box are those of its
 * rows'. */
static Op *pool_volume(Lowering *lowering, const Node *node, Op *x, const Window *windows, bool average) {
    for (int axis = 1; axis <= 3; axis++) {
        Shape whole = x->shape, rows = {4, {whole.dim[0], 1, whole.dim[axis], 1}};
        for (int i = 1; i < axis; i++) rows.dim[1] *= whole.dim[i];
        for (int i = axis + 1; i <= 4; i++) rows.dim[3] *= whole.dim[i];
        const Window pair[2] = {{1, 1, 1, PADDING_VALID}, windows[axis - 1]};
        x = ir_reshape(lowering, node, x, &rows);
        const Pool2dAttrs pool = pool_attrs(pair, x, average);
        x = ir_pool2d(lowering, node, x, &pool);
        whole.dim[axis] = x->shape.dim[2];
        x = ir_reshape(lowering, node, x, &whole);
    }
    return x;
}

static bool lower_pool(Lowering *lowering, const Node *node, Op *x, bool average, Op **out) {
    const PoolAttrs *attrs = node->layer->attrs;
    const int rank = attrs->pool_size.count, axes = rank == 3 ? 3 : 2;
    Window windows[SPATIAL_MAX] = {{1, 1, 1, PADDING_VALID}};
    windows_of(attrs, windows + axes - rank);
    Op *y = spatial_enter(lowering, node, x, attrs->data_format, axes);
    if (rank == 3) {
        y = pool_volume(lowering, node, y, windows, average);
    } else {
        const Pool2dAttrs pool = pool_attrs(windows, y, average);
        y = ir_pool2d(lowering, node, y, &pool);
    }
    *out = spatial_leave(lowering, node, y, attrs->data_format, rank);
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

#define POOL_CLASSES(rank, of)                                                                               \
    static const char *const MAX##rank##D_ALIASES[] = {"MaxPool" #rank "D", NULL};                           \
    static const char *const AVERAGE##rank##D_ALIASES[] = {"AvgPool" #rank "D", NULL};                       \
    const LayerClass LAYER_CLASS_MAX_POOLING##rank##D =                                                      \
        POOL_ROW("MaxPooling" #rank "D", MAX##rank##D_ALIASES, "the largest of each window" of,              \
                 MAX##rank##D_PARAMS, lower_max);                                                            \
    const LayerClass LAYER_CLASS_AVERAGE_POOLING##rank##D =                                                  \
        POOL_ROW("AveragePooling" #rank "D", AVERAGE##rank##D_ALIASES, "the mean of each window" of,         \
                 AVERAGE##rank##D_PARAMS, lower_average)

POOL_CLASSES(1, " of steps");
POOL_CLASSES(2, "");
POOL_CLASSES(3, " of a volume");

/* ---- over all positions ---- */

static bool global_validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    (void)arguments;
    layer_data_format(graph, &((GlobalPoolAttrs *)layer->attrs)->data_format);
    return true;
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
    const int last = shape.rank - 1, channels = spatial_channel_axis(input, attrs->data_format);
    shape.dim[0] = input->dim[0];
    shape.dim[channels < last ? channels : last] = input->dim[channels];
    call->output_shapes[0] = shape;
    return true;
}

static bool lower_global(Lowering *lowering, const Node *node, Op *x, ReduceFunction function, Op **out) {
    const GlobalPoolAttrs *attrs = node->layer->attrs;
    x = lower_channels_last(lowering, node, x, attrs->data_format);
    const uint32_t axes = ((1u << (x->shape.rank - 1)) - 1) & ~1u; /* all but the batch and the channels */
    Op *y = ir_reduce(lowering, node, x, function, axes, attrs->keepdims);
    *out = lower_channels_back(lowering, node, y, attrs->data_format);
    return true;
}

static bool lower_global_max(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    return lower_global(lowering, node, inputs[0], REDUCE_MAX, outputs);
}

static bool lower_global_average(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    return lower_global(lowering, node, inputs[0], REDUCE_MEAN, outputs);
}

/* The mean of the steps that are real; of none it is NaN, as in Keras. */
static bool lower_average_1d(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    const GlobalPoolAttrs *attrs = node->layer->attrs;
    Op *mask = lower_mask(l, node, inputs), *x = inputs[0];
    if (!mask) return lower_global_average(l, node, inputs, outputs);
    const bool first = attrs->data_format != 0;
    Shape shape = {3, {mask->shape.dim[0], first ? 1 : mask->shape.dim[1], first ? mask->shape.dim[1] : 1}};
    mask = ir_cast(l, node, ir_reshape(l, node, mask, &shape), DTYPE_BOOL);
    x = ir_select(l, node, mask, x, lower_scalar(l, node, x->dtype, 0));
    const uint32_t axes = first ? 4 : 2;
    Op *sum = ir_reduce(l, node, x, REDUCE_SUM, axes, attrs->keepdims);
    Op *count = ir_reduce(l, node, ir_cast(l, node, mask, x->dtype), REDUCE_SUM, axes, attrs->keepdims);
    outputs[0] = ir_binary(l, node, BIN_DIV, sum, count);
    return true;
}

static bool accept_masked_1d(LayerCall *call) {
    const GlobalPoolAttrs *attrs = call->layer->attrs;
    const Argument *argument = layer_call_argument(call, "mask");
    if (!accept_1d(call)) return false;
    if (!argument || argument->value.kind != VALUE_TENSOR) return true;
    const Shape *mask = &argument->value.as.tensor->shape, *input = &call->inputs[0]->shape;
    const int64_t steps = input->dim[attrs->data_format != 0 ? 2 : 1];
    const bool one = mask->dim[1] == 1 || steps == 1; /* broadcast */
    if (mask->rank == 2 &&
        (mask->dim[1] == steps || one || mask->dim[1] == DIM_UNKNOWN || steps == DIM_UNKNOWN))
        return true;
    return diag_report(call->graph->diags, E263, argument->at,
                       "the mask of layer \"%s\" must have shape (batch, steps). Received: mask.shape=%s, "
                       "inputs.shape=%s",
                       call->layer->name, shape_text(call->graph->arena, mask),
                       shape_text(call->graph->arena, input));
}

static const char *const AVERAGE_1D_CALL[] = {"inputs", "mask", NULL};

#define GLOBAL_ROW(class_name, names, about_text, spec, rule, ...)                                           \
    {                                                                                                        \
        .name = class_name, .aliases = names, .module = "keras.layers", .about = about_text,                 \
        .params = GLOBAL_PARAMS, .attrs_size = sizeof(GlobalPoolAttrs), .validate = global_validate,         \
        .accept = spec, .infer = global_infer, .lower = rule, __VA_ARGS__                                    \
    }

#define NO_MASKS .flags = 0
#define MASKS .flags = LAYER_SUPPORTS_MASKING, .mask = mask_none, .call_params = AVERAGE_1D_CALL

#define GLOBAL_CLASSES(rank, average_spec, average_rule, ...)                                                \
    static const char *const GLOBAL_MAX##rank##D_ALIASES[] = {"GlobalMaxPool" #rank "D", NULL};              \
    static const char *const GLOBAL_AVERAGE##rank##D_ALIASES[] = {"GlobalAvgPool" #rank "D", NULL};          \
    const LayerClass LAYER_CLASS_GLOBAL_MAX_POOLING##rank##D =                                               \
        GLOBAL_ROW("GlobalMaxPooling" #rank "D", GLOBAL_MAX##rank##D_ALIASES, "the largest of each channel", \
                   accept_##rank##d, lower_global_max, NO_MASKS);                                            \
    const LayerClass LAYER_CLASS_GLOBAL_AVERAGE_POOLING##rank##D =                                           \
        GLOBAL_ROW("GlobalAveragePooling" #rank "D", GLOBAL_AVERAGE##rank##D_ALIASES,                        \
                   "the mean of each channel", average_spec, average_rule, __VA_ARGS__)

GLOBAL_CLASSES(1, accept_masked_1d, lower_average_1d, MASKS);
GLOBAL_CLASSES(2, accept_2d, lower_global_average, NO_MASKS);
GLOBAL_CLASSES(3, accept_3d, lower_global_average, NO_MASKS);

/* AdaptiveAveragePooling and AdaptiveMaxPooling, 1D to 3D: windows that divide each axis into a given number
 * of parts, overlapping where it does not divide. Keras: layers/pooling/base_adaptive_pooling.py. A box is
 * pooled one axis after the other. */
#include "layers/resize.h"
#include "layers/spatial.h"

typedef struct AdaptiveAttrs {
    ParamInts output_size;
    int data_format;
} AdaptiveAttrs;

#define ADAPTIVE_PARAMS(axes)                                                                                \
    {                                                                                                        \
        {FIELD(AdaptiveAttrs, output_size), .kind = PARAM_INTS, .rank = (axes), .required = true, .min = 1}, \
            DATA_FORMAT_PARAM(AdaptiveAttrs), {                                                              \
            0                                                                                                \
        }                                                                                                    \
    }

static const ParamSpec ADAPTIVE1D_PARAMS[] = ADAPTIVE_PARAMS(1);
static const ParamSpec ADAPTIVE2D_PARAMS[] = ADAPTIVE_PARAMS(2);
static const ParamSpec ADAPTIVE3D_PARAMS[] = ADAPTIVE_PARAMS(3);

static bool validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    (void)arguments;
    layer_data_format(graph, &((AdaptiveAttrs *)layer->attrs)->data_format);
    return true;
}

static bool accept(LayerCall *call) {
    return layer_expect_rank(call, 0, ((const AdaptiveAttrs *)call->layer->attrs)->output_size.count + 2);
}

static bool infer(LayerCall *call) {
    const AdaptiveAttrs *attrs = call->layer->attrs;
    Shape shape = spatial_last(&call->inputs[0]->shape, attrs->data_format);
    for (int i = 0; i < attrs->output_size.count; i++) shape.dim[1 + i] = attrs->output_size.at[i];
    call->output_shapes[0] = spatial_as(&shape, attrs->data_format);
    return true;
}

/* The window of part `i`: [first, end). */
static int64_t window_first(int64_t i, int64_t in, int64_t out) {
    return i * in / out;
}
static int64_t window_end(int64_t i, int64_t in, int64_t out) {
    return ((i + 1) * in + out - 1) / out;
}

static int64_t widest(int64_t in, int64_t out) {
    int64_t most = 1;
    for (int64_t i = 0; i < out; i++) {
        const int64_t size = window_end(i, in, out) - window_first(i, in, out);
        if (size > most) most = size;
    }
    return most;
}

static Op *average_axis(Lowering *lowering, const Node *node, Op *x, int axis, int64_t out) {
    const int64_t in = x->shape.dim[axis], taps = widest(in, out);
    int32_t *starts = ARENA_ARRAY(lowering->ir->arena, int32_t, (size_t)out);
    double *weights = ARENA_ARRAY(lowering->ir->arena, double, (size_t)(out * taps));
    for (int64_t i = 0; i < out; i++) {
        const int64_t first = window_first(i, in, out), end = window_end(i, in, out);
        starts[i] = (int32_t)(first < in - taps ? first : in - taps);
        for (int64_t at = first; at < end; at++)
            weights[i * taps + at - starts[i]] = 1.0 / (double)(end - first);
    }
    return resize_axis(lowering, node, x, axis, out, taps, starts, weights);
}

/* The windows one after another, all as wide as the widest: the last element of a narrower one again. */
static Op *max_axis(Lowering *lowering, const Node *node, Op *x, int axis, int64_t out) {
    const int64_t in = x->shape.dim[axis], size = widest(in, out);
    if (in != out * size) {
        int32_t *starts = ARENA_ARRAY(lowering->ir->arena, int32_t, (size_t)(out * size));
        double *weights = ARENA_ARRAY(lowering->ir->arena, double, (size_t)(out * size));
        for (int64_t i = 0; i < out * size; i++) {
            const int64_t at = window_first(i / size, in, out) + i % size;
            const int64_t end = window_end(i / size, in, out);
            starts[i] = (int32_t)(at < end ? at : end - 1);
            weights[i] = 1;
        }
        x = resize_axis(lowering, node, x, axis, out * size, 1, starts, weights);
    }
    Shape whole = x->shape, rows = {4, {whole.dim[0], 1, whole.dim[axis], 1}};
    for (int i = 1; i < axis; i++) rows.dim[1] *= whole.dim[i];
    for (int i = axis + 1; i < whole.rank; i++) rows.dim[3] *= whole.dim[i];
    const Pool2dAttrs pool = {.function = POOL_MAX, .size = {1, size}, .stride = {1, size}};
    Op *y = ir_pool2d(lowering, node, ir_reshape(lowering, node, x, &rows), &pool);
    whole.dim[axis] = out;
    return ir_reshape(lowering, node, y, &whole);
}

static bool lower_axes(Lowering *lowering, const Node *node, Op *x, Op **out,
                       Op *(*pool)(Lowering *, const Node *, Op *, int, int64_t)) {
    const AdaptiveAttrs *attrs = node->layer->attrs;
    x = lower_channels_last(lowering, node, x, attrs->data_format);
    if (!resize_possible(lowering, node, x, 1, 1 + attrs->output_size.count)) return false;
    for (int i = 0; i < attrs->output_size.count; i++)
        if (x->shape.dim[1 + i] != attrs->output_size.at[i])
            x = pool(lowering, node, x, 1 + i, attrs->output_size.at[i]);
    *out = lower_channels_back(lowering, node, x, attrs->data_format);
    return true;
}

static bool lower_average(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    return lower_axes(lowering, node, inputs[0], outputs, average_axis);
}

static bool lower_max(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    return lower_axes(lowering, node, inputs[0], outputs, max_axis);
}

#define ADAPTIVE_ROW(class_name, about_text, table, rule)                                                    \
    {                                                                                                        \
        .name = class_name, .module = "keras.layers", .about = about_text, .params = table,                  \
        .attrs_size = sizeof(AdaptiveAttrs), .validate = validate, .accept = accept, .infer = infer,         \
        .lower = rule                                                                                        \
    }

#define ADAPTIVE_CLASSES(rank)                                                                               \
    const LayerClass LAYER_CLASS_ADAPTIVE_AVERAGE_POOLING##rank##D =                                         \
        ADAPTIVE_ROW("AdaptiveAveragePooling" #rank "D", "the mean of each of so many parts",                \
                     ADAPTIVE##rank##D_PARAMS, lower_average);                                               \
    const LayerClass LAYER_CLASS_ADAPTIVE_MAX_POOLING##rank##D =                                             \
        ADAPTIVE_ROW("AdaptiveMaxPooling" #rank "D", "the largest of each of so many parts",                 \
                     ADAPTIVE##rank##D_PARAMS, lower_max)

ADAPTIVE_CLASSES(1);
ADAPTIVE_CLASSES(2);
ADAPTIVE_CLASSES(3);

/* Conv1DTranspose, Conv2DTranspose and Conv3DTranspose. Keras: layers/convolutional/base_conv_transpose.py;
 * what output_padding does is TensorFlow's: the result is as long as asked for, and cut as the gradient of a
 * convolution with that padding would be. Of stride 1 it is a convolution with the kernel turned round. */
#include "base/checked.h"
#include "layers/spatial.h"

typedef struct TransposeAttrs {
    int64_t filters;
    ParamInts kernel_size, strides, dilation_rate, output_padding;
    int padding, data_format;
    ActivationRef activation;
    bool use_bias;
    Initializer kernel_initializer, bias_initializer;
} TransposeAttrs;

#define TRANSPOSE_PARAMS(spatial_rank, one)                                                                  \
    {FIELD(TransposeAttrs, filters), .kind = PARAM_INT, .required = true, .min = 1,                          \
     .about = "output channels"},                                                                            \
        {FIELD(TransposeAttrs, kernel_size), .kind = PARAM_INTS, .rank = (spatial_rank), .required = true,   \
         .min = 1},                                                                                          \
        {FIELD(TransposeAttrs, strides), .kind = PARAM_INTS, .rank = (spatial_rank), .fallback = one,        \
         .min = 1},                                                                                          \
        {FIELD(TransposeAttrs, padding), .kind = PARAM_CHOICE, .any_case = true, .fallback = "'valid'",      \
         .choices = SPATIAL_PADDINGS},                                                                       \
        {FIELD(TransposeAttrs, output_padding),                                                              \
         .kind = PARAM_INTS,                                                                                 \
         .rank = (spatial_rank),                                                                             \
         .fallback = "None",                                                                                 \
         .optional_none = true,                                                                              \
         .min = 0,                                                                                           \
         .about = "length beyond the least; < strides"},                                                     \
        DATA_FORMAT_PARAM(TransposeAttrs),                                                                   \
        {FIELD(TransposeAttrs, dilation_rate), .kind = PARAM_INTS, .rank = (spatial_rank), .fallback = one,  \
         .min = 1},                                                                                          \
        {FIELD(TransposeAttrs, activation), .kind = PARAM_ACTIVATION, .fallback = "None"},                   \
        {FIELD(TransposeAttrs, use_bias), .kind = PARAM_BOOL, .fallback = "True"},                           \
        {FIELD(TransposeAttrs, kernel_initializer), .kind = PARAM_INITIALIZER,                               \
         .fallback = "'glorot_uniform'"},                                                                    \
        {FIELD(TransposeAttrs, bias_initializer), .kind = PARAM_INITIALIZER, .fallback = "'zeros'"},         \
        IGNORED("kernel_regularizer"), IGNORED("bias_regularizer"), IGNORED("activity_regularizer"),         \
        IGNORED("kernel_constraint"), IGNORED("bias_constraint"), {                                          \
        0                                                                                                    \
    }

static const ParamSpec TRANSPOSE1D_PARAMS[] = {TRANSPOSE_PARAMS(1, "1")};
static const ParamSpec TRANSPOSE2D_PARAMS[] = {TRANSPOSE_PARAMS(2, "(1, 1)")};
static const ParamSpec TRANSPOSE3D_PARAMS[] = {TRANSPOSE_PARAMS(3, "(1, 1, 1)")};

static bool largest_above_one(const ParamInts *ints) {
    for (int i = 0; i < ints->count; i++)
        if (ints->at[i] > 1) return true;
    return false;
}

static bool validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    TransposeAttrs *attrs = layer->attrs;
    layer_data_format(graph, &attrs->data_format);
    for (int i = 0; i < attrs->output_padding.count; i++)
        if (attrs->output_padding.at[i] >= attrs->strides.at[i])
            return diag_report(graph->diags, E267,
                               layer_argument_at(layer->class_, arguments, "output_padding"),
                               "`output_padding` must be strictly less than `strides` for all dimensions. At "
                               "dimension %d, `output_padding` is %lld but `strides` is %lld",
                               i, (long long)attrs->output_padding.at[i], (long long)attrs->strides.at[i]);
    if (largest_above_one(&attrs->strides) && largest_above_one(&attrs->dilation_rate))
        return diag_report(graph->diags, E282, layer_argument_at(layer->class_, arguments, "dilation_rate"),
                           "`strides > 1` not supported in conjunction with `dilation_rate > 1`");
    return true;
}

static bool accept(LayerCall *call) {
    const TransposeAttrs *attrs = call->layer->attrs;
    const int rank = attrs->kernel_size.count;
    if (!layer_expect_min_rank(call, 0, rank + 2) || !layer_expect_rank(call, 0, rank + 2)) return false;
    return !call->layer->built ||
           layer_expect_axis(call, 0, spatial_channel_axis(&call->inputs[0]->shape, attrs->data_format),
                             call->layer->weights.at[0]->shape.dim[rank + 1]);
}

/* One axis: the length of the whole result, of the part that is kept, and what is cut off before it. */
typedef struct Extent {
    int64_t whole, out, cut;
} Extent;

/* False where a number overflows. */
static bool extent_of(const TransposeAttrs *attrs, int axis, int64_t in, Extent *e) {
    const int64_t stride = attrs->strides.at[axis];
    int64_t span, start;
    if (!checked_mul(attrs->kernel_size.at[axis] - 1, attrs->dilation_rate.at[axis], &span) ||
        !checked_add(span, 1, &span) || !checked_mul(in - 1, stride, &start) ||
        !checked_add(start, span, &e->whole) || !checked_add(e->whole, stride, &e->out))
        return false;
    const bool given = attrs->output_padding.count > 0, same = attrs->padding == PADDING_SAME;
    const int64_t more = given ? attrs->output_padding.at[axis] : 0;
    if (same)
        e->out = start + (given ? span % 2 + more : stride);
    else
        e->out = start + (given || span > stride ? span + more : stride);
    e->cut = same && e->whole > e->out ? (e->whole - e->out) / 2 : 0;
    return true;
}

static bool check_extent(LayerCall *call, const Extent *e, int axis, int64_t in) {
    const TransposeAttrs *attrs = call->layer->attrs;
    const int64_t stride = attrs->strides.at[axis];
    if (attrs->padding != PADDING_SAME || (e->out > 0 && (e->out - 1) / stride + 1 == in)) return true;
    diag_report(
        call->graph->diags, E267, call->at,
        "layer \"%s\" cannot give %lld of %lld along spatial axis %d: with padding='same', strides %lld, "
        "kernel %lld and output_padding %lld the result would belong to an input of another length",
        call->layer->name, (long long)e->out, (long long)in, axis, (long long)stride,
        (long long)attrs->kernel_size.at[axis], (long long)attrs->output_padding.at[axis]);
    layer_note_input(call, 0);
    return false;
}

static bool infer(LayerCall *call) {
    const TransposeAttrs *attrs = call->layer->attrs;
    Shape shape = spatial_last(&call->inputs[0]->shape, attrs->data_format);
    for (int i = 0; i < attrs->kernel_size.count; i++) {
        const int64_t in = shape.dim[1 + i];
        Extent e;
        if (in == DIM_UNKNOWN) continue;
        if (in > 0 && !extent_of(attrs, i, in, &e))
            return diag_report(call->graph->diags, E283, call->at,
                               "the output of layer \"%s\" would be larger than can be counted",
                               call->layer->name);
        if (in > 0 && !check_extent(call, &e, i, in)) return false;
        shape.dim[1 + i] = in > 0 ? e.out : 0;
    }
    shape.dim[shape.rank - 1] = attrs->filters;
    call->output_shapes[0] = spatial_as(&shape, attrs->data_format);
    if (call->layer->built) spatial_warn_bias(call, attrs->use_bias, attrs->data_format, attrs->filters);
    return true;
}

static bool build(LayerCall *call) {
    const TransposeAttrs *attrs = call->layer->attrs;
    const Shape *input = &call->inputs[0]->shape;
    const int rank = attrs->kernel_size.count;
    Shape kernel = {.rank = rank + 2};
    for (int i = 0; i < rank; i++) kernel.dim[i] = attrs->kernel_size.at[i];
    kernel.dim[rank] = attrs->filters;
    kernel.dim[rank + 1] = input->dim[spatial_channel_axis(input, attrs->data_format)];
    if (!layer_expect_known(call, &kernel, "kernel") || !infer(call)) return false;
    if (!layer_add_weight(call, "kernel", &kernel, true, attrs->kernel_initializer)) return false;
    const Shape bias = {1, {attrs->filters}};
    return !attrs->use_bias || layer_add_weight(call, "bias", &bias, true, attrs->bias_initializer);
}

/* The kernel with its inputs before its outputs. */
static Op *inputs_first(Lowering *lowering, const Node *node, Op *kernel) {
    const int rank = kernel->shape.rank;
    int perm[SHAPE_MAX_RANK];
    for (int i = 0; i < rank; i++) perm[i] = i;
    perm[rank - 2] = rank - 1;
    perm[rank - 1] = rank - 2;
    return ir_transpose(lowering, node, kernel, perm);
}

/* The kernel with its window axes turned round. */
static Op *turned(Lowering *lowering, const Node *node, Op *kernel) {
    int64_t begin[SHAPE_MAX_RANK], step[SHAPE_MAX_RANK];
    for (int i = 0; i < kernel->shape.rank; i++) {
        const bool window = i < kernel->shape.rank - 2;
        begin[i] = window ? kernel->shape.dim[i] - 1 : 0;
        step[i] = window ? -1 : 1;
    }
    return ir_slice(lowering, node, kernel, begin, kernel->shape.dim, step);
}

/* The axes of the IR's op: the layer's own, behind axes of one element. */
static Conv3dAttrs attrs_over(const TransposeAttrs *attrs, const Op *x, int axes) {
    Conv3dAttrs conv = {.groups = 1};
    const int added = axes - attrs->kernel_size.count;
    for (int i = 0; i < axes; i++) {
        Extent e = {1, 1, 0};
        const bool own = i >= added;
        if (own) (void)extent_of(attrs, i - added, x->shape.dim[1 + i], &e);
        conv.stride[i] = own ? attrs->strides.at[i - added] : 1;
        conv.dilation[i] = own ? attrs->dilation_rate.at[i - added] : 1;
        conv.pad[i] = e.cut;
        conv.pad[axes + i] = e.whole - e.out - e.cut;
    }
    return conv;
}

/* Stride 1: what is cut off the whole result is padding that the convolution does without. */
static Op *as_convolution(Lowering *lowering, const Node *node, Op *x, Op *kernel, Op *bias) {
    const TransposeAttrs *attrs = node->layer->attrs;
    const int axes = attrs->kernel_size.count == 3 ? 3 : 2;
    x = spatial_enter(lowering, node, x, attrs->data_format, axes);
    Conv3dAttrs conv = attrs_over(attrs, x, axes);
    for (int i = 0; i < 2 * axes; i++) {
        const int64_t size = kernel->shape.dim[i % axes];
        conv.pad[i] = (size - 1) * conv.dilation[i % axes] - conv.pad[i];
    }
    kernel = turned(lowering, node, kernel);
    if (axes == 3) return ir_conv3d(lowering, node, x, kernel, bias, &conv);
    const Conv2dAttrs flat = {.stride = {1, 1},
                              .dilation = {conv.dilation[0], conv.dilation[1]},
                              .pad = {conv.pad[0], conv.pad[1], conv.pad[2], conv.pad[3]},
                              .groups = 1};
    return ir_conv2d(lowering, node, x, kernel, bias, &flat);
}

static bool lower(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    const TransposeAttrs *attrs = node->layer->attrs;
    const int rank = attrs->kernel_size.count;
    const bool strided = largest_above_one(&attrs->strides);
    Op *kernel =
        inputs_first(lowering, node, spatial_kernel(lowering, node, 0, strided || rank == 3 ? 3 : 2));
    Op *bias = attrs->use_bias ? lower_weight(lowering, node, 1) : NULL, *y;
    Op *own = spatial_bias(node, bias, attrs->data_format);
    if (strided) {
        Op *x = spatial_enter(lowering, node, inputs[0], attrs->data_format, 3);
        const Conv3dAttrs conv = attrs_over(attrs, x, 3);
        y = ir_conv_transpose(lowering, node, x, kernel, own, &conv);
    } else {
        y = as_convolution(lowering, node, inputs[0], kernel, own);
    }
    y = spatial_finish(lowering, node, y, bias, attrs->data_format, rank);
    outputs[0] = activation_lower(lowering, node, &attrs->activation, y);
    return outputs[0] != NULL;
}

#define TRANSPOSE_CLASS(rank, about_text)                                                                    \
    static const char *const TRANSPOSE##rank##D_ALIASES[] = {"Convolution" #rank "DTranspose", NULL};        \
    const LayerClass LAYER_CLASS_CONV##rank##D_TRANSPOSE = {.name = "Conv" #rank "DTranspose",               \
                                                            .aliases = TRANSPOSE##rank##D_ALIASES,           \
                                                            .module = "keras.layers",                        \
                                                            .about = about_text,                             \
                                                            .params = TRANSPOSE##rank##D_PARAMS,             \
                                                            .attrs_size = sizeof(TransposeAttrs),            \
                                                            .validate = validate,                            \
                                                            .accept = accept,                                \
                                                            .build = build,                                  \
                                                            .infer = infer,                                  \
                                                            .lower = lower}

TRANSPOSE_CLASS(1, "steps spread by a kernel and added up");
TRANSPOSE_CLASS(2, "pixels spread by a kernel and added up");
TRANSPOSE_CLASS(3, "elements of a volume spread by a kernel and added up");

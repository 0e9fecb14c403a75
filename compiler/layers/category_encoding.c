/* CategoryEncoding and Discretization. Keras: layers/preprocessing/category_encoding.py, discretization.py.
 */
#include <string.h>

#include "layers/categories.h"

/* ---- CategoryEncoding ---- */

typedef struct EncodingAttrs {
    int64_t num_tokens;
    Value output_mode;
    bool sparse;
} EncodingAttrs;

static const ParamSpec ENCODING_PARAMS[] = {
    {FIELD(EncodingAttrs, num_tokens), .kind = PARAM_INT, .fallback = "None", .optional_none = true,
     .min = -INFINITY, .about = "ids are 0..num_tokens-1"},
    {FIELD(EncodingAttrs, output_mode), .kind = PARAM_VALUE, .fallback = "'multi_hot'",
     .about = "'multi_hot', 'one_hot' or 'count'"},
    {FIELD(EncodingAttrs, sparse), .kind = PARAM_BOOL, .fallback = "False"},
    {0}};

/* The mode from one_hot on by its name, or -1. */
static int encoding_mode(Value value) {
    const char *name = value_c_str(value);
    if (name && strcmp(name, "binary") == 0) return MODE_MULTI_HOT;
    for (int mode = MODE_ONE_HOT; name && mode <= MODE_COUNT; mode++)
        if (strcmp(name, CATEGORY_MODES[mode]) == 0) return mode;
    return -1;
}

static bool encoding_validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    const EncodingAttrs *attrs = layer->attrs;
    const LayerClass *class_ = layer->class_;
    if (encoding_mode(attrs->output_mode) < 0)
        return diag_report(graph->diags, E204, layer_argument_at(class_, arguments, "output_mode"),
                           "Unknown arg for output_mode: %s", value_text(graph->arena, attrs->output_mode));
    if (attrs->num_tokens == PARAM_INT_NONE)
        return diag_report(graph->diags, E204, arguments->call,
                           "num_tokens must be set to use this layer. If the number of tokens is not known "
                           "beforehand, use the IntegerLookup layer instead");
    if (attrs->num_tokens >= 1) return true;
    return diag_report(graph->diags, E204, layer_argument_at(class_, arguments, "num_tokens"),
                       "`num_tokens` must be >= 1. Received: num_tokens=%lld", (long long)attrs->num_tokens);
}

/* The input's shape with the categories in place of its last axis, or behind it. */
static void encoded_shape(LayerCall *call, bool append, int64_t depth) {
    Shape *shape = &call->output_shapes[0];
    *shape = call->inputs[0]->shape;
    const bool one = shape->rank > 1 && shape->dim[shape->rank - 1] == 1;
    if ((!append || one) && shape->rank > 0) shape->rank--;
    if (shape->rank < SHAPE_MAX_RANK) shape->dim[shape->rank++] = depth;
}

static bool encoding_infer(LayerCall *call) {
    const EncodingAttrs *attrs = call->layer->attrs;
    encoded_shape(call, encoding_mode(attrs->output_mode) == MODE_ONE_HOT, attrs->num_tokens);
    return true;
}

static bool encoding_accept(LayerCall *call) {
    const EncodingAttrs *attrs = call->layer->attrs;
    const Argument *weights = layer_call_argument(call, "count_weights");
    if (!weights || value_is_none(weights->value) || encoding_mode(attrs->output_mode) == MODE_COUNT)
        return true;
    return diag_report(call->graph->diags, E204, weights->at,
                       "`count_weights` is not used when `output_mode` is not `'count'`. Received "
                       "`count_weights=%s`",
                       value_text(call->graph->arena, weights->value));
}

static bool encoding_lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    const EncodingAttrs *attrs = node->layer->attrs;
    Op *ids = inputs[0];
    if (!category_no_sparse(l, node, attrs->sparse)) return false;
    if (ids->dtype != DTYPE_INT32 && ids->dtype != DTYPE_INT64)
        ids = ir_cast(l, node, ids, ids->dtype == DTYPE_UINT32 ? DTYPE_INT64 : DTYPE_INT32);
    return category_encode(l, node, ids, node->n_inputs > 1 ? inputs[1] : NULL,
                           (OutputMode)encoding_mode(attrs->output_mode), attrs->num_tokens, &outputs[0]);
}

static const char *const ENCODING_CALL[] = {"inputs", "count_weights", NULL};
const LayerClass LAYER_CLASS_CATEGORY_ENCODING = {.name = "CategoryEncoding",
                                                  .module = "keras.layers",
                                                  .about =
                                                      "category numbers as vectors of 0 and 1, or counts",
                                                  .params = ENCODING_PARAMS,
                                                  .attrs_size = sizeof(EncodingAttrs),
                                                  .flags = LAYER_NO_AUTOCAST,
                                                  .validate = encoding_validate,
                                                  .accept = encoding_accept,
                                                  .infer = encoding_infer,
                                                  .lower = encoding_lower,
                                                  .call_params = ENCODING_CALL};

/* ---- Discretization ---- */

typedef struct BucketAttrs {
    Value bin_boundaries;
    int64_t num_bins;
    double epsilon;
    int output_mode;
    bool sparse;
} BucketAttrs;

static const char *const BUCKET_MODES[] = {"int", "one_hot", "multi_hot", "count", NULL};
static const ParamSpec BUCKET_PARAMS[] = {
    {FIELD(BucketAttrs, bin_boundaries), .kind = PARAM_VALUE, .fallback = "None", .about = "rising numbers"},
    {FIELD(BucketAttrs, num_bins), .kind = PARAM_INT, .fallback = "None", .optional_none = true,
     .about = "for adapt()"},
    {FIELD(BucketAttrs, epsilon), .kind = PARAM_FLOAT, .fallback = "0.01", ANY_NUMBER,
     .about = "for adapt()"},
    {FIELD(BucketAttrs, output_mode), .kind = PARAM_CHOICE, .fallback = "'int'", .choices = BUCKET_MODES},
    {FIELD(BucketAttrs, sparse), .kind = PARAM_BOOL, .fallback = "False"},
    {0}};

static bool bucket_validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    const BucketAttrs *attrs = layer->attrs;
    const bool given = !value_is_none(attrs->bin_boundaries), bins = attrs->num_bins != PARAM_INT_NONE;
    const SourceRange at = layer_argument_at(layer->class_, arguments, "bin_boundaries");
    double *numbers;
    size_t count;
    if (!given && !bins)
        return diag_report(graph->diags, E204, arguments->call,
                           "You need to set either `num_bins` or `bin_boundaries`");
    if (given && bins)
        return diag_report(
            graph->diags, E204, at,
            "Both `num_bins` and `bin_boundaries` should not be set. Received: `num_bins=%lld` and "
            "`bin_boundaries=%s`",
            (long long)attrs->num_bins, value_text(graph->arena, attrs->bin_boundaries));
    if (!given) return true;
    if (!category_numbers(graph->arena, attrs->bin_boundaries, &numbers, &count))
        return diag_report(graph->diags, E204, at, "`bin_boundaries` must be a list of numbers. Received: %s",
                           value_text(graph->arena, attrs->bin_boundaries));
    for (size_t i = 1; i < count; i++)
        if (!(numbers[i - 1] <= numbers[i]))
            return diag_report(graph->diags, E204, at,
                               "Expected sorted boundaries. Received: bin_boundaries=%s",
                               value_text(graph->arena, attrs->bin_boundaries));
    return true;
}

static int64_t bucket_depth(Arena *arena, const BucketAttrs *attrs) {
    double *numbers;
    size_t count;
    return category_numbers(arena, attrs->bin_boundaries, &numbers, &count) ? (int64_t)count + 1
                                                                            : attrs->num_bins;
}

static bool bucket_infer(LayerCall *call) {
    const BucketAttrs *attrs = call->layer->attrs;
    Shape *shape = &call->output_shapes[0];
    if (attrs->output_mode == MODE_INT) return call->output_dtypes[0] = DTYPE_INT32, true;
    encoded_shape(call, true, bucket_depth(call->graph->arena, attrs));
    if (attrs->output_mode == MODE_ONE_HOT) return true;
    *shape = call->inputs[0]->shape;
    for (int i = 1; i + 1 < shape->rank; i++) shape->dim[i] = shape->dim[i + 1];
    shape->dim[shape->rank >= 2 ? shape->rank - 1 : 0] = bucket_depth(call->graph->arena, attrs);
    if (shape->rank == 0) shape->rank = 1;
    return true;
}

static bool bucket_lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    const BucketAttrs *attrs = node->layer->attrs;
    double *numbers;
    size_t count;
    if (!category_numbers(l->ir->arena, attrs->bin_boundaries, &numbers, &count))
        return diag_report(
            l->ir->diags, E297, node->at,
            "layer \"%s\": You need to either pass the `bin_boundaries` argument at construction "
            "time or call `adapt(dataset)`; Lamina does not run adapt()",
            node->layer->name);
    const bool wide = inputs[0]->dtype == DTYPE_FLOAT64;
    Op *x = wide ? inputs[0] : ir_cast(l, node, inputs[0], DTYPE_FLOAT32);
    for (size_t i = 0; i < count; i++) numbers[i] = (double)(float)numbers[i]; /* TensorFlow keeps floats */
    const Shape shape = {1, {(int64_t)count}};
    Op *table = ir_constant(l, node, node->layer->name, &shape, DTYPE_FLOAT64, numbers);
    Op *bin = ir_category(l, node, CATEGORY_BUCKET, x, ir_cast(l, node, table, x->dtype));
    return category_no_sparse(l, node, attrs->sparse) &&
           category_encode(l, node, bin, NULL, (OutputMode)attrs->output_mode, (int64_t)count + 1,
                           &outputs[0]);
}

const LayerClass LAYER_CLASS_DISCRETIZATION = {.name = "Discretization",
                                               .module = "keras.layers",
                                               .about = "the number of the bin between boundaries",
                                               .params = BUCKET_PARAMS,
                                               .attrs_size = sizeof(BucketAttrs),
                                               .validate = bucket_validate,
                                               .infer = bucket_infer,
                                               .lower = bucket_lower};

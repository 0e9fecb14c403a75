/* Dropout and its relatives: they change values in training only, and are the identity at inference.
 *
 * Their parameters are checked all the same. A call with training=True disturbs values whenever the model
 * runs; that is reported, and so is never compiled to the identity by mistake.
 */
#include <string.h>

#include "layers/rules.h"

typedef struct NoiseAttrs {
    double rate, stddev, l1, l2;
    Value noise_shape;
    int data_format;
} NoiseAttrs;

static bool noise_shape_error(Graph *graph, SourceRange at, const char *text, const char *received) {
    return diag_report(graph->diags, E204, at,
                       "Invalid value received for argument `noise_shape`. %s. Received: %s", text, received);
}

static bool check_noise_shape(Graph *graph, const Layer *layer, const Arguments *arguments) {
    const Value value = ((const NoiseAttrs *)layer->attrs)->noise_shape;
    const SourceRange at = layer_argument_at(layer->class_, arguments, "noise_shape");
    if (value_is_none(value)) return true;
    if (value.kind != VALUE_LIST && value.kind != VALUE_TUPLE) {
        return noise_shape_error(
            graph, at, "Expected a tuple or list of integers",
            arena_printf(graph->arena, "noise_shape=%s", value_text(graph->arena, value)));
    }
    for (size_t i = 0; i < value.as.list->items.count; i++) {
        const Value item = value.as.list->items.at[i];
        int64_t extent = 1;
        if (value_is_none(item) || (value_as_int(item, &extent) && extent > 0)) continue;
        return noise_shape_error(
            graph, at, "Expected all dimensions to be positive integers or None",
            arena_printf(graph->arena, "%s at index %zu", value_text(graph->arena, item), i));
    }
    return true;
}

static bool dropout_validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    const NoiseAttrs *attrs = layer->attrs;
    return layer_check_fraction(graph, layer, arguments, "rate", attrs->rate) &&
           check_noise_shape(graph, layer, arguments);
}

/* Where the channels are does not change the identity. */
static bool rate_validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    const NoiseAttrs *attrs = layer->attrs;
    return layer_check_fraction(graph, layer, arguments, "rate", attrs->rate);
}

static bool stddev_validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    const NoiseAttrs *attrs = layer->attrs;
    return layer_check_fraction(graph, layer, arguments, "stddev", attrs->stddev);
}

static bool penalty_validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    const NoiseAttrs *attrs = layer->attrs;
    const char *name = attrs->l1 < 0 || isinf(attrs->l1)   ? "l1"
                       : attrs->l2 < 0 || isinf(attrs->l2) ? "l2"
                                                           : NULL;
    if (!name) return true;
    const Argument *argument = layer_argument(layer->class_, arguments, name);
    return diag_report(graph->diags, E204, argument->at,
                       "Invalid value for argument %s: expected a non-negative float. Received: %s=%s", name,
                       name, value_text(graph->arena, argument->value));
}

/* The layer draws nothing where its rate is 0. */
static bool reject_training(LayerCall *call) {
    const NoiseAttrs *attrs = call->layer->attrs;
    return (attrs->rate == 0 && attrs->stddev == 0) || layer_reject_training(call);
}

static bool rank_of_name(LayerCall *call) {
    const char *name = call->layer->class_->name;
    const int spatial = name[strlen(name) - 2] - '0';
    return layer_expect_rank(call, 0, spatial + 2) && reject_training(call);
}

#define RATE                                                                                                 \
    {                                                                                                        \
        FIELD(NoiseAttrs, rate), .kind = PARAM_FLOAT, ANY_NUMBER, .required = true,                          \
                                 .about = "part that is dropped in training"                                 \
    }
#define NOISE_SHAPE                                                                                          \
    {                                                                                                        \
        FIELD(NoiseAttrs, noise_shape), .kind = PARAM_VALUE, .fallback = "None",                             \
                                        .about = "no effect at inference"                                    \
    }
#define DATA_FORMAT                                                                                          \
    {                                                                                                        \
        FIELD(NoiseAttrs, data_format), .kind = PARAM_CHOICE, .any_case = true,                              \
                                        .choices = LAYER_DATA_FORMATS, .optional_none = true,                \
                                        .fallback = "None", .about = "no effect at inference"                \
    }

static const ParamSpec dropout_params[] = {RATE, NOISE_SHAPE, IGNORED("seed"), {0}};
static const ParamSpec rate_params[] = {RATE, IGNORED("seed"), {0}};
static const ParamSpec spatial_params[] = {RATE, DATA_FORMAT, IGNORED("seed"), {0}};
static const ParamSpec stddev_params[] = {
    {FIELD(NoiseAttrs, stddev), .kind = PARAM_FLOAT, ANY_NUMBER, .required = true,
     .about = "of the noise in training"},
    IGNORED("seed"),
    {0},
};
static const ParamSpec penalty_params[] = {
    {FIELD(NoiseAttrs, l1), .kind = PARAM_FLOAT, ANY_NUMBER, .fallback = "0.0",
     .about = "no effect at inference"},
    {FIELD(NoiseAttrs, l2), .kind = PARAM_FLOAT, ANY_NUMBER, .fallback = "0.0",
     .about = "no effect at inference"},
    {0},
};

#define NOISE(id, class_name, table, check, shape_rule)                                                      \
    const LayerClass LAYER_CLASS_##id = {.name = class_name,                                                 \
                                         .module = "keras.layers",                                           \
                                         .about = "the identity at inference",                               \
                                         .params = table,                                                    \
                                         .attrs_size = sizeof(NoiseAttrs),                                   \
                                         .flags = LAYER_IDENTITY | LAYER_SUPPORTS_MASKING,                   \
                                         .validate = check,                                                  \
                                         .accept = shape_rule}

NOISE(DROPOUT, "Dropout", dropout_params, dropout_validate, reject_training);
NOISE(SPATIAL_DROPOUT1D, "SpatialDropout1D", rate_params, rate_validate, rank_of_name);
NOISE(SPATIAL_DROPOUT2D, "SpatialDropout2D", spatial_params, rate_validate, rank_of_name);
NOISE(SPATIAL_DROPOUT3D, "SpatialDropout3D", spatial_params, rate_validate, rank_of_name);
NOISE(GAUSSIAN_NOISE, "GaussianNoise", stddev_params, stddev_validate, reject_training);
NOISE(GAUSSIAN_DROPOUT, "GaussianDropout", rate_params, rate_validate, reject_training);
NOISE(ALPHA_DROPOUT, "AlphaDropout", dropout_params, rate_validate, reject_training);
NOISE(ACTIVITY_REGULARIZATION, "ActivityRegularization", penalty_params, penalty_validate, NULL);

/* The layers that disturb images in training, and hand them on at inference. Keras:
 * layers/preprocessing/image_preprocessing/. RandomCrop is one of them only where it has nothing to crop:
 * Keras counts on images of the new size, and gives those of the old one. */
#include "layers/spatial.h"

typedef struct AugmentationAttrs {
    Value factor;
    int64_t height, width;
    int data_format;
    bool all_ops; /* AugMix */
} AugmentationAttrs;

/* A parameter that matters in training only. */
#define TRAINING(parameter) IGNORED(parameter)
#define NEEDED(parameter)                                                                                    \
    {                                                                                                        \
        .name = parameter, .offset = offsetof(AugmentationAttrs, factor), .kind = PARAM_VALUE,               \
        .required = true, .about = "training only"                                                           \
    }
#define FORMAT DATA_FORMAT_PARAM(AugmentationAttrs)
#define GEOMETRY                                                                                             \
    TRAINING("fill_mode"), TRAINING("interpolation"), TRAINING("seed"), TRAINING("fill_value"), FORMAT
#define COLOR NEEDED("factor"), TRAINING("value_range"), FORMAT, TRAINING("seed")

static bool validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    (void)arguments;
    layer_data_format(graph, &((AugmentationAttrs *)layer->attrs)->data_format);
    return true;
}

/* ---- those that are made of others ---- */

/* Keras gives the layers inside names of their own, from the counts that number the file's layers; a name
 * given to the outer one is theirs too. */
static void count_inside(Graph *graph, const char *const *classes) {
    for (; *classes; classes++) (void)graph_auto_name(graph, *classes);
}

static bool rand_augment_validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    static const char *const INSIDE[] = {"RandomShear",
                                         "RandomTranslation",
                                         "RandomRotation",
                                         "RandomBrightness",
                                         "RandomColorDegeneration",
                                         "RandomContrast",
                                         "RandomSharpness",
                                         "Solarization",
                                         "RandomPosterization",
                                         "AutoContrast",
                                         "Equalization",
                                         NULL};
    if (!layer->named) count_inside(graph, INSIDE);
    return validate(graph, layer, arguments);
}

static bool aug_mix_validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    static const char *const INSIDE[] = {
        "RandomShear",         "RandomTranslation", "RandomRotation", "Solarization",
        "RandomPosterization", "AutoContrast",      "Equalization",   NULL};
    static const char *const MORE[] = {"RandomBrightness", "RandomColorDegeneration", "RandomContrast",
                                       "RandomSharpness", NULL};
    const AugmentationAttrs *attrs = layer->attrs;
    if (!layer->named) count_inside(graph, INSIDE);
    if (!layer->named && attrs->all_ops) count_inside(graph, MORE);
    return validate(graph, layer, arguments);
}

/* One inside for each factor that is given; they take no name. */
static bool color_jitter_validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    static const struct {
        const char *parameter, *class_name;
    } INSIDE[] = {{"brightness_factor", "RandomBrightness"},
                  {"contrast_factor", "RandomContrast"},
                  {"saturation_factor", "RandomSaturation"},
                  {"hue_factor", "RandomHue"}};
    for (size_t i = 0; i < sizeof INSIDE / sizeof *INSIDE; i++) {
        const Argument *factor = layer_argument(layer->class_, arguments, INSIDE[i].parameter);
        if (factor && !value_is_none(factor->value)) (void)graph_auto_name(graph, INSIDE[i].class_name);
    }
    return validate(graph, layer, arguments);
}

static bool crop_accept(LayerCall *call) {
    const AugmentationAttrs *attrs = call->layer->attrs;
    if (!layer_reject_training(call) || !layer_expect_rank(call, 0, 4)) return false;
    const Shape shape = spatial_last(&call->inputs[0]->shape, attrs->data_format);
    if (shape.dim[1] == attrs->height && shape.dim[2] == attrs->width) return true;
    diag_report(
        call->graph->diags, E266, call->at,
        "layer \"%s\" would change %s only in training: at inference it hands images on as they are, while "
        "Keras goes on with %lldx%lld",
        call->layer->name, shape_text(call->graph->arena, &call->inputs[0]->shape), (long long)attrs->height,
        (long long)attrs->width);
    diag_help(call->graph->diags, call->at, NULL, "use CenterCrop(%lld, %lld) for inference",
              (long long)attrs->height, (long long)attrs->width);
    return false;
}

static bool lower(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    outputs[0] = ir_cast(lowering, node, inputs[0], node->layer->compute_dtype);
    return true;
}

#define AUGMENTATION(id, class_name, rule, ...) MADE_OF_OTHERS(id, class_name, validate, rule, __VA_ARGS__)
#define MADE_OF_OTHERS(id, class_name, check, rule, ...)                                                     \
    static const ParamSpec id##_PARAMS[] = {__VA_ARGS__, {0}};                                               \
    const LayerClass LAYER_CLASS_##id = {.name = class_name,                                                 \
                                         .module = "keras.layers",                                           \
                                         .about = "the identity at inference",                               \
                                         .params = id##_PARAMS,                                              \
                                         .attrs_size = sizeof(AugmentationAttrs),                            \
                                         .flags = LAYER_TRAINS_UNLESS_TOLD,                                  \
                                         .validate = check,                                                  \
                                         .accept = rule,                                                     \
                                         .lower = lower}

AUGMENTATION(RANDOM_FLIP, "RandomFlip", layer_reject_training, TRAINING("mode"), TRAINING("seed"), FORMAT);
AUGMENTATION(RANDOM_ROTATION, "RandomRotation", layer_reject_training, NEEDED("factor"), GEOMETRY);
AUGMENTATION(RANDOM_ZOOM, "RandomZoom", layer_reject_training, NEEDED("height_factor"),
             TRAINING("width_factor"), GEOMETRY);
AUGMENTATION(RANDOM_TRANSLATION, "RandomTranslation", layer_reject_training, NEEDED("height_factor"),
             NEEDED("width_factor"), GEOMETRY);
AUGMENTATION(RANDOM_SHEAR, "RandomShear", layer_reject_training, TRAINING("x_factor"), TRAINING("y_factor"),
             TRAINING("interpolation"), TRAINING("fill_mode"), TRAINING("fill_value"), FORMAT,
             TRAINING("seed"));
AUGMENTATION(RANDOM_PERSPECTIVE, "RandomPerspective", layer_reject_training, TRAINING("factor"),
             TRAINING("scale"), TRAINING("interpolation"), TRAINING("fill_value"), TRAINING("seed"), FORMAT);
AUGMENTATION(RANDOM_ELASTIC_TRANSFORM, "RandomElasticTransform", layer_reject_training, TRAINING("factor"),
             TRAINING("scale"), TRAINING("interpolation"), TRAINING("fill_mode"), TRAINING("fill_value"),
             TRAINING("value_range"), TRAINING("seed"), FORMAT);
AUGMENTATION(RANDOM_ERASING, "RandomErasing", layer_reject_training, TRAINING("factor"), TRAINING("scale"),
             TRAINING("fill_value"), TRAINING("value_range"), TRAINING("seed"), FORMAT);
AUGMENTATION(RANDOM_CONTRAST, "RandomContrast", layer_reject_training, NEEDED("factor"),
             TRAINING("value_range"), TRAINING("seed"), FORMAT);
AUGMENTATION(RANDOM_BRIGHTNESS, "RandomBrightness", layer_reject_training, NEEDED("factor"),
             TRAINING("value_range"), TRAINING("seed"), FORMAT);
AUGMENTATION(RANDOM_HUE, "RandomHue", layer_reject_training, COLOR);
AUGMENTATION(RANDOM_SATURATION, "RandomSaturation", layer_reject_training, COLOR);
AUGMENTATION(RANDOM_SHARPNESS, "RandomSharpness", layer_reject_training, COLOR);
AUGMENTATION(RANDOM_POSTERIZATION, "RandomPosterization", layer_reject_training, COLOR);
AUGMENTATION(RANDOM_COLOR_DEGENERATION, "RandomColorDegeneration", layer_reject_training, COLOR);
MADE_OF_OTHERS(RANDOM_COLOR_JITTER, "RandomColorJitter", color_jitter_validate, layer_reject_training,
               TRAINING("value_range"), TRAINING("brightness_factor"), TRAINING("contrast_factor"),
               TRAINING("saturation_factor"), TRAINING("hue_factor"), TRAINING("seed"), FORMAT);
AUGMENTATION(RANDOM_INVERT, "RandomInvert", layer_reject_training, TRAINING("factor"),
             TRAINING("value_range"), TRAINING("seed"), FORMAT);
AUGMENTATION(RANDOM_GRAYSCALE, "RandomGrayscale", layer_reject_training, TRAINING("factor"), FORMAT,
             TRAINING("seed"));
AUGMENTATION(RANDOM_GAUSSIAN_BLUR, "RandomGaussianBlur", layer_reject_training, TRAINING("factor"),
             TRAINING("kernel_size"), TRAINING("sigma"), TRAINING("value_range"), FORMAT, TRAINING("seed"));
MADE_OF_OTHERS(RAND_AUGMENT, "RandAugment", rand_augment_validate, layer_reject_training,
               TRAINING("value_range"), TRAINING("num_ops"), TRAINING("factor"), TRAINING("interpolation"),
               TRAINING("seed"), FORMAT);
MADE_OF_OTHERS(AUG_MIX, "AugMix", aug_mix_validate, layer_reject_training, TRAINING("value_range"),
               TRAINING("num_chains"), TRAINING("chain_depth"), TRAINING("factor"), TRAINING("alpha"),
               {FIELD(AugmentationAttrs, all_ops), .kind = PARAM_BOOL, .fallback = "True",
                .about = "training only"},
               TRAINING("interpolation"), TRAINING("seed"), FORMAT);
AUGMENTATION(CUT_MIX, "CutMix", layer_reject_training, TRAINING("factor"), TRAINING("seed"), FORMAT);
AUGMENTATION(MIX_UP, "MixUp", layer_reject_training, TRAINING("alpha"), FORMAT, TRAINING("seed"));
AUGMENTATION(SOLARIZATION, "Solarization", layer_reject_training, TRAINING("addition_factor"),
             TRAINING("threshold_factor"), TRAINING("value_range"), TRAINING("seed"), FORMAT);
AUGMENTATION(RANDOM_CROP, "RandomCrop", crop_accept,
             {FIELD(AugmentationAttrs, height), .kind = PARAM_INT, .required = true, .min = 1},
             {FIELD(AugmentationAttrs, width), .kind = PARAM_INT, .required = true, .min = 1},
             TRAINING("seed"), FORMAT);

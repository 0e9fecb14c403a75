/* SpectralNormalization: a layer whose kernel training divides by its spectral norm. At inference it is that
 * layer. Keras: layers/normalization/spectral_normalization.py.
 *
 * The wrapper's own weights are the kernel of the layer inside once more, and vector_u, which only training
 * reads.
 */
#include <string.h>

#include "layers/rules.h"

typedef struct SpectralAttrs {
    Value layer;
    int64_t power_iterations;
} SpectralAttrs;

static const ParamSpec PARAMS[] = {{FIELD(SpectralAttrs, layer), .kind = PARAM_VALUE, .required = true,
                                    .about = "with a kernel, or embeddings"},
                                   {FIELD(SpectralAttrs, power_iterations), .kind = PARAM_INT, ANY_NUMBER,
                                    .fallback = "1", .about = "no effect at inference"},
                                   {0}};

static bool validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    const SpectralAttrs *attrs = layer->attrs;
    if (attrs->layer.kind != VALUE_LAYER)
        return diag_report(
            graph->diags, E287, layer_argument_at(layer->class_, arguments, "layer"),
            "Layer %s supplied to Wrapper isn't a supported layer type. Please ensure wrapped layer "
            "is a valid Keras layer",
            value_text(graph->arena, attrs->layer));
    if (attrs->power_iterations <= 0)
        return diag_report(
            graph->diags, E204, layer_argument_at(layer->class_, arguments, "power_iterations"),
            "`power_iterations` should be greater than zero. Received: `power_iterations=%lld`",
            (long long)attrs->power_iterations);
    Layer *inner = attrs->layer.as.layer;
    if (inner->opaque) layer->opaque = inner->opaque;
    layer->sublayers = ARENA_ARRAY(graph->arena, Layer *, 1);
    layer->sublayer_names = ARENA_ARRAY(graph->arena, const char *, 1);
    layer->sublayers[0] = inner;
    layer->sublayer_names[0] = "layer";
    layer->n_sublayers = 1;
    return true;
}

static bool accept(LayerCall *call) {
    if (!layer_expect_min_rank(call, 0, 1)) return false;
    if (call->layer->n_built_shapes == 0) return true;
    const Shape *built = &call->layer->built_shapes[0];
    return built->rank == 0 || layer_expect_axis(call, 0, -1, built->dim[built->rank - 1]);
}

/* The layer inside on a tensor that takes no automatic name. */
static Node *call_inner(LayerCall *call) {
    Graph *graph = call->graph;
    Tensor *tensor =
        graph_add_tensor(graph, &call->inputs[0]->shape, call->inputs[0]->dtype, "traced", call->at);
    Argument *argument = ARENA_NEW(graph->arena, Argument);
    Arguments *arguments = ARENA_NEW(graph->arena, Arguments);
    Value result;
    tensor->traced = true;
    *argument = (Argument){.value = value_tensor(tensor), .at = call->at};
    *arguments = (Arguments){argument, 1, call->at};
    const char *outer = graph->name_scope;
    graph->name_scope = arena_printf(graph->arena, "%s%s/", outer ? outer : "", call->layer->name);
    const bool ok = layer_call(graph, call->layer->sublayers[0], arguments, &result);
    graph->name_scope = outer;
    return ok && result.kind == VALUE_TENSOR && !result.as.tensor->poisoned ? tensor_node(result.as.tensor)
                                                                            : NULL;
}

static Weight *find_kernel(const Layer *inner) {
    Weight *found = NULL;
    for (size_t i = 0; i < inner->weights.count; i++) {
        Weight *weight = inner->weights.at[i];
        if (strcmp(weight->name, "kernel") == 0) return weight;
        if (strcmp(weight->name, "embeddings") == 0) found = weight;
    }
    return found;
}

static bool add_weights(LayerCall *call) {
    Layer *layer = call->layer;
    Weight *kernel = find_kernel(layer->sublayers[0]);
    if (!kernel || kernel->shape.rank < 1)
        return diag_report(call->graph->diags, E287, call->at,
                           "%s object has no attribute 'kernel' nor 'embeddings'",
                           layer->sublayers[0]->class_->name);
    const Shape shape = {2, {1, kernel->shape.dim[kernel->shape.rank - 1]}};
    const Initializer initializer = {.kind = INIT_TRUNCATED_NORMAL, .stddev = 0.02};
    vec_push(call->graph->arena, &layer->weights, kernel);
    return layer_add_weight(call, "vector_u", &shape, false, initializer) != NULL;
}

static bool infer(LayerCall *call) {
    Node *inner = call_inner(call);
    if (!inner || (call->layer->weights.count == 0 && !add_weights(call))) return false;
    call->output_shapes[0] = inner->outputs[0]->shape;
    call->node_attrs = inner;
    return true;
}

static bool lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    if (!l->lower_inner(l, node->attrs, inputs, outputs)) return false;
    outputs[0] = ir_cast(l, node, outputs[0], inputs[0]->dtype);
    return true;
}

const LayerClass LAYER_CLASS_SPECTRAL_NORMALIZATION = {.name = "SpectralNormalization",
                                                       .module = "keras.layers",
                                                       .about =
                                                           "a layer whose kernel is normalized in training",
                                                       .params = PARAMS,
                                                       .attrs_size = sizeof(SpectralAttrs),
                                                       .validate = validate,
                                                       .accept = accept,
                                                       .infer = infer,
                                                       .lower = lower};

/* Embedding: rows of a table chosen by ids. Keras: layers/core/embedding.py. */
#include "layers/masks.h"

typedef struct EmbeddingAttrs {
    int64_t input_dim, output_dim;
    Initializer embeddings_initializer;
    bool mask_zero;
} EmbeddingAttrs;

static const ParamSpec PARAMS[] = {
    {FIELD(EmbeddingAttrs, input_dim), .kind = PARAM_INT, .required = true, .min = 1,
     .about = "rows: ids are 0..input_dim-1"},
    {FIELD(EmbeddingAttrs, output_dim), .kind = PARAM_INT, .required = true, .min = 1,
     .about = "values per row"},
    {FIELD(EmbeddingAttrs, embeddings_initializer), .kind = PARAM_INITIALIZER, .fallback = "'uniform'"},
    IGNORED("embeddings_regularizer"),
    IGNORED("embeddings_constraint"),
    {FIELD(EmbeddingAttrs, mask_zero), .kind = PARAM_BOOL, .fallback = "False", .about = "id 0 is padding"},
    {0}};

/* The sizes are ints, not bools, which are ints elsewhere. */
static bool validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    static const char *const SIZES[] = {"input_dim", "output_dim"};
    for (size_t i = 0; i < 2; i++) {
        const Argument *size = layer_argument(layer->class_, arguments, SIZES[i]);
        if (size && size->value.kind == VALUE_BOOL)
            return diag_report(graph->diags, E204, size->at,
                               "`%s` must be a positive integer. Received: %s=%s (of type bool).", SIZES[i],
                               SIZES[i], value_text(graph->arena, size->value));
    }
    return true;
}

static bool infer(LayerCall *call) {
    const EmbeddingAttrs *attrs = call->layer->attrs;
    Shape shape = call->inputs[0]->shape;
    if (shape.rank == SHAPE_MAX_RANK)
        return diag_report(call->graph->diags, E284, call->at,
                           "the output of layer \"%s\" would have more than %d axes", call->layer->name,
                           SHAPE_MAX_RANK);
    shape.dim[shape.rank++] = attrs->output_dim;
    call->output_shapes[0] = shape;
    return true;
}

static bool build(LayerCall *call) {
    const EmbeddingAttrs *attrs = call->layer->attrs;
    const Shape table = {2, {attrs->input_dim, attrs->output_dim}};
    return layer_add_weight(call, "embeddings", &table, true, attrs->embeddings_initializer) != NULL;
}

static void mask(MaskCall *call) {
    const EmbeddingAttrs *attrs = call->layer->attrs;
    if (attrs->mask_zero) call->out[0] = mask_not_equal(call, call->inputs[0], 0);
}

static bool lower(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    Op *ids = inputs[0];
    if (ids->dtype != DTYPE_INT32 && ids->dtype != DTYPE_INT64)
        ids = ir_cast(lowering, node, ids, DTYPE_INT32);
    outputs[0] = ir_gather(lowering, node, lower_weight(lowering, node, 0), ids);
    return true;
}

const LayerClass LAYER_CLASS_EMBEDDING = {.name = "Embedding",
                                          .module = "keras.layers",
                                          .about = "a row of a table for each id",
                                          .params = PARAMS,
                                          .attrs_size = sizeof(EmbeddingAttrs),
                                          .flags = LAYER_NO_AUTOCAST | LAYER_SUPPORTS_MASKING,
                                          .build = build,
                                          .validate = validate,
                                          .infer = infer,
                                          .lower = lower,
                                          .mask = mask};

/* ReversibleEmbedding: an Embedding that also goes back, from vectors to a score for each id.
 * Keras: layers/core/reversible_embedding.py.
 *
 * layer(ids) takes rows of the table; layer(x, reverse=True) multiplies by the table, or by a table of its
 * own.
 */
#include "layers/masks.h"

typedef struct ReversibleAttrs {
    int64_t input_dim, output_dim;
    bool tie_weights, mask_zero;
    Initializer embeddings_initializer;
    Value reverse_dtype;
    double logit_soft_cap;
} ReversibleAttrs;

static const ParamSpec PARAMS[] = {
    {FIELD(ReversibleAttrs, input_dim), .kind = PARAM_INT, .required = true, .min = 1,
     .about = "rows: ids are 0..input_dim-1"},
    {FIELD(ReversibleAttrs, output_dim), .kind = PARAM_INT, .required = true, .min = 1,
     .about = "values per row"},
    {FIELD(ReversibleAttrs, tie_weights), .kind = PARAM_BOOL, .fallback = "True",
     .about = "one table for both ways"},
    {FIELD(ReversibleAttrs, embeddings_initializer), .kind = PARAM_INITIALIZER, .fallback = "'uniform'"},
    IGNORED("embeddings_regularizer"),
    IGNORED("embeddings_constraint"),
    {FIELD(ReversibleAttrs, mask_zero), .kind = PARAM_BOOL, .fallback = "False", .about = "id 0 is padding"},
    {FIELD(ReversibleAttrs, reverse_dtype), .kind = PARAM_VALUE, .fallback = "None",
     .about = "of the way back"},
    {FIELD(ReversibleAttrs, logit_soft_cap), .kind = PARAM_FLOAT, ANY_NUMBER, .fallback = "None",
     .optional_none = true, .about = "scores are cap * tanh(score / cap)"},
    {0}};

static const char *const CALL_PARAMS[] = {"inputs", "reverse", NULL};

static bool is_reverse(const LayerCall *call) {
    const Argument *argument = layer_call_argument(call, "reverse");
    double number;
    return argument && value_as_number(argument->value, &number) && number != 0;
}

static bool validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    const ReversibleAttrs *attrs = layer->attrs;
    const char *name = value_c_str(attrs->reverse_dtype);
    DType dtype;
    if (value_is_none(attrs->reverse_dtype) || (name && dtype_parse(name, &dtype) && dtype_is_float(dtype)))
        return true;
    return diag_report(graph->diags, E204, layer_argument_at(layer->class_, arguments, "reverse_dtype"),
                       "`reverse_dtype` of ReversibleEmbedding names a float type. Received: %s",
                       value_text(graph->arena, attrs->reverse_dtype));
}

static bool build(LayerCall *call) {
    const ReversibleAttrs *attrs = call->layer->attrs;
    const Shape table = {2, {attrs->input_dim, attrs->output_dim}},
                back = {2, {attrs->output_dim, attrs->input_dim}};
    layer_add_weight(call, "embeddings", &table, true, attrs->embeddings_initializer);
    if (!attrs->tie_weights)
        layer_add_weight(call, "reverse_embeddings", &back, true, attrs->embeddings_initializer);
    return true;
}

static bool infer(LayerCall *call) {
    const ReversibleAttrs *attrs = call->layer->attrs;
    Shape *shape = &call->output_shapes[0];
    bool *reverse = ARENA_NEW(call->graph->arena, bool);
    call->node_attrs = reverse;
    *reverse = is_reverse(call);
    if (*reverse) {
        if (!layer_expect_min_rank(call, 0, 2)) return false;
        shape->dim[shape->rank - 1] = attrs->input_dim;
        return true;
    }
    if (shape->rank == SHAPE_MAX_RANK)
        return diag_report(call->graph->diags, E284, call->at,
                           "the output of layer \"%s\" would have more than %d axes", call->layer->name,
                           SHAPE_MAX_RANK);
    shape->dim[shape->rank++] = attrs->output_dim;
    return true;
}

static void mask(MaskCall *call) {
    const ReversibleAttrs *attrs = call->layer->attrs;
    if (attrs->mask_zero && !*(const bool *)call->node->attrs)
        call->out[0] = mask_not_equal(call, call->inputs[0], 0);
}

static Op *lower_back(Lowering *l, const Node *node, Op *x) {
    const ReversibleAttrs *attrs = node->layer->attrs;
    DType dtype = node->layer->compute_dtype;
    if (!value_is_none(attrs->reverse_dtype)) (void)dtype_parse(value_c_str(attrs->reverse_dtype), &dtype);
    Op *table = lower_weight(l, node, attrs->tie_weights ? 0 : 1);
    if (attrs->tie_weights) table = ir_transpose(l, node, table, (const int[]){1, 0});
    Op *y = ir_dense(l, node, ir_cast(l, node, x, dtype), ir_cast(l, node, table, dtype), NULL);
    if (isnan(attrs->logit_soft_cap)) return y;
    Op *cap = lower_scalar(l, node, dtype, attrs->logit_soft_cap);
    y = ir_unary(l, node, ir_binary(l, node, BIN_DIV, y, cap), UNARY_TANH, 0, 0, 0);
    return ir_binary(l, node, BIN_MUL, y, cap);
}

static bool lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    Op *ids = inputs[0];
    if (*(const bool *)node->attrs) return outputs[0] = lower_back(l, node, ids), true;
    if (ids->dtype != DTYPE_INT32 && ids->dtype != DTYPE_INT64) ids = ir_cast(l, node, ids, DTYPE_INT32);
    outputs[0] = ir_gather(l, node, lower_weight(l, node, 0), ids);
    return true;
}

const LayerClass LAYER_CLASS_REVERSIBLE_EMBEDDING = {.name = "ReversibleEmbedding",
                                                     .module = "keras.layers",
                                                     .about = "an Embedding, and the way back to ids",
                                                     .params = PARAMS,
                                                     .attrs_size = sizeof(ReversibleAttrs),
                                                     .flags = LAYER_NO_AUTOCAST | LAYER_SUPPORTS_MASKING,
                                                     .validate = validate,
                                                     .build = build,
                                                     .infer = infer,
                                                     .lower = lower,
                                                     .mask = mask,
                                                     .call_params = CALL_PARAMS};

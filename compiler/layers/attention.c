/* Attention and AdditiveAttention: softmax of scores between queries and keys, times the values. Keras:
 * layers/attention/attention.py and additive_attention.py. */
#include "layers/attention.h"

typedef struct AttentionAttrs {
    bool use_scale;
    int score_mode;
    double dropout;
} AttentionAttrs;

typedef struct AttentionCall {
    bool scores, causal;
} AttentionCall;

enum { SCORE_DOT, SCORE_CONCAT };
static const char *const score_modes[] = {"dot", "concat", NULL};

bool attention_flag(const LayerCall *call, const char *name) {
    const Argument *argument = layer_call_argument(call, name);
    double number;
    return argument && value_as_number(argument->value, &number) && number != 0;
}

/* ---- masks ---- */

static Op *band(Lowering *l, const Node *node, int64_t queries, int64_t keys, int64_t before, int64_t after) {
    const Shape shape = {2, {queries, keys}};
    int64_t count = 0;
    (void)shape_count(&shape, 0, &count);
    uint8_t *bits = ARENA_ARRAY(l->ir->arena, uint8_t, (size_t)count + 1);
    for (int64_t i = 0; i < count; i++) {
        const int64_t apart = i % keys - i / keys;
        bits[i] = apart <= after && -apart <= before;
    }
    return ir_constant(l, node, node->layer->name, &shape, DTYPE_BOOL, bits);
}

Op *attention_causal(Lowering *l, const Node *node, int64_t queries, int64_t keys) {
    return band(l, node, queries, keys, INT64_MAX, 0);
}

Op *attention_window(Lowering *l, const Node *node, int64_t queries, int64_t keys, int64_t window) {
    return band(l, node, queries, keys, window - 1, window - 1);
}

Op *attention_both(Lowering *l, const Node *node, Op *a, Op *b) {
    if (!a || !b) return a ? a : b;
    return ir_binary(l, node, BIN_AND, ir_cast(l, node, a, DTYPE_BOOL), ir_cast(l, node, b, DTYPE_BOOL));
}

Op *attention_expand(Lowering *l, const Node *node, Op *mask, int axis) {
    Shape shape = {.rank = mask->shape.rank + 1};
    if (axis < 0) axis += shape.rank;
    for (int i = 0, from = 0; i < shape.rank; i++) shape.dim[i] = i == axis ? 1 : mask->shape.dim[from++];
    return ir_reshape(l, node, mask, &shape);
}

/* ---- the call ---- */

static bool attention_accept(LayerCall *call) {
    const char *name = call->layer->class_->name;
    const Argument *first = layer_call_argument(call, "inputs"), *mask = layer_call_argument(call, "mask");
    Arena *arena = call->graph->arena;
    if (first->value.kind != VALUE_LIST)
        return diag_report(
            call->graph->diags, E257, first->at,
            "%s layer must be called on a list of inputs, namely [query, value] or [query, value, key]. "
            "Received: inputs=%s.",
            name, value_text(arena, first->value));
    const size_t count = first->value.as.list->items.count;
    if (count < 2 || count > 3)
        return diag_report(
            call->graph->diags, E257, first->at,
            "%s layer accepts inputs list of length 2 or 3, namely [query, value] or [query, value, "
            "key]. Received length: %zu.",
            name, count);
    if (!mask || value_is_none(mask->value)) return true;
    if (mask->value.kind != VALUE_LIST)
        return diag_report(
            call->graph->diags, E257, mask->at,
            "%s layer mask must be a list, namely [query_mask, value_mask]. Received: mask=%s.", name,
            value_text(arena, mask->value));
    if (mask->value.as.list->items.count >= 2 && mask->value.as.list->items.count <= 3) return true;
    return diag_report(call->graph->diags, E257, mask->at,
                       "%s layer accepts mask list of length 2 or 3. Received: mask=%s.", name,
                       value_text(arena, mask->value));
}

static size_t count_inputs(const Argument *first) {
    return first->value.as.list->items.count;
}

static bool attention_infer(LayerCall *call) {
    const Shape *query = &call->inputs[0]->shape, *value = &call->inputs[1]->shape;
    const size_t count = count_inputs(layer_call_argument(call, "inputs"));
    const Shape *key = &call->inputs[count > 2 ? 2 : 1]->shape;
    AttentionCall *how = ARENA_NEW(call->graph->arena, AttentionCall);
    *how = (AttentionCall){attention_flag(call, "return_attention_scores"),
                           attention_flag(call, "use_causal_mask")};
    call->node_attrs = how;
    const bool fits =
        query->rank >= 2 && query->rank == value->rank && key->rank == value->rank &&
        (query->dim[query->rank - 1] == key->dim[key->rank - 1] || query->dim[query->rank - 1] < 0) &&
        key->dim[key->rank - 2] == value->dim[value->rank - 2];
    if (!fits) {
        Arena *arena = call->graph->arena;
        diag_report(call->graph->diags, E257, call->at,
                    "the shapes given to layer \"%s\" do not fit: query %s, value %s, key %s",
                    call->layer->name, shape_text(arena, query), shape_text(arena, value),
                    shape_text(arena, key));
        for (size_t i = 0; i < count; i++) layer_note_input(call, i);
        return false;
    }
    call->output_shapes[0] = *query;
    call->output_shapes[0].dim[query->rank - 1] = value->dim[value->rank - 1];
    if (!how->scores) return true;
    call->n_outputs = 2;
    call->output_shapes[1] = *query;
    call->output_shapes[1].dim[query->rank - 1] = key->dim[key->rank - 2];
    return true;
}

static bool attention_build(LayerCall *call) {
    const AttentionAttrs *attrs = call->layer->attrs;
    const Initializer ones = {.kind = INIT_ONES};
    const Shape scalar = {0};
    if (attrs->use_scale) layer_add_weight(call, "scale", &scalar, true, ones);
    if (attrs->score_mode == SCORE_CONCAT) layer_add_weight(call, "concat_score_weight", &scalar, true, ones);
    return true;
}

/* ---- scores ---- */

/* query + key, each with each: [..., T, S, D]. */
static Op *all_pairs(Lowering *l, const Node *node, Op *query, Op *key) {
    return ir_binary(l, node, BIN_ADD, attention_expand(l, node, query, -2),
                     attention_expand(l, node, key, -3));
}

static Op *last_sum(Lowering *l, const Node *node, Op *x) {
    return ir_reduce(l, node, x, REDUCE_SUM, 1u << (x->shape.rank - 1), false);
}

static Op *dot_scores(Lowering *l, const Node *node, Op *query, Op *key) {
    const AttentionAttrs *attrs = node->layer->attrs;
    if (attrs->score_mode == SCORE_DOT) {
        Op *scores = ir_matmul(l, node, query, key, true);
        return attrs->use_scale ? ir_binary(l, node, BIN_MUL, scores, lower_weight(l, node, 0)) : scores;
    }
    Op *pairs = all_pairs(l, node, query, key);
    if (attrs->use_scale) pairs = ir_binary(l, node, BIN_MUL, lower_weight(l, node, 0), pairs);
    Op *sum = last_sum(l, node, ir_unary(l, node, pairs, UNARY_TANH, 0, 0, 0));
    return ir_binary(l, node, BIN_MUL, lower_weight(l, node, attrs->use_scale ? 1 : 0), sum);
}

static Op *additive_scores(Lowering *l, const Node *node, Op *query, Op *key) {
    const AttentionAttrs *attrs = node->layer->attrs;
    Op *pairs = ir_unary(l, node, all_pairs(l, node, query, key), UNARY_TANH, 0, 0, 0);
    return last_sum(l, node,
                    attrs->use_scale ? ir_binary(l, node, BIN_MUL, lower_weight(l, node, 0), pairs) : pairs);
}

/* The mask that item `index` of mask=[...] gives, or that hangs on the input. */
static Op *mask_item(Lowering *l, const Node *node, Op *const *inputs, size_t index) {
    const LayerCall call = {.layer = node->layer, .arguments = node->arguments};
    const Argument *mask = layer_call_argument(&call, "mask"), *first = layer_call_argument(&call, "inputs");
    if (!mask || value_is_none(mask->value)) return lower_input_mask(l, node, index);
    size_t at = count_inputs(first);
    const List *items = mask->value.as.list;
    for (size_t i = 0; i < index; i++) at += items->items.at[i].kind == VALUE_TENSOR;
    if (index >= items->items.count || items->items.at[index].kind != VALUE_TENSOR) return NULL;
    return ir_cast(l, node, inputs[at], DTYPE_BOOL);
}

static bool lower_with(Lowering *l, const Node *node, Op *const *inputs, Op **outputs, bool additive) {
    const AttentionCall *how = node->attrs;
    const LayerCall call = {.layer = node->layer, .arguments = node->arguments};
    const size_t count = count_inputs(layer_call_argument(&call, "inputs"));
    Op *query = inputs[0], *value = inputs[1], *key = inputs[count > 2 ? 2 : 1];
    Op *query_mask = mask_item(l, node, inputs, 0), *mask = mask_item(l, node, inputs, 1);
    Op *scores = additive ? additive_scores(l, node, query, key) : dot_scores(l, node, query, key);
    if (l->ir->broken) return false;
    const Shape *shape = &scores->shape;
    if (mask) mask = attention_expand(l, node, mask, -2);
    if (how->causal)
        mask = attention_both(
            l, node, mask,
            attention_causal(l, node, shape->dim[shape->rank - 2], shape->dim[shape->rank - 1]));
    if (mask) {
        const double most = scores->dtype == DTYPE_FLOAT16 ? 65504.0 : 1e9;
        Op *low = ir_binary(l, node, BIN_SUB, scores, lower_scalar(l, node, scores->dtype, most));
        scores = ir_select(l, node, mask, scores, low);
    }
    Op *weights = ir_row(l, node, scores, ROW_SOFTMAX, 1u << (shape->rank - 1));
    outputs[0] = ir_matmul(l, node, weights, value, false);
    if (query_mask)
        outputs[0] = ir_select(l, node, attention_expand(l, node, query_mask, -1), outputs[0],
                               lower_scalar(l, node, outputs[0]->dtype, 0));
    if (how->scores) outputs[1] = weights;
    return !l->ir->broken;
}

static bool attention_lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    return lower_with(l, node, inputs, outputs, false);
}

static bool additive_lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    return lower_with(l, node, inputs, outputs, true);
}

/* Keras' compute_mask: that of the query, given or on the input. */
static void attention_mask(MaskCall *call) {
    const LayerCall layer_call = {.layer = call->node->layer, .arguments = call->node->arguments};
    const Argument *mask = layer_call_argument(&layer_call, "mask");
    const bool listed = mask && mask->value.kind == VALUE_LIST;
    if (listed && mask->value.as.list->items.at[0].kind != VALUE_TENSOR) return;
    if (call->n_inputs > 0 && mask_given(call->previous[0]))
        call->out[0] = mask_convert(call, call->previous[0]);
}

static const ParamSpec attention_params[] = {
    {FIELD(AttentionAttrs, use_scale), .kind = PARAM_BOOL, .fallback = "False",
     .about = "a trained factor of the scores"},
    {FIELD(AttentionAttrs, score_mode), .kind = PARAM_CHOICE, .choices = score_modes, .fallback = "'dot'",
     .about = "product, or tanh of the sum"},
    {FIELD(AttentionAttrs, dropout), .kind = PARAM_FLOAT, .fallback = "0.0", .about = "training only"},
    IGNORED("seed"),
    {0},
};

static const char *const attention_call[] = {"inputs",          "mask", "training", "return_attention_scores",
                                             "use_causal_mask", NULL};

const LayerClass LAYER_CLASS_ATTENTION = {
    .name = "Attention",
    .module = "keras.layers",
    .about = "softmax(query @ key) @ value",
    .params = attention_params,
    .attrs_size = sizeof(AttentionAttrs),
    .flags = LAYER_LIST_INPUT | LAYER_SUPPORTS_MASKING,
    .accept = attention_accept,
    .build = attention_build,
    .infer = attention_infer,
    .lower = attention_lower,
    .mask = attention_mask,
    .call_params = attention_call,
};

static const ParamSpec additive_params[] = {
    {FIELD(AttentionAttrs, use_scale), .kind = PARAM_BOOL, .fallback = "True",
     .about = "a trained factor of each channel"},
    {FIELD(AttentionAttrs, dropout), .kind = PARAM_FLOAT, .fallback = "0.0", .about = "training only"},
    {0},
};

static bool additive_build(LayerCall *call) {
    const AttentionAttrs *attrs = call->layer->attrs;
    const Shape *query = &call->inputs[0]->shape, shape = {1, {query->dim[query->rank - 1]}};
    const Initializer glorot = {
        .kind = INIT_VARIANCE_SCALING, .scale = 1, .mode = FAN_AVG, .distribution = DIST_UNIFORM};
    if (!attrs->use_scale) return true;
    return layer_expect_known(call, &shape, "scale") && layer_add_weight(call, "scale", &shape, true, glorot);
}

const LayerClass LAYER_CLASS_ADDITIVE_ATTENTION = {
    .name = "AdditiveAttention",
    .module = "keras.layers",
    .about = "softmax(sum(tanh(query + key))) @ value",
    .params = additive_params,
    .attrs_size = sizeof(AttentionAttrs),
    .flags = LAYER_LIST_INPUT | LAYER_SUPPORTS_MASKING,
    .accept = attention_accept,
    .build = additive_build,
    .infer = attention_infer,
    .lower = additive_lower,
    .mask = attention_mask,
    .call_params = attention_call,
};

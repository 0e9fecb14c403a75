/* The lowering of MultiHeadAttention and GroupQueryAttention: projections, scores, their masks, and the
 * weighted sum, as dense layers and einsums.
 */
#include <string.h>

#include "layers/multi_head.h"

/* `scale`: of the results, or NULL; it stands at the dense layer, whose weights take it in. */
static Op *project(Lowering *l, const Node *node, const Layer *layer, Op *x, int bound, Op *scale) {
    const DType dtype = node->layer->compute_dtype;
    Op *kernel = ir_cast(l, node, ir_weight(l, layer->weights.at[0]), dtype), *bias = NULL;
    const Shape *shape = &kernel->shape;
    Shape rows = x->shape, result = x->shape, matrix = {2, {1, 1}};
    for (int i = 0; i < shape->rank; i++) matrix.dim[i < bound ? 0 : 1] *= shape->dim[i];
    rows.rank -= bound - 1;
    rows.dim[rows.rank - 1] = matrix.dim[0];
    result.rank -= bound;
    for (int i = bound; i < shape->rank; i++) result.dim[result.rank++] = shape->dim[i];
    if (layer->weights.count > 1) bias = ir_cast(l, node, ir_weight(l, layer->weights.at[1]), dtype);
    const bool strays = bias && bias->shape.rank > 1 && bias->shape.dim[bias->shape.rank - 1] == 1;
    Op *flat = bias && !strays ? ir_reshape(l, node, bias, &(Shape){1, {matrix.dim[1]}}) : NULL;
    Op *y = ir_dense(l, node, ir_reshape(l, node, x, &rows), ir_reshape(l, node, kernel, &matrix), flat);
    if (scale && !strays) y = ir_binary(l, node, BIN_MUL, y, scale);
    y = ir_reshape(l, node, y, &result);
    if (!strays) return y;
    y = einsum_bias(l, node, y, bias);
    return scale ? ir_binary(l, node, BIN_MUL, y, scale) : y;
}

/* Each head of the keys stands for several of the queries. */
static Op *project_keys(Lowering *l, const Node *node, int which, Op *x) {
    const HeadsAttrs *attrs = node->layer->attrs;
    Op *y = project(l, node, attrs->project[which], x, 1, NULL);
    const int64_t times = attrs->num_heads / heads_of_keys(attrs);
    return times > 1 ? ir_repeat(l, node, y, y->shape.rank - 2, times) : y;
}

typedef struct Heads {
    Lowering *l;
    const Node *node;
    const HeadsAttrs *attrs;
    const HeadsCall *how;
    Op *query, *key, *value; /* projected */
    Op *mask;                /* of the scores, or NULL */
    int n_axes;              /* that are attended over */
    Einsum score, combine;
} Heads;

/* The labels of the two products: axis i has label i; keys have labels of their own where they are attended.
 */
static void label(Heads *h, const int *axes) {
    const int rank = h->query->shape.rank;
    EinsumTerm target = {.rank = rank}, source = {.rank = rank}, product = {0};
    for (int i = 0; i < rank; i++) target.label[i] = source.label[i] = (uint8_t)i;
    for (int i = 0; i < h->n_axes; i++) source.label[axes[i]] = (uint8_t)(rank + i);
    for (int i = 0; i + 1 < rank; i++)
        if (source.label[i] == i) product.label[product.rank++] = (uint8_t)i;
    for (int i = 0; i < h->n_axes; i++) product.label[product.rank++] = (uint8_t)axes[i];
    for (int i = 0; i < h->n_axes; i++) product.label[product.rank++] = source.label[axes[i]];
    h->score = (Einsum){2, {target, source}, product};
    h->combine = (Einsum){2, {product, source}, target};
}

/* The axes that are attended over; dot_product_attention always takes axis 1. */
static bool choose_axes(Heads *h, bool fused) {
    const ParamInts *given = &h->attrs->attention_axes;
    const int rank = h->query->shape.rank;
    int axes[SHAPE_MAX_RANK];
    h->n_axes = 0;
    for (int i = 1; given->count == 0 && i < rank - 2; i++) axes[h->n_axes++] = i;
    for (int i = 0; i < given->count; i++) {
        const int64_t axis = given->at[i] >= 0 ? given->at[i] : rank - 1 + given->at[i];
        if (axis < 1 || axis >= rank - 1)
            return lower_unsupported(h->l, h->node, "attention over axis %lld", (long long)given->at[i]);
        axes[h->n_axes++] = (int)axis;
    }
    if (fused) axes[0] = h->n_axes = 1;
    if (2 * h->n_axes + rank - 1 - h->n_axes > SHAPE_MAX_RANK)
        return lower_unsupported(h->l, h->node, "its scores have too many axes");
    label(h, axes);
    return true;
}

/* query_mask of MultiHeadAttention is the one that hangs on the query, whatever is given. */
static Op *own_mask(const Heads *h, Op *const *inputs, const char *name, size_t input, bool given) {
    Op *mask = given ? lower_argument(h->node, inputs, name) : NULL;
    return mask ? mask : lower_input_mask(h->l, h->node, input);
}

static void choose_mask(Heads *h, Op *const *inputs, bool has_key) {
    Lowering *l = h->l;
    const Node *node = h->node;
    Op *query = own_mask(h, inputs, "query_mask", 0, heads_grouped(h->attrs));
    Op *value = own_mask(h, inputs, "value_mask", 1, true);
    Op *key = has_key ? own_mask(h, inputs, "key_mask", 2, true) : lower_argument(node, inputs, "key_mask");
    Op *given = lower_argument(node, inputs, "attention_mask"), *mask = NULL;
    const int64_t queries = inputs[0]->shape.dim[1], keys = inputs[1]->shape.dim[1];
    if (query) mask = attention_expand(l, node, query, -1);
    if (value) mask = attention_both(l, node, mask, attention_expand(l, node, value, -2));
    if (key) mask = attention_both(l, node, mask, attention_expand(l, node, key, -2));
    if (h->how->causal) mask = attention_both(l, node, mask, attention_causal(l, node, queries, keys));
    if (h->attrs->sliding_window > 0)
        mask =
            attention_both(l, node, mask, attention_window(l, node, queries, keys, h->attrs->sliding_window));
    h->mask = attention_both(l, node, given, mask);
    if (h->mask) h->mask = ir_cast(l, node, h->mask, DTYPE_BOOL);
}

/* Axes of 1 for the heads, in front of those that are attended over. */
static void fit_mask(Heads *h, const Shape *scores) {
    if (!h->mask || (h->mask->shape.rank <= 2 && !shape_is_static(&h->mask->shape, 0))) return;
    while (h->mask->shape.rank < scores->rank && h->mask->shape.rank >= 2 * h->n_axes &&
           !shape_is_static(&h->mask->shape, 0))
        h->mask = attention_expand(h->l, h->node, h->mask, -2 * h->n_axes - 1);
}

static Op *weigh(Heads *h, bool fused) {
    Lowering *l = h->l;
    const Node *node = h->node;
    Op *scores = einsum_lower(l, node, &h->score, (Op *[]){h->query, h->key});
    if (!scores) return NULL;
    fit_mask(h, &scores->shape);
    const double low =
        fused ? -0.7 * (scores->dtype == DTYPE_FLOAT64 ? 1.7976931348623157e308 : 3.4028234663852886e38)
              : -1e9;
    if (h->mask) scores = ir_select(l, node, h->mask, scores, lower_scalar(l, node, scores->dtype, low));
    uint32_t axes = 0;
    for (int i = 0; i < h->n_axes; i++) axes |= 1u << (scores->shape.rank - 1 - i);
    Op *weights = ir_row(l, node, scores, ROW_SOFTMAX, axes);
    if (!h->mask || fused) return weights;
    return ir_select(l, node, h->mask, weights, lower_scalar(l, node, weights->dtype, 0));
}

/* The tensor that identity layers hand through: in Keras they give their input itself. */
static const Tensor *root_of(const Tensor *tensor) {
    for (const Node *node = tensor_node(tensor); node && (node->layer->class_->flags & LAYER_IDENTITY);
         node = tensor_node(tensor))
        tensor = node->inputs[tensor->history.tensor_index];
    return tensor;
}

/* Keras takes the masks off the tensors that it is given, for whatever is computed after this. */
static void drop_mask(Lowering *l, const Tensor *tensor) {
    const Tensor *root = root_of(tensor);
    for (size_t i = 0; l->mask_ops && i < l->graph->tensors.count; i++)
        if (l->mask_ops[i] && root_of(l->graph->tensors.at[i]) == root) l->mask_ops[i] = NULL;
}

/* Keras scales the scores where it calls dot_product_attention; the queries are fewer. */
static Op *query_scale(Lowering *l, const Node *node) {
    const HeadsAttrs *attrs = node->layer->attrs;
    return lower_scalar(l, node, node->layer->compute_dtype, 1 / sqrt((double)attrs->key_dim));
}

bool heads_lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    Heads h = {.l = l, .node = node, .attrs = node->layer->attrs, .how = node->attrs};
    const bool has_key = lower_argument(node, inputs, "key") != NULL;
    Layer *const *projections = h.attrs->project;
    const bool fused = !(h.attrs->dropout > 0 || h.how->scores || inputs[0]->shape.rank != 3);
    Op *query_mask = lower_input_mask(l, node, 0);
    choose_mask(&h, inputs, has_key);
    h.query = project(l, node, projections[PROJECT_QUERY], inputs[0], 1, query_scale(l, node));
    h.key = project_keys(l, node, PROJECT_KEY, inputs[has_key ? 2 : 1]);
    h.value = project_keys(l, node, PROJECT_VALUE, inputs[1]);
    if (l->ir->broken || !choose_axes(&h, fused)) return false;
    Op *weights = weigh(&h, fused);
    if (!weights || l->ir->broken) return false;
    Op *y = einsum_lower(l, node, &h.combine, (Op *[]){weights, h.value});
    if (!y) return false;
    if (h.attrs->use_gate) {
        Op *gate = project(l, node, projections[PROJECT_GATE], inputs[0], 1, NULL);
        y = ir_binary(l, node, BIN_MUL, y, ir_unary(l, node, gate, UNARY_SIGMOID, 0, 0, 0));
    }
    outputs[0] = project(l, node, projections[PROJECT_OUTPUT], y, 2, NULL);
    if (h.how->scores) outputs[1] = weights;
    if (h.how->scores && !shape_compatible(&weights->shape, &node->outputs[1]->shape))
        return lower_unsupported(l, node, "its scores have shape %s, where Keras says %s",
                                 shape_text(l->ir->arena, &weights->shape),
                                 shape_text(l->ir->arena, &node->outputs[1]->shape));
    if (heads_grouped(h.attrs)) return !l->ir->broken;
    lower_set_mask(l, node, 0, query_mask);
    for (size_t i = 0; i < (has_key ? 3u : 2u); i++) drop_mask(l, node->inputs[i]);
    return !l->ir->broken;
}

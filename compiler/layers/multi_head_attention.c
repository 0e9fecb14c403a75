/* MultiHeadAttention and GroupQueryAttention: attention between projections of their inputs. Keras:
 * layers/attention/multi_head_attention.py and grouped_query_attention.py.
 *
 * Each projection is a sublayer of its own ("query", "key", "value", "gate", "attention_output"), which owns
 * its weights, under the attribute names that weight files use. Keras computes in two ways, which differ
 * where all of a row is masked: dot_product_attention, or (with dropout or returned scores, or more axes) a
 * softmax layer.
 */
#include <string.h>

#include "layers/attention.h"

enum { PROJECT_QUERY, PROJECT_KEY, PROJECT_VALUE, PROJECT_OUTPUT, PROJECT_GATE, PROJECT_COUNT };

typedef struct HeadsAttrs {
    int64_t num_heads, key_dim, value_dim; /* of GroupQueryAttention: num_query_heads, head_dim */
    int64_t key_heads;                     /* num_key_value_heads; 0: as many as queries */
    double dropout;
    bool use_bias, use_gate;
    Value output_shape;
    ParamInts attention_axes; /* none: all but the batch, the heads and the features */
    int64_t sliding_window;
    Initializer kernel_initializer, bias_initializer;
    Layer *project[PROJECT_COUNT]; /* NULL until it is built; no gate: NULL */
} HeadsAttrs;

typedef struct HeadsCall {
    bool scores, causal;
} HeadsCall;

static const char *const heads_call[] = {"query",
                                         "value",
                                         "key",
                                         "query_mask",
                                         "value_mask",
                                         "key_mask",
                                         "attention_mask",
                                         "return_attention_scores",
                                         "training",
                                         "use_causal_mask",
                                         NULL};

static bool is_grouped(const HeadsAttrs *attrs) {
    return attrs->key_heads > 0;
}

static int64_t key_heads(const HeadsAttrs *attrs) {
    return is_grouped(attrs) ? attrs->key_heads : attrs->num_heads;
}

static int64_t value_dim(const HeadsAttrs *attrs) {
    return attrs->value_dim > 0 ? attrs->value_dim : attrs->key_dim;
}

/* ---- construction ---- */

static bool heads_validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    HeadsAttrs *attrs = layer->attrs;
    const Value shape = attrs->output_shape;
    int64_t size;
    if (is_grouped(attrs) && attrs->num_heads % attrs->key_heads != 0)
        return diag_report(graph->diags, E204, arguments->call,
                           "`num_query_heads` must be divisible by `num_key_value_heads`.");
    if (is_grouped(attrs)) {
        attrs->output_shape = value_none();
        return true;
    }
    const bool list = shape.kind == VALUE_LIST || shape.kind == VALUE_TUPLE;
    bool fits = list || value_is_none(shape) || value_as_int(shape, &size);
    for (size_t i = 0; list && i < shape.as.list->items.count; i++)
        fits = fits && value_as_int(shape.as.list->items.at[i], &size) && size > 0;
    if (fits) return true;
    return diag_report(
        graph->diags, E204, layer_argument_at(layer->class_, arguments, "output_shape"),
        "Invalid `output_shape`: %s. When specified, the `output_shape` should be of type tuple, list, "
        "or int.",
        value_text(graph->arena, shape));
}

/* The extents behind the query's own: output_shape, or the query's last. */
static Shape output_extents(const HeadsAttrs *attrs, const Shape *query) {
    const Value value = attrs->output_shape;
    Shape out = {1, {query->dim[query->rank - 1]}};
    int64_t size;
    if (value_as_int(value, &size)) {
        if (size > 0) out.dim[0] = size;
        return out;
    }
    if ((value.kind != VALUE_LIST && value.kind != VALUE_TUPLE) || value.as.list->items.count == 0)
        return out;
    out.rank = 0;
    for (size_t i = 0; i < value.as.list->items.count && out.rank < SHAPE_MAX_RANK; i++)
        (void)value_as_int(value.as.list->items.at[i], &out.dim[out.rank++]);
    return out;
}

/* ---- the call: shapes ---- */

static const Tensor *tensor_of(const LayerCall *call, const char *name) {
    const Argument *argument = layer_call_argument(call, name);
    return argument && argument->value.kind == VALUE_TENSOR ? argument->value.as.tensor : NULL;
}

typedef struct HeadsShapes {
    const Shape *query, *value, *key;
} HeadsShapes;

/* The inputs come in the order of the parameters, where they are given. */
static bool read_shapes(LayerCall *call, HeadsShapes *out) {
    if (!tensor_of(call, "value"))
        return diag_report_as(call->graph->diags, E202, "TypeError", call->at,
                              "missing a required argument: 'value'");
    *out = (HeadsShapes){&call->inputs[0]->shape, &call->inputs[1]->shape, &call->inputs[1]->shape};
    if (tensor_of(call, "key")) out->key = &call->inputs[2]->shape;
    return true;
}

static bool mismatch(LayerCall *call, const char *text, const Shape *a, const char *what, const Shape *b) {
    Arena *arena = call->graph->arena;
    diag_report(call->graph->diags, E257, call->at, "%s Received: value_shape=%s and %s=%s", text,
                shape_text(arena, a), what, shape_text(arena, b));
    for (size_t i = 0; i < call->n_inputs && i < 3; i++) layer_note_input(call, i);
    return false;
}

static bool heads_accept(LayerCall *call) {
    const HeadsAttrs *attrs = call->layer->attrs;
    HeadsShapes s = {0};
    if (!read_shapes(call, &s)) return false;
    if (s.query->rank < 3 || s.value->rank < 3 || s.query->rank != s.value->rank ||
        s.key->rank != s.value->rank)
        return mismatch(call, "The query, value and key must have one rank, at least 3.", s.value,
                        "query_shape", s.query);
    for (int i = 1; i + 1 < s.value->rank; i++)
        if (s.value->dim[i] != s.key->dim[i])
            return mismatch(call, "All dimensions of `value` and `key`, except the last one, must be equal.",
                            s.value, "key_shape", s.key);
    if (is_grouped(attrs) && s.query->dim[s.query->rank - 1] != s.value->dim[s.value->rank - 1])
        return mismatch(call, "The last dimension of `query_shape` and `value_shape` must be equal.", s.value,
                        "query_shape", s.query);
    return !is_grouped(attrs) || layer_expect_rank(call, 0, 3);
}

static bool heads_infer(LayerCall *call) {
    const HeadsAttrs *attrs = call->layer->attrs;
    HeadsShapes s = {0};
    if (!read_shapes(call, &s)) return false;
    HeadsCall *how = ARENA_NEW(call->graph->arena, HeadsCall);
    *how =
        (HeadsCall){attention_flag(call, "return_attention_scores"), attention_flag(call, "use_causal_mask")};
    call->node_attrs = how;
    const Shape last = output_extents(attrs, s.query);
    Shape *out = &call->output_shapes[0];
    if (s.query->rank - 1 + last.rank > SHAPE_MAX_RANK)
        return mismatch(call, "The result has too many axes.", s.value, "query_shape", s.query);
    *out = *s.query;
    out->rank = s.query->rank - 1;
    for (int i = 0; i < last.rank; i++) out->dim[out->rank++] = last.dim[i];
    if (!how->scores) return true;
    call->n_outputs = 2;
    const int64_t length = s.query->dim[1];
    call->output_shapes[1] =
        (Shape){4, {s.query->dim[0], attrs->num_heads, length, is_grouped(attrs) ? s.value->dim[1] : length}};
    return true;
}

/* ---- weights ---- */

static Shape joined(const Shape *a, const Shape *b) {
    Shape all = *a;
    for (int i = 0; i < b->rank; i++) all.dim[all.rank++] = b->dim[i];
    return all;
}

/* A sublayer EinsumDense: kernel [in..., out...], bias [out...]. */
static bool add_projection(LayerCall *call, int which, const char *name, const Shape *in, const Shape *out) {
    HeadsAttrs *attrs = call->layer->attrs;
    Graph *graph = call->graph;
    const Layer *owner = call->layer;
    const char *outer = graph->name_scope;
    const Shape kernel = joined(in, out);
    if (!layer_expect_known(call, &kernel, "kernel")) return false;
    Layer *layer = graph_add_layer(graph, &LAYER_CLASS_EINSUM_DENSE, name, owner->at);
    layer->variable_dtype = owner->variable_dtype;
    layer->compute_dtype = owner->compute_dtype;
    layer->trainable = owner->trainable;
    layer->built = true;
    graph->name_scope = arena_printf(graph->arena, "%s%s/", outer, owner->name);
    graph_add_weight(graph, layer, "kernel", &kernel, owner->variable_dtype, true, attrs->kernel_initializer);
    if (attrs->use_bias)
        graph_add_weight(graph, layer, "bias", out, owner->variable_dtype, true, attrs->bias_initializer);
    graph->name_scope = outer;
    attrs->project[which] = layer;
    return true;
}

/* Under the attribute names of Keras, in the order in which its weights are listed. */
static void set_sublayers(LayerCall *call, Layer *softmax, Layer *dropout) {
    const HeadsAttrs *attrs = call->layer->attrs;
    Layer *layer = call->layer;
    Arena *arena = call->graph->arena;
    const char *prefix = is_grouped(attrs) ? "_" : "";
    const struct {
        Layer *layer;
        const char *name;
    } rows[] = {
        {attrs->project[PROJECT_QUERY], arena_printf(arena, "%squery_dense", prefix)},
        {attrs->project[PROJECT_KEY], arena_printf(arena, "%skey_dense", prefix)},
        {attrs->project[PROJECT_GATE], "_gate_dense"},
        {attrs->project[PROJECT_VALUE], arena_printf(arena, "%svalue_dense", prefix)},
        {softmax, "_softmax"},
        {dropout, "_dropout_layer"},
        {attrs->project[PROJECT_OUTPUT], arena_printf(arena, "%soutput_dense", prefix)},
    };
    enum { COUNT = sizeof rows / sizeof rows[0] };
    layer->sublayers = ARENA_ARRAY(arena, Layer *, COUNT);
    layer->sublayer_names = ARENA_ARRAY(arena, const char *, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        if (!rows[i].layer) continue;
        layer->sublayers[layer->n_sublayers] = rows[i].layer;
        layer->sublayer_names[layer->n_sublayers++] = rows[i].name;
    }
}

static bool heads_build(LayerCall *call) {
    const HeadsAttrs *attrs = call->layer->attrs;
    HeadsShapes s = {0};
    if (!read_shapes(call, &s)) return false;
    const Shape query = {1, {s.query->dim[s.query->rank - 1]}}, key = {1, {s.key->dim[s.key->rank - 1]}},
                value = {1, {s.value->dim[s.value->rank - 1]}}, out = output_extents(attrs, s.query);
    const Shape queries = {2, {attrs->num_heads, attrs->key_dim}},
                keys = {2, {key_heads(attrs), attrs->key_dim}},
                values = {2, {key_heads(attrs), value_dim(attrs)}},
                heads = {2, {attrs->num_heads, value_dim(attrs)}};
    if (!add_projection(call, PROJECT_QUERY, "query", &query, &queries) ||
        !add_projection(call, PROJECT_KEY, "key", &key, &keys) ||
        (attrs->use_gate && !add_projection(call, PROJECT_GATE, "gate", &query, &heads)) ||
        !add_projection(call, PROJECT_VALUE, "value", &value, &values))
        return false;
    Layer *softmax = graph_add_layer(call->graph, &LAYER_CLASS_SOFTMAX, NULL, call->layer->at);
    Layer *dropout = graph_add_layer(call->graph, &LAYER_CLASS_DROPOUT, NULL, call->layer->at);
    if (!add_projection(call, PROJECT_OUTPUT, "attention_output", &heads, &out)) return false;
    set_sublayers(call, softmax, dropout);
    return true;
}

/* ---- lowering ---- */

static Op *project(Lowering *l, const Node *node, const Layer *layer, Op *x, int bound) {
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
    y = ir_reshape(l, node, y, &result);
    return strays ? einsum_bias(l, node, y, bias) : y;
}

/* Each head of the keys stands for several of the queries. */
static Op *project_keys(Lowering *l, const Node *node, int which, Op *x) {
    const HeadsAttrs *attrs = node->layer->attrs;
    Op *y = project(l, node, attrs->project[which], x, 1);
    const int64_t times = attrs->num_heads / key_heads(attrs);
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
    Op *query = own_mask(h, inputs, "query_mask", 0, is_grouped(h->attrs));
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
    Op *scale = lower_scalar(l, node, h->query->dtype, 1 / sqrt((double)h->attrs->key_dim));
    Op *query = fused ? h->query : ir_binary(l, node, BIN_MUL, h->query, scale);
    Op *scores = einsum_lower(l, node, &h->score, (Op *[]){query, h->key});
    if (!scores) return NULL;
    if (fused) scores = ir_binary(l, node, BIN_MUL, scores, scale);
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

static bool heads_lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    Heads h = {.l = l, .node = node, .attrs = node->layer->attrs, .how = node->attrs};
    const bool has_key = lower_argument(node, inputs, "key") != NULL;
    Layer *const *projections = h.attrs->project;
    const bool fused = !(h.attrs->dropout > 0 || h.how->scores || inputs[0]->shape.rank != 3);
    Op *query_mask = lower_input_mask(l, node, 0);
    choose_mask(&h, inputs, has_key);
    h.query = project(l, node, projections[PROJECT_QUERY], inputs[0], 1);
    h.key = project_keys(l, node, PROJECT_KEY, inputs[has_key ? 2 : 1]);
    h.value = project_keys(l, node, PROJECT_VALUE, inputs[1]);
    if (l->ir->broken || !choose_axes(&h, fused)) return false;
    Op *weights = weigh(&h, fused);
    if (!weights || l->ir->broken) return false;
    Op *y = einsum_lower(l, node, &h.combine, (Op *[]){weights, h.value});
    if (!y) return false;
    if (h.attrs->use_gate) {
        Op *gate = project(l, node, projections[PROJECT_GATE], inputs[0], 1);
        y = ir_binary(l, node, BIN_MUL, y, ir_unary(l, node, gate, UNARY_SIGMOID, 0, 0, 0));
    }
    outputs[0] = project(l, node, projections[PROJECT_OUTPUT], y, 2);
    if (h.how->scores) outputs[1] = weights;
    if (h.how->scores && !shape_compatible(&weights->shape, &node->outputs[1]->shape))
        return lower_unsupported(l, node, "its scores have shape %s, where Keras says %s",
                                 shape_text(l->ir->arena, &weights->shape),
                                 shape_text(l->ir->arena, &node->outputs[1]->shape));
    if (is_grouped(h.attrs)) return !l->ir->broken;
    lower_set_mask(l, node, 0, query_mask);
    for (size_t i = 0; i < (has_key ? 3u : 2u); i++) drop_mask(l, node->inputs[i]);
    return !l->ir->broken;
}

#define HEADS_TAIL                                                                                           \
    {FIELD(HeadsAttrs, kernel_initializer), .kind = PARAM_INITIALIZER, .fallback = "'glorot_uniform'"},      \
        {FIELD(HeadsAttrs, bias_initializer), .kind = PARAM_INITIALIZER, .fallback = "'zeros'"},             \
        IGNORED("kernel_regularizer"), IGNORED("bias_regularizer"), IGNORED("activity_regularizer"),         \
        IGNORED("kernel_constraint"), IGNORED("bias_constraint"),                                            \
        {FIELD(HeadsAttrs, use_gate), .kind = PARAM_BOOL, .fallback = "False",                               \
         .about = "the heads are multiplied by a sigmoid of the query"},                                     \
        IGNORED("seed"), {                                                                                   \
        0                                                                                                    \
    }

static const ParamSpec multi_head_params[] = {
    {FIELD(HeadsAttrs, num_heads), .kind = PARAM_INT, .required = true, .min = 1},
    {FIELD(HeadsAttrs, key_dim), .kind = PARAM_INT, .required = true, .min = 1, .about = "of each head"},
    {FIELD(HeadsAttrs, value_dim), .kind = PARAM_INT, .optional_none = true, .fallback = "None", .min = 1,
     .about = "of each head; as key_dim"},
    {FIELD(HeadsAttrs, dropout), .kind = PARAM_FLOAT, .fallback = "0.0", .about = "training only"},
    {FIELD(HeadsAttrs, use_bias), .kind = PARAM_BOOL, .fallback = "True"},
    {FIELD(HeadsAttrs, output_shape), .kind = PARAM_VALUE, .fallback = "None",
     .about = "in place of the query's last"},
    {FIELD(HeadsAttrs, attention_axes), .kind = PARAM_AXES, .optional_none = true, .fallback = "None"},
    {FIELD(HeadsAttrs, sliding_window), .kind = PARAM_INT, .optional_none = true, .fallback = "None",
     .min = 1, .about = "how far apart a query may see keys"},
    IGNORED("flash_attention"),
    HEADS_TAIL,
};

static const ParamSpec grouped_params[] = {
    {.name = "head_dim",
     .offset = offsetof(HeadsAttrs, key_dim),
     .kind = PARAM_INT,
     .required = true,
     .min = 1},
    {.name = "num_query_heads",
     .offset = offsetof(HeadsAttrs, num_heads),
     .kind = PARAM_INT,
     .required = true,
     .min = 1},
    {.name = "num_key_value_heads",
     .offset = offsetof(HeadsAttrs, key_heads),
     .kind = PARAM_INT,
     .required = true,
     .min = 1},
    {FIELD(HeadsAttrs, dropout), .kind = PARAM_FLOAT, .fallback = "0.0", .about = "training only"},
    {FIELD(HeadsAttrs, use_bias), .kind = PARAM_BOOL, .fallback = "True"},
    {FIELD(HeadsAttrs, sliding_window), .kind = PARAM_INT, .optional_none = true, .fallback = "None",
     .min = 1, .about = "how far apart a query may see keys"},
    IGNORED("flash_attention"),
    HEADS_TAIL,
};

static const char *const grouped_aliases[] = {"GroupQueryAttention", NULL};

#define HEADS(class_name, text, rows, others)                                                                \
    {                                                                                                        \
        .name = class_name, .aliases = others, .module = "keras.layers", .about = text, .params = rows,      \
        .attrs_size = sizeof(HeadsAttrs), .flags = LAYER_SUPPORTS_MASKING, .validate = heads_validate,       \
        .accept = heads_accept, .build = heads_build, .infer = heads_infer, .lower = heads_lower,            \
        .call_params = heads_call                                                                            \
    }

const LayerClass LAYER_CLASS_MULTI_HEAD_ATTENTION =
    HEADS("MultiHeadAttention", "attention between projections, in several heads", multi_head_params, NULL);
const LayerClass LAYER_CLASS_GROUP_QUERY_ATTENTION =
    HEADS("GroupedQueryAttention", "attention whose heads share keys and values in groups", grouped_params,
          grouped_aliases);

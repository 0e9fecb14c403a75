/* MultiHeadAttention and GroupQueryAttention: attention between projections of their inputs. Keras:
 * layers/attention/multi_head_attention.py and grouped_query_attention.py.
 *
 * Each projection is a sublayer of its own ("query", "key", "value", "gate", "attention_output"), which owns
 * its weights, under the attribute names that weight files use. Keras computes in two ways, which differ
 * where all of a row is masked: dot_product_attention, or (with dropout or returned scores, or more axes) a
 * softmax layer.
 */
#include <string.h>

#include "layers/multi_head.h"

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

static int64_t value_dim(const HeadsAttrs *attrs) {
    return attrs->value_dim > 0 ? attrs->value_dim : attrs->key_dim;
}

/* ---- construction ---- */

static bool heads_validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    HeadsAttrs *attrs = layer->attrs;
    const Value shape = attrs->output_shape;
    int64_t size;
    if (heads_grouped(attrs) && attrs->num_heads % attrs->key_heads != 0)
        return diag_report(graph->diags, E204, arguments->call,
                           "`num_query_heads` must be divisible by `num_key_value_heads`.");
    if (!layer_check_fraction(graph, layer, arguments, "dropout", attrs->dropout)) return false;
    if (heads_grouped(attrs)) {
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

static bool check_axes(LayerCall *call, const Shape *query) {
    const HeadsAttrs *attrs = call->layer->attrs;
    for (int i = 0; i < attrs->attention_axes.count; i++) {
        const int64_t axis = attrs->attention_axes.at[i];
        if (axis >= query->rank || axis < -query->rank)
            return diag_report_as(
                call->graph->diags, E253, "IndexError", call->at,
                "attention_axes of layer \"%s\": index %lld is out of bounds for a query of shape %s",
                call->layer->name, (long long)axis, shape_text(call->graph->arena, query));
    }
    return true;
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
    if (heads_grouped(attrs) && s.query->dim[s.query->rank - 1] != s.value->dim[s.value->rank - 1])
        return mismatch(call, "The last dimension of `query_shape` and `value_shape` must be equal.", s.value,
                        "query_shape", s.query);
    return heads_grouped(attrs) ? layer_expect_rank(call, 0, 3) : check_axes(call, s.query);
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
    /* Keras' compute_output_spec has the query's length twice; inside of a layer the real shape is seen */
    const bool real = heads_grouped(attrs) || graph_traced_name(call->inputs, call->n_inputs);
    const int64_t length = s.query->dim[1], keys = real ? s.value->dim[1] : length;
    call->output_shapes[1] = (Shape){4, {s.query->dim[0], attrs->num_heads, length, keys}};
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
    const char *prefix = heads_grouped(attrs) ? "_" : "";
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
                keys = {2, {heads_of_keys(attrs), attrs->key_dim}},
                values = {2, {heads_of_keys(attrs), value_dim(attrs)}},
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

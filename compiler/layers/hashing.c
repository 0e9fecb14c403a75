/* Hashing: integers to buckets by a hash of their decimal text. Keras: layers/preprocessing/hashing.py. */
#include "layers/categories.h"

typedef struct HashingAttrs {
    int64_t num_bins;
    Value mask_value, salt;
    int output_mode;
    bool sparse;
} HashingAttrs;

static const char *const MODES[] = {"int", "one_hot", "multi_hot", "count", NULL};
static const ParamSpec PARAMS[] = {
    {FIELD(HashingAttrs, num_bins), .kind = PARAM_INT, .required = true, .min = -INFINITY,
     .about = "buckets"},
    {FIELD(HashingAttrs, mask_value), .kind = PARAM_VALUE, .fallback = "None", .about = "goes to bucket 0"},
    {FIELD(HashingAttrs, salt), .kind = PARAM_VALUE, .fallback = "None",
     .about = "an int or two: SipHash with this key, else FarmHash"},
    {FIELD(HashingAttrs, output_mode), .kind = PARAM_CHOICE, .fallback = "'int'", .choices = MODES},
    {FIELD(HashingAttrs, sparse), .kind = PARAM_BOOL, .fallback = "False"},
    {0}};

/* {buckets, strong, key, key}; false where the salt is none. */
static bool hash_parameters(Arena *arena, const HashingAttrs *attrs, int64_t p[4]) {
    int64_t *key, one;
    size_t count;
    p[0] = attrs->num_bins - (!value_is_none(attrs->mask_value) && attrs->num_bins > 1);
    p[1] = !value_is_none(attrs->salt);
    p[2] = p[3] = 0;
    if (!p[1]) return true;
    if (value_as_int(attrs->salt, &one)) return p[2] = p[3] = one, true;
    if (!category_integers(arena, attrs->salt, &key, &count) || count != 2) return false;
    p[2] = key[0];
    p[3] = key[1];
    return true;
}

static bool validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    const HashingAttrs *attrs = layer->attrs;
    int64_t p[4], mask;
    if (attrs->num_bins <= 0)
        return diag_report(graph->diags, E204, layer_argument_at(layer->class_, arguments, "num_bins"),
                           "The `num_bins` for `Hashing` cannot be `None` or non-positive values. Received: "
                           "num_bins=%lld",
                           (long long)attrs->num_bins);
    if (!hash_parameters(graph->arena, attrs, p))
        return diag_report(
            graph->diags, E204, layer_argument_at(layer->class_, arguments, "salt"),
            "The `salt` argument for `Hashing` can only be a tuple of size 2 integers, or a single "
            "integer. Received: salt=%s",
            value_text(graph->arena, attrs->salt));
    if (value_is_none(attrs->mask_value) || value_as_int(attrs->mask_value, &mask)) return true;
    return diag_report(graph->diags, E298, layer_argument_at(layer->class_, arguments, "mask_value"),
                       "mask_value=%s of a Hashing layer is no int: strings are not supported",
                       value_text(graph->arena, attrs->mask_value));
}

/* Keras gives int64 in the mode int where no dtype is given, floats otherwise. */
static bool infer(LayerCall *call) {
    const HashingAttrs *attrs = call->layer->attrs;
    Shape *shape = &call->output_shapes[0];
    if (attrs->output_mode == MODE_INT) {
        if (dtype_is_float(call->output_dtypes[0])) call->output_dtypes[0] = DTYPE_INT64;
        return true;
    }
    *shape = call->inputs[0]->shape;
    if (shape->rank > 0) shape->rank--;
    shape->dim[shape->rank++] = attrs->num_bins;
    return true;
}

static bool lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    const HashingAttrs *attrs = node->layer->attrs;
    int64_t *p = ARENA_ARRAY(l->ir->arena, int64_t, 4), *mask = ARENA_NEW(l->ir->arena, int64_t);
    (void)hash_parameters(l->ir->arena, attrs, p);
    if (!category_no_sparse(l, node, attrs->sparse)) return false;
    if (inputs[0]->dtype == DTYPE_BOOL || inputs[0]->dtype == DTYPE_UINT64)
        return lower_unsupported(l, node, "the hash of %s", dtype_name(inputs[0]->dtype));
    Op *x = ir_cast(l, node, inputs[0], DTYPE_INT64);
    Op *bin = ir_category(l, node, CATEGORY_HASH, x, category_table(l, node, p, 4));
    if (p[0] != attrs->num_bins && value_as_int(attrs->mask_value, mask)) {
        Op *one = lower_scalar(l, node, DTYPE_INT64, 1), *none = lower_scalar(l, node, DTYPE_INT64, 0);
        Op *masked = ir_binary(l, node, BIN_EQ, inputs[0],
                               ir_cast(l, node, category_table(l, node, mask, 1), inputs[0]->dtype));
        bin = ir_select(l, node, masked, none, ir_binary(l, node, BIN_ADD, bin, one));
    }
    return category_encode(l, node, bin, NULL, (OutputMode)attrs->output_mode, attrs->num_bins, &outputs[0]);
}

const LayerClass LAYER_CLASS_HASHING = {.name = "Hashing",
                                        .module = "keras.layers",
                                        .about = "integers to buckets by a hash",
                                        .params = PARAMS,
                                        .attrs_size = sizeof(HashingAttrs),
                                        .flags = LAYER_NO_AUTOCAST,
                                        .validate = validate,
                                        .infer = infer,
                                        .lower = lower};

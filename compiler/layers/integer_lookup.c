/* IntegerLookup: integers to their places in a vocabulary, and back. Keras:
 * layers/preprocessing/index_lookup.py.
 *
 * The vocabulary stands in the file; adapt() is not run. Places begin behind the mask's (0, in the mode int)
 * and those of what is not in the vocabulary.
 */
#include <stdlib.h>
#include <string.h>

#include "layers/categories.h"

typedef struct LookupAttrs {
    int64_t max_tokens, num_oov_indices, oov_token;
    Value mask_token, vocabulary, vocabulary_dtype, idf_weights;
    bool invert, sparse, pad_to_max_tokens;
    int output_mode, oov_method;
    Value salt;
} LookupAttrs;

static const char *const OOV_METHODS[] = {"floormod", "farmhash", NULL};
static const ParamSpec PARAMS[] = {
    {FIELD(LookupAttrs, max_tokens), .kind = PARAM_INT, .fallback = "None", .optional_none = true,
     .min = -INFINITY, .about = "size of the result where pad_to_max_tokens"},
    {FIELD(LookupAttrs, num_oov_indices), .kind = PARAM_INT, .fallback = "1", .min = -INFINITY,
     .about = "places for what is not in the vocabulary"},
    {FIELD(LookupAttrs, mask_token), .kind = PARAM_VALUE, .fallback = "None", .about = "goes to 0"},
    {FIELD(LookupAttrs, oov_token), .kind = PARAM_INT, .fallback = "-1", .min = -INFINITY,
     .about = "what unknown places mean, inverted"},
    {FIELD(LookupAttrs, vocabulary), .kind = PARAM_VALUE, .fallback = "None", .about = "a list of ints"},
    {FIELD(LookupAttrs, vocabulary_dtype), .kind = PARAM_VALUE, .fallback = "'int64'"},
    {FIELD(LookupAttrs, idf_weights), .kind = PARAM_VALUE, .fallback = "None", .about = "for tf_idf"},
    {FIELD(LookupAttrs, invert), .kind = PARAM_BOOL, .fallback = "False", .about = "places to integers"},
    {FIELD(LookupAttrs, output_mode), .kind = PARAM_CHOICE, .fallback = "'int'", .choices = CATEGORY_MODES},
    {FIELD(LookupAttrs, sparse), .kind = PARAM_BOOL, .fallback = "False"},
    {FIELD(LookupAttrs, pad_to_max_tokens), .kind = PARAM_BOOL, .fallback = "False"},
    {FIELD(LookupAttrs, oov_method), .kind = PARAM_CHOICE, .fallback = "'floormod'", .choices = OOV_METHODS},
    {FIELD(LookupAttrs, salt), .kind = PARAM_VALUE, .fallback = "None"},
    {.name = "vocabulary_size",
     .kind = PARAM_IGNORED,
     .fallback = "None",
     .keyword_only = true,
     .about = "of a saved layer; no effect"},
    {0}};

typedef struct Vocabulary {
    int64_t *tokens;
    size_t count;
    int64_t oov_start, token_start;
    bool masked;
    int64_t mask;
} Vocabulary;

/* The tokens without the special ones that the list may begin with; false where there is no list of ints. */
static bool read_vocabulary(Arena *arena, const LookupAttrs *attrs, Vocabulary *v) {
    *v = (Vocabulary){0};
    v->masked = value_as_int(attrs->mask_token, &v->mask);
    v->oov_start = v->masked && attrs->output_mode == MODE_INT;
    v->token_start = v->oov_start + attrs->num_oov_indices;
    if (!category_integers(arena, attrs->vocabulary, &v->tokens, &v->count)) return false;
    if (v->count < (size_t)v->token_start) return true;
    for (int64_t i = 0; i < v->token_start; i++)
        if (v->tokens[i] != (i < v->oov_start ? v->mask : attrs->oov_token)) return true;
    v->tokens += v->token_start;
    v->count -= (size_t)v->token_start;
    return true;
}

static int64_t depth_of(const LookupAttrs *attrs, const Vocabulary *v) {
    return attrs->pad_to_max_tokens && attrs->max_tokens != PARAM_INT_NONE
               ? attrs->max_tokens
               : v->token_start + (int64_t)v->count;
}

/* A token with its place; sorted by token. */
typedef struct Entry {
    int64_t token, place;
} Entry;

static int compare_entries(const void *a, const void *b) {
    const int64_t left = ((const Entry *)a)->token, right = ((const Entry *)b)->token;
    return (left > right) - (left < right);
}

static Entry *sorted_entries(Arena *arena, const Vocabulary *v) {
    Entry *entries = ARENA_ARRAY(arena, Entry, v->count + 1);
    for (size_t i = 0; i < v->count; i++) entries[i] = (Entry){v->tokens[i], v->token_start + (int64_t)i};
    if (v->count) qsort(entries, v->count, sizeof *entries, compare_entries);
    return entries;
}

static bool check_vocabulary(Graph *graph, const LookupAttrs *attrs, SourceRange at) {
    Vocabulary v;
    if (value_is_none(attrs->vocabulary)) return true;
    if (!read_vocabulary(graph->arena, attrs, &v))
        return diag_report(graph->diags, E298, at,
                           "the vocabulary of an IntegerLookup is no list of ints: %s",
                           value_text(graph->arena, attrs->vocabulary));
    if (v.count == 0)
        return diag_report(graph->diags, E204, at, "Cannot set an empty vocabulary. Received: vocabulary=%s",
                           value_text(graph->arena, attrs->vocabulary));
    const Entry *entries = sorted_entries(graph->arena, &v);
    for (size_t i = 0; i < v.count; i++) {
        if (i > 0 && entries[i].token == entries[i - 1].token)
            return diag_report(
                graph->diags, E204, at,
                "The passed vocabulary has at least one repeated term. Please uniquify your dataset. "
                "The repeated terms are: [%lld]",
                (long long)entries[i].token);
        if (attrs->invert && entries[i].token == attrs->oov_token)
            return diag_report(graph->diags, E204, at,
                               "Found reserved OOV token at unexpected location in `vocabulary`. Received: "
                               "oov_token=%lld",
                               (long long)attrs->oov_token);
        if (v.masked && entries[i].token == v.mask)
            return diag_report(graph->diags, E204, at,
                               "Found reserved mask token at unexpected location in `vocabulary`. Received: "
                               "mask_token=%lld",
                               (long long)v.mask);
    }
    const int64_t size = v.token_start + (int64_t)v.count;
    if (attrs->max_tokens == PARAM_INT_NONE || size <= attrs->max_tokens) return true;
    return diag_report(
        graph->diags, E204, at,
        "Attempted to set a vocabulary larger than the maximum vocab size. Received vocabulary size "
        "is %lld; `max_tokens` is %lld",
        (long long)size, (long long)attrs->max_tokens);
}

static bool validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    const LookupAttrs *attrs = layer->attrs;
    const LayerClass *class_ = layer->class_;
    if (attrs->max_tokens != PARAM_INT_NONE && attrs->max_tokens <= 1)
        return diag_report(graph->diags, E204, layer_argument_at(class_, arguments, "max_tokens"),
                           "If `max_tokens` is set for `IntegerLookup`, it must be greater than 1. Received: "
                           "max_tokens=%lld",
                           (long long)attrs->max_tokens);
    if (attrs->pad_to_max_tokens && attrs->max_tokens == PARAM_INT_NONE)
        return diag_report(graph->diags, E204, layer_argument_at(class_, arguments, "pad_to_max_tokens"),
                           "If pad_to_max_tokens is True, must set `max_tokens`. Received: max_tokens=None");
    if (attrs->num_oov_indices < 0)
        return diag_report(graph->diags, E204, layer_argument_at(class_, arguments, "num_oov_indices"),
                           "The value of `num_oov_indices` argument for `IntegerLookup` must >= 0. Received: "
                           "num_oov_indices=%lld",
                           (long long)attrs->num_oov_indices);
    if (attrs->invert && attrs->output_mode != MODE_INT)
        return diag_report(graph->diags, E204, layer_argument_at(class_, arguments, "invert"),
                           "`output_mode` must be `'int'` when `invert` is true. Received: output_mode=%s",
                           CATEGORY_MODES[attrs->output_mode]);
    if (attrs->sparse && attrs->output_mode == MODE_INT)
        return diag_report(
            graph->diags, E204, layer_argument_at(class_, arguments, "sparse"),
            "`sparse` may only be true if `output_mode` is `'one_hot'`, `'multi_hot'`, `'count'` or "
            "`'tf_idf'`. Received: sparse=True and output_mode=int");
    if (attrs->output_mode != MODE_TF_IDF && !value_is_none(attrs->idf_weights))
        return diag_report(graph->diags, E204, layer_argument_at(class_, arguments, "idf_weights"),
                           "`idf_weights` should only be set if `output_mode` is `'tf_idf'`. Received: "
                           "idf_weights=%s and output_mode=%s",
                           value_text(graph->arena, attrs->idf_weights), CATEGORY_MODES[attrs->output_mode]);
    if (!value_is_none(attrs->salt) && attrs->oov_method == 0)
        return diag_report(
            graph->diags, E204, layer_argument_at(class_, arguments, "salt"),
            "`salt` can only be used when `oov_method='farmhash'`. Received: oov_method=floormod");
    if (attrs->output_mode == MODE_TF_IDF && !value_is_none(attrs->vocabulary) &&
        value_is_none(attrs->idf_weights))
        return diag_report(
            graph->diags, E204, arguments->call,
            "When specifying the `vocabulary` argument, in TF-IDF output mode, the `idf_weights` "
            "argument must also be provided");
    return check_vocabulary(graph, attrs, layer_argument_at(class_, arguments, "vocabulary"));
}

static bool infer(LayerCall *call) {
    const LookupAttrs *attrs = call->layer->attrs;
    Shape *shape = &call->output_shapes[0];
    Vocabulary v;
    if (attrs->output_mode == MODE_INT) return call->output_dtypes[0] = DTYPE_INT64, true;
    (void)read_vocabulary(call->graph->arena, attrs, &v);
    *shape = call->inputs[0]->shape;
    const bool one = shape->rank > 1 && shape->dim[shape->rank - 1] == 1;
    if ((attrs->output_mode != MODE_ONE_HOT || one) && shape->rank > 0) shape->rank--;
    if (shape->rank < SHAPE_MAX_RANK) shape->dim[shape->rank++] = depth_of(attrs, &v);
    return true;
}

/* ---- lowering ---- */

static Op *int64(Lowering *l, const Node *node, int64_t value) {
    int64_t *data = ARENA_NEW(l->ir->arena, int64_t);
    *data = value;
    return ir_reshape(l, node, category_table(l, node, data, 1), &(Shape){.rank = 0});
}

/* values[i] where x is keys[i], else `missing`; where that is NULL, an index out of range. */
static Op *look_up(Lowering *l, const Node *node, Op *x, const int64_t *keys, const int64_t *values,
                   size_t count, const int64_t *missing) {
    Op *place = ir_category(l, node, CATEGORY_FIND, x, category_table(l, node, keys, count));
    Op *absent = ir_binary(l, node, BIN_LT, place, int64(l, node, 0));
    Op *row = ir_select(l, node, absent, int64(l, node, (int64_t)count), place);
    int64_t *table = ARENA_ARRAY(l->ir->arena, int64_t, count + 1);
    memcpy(table, values, count * sizeof *table);
    if (missing) table[count] = *missing;
    return ir_gather(l, node, category_table(l, node, table, count + (missing ? 1 : 0)), row);
}

/* The place of what is not in the vocabulary, where there is more than one for that. */
static Op *unknown_place(Lowering *l, const Node *node, Op *x, const LookupAttrs *attrs,
                         const Vocabulary *v) {
    Op *place;
    if (attrs->oov_method == 0) {
        place = ir_binary(l, node, BIN_MOD, x, int64(l, node, attrs->num_oov_indices));
    } else {
        int64_t *p = ARENA_ARRAY(l->ir->arena, int64_t, 4);
        p[0] = attrs->num_oov_indices;
        place = ir_category(l, node, CATEGORY_HASH, x, category_table(l, node, p, 4));
    }
    return ir_binary(l, node, BIN_ADD, place, int64(l, node, v->oov_start));
}

static Op *lower_places(Lowering *l, const Node *node, Op *x, const LookupAttrs *attrs, const Vocabulary *v) {
    const Entry *entries = sorted_entries(l->ir->arena, v);
    int64_t *keys = ARENA_ARRAY(l->ir->arena, int64_t, v->count),
            *places = ARENA_ARRAY(l->ir->arena, int64_t, v->count);
    for (size_t i = 0; i < v->count; i++) {
        keys[i] = entries[i].token;
        places[i] = entries[i].place;
    }
    const int64_t missing = attrs->num_oov_indices == 1 ? v->oov_start : -1;
    Op *known = x;
    if (attrs->num_oov_indices == 0 && v->masked) { /* the mask needs no place in the vocabulary */
        Op *masked = ir_binary(l, node, BIN_EQ, x, int64(l, node, v->mask));
        known = ir_select(l, node, masked, int64(l, node, keys[0]), x);
    }
    Op *y = look_up(l, node, known, keys, places, v->count, attrs->num_oov_indices ? &missing : NULL);
    if (attrs->num_oov_indices <= 1) return y;
    Op *absent = ir_binary(l, node, BIN_LT, y, int64(l, node, 0));
    return ir_select(l, node, absent, unknown_place(l, node, x, attrs, v), y);
}

static Op *lower_tokens(Lowering *l, const Node *node, Op *x, const LookupAttrs *attrs, const Vocabulary *v) {
    int64_t *keys = ARENA_ARRAY(l->ir->arena, int64_t, v->count);
    for (size_t i = 0; i < v->count; i++) keys[i] = v->token_start + (int64_t)i;
    return look_up(l, node, x, keys, v->tokens, v->count, &attrs->oov_token);
}

/* Counts times weights; what is not in the vocabulary weighs the mean, padding nothing. */
static bool weigh(Lowering *l, const Node *node, const LookupAttrs *attrs, const Vocabulary *v, Op **y) {
    double *given, mean = 0;
    size_t count;
    if (!category_numbers(l->ir->arena, attrs->idf_weights, &given, &count) || count != v->count)
        return lower_unsupported(l, node, "`idf_weights` is no list of one number for each token");
    const Shape shape = {1, {depth_of(attrs, v)}};
    double *weights = ARENA_ARRAY(l->ir->arena, double, (size_t)shape.dim[0]);
    for (size_t i = 0; i < count; i++) mean += given[i] / (double)count;
    for (int64_t i = 0; i < v->token_start; i++) weights[i] = mean;
    for (size_t i = 0; i < count; i++) weights[(size_t)v->token_start + i] = given[i];
    Op *table = ir_constant(l, node, node->layer->name, &shape, DTYPE_FLOAT64, weights);
    *y = ir_binary(l, node, BIN_MUL, *y, ir_cast(l, node, table, (*y)->dtype));
    return true;
}

static bool lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    const LookupAttrs *attrs = node->layer->attrs;
    Vocabulary v;
    if (!read_vocabulary(l->ir->arena, attrs, &v) || v.count == 0)
        return diag_report(l->ir->diags, E297, node->at,
                           "layer \"%s\" has no vocabulary: Lamina does not run adapt(); pass `vocabulary`",
                           node->layer->name);
    if (!category_no_sparse(l, node, attrs->sparse)) return false;
    Op *x = ir_cast(l, node, inputs[0], DTYPE_INT64);
    Op *y = attrs->invert ? lower_tokens(l, node, x, attrs, &v) : lower_places(l, node, x, attrs, &v);
    if (v.masked) {
        const int64_t key = attrs->invert ? 0 : v.mask;
        const int64_t dropped = attrs->invert ? v.mask : attrs->output_mode == MODE_INT ? 0 : INT64_MAX;
        Op *masked = ir_binary(l, node, BIN_EQ, x, int64(l, node, key));
        y = ir_select(l, node, masked, int64(l, node, dropped), y);
    }
    const bool weighed = attrs->output_mode == MODE_TF_IDF;
    const OutputMode mode = weighed ? MODE_COUNT : (OutputMode)attrs->output_mode;
    return category_encode(l, node, y, NULL, mode, depth_of(attrs, &v), &outputs[0]) &&
           (!weighed || weigh(l, node, attrs, &v, &outputs[0]));
}

const LayerClass LAYER_CLASS_INTEGER_LOOKUP = {.name = "IntegerLookup",
                                               .module = "keras.layers",
                                               .about = "integers to places in a vocabulary, or back",
                                               .params = PARAMS,
                                               .attrs_size = sizeof(LookupAttrs),
                                               .flags = LAYER_NO_AUTOCAST,
                                               .validate = validate,
                                               .infer = infer,
                                               .lower = lower};

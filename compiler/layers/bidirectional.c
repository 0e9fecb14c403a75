/* Bidirectional: a recurrent layer over the steps in both directions. Keras: layers/rnn/bidirectional.py.
 *
 * Two copies of the layer are its sublayers; the copy named backward_... starts at the last step, and its
 * outputs are written in the order of time (RnnRun.flip).
 */
#include <string.h>

#include "base/text.h"
#include "layers/recurrent.h"

typedef enum MergeMode { MERGE_CONCAT, MERGE_SUM, MERGE_MUL, MERGE_AVE, MERGE_NONE } MergeMode;

typedef struct BidirectionalAttrs {
    Value layer, merge_mode, weights, backward_layer;
    MergeMode mode;
} BidirectionalAttrs;

static const ParamSpec bidirectional_params[] = {
    {FIELD(BidirectionalAttrs, layer), .kind = PARAM_VALUE, .required = true,
     .about = "SimpleRNN, GRU, LSTM, RNN or ConvLSTM1D, 2D, 3D"},
    {FIELD(BidirectionalAttrs, merge_mode), .kind = PARAM_VALUE, .fallback = "'concat'",
     .about = "concat, sum, mul, ave or None"},
    {FIELD(BidirectionalAttrs, weights), .kind = PARAM_VALUE, .fallback = "None",
     .about = "no effect: see -w"},
    {FIELD(BidirectionalAttrs, backward_layer), .kind = PARAM_VALUE, .fallback = "None",
     .about = "the layer for the other direction"},
    {0},
};

static Layer *forward_of(const Layer *layer) {
    return layer->sublayers[0];
}
static Layer *backward_of(const Layer *layer) {
    return layer->sublayers[1];
}
static RnnAttrs *attrs_of(const Layer *layer) {
    return layer->attrs;
}

/* ---- construction ---- */

static bool take_mode(Graph *graph, Layer *layer, const Arguments *arguments) {
    static const char *const names[] = {"concat", "sum", "mul", "ave", NULL};
    BidirectionalAttrs *attrs = layer->attrs;
    const char *text = value_c_str(attrs->merge_mode);
    attrs->mode = MERGE_NONE;
    if (value_is_none(attrs->merge_mode)) return true;
    for (int i = 0; names[i]; i++)
        if (text && strcmp(text, names[i]) == 0) return attrs->mode = (MergeMode)i, true;
    const SourceRange at = layer_argument_at(layer->class_, arguments, "merge_mode");
    diag_report(graph->diags, E204, at,
                "Invalid merge mode. Received: %s. Merge mode should be one of {\"sum\", \"mul\", \"ave\", "
                "\"concat\", None}",
                value_text(graph->arena, attrs->merge_mode));
    diag_suggest(graph->diags, at, text, text ? text_nearest(text, names, 4) : NULL);
    return false;
}

static bool take_layer(Graph *graph, Value value, SourceRange at, const char *what, Layer **out) {
    if (value.kind != VALUE_LAYER)
        return diag_report(graph->diags, E287, at, "%s. Received: %s", what, value_text(graph->arena, value));
    *out = value.as.layer;
    if (rnn_is_layer(*out) || conv_lstm_is(*out) || (*out)->opaque) return true;
    if ((*out)->class_->params == LAYER_CLASS_RNN.params)
        return diag_report(
            graph->diags, E287, at,
            "Bidirectional makes two copies of \"%s\", whose cell is of a class of the file: it "
            "cannot be copied; call one RNN forwards and one with go_backwards=True",
            (*out)->name);
    return diag_report(graph->diags, E287, at,
                       "Bidirectional wraps SimpleRNN, GRU, LSTM, RNN and ConvLSTM, and \"%s\" is of type %s",
                       (*out)->name, (*out)->class_->name);
}

/* A copy of a cell and of what is in it, without weights. */
static Layer *copy_cell(Graph *graph, const Layer *cell, SourceRange at) {
    Layer *copy = rnn_own_cell(graph, cell, cell->class_, cell->name, at);
    Layer **inner = ARENA_ARRAY(graph->arena, Layer *, cell->n_sublayers + 1);
    for (size_t i = 0; i < cell->n_sublayers; i++) inner[i] = copy_cell(graph, cell->sublayers[i], at);
    rnn_set_sublayers(graph, copy, inner, cell->sublayer_names, cell->n_sublayers);
    return copy;
}

/* As Keras makes it from the layer's configuration. */
static Layer *copy_layer(Graph *graph, const Layer *layer, const char *prefix, SourceRange at) {
    const size_t length = strlen(prefix);
    const char *rest = strncmp(layer->name, prefix, length) == 0 ? layer->name + length : layer->name;
    Layer *copy = copy_cell(graph, layer, at);
    copy->name = arena_printf(graph->arena, "%s%s", prefix, rest);
    return copy;
}

static bool check_directions(Graph *graph, const Layer *forward, const Layer *backward, SourceRange at) {
    const RnnAttrs *f = forward->attrs, *b = backward->attrs;
    const struct {
        const char *name;
        bool forward, backward;
    } common[] = {{"stateful", f->stateful, b->stateful},
                  {"return_sequences", f->return_sequences, b->return_sequences},
                  {"return_state", f->return_state, b->return_state}};
    if (f->go_backwards == b->go_backwards)
        return diag_report(
            graph->diags, E204, at,
            "Forward layer and backward layer should have different `go_backwards` value. Received: "
            "forward_layer.go_backwards %s, backward_layer.go_backwards=%s",
            f->go_backwards ? "True" : "False", b->go_backwards ? "True" : "False");
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++) {
        if (common[i].forward == common[i].backward) continue;
        return diag_report(
            graph->diags, E204, at,
            "Forward layer and backward layer are expected to have the same value for attribute "
            "\"%s\", got \"%s\" for forward layer and \"%s\" for backward layer",
            common[i].name, common[i].forward ? "True" : "False", common[i].backward ? "True" : "False");
    }
    return true;
}

static bool validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    const BidirectionalAttrs *attrs = layer->attrs;
    const SourceRange at = layer_argument_at(layer->class_, arguments, "layer");
    const SourceRange other = layer_argument_at(layer->class_, arguments, "backward_layer");
    Layer *given = NULL, *backward = NULL;
    if (!take_layer(graph, attrs->layer, at,
                    "Please initialize `Bidirectional` layer with a `keras.layers.Layer` instance", &given))
        return false;
    if (!value_is_none(attrs->backward_layer) &&
        !take_layer(graph, attrs->backward_layer, other,
                    "`backward_layer` need to be a `keras.layers.Layer` instance", &backward))
        return false;
    if (!take_mode(graph, layer, arguments)) return false;
    layer->opaque = given->opaque ? given->opaque : backward ? backward->opaque : layer->opaque;
    if (layer->opaque) return true;
    Layer *forward = copy_layer(graph, given, "forward_", arguments->call);
    if (!backward) {
        backward = copy_layer(graph, given, "backward_", arguments->call);
        attrs_of(backward)->go_backwards = true;
    }
    if (!check_directions(graph, forward, backward, arguments->call)) return false;
    attrs_of(forward)->zero_output_for_mask = attrs_of(forward)->return_sequences;
    attrs_of(backward)->zero_output_for_mask = attrs_of(backward)->return_sequences;
    rnn_set_sublayers(graph, layer, (Layer *const[]){forward, backward},
                      (const char *const[]){"forward_layer", "backward_layer"}, 2);
    return true;
}

/* ---- one direction ---- */

static size_t count_states(const Layer *layer) {
    return conv_lstm_is(layer) ? 2 : rnn_state_count(layer);
}

static int input_rank(const Layer *layer) {
    return conv_lstm_is(layer) ? conv_lstm_rank(layer) : 3;
}

static bool build_direction(LayerCall *call, Layer *layer) {
    layer->built = true;
    return conv_lstm_is(layer) ? conv_lstm_build(call, layer)
                               : rnn_build(call, layer, &call->inputs[0]->shape);
}

static size_t direction_shapes(LayerCall *call, const Layer *layer, Shape *out) {
    return conv_lstm_is(layer) ? conv_lstm_output_shapes(call, layer, out)
                               : rnn_output_shapes(layer, &call->inputs[0]->shape, out);
}

/* The shapes of the states from out[1] on; their count. */
static size_t direction_states(LayerCall *call, const Layer *layer, Shape *out) {
    if (conv_lstm_is(layer)) return conv_lstm_output_shapes(call, layer, out) ? 2 : 0;
    RnnAttrs with_state = *attrs_of(layer);
    with_state.return_state = true;
    Layer probe = *layer;
    probe.attrs = &with_state;
    return rnn_output_shapes(&probe, &call->inputs[0]->shape, out) - 1;
}

static bool lower_direction(Lowering *l, const Node *node, const Layer *layer, const RnnRun *run,
                            RnnResult *out) {
    return conv_lstm_is(layer) ? conv_lstm_lower(l, node, layer, run, out)
                               : rnn_lower(l, node, layer, run, out);
}

/* ---- a call ---- */

static bool accept(LayerCall *call) {
    const Layer *forward = forward_of(call->layer), *backward = backward_of(call->layer);
    const int axis = conv_lstm_is(forward) ? conv_lstm_channels(forward) : 2;
    if (!layer_expect_rank(call, 0, input_rank(forward)) || !layer_expect_rank(call, 0, input_rank(backward)))
        return false;
    if (call->layer->built && !layer_expect_axis(call, 0, axis, call->layer->built_shapes[0].dim[axis]))
        return false;
    return rnn_check_call(call, forward, count_states(forward) + count_states(backward));
}

static bool build(LayerCall *call) {
    Graph *graph = call->graph;
    const char *outer = graph->name_scope;
    graph->name_scope = arena_printf(graph->arena, "%s%s/", outer ? outer : "", call->layer->name);
    const bool ok =
        build_direction(call, forward_of(call->layer)) && build_direction(call, backward_of(call->layer));
    graph->name_scope = outer;
    return ok;
}

static bool check_states(LayerCall *call) {
    const Argument *states = layer_call_argument(call, "initial_state");
    size_t input = 1;
    if (!states || value_is_none(states->value)) return true;
    for (int direction = 0; direction < 2; direction++) {
        Shape shapes[RNN_MAX_STATES + 1];
        const size_t count = direction_states(call, call->layer->sublayers[direction], shapes);
        for (size_t i = 1; i <= count; i++, input++)
            if (!shape_compatible(&shapes[i], &call->inputs[input]->shape))
                return diag_report(call->graph->diags, E264, states->at,
                                   "initial state %zu of layer \"%s\" must have shape %s, not %s", input - 1,
                                   call->layer->name, shape_text(call->graph->arena, &shapes[i]),
                                   shape_text(call->graph->arena, &call->inputs[input]->shape));
    }
    return true;
}

static bool infer(LayerCall *call) {
    const BidirectionalAttrs *attrs = call->layer->attrs;
    Shape forward[RNN_MAX_STATES + 1], backward[RNN_MAX_STATES + 1];
    const size_t n = direction_shapes(call, forward_of(call->layer), forward);
    const size_t m = n ? direction_shapes(call, backward_of(call->layer), backward) : 0;
    size_t count = 0;
    if (!m) return false;
    if (n + m > LAYER_MAX_OUTPUTS)
        return diag_report(call->graph->diags, E289, call->at, "layer \"%s\" gives more than %d tensors",
                           call->layer->name, LAYER_MAX_OUTPUTS);
    const int last = forward[0].rank - 1;
    if (attrs->mode == MERGE_CONCAT) forward[0].dim[last] += backward[0].dim[last];
    if (attrs->mode != MERGE_CONCAT && attrs->mode != MERGE_NONE &&
        !shape_compatible(&forward[0], &backward[0]))
        return diag_report(
            call->graph->diags, E288, call->at,
            "the directions of layer \"%s\" cannot be merged: their outputs have shapes %s and %s",
            call->layer->name, shape_text(call->graph->arena, &forward[0]),
            shape_text(call->graph->arena, &backward[0]));
    call->output_shapes[count++] = forward[0];
    if (attrs->mode == MERGE_NONE) call->output_shapes[count++] = backward[0];
    for (size_t i = 1; i < n; i++) call->output_shapes[count++] = forward[i];
    for (size_t i = 1; i < m; i++) call->output_shapes[count++] = backward[i];
    call->n_outputs = count;
    return check_states(call);
}

static void mask(MaskCall *call) {
    const BidirectionalAttrs *attrs = call->layer->attrs;
    if (!attrs_of(forward_of(call->layer))->return_sequences) return;
    call->out[0] = call->previous[0];
    if (attrs->mode == MERGE_NONE) call->out[1] = call->previous[0];
}

/* ---- lowering ---- */

static Op *merge(Lowering *l, const Node *node, MergeMode mode, Op *a, Op *b) {
    const DType dtype = node->layer->compute_dtype;
    a = ir_cast(l, node, a, dtype);
    b = ir_cast(l, node, b, dtype);
    if (mode == MERGE_CONCAT) return ir_concat(l, node, (Op *const[]){a, b}, 2, a->shape.rank - 1);
    if (mode == MERGE_MUL) return ir_binary(l, node, BIN_MUL, a, b);
    Op *sum = ir_binary(l, node, BIN_ADD, a, b);
    return mode == MERGE_AVE ? ir_binary(l, node, BIN_DIV, sum, lower_scalar(l, node, dtype, 2)) : sum;
}

static bool lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    const BidirectionalAttrs *attrs = node->layer->attrs;
    const Layer *forward = forward_of(node->layer), *backward = backward_of(node->layer);
    const bool states = lower_argument(node, inputs, "initial_state") != NULL;
    RnnResult ahead, back;
    RnnRun run = {.x = inputs[0],
                  .mask = conv_lstm_is(forward) ? lower_mask(l, node, inputs)
                                                : rnn_mask(l, node, lower_mask(l, node, inputs)),
                  .initial = states ? inputs + 1 : NULL};
    if (!lower_direction(l, node, forward, &run, &ahead)) return false;
    if (states) run.initial += count_states(forward);
    run.flip = true;
    if (!lower_direction(l, node, backward, &run, &back)) return false;
    size_t n = 0;
    if (attrs->mode == MERGE_NONE) {
        outputs[n++] = ahead.output;
        outputs[n++] = back.output;
    } else {
        outputs[n++] = merge(l, node, attrs->mode, ahead.output, back.output);
    }
    for (size_t i = 0; n < node->n_outputs && i < ahead.n_states; i++) outputs[n++] = ahead.states[i];
    for (size_t i = 0; n < node->n_outputs && i < back.n_states; i++) outputs[n++] = back.states[i];
    return !l->ir->broken;
}

const LayerClass LAYER_CLASS_BIDIRECTIONAL = {
    .name = "Bidirectional",
    .module = "keras.layers",
    .about = "a recurrent layer in both directions",
    .params = bidirectional_params,
    .attrs_size = sizeof(BidirectionalAttrs),
    .flags = LAYER_SUPPORTS_MASKING,
    .validate = validate,
    .accept = accept,
    .build = build,
    .infer = infer,
    .lower = lower,
    .mask = mask,
    .result = layer_result_tuple,
    .call_params = RNN_CALL_PARAMS,
};

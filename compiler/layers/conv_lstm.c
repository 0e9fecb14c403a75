/* ConvLSTM1D, ConvLSTM2D and ConvLSTM3D: LSTM whose products are convolutions. Keras:
 * layers/rnn/conv_lstm.py.
 *
 * Lowered step by step. Inside, channels are last and a row of steps is an image of height 1.
 */
#include <string.h>

#include "layers/recurrent.h"
#include "layers/spatial.h"

enum { MOST_STEPS = 1024, GATES = 4 };

typedef struct ConvLstmAttrs {
    RnnAttrs rnn; /* first: what recurrent layers share reads it */
    int64_t filters;
    ParamInts kernel_size, strides, dilation_rate;
    int padding, data_format;
} ConvLstmAttrs;

#define CONV_LSTM_PARAMS(rank_, one)                                                                         \
    {FIELD(ConvLstmAttrs, filters), .kind = PARAM_INT, .required = true, .min = 1,                           \
     .about = "output channels"},                                                                            \
        {FIELD(ConvLstmAttrs, kernel_size), .kind = PARAM_INTS, .rank = rank_, .required = true, .min = 1},  \
        {FIELD(ConvLstmAttrs, strides), .kind = PARAM_INTS, .rank = rank_, .fallback = one, .min = 1},       \
        {FIELD(ConvLstmAttrs, padding), .kind = PARAM_CHOICE, .any_case = true, .fallback = "'valid'",       \
         .choices = SPATIAL_PADDINGS},                                                                       \
        DATA_FORMAT_PARAM(ConvLstmAttrs),                                                                    \
        {FIELD(ConvLstmAttrs, dilation_rate), .kind = PARAM_INTS, .rank = rank_, .fallback = one, .min = 1}, \
        RNN_ACTIVATION_PARAM, RNN_RECURRENT_ACTIVATION_PARAM, RNN_WEIGHT_PARAMS, RNN_FORGET_PARAM,           \
        RNN_LAYER_IGNORED, RNN_DROPOUT_PARAMS, IGNORED("seed"),                                              \
        {FIELD(RnnAttrs, return_sequences), .kind = PARAM_BOOL, .fallback = "False"},                        \
        {FIELD(RnnAttrs, return_state), .kind = PARAM_BOOL, .fallback = "False"},                            \
        {FIELD(RnnAttrs, go_backwards), .kind = PARAM_BOOL, .fallback = "False"},                            \
        {FIELD(RnnAttrs, stateful), .kind = PARAM_BOOL, .fallback = "False"},                                \
        {FIELD(RnnAttrs, unroll), .kind = PARAM_BOOL, .fallback = "False", .keyword_only = true},            \
        RNN_ZERO_OUTPUT_PARAM, {                                                                             \
        0                                                                                                    \
    }

static const ParamSpec params_1d[] = {CONV_LSTM_PARAMS(1, "1")};
static const ParamSpec params_2d[] = {CONV_LSTM_PARAMS(2, "(1, 1)")};
static const ParamSpec params_3d[] = {CONV_LSTM_PARAMS(3, "(1, 1, 1)")};

static const LayerClass cell_class = {
    .name = "ConvLSTMCell", .module = "keras.layers", .attrs_size = sizeof(ConvLstmAttrs)};

static bool validate(Graph *graph, Layer *layer, const Arguments *arguments) {
    ConvLstmAttrs *attrs = layer->attrs;
    layer_data_format(graph, &attrs->data_format);
    bool strided = false, dilated = false;
    for (int i = 0; i < attrs->kernel_size.count; i++) {
        strided |= attrs->strides.at[i] > 1;
        dilated |= attrs->dilation_rate.at[i] > 1;
    }
    if (strided && dilated)
        return diag_report(
            graph->diags, E282, layer_argument_at(layer->class_, arguments, "dilation_rate"),
            "Specifying `strides > 1` is not compatible with `dilation_rate > 1`. Please provide "
            "`strides=1` or `dilation_rate=1`");
    Layer *cell = rnn_own_cell(graph, layer, &cell_class, "conv_lstm_cell", arguments->call);
    rnn_set_sublayers(graph, layer, &cell, (const char *const[]){"cell"}, 1);
    return true;
}

/* ---- shapes ---- */

static Shape step_shape(const Shape *sequence) {
    Shape step = {sequence->rank - 1, {sequence->dim[0]}};
    for (int i = 2; i < sequence->rank; i++) step.dim[i - 1] = sequence->dim[i];
    return step;
}

static int channel_axis(const ConvLstmAttrs *attrs, const Shape *sequence) {
    const Shape step = step_shape(sequence);
    return spatial_channel_axis(&step, attrs->data_format) + 1;
}

static void windows_of(const ConvLstmAttrs *attrs, Window *windows) {
    spatial_windows(&attrs->kernel_size, &attrs->strides, &attrs->dilation_rate, attrs->padding, windows);
}

/* The shape of a state; false after reporting. */
static bool state_shape(LayerCall *call, const Layer *layer, Shape *out) {
    const ConvLstmAttrs *attrs = layer->attrs;
    const Shape step = step_shape(&call->inputs[0]->shape);
    Shape last = spatial_last(&step, attrs->data_format);
    Window windows[SPATIAL_MAX];
    windows_of(attrs, windows);
    for (int i = 0; i < attrs->kernel_size.count; i++) {
        last.dim[i + 1] = window_output(&windows[i], last.dim[i + 1]);
        if (last.dim[i + 1] == DIM_UNKNOWN || last.dim[i + 1] > 0) continue;
        return diag_report(
            call->graph->diags, E280, call->at,
            "nothing is left of a spatial axis: layer \"%s\" has kernel_size %lld along it, and its "
            "input has shape %s",
            layer->name, (long long)attrs->kernel_size.at[i],
            shape_text(call->graph->arena, &call->inputs[0]->shape));
    }
    last.dim[last.rank - 1] = attrs->filters;
    *out = spatial_as(&last, attrs->data_format);
    return true;
}

bool conv_lstm_is(const Layer *layer) {
    return layer->class_ == &LAYER_CLASS_CONV_LSTM1D || layer->class_ == &LAYER_CLASS_CONV_LSTM2D ||
           layer->class_ == &LAYER_CLASS_CONV_LSTM3D;
}

int conv_lstm_rank(const Layer *layer) {
    return ((const ConvLstmAttrs *)layer->attrs)->kernel_size.count + 3;
}

int conv_lstm_channels(const Layer *layer) {
    const Shape sequence = {.rank = conv_lstm_rank(layer)};
    return channel_axis(layer->attrs, &sequence);
}

static bool accept(LayerCall *call) {
    const ConvLstmAttrs *attrs = call->layer->attrs;
    const Layer *cell = call->layer->sublayers[0];
    if (!layer_expect_rank(call, 0, conv_lstm_rank(call->layer))) return false;
    if (cell->built && !layer_expect_axis(call, 0, conv_lstm_channels(call->layer),
                                          cell->weights.at[0]->shape.dim[attrs->kernel_size.count]))
        return false;
    return rnn_check_call(call, call->layer, 2);
}

static bool check_static(LayerCall *call) {
    const Shape *input = &call->inputs[0]->shape;
    for (int i = 2; i < input->rank; i++)
        if (input->dim[i] == DIM_UNKNOWN)
            return diag_report(
                call->graph->diags, E288, call->at,
                "ConvLSTM layers only support static input shapes for the spatial dimension. Received "
                "invalid input shape: input_shape=%s",
                shape_text(call->graph->arena, input));
    return true;
}

bool conv_lstm_build(LayerCall *call, Layer *layer) {
    Graph *graph = call->graph;
    const ConvLstmAttrs *attrs = layer->attrs;
    Layer *cell = layer->sublayers[0];
    const int rank = attrs->kernel_size.count;
    const Shape *input = &call->inputs[0]->shape;
    if (!check_static(call)) return false;
    Shape kernel = {.rank = rank + 2}, recurrent;
    for (int i = 0; i < rank; i++) kernel.dim[i] = attrs->kernel_size.at[i];
    kernel.dim[rank + 1] = GATES * attrs->filters;
    recurrent = kernel;
    kernel.dim[rank] = input->dim[channel_axis(attrs, input)];
    recurrent.dim[rank] = attrs->filters;
    const Shape bias = {1, {GATES * attrs->filters}};
    Initializer initializer = attrs->rnn.bias_initializer;
    if (attrs->rnn.unit_forget_bias) {
        initializer.ones_begin = attrs->filters;
        initializer.ones_end = 2 * attrs->filters;
    }
    const char *outer = graph->name_scope;
    graph->name_scope = arena_printf(graph->arena, "%s%s/", outer ? outer : "", layer->name);
    const DType dtype = cell->variable_dtype;
    graph_add_weight(graph, cell, "kernel", &kernel, dtype, true, attrs->rnn.kernel_initializer);
    graph_add_weight(graph, cell, "recurrent_kernel", &recurrent, dtype, true,
                     attrs->rnn.recurrent_initializer);
    if (attrs->rnn.use_bias) graph_add_weight(graph, cell, "bias", &bias, dtype, true, initializer);
    graph->name_scope = outer;
    return cell->built = true;
}

static bool build(LayerCall *call) {
    return conv_lstm_build(call, call->layer);
}

/* A mask of the steps may go on with axes of the state, as Keras has them: it then says of each pixel whether
 * it is real. */
static bool check_mask(LayerCall *call, const ConvLstmAttrs *attrs, const Shape *state) {
    const Argument *argument = layer_call_argument(call, "mask");
    if (!argument || argument->value.kind != VALUE_TENSOR) return true;
    const Shape *mask = &argument->value.as.tensor->shape, *input = &call->inputs[0]->shape;
    bool fits =
        mask->rank >= 2 && mask->rank <= state->rank + 1 &&
        (mask->dim[1] == input->dim[1] || mask->dim[1] == DIM_UNKNOWN || input->dim[1] == DIM_UNKNOWN);
    for (int i = 2; fits && i < mask->rank; i++)
        fits = mask->dim[i] == 1 || (mask->dim[i] == state->dim[i - 1] && !attrs->rnn.unroll);
    if (fits) return true;
    Arena *arena = call->graph->arena;
    return diag_report(call->graph->diags, E263, argument->at,
                       "the mask of layer \"%s\" must have shape (batch, steps) or, unless it is unrolled, "
                       "go on with axes of "
                       "its state. Received: mask.shape=%s, state.shape=%s, sequence.shape=%s",
                       call->layer->name, shape_text(arena, mask), shape_text(arena, state),
                       shape_text(arena, input));
}

size_t conv_lstm_output_shapes(LayerCall *call, const Layer *layer, Shape *out) {
    const ConvLstmAttrs *attrs = layer->attrs;
    Shape state;
    if (!state_shape(call, layer, &state) || !check_mask(call, attrs, &state)) return 0;
    Shape sequence = {state.rank + 1, {state.dim[0], call->inputs[0]->shape.dim[1]}};
    for (int i = 1; i < state.rank; i++) sequence.dim[i + 1] = state.dim[i];
    out[0] = attrs->rnn.return_sequences ? sequence : state;
    out[1] = out[2] = state;
    return attrs->rnn.return_state ? 3 : 1;
}

static bool infer(LayerCall *call) {
    call->n_outputs = conv_lstm_output_shapes(call, call->layer, call->output_shapes);
    if (!call->n_outputs) return false;
    const Shape state = call->output_shapes[1];
    const Argument *states = layer_call_argument(call, "initial_state");
    for (size_t i = 1; states && !value_is_none(states->value) && i <= 2; i++)
        if (!shape_compatible(&state, &call->inputs[i]->shape))
            return diag_report(call->graph->diags, E264, states->at,
                               "initial state %zu of layer \"%s\" must have shape %s, not %s", i - 1,
                               call->layer->name, shape_text(call->graph->arena, &state),
                               shape_text(call->graph->arena, &call->inputs[i]->shape));
    return true;
}

static void mask(MaskCall *call) {
    const ConvLstmAttrs *attrs = call->layer->attrs;
    if (attrs->rnn.return_sequences) call->out[0] = call->previous[0];
}

/* ---- lowering ---- */

typedef struct Conv {
    Lowering *l;
    const Node *node;
    const Layer *layer; /* the node's own, or one in it */
    const ConvLstmAttrs *attrs;
    int axes;                  /* spatial ones inside: 2 or 3 */
    Op *kernel, *inner, *bias; /* of the inputs, of the state */
    Op *h, *c, *last;          /* [batch][spatial...][filters]; NULL before the first step: zeros */
} Conv;

static Op *kernel_of(Conv *v, size_t index) {
    const Layer *cell = v->layer->sublayers[0];
    Op *kernel = ir_cast(v->l, v->node, ir_weight(v->l, cell->weights.at[index]), v->layer->compute_dtype);
    if (kernel->shape.rank == v->axes + 2 || index == 2) return kernel;
    const Shape flat = {4, {1, kernel->shape.dim[0], kernel->shape.dim[1], kernel->shape.dim[2]}};
    return ir_reshape(v->l, v->node, kernel, &flat);
}

static Op *convolve(Conv *v, Op *x, Op *kernel, Op *bias, const Window *windows) {
    if (v->axes == 2) {
        const Conv2dAttrs conv = spatial_conv_attrs(windows, x, 1);
        return ir_conv2d(v->l, v->node, x, kernel, bias, &conv);
    }
    Conv3dAttrs conv = {.groups = 1};
    for (int i = 0; i < 3; i++) {
        conv.stride[i] = windows[i].stride;
        conv.dilation[i] = windows[i].dilation;
    }
    spatial_pads(windows, 3, x, conv.pad);
    return ir_conv3d(v->l, v->node, x, kernel, bias, &conv);
}

static Op *gate(Conv *v, Op *z, int64_t index) {
    const int64_t n = v->attrs->filters;
    return ir_slice_axis(v->l, v->node, z, z->shape.rank - 1, index * n, n);
}

static Op *binary(Conv *v, BinaryFunction function, Op *a, Op *b) {
    return ir_binary(v->l, v->node, function, a, b);
}
static Op *activate(Conv *v, Op *x) {
    return activation_lower(v->l, v->node, &v->attrs->rnn.activation, x);
}
static Op *activate_gate(Conv *v, Op *x) {
    return activation_lower(v->l, v->node, &v->attrs->rnn.recurrent_activation, x);
}

static Op *zeros_like(Conv *v, const Op *x) {
    return ir_broadcast(v->l, v->node, lower_scalar(v->l, v->node, x->dtype, 0), &x->shape);
}

/* The mask of a step, with an axis for each of the state's, where the state has them inside. */
static Op *mask_at(Conv *v, Op *mask, int64_t step) {
    if (!mask) return NULL;
    const int rank = v->attrs->kernel_size.count + 2; /* of the state as Keras has it */
    Shape shape = {rank, {mask->shape.dim[0], 1, 1, 1, 1}};
    for (int i = 2; i < mask->shape.rank; i++) shape.dim[i - 1] = mask->shape.dim[i];
    mask = ir_reshape(v->l, v->node, ir_slice_axis(v->l, v->node, mask, 1, step, 1), &shape);
    return spatial_enter(v->l, v->node, mask, v->attrs->data_format, v->axes);
}

static Op *choose(Conv *v, Op *condition, Op *a, Op *b) {
    return condition ? ir_select(v->l, v->node, condition, a, b ? b : zeros_like(v, a)) : a;
}

static void take_step(Conv *v, Op *x, Op *mask) {
    Window windows[SPATIAL_MAX] = {{1, 1, 1, PADDING_VALID}}, same[SPATIAL_MAX] = {{1, 1, 1, PADDING_VALID}};
    const int rank = v->attrs->kernel_size.count;
    windows_of(v->attrs, windows + v->axes - rank);
    for (int i = 0; i < rank; i++)
        same[v->axes - rank + i] = (Window){v->attrs->kernel_size.at[i], 1, 1, PADDING_SAME};
    x = spatial_enter(v->l, v->node, x, v->attrs->data_format, v->axes);
    Op *z = convolve(v, x, v->kernel, v->bias, windows);
    if (v->h) z = binary(v, BIN_ADD, z, convolve(v, v->h, v->inner, NULL, same));
    Op *c = binary(v, BIN_MUL, activate_gate(v, gate(v, z, 0)), activate(v, gate(v, z, 2)));
    if (v->c) c = binary(v, BIN_ADD, binary(v, BIN_MUL, activate_gate(v, gate(v, z, 1)), v->c), c);
    Op *h = binary(v, BIN_MUL, activate_gate(v, gate(v, z, 3)), activate(v, c));
    v->last = choose(v, mask, h, v->attrs->rnn.zero_output_for_mask ? NULL : v->last);
    v->h = choose(v, mask, h, v->h);
    v->c = choose(v, mask, c, v->c);
}

static Op *leave(Conv *v, Op *y) {
    return spatial_leave(v->l, v->node, y, v->attrs->data_format, v->attrs->kernel_size.count);
}

static bool can_lower(Lowering *l, const Node *node, const ConvLstmAttrs *attrs, int64_t steps) {
    UnaryFunction function;
    double parameter[3];
    const bool unary = activation_unary(&attrs->rnn.activation, &function, parameter) &&
                       activation_unary(&attrs->rnn.recurrent_activation, &function, parameter);
    if (!unary) return lower_unsupported(l, node, "its activations must work on each element");
    return (steps >= 1 && steps <= MOST_STEPS) ||
           lower_unsupported(l, node, "%lld steps are not taken one by one", (long long)steps);
}

/* What a stateful layer keeps, as it is inside. */
static Op *kept_state(Conv *v, size_t slot, const Op *x) {
    const Shape step = step_shape(&x->shape);
    Shape shape = spatial_last(&step, v->attrs->data_format);
    Window windows[SPATIAL_MAX];
    windows_of(v->attrs, windows);
    for (int i = 0; i < v->attrs->kernel_size.count; i++)
        shape.dim[i + 1] = window_output(&windows[i], shape.dim[i + 1]);
    shape.dim[shape.rank - 1] = v->attrs->filters;
    while (shape.rank < v->axes + 2) {
        for (int i = shape.rank; i > 1; i--) shape.dim[i] = shape.dim[i - 1];
        shape.dim[1] = 1;
        shape.rank++;
    }
    return ir_state(v->l, v->node, v->layer, slot, &shape, x->dtype);
}

static void start(Conv *v, const RnnRun *run) {
    v->kernel = kernel_of(v, 0);
    v->inner = kernel_of(v, 1);
    if (v->attrs->rnn.use_bias) v->bias = kernel_of(v, 2);
    if (v->attrs->rnn.stateful) {
        v->h = kept_state(v, 0, run->x);
        v->c = kept_state(v, 1, run->x);
    }
    if (!run->initial) return;
    v->h = spatial_enter(v->l, v->node, run->initial[0], v->attrs->data_format, v->axes);
    v->c = spatial_enter(v->l, v->node, run->initial[1], v->attrs->data_format, v->axes);
}

bool conv_lstm_lower(Lowering *l, const Node *node, const Layer *layer, const RnnRun *run, RnnResult *out) {
    const ConvLstmAttrs *attrs = layer->attrs;
    const int64_t steps = run->x->shape.dim[1];
    if (!can_lower(l, node, attrs, steps)) return false;
    Conv v = {
        .l = l, .node = node, .layer = layer, .attrs = attrs, .axes = attrs->kernel_size.count == 3 ? 3 : 2};
    start(&v, run);
    Op *mask = run->mask ? ir_cast(l, node, run->mask, DTYPE_BOOL) : NULL;
    Op **all = ARENA_ARRAY(l->ir->arena, Op *, (size_t)steps);
    for (int64_t i = 0; i < steps && !l->ir->broken; i++) {
        const int64_t time = attrs->rnn.go_backwards ? steps - 1 - i : i;
        take_step(&v, lower_step(l, node, run->x, time), mask_at(&v, mask, time));
        if (attrs->rnn.return_sequences)
            all[run->flip ? steps - 1 - i : i] = lower_as_step(l, node, leave(&v, v.last));
    }
    if (l->ir->broken) return false;
    if (attrs->rnn.stateful) {
        ir_set_state(l, layer, 0, v.h);
        ir_set_state(l, layer, 1, v.c);
    }
    *out = (RnnResult){.output = attrs->rnn.return_sequences ? ir_concat(l, node, all, (size_t)steps, 1)
                                                             : leave(&v, v.last),
                       .states = {leave(&v, v.h), leave(&v, v.c)},
                       .n_states = 2};
    return !l->ir->broken;
}

static bool lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    const RnnRun run = {.x = inputs[0],
                        .mask = lower_mask(l, node, inputs),
                        .initial = lower_argument(node, inputs, "initial_state") ? inputs + 1 : NULL};
    RnnResult result;
    if (!conv_lstm_lower(l, node, node->layer, &run, &result)) return false;
    outputs[0] = result.output;
    for (size_t i = 1; i < node->n_outputs; i++) outputs[i] = result.states[i - 1];
    return true;
}

#define CONV_LSTM(rank)                                                                                      \
    const LayerClass LAYER_CLASS_CONV_LSTM##rank##D = {.name = "ConvLSTM" #rank "D",                         \
                                                       .module = "keras.layers",                             \
                                                       .about = "LSTM with convolutions",                    \
                                                       .params = params_##rank##d,                           \
                                                       .attrs_size = sizeof(ConvLstmAttrs),                  \
                                                       .flags = LAYER_SUPPORTS_MASKING,                      \
                                                       .validate = validate,                                 \
                                                       .accept = accept,                                     \
                                                       .build = build,                                       \
                                                       .infer = infer,                                       \
                                                       .lower = lower,                                       \
                                                       .mask = mask,                                         \
                                                       .result = layer_result_tuple,                         \
                                                       .call_params = RNN_CALL_PARAMS}

CONV_LSTM(1);
CONV_LSTM(2);
CONV_LSTM(3);

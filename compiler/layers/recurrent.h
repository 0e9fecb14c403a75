/* What the recurrent layers share: their attributes, cells, shapes and lowering.
 *
 * A recurrent layer keeps its cell as its one sublayer, "cell", which owns the weights; StackedRNNCells has
 * cells of its own. Files: recurrent_cells.c (cells), recurrent_layers.c (SimpleRNN, GRU, LSTM, RNN),
 * recurrent_lower.c and recurrent_unrolled.c (lowering), bidirectional.c, time_distributed.c.
 */
#ifndef LAMINA_LAYERS_RECURRENT_H
#define LAMINA_LAYERS_RECURRENT_H

#include "layers/masks.h"

/* Of cells and of layers; each class has some of them. */
typedef struct RnnAttrs {
    int64_t units;
    ActivationRef activation, recurrent_activation;
    bool use_bias, unit_forget_bias, reset_after;
    Initializer kernel_initializer, recurrent_initializer, bias_initializer;
    double dropout, recurrent_dropout;
    Value use_cudnn, implementation;
    Value cell, cells; /* of RNN and of StackedRNNCells, as given */
    bool return_sequences, return_state, go_backwards, stateful, unroll, zero_output_for_mask;
} RnnAttrs;

enum { RNN_MAX_CELLS = 16, RNN_MAX_STATES = 2 * RNN_MAX_CELLS };

/* The parameters that cells and layers have alike, in Keras' order; the blocks between them differ. */
#define RNN_WEIGHT_PARAMS                                                                                    \
    {FIELD(RnnAttrs, use_bias), .kind = PARAM_BOOL, .fallback = "True"},                                     \
        {FIELD(RnnAttrs, kernel_initializer), .kind = PARAM_INITIALIZER, .fallback = "'glorot_uniform'"},    \
        {FIELD(RnnAttrs, recurrent_initializer), .kind = PARAM_INITIALIZER, .fallback = "'orthogonal'"}, {   \
        FIELD(RnnAttrs, bias_initializer), .kind = PARAM_INITIALIZER, .fallback = "'zeros'"                  \
    }
#define RNN_UNITS_PARAM                                                                                      \
    {                                                                                                        \
        FIELD(RnnAttrs, units), .kind = PARAM_INT, ANY_NUMBER, .required = true,                             \
                                .about = "outputs, and states"                                               \
    }
#define RNN_ACTIVATION_PARAM                                                                                 \
    { FIELD(RnnAttrs, activation), .kind = PARAM_ACTIVATION, .fallback = "'tanh'" }
#define RNN_RECURRENT_ACTIVATION_PARAM                                                                       \
    {                                                                                                        \
        FIELD(RnnAttrs, recurrent_activation), .kind = PARAM_ACTIVATION, .fallback = "'sigmoid'",            \
                                               .about = "of gates"                                           \
    }
#define RNN_FORGET_PARAM                                                                                     \
    {                                                                                                        \
        FIELD(RnnAttrs, unit_forget_bias), .kind = PARAM_BOOL, .fallback = "True",                           \
                                           .about = "initial bias of 1"                                      \
    }
#define RNN_CELL_IGNORED                                                                                     \
    IGNORED("kernel_regularizer"), IGNORED("recurrent_regularizer"), IGNORED("bias_regularizer"),            \
        IGNORED("kernel_constraint"), IGNORED("recurrent_constraint"), IGNORED("bias_constraint")
#define RNN_LAYER_IGNORED                                                                                    \
    IGNORED("kernel_regularizer"), IGNORED("recurrent_regularizer"), IGNORED("bias_regularizer"),            \
        IGNORED("activity_regularizer"), IGNORED("kernel_constraint"), IGNORED("recurrent_constraint"),      \
        IGNORED("bias_constraint")
#define RNN_DROPOUT_PARAMS                                                                                   \
    {FIELD(RnnAttrs, dropout), .kind = PARAM_FLOAT, ANY_NUMBER, .fallback = "0.0",                           \
     .about = "no effect at inference"},                                                                     \
    {                                                                                                        \
        FIELD(RnnAttrs, recurrent_dropout), .kind = PARAM_FLOAT, ANY_NUMBER, .fallback = "0.0",              \
                                            .about = "no effect at inference"                                \
    }
#define RNN_SEQUENCE_PARAMS                                                                                  \
    {FIELD(RnnAttrs, return_sequences), .kind = PARAM_BOOL, .fallback = "False",                             \
     .about = "outputs of all steps"},                                                                       \
        {FIELD(RnnAttrs, return_state), .kind = PARAM_BOOL, .fallback = "False",                             \
         .about = "and the final states"},                                                                   \
        {FIELD(RnnAttrs, go_backwards), .kind = PARAM_BOOL, .fallback = "False",                             \
         .about = "from the last step on"},                                                                  \
        {FIELD(RnnAttrs, stateful), .kind = PARAM_BOOL, .fallback = "False",                                 \
         .about = "starts where the last run ended"},                                                        \
    {                                                                                                        \
        FIELD(RnnAttrs, unroll), .kind = PARAM_BOOL, .fallback = "False", .about = "no effect on values"     \
    }
#define RNN_RESET_AFTER_PARAM                                                                                \
    {                                                                                                        \
        FIELD(RnnAttrs, reset_after), .kind = PARAM_BOOL, .fallback = "True",                                \
                                      .about = "the reset gate's place"                                      \
    }
#define RNN_ZERO_OUTPUT_PARAM                                                                                \
    {                                                                                                        \
        FIELD(RnnAttrs, zero_output_for_mask), .kind = PARAM_BOOL, .fallback = "False",                      \
                                               .keyword_only = true, .about = "masked steps give 0"          \
    }
#define RNN_IMPLEMENTATION_PARAM                                                                             \
    {                                                                                                        \
        FIELD(RnnAttrs, implementation), .kind = PARAM_VALUE, .fallback = "2", .keyword_only = true,         \
                                         .about = "no effect"                                                \
    }

extern const char *const RNN_CALL_PARAMS[];

/* ---- cells (recurrent_cells.c) ---- */

/* True for LSTMCell, GRUCell, SimpleRNNCell and StackedRNNCells of such. */
bool rnn_is_cell(const Layer *layer);
/* The cells that run one on another: the cell itself, or those of StackedRNNCells. */
size_t rnn_cells(const Layer *cell, Layer *const **out);
RecurrentCell rnn_cell_kind(const Layer *cell);
/* units <= 0, in Keras' words. */
bool rnn_check_units(Graph *graph, const Layer *layer, const Arguments *arguments);
/* Adds the weights of a cell and of those in it for inputs of that width, in the name scope of `owner`. */
bool rnn_build_cell(LayerCall *call, const Layer *owner, Layer *cell, int64_t width);
/* A cell with the attributes of the layer and its dtypes, named as Keras names it: LSTM's own. */
Layer *rnn_own_cell(Graph *graph, const Layer *layer, const LayerClass *class_, const char *name,
                    SourceRange at);
/* Makes `inner` the layer's sublayers under these attribute names. */
void rnn_set_sublayers(Graph *graph, Layer *layer, Layer *const *inner, const char *const *names,
                       size_t count);

/* ---- a cell called on its own (recurrent_cell_call.c): the rules of the cells' classes ---- */

bool rnn_cell_accept(LayerCall *call);
bool rnn_cell_infer(LayerCall *call);
Value rnn_cell_result(LayerCall *call, Tensor *const *outputs);
bool rnn_cell_lower(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs);
/* Those of StackedRNNCells (recurrent_stack_call.c). */
bool rnn_stack_accept(LayerCall *call);
bool rnn_stack_build(LayerCall *call);
bool rnn_stack_infer(LayerCall *call);
Value rnn_stack_result(LayerCall *call, Tensor *const *outputs);
bool rnn_stack_lower(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs);

/* ---- layers (recurrent_layers.c) ---- */

/* The outputs' shapes for inputs of [batch][steps][...]: the result, then each state. Their count. */
size_t rnn_output_shapes(const Layer *layer, const Shape *input, Shape *out);
/* How many states the layer has; Keras' own checks of a call that need no shapes of the layer. */
size_t rnn_state_count(const Layer *layer);
bool rnn_build(LayerCall *call, Layer *layer, const Shape *input);
bool rnn_accept(LayerCall *call);
bool rnn_check_call(LayerCall *call, const Layer *layer, size_t n_states);
/* True for SimpleRNN, GRU, LSTM and RNN. */
bool rnn_is_layer(const Layer *layer);

/* ---- lowering (recurrent_lower.c) ---- */

typedef struct RnnResult {
    Op *output;
    Op *states[RNN_MAX_STATES];
    size_t n_states;
} RnnResult;

typedef struct RnnRun {
    Op *x, *mask;       /* [batch][steps][...]; [batch][steps] or NULL */
    Op *const *initial; /* a state for each, or NULL: zeros, or what a stateful layer keeps */
    bool flip;          /* outputs of a layer that goes backwards in the order of time */
} RnnRun;

/* ---- ConvLSTM1D, 2D and 3D (conv_lstm.c), of which Bidirectional makes two ---- */

bool conv_lstm_is(const Layer *layer);
/* The rank of its input; the axis of channels there. */
int conv_lstm_rank(const Layer *layer);
int conv_lstm_channels(const Layer *layer);
bool conv_lstm_build(LayerCall *call, Layer *layer);
/* As rnn_output_shapes, for the call's input; 0 after reporting. */
size_t conv_lstm_output_shapes(LayerCall *call, const Layer *layer, Shape *out);
bool conv_lstm_lower(Lowering *lowering, const Node *node, const Layer *layer, const RnnRun *run,
                     RnnResult *out);

/* ---- the others ---- */

/* The layer (node's own or one in it) on x. */
bool rnn_lower(Lowering *lowering, const Node *node, const Layer *layer, const RnnRun *run, RnnResult *out);
/* One cell over the steps, as attrs say (sequences, backwards, states; the rest is filled in). */
bool rnn_lower_cell(Lowering *lowering, const Node *node, const Layer *cell, RecurrentAttrs attrs,
                    const RnnRun *run, RnnResult *out);
/* The mask as [batch][steps], whatever form it was given in; NULL: none. */
Op *rnn_mask(Lowering *lowering, const Node *node, Op *mask);
/* recurrent_state.c, inside the call of a layer whose steps are traced: state number `slot` of the owner, for
 * the batch of `like`; and `output` again, with the states (a list) kept for the next run. */
bool rnn_read_state(Graph *graph, const Layer *owner, size_t slot, Value like, const Shape *shape,
                    DType dtype, SourceRange at, Value *out);
bool rnn_keep_states(Graph *graph, const Layer *owner, Value output, Value states, SourceRange at,
                     Value *out);
/* One cell over all steps by single operations: for functions that work along the units. */
bool rnn_unrolled(Lowering *lowering, const Node *node, const Layer *cell, const RecurrentAttrs *attrs,
                  Op *kernel, Op *bias, const RnnRun *run, RnnResult *out);

#endif

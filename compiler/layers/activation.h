/* The activations of keras.activations, in one table: activation.def. */
#ifndef LAMINA_LAYERS_ACTIVATION_H
#define LAMINA_LAYERS_ACTIVATION_H

#include "ir/ir.h"

/* ACTIVATION_RELU, ...: the rows of activation.def; those from ACTIVATION_KERAS_COUNT on are in keras.ops
 * only. */
enum {
#define ACTIVATION(id, ...) ACTIVATION_##id,
#include "layers/activation.def"
#undef ACTIVATION
    ACTIVATION_COUNT,
    ACTIVATION_KERAS_COUNT = ACTIVATION_THRESHOLD + 1
};

/* An activation as an argument gives it: the row of the table and its parameters. */
typedef struct ActivationRef {
    int id;              /* index into the table; ACTIVATION_LINEAR is 0, and the meaning of None */
    double parameter[3]; /* negative_slope, max_value, threshold; alpha; approximate; ... as the table says */
    bool given;          /* the user wrote something other than None */
    int64_t axis;        /* softmax, glu, ... */
    struct Layer *function; /* a function of the file, as a Lambda; `id` is then that of linear */
} ActivationRef;

/* A string, VALUE_SYMBOL ("activations.relu", "ops.relu", "tf.nn.relu"), VALUE_CONFIG or None; reports where
 * the value is none of them ("Could not interpret activation function identifier: nope"). */
bool activation_parse(Graph *graph, Value value, SourceRange at, ActivationRef *out);
const char *activation_name(int id);
/* All names, for `lamina list activations`. */
const char *const *activation_all(size_t *count);
/* The row of that name, or -1. */
int activation_find(const char *name);
/* True for "activations.relu", "ops.gelu": functions of a tensor that activation_call makes an operation of.
 */
bool activation_is_function(const char *symbol);
bool activation_call(Graph *graph, const char *symbol, const Arguments *arguments, Value *out);
/* The activation with its defaults. */
ActivationRef activation_make(int id);
/* The activation as one elementwise function with its parameters; false where it is none. */
bool activation_unary(const ActivationRef *ref, UnaryFunction *function, double *parameter);
/* IR for the activation of x; x itself for linear. NULL after reporting. */
Op *activation_lower(Lowering *lowering, const Node *node, const ActivationRef *ref, Op *x);

#endif

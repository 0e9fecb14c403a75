/* What the rules of the layer families share: their rows' building blocks, Keras' input_spec, and lowering
 * helpers.
 *
 * A family is a file that defines its rows, LAYER_CLASS_X, with one line each in layers.def.
 */
#ifndef LAMINA_LAYERS_RULES_H
#define LAMINA_LAYERS_RULES_H

#include <math.h>

#include "layers/layer.h"

#define LAYER(row) extern const LayerClass LAYER_CLASS_##row;
#include "layers/layers.def"
#undef LAYER

/* The start of a ParamSpec row for a field of the attribute structure. */
#define FIELD(Attrs, field) .name = #field, .offset = offsetof(Attrs, field)
/* Rows for what has no effect on inference: regularizers, constraints, seeds. */
#define IGNORED(parameter)                                                                                   \
    { .name = parameter, .kind = PARAM_IGNORED, .fallback = "None" }
#define ANY_NUMBER .min = -INFINITY

/* ---- arguments ---- */

/* The argument given for a parameter, by keyword or position; NULL where it has its default. */
const Argument *layer_argument(const LayerClass *class_, const Arguments *arguments, const char *name);
/* Where it stands; the whole call where it has its default. */
SourceRange layer_argument_at(const LayerClass *class_, const Arguments *arguments, const char *name);
/* The opaque value in a value or its items; NULL where there is none. */
const Opaque *value_find_opaque(Value value);
/* A default's Python text as a value: None, True, 3, 0.5, 'text', (1, 1). */
Value param_fallback(Arena *arena, const char *text);
/* An int or a bool (which is an int in Python) as an int64. */
bool value_as_int(Value value, int64_t *out);
bool value_as_number(Value value, double *out);

/* For validate: a rate, from 0 to 1; false after reporting. */
bool layer_check_fraction(Graph *graph, const Layer *layer, const Arguments *arguments, const char *name,
                          double value);

/* The choices of data_format, whose default None (-1 in the field) is the global setting. */
extern const char *const LAYER_DATA_FORMATS[];
enum { CHANNELS_LAST, CHANNELS_FIRST };
/* For validate: puts the setting in the place of None. */
void layer_data_format(const Graph *graph, int *choice);

/* ---- calls ---- */

/* Names of the parameters of the layer's `call`, NULL-terminated. */
const char *const *layer_call_params(const Layer *layer);
/* The argument of a call by its parameter's name ("inputs", "mask"); NULL where it is not given. */
const Argument *layer_call_argument(const LayerCall *call, const char *name);
/* training=True, as given in a call; NULL where the layer is to behave as at inference. */
const Argument *layer_call_training(const LayerCall *call);
/* A tensor that is made of nothing but `attrs`: a constant, a variable. */
Tensor *layer_leaf(Graph *graph, const LayerClass *class_, const char *name, const Shape *shape, DType dtype,
                   void *attrs, SourceRange at);
/* For layers that draw random numbers in training: false after reporting that this call trains. */
bool layer_reject_training(LayerCall *call);
/* LayerClass.result: a tuple of all outputs. */
Value layer_result_tuple(LayerCall *call, Tensor *const *outputs);
/* True where the value holds nothing but tensors and None; else *other is what it holds. */
bool layer_only_tensors(Value value, Value *other);
/* What a failed call gives: a tensor that silences what is called on it. */
Value layer_poison(Graph *graph, SourceRange at);
/* The second half of layer_call, for operations: accept, build, infer, record. */
bool layer_call_tensors(LayerCall *call, Value *out);

/* ---- input_spec: each reports E207 with the history of the tensor and returns false ---- */

bool layer_expect_rank(LayerCall *call, size_t input, int rank);
bool layer_expect_min_rank(LayerCall *call, size_t input, int rank);
/* Axis `axis` (negative from the end) has the extent, or is unknown. */
bool layer_expect_axis(LayerCall *call, size_t input, int64_t axis, int64_t extent);
/* The extents that a weight takes from the input are known. */
bool layer_expect_known(LayerCall *call, const Shape *weight_shape, const char *weight);
/* Reports E299, of a layer whose normalisation of whole numbers means nothing; false where dtype is no float. */
bool layer_expect_float(Diagnostics *diags, const Layer *layer, DType dtype, SourceRange at);
/* Notes below a report about call input `input`: where it came from, where the layer was first called. */
void layer_note_input(LayerCall *call, size_t input);

/* The activation argument of a Dense. */
const ActivationRef *dense_activation(const Layer *layer);
/* Checks the activation's axis against the layer's result and halves it for glu. False after reporting. */
bool activation_infer(LayerCall *call, const ActivationRef *ref, Shape *shape);
/* activation_function.c: of a function of the file. What it makes of a tensor must have that tensor's shape.
 * False, or broken IR, after reporting. */
bool activation_function_infer(LayerCall *call, const ActivationRef *ref, const Shape *shape);
Op *activation_function_lower(Lowering *lowering, const Node *node, const ActivationRef *ref, Op *x);

/* The target shape with its -1 filled in from the input's axes [first, rank), where those are known; false
 * where the number of elements differs, which reshape_report reports. */
bool reshape_resolve(const Shape *input, int first, const Shape *target, Shape *out);
bool reshape_report(Graph *graph, SourceRange at, const Shape *input, const Shape *target, const char *name);

/* ---- lowering ---- */

/* A scalar constant of the type, which is one that layers compute in. */
Op *lower_scalar(Lowering *lowering, const Node *node, DType dtype, double value);
/* The op's weight by position in layer->weights, in the layer's compute dtype. */
Op *lower_weight(Lowering *lowering, const Node *node, size_t index);
/* x[:, step], an axis less; and y with an axis of that one step again. */
Op *lower_step(Lowering *lowering, const Node *node, Op *x, int64_t step);
Op *lower_as_step(Lowering *lowering, const Node *node, Op *y);
/* A channels_first tensor with its channels last, and back; channels_last ones as they are. */
Op *lower_channels_last(Lowering *lowering, const Node *node, Op *x, int data_format);
Op *lower_channels_back(Lowering *lowering, const Node *node, Op *y, int data_format);
/* The type in which Keras' normalizations compute: float32 where the layer's is narrower; a weight in it. The
 * result is cast back by whoever calls `lower`. */
DType lower_wide_dtype(const Layer *layer);
Op *lower_wide_weight(Lowering *lowering, const Node *node, size_t index);
/* Reports that this call cannot be compiled yet (E279); the text says why. Returns false. */
bool lower_unsupported(Lowering *lowering, const Node *node, const char *format, ...) DIAG_PRINTF(3, 4);

#endif

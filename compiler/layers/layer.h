/* LayerClass: one kind of layer (or operation), as a table row: parameters, shape rule, weights, lowering.
 *
 * A layer made of existing IR operations is added by one such row in its family's file and one corpus file.
 * The parameter table drives binding, defaults, ranges, "did you mean", `lamina list layers` and
 * docs/layers.md.
 */
#ifndef LAMINA_LAYERS_LAYER_H
#define LAMINA_LAYERS_LAYER_H

#include "graph/graph.h"
#include "ir/ir.h"
#include "layers/activation.h"

typedef struct LayerClass LayerClass;
typedef struct MaskCall MaskCall; /* layers/masks.h */

typedef enum ParamKind {
    PARAM_INT,        /* int64_t;  min .. max */
    PARAM_FLOAT,      /* double */
    PARAM_BOOL,       /* bool (Python truth of None, bool, int) */
    PARAM_CHOICE,     /* int: index into `choices`, a NULL-terminated list of strings */
    PARAM_INTS,       /* ParamInts: an int or a tuple/list of `rank` ints; an int n stands for (n,) * rank */
    PARAM_SHAPE,      /* Shape: a tuple/list of ints (or None) */
    PARAM_AXES,       /* ParamInts: an int or a list of ints, any count */
    PARAM_ACTIVATION, /* ActivationRef: None, a string, or a function of keras.activations / keras.ops / tf.nn
                       */
    PARAM_INITIALIZER, /* Initializer */
    PARAM_VALUE,       /* Value, as it came; the class' validate rule reads it */
    PARAM_IGNORED      /* accepted, without effect on inference (regularizers, constraints, seeds) */
} ParamKind;

/* The "none" forms of fields whose parameter is None: ParamInts has count 0, PARAM_CHOICE is -1, PARAM_BOOL
 * false, PARAM_SHAPE rank 0, PARAM_FLOAT a NaN (test with isnan). */
#define PARAM_INT_NONE INT64_MIN

typedef struct ParamInts {
    int count; /* 0: None */
    int64_t at[SHAPE_MAX_RANK];
} ParamInts;

typedef struct ParamSpec {
    const char *name;
    ParamKind kind;
    size_t offset;                /* of the field in the class' attribute structure */
    bool required, optional_none; /* optional_none: None is a legal value (field keeps its "none" form) */
    const char *fallback;         /* the default, as Python text: "None", "(1, 1)", "'valid'", "0.3" */
    double min;                   /* PARAM_INT, PARAM_FLOAT, PARAM_INTS: least legal value; -INFINITY: none */
    int rank;                     /* PARAM_INTS */
    const char *const *choices;   /* PARAM_CHOICE */
    bool any_case;                /* PARAM_CHOICE: the case of letters does not matter */
    bool keyword_only;            /* cannot be given by position */
    bool empty_as_none;           /* axes: () says what None says */
    const char *about;            /* a few words for lists and docs */
} ParamSpec;

enum { LAYER_MAX_OUTPUTS = 64 };

/* What a class' rules get for one call. */
typedef struct LayerCall {
    Graph *graph;
    Layer *layer;
    const Arguments *arguments;
    Tensor *const *inputs; /* none of them poisoned */
    size_t n_inputs;
    SourceRange at;
    /* Filled by infer: */
    Shape output_shapes[LAYER_MAX_OUTPUTS];
    DType output_dtypes[LAYER_MAX_OUTPUTS]; /* preset to the layer's compute dtype */
    size_t n_outputs;                       /* preset to 1 */
    void *node_attrs;                       /* becomes node->attrs */
    Node *node;                             /* set once the call is recorded */
} LayerCall;

enum LayerFlags {
    LAYER_OPERATION = 1,     /* an operation (x + y, x[:, 0]), not a Layer: no weights, not in model.layers */
    LAYER_LIST_INPUT = 2,    /* called on a list of tensors (Add, Concatenate) */
    LAYER_IDENTITY = 4,      /* does nothing at inference */
    LAYER_NO_AUTOCAST = 8,   /* inputs keep their dtype (Embedding, Reshape of ints, ...) */
    LAYER_ANY_ARGUMENT = 16, /* positional call arguments need not be tensors */
    LAYER_SUPPORTS_MASKING =
        32,              /* Keras' supports_masking: a mask of the input is passed on (or `mask` decides) */
    LAYER_VARIABLE = 64, /* no layer, but a weight of one as a tensor: an operand inside its call */
    LAYER_TRAINS_UNLESS_TOLD = 128, /* training=True is its default, which predict() takes back */
    LAYER_RUN_DTYPE = 256 /* runs in another type than the symbolic output says: that of lower's ops */
};

struct LayerClass {
    const char *name;           /* "Conv2D" */
    const char *const *aliases; /* NULL-terminated, or NULL: "Convolution2D" */
    const char *module;         /* "keras.layers" ("keras.src.ops.numpy" for operations): as in config.json */
    const char *about;          /* one line */
    const ParamSpec *params; /* ended by a NULL name; name, dtype, trainable and the like are common to all */
    size_t attrs_size;
    unsigned flags;
    /* Each may be NULL. All return false after reporting. */
    bool (*validate)(Graph *graph, Layer *layer, const Arguments *arguments); /* once, after binding */
    bool (*accept)(
        LayerCall *call); /* each call, before build: Keras' input_spec (layers/rules.h has helpers) */
    bool (*build)(LayerCall *call); /* on the first call, before infer: adds the weights */
    bool (*infer)(LayerCall *call); /* each call: output shapes and dtypes; absent: same as input 0 */
    /* Emits IR for one node. `inputs` are already cast to the layer's compute dtype (unless
     * LAYER_NO_AUTOCAST). */
    bool (*lower)(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs);
    /* Keras' compute_mask (layers/masks.h), for classes with LAYER_SUPPORTS_MASKING; absent: output i has the
     * mask of input i. */
    void (*mask)(MaskCall *call);
    /* The structure of several outputs that the call returns; absent: a list of them. */
    Value (*result)(LayerCall *call, Tensor *const *outputs);
    /* Takes the whole call over from layer_call: the classes of model/ set it to model_call. */
    bool (*call)(Graph *graph, Layer *layer, const Arguments *arguments, Value *out);
    /* Of a class of the file: runs `call` on these tensors in place of the node's own and gives its inside;
     * NULL after reporting. Such a node's attrs are a ModelCall (model/model.h), as those of a model's call
     * are. */
    struct ModelCall *(*trace)(Graph *graph, const Node *node, Tensor *const *inputs, SourceRange at);
    /* Names of the parameters of `call`, NULL-terminated; absent: "inputs" alone. `training` is known to all.
     * Those that are given tensors are among the inputs, in this order; the rules read the others from
     * call->arguments. */
    const char *const *call_params;
};

/* Every class, by name or alias; NULL where there is none. */
const LayerClass *layer_class_find(const char *name);
/* All classes, in the order of docs/layers.md; the count goes to *count. */
const LayerClass *const *layer_class_all(size_t *count);

/* Conv2D(32, 3, padding='same', name='x'): binds, checks, makes the layer. False after reporting. */
bool layer_construct(Graph *graph, const LayerClass *class_, const Arguments *arguments, Layer **out);
/* What keras.layers.Layer.__init__ does with name=, dtype=, trainable= and the like, for a layer of a class
 * of the file that graph_add_layer has made without a name. False after reporting. */
bool layer_init(Graph *graph, Layer *layer, const Arguments *arguments);
/* layer.build(shape): makes the weights for inputs of these shapes, as a first call would. */
bool layer_build(Graph *graph, Layer *layer, const Shape *shapes, size_t count, SourceRange at);
/* The weight as a tensor of the type, for operations inside a call; it has a node without inputs. */
Tensor *layer_variable(Graph *graph, Weight *weight, DType dtype, SourceRange at);
/* The initializer that add_weight(initializer=) names. False after reporting. */
bool layer_initializer(Graph *graph, Value value, SourceRange at, Initializer *out);
/* layer(x), layer([a, b]), layer(x, training=False): checks, builds on first use, infers, records the node.
 * *out is the tensor, or a list or tuple of tensors. A poisoned input gives a poisoned result, silently; a
 * failure is reported and gives a poisoned result too. Models (layer->model) are passed on to model_call. */
bool layer_call(Graph *graph, Layer *layer, const Arguments *arguments, Value *out);

/* layers.add([a, b]), layers.concatenate([a, b], axis=1), ...: the merging layer, made and called. */
bool layer_functional(Graph *graph, const char *name, const Arguments *arguments, Value *out);
bool layer_is_functional(const char *name);
/* The layer as an activation: LeakyReLU(0.1), ReLU(6.), ...; false where it is none of them. */
bool layer_as_activation(const Layer *layer, ActivationRef *out);

/* For the rules: a weight of this layer in its variable dtype. */
Weight *layer_add_weight(LayerCall *call, const char *name, const Shape *shape, bool trainable,
                         Initializer initializer);
/* Notes that tell where the tensor came from: "y is the output of dense (16 units), made here from x", along
 * its history as far as it explains the shape. */
void layer_note_history(Graph *graph, const Tensor *tensor);

#endif

/* Graph: the layers, calls and tensors that a model file makes, as Keras sees them.
 *
 * In:  layer constructions and calls, one at a time, in the order of evaluation (layers/layer.h,
 * model/model.h). Out: every symbolic tensor with its history; from one tensor the whole graph behind it can
 * be retrieved. Invariants: a tensor's history names a layer, one of its nodes and one output of that node,
 * and that output is the tensor itself (Input(tensor=t) re-roots t: its old producer keeps it among its
 * outputs, its history is the new InputLayer's). A layer called twice is one Layer with two Nodes and one set
 * of weights. Objects never move (arena), so they are linked by pointers; `id` counts from 0 in order of
 * creation and indexes side tables and dumps.
 */
#ifndef LAMINA_GRAPH_GRAPH_H
#define LAMINA_GRAPH_GRAPH_H

#include "base/diag.h"
#include "base/map.h"
#include "base/vec.h"
#include "value/shape.h"
#include "value/value.h"

typedef struct Tensor Tensor;
typedef struct Node Node;
typedef struct Layer Layer;
typedef struct Model Model; /* model/model.h */
typedef struct Weight Weight;
typedef struct Graph Graph;

/* tensor._keras_history: KerasHistory(operation, node_index, tensor_index). */
typedef struct History {
    Layer *layer;
    uint32_t node_index, tensor_index;
} History;

struct Tensor {
    uint32_t id;
    const char *name; /* KerasTensor.name: "keras_tensor_3", or the Input's explicit name */
    Shape shape;      /* dim[0] is the batch (DIM_UNKNOWN unless fixed); rank 0 is possible */
    DType dtype;
    bool sparse, ragged;
    bool poisoned; /* its shape rule failed and was reported: whoever gets it stays silent and gives poison */
    History history;
    SourceRange at; /* the call expression that made it */
    bool traced; /* of the inside of a layer of the file, where Keras has no symbolic tensors: nothing that is
                    computed from it gets an automatic name */
    bool known;           /* a value, computed from numbers alone: no part of any model, as in Keras */
    const char *variable; /* the first name it was bound to in the file, or NULL: for messages */
    const Opaque *opaque; /* a skipped statement could have changed it */
    Tensor *mask;         /* Keras' _keras_mask: which time steps are real, or NULL (layers/masks.h) */
};

/* One call of a layer. */
struct Node {
    uint32_t id;
    Layer *layer;
    uint32_t index;             /* in layer->nodes */
    const Arguments *arguments; /* the call as evaluated; its tensors are those in `inputs` */
    Tensor **inputs;            /* in Keras' order: positional, then keywords, structures flattened */
    size_t n_inputs;
    Tensor **outputs;
    size_t n_outputs;
    Value result; /* the structure that the call returned */
    void *attrs;  /* what the class' infer rule computed for lower (or NULL) */
    SourceRange at;
};

/* How Keras fills a new variable: used by `-w random`. Defaults as in Keras; `seed` is ignored. */
typedef struct Initializer {
    enum {
        INIT_ZEROS,
        INIT_ONES,
        INIT_CONSTANT,
        INIT_RANDOM_NORMAL,
        INIT_RANDOM_UNIFORM,
        INIT_TRUNCATED_NORMAL,
        INIT_VARIANCE_SCALING,
        INIT_ORTHOGONAL,
        INIT_IDENTITY
    } kind;
    double value;          /* CONSTANT; ORTHOGONAL and IDENTITY: gain */
    double mean, stddev;   /* RANDOM_NORMAL, TRUNCATED_NORMAL */
    double minval, maxval; /* RANDOM_UNIFORM */
    double scale;          /* VARIANCE_SCALING */
    enum { FAN_IN, FAN_OUT, FAN_AVG } mode;
    int64_t ones_begin, ones_end; /* these elements are 1 all the same: the forget gate's bias in LSTM */
    enum { DIST_TRUNCATED_NORMAL, DIST_UNTRUNCATED_NORMAL, DIST_UNIFORM } distribution;
} Initializer;

struct Weight {
    uint32_t id;
    Layer *layer;     /* the layer (or sub-layer) that owns it */
    const char *name; /* "kernel" */
    const char *path; /* Keras' variable.path: "dense/kernel" */
    Shape shape;      /* all extents known; no batch */
    DType dtype;
    bool trainable; /* as declared by the layer class: fixes its place in vars/0, vars/1, ... */
    Initializer initializer;
};

struct Layer {
    uint32_t id;
    const struct LayerClass *class_;
    const char *name;
    bool named;                          /* the user gave the name */
    void *attrs;                         /* the class' attribute structure, filled from its parameters */
    DType variable_dtype, compute_dtype; /* its dtype policy */
    bool autocast;
    bool trainable;
    bool built; /* weights exist; built_shapes are those of the first call */
    Shape *built_shapes;
    size_t n_built_shapes;
    VEC(Weight *)
    weights; /* in the order in which Keras' h5 files number them: trainable, then non-trainable */
    VEC(Node *) nodes;
    Shape *given_shape; /* input_shape=, input_dim= or batch_input_shape=, batch included: Sequential reads
                           it; or NULL */
    Model *model;       /* Model and Sequential: what is inside; else NULL */
    Layer **sublayers;  /* wrapped layers (Bidirectional, ...), with the attribute names under which Keras
                           keeps them */
    const char **sublayer_names;
    size_t n_sublayers;
    struct ExternalLayer *external; /* a C function stands for its call; or NULL */
    struct Instance *instance; /* a layer of a class of the file: the object that it is; else NULL */
    struct SavedPart *saved;   /* of such a layer: what weight files keep of it, in their order */
    size_t n_saved;
    SourceRange at; /* the construction */
    SourceRange first_call;
    const char *variable; /* the first name it was bound to, or NULL */
    const Opaque *opaque; /* a skipped statement could have changed it */
};

/* A layer that another one holds, and the path below that one's under which it is saved: "blocks/dense_1". */
typedef struct SavedPart {
    Layer *layer;
    const char *path;
} SavedPart;

/* Global settings of Keras that a file may change. */
typedef struct GraphSettings {
    DType floatx;                          /* keras.config.set_floatx */
    bool channels_first;                   /* keras.config.set_image_data_format */
    DType policy_compute, policy_variable; /* keras.config.set_dtype_policy */
    bool policy_set;                       /* else the policy follows floatx */
    double epsilon;
    bool tf1; /* --compat=tf1: what TensorFlow 1 meant is taken, where Keras 3 refuses it */
} GraphSettings;

/* A name for the operation whose call begins at this byte of the model file: what Keras code cannot say, but
 * a saved model does. */
typedef struct OperationName {
    uint32_t begin;
    const char *name;
} OperationName;

struct Graph {
    Arena *arena;
    Diagnostics *diags;
    GraphSettings settings;
    Map name_doubts; /* SourceRange * by snake-case class name: see graph_doubt_name */
    Map name_counts; /* auto_name: snake-case class name -> how many were made */
    VEC(Layer *) layers;
    VEC(Node *) nodes;
    VEC(Tensor *) tensors;
    VEC(Weight *) weights;
    const char
        *name_scope; /* paths of new weights start with it: "sequential/" while a Sequential is being built */
    /* By `begin`; empty unless the file was made from a saved model. */
    const OperationName *operation_names;
    size_t n_operation_names;
    size_t max_nodes; /* a bound on growth: E3xx beyond it */
};

Graph *graph_new(Arena *arena, Diagnostics *diags);
/* keras.backend.clear_session: names start anew. */
void graph_clear_session(Graph *graph);

/* keras.src.utils.naming: to_snake_case and auto_name ("Conv2D" -> "conv2d", then "conv2d_1", ...). */
const char *graph_snake_case(Arena *arena, const char *class_name);
const char *graph_auto_name(Graph *graph, const char *class_name);

/* The name that the graph was told for the operation that is called here; NULL: automatic. */
const char *graph_operation_name(const Graph *graph, SourceRange at);

/* A constructor that failed before Keras names anything: gives the name back that was counted for it last. */
void graph_uncount_name(Graph *graph, const char *class_name);
/* Text that is not evaluated may make a layer of this class here: later automatic names of it are in doubt,
 * and the first of them is warned of (W301). */
void graph_doubt_name(Graph *graph, const char *class_name, SourceRange at);
/* keras.backend.get_uid: counts the prefix among the automatic names; how many there are now. */
size_t graph_count_name(Graph *graph, const char *prefix);

/* A new layer of the class, named `name` or, where that is NULL, automatically; dtype policy from the
 * settings. */
Layer *graph_add_layer(Graph *graph, const struct LayerClass *class_, const char *name, SourceRange at);
/* A new tensor without history; its name is automatic ("keras_tensor_K") unless given. */
Tensor *graph_add_tensor(Graph *graph, const Shape *shape, DType dtype, const char *name, SourceRange at);
/* Records a call and gives each output its history. `arguments` may be NULL. Arrays are copied. */
Node *graph_add_node(Graph *graph, Layer *layer, const Arguments *arguments, Tensor *const *inputs,
                     size_t n_inputs, Tensor *const *outputs, size_t n_outputs, SourceRange at);
/* Of the nodes from number `first` on, those of traced tensors are the inside of a call: they leave the graph
 * and their layers, and their tensors lose their histories. */
void graph_take_traced(Graph *graph, size_t first);
/* The name of what is made of these tensors: NULL (automatic) unless they are traced. */
const char *graph_traced_name(Tensor *const *tensors, size_t count);
/* A weight of the layer; path is "<name scope><layer name>/<name>". Keeps trainable ones before the others.
 */
Weight *graph_add_weight(Graph *graph, Layer *layer, const char *name, const Shape *shape, DType dtype,
                         bool trainable, Initializer initializer);

static inline Node *tensor_node(const Tensor *tensor) {
    return tensor->history.layer ? tensor->history.layer->nodes.at[tensor->history.node_index] : NULL;
}

/* Checks the invariants above; reports E900 and returns false where one does not hold. */
bool graph_verify(Graph *graph);

#endif

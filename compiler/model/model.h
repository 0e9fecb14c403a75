/* Model: a part of the graph between inputs and outputs, with Keras' own order of nodes and layers.
 *
 * Source: keras/src/models/functional.py, sequential.py, ops/function.py (map_graph).
 */
#ifndef LAMINA_MODEL_MODEL_H
#define LAMINA_MODEL_MODEL_H

#include "layers/layer.h"

typedef enum ModelKind { MODEL_FUNCTIONAL, MODEL_SEQUENTIAL } ModelKind;

struct Model {
    ModelKind kind;
    Layer *layer; /* the model as a layer: its name, calls, weights (none of its own) */
    Value input_structure, output_structure; /* as given: a tensor, list, tuple or dict */
    Tensor **inputs; /* flattened; each is made by an InputLayer (a cut in the middle of a graph gets one of
                        its own) */
    size_t n_inputs;
    Tensor **outputs;
    size_t n_outputs;
    const char **output_names; /* Keras' model.output_names; repeats are possible, see CONTRACT §2 */
    Node **nodes;              /* every node needed, in the order of execution (depth descending) */
    size_t n_nodes;
    size_t *depths;     /* of each node: the longest way to an output, in nodes */
    Layer **operations; /* model.operations: layers and operations, in Keras' order */
    size_t n_operations;
    Layer **layers; /* model.layers */
    size_t n_layers;
    /* Sequential before it is built: the layers that were added. */
    VEC(Layer *) added;
    const char
        *scope; /* the name scope in which its layers are built: "sequential/"; NULL before the first time */
    bool built;
    bool poisoned;        /* made from something that failed and was reported: stays silent */
    const Opaque *opaque; /* a skipped statement could have changed it */
};

/* The attributes of an InputLayer. */
typedef struct InputAttrs {
    Shape batch_shape;
    DType dtype;
    bool sparse, ragged, optional;
    const Node
        *constant; /* TensorFlow 1: Input(tensor=constant) stands for what this node makes; else NULL */
} InputAttrs;

/* The `attrs` of the node of a model's call, or of a layer of the file's: the inner nodes with the shapes of
 * this call, in order of execution. Where the shapes are the model's own they are model->nodes; else copies
 * (not in layer->nodes) between tensors of their own. inputs[i] stands for the node's input i cast to
 * inputs[i]->dtype; outputs[i] is what the node's output i is. */
typedef struct ModelCall {
    Node **nodes;
    size_t n_nodes;
    Tensor **inputs, **outputs;
    Tensor **input_masks,
        **masks; /* a layer of the file with compute_mask: what stands for the inputs' masks, and the
                    outputs' masks, each NULL where there is none; else both NULL */
} ModelCall;

/* The inside of the node, where its layer is a model or of a class of the file; else NULL. */
static inline const ModelCall *node_inside(const Node *node) {
    return node->layer->model || node->layer->class_->trace ? node->attrs : NULL;
}

/* The classes whose instances have a model: for isinstance and summary. Input is a function; InputLayer a
 * class. */
extern const LayerClass MODEL_CLASS_FUNCTIONAL, MODEL_CLASS_SEQUENTIAL, MODEL_CLASS_INPUT_LAYER;

/* Input(shape=(32,), ...): every argument of TensorFlow 1.x's tf.keras.Input and of Keras 3's. */
bool model_input(Graph *graph, const Arguments *arguments, Value *out);
/* InputLayer(shape=(32,), ...): the layer itself. */
bool model_input_layer(Graph *graph, const Arguments *arguments, Value *out);
/* Model(x, y), Model(inputs=, outputs=, name=), and the old input=/output= with a warning. */
bool model_functional(Graph *graph, const Arguments *arguments, Value *out);
/* The same for a layer of a class of the file below keras.Model, made without a name: super().__init__(x, y).
 */
bool model_functional_init(Graph *graph, Layer *layer, const Arguments *arguments);
/* Whether Model.__init__ takes these arguments for inputs and outputs. */
bool model_is_functional(const Arguments *arguments);
/* Sequential([...], name=), and its methods add and pop. */
bool model_sequential(Graph *graph, const Arguments *arguments, Value *out);
bool model_sequential_add(Graph *graph, Layer *sequential, const Arguments *arguments, Value *out);
bool model_sequential_pop(Graph *graph, Layer *sequential, const Arguments *arguments, Value *out);
/* A call of a model as a layer: one node of the model; the shapes are inferred anew where they differ. */
bool model_call(Graph *graph, Layer *layer, const Arguments *arguments, Value *out);
/* Sequential without Input: builds it from an input shape (its first layer's input_shape=, or build()). */
bool model_build(Graph *graph, Layer *layer, const Arguments *arguments, Value *out);
/* The layer of that name or index; NULL after reporting (with a suggestion). */
Layer *model_get_layer(Graph *graph, Layer *layer, const Arguments *arguments);

/* A deep copy with each tensor replaced by map[tensor->id] (where id < n_map and that is not NULL). */
Value structure_replace(Arena *arena, Value value, Tensor *const *map, size_t n_map);

/* Checks that a Model may be compiled: built, no opaque or poisoned part, fixed inner shapes. Reports what is
 * not. */
bool model_check(Graph *graph, Model *model, SourceRange at);

/* An extent beside the batch that an input leaves open: Input((None, 8)) named "x" has "x_dim1". */
typedef struct ModelDim {
    const char *name;
    size_t input;
    int axis;
} ModelDim;
typedef VEC(ModelDim) ModelDimList;

/* All of them, in the order of inputs and axes; names are unique. */
void model_dims(Arena *arena, const Model *model, ModelDimList *out);
/* The same model on inputs of these shapes, as a call on such tensors sees it: nodes, inputs and outputs are
 * new, layers and weights its own. NULL after reporting. */
Model *model_bind(Graph *graph, const Model *model, const Shape *shapes);

/* Weights in the order of model.layers, inner models' in place, shared ones once. */
typedef VEC(Weight *) WeightList;
void model_weights(Arena *arena, const Model *model, WeightList *out);

/* What only a compiled model tells: found by view/costs.c. A number is -1 where it is not known. */
typedef struct ModelCosts {
    const int64_t *macs; /* by Layer.id, of all calls of a layer of the model, for one sample */
    size_t n_macs;
    int64_t total_macs;
    int64_t workspace;    /* bytes for each sample of a chunk, or in all where the batch is fixed */
    int64_t chunk;        /* samples; 0: the workspace does not grow with the batch */
    const char *why_not;  /* the MACs are not known; or NULL */
} ModelCosts;

/* The table that Keras' model.summary() prints, with MACs, bytes and source lines added. */
void model_summary(Arena *arena, const Sources *sources, const Model *model, const ModelCosts *costs,
                   FILE *out);
/* The layer graph behind one tensor, retrieved from its history. */
void model_history(Arena *arena, const Sources *sources, const Tensor *tensor, FILE *out);
/* The model as a DOT graph. */
void model_plot_dot(Arena *arena, const Model *model, FILE *out);

#endif

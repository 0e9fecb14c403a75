/* What the files of this stage share: argument binding, nested structures, the map of a graph, the building
 * of models.
 *
 * Not for other stages; model.h is the interface.
 */
#ifndef LAMINA_MODEL_PARTS_H
#define LAMINA_MODEL_PARTS_H

#include "model/model.h"

/* ---- arguments.c: Python's binding of a call's arguments to named parameters ---- */

typedef struct Signature {
    const char *function;     /* "Input", for messages */
    const char *const *names; /* NULL-terminated, in order of position */
    const char *const (
        *hints)[2]; /* what others call a parameter: {"batch_input_shape", "batch_shape"}, {NULL} */
    bool (*unknown)(Graph *graph, const struct Signature *signature,
                    const Argument *argument); /* or NULL: E214 */
} Signature;

/* bound[i] becomes the argument for names[i], or NULL. False after reporting. */
bool signature_bind(Graph *graph, const Signature *signature, const Arguments *arguments,
                    const Argument **bound);
/* An `unknown` rule: Keras ignores it silently; here with a warning (W205). */
bool signature_ignore_unknown(Graph *graph, const Signature *signature, const Argument *argument);
/* Given, and not None. */
bool argument_given(const Argument *argument);
/* Python's truth of the argument; `fallback` where it is absent. */
bool argument_truth(const Argument *argument, bool fallback);
/* name=: a string without '/'; *out is NULL where it is absent or None. False after reporting. */
bool argument_name(Graph *graph, const Argument *argument, const char **out);
/* The first opaque value in the arguments, or NULL. */
const Opaque *arguments_opaque(const Arguments *arguments);
Value value_from_opaque(const Opaque *opaque);

/* ---- input.c ---- */

/* Sequential's own InputLayer: InputLayer(batch_shape=, dtype=). */
Layer *input_layer_new(Graph *graph, const Shape *batch_shape, DType dtype, SourceRange at);
static inline bool layer_is_input(const Layer *layer) {
    return layer->class_ == &MODEL_CLASS_INPUT_LAYER;
}
static inline Tensor *input_layer_tensor(const Layer *layer) {
    return layer->nodes.at[0]->outputs[0];
}

/* ---- structure.c: nested lists, tuples and dicts, in the order of keras.tree ---- */

typedef struct Leaf {
    Value value;
    const char *path; /* "o.1": keys and indices joined by dots */
} Leaf;
typedef VEC(Leaf) LeafList;

/* False where the structure is nested too deeply (or holds itself). */
bool structure_flatten(Arena *arena, Value value, LeafList *out);
/* The same structure with its leaves, in flatten order, replaced by the tensors. */
Value structure_pack(Arena *arena, Value value, Tensor *const *tensors);
/* ---- map.c: keras.src.ops.function.map_graph ---- */

typedef VEC(Node *) NodeList;

/* The nodes between inputs and outputs, inputs first (_build_map); positions[layer id] becomes 1 + the place
 * of the layer's first visit. False after reporting a cycle. */
bool graph_walk(Graph *graph, Tensor *const *inputs, size_t n_inputs, Tensor *const *outputs,
                size_t n_outputs, NodeList *order, uint32_t *positions);
/* Fills nodes, operations, layers and output_names of a model whose inputs and outputs are set, and checks
 * that the outputs can be computed and that names are unique. False after reporting. */
bool model_map(Graph *graph, Model *model, SourceRange at);
/* Reports an output that cannot be computed (E228). `computable` is by Tensor.id. Returns false. */
bool model_report_disconnected(Graph *graph, const Model *model, size_t output, const bool *computable,
                               SourceRange at);

/* ---- cut.c: keras.src.models.functional.clone_graph_nodes ---- */

/* True where the tensor is made by an InputLayer. */
bool tensor_is_input(const Tensor *tensor);
/* Replaces the model's inputs that are not made by an InputLayer with new ones, and clones what lies behind
 * them. */
bool model_cut(Graph *graph, Model *model, SourceRange at);

/* ---- functional.c, sequential.c, call.c ---- */

/* The parameters of a model's call. */
extern const char *const MODEL_CALL_PARAMS[];

Layer *model_layer_new(Graph *graph, const LayerClass *class_, const char *name, ModelKind kind,
                       SourceRange at);
/* A tensor that failed: whoever gets it stays silent. */
Tensor *tensor_poisoned(Graph *graph, SourceRange at);
bool sequential_build(Graph *graph, Layer *layer, const Shape *batch_shape, SourceRange at);
/* The tensors of a call's first argument, in the order of model->inputs. False after reporting. */
bool call_match_inputs(Graph *graph, const Layer *layer, const Argument *argument, SourceRange at,
                       Tensor **out);
/* Checks the shapes of a call against the model's inputs (E207). */
bool call_check_shapes(Graph *graph, const Layer *layer, Tensor *const *tensors, SourceRange at);
/* Runs the shape rules of the model's inside on other shapes; NULL after reporting. */
ModelCall *call_infer(Graph *graph, const Model *model, Tensor *const *tensors, SourceRange at);

/* "conv (Conv2D)" as in the first column of a summary; operations and models included. */
const char *layer_label(Arena *arena, const Layer *layer);
/* "model.lam:12"; "-" where there is no place. */
const char *source_label(Arena *arena, const Sources *sources, SourceRange at);

#endif

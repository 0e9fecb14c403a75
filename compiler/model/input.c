/* Input and InputLayer: a placeholder tensor, or the new root of an existing one.
 *
 * In:  the arguments of TensorFlow 1's tf.keras.Input or of Keras 3's Input. Out: the tensor of a new
 * InputLayer. Invariant: Input(tensor=t) gives t itself; its history becomes the new InputLayer's first call.
 */
#include "model/input_parts.h"

#include <string.h>

#include "base/text.h"
#include "layers/ops.h"

enum { SHAPE, BATCH_SIZE, DTYPE, SPARSE, RAGGED, BATCH_SHAPE, NAME, TENSOR, OPTIONAL, N_PARAMETERS };
enum { INPUT_SHAPE = N_PARAMETERS, BATCH_INPUT_SHAPE, N_LAYER_PARAMETERS };

static const char *const HINTS[][2] = {{"batch_input_shape", "batch_shape"},
                                       {"input_shape", "shape"},
                                       {"input_dim", "shape"},
                                       {"input_dtype", "dtype"},
                                       {"input_tensor", "tensor"},
                                       {"units", "shape"},
                                       {"batch", "batch_size"},
                                       {NULL, NULL}};

static const char *const INPUT_NAMES[] = {"shape",       "batch_size", "dtype",  "sparse",   "ragged",
                                          "batch_shape", "name",       "tensor", "optional", NULL};
static const Signature INPUT = {.function = "Input", .names = INPUT_NAMES, .hints = HINTS};

static const char *const LAYER_NAMES[] = {"shape",
                                          "batch_size",
                                          "dtype",
                                          "sparse",
                                          "ragged",
                                          "batch_shape",
                                          "input_tensor",
                                          "optional",
                                          "name",
                                          "input_shape",
                                          "batch_input_shape",
                                          NULL};
static const Signature INPUT_LAYER = {
    .function = "InputLayer", .names = LAYER_NAMES, .unknown = signature_ignore_unknown};

/* What the checks and the construction need. */
typedef struct Request {
    Graph *graph;
    const Argument *const *bound;
    SourceRange at;
    const char *name;
    InputAttrs attrs;
    Tensor *tensor; /* given with tensor=, or NULL */
} Request;

static bool given(const Request *request, int parameter) {
    return argument_given(request->bound[parameter]);
}

static bool reject_both(const Request *request, int a, int b) {
    if (!given(request, a) || !given(request, b)) return false;
    diag_report(request->graph->diags, E213, request->bound[b]->at,
                "You cannot pass both `%s` and `%s` at the same time", INPUT_NAMES[a], INPUT_NAMES[b]);
    diag_note(request->graph->diags, request->bound[a]->at, "`%s` is given here", INPUT_NAMES[a]);
    return true;
}

static bool read_shape(Request *request) {
    if (reject_both(request, SHAPE, BATCH_SHAPE) || reject_both(request, BATCH_SIZE, BATCH_SHAPE))
        return false;
    const Argument *const *bound = request->bound;
    if (given(request, BATCH_SHAPE))
        return shape_argument(request->graph, bound[BATCH_SHAPE], NULL, &request->attrs.batch_shape);
    if (given(request, SHAPE)) {
        static const Argument NO_BATCH = {.value = {.kind = VALUE_NONE}};
        const Argument *batch = given(request, BATCH_SIZE) ? bound[BATCH_SIZE] : &NO_BATCH;
        return shape_argument(request->graph, bound[SHAPE], batch, &request->attrs.batch_shape);
    }
    diag_report(request->graph->diags, E210, request->at, "You must pass a `shape` argument");
    diag_help(request->graph->diags, request->at, NULL,
              "the shape of one sample, without the batch: Input(shape=(32,))");
    return false;
}

static bool read_kind(Request *request) {
    const Argument *const *bound = request->bound;
    request->attrs.sparse = argument_truth(bound[SPARSE], false);
    request->attrs.ragged = argument_truth(bound[RAGGED], false);
    request->attrs.optional = argument_truth(bound[OPTIONAL], false);
    if (request->attrs.optional) {
        diag_report(request->graph->diags, W206, bound[OPTIONAL]->at,
                    "the compiled model always needs this input: `optional=True` has no effect");
    }
    if (!request->attrs.sparse || !request->attrs.ragged) return true;
    return diag_report(request->graph->diags, E217, bound[RAGGED]->at,
                       "KerasTensor cannot have `sparse=True` and `ragged=True` at the same time");
}

/* ---- tensor= ---- */

static bool reject_incompatible(const Request *request, int parameter, const char *hint) {
    const Tensor *tensor = request->tensor;
    diag_report(
        request->graph->diags, E219, request->bound[parameter]->at,
        "When providing the `input_tensor` argument, you cannot provide an incompatible `%s` argument",
        INPUT_NAMES[parameter]);
    diag_note(request->graph->diags, tensor->at, "the tensor has shape %s, dtype %s, sparse=%s",
              shape_text(request->graph->arena, &tensor->shape), dtype_name(tensor->dtype),
              tensor->sparse ? "True" : "False");
    if (hint) diag_help(request->graph->diags, request->bound[parameter]->at, NULL, "%s", hint);
    return false;
}

/* Keras compares with a tuple, so a list never matches. */
static bool check_tensor_shape(const Request *request, int parameter, int first) {
    const Shape *actual = &request->tensor->shape;
    Shape shape;
    if (!given(request, parameter)) return true;
    const Argument *argument = request->bound[parameter];
    if (argument->value.kind != VALUE_TUPLE)
        return reject_incompatible(request, parameter, "Keras compares it with a tuple: write (…,)");
    if (!shape_argument(request->graph, argument, NULL, &shape)) return false;
    bool equal = shape.rank == actual->rank - first;
    for (int i = 0; equal && i < shape.rank; i++) equal = shape.dim[i] == actual->dim[first + i];
    return equal || reject_incompatible(request, parameter, NULL);
}

static bool check_tensor_kind(const Request *request) {
    const Tensor *tensor = request->tensor;
    if (given(request, DTYPE)) {
        const Value value = request->bound[DTYPE]->value;
        const char *name = value_c_str(value);
        const bool equal = name ? strcmp(name, dtype_name(tensor->dtype)) == 0
                                : value.kind == VALUE_DTYPE && value.as.dtype == tensor->dtype;
        if (!equal) return reject_incompatible(request, DTYPE, NULL);
    }
    if (given(request, SPARSE) && argument_truth(request->bound[SPARSE], false) != tensor->sparse)
        return reject_incompatible(request, SPARSE, NULL);
    return true;
}

/* TensorFlow 1: numbers, or a constant tensor, which nobody feeds. NULL: it is neither. */
static const Tensor *constant_given(const Request *request, Value value) {
    Value made = value;
    if (!request->graph->settings.tf1) return NULL;
    if (value.kind != VALUE_TENSOR && !ops_constant(request->graph, value, request->bound[TENSOR]->at, &made))
        return NULL;
    const Node *node = tensor_node(made.as.tensor);
    return node && node->layer->class_->flags & LAYER_VARIABLE && node->layer->class_->lower ? made.as.tensor
                                                                                             : NULL;
}

/* Its shape and type are the constant's, whatever the other arguments say, as TensorFlow 1 has it. One sample
 * is repeated for as many as the fed inputs have. */
static bool take_constant(Request *request, const Tensor *constant) {
    Shape *shape = &request->attrs.batch_shape;
    *shape = constant->shape;
    if (shape->rank > 0 && shape->dim[0] == 1) shape->dim[0] = DIM_UNKNOWN;
    request->attrs.dtype = constant->dtype;
    request->attrs.constant = tensor_node(constant);
    return true;
}

static bool read_tensor(Request *request) {
    const Value value = request->bound[TENSOR]->value;
    const Tensor *constant = constant_given(request, value);
    if (constant) return take_constant(request, constant);
    if (value.kind != VALUE_TENSOR) {
        diag_report(
            request->graph->diags, E220, request->bound[TENSOR]->at,
            "Argument `input_tensor` must be a KerasTensor. Received invalid type: input_tensor=%s (of type "
            "<class '%s'>)",
            value_repr(request->graph->arena, value), value_type_name(value));
        if (!request->graph->settings.tf1)
            diag_help(request->graph->diags, request->bound[TENSOR]->at, NULL,
                      "TensorFlow 1.x took constants here: --compat=tf1");
        return false;
    }
    request->tensor = value.as.tensor;
    if (request->tensor->poisoned) return true;
    if (given(request, BATCH_SIZE)) {
        const Argument *argument = request->bound[BATCH_SIZE];
        int64_t batch;
        if (!shape_dimension(request->graph, argument->value, argument->value, NULL, argument->at, &batch))
            return false;
        if (request->tensor->shape.rank < 1 || request->tensor->shape.dim[0] != batch)
            return reject_incompatible(request, BATCH_SIZE, NULL);
    }
    if (!check_tensor_shape(request, SHAPE, 1) || !check_tensor_shape(request, BATCH_SHAPE, 0)) return false;
    if (!check_tensor_kind(request) || !read_kind(request)) return false;
    request->attrs.batch_shape = request->tensor->shape;
    request->attrs.dtype = request->tensor->dtype;
    request->attrs.sparse = request->tensor->sparse;
    return true;
}

/* ---- construction ---- */

static Layer *new_layer(Graph *graph, const char *name, const InputAttrs *attrs, Tensor *tensor,
                        SourceRange at) {
    Layer *layer = graph_add_layer(graph, &MODEL_CLASS_INPUT_LAYER, name, at);
    InputAttrs *own = ARENA_NEW(graph->arena, InputAttrs);
    *own = *attrs;
    layer->attrs = own;
    layer->variable_dtype = layer->compute_dtype = attrs->dtype;
    layer->built = true;
    if (!tensor) {
        tensor = graph_add_tensor(graph, &attrs->batch_shape, attrs->dtype, name && *name ? name : NULL, at);
        tensor->sparse = attrs->sparse;
        tensor->ragged = attrs->ragged;
    }
    graph_add_node(graph, layer, NULL, NULL, 0, &tensor, 1, at);
    return layer;
}

Layer *input_layer_new(Graph *graph, const Shape *batch_shape, DType dtype, SourceRange at) {
    const InputAttrs attrs = {.batch_shape = *batch_shape, .dtype = dtype};
    return new_layer(graph, NULL, &attrs, NULL, at);
}

/* NULL after reporting; the poisoned tensor given with tensor= counts as reported. */
static Layer *make(Request *request) {
    if (!argument_name(request->graph, request->bound[NAME], &request->name)) return NULL;
    if (given(request, TENSOR)) {
        if (!read_tensor(request) || (request->tensor && request->tensor->poisoned)) return NULL;
    } else {
        if (!read_shape(request) || !read_kind(request)) return NULL;
        if (!dtype_argument(request->graph, request->bound[DTYPE], &request->attrs.dtype)) return NULL;
    }
    return new_layer(request->graph, request->name, &request->attrs, request->tensor, request->at);
}

/* TensorFlow 1 has `name` in third place, where Keras 3 has `dtype`: Input((3,), 8, 'x') is taken as it meant
 * it. */
static bool is_era_call(const Arguments *arguments) {
    DType dtype;
    if (arguments->count < 3 || arguments->at[2].keyword || arguments->at[2].value.kind != VALUE_STR)
        return false;
    if (dtype_argument_parse(arguments->at[2].value, &dtype)) return false;
    const char *names[DTYPE_COUNT], *name = value_c_str(arguments->at[2].value);
    for (size_t i = 0; i < DTYPE_COUNT; i++) names[i] = dtype_name((DType)i);
    return name && !text_nearest(name, names, DTYPE_COUNT) && strcmp(name, "float") != 0;
}

/* The arguments with TensorFlow 1's positional ones made keywords. */
static const Arguments *modernize(Graph *graph, const Arguments *arguments) {
    static const char *const ERA[] = {"shape", "batch_size", "name", "dtype", "sparse", "tensor"};
    if (!is_era_call(arguments)) return arguments;
    const char *name = value_repr(graph->arena, arguments->at[2].value);
    diag_report(graph->diags, W201, arguments->at[2].at,
                "Invalid dtype: %s; taken as the name, as in TensorFlow 1",
                value_text(graph->arena, arguments->at[2].value));
    diag_help(graph->diags, arguments->at[2].at, arena_printf(graph->arena, "name=%s", name), "write name=%s",
              name);
    Argument *at = ARENA_ARRAY(graph->arena, Argument, arguments->count);
    for (size_t i = 0; i < arguments->count; i++) {
        at[i] = arguments->at[i];
        if (at[i].keyword || i >= sizeof ERA / sizeof ERA[0]) continue;
        at[i].keyword = ERA[i];
        at[i].keyword_at = at[i].at;
    }
    Arguments *modern = ARENA_NEW(graph->arena, Arguments);
    *modern = (Arguments){at, arguments->count, arguments->call};
    return modern;
}

Tensor *tensor_poisoned(Graph *graph, SourceRange at) {
    Tensor *tensor = graph_add_tensor(graph, &(Shape){0}, graph->settings.floatx, "poisoned", at);
    tensor->poisoned = true;
    return tensor;
}

bool model_input(Graph *graph, const Arguments *arguments, Value *out) {
    const Argument *bound[N_PARAMETERS];
    const Opaque *opaque = arguments_opaque(arguments);
    if (opaque) {
        *out = value_from_opaque(opaque);
        return true;
    }
    *out = value_none();
    Request request = {.graph = graph, .bound = bound, .at = arguments->call};
    const bool ok = signature_bind(graph, &INPUT, modernize(graph, arguments), bound);
    Layer *layer = ok ? make(&request) : NULL;
    *out = value_tensor(layer ? input_layer_tensor(layer) : tensor_poisoned(graph, arguments->call));
    return layer || (request.tensor && request.tensor->poisoned);
}

bool model_input_layer(Graph *graph, const Arguments *arguments, Value *out) {
    const Argument *given_to[N_LAYER_PARAMETERS], *bound[N_PARAMETERS];
    const Opaque *opaque = arguments_opaque(arguments);
    *out = opaque ? value_from_opaque(opaque) : value_none();
    if (opaque) return true;
    if (!signature_bind(graph, &INPUT_LAYER, arguments, given_to)) return false;
    memcpy(bound, given_to, sizeof bound);
    bound[TENSOR] = given_to[6]; /* the two signatures end in another order */
    bound[OPTIONAL] = given_to[7];
    bound[NAME] = given_to[8];
    if (argument_given(given_to[INPUT_SHAPE])) {
        diag_report(graph->diags, W204, given_to[INPUT_SHAPE]->keyword_at,
                    "Argument `input_shape` is deprecated. Use `shape` instead");
        diag_help(graph->diags, given_to[INPUT_SHAPE]->keyword_at, "shape", "write shape=");
        bound[SHAPE] = given_to[INPUT_SHAPE];
    }
    if (argument_given(given_to[BATCH_INPUT_SHAPE])) bound[BATCH_SHAPE] = given_to[BATCH_INPUT_SHAPE];
    Request request = {.graph = graph, .bound = bound, .at = arguments->call};
    Layer *layer = make(&request);
    if (layer) *out = value_layer(layer);
    return layer != NULL;
}

static bool reject_call(Graph *graph, Layer *layer, const Arguments *arguments, Value *out) {
    *out = value_tensor(tensor_poisoned(graph, arguments->call));
    diag_report(graph->diags, E223, arguments->call,
                "too many positional arguments: \"%s\" is an InputLayer, which takes no tensors",
                layer->name);
    diag_help(graph->diags, arguments->call, NULL, "its tensor is %s.output",
              layer->variable ? layer->variable : "layer");
    return false;
}

static bool lower_constant(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    const InputAttrs *attrs = node->layer->attrs;
    if (attrs->constant) return attrs->constant->layer->class_->lower(l, attrs->constant, inputs, outputs);
    return diag_report(l->ir->diags, E900, node->at, "input \"%s\" is none of the model's",
                       node->layer->name);
}

const LayerClass MODEL_CLASS_INPUT_LAYER = {
    .name = "InputLayer",
    .module = "keras.layers",
    .about = "an input of a model; Input(...) makes one and gives its tensor",
    .attrs_size = sizeof(InputAttrs),
    .call = reject_call,
    .lower = lower_constant,
};

/* Binding: the arguments of a construction matched to the parameter table, and their values stored in the
 * fields. For layer.c and the files of the binding only.
 */
#ifndef LAMINA_LAYERS_BIND_H
#define LAMINA_LAYERS_BIND_H

#include "layers/rules.h"

/* The parameters that every layer has (Keras' Layer.__init__), and the deprecated ones of Keras 2. */
typedef struct CommonParams {
    const Argument *name, *dtype, *trainable, *autocast;
    const Argument *input_shape, *input_dim, *batch_input_shape, *batch_size, *weights;
} CommonParams;

typedef struct Binding {
    const Argument **params; /* one per row of the class' table; NULL: the default */
    CommonParams common;
    bool unrecognized; /* failed because of a keyword that neither the class nor Layer knows */
} Binding;

/* Matches arguments to parameters by Python's rules. Reports what does not fit; false then. */
bool bind_arguments(Graph *graph, const LayerClass *class_, const Arguments *arguments, Binding *out);

/* Stores one value in its field of `attrs`, converted and checked; `at` is where it stands. False after
 * reporting. */
bool param_store(Graph *graph, const ParamSpec *spec, Value value, SourceRange at, void *attrs);

/* Applies name, dtype, trainable and the rest to a layer that was just made. */
bool common_apply(Graph *graph, Layer *layer, const CommonParams *common);
/* The `name` argument: NULL where it is absent or None. False after reporting. */
bool common_name(Graph *graph, const CommonParams *common, const char **out);

/* An initializer as Keras' initializers.get reads it: a name, a symbol, a configuration. */
bool initializer_parse(Graph *graph, Value value, SourceRange at, Initializer *out);

/* The value of a parameter that ends in _regularizer or _constraint: false after reporting a name that Keras
 * does not know, or no callable. True of every other parameter. */
bool regularizer_check(Graph *graph, const char *parameter, Value value, SourceRange at);

#endif

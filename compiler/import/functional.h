/* A functional model under way: its layers, their calls, and the tensors that calls name. */
#ifndef LAMINA_IMPORT_FUNCTIONAL_H
#define LAMINA_IMPORT_FUNCTIONAL_H

#include "import/parts.h"

typedef struct SavedLayer {
    const char *name, *class_name;
    Value object;         /* with class_name, config, inbound_nodes */
    Value nodes;          /* inbound_nodes: a list */
    size_t n_nodes, done; /* calls, and how many of them are written */
    const char *variable; /* of a layer that is called several times, once it is made */
    const char **results; /* the variable of each call that is written */
    size_t first_index;   /* by which the file's calls name call 0 of this layer */
    bool is_model, is_operation, is_input;
    TensorPaths outputs; /* of a model */
} SavedLayer;

typedef struct Functional {
    Writer *writer;
    SavedLayer *layers;
    size_t count;
    Map by_name;
} Functional;

/* What a call's reference to a tensor comes to. */
typedef enum Found { FOUND, NOT_YET, NOWHERE } Found;

/* [name, node, tensor] as an expression. NOWHERE after reporting. */
Found functional_tensor(Functional *model, const Place *at, const char *name, int64_t node, int64_t tensor,
                        const char **out);
/* A call's arguments: "(a, b, mask=None)" without the brackets. NOT_YET where a tensor is not there yet. */
Found functional_arguments(Functional *model, const Place *at, const SavedLayer *layer, Value node,
                           Text *out);
/* A value that may hold tensors. */
Found functional_value(Functional *model, const Place *at, Value value, ListForm form, Text *out);
/* True for {"class_name": "__keras_tensor__"}, and its three parts. */
bool functional_is_tensor(Value value, const char **name, int64_t *node, int64_t *tensor);

/* An operation's call as an expression. */
Found operation_call(Functional *model, const Place *at, const SavedLayer *layer, Value node, Text *out);
bool operation_is(const Writer *writer, Value object);

#endif

/* Elaborate: runs a model file (CONTRACT: a subset of Python) and gives the Model that it builds.
 *
 * In:  a source file and the command line's choices. Out: the graph, the chosen Model, the module's names,
 * the files read. Invariant: what is returned depends on nothing that was skipped; a model that does is an
 * error.
 */
#ifndef LAMINA_ELABORATE_ELABORATE_H
#define LAMINA_ELABORATE_ELABORATE_H

#include "graph/external.h"
#include "model/model.h"

typedef struct ElaborateDefinition { /* -D NAME=VALUE */
    const char *name, *value;
} ElaborateDefinition;

typedef struct ElaborateOptions {
    const ElaborateDefinition *definitions;
    size_t n_definitions;
    const char *const *include_dirs; /* -I, in order */
    size_t n_include_dirs;
    const char *call;       /* --call: "NAME(a, b=2)", or NULL */
    const char *model_name; /* --model, or NULL */
    bool strict_keras;
    bool tf1;           /* --compat=tf1 */
    bool weights_given; /* -w: weights='imagenet' and load_weights are fine then */
    uint64_t max_steps; /* 0: the default */
    unsigned max_depth;
    size_t max_nodes;
    ExternalLayer *externals; /* --extern: which are used is marked */
    size_t n_externals;
    const OperationName *operation_names; /* of a file made from a saved model; or NULL */
    size_t n_operation_names;
} ElaborateOptions;

enum { ELABORATE_MAX_STEPS = 20000000, ELABORATE_MAX_DEPTH = 1000, ELABORATE_MAX_NODES = 200000 };

typedef struct Elaboration Elaboration;

/* Parses and runs file number `file` of `sources`. NULL only where the file has syntax errors. Errors of the
 * evaluation are in `diags`; what could be evaluated is there all the same. */
Elaboration *elaborate_file(Arena *arena, Sources *sources, uint32_t file, Diagnostics *diags,
                            const ElaborateOptions *options);
/* The chosen model (CONTRACT, "Which model"); NULL after reporting, also where it depends on something
 * opaque. */
Model *elaborate_model(Elaboration *elaboration);
Graph *elaborate_graph(Elaboration *elaboration);
/* A name of the module: false where there is none. */
bool elaborate_lookup(const Elaboration *elaboration, const char *name, Value *out);
/* The files that were imported, in the order of their reading, without the model file. */
const char *const *elaborate_imports(const Elaboration *elaboration, size_t *count);

#endif

/* Layers that the user supplies as C functions: --extern LAYER=FUNCTION.
 *
 * The function: int FUNCTION(size_t samples, inputs..., weights..., output), each a pointer to the first
 * element, row-major, in Keras' order; it returns 0, and anything else ends the run with that code. It must
 * be pure: it may be called for parts of the batch, in any order, and not at all where nothing needs its
 * result.
 */
#ifndef LAMINA_GRAPH_EXTERNAL_H
#define LAMINA_GRAPH_EXTERNAL_H

#include <stdbool.h>

typedef void ExternalFunction(void);

typedef struct ExternalLayer {
    const char *layer;         /* the name of a class, or of one layer, which comes first */
    const char *function;      /* a C identifier */
    const char *shape;         /* --extern-shape: "(None, 8)", or NULL: compute_output_shape tells it */
    ExternalFunction *address; /* in this process, for `lamina run`; NULL: not loaded */
    bool used;                 /* a layer was called that has it */
} ExternalLayer;

enum { EXTERNAL_MAX_POINTERS = 8 }; /* inputs, weights and the output */

#endif

/* Lowering: a Model and its weights in, an Ir out. Layer classes' `lower` rules call the builders of ir/ir.h.
 */
#ifndef LAMINA_LOWER_LOWER_H
#define LAMINA_LOWER_LOWER_H

#include "model/model.h"

typedef struct LowerOptions {
    bool coo; /* sparse inputs of rank 2 come as lamina_coo, not as lamina_csr */
} LowerOptions;

/* Lowers the whole model; nested models are put in place. `weight_data` is by Weight.id. NULL after reporting
 * (E6xx for what cannot be compiled yet: unknown inner dimensions, sparse inputs, element types without
 * kernels). Gives the model's outputs the element types that they are computed in. */
Ir *lower_model(Arena *arena, Graph *graph, Model *model, const void *const *weight_data,
                const LowerOptions *options /* or NULL */);

#endif

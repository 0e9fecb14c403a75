/* Parameters and bytes of layers and models, and how numbers are printed: for the summary. */
#ifndef LAMINA_MODEL_COST_H
#define LAMINA_MODEL_COST_H

#include "model/model.h"

typedef struct Cost {
    int64_t params, trainable_params; /* -1: more than an int64 holds */
    double bytes, trainable_bytes;
} Cost;

/* Of the layer with all that is inside it; what is shared counts once. */
Cost cost_of_layer(Arena *arena, const Layer *layer);
/* "1,234"; "?" for a negative number. */
const char *cost_number(Arena *arena, int64_t number);
/* "2.06 KB" */
const char *cost_memory(Arena *arena, double bytes);

#endif

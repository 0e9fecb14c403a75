/* Weights: files and random initial values, behind one interface.
 *
 * The reader is told which weights to expect, with names, shapes and types, and takes nothing else from the
 * file.
 */
#ifndef LAMINA_WEIGHTS_WEIGHTS_H
#define LAMINA_WEIGHTS_WEIGHTS_H

#include "data/bytes.h"
#include "model/model.h"

/* What the model wants, one per Weight, in the order of model_weights(). */
typedef struct WeightSlot {
    const Weight *weight;
    const char
        *key; /* variable.path, clashes made unique with _1, _2 ...: the key in .npz and .safetensors */
    const char *h5_path;   /* "layers/functional/layers/dense/vars/0" (Keras 3 .weights.h5) */
    const char *vars_name; /* the layer's name: attribute `name` of its vars group */
    size_t count;          /* elements */
    void *data;            /* set by a reader: `count` elements of weight->dtype, in the arena */
} WeightSlot;

/* One of model.layers that has weights: the unit in which Keras' older files keep them. */
typedef struct WeightGroup {
    const char *name; /* the layer's */
    bool container;   /* a model, or a layer that wraps others */
    size_t *slots;    /* indices into WeightSet.slots, in the order of layer.weights */
    size_t count;
} WeightGroup;

typedef struct WeightSet {
    Arena *arena;
    Diagnostics *diags;
    const Model *model;
    WeightSlot *slots;
    size_t count;
    WeightGroup *groups; /* in the order of model.layers */
    size_t n_groups;
} WeightSet;

WeightSet *weights_expect(Arena *arena, Diagnostics *diags, const Model *model);

/* Fills the set from `source`: a file (.weights.h5, .keras, .h5 of Keras 2 or 3, .npz, .safetensors: told
 * apart by content first, then by name) or "random[:SEED]". Every mismatch is reported (E4xx), expected and
 * found side by side. */
bool weights_load(WeightSet *set, const char *source);
/* The same from a file's bytes; file->path is its name. */
bool weights_load_bytes(WeightSet *set, const Bytes *file);

/* For Lowering: values by Weight.id (graph->weights.count entries). */
const void *const *weights_by_id(const WeightSet *set, const Graph *graph);
/* 16 hexadecimal digits that differ where any value does (FNV-1a; no protection against forgery). */
const char *weights_digest(Arena *arena, const WeightSet *set);
/* `lamina list weights MODEL`: keys, shapes, dtypes, h5 paths. */
void weights_print(const WeightSet *set, FILE *out);

#endif

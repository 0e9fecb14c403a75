/* What the layers of categories share: CategoryEncoding, Discretization, Hashing, IntegerLookup. */
#ifndef LAMINA_LAYERS_CATEGORIES_H
#define LAMINA_LAYERS_CATEGORIES_H

#include "layers/rules.h"

typedef enum OutputMode { MODE_INT, MODE_ONE_HOT, MODE_MULTI_HOT, MODE_COUNT, MODE_TF_IDF } OutputMode;

/* "int", "one_hot", "multi_hot", "count", "tf_idf", NULL: in the order of OutputMode. */
extern const char *const CATEGORY_MODES[];

/* The numbers in a list or tuple; false where it is none, or holds something else. */
bool category_numbers(Arena *arena, Value value, double **numbers, size_t *count);
bool category_integers(Arena *arena, Value value, int64_t **numbers, size_t *count);

/* A constant list of int64. */
Op *category_table(Lowering *lowering, const Node *node, const int64_t *data, size_t count);
/* Category numbers (integers) as Keras' encode_categorical_inputs gives them: the result for the node's
 * output 0. Ids of depth and more are left out; negative ones too, but in multi_hot and count of rank 2,
 * where they are an index out of range. `weights` may be NULL. False after reporting where Keras announces
 * another shape than it computes. */
bool category_encode(Lowering *lowering, const Node *node, Op *ids, Op *weights, OutputMode mode,
                     int64_t depth, Op **output);
/* Reports sparse=True, which is not there yet. */
bool category_no_sparse(Lowering *lowering, const Node *node, bool sparse);

#endif

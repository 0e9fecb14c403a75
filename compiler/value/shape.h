/* Shape: the extents of a tensor, the batch axis included; an extent may be unknown (Python's None). */
#ifndef LAMINA_VALUE_SHAPE_H
#define LAMINA_VALUE_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

enum { SHAPE_MAX_RANK = 8 }; /* also TensorFlow's limit in most operations */
#define DIM_UNKNOWN ((int64_t)-1)

typedef struct Shape {
    int rank;
    int64_t dim[SHAPE_MAX_RANK];
} Shape;

bool shape_equal(const Shape *a, const Shape *b);
/* True where some assignment of the unknown extents makes them equal. */
bool shape_compatible(const Shape *a, const Shape *b);
/* The product of the extents [first, rank); false where one is unknown or the product overflows int64. */
bool shape_count(const Shape *shape, int first, int64_t *count);
bool shape_is_static(const Shape *shape, int first);
/* An axis as Python counts it (negative from the end) made 0..rank-1; false where it is out of range. */
bool shape_axis(const Shape *shape, int64_t axis, int *out);
/* Numpy's broadcasting; false where the shapes do not fit. An unknown extent against 1 or itself stays
 * unknown, against n > 1 becomes n (as keras.src.ops.operation_utils.broadcast_shapes). */
bool shape_broadcast(const Shape *a, const Shape *b, Shape *out);
/* As Python prints a tuple: "(None, 32)", "(None,)", "()". */
const char *shape_text(Arena *arena, const Shape *shape);
Shape shape_make(int rank, const int64_t *dims);

#endif

/* Inside of the reference executor: the values of ops as doubles, and the op kinds that compute them. */
#ifndef LAMINA_IR_EXECUTE_OP_H
#define LAMINA_IR_EXECUTE_OP_H

#include "ir/ir.h"

/* A tensor with all extents known. */
typedef struct Values {
    size_t rank, extent[SHAPE_MAX_RANK], count;
    const double *data;
} Values;

/* One op being computed: its inputs, and room for its result. */
typedef struct Step {
    Arena *arena;
    const Op *op;
    const Values *inputs;
    Values result; /* extents set; data = y */
    double *y;
    const char *error; /* set where an index is out of range */
} Step;

/* The shape with `batch` for an unknown first extent; false where the count overflows. */
bool values_shape(Values *v, const Shape *shape, size_t batch);
/* Distance of neighbours along each axis in row-major order. */
void values_strides(const Values *v, ptrdiff_t *stride);
/* n elements of a dtype as doubles; false where a 64-bit integer is not exactly one. */
bool values_load(DType dtype, size_t n, const void *data, double *out);
/* The doubles as elements of a dtype, rounded once; false as above. */
bool values_store(DType dtype, size_t n, const double *values, void *out);
/* What an element of the dtype makes of x: integers wrap around, bool is x != 0; floats stay double. */
double values_cast(DType to, DType from, double x);

/* Fills s->y. */
typedef void StepFunction(Step *s);
StepFunction step_concat, step_slice, step_pad, step_reshape, step_transpose, step_broadcast, step_repeat,
    step_gather;
StepFunction step_reduce, step_row, step_normalize;
/* The values with the axes of the mask moved behind the others. *n is their product. */
const double *step_axes_last(Step *s, const Values *x, uint32_t axes, size_t *n);
/* The inverse for a result computed in that order. */
void step_axes_back(Step *s, const Values *x, uint32_t axes, const double *from);

#endif

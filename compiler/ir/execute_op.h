/* Inside of the reference executor: the values of ops as doubles, and the op kinds that compute them. */
#ifndef LAMINA_IR_EXECUTE_OP_H
#define LAMINA_IR_EXECUTE_OP_H

#include "ir/execute.h"

/* A tensor with all extents known. */
typedef struct Values {
    size_t rank, extent[SHAPE_MAX_RANK], count;
    const double *data;
    const double *rest; /* of 64-bit integers: value = data + rest, exactly; NULL: nothing is lacking */
} Values;

/* One op being computed: its inputs, and room for its result. */
typedef struct Step {
    Arena *arena;
    const Op *op;
    const Values *inputs;
    Values result; /* extents set; data = y */
    double *y;
    double *rest;      /* room for the rests, all 0, where the result is of 64-bit integers; else NULL */
    bool of_rests;     /* this run moves the rests: a border is 0 */
    const char *error; /* set where an index is out of range, or an integer is divided by 0 */
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

/* x as float16 or bfloat16 holds it. */
double values_round(DType dtype, double x);
/* The 64 bits (two's complement) of the integer data + rest, and back. */
uint64_t values_bits(double data, double rest);
double values_from_bits(DType dtype, uint64_t bits, double *rest);
/* True for the types that a double does not hold. */
bool dtype_is_wide(DType dtype);

/* Computes the op exactly where its inputs are integers; false where that is not for execute_integer.c. */
bool step_integer(Step *s);
/* The bias of an op with a kernel; NULL: none. */
const double *step_bias(const Step *s);
/* The input-th input with the extents of the result. */
Values step_broadcast_input(Step *s, size_t input);

/* Fills s->y. */
typedef void StepFunction(Step *s);
StepFunction step_concat, step_slice, step_pad, step_reshape, step_transpose, step_broadcast, step_repeat,
    step_gather;
StepFunction step_recurrent; /* recurrent.c */
StepFunction step_rescaled;  /* an op that has a Rescale, whatever its kind (execute_int8.c) */
StepFunction step_quantize, step_dequantize, step_table;
/* What computes ops of the kind; NULL: nothing does. */
StepFunction *step_of(OpKind kind);
/* Every op's value, by the op's id. */
bool ir_execute_values(Arena *arena, const Ir *ir, size_t batch, const ExactArray *inputs, Values *values,
                       const char **error);
/* The same from one op on, where those before it have been executed. */
bool ir_execute_from(Arena *arena, const Ir *ir, size_t first, size_t batch, const ExactArray *inputs,
                     Values *values, const char **error);
/* One op on these values of its inputs. */
bool ir_execute_op(Arena *arena, const Op *op, size_t batch, const Values *inputs, Values *result,
                   const char **error);
/* After a function that only moves elements: the same with the rests. */
void step_move_rests(Step *s, StepFunction *move);
StepFunction step_conv2d, step_depthwise, step_pool2d, step_conv3d, step_conv_transpose, step_resample;
StepFunction step_category, step_external;
StepFunction step_reduce, step_row, step_normalize;
/* The values with the axes of the mask moved behind the others. *n is their product. */
const double *step_axes_last(Step *s, const Values *x, uint32_t axes, size_t *n);
/* The inverse for a result computed in that order. */
void step_axes_back(Step *s, const Values *x, uint32_t axes, const double *from);

#endif

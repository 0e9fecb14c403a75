/* Conversion of single elements between the compilable dtypes, by way of double: rounded to nearest, ties to
 * even. */
#ifndef LAMINA_DATA_CONVERT_H
#define LAMINA_DATA_CONVERT_H

#include "value/dtype.h"

/* Element `index` of an array of `dtype`. Integers beyond 2^53 are rounded. */
double convert_get(DType dtype, const void *data, size_t index);
/* Stores the value rounded to `dtype`; a value that an integer type cannot hold becomes the nearest that it
 * can. */
void convert_set(DType dtype, void *data, size_t index, double value);
/* Copies `count` elements, converted; exact where the types are the same. */
void convert_array(DType from, const void *source, DType to, void *target, size_t count);

#endif

/* Engine: runs the model on data, by one of several ways that must agree. */
#ifndef LAMINA_CLI_ENGINE_H
#define LAMINA_CLI_ENGINE_H

#include "cli/tensors.h"

/* By the reference executor, in float64, on the Ir as lowered (driver_lower must have run, no pass). Float
 * outputs come as float64; others in their own type. */
bool engine_reference(Driver *driver, const Array *inputs, size_t batch, Array **outputs);
/* By the emitted C, compiled by $CC (default cc) into a shared library (driver_program must have run). */
bool engine_c(Driver *driver, const Array *inputs, size_t batch, Array **outputs);

#endif

/* Engine: runs the model on data, by one of several ways that must agree. */
#ifndef LAMINA_CLI_ENGINE_H
#define LAMINA_CLI_ENGINE_H

#include "cli/tensors.h"
#include "lamina.h"

/* By the reference executor, in float64, on the Ir as lowered (driver_lower must have run, no pass). Float
 * outputs come as float64; others in their own type. */
bool engine_reference(Driver *driver, const Array *inputs, size_t batch, Array **outputs);
/* By LLVM, in this process (driver_program must have run). */
bool engine_llvm(Driver *driver, const Array *inputs, size_t batch, Array **outputs);
/* False where LLVM was not built in, or has no target of --target's name. */
bool engine_llvm_is_here(const Driver *driver);
/* By the emitted C, compiled by $CC (default cc) into a shared library (driver_program must have run). */
bool engine_c(Driver *driver, const Array *inputs, size_t batch, Array **outputs);

/* A call of the compiled model: what the two before have in common. */
bool engine_call(Driver *driver, const lamina_model *compiled, const Array *inputs, size_t batch,
                 Array **outputs);

#endif

/* Engine: runs the model on data, by one of several ways that must agree. */
#ifndef LAMINA_CLI_ENGINE_H
#define LAMINA_CLI_ENGINE_H

#include "cli/tensors.h"
#include "emit/llvm_module.h"
#include "ir/bound.h"
#include "lamina.h"

/* By the reference executor, in float64 (driver_reference must have run). Float
 * outputs come as float64; others in their own type. */
bool engine_reference(Driver *driver, const Array *inputs, size_t batch, Array **outputs);
/* The same with a bound for each element of each output: what any other way of computing it is within
 * (ir/bound.h). */
bool engine_bound(Driver *driver, const Array *inputs, size_t batch, BoundedArray **outputs);
/* By LLVM, in this process (driver_program must have run). */
bool engine_llvm(Driver *driver, const Array *inputs, size_t batch, Array **outputs);
/* The compiled model in this process; nothing of it is the Driver's but the Program, which must live as long.
 */
typedef struct EngineLoaded {
    const lamina_model *model;
    const LlvmModule *llvm;
    LlvmLoaded jit; /* of `llvm` */
    void *library;  /* of the C compiler */
} EngineLoaded;

/* driver_program must have run. False after reporting; `out` may be unloaded all the same. */
bool engine_load_llvm(Driver *driver, EngineLoaded *out);
bool engine_load_c(Driver *driver, EngineLoaded *out);
/* By --via; without it by LLVM where it is here, else by C. */
bool engine_load(Driver *driver, EngineLoaded *out);
void engine_unload(EngineLoaded *loaded);
/* False where LLVM was not built in, or has no target of --target's name. */
bool engine_llvm_is_here(const Driver *driver);
/* By the emitted C, compiled by $CC (default cc) into a shared library (driver_program must have run). */
bool engine_c(Driver *driver, const Array *inputs, size_t batch, Array **outputs);

/* A call of the compiled model: what the two before have in common. */
bool engine_call(Driver *driver, const lamina_model *compiled, const Array *inputs, size_t batch,
                 Array **outputs);
/* The same several times on the same data and in the same memory; `after` each, where it is not NULL. */
typedef void EngineAfter(void *context);
bool engine_call_times(Driver *driver, const lamina_model *compiled, const Array *inputs, size_t batch,
                       size_t times, EngineAfter *after, void *context, Array **outputs);

#endif

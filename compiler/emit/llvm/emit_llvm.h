/* The LLVM emitter: a Program as an LLVM module with everything in it, ready to be written or run. What the
 * compiler itself calls is emit/llvm_module.h.
 */
#ifndef LAMINA_EMIT_LLVM_EMIT_LLVM_H
#define LAMINA_EMIT_LLVM_EMIT_LLVM_H

#include <llvm-c/Core.h>
#include <llvm-c/TargetMachine.h>

#include "emit/emit.h"

/* Owned by the caller: llvm_unit_free. */
typedef struct LlvmUnit {
    LLVMContextRef context;
    LLVMModuleRef module;         /* linked with its kernels, optimised, verified */
    LLVMTargetMachineRef machine; /* what it is for */
} LlvmUnit;

/* Fills the unit, and where they are not NULL the header's text and the weights file. False after reporting;
 * then there is nothing to free. */
bool emit_llvm(Arena *arena, const Program *program, const EmitOptions *options, LlvmUnit *unit, Text *header,
               Blob *weights);
void llvm_unit_free(LlvmUnit *unit);

/* Runs work(argument) with LLVM's fatal errors turned into reports (E612). LLVM's state is lost then: what
 * the work had allocated stays so. */
bool llvm_guarded(Diagnostics *diags, bool (*work)(void *argument), void *argument);

#endif

/* The Program in this process (LlvmModule.load and .unload). */
#ifndef LAMINA_EMIT_LLVM_JIT_H
#define LAMINA_EMIT_LLVM_JIT_H

#include "emit/llvm_module.h"

bool llvm_jit_load(Arena *arena, const Program *program, const EmitOptions *options, LlvmLoaded *out);
void llvm_jit_unload(LlvmLoaded *loaded);

#endif

/* Types and plain constants. */
#include "emit/llvm/llvm_emitter.h"

LLVMTypeRef llvm_type(const LlvmEmitter *l, DType dtype) {
    if (dtype == DTYPE_FLOAT32) return LLVMFloatTypeInContext(l->context);
    if (dtype == DTYPE_FLOAT64) return LLVMDoubleTypeInContext(l->context);
    return LLVMIntTypeInContext(l->context, (unsigned)dtype_size(dtype) * 8);
}

LLVMValueRef llvm_size(const LlvmEmitter *l, uint64_t value) {
    return LLVMConstInt(l->size, value, false);
}

LLVMValueRef llvm_int(const LlvmEmitter *l, int value) {
    return LLVMConstInt(l->status, (unsigned long long)value, true);
}

LLVMValueRef llvm_bytes(const LlvmEmitter *l, const void *data, size_t size, bool terminated) {
#if LLVM_VERSION_MAJOR >= 19
    return LLVMConstStringInContext2(l->context, data, size, !terminated);
#else
    return LLVMConstStringInContext(l->context, data, (unsigned)size, !terminated);
#endif
}

LLVMValueRef llvm_known_address(const LlvmEmitter *l, const void *address) {
    return LLVMConstIntToPtr(llvm_size(l, (uint64_t)(uintptr_t)address), l->pointer);
}

LLVMValueRef llvm_constant(const LlvmEmitter *l, LLVMValueRef value, const char *name, unsigned align) {
    LLVMValueRef global = LLVMAddGlobal(l->module, LLVMTypeOf(value), name);
    LLVMSetInitializer(global, value);
    LLVMSetGlobalConstant(global, true);
    LLVMSetLinkage(global, LLVMInternalLinkage);
    LLVMSetUnnamedAddress(global, LLVMGlobalUnnamedAddr);
    if (align) LLVMSetAlignment(global, align);
    return global;
}

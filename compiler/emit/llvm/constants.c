/* Weights: constants of the module, small ones as readable numbers; or addresses in the weights file that the
 * caller gives; or where they lie in this process.
 */
#include "emit/llvm/llvm_emitter.h"

enum { READABLE_ELEMENTS = 1024 };

static LLVMValueRef element(const LlvmEmitter *l, const Buffer *b, int64_t i) {
    LLVMTypeRef type = llvm_type(l, b->dtype);
    if (b->dtype == DTYPE_FLOAT32) return LLVMConstReal(type, (double)((const float *)b->data)[i]);
    const int64_t value =
        b->dtype == DTYPE_INT32 ? ((const int32_t *)b->data)[i] : ((const int64_t *)b->data)[i];
    return LLVMConstInt(type, (unsigned long long)value, true);
}

/* NaNs keep their bits, which a number does not always do. */
static bool is_readable(const Buffer *b) {
    if (b->count > READABLE_ELEMENTS) return false;
    if (b->dtype == DTYPE_INT32 || b->dtype == DTYPE_INT64) return true;
    if (b->dtype != DTYPE_FLOAT32) return false;
    for (int64_t i = 0; i < b->count; i++)
        if (((const float *)b->data)[i] != ((const float *)b->data)[i]) return false;
    return true;
}

static LLVMValueRef readable(const LlvmEmitter *l, const Buffer *b) {
    LLVMValueRef *values = ARENA_ARRAY(l->e.arena, LLVMValueRef, (size_t)b->count);
    for (int64_t i = 0; i < b->count; i++) values[i] = element(l, b, i);
#if LLVM_VERSION_MAJOR >= 17
    return LLVMConstArray2(llvm_type(l, b->dtype), values, (uint64_t)b->count);
#else
    return LLVMConstArray(llvm_type(l, b->dtype), values, (unsigned)b->count);
#endif
}

void llvm_constants(LlvmEmitter *l) {
    const Program *p = l->e.program;
    l->constants = ARENA_ARRAY(l->e.arena, LLVMValueRef, p->constants.count);
    if (l->e.options->weights == WEIGHTS_BINARY) return; /* llvm_run: they need the argument */
    for (size_t i = 0; i < p->constants.count; i++) {
        const Buffer *b = p->constants.at[i];
        if (l->e.options->in_process) {
            l->constants[i] = llvm_known_address(l, b->data);
            continue;
        }
        LLVMValueRef value =
            is_readable(b) ? readable(l, b) : llvm_bytes(l, b->data, constant_bytes(b), false);
        l->constants[i] = llvm_constant(l, value, l->e.constants[i], WEIGHTS_ALIGN);
    }
}

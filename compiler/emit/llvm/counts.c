/* Numbers and addresses that may depend on the batch. */
#include "emit/llvm/llvm_emitter.h"

LLVMValueRef llvm_count(LlvmEmitter *l, Count count, const LlvmPlace *place) {
    LLVMValueRef factor = llvm_size(l, (uint64_t)count.factor);
    if (!count.batched || place->single) return factor;
    return count.factor == 1 ? place->samples : LLVMBuildNUWMul(l->builder, place->samples, factor, "");
}

static LLVMValueRef base_of(const LlvmEmitter *l, const Buffer *b) {
    switch (b->kind) {
    case BUFFER_INPUT: return l->inputs[b->index];
    case BUFFER_OUTPUT: return l->outputs[b->index];
    case BUFFER_WORKSPACE: return l->buffers[b->index];
    default: return l->constants[b->index];
    }
}

/* sum + factor * variable, in elements. */
static LLVMValueRef add_term(LlvmEmitter *l, LLVMValueRef sum, int64_t factor, LLVMValueRef variable) {
    if (!variable || factor == 0) return sum;
    LLVMValueRef term = LLVMBuildNSWMul(l->builder, variable, llvm_size(l, (uint64_t)factor), "");
    return sum ? LLVMBuildNSWAdd(l->builder, sum, term, "") : term;
}

LLVMValueRef llvm_address(LlvmEmitter *l, const Arg *arg, const LlvmPlace *place) {
    const Buffer *b = arg->buffer;
    const bool caller = b->kind == BUFFER_INPUT || b->kind == BUFFER_OUTPUT;
    LLVMValueRef at = arg->offset ? llvm_size(l, (uint64_t)arg->offset) : NULL;
    if (caller && b->batched) at = add_term(l, at, b->count, place->start);
    at = add_term(l, at, arg->stride, place->round);
    if (!at) return base_of(l, b);
    return LLVMBuildInBoundsGEP2(l->builder, llvm_type(l, b->dtype), base_of(l, b), &at, 1, "");
}

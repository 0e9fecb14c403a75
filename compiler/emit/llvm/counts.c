/* Numbers and addresses that may depend on the batch and on run-time dimensions. */
#include "emit/llvm/llvm_emitter.h"

bool llvm_is_open(const LlvmEmitter *l, int64_t number) {
    return !size_is_number(program_size(l->e.program, number));
}

LLVMValueRef llvm_product(LlvmEmitter *l, LLVMValueRef start, const unsigned char *power, uint64_t extra) {
    for (size_t i = 0; i < l->e.program->n_dims; i++)
        for (int k = 0; k < power[i]; k++) start = LLVMBuildMul(l->builder, start, l->dims[i], "");
    return extra ? LLVMBuildAdd(l->builder, start, llvm_size(l, extra), "") : start;
}

LLVMValueRef llvm_number(LlvmEmitter *l, int64_t number) {
    const Size size = program_size(l->e.program, number);
    if (size_is_number(size)) return llvm_size(l, (uint64_t)size.constant);
    return llvm_product(l, llvm_size(l, (uint64_t)size.factor), size.power, (uint64_t)size.constant);
}

LLVMValueRef llvm_count(LlvmEmitter *l, Count count, const LlvmPlace *place) {
    LLVMValueRef factor = llvm_number(l, count.factor);
    if (!count.batched || place->single) return factor;
    return count.factor == 1 ? place->samples : LLVMBuildMul(l->builder, place->samples, factor, "");
}

static LLVMValueRef state_at(LlvmEmitter *l, size_t offset) {
    LLVMValueRef at = llvm_size(l, offset);
    return LLVMBuildInBoundsGEP2(l->builder, LLVMInt8TypeInContext(l->context), l->state, &at, 1, "");
}

static LLVMValueRef base_of(LlvmEmitter *l, const Buffer *b) {
    switch (b->kind) {
    case BUFFER_INPUT: return l->inputs[b->index];
    case BUFFER_OUTPUT: return l->outputs[b->index];
    case BUFFER_WORKSPACE: return l->buffers[b->index];
    case BUFFER_STATE: return state_at(l, b->offset);
    default: return l->constants[b->index];
    }
}

/* sum + factor * variable, in elements. */
static LLVMValueRef add_term(LlvmEmitter *l, LLVMValueRef sum, int64_t factor, LLVMValueRef variable) {
    if (!variable || factor == 0) return sum;
    LLVMValueRef term = LLVMBuildNSWMul(l->builder, variable, llvm_number(l, factor), "");
    return sum ? LLVMBuildNSWAdd(l->builder, sum, term, "") : term;
}

LLVMValueRef llvm_address(LlvmEmitter *l, const Arg *arg, int k, const LlvmPlace *place) {
    const Buffer *b = arg->buffer;
    const bool caller = (b->kind == BUFFER_INPUT && b->sparse == SPARSE_NONE) || b->kind == BUFFER_OUTPUT;
    LLVMValueRef at = arg->offset ? llvm_number(l, arg->offset) : NULL;
    if (caller && b->batched) at = add_term(l, at, b->count, place->start);
    at = add_term(l, at, arg->stride, place->round);
    if (place->range) at = add_term(l, at, place->range->move[k], place->first);
    at = add_term(l, at, b->slice, place->task);
    if (!at) return base_of(l, b);
    return LLVMBuildInBoundsGEP2(l->builder, llvm_type(l, b->dtype), base_of(l, b), &at, 1, "");
}

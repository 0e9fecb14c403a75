/* Samples that threads share: what emit/c/samples.c does in C. The words of a shared call: the batch, the
 * inputs, the outputs, the workspace, the weights where they are an argument, and a status for each task.
 */
#include "emit/llvm/llvm_emitter.h"

#include "include/lamina.h"

static LLVMValueRef word_at(LlvmEmitter *l, LLVMValueRef words, LLVMValueRef index) {
    return LLVMBuildInBoundsGEP2(l->builder, LLVMInt64TypeInContext(l->context), words, &index, 1, "");
}

static LLVMValueRef load(LlvmEmitter *l, LLVMValueRef words, size_t *next, LLVMTypeRef type) {
    return LLVMBuildLoad2(l->builder, type, word_at(l, words, llvm_size(l, (*next)++)), "");
}

static LLVMValueRef moved(LlvmEmitter *l, const Buffer *b, LLVMValueRef base, LLVMValueRef first) {
    LLVMValueRef at = LLVMBuildMul(l->builder, first, llvm_size(l, (uint64_t)b->count), "");
    return LLVMBuildInBoundsGEP2(l->builder, llvm_type(l, b->dtype), base, &at, 1, "");
}

/* The index-th range of samples: the run function, without a parallel-for. */
static LLVMValueRef samples_function(LlvmEmitter *l) {
    const Program *p = l->e.program;
    LLVMTypeRef types[] = {l->pointer, l->size, l->size};
    LLVMTypeRef type = LLVMFunctionType(LLVMVoidTypeInContext(l->context), types, 3, false);
    LLVMBasicBlockRef before = LLVMGetInsertBlock(l->builder);
    LLVMValueRef function =
        LLVMAddFunction(l->module, arena_printf(l->e.arena, "%s_samples", l->e.prefix), type);
    LLVMPositionBuilderAtEnd(l->builder, LLVMAppendBasicBlockInContext(l->context, function, "entry"));
    LLVMSetCurrentDebugLocation2(l->builder, NULL);
    LLVMValueRef words = LLVMGetParam(function, 0), index = LLVMGetParam(function, 1);
    size_t word = 0;
    LLVMValueRef batch = load(l, words, &word, l->size), tasks = llvm_size(l, (uint64_t)p->threads);
    LLVMValueRef next = LLVMBuildNUWAdd(l->builder, index, llvm_size(l, 1), "");
    LLVMValueRef first = llvm_cut(l, batch, index, tasks, p->chunk),
                 last = llvm_cut(l, batch, next, tasks, p->chunk);
    LLVMValueRef *arguments = ARENA_ARRAY(l->e.arena, LLVMValueRef, p->n_inputs + p->n_outputs + 4);
    unsigned n = 0;
    arguments[n++] = LLVMBuildNUWSub(l->builder, last, first, "n");
    for (size_t i = 0; i < p->n_inputs; i++)
        arguments[n++] = moved(l, p->inputs[i], load(l, words, &word, l->pointer), first);
    for (size_t i = 0; i < p->n_outputs; i++)
        arguments[n++] = moved(l, p->outputs[i], load(l, words, &word, l->pointer), first);
    LLVMValueRef part = llvm_size(l, (uint64_t)p->chunk * p->workspace_bytes);
    LLVMValueRef offset = LLVMBuildMul(l->builder, index, part, "");
    arguments[n++] = LLVMBuildInBoundsGEP2(l->builder, LLVMInt8TypeInContext(l->context),
                                           load(l, words, &word, l->pointer), &offset, 1, "workspace");
    if (l->weights) arguments[n++] = load(l, words, &word, l->pointer);
    arguments[n++] = LLVMConstNull(l->pointer);
    LLVMValueRef status =
        LLVMBuildCall2(l->builder, LLVMGlobalGetValueType(l->run), l->run, arguments, n, "status");
    LLVMValueRef at = LLVMBuildNUWAdd(l->builder, llvm_size(l, word), index, "");
    LLVMBuildStore(l->builder, status, word_at(l, words, at));
    LLVMBuildRetVoid(l->builder);
    LLVMPositionBuilderAtEnd(l->builder, before);
    return function;
}

static LLVMValueRef worth_it(LlvmEmitter *l) {
    const Program *p = l->e.program;
    const uint64_t chunk = (uint64_t)p->chunk, threads = (uint64_t)p->threads;
    LLVMBuilderRef b = l->builder;
    LLVMValueRef given = LLVMBuildIsNotNull(b, l->parallel, "");
    LLVMValueRef enough = LLVMBuildICmp(b, LLVMIntUGE, l->batch, llvm_size(l, (uint64_t)p->split_batch), "");
    LLVMValueRef chunks = LLVMBuildUDiv(b, LLVMBuildAdd(b, l->batch, llvm_size(l, chunk - 1), ""),
                                        llvm_size(l, chunk), "chunks");
    LLVMValueRef even = LLVMBuildIsNull(b, LLVMBuildURem(b, chunks, llvm_size(l, threads), ""), "");
    LLVMValueRef many =
        LLVMBuildICmp(b, LLVMIntUGE, l->batch, llvm_size(l, SPLIT_MANY_CHUNKS * chunk * threads), "");
    return LLVMBuildAnd(b, LLVMBuildAnd(b, given, enough, ""), LLVMBuildOr(b, even, many, ""), "");
}

void llvm_shared_samples(LlvmEmitter *l) {
    const Program *p = l->e.program;
    if (p->split_batch == 0) return;
    LLVMBasicBlockRef share = LLVMAppendBasicBlockInContext(l->context, l->run, "share_samples");
    LLVMBasicBlockRef go_on = LLVMAppendBasicBlockInContext(l->context, l->run, "");
    LLVMBuildCondBr(l->builder, worth_it(l), share, go_on);
    LLVMPositionBuilderAtEnd(l->builder, share);
    const size_t most = p->n_inputs + p->n_outputs + 3;
    LLVMValueRef words = llvm_words(l, most + (size_t)p->threads, "shared"), status;
    size_t n = 0;
#define PUT(value) LLVMBuildStore(l->builder, (value), word_at(l, words, llvm_size(l, n++)))
    PUT(l->batch);
    for (size_t i = 0; i < p->n_inputs; i++) PUT(l->inputs[i]);
    for (size_t i = 0; i < p->n_outputs; i++) PUT(l->outputs[i]);
    PUT(l->workspace);
    if (l->weights) PUT(l->weights);
    const size_t first = n;
    for (int i = 0; i < p->threads; i++) PUT(LLVMConstInt(LLVMInt64TypeInContext(l->context), 0, false));
#undef PUT
    LLVMValueRef tasks = llvm_size(l, (uint64_t)p->threads), task = samples_function(l);
    llvm_debug_at(l, NULL);
    status = llvm_parallel_run(l, l->parallel, tasks, task, words);
    for (int i = 0; i < p->threads; i++) {
        LLVMValueRef address = word_at(l, words, llvm_size(l, first + (size_t)i));
        LLVMValueRef one = LLVMBuildLoad2(l->builder, l->status, address, "");
        status = LLVMBuildSelect(l->builder, LLVMBuildIsNull(l->builder, status, ""), one, status, "");
    }
    LLVMBuildRet(l->builder, status);
    LLVMPositionBuilderAtEnd(l->builder, go_on);
}

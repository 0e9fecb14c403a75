/* NAME_run: the checks, in the order of the C form, then the steps over chunks of samples. */
#include <stddef.h>

#include "emit/llvm/llvm_emitter.h"

#include "include/lamina.h"

static LLVMValueRef is_null(LlvmEmitter *l, LLVMValueRef pointer) {
    return LLVMBuildIsNull(l->builder, pointer, "");
}

static LLVMValueRef load_member(LlvmEmitter *l, LLVMTypeRef type, size_t offset, const char *name) {
    LLVMValueRef at = llvm_size(l, offset);
    LLVMValueRef address =
        LLVMBuildInBoundsGEP2(l->builder, LLVMInt8TypeInContext(l->context), l->parallel, &at, 1, "");
    return LLVMBuildLoad2(l->builder, type, address, name);
}

/* What is not NULL must be whole; with a single worker it is as good as NULL. */
static void check_parallel(LlvmEmitter *l) {
    LLVMBasicBlockRef before = LLVMGetInsertBlock(l->builder);
    LLVMBasicBlockRef given = LLVMAppendBasicBlockInContext(l->context, l->run, "parallel_given");
    LLVMBasicBlockRef go_on = LLVMAppendBasicBlockInContext(l->context, l->run, "");
    LLVMBuildCondBr(l->builder, is_null(l, l->parallel), go_on, given);
    LLVMPositionBuilderAtEnd(l->builder, given);
    LLVMValueRef size = load_member(l, l->size, offsetof(lamina_parallel, size), "size");
    LLVMValueRef small =
        LLVMBuildICmp(l->builder, LLVMIntULT, size, llvm_size(l, sizeof(lamina_parallel)), "");
    llvm_return_if(l, small, LAMINA_E_NULL, "short_parallel");
    LLVMValueRef run = load_member(l, l->pointer, offsetof(lamina_parallel, run), "run");
    llvm_return_if(l, is_null(l, run), LAMINA_E_NULL, "no_parallel_for");
    LLVMValueRef workers = load_member(l, l->size, offsetof(lamina_parallel, n_workers), "workers");
    LLVMValueRef one = LLVMBuildICmp(l->builder, LLVMIntULT, workers, llvm_size(l, 2), "one_worker");
    LLVMValueRef none = LLVMConstNull(l->pointer);
    LLVMValueRef values[] = {none, LLVMBuildSelect(l->builder, one, none, l->parallel, "")};
    LLVMBasicBlockRef blocks[] = {before, LLVMGetInsertBlock(l->builder)};
    LLVMBuildBr(l->builder, go_on);
    LLVMPositionBuilderAtEnd(l->builder, go_on);
    l->parallel = LLVMBuildPhi(l->builder, l->pointer, "shared_by");
    LLVMAddIncoming(l->parallel, values, blocks, 2);
}

static void check_null(LlvmEmitter *l) {
    const Program *p = l->e.program;
    LLVMValueRef any = NULL;
    for (size_t i = 0; i < p->n_inputs + p->n_outputs; i++) {
        LLVMValueRef one = is_null(l, i < p->n_inputs ? l->inputs[i] : l->outputs[i - p->n_inputs]);
        any = any ? LLVMBuildOr(l->builder, any, one, "") : one;
    }
    if (l->weights && l->e.weights_bytes) any = LLVMBuildOr(l->builder, any, is_null(l, l->weights), "");
    if (l->state) any = LLVMBuildOr(l->builder, any, is_null(l, l->state), "");
    llvm_return_if(l, any, LAMINA_E_NULL, "null");
    if (l->parallel) check_parallel(l);
}

static void check_workspace(LlvmEmitter *l) {
    LLVMValueRef address = LLVMBuildPtrToInt(l->builder, l->workspace, l->size, "");
    LLVMValueRef low = LLVMBuildAnd(l->builder, address, llvm_size(l, WORKSPACE_ALIGN - 1), "");
    LLVMValueRef odd = LLVMBuildICmp(l->builder, LLVMIntNE, low, llvm_size(l, 0), "");
    llvm_return_if(l, LLVMBuildOr(l->builder, is_null(l, l->workspace), odd, ""), LAMINA_E_WORKSPACE,
                   "no_workspace");
}

static LLVMValueRef smaller(LlvmEmitter *l, LLVMValueRef a, uint64_t b, const char *name) {
    LLVMValueRef less = LLVMBuildICmp(l->builder, LLVMIntULT, a, llvm_size(l, b), "");
    return LLVMBuildSelect(l->builder, less, a, llvm_size(l, b), name);
}

static LLVMValueRef at_byte(LlvmEmitter *l, LLVMValueRef base, LLVMValueRef offset, const char *name) {
    LLVMTypeRef byte = LLVMInt8TypeInContext(l->context);
    return LLVMBuildInBoundsGEP2(l->builder, byte, base, &offset, 1, name);
}

static void check_dims(LlvmEmitter *l) {
    const Program *p = l->e.program;
    for (size_t i = 0; i < p->n_dims; i++) {
        LLVMValueRef least = llvm_size(l, (uint64_t)p->dims[i].least),
                     most = llvm_size(l, (uint64_t)p->dims[i].most);
        LLVMValueRef less = LLVMBuildICmp(l->builder, LLVMIntULT, l->dims[i], least, "");
        LLVMValueRef more = LLVMBuildICmp(l->builder, LLVMIntUGT, l->dims[i], most, "");
        llvm_return_if(l, LLVMBuildOr(l->builder, less, more, ""), LAMINA_E_DIMS, "dimension");
    }
}

/* Where the parts of the workspace start that grow with different run-time dimensions. */
static LLVMValueRef *place_regions(LlvmEmitter *l) {
    const Program *p = l->e.program;
    LLVMValueRef *starts = ARENA_ARRAY(l->e.arena, LLVMValueRef, p->regions.count + 1);
    starts[0] = l->workspace;
    for (size_t i = 1; i < p->regions.count; i++) {
        const Region *before = &p->regions.at[i - 1];
        LLVMValueRef bytes = llvm_product(l, llvm_size(l, before->bytes), before->power, before->extra);
        starts[i] = at_byte(l, starts[i - 1], bytes, "memory");
    }
    return starts;
}

/* The buffers' addresses: their offsets grow with the samples of a chunk and with the run-time dimensions. */
static void place_workspace(LlvmEmitter *l) {
    const Program *p = l->e.program;
    LLVMValueRef *regions = place_regions(l), most = NULL;
    if (p->open_batch && p->chunk > 1) most = smaller(l, l->batch, (uint64_t)p->chunk, "most");
    for (size_t i = 0; i < p->buffers.count; i++) {
        const Buffer *b = p->buffers.at[i];
        if (b->kind != BUFFER_WORKSPACE || b->first == SIZE_MAX) continue;
        LLVMValueRef offset = llvm_size(l, b->offset);
        if (most) offset = LLVMBuildMul(l->builder, offset, most, "");
        if (p->n_dims > 0) offset = llvm_product(l, offset, p->regions.at[b->region].power, b->extra_offset);
        l->buffers[i] = at_byte(l, regions[b->region], offset, l->e.workspace[i]);
    }
}

static void place_weights(LlvmEmitter *l) {
    for (size_t i = 0; l->weights && i < l->e.program->constants.count; i++)
        l->constants[i] = at_byte(l, l->weights, llvm_size(l, l->e.constant_offsets[i]), l->e.constants[i]);
}

/* The program that measures is told where the run is. */
static void tell_step(LlvmEmitter *l, size_t step) {
    const EmitOptions *options = l->e.options;
    if (!options->on_step) return;
    LLVMTypeRef types[] = {l->pointer, l->size};
    LLVMTypeRef type = LLVMFunctionType(LLVMVoidTypeInContext(l->context), types, 2, false);
    LLVMValueRef arguments[] = {llvm_known_address(l, options->on_step_context), llvm_size(l, step)};
    LLVMValueRef function = llvm_known_address(l, (const void *)(uintptr_t)options->on_step);
    LLVMBuildCall2(l->builder, type, function, arguments, 2, "");
}

static void all_steps(LlvmEmitter *l, const LlvmPlace *place) {
    const Program *p = l->e.program;
    llvm_frame_place(l, place);
    for (size_t i = 0; i < p->steps.count && !l->failed; i++) {
        tell_step(l, i);
        llvm_step(l, i, &p->steps.at[i], *place);
    }
    tell_step(l, p->steps.count);
}

/* for (start = 0; start < batch; start += chunk): the batch is not 0 here. */
static void chunk_loop(LlvmEmitter *l) {
    const int64_t chunk = l->e.program->chunk;
    LLVMBasicBlockRef before = LLVMGetInsertBlock(l->builder);
    LLVMBasicBlockRef body = LLVMAppendBasicBlockInContext(l->context, l->run, "chunk");
    LLVMBuildBr(l->builder, body);
    LLVMPositionBuilderAtEnd(l->builder, body);
    LlvmPlace place = {.single = chunk == 1};
    place.start = LLVMBuildPhi(l->builder, l->size, "start");
    LLVMValueRef left = LLVMBuildNUWSub(l->builder, l->batch, place.start, "left");
    place.samples = place.single ? llvm_size(l, 1) : smaller(l, left, (uint64_t)chunk, "n");
    all_steps(l, &place);
    llvm_debug_at(l, NULL);
    LLVMBasicBlockRef last = LLVMGetInsertBlock(l->builder);
    LLVMBasicBlockRef after = LLVMAppendBasicBlockInContext(l->context, l->run, "done");
    LLVMValueRef next = LLVMBuildAdd(l->builder, place.start, place.samples, "");
    LLVMAddIncoming(place.start, (LLVMValueRef[]){llvm_size(l, 0), next}, (LLVMBasicBlockRef[]){before, last},
                    2);
    LLVMBuildCondBr(l->builder, LLVMBuildICmp(l->builder, LLVMIntULT, next, l->batch, ""), body, after);
    LLVMPositionBuilderAtEnd(l->builder, after);
}

void llvm_run(LlvmEmitter *l) {
    const Program *p = l->e.program;
    LLVMPositionBuilderAtEnd(l->builder, LLVMAppendBasicBlockInContext(l->context, l->run, "entry"));
    llvm_debug_run(l);
    if (p->open_batch) llvm_return_if(l, LLVMBuildIsNull(l->builder, l->batch, ""), LAMINA_OK, "no_samples");
    check_null(l);
    check_dims(l);
    if (program_has_workspace(p)) {
        check_workspace(l);
        llvm_shared_samples(l);
        place_workspace(l);
    }
    place_weights(l);
    llvm_descriptors(l);
    llvm_frame(l);
    const LlvmPlace whole = {.samples = l->batch};
    for (size_t i = 0; i < p->checks.count && !l->failed; i++) llvm_step(l, i, &p->checks.at[i], whole);
    if (p->open_batch && p->chunk > 0)
        chunk_loop(l);
    else
        all_steps(l, &whole);
    llvm_debug_at(l, NULL);
    LLVMBuildRet(l->builder, llvm_int(l, LAMINA_OK));
}

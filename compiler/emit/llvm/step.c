/* One step: a call of its kernel, in a loop where it has rounds. */
#include "emit/llvm/llvm_emitter.h"

#include "include/lamina.h"

void llvm_return_value_if(LlvmEmitter *l, LLVMValueRef condition, LLVMValueRef code, const char *name) {
    LLVMValueRef function = LLVMGetBasicBlockParent(LLVMGetInsertBlock(l->builder));
    LLVMBasicBlockRef leave = LLVMAppendBasicBlockInContext(l->context, function, name);
    LLVMBasicBlockRef go_on = LLVMAppendBasicBlockInContext(l->context, function, "");
    LLVMBuildCondBr(l->builder, condition, leave, go_on);
    LLVMPositionBuilderAtEnd(l->builder, leave);
    LLVMBuildRet(l->builder, code);
    LLVMPositionBuilderAtEnd(l->builder, go_on);
}

void llvm_return_if(LlvmEmitter *l, LLVMValueRef condition, int code, const char *name) {
    llvm_return_value_if(l, condition, llvm_int(l, code), name);
}

static LLVMValueRef argument(LlvmEmitter *l, size_t step, const Arg *arg, int k, LLVMTypeRef type,
                             const LlvmPlace *place) {
    if (place->range && k == place->range->argument)
        return LLVMBuildIntCast2(l->builder, place->count, type, false, "");
    switch (arg->kind) {
    case ARG_BUFFER: return llvm_address(l, arg, k, place);
    case ARG_NULL: return LLVMConstNull(l->pointer);
    case ARG_COUNT: return LLVMBuildIntCast2(l->builder, llvm_count(l, arg->count, place), type, false, "");
    case ARG_START: return place->start ? place->start : llvm_size(l, 0);
    case ARG_FLOAT: return LLVMConstReal(type, arg->number);
    case ARG_NAME: return LLVMConstInt(type, (unsigned long long)llvm_enumerator(arg->name), true);
    case ARG_DESCRIPTOR: break;
    }
    return l->descriptors[step];
}

void llvm_call(LlvmEmitter *l, size_t index, const Step *step, const LlvmPlace *place) {
    LLVMValueRef kernel = step->external ? llvm_external(l, step) : llvm_kernel(l, step->kernel);
    if (!kernel) return;
    LLVMTypeRef type = llvm_kernel_type(l, kernel, step), types[STEP_MAX_ARGS];
    LLVMValueRef arguments[STEP_MAX_ARGS];
    if (LLVMCountParamTypes(type) != (unsigned)step->n_args) {
        l->failed = true;
        diag_report(l->e.program->ir->diags, E900, NO_SOURCE, "kernel %s takes %u arguments, the step has %d",
                    step->kernel, LLVMCountParamTypes(type), step->n_args);
        return;
    }
    LLVMGetParamTypes(type, types);
    for (int k = 0; k < step->n_args; k++)
        arguments[k] = argument(l, index, &step->args[k], k, types[k], place);
    LLVMValueRef result = LLVMBuildCall2(l->builder, type, kernel, arguments, (unsigned)step->n_args, "");
    if (!step->may_fail && !step->external) return;
    LLVMValueRef failed = LLVMBuildICmp(l->builder, LLVMIntNE, result, llvm_int(l, 0), "");
    if (step->external)
        llvm_return_value_if(l, failed, result, "external_failed");
    else
        llvm_return_if(l, failed, LAMINA_E_INDEX, "index_out_of_range");
}

/* for (round = 0; round < rounds; round++) call */
static void call_in_rounds(LlvmEmitter *l, size_t index, const Step *step, LlvmPlace place) {
    LLVMValueRef rounds = llvm_count(l, step->rounds, &place);
    LLVMBasicBlockRef before = LLVMGetInsertBlock(l->builder);
    LLVMValueRef function = LLVMGetBasicBlockParent(before);
    const char *name = arena_printf(l->e.arena, "%s.round", step->origin->name);
    LLVMBasicBlockRef head = LLVMAppendBasicBlockInContext(l->context, function, name);
    LLVMBasicBlockRef body = LLVMAppendBasicBlockInContext(l->context, function, "");
    LLVMBasicBlockRef after = LLVMAppendBasicBlockInContext(l->context, function, "");
    LLVMBuildBr(l->builder, head);
    LLVMPositionBuilderAtEnd(l->builder, head);
    place.round = LLVMBuildPhi(l->builder, l->size, "i");
    LLVMBuildCondBr(l->builder, LLVMBuildICmp(l->builder, LLVMIntULT, place.round, rounds, ""), body, after);
    LLVMPositionBuilderAtEnd(l->builder, body);
    llvm_call(l, index, step, &place);
    LLVMValueRef values[] = {llvm_size(l, 0), LLVMBuildNUWAdd(l->builder, place.round, llvm_size(l, 1), "")};
    LLVMBasicBlockRef blocks[] = {before, LLVMGetInsertBlock(l->builder)};
    LLVMAddIncoming(place.round, values, blocks, 2);
    LLVMBuildBr(l->builder, head);
    LLVMPositionBuilderAtEnd(l->builder, after);
}

void llvm_whole_step(LlvmEmitter *l, size_t index, const Step *step, LlvmPlace place) {
    if ((step->rounds.batched && !place.single) || step->rounds.factor > 1)
        call_in_rounds(l, index, step, place);
    else
        llvm_call(l, index, step, &place);
}

void llvm_step(LlvmEmitter *l, size_t index, const Step *step, LlvmPlace place) {
    if (step->rounds.factor == 0) return;
    llvm_debug_at(l, step->origin);
    if (step->parts)
        llvm_shared_step(l, index, step, &place);
    else
        llvm_whole_step(l, index, step, place);
}

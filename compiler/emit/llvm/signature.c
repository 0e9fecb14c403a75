/* The run function's type and parameters: what emit/signature.c says in C. */
#include <string.h>

#include "emit/llvm/llvm_emitter.h"

static LLVMValueRef name_parameter(LLVMValueRef parameter, const char *name) {
    LLVMSetValueName2(parameter, name, strlen(name));
    return parameter;
}

void llvm_declare_run(LlvmEmitter *l) {
    const Program *p = l->e.program;
    const bool weights = l->e.options->weights == WEIGHTS_BINARY;
    const size_t most = p->n_dims + p->n_inputs + p->n_outputs + 5;
    LLVMTypeRef *types = ARENA_ARRAY(l->e.arena, LLVMTypeRef, most);
    unsigned n = 0;
    for (size_t i = 0; i < p->open_batch + p->n_dims; i++) types[n++] = l->size;
    for (size_t i = 0; i < p->n_inputs + p->n_outputs + 1 + (p->state_bytes > 0) + weights + (p->threads > 0);
         i++)
        types[n++] = l->pointer;
    LLVMTypeRef type = LLVMFunctionType(l->status, types, n, false);
    l->run = LLVMAddFunction(l->module, arena_printf(l->e.arena, "%s_run", l->e.prefix), type);

    unsigned next = 0;
    if (p->open_batch) l->batch = name_parameter(LLVMGetParam(l->run, next++), "batch");
    for (size_t i = 0; i < p->n_dims; i++)
        l->dims[i] = name_parameter(LLVMGetParam(l->run, next++), l->e.dims[i]);
    for (size_t i = 0; i < p->n_inputs; i++)
        l->inputs[i] = name_parameter(LLVMGetParam(l->run, next++), l->e.inputs[i]);
    for (size_t i = 0; i < p->n_outputs; i++)
        l->outputs[i] = name_parameter(LLVMGetParam(l->run, next++), l->e.outputs[i]);
    l->workspace = name_parameter(LLVMGetParam(l->run, next++), "workspace");
    if (p->state_bytes) l->state = name_parameter(LLVMGetParam(l->run, next++), "state");
    if (weights) l->weights = name_parameter(LLVMGetParam(l->run, next++), "weights");
    if (p->threads > 0) l->parallel = name_parameter(LLVMGetParam(l->run, next++), "parallel");
}

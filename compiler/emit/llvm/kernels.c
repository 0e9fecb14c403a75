/* The runtime's kernels: bitcode in this module, made at build time for each of bitcode.def, linked into the
 * model's module. Only what the model calls is read and linked, because kernels are given the linkage of
 * inline functions. What runs in this process calls the copies of liblamina_rt here, by their addresses.
 */
#include "emit/kernels.h"

#include <string.h>

#include <llvm-c/BitReader.h>
#include <llvm-c/Linker.h>

#include "emit/llvm/bitcode.h"
#include "emit/llvm/llvm_emitter.h"
#include "lmrt_library.h"

static const BitcodeBlob *find_blob(const char *name) {
    for (size_t i = 0; i < bitcode_blob_count; i++)
        if (strcmp(bitcode_blobs[i].name, name) == 0) return &bitcode_blobs[i];
    return NULL;
}

bool llvm_kernels_open(LlvmEmitter *l) {
    if (l->target.native) return true;
    const BitcodeBlob *blob = find_blob(l->target.kernels);
    Diagnostics *diags = l->e.program->ir->diags;
    if (!blob) return diag_report(diags, E900, NO_SOURCE, "there is no bitcode \"%s\"", l->target.kernels);
    LLVMMemoryBufferRef buffer = LLVMCreateMemoryBufferWithMemoryRange(
        (const char *)blob->begin, (size_t)(blob->end - blob->begin), blob->name, false);
    if (LLVMGetBitcodeModuleInContext2(l->context, buffer, &l->kernels)) {
        l->kernels = NULL;
        if (!diag_has(diags, E612))
            diag_report(diags, E612, NO_SOURCE, "LLVM cannot read the kernels' bitcode");
        return false;
    }
    LLVMSetTarget(l->kernels, l->target.triple);
    LLVMSetDataLayout(l->kernels, LLVMGetDataLayoutStr(l->module));
    for (LLVMValueRef f = LLVMGetFirstFunction(l->kernels); f; f = LLVMGetNextFunction(f))
        if (!LLVMIsDeclaration(f)) LLVMSetLinkage(f, LLVMLinkOnceODRLinkage);
    return true;
}

static LLVMValueRef native_kernel(LlvmEmitter *l, const char *name) {
    const char *suffix = l->e.options->strict_math ? "_strict" : "";
    lmrt_kernel *kernel = lmrt_lookup_isa(arena_printf(l->e.arena, "%s%s", name, suffix), l->target.isa);
    if (kernel) return llvm_known_address(l, (const void *)(uintptr_t)kernel);
    l->failed = true;
    diag_report(l->e.program->ir->diags, E900, NO_SOURCE, "the runtime has no kernel %s%s", name, suffix);
    return NULL;
}

LLVMValueRef llvm_kernel(LlvmEmitter *l, const char *name) {
    const EmitOptions *options = l->e.options;
    if (l->target.native) return native_kernel(l, name);
    const char *symbol = arena_printf(l->e.arena, "lmrt_%s", name), *outside = symbol;
    if (options->link_runtime && options->strict_math)
        outside = arena_printf(l->e.arena, "%s_strict", symbol);
    LLVMValueRef here = LLVMGetNamedFunction(l->module, outside);
    if (here) return here;
    LLVMValueRef kernel = LLVMGetNamedFunction(l->kernels, symbol);
    if (!kernel) {
        l->failed = true;
        diag_report(l->e.program->ir->diags, E900, NO_SOURCE, "the bitcode \"%s\" has no kernel %s",
                    l->target.kernels, symbol);
        return NULL;
    }
    return LLVMAddFunction(l->module, outside, LLVMGlobalGetValueType(kernel));
}

LLVMValueRef llvm_external(LlvmEmitter *l, const Step *step) {
    const ExternalLayer *external = step->origin->as.external;
    if (!l->e.options->in_process) {
        LLVMValueRef here = LLVMGetNamedFunction(l->module, external->function);
        return here ? here : LLVMAddFunction(l->module, external->function, llvm_kernel_type(l, NULL, step));
    }
    if (external->address) return llvm_known_address(l, (const void *)(uintptr_t)external->address);
    l->failed = true;
    diag_report(l->e.program->ir->diags, E655, step->origin->origin ? step->origin->origin->at : NO_SOURCE,
                "the function %s is not in this process", external->function);
    return NULL;
}

static LLVMTypeRef argument_type(const LlvmEmitter *l, ArgKind kind) {
    switch (kind) {
    case ARG_START:
    case ARG_COUNT: return l->size;
    case ARG_FLOAT: return LLVMFloatTypeInContext(l->context);
    case ARG_NAME: return l->status;
    case ARG_BUFFER:
    case ARG_NULL:
    case ARG_DESCRIPTOR: break;
    }
    return l->pointer;
}

LLVMTypeRef llvm_kernel_type(const LlvmEmitter *l, LLVMValueRef kernel, const Step *step) {
    if (!l->target.native && !step->external) return LLVMGlobalGetValueType(kernel);
    LLVMTypeRef types[STEP_MAX_ARGS];
    for (int k = 0; k < step->n_args; k++) types[k] = argument_type(l, step->args[k].kind);
    LLVMTypeRef result = step->may_fail || step->external ? l->status : LLVMVoidTypeInContext(l->context);
    return LLVMFunctionType(result, types, (unsigned)step->n_args, false);
}

bool llvm_kernels_link(LlvmEmitter *l) {
    LLVMModuleRef linked = l->kernels;
    if (l->target.native || l->e.options->link_runtime) return true; /* liblamina_rt has them */
    l->kernels = NULL;                                               /* the linker eats it */
    if (!LLVMLinkModules2(l->module, linked)) return true;
    Diagnostics *diags = l->e.program->ir->diags;
    if (!diag_has(diags, E612)) diag_report(diags, E612, NO_SOURCE, "LLVM cannot link the kernels");
    return false;
}

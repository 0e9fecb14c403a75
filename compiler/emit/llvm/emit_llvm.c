/* The emitter in order: target, kernels, weights, run function, descriptor, link, optimise. */
#include "emit/llvm/emit_llvm.h"

#include <string.h>

#include "emit/llvm/llvm_emitter.h"

/* Errors of LLVM's readers, linker and code generators. */
static void on_diagnostic(LLVMDiagnosticInfoRef info, void *diags) {
    if (LLVMGetDiagInfoSeverity(info) != LLVMDSError) return;
    char *text = LLVMGetDiagInfoDescription(info);
    diag_report(diags, E612, NO_SOURCE, "LLVM: %s", text);
    LLVMDisposeMessage(text);
}

static bool open_module(LlvmEmitter *l) {
    const Program *p = l->e.program;
    Arena *arena = l->e.arena;
    l->context = LLVMContextCreate();
    LLVMContextSetDiagnosticHandler(l->context, on_diagnostic, p->ir->diags);
    l->module = LLVMModuleCreateWithNameInContext(l->e.options->stem, l->context);
    const char *file = source_base_name(l->e.options->model_file);
    LLVMSetSourceFileName(l->module, file, strlen(file));
    if (!llvm_target_open(l)) return false;
    LLVMSetTarget(l->module, l->target.triple);
    LLVMTargetDataRef layout = LLVMCreateTargetDataLayout(l->machine);
    LLVMSetModuleDataLayout(l->module, layout);
    l->size = LLVMIntPtrTypeInContext(l->context, layout);
    LLVMDisposeTargetData(layout);
    l->pointer = LLVMPointerTypeInContext(l->context, 0);
    l->status = LLVMInt32TypeInContext(l->context);
    l->builder = LLVMCreateBuilderInContext(l->context);
    l->inputs = ARENA_ARRAY(arena, LLVMValueRef, p->n_inputs);
    l->outputs = ARENA_ARRAY(arena, LLVMValueRef, p->n_outputs);
    l->buffers = ARENA_ARRAY(arena, LLVMValueRef, p->buffers.count);
    l->descriptors = ARENA_ARRAY(arena, LLVMValueRef, p->steps.count);
    l->pieces = ARENA_ARRAY(arena, LLVMValueRef *, p->steps.count);
    return llvm_kernels_open(l);
}

static bool build(void *argument) {
    LlvmEmitter *l = argument;
    if (!open_module(l)) return false;
    llvm_debug_open(l);
    llvm_constants(l);
    llvm_declare_run(l);
    llvm_run(l);
    llvm_model(l);
    llvm_debug_close(l);
    return !l->failed && llvm_kernels_link(l) && llvm_optimize(l);
}

/* Everything but what the unit keeps. */
static void close_module(LlvmEmitter *l, bool keep) {
    llvm_debug_close(l);
    if (l->builder) LLVMDisposeBuilder(l->builder);
    if (l->kernels) LLVMDisposeModule(l->kernels);
    LlvmUnit unit = {l->context, l->module, l->machine};
    if (!keep) llvm_unit_free(&unit);
}

bool emit_llvm(Arena *arena, const Program *program, const EmitOptions *options, LlvmUnit *unit, Text *header,
               Blob *weights) {
    LlvmEmitter l = {0};
    emitter_names_begin(&l.e, arena, program, options);
    const bool done = llvm_guarded(program->ir->diags, build, &l);
    if (!diag_has(program->ir->diags, E612))
        close_module(&l, done); /* after a fatal error LLVM is left alone */
    if (!done) return false;
    if (header) emit_header(&l.e, header);
    if (weights) *weights = emitter_weights(&l.e);
    *unit = (LlvmUnit){l.context, l.module, l.machine};
    return true;
}

void llvm_unit_free(LlvmUnit *unit) {
    if (unit->module) LLVMDisposeModule(unit->module);
    if (unit->machine) LLVMDisposeTargetMachine(unit->machine);
    if (unit->context) LLVMContextDispose(unit->context);
    *unit = (LlvmUnit){0};
}

/* After linking: every function but the interface becomes internal and is given the target's CPU and
 * features, without which LLVM inlines no kernel; then the passes of the level, between two verifications.
 */
#include <string.h>

#include <llvm-c/Analysis.h>
#include <llvm-c/Transforms/PassBuilder.h>

#include "emit/llvm/llvm_emitter.h"

static void set_text(const LlvmEmitter *l, LLVMValueRef function, const char *key, const char *value) {
    LLVMAddAttributeAtIndex(
        function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
        LLVMCreateStringAttribute(l->context, key, (unsigned)strlen(key), value, (unsigned)strlen(value)));
}

static void set_flag(const LlvmEmitter *l, LLVMValueRef function, const char *name, uint64_t value) {
    const unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));
    LLVMAddAttributeAtIndex(function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
                            LLVMCreateEnumAttribute(l->context, kind, value));
}

/* What clang noted of the kernels that is not so after linking. */
static void drop_texts(LLVMValueRef function) {
    static const char *const keys[] = {"min-legal-vector-width", "tune-cpu", "stack-protector-buffer-size"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        LLVMRemoveStringAttributeAtIndex(function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, keys[i],
                                         (unsigned)strlen(keys[i]));
}

static void fit_function(const LlvmEmitter *l, LLVMValueRef function) {
    if (LLVMIsDeclaration(function)) return;
    if (function != l->run && function != l->reset) LLVMSetLinkage(function, LLVMInternalLinkage);
    drop_texts(function);
    set_text(l, function, "target-cpu", l->target.cpu);
    if (l->target.tune) set_text(l, function, "tune-cpu", l->target.tune);
    if (l->target.features[0])
        set_text(l, function, "target-features", l->target.features);
    else
        LLVMRemoveStringAttributeAtIndex(function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
                                         "target-features", (unsigned)strlen("target-features"));
    set_flag(l, function, "nounwind", 0);
    set_flag(l, function, "uwtable", 2);
}

static bool verified(const LlvmEmitter *l, const char *when) {
    char *message = NULL;
    const bool broken = LLVMVerifyModule(l->module, LLVMReturnStatusAction, &message);
    const char *text = arena_strdup(l->e.arena, message ? message : "");
    LLVMDisposeMessage(message);
    if (broken)
        diag_report(l->e.program->ir->diags, E900, NO_SOURCE, "the LLVM module is broken %s: %s", when, text);
    return !broken;
}

static bool run_passes(LlvmEmitter *l) {
    LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
    const int level = l->e.options->level;
    LLVMPassBuilderOptionsSetLoopVectorization(options, level > 1);
    LLVMPassBuilderOptionsSetSLPVectorization(options, level > 1);
    LLVMPassBuilderOptionsSetLoopUnrolling(options, level > 0);
    LLVMErrorRef error =
        LLVMRunPasses(l->module, arena_printf(l->e.arena, "default<O%d>", level), l->machine, options);
    LLVMDisposePassBuilderOptions(options);
    if (!error) return true;
    char *message = LLVMGetErrorMessage(error);
    const char *text = arena_strdup(l->e.arena, message);
    LLVMDisposeErrorMessage(message);
    return diag_report(l->e.program->ir->diags, E612, NO_SOURCE, "LLVM cannot optimise: %s", text);
}

bool llvm_optimize(LlvmEmitter *l) {
    for (LLVMValueRef f = LLVMGetFirstFunction(l->module); f; f = LLVMGetNextFunction(f)) fit_function(l, f);
    if (l->target.native) return verified(l, "as emitted"); /* a few calls: nothing to gain */
    return verified(l, "as emitted") && run_passes(l) && verified(l, "after LLVM's passes");
}

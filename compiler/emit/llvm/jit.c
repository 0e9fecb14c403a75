/* The way into this process: a Program as an object in memory, linked by LLJIT. Weights are used where they
 * lie and kernels are called in liblamina_rt, which is linked into this module; so what LLVM compiles is only
 * the run function's calls and the descriptor.
 */
#include "emit/llvm/jit.h"

#include <llvm-c/LLJIT.h>
#include <llvm-c/Orc.h>

#include "emit/llvm/emit_llvm.h"

typedef struct Loading {
    Arena *arena;
    Diagnostics *diags;
    const char *symbol; /* the descriptor's */
    LlvmUnit unit;
    LLVMOrcLLJITRef jit;
    LLVMOrcJITTargetAddress model;
} Loading;

static bool report(Loading *w, LLVMErrorRef error) {
    char *message = LLVMGetErrorMessage(error);
    diag_report(w->diags, E620, NO_SOURCE, "LLVM cannot run the model: %s", message);
    LLVMDisposeErrorMessage(message);
    return false;
}

/* What LLVM says beside the error that a function returns. */
static void on_session_error(void *loading, LLVMErrorRef error) {
    report(loading, error);
}

static bool make_object(Loading *w, LLVMMemoryBufferRef *object) {
    char *message = NULL;
    if (!LLVMTargetMachineEmitToMemoryBuffer(w->unit.machine, w->unit.module, LLVMObjectFile, &message,
                                             object))
        return true;
    diag_report(w->diags, E620, NO_SOURCE, "LLVM cannot make code for the model: %s", message);
    LLVMDisposeMessage(message);
    return false;
}

static bool load(void *argument) {
    Loading *w = argument;
    LLVMMemoryBufferRef object = NULL;
    if (!make_object(w, &object)) return false;
    LLVMErrorRef error = LLVMOrcCreateLLJIT(&w->jit, NULL);
    if (error) {
        LLVMDisposeMemoryBuffer(object);
        w->jit = NULL;
        return report(w, error);
    }
    LLVMOrcExecutionSessionSetErrorReporter(LLVMOrcLLJITGetExecutionSession(w->jit), on_session_error, w);
    error = LLVMOrcLLJITAddObjectFile(w->jit, LLVMOrcLLJITGetMainJITDylib(w->jit), object);
    if (!error) error = LLVMOrcLLJITLookup(w->jit, &w->model, w->symbol);
    return !error || report(w, error);
}

static void dispose(LLVMOrcLLJITRef jit) {
    LLVMErrorRef error = jit ? LLVMOrcDisposeLLJIT(jit) : NULL;
    if (error) LLVMConsumeError(error);
}

bool llvm_jit_load(Arena *arena, const Program *program, const EmitOptions *options, LlvmLoaded *out) {
    Loading w = {.arena = arena, .diags = program->ir->diags};
    w.symbol = arena_printf(arena, "%s_model", options->prefix);
    if (!emit_llvm(arena, program, options, &w.unit, NULL, NULL)) return false;
    const bool done = llvm_guarded(w.diags, load, &w);
    if (diag_has(w.diags, E612)) return false; /* after a fatal error LLVM is left alone */
    llvm_unit_free(&w.unit);
    if (!done) dispose(w.jit);
    if (done) *out = (LlvmLoaded){(const struct lamina_model *)(uintptr_t)w.model, w.jit};
    return done;
}

void llvm_jit_unload(LlvmLoaded *loaded) {
    dispose(loaded->jit);
    *loaded = (LlvmLoaded){0};
}

/* The module's way out: a Program as IR, bitcode, assembly or an object. */
#include <string.h>

#include <llvm-c/BitWriter.h>

#include "emit/llvm/emit_llvm.h"
#include "emit/llvm/jit.h"
#include "emit/llvm_module.h"

typedef struct Writing {
    Arena *arena;
    const Program *program;
    LlvmUnit unit;
    LlvmForm form;
    Blob code;
} Writing;

static Blob copied(Arena *arena, const void *data, size_t size) {
    unsigned char *copy = arena_alloc(arena, size);
    memcpy(copy, data, size);
    return (Blob){copy, size};
}

static Blob copied_buffer(Arena *arena, LLVMMemoryBufferRef buffer) {
    const Blob blob = copied(arena, LLVMGetBufferStart(buffer), LLVMGetBufferSize(buffer));
    LLVMDisposeMemoryBuffer(buffer);
    return blob;
}

static bool write_machine_code(Writing *w) {
    LLVMMemoryBufferRef buffer = NULL;
    char *error = NULL;
    const LLVMCodeGenFileType type = w->form == LLVM_FORM_ASSEMBLY ? LLVMAssemblyFile : LLVMObjectFile;
    if (LLVMTargetMachineEmitToMemoryBuffer(w->unit.machine, w->unit.module, type, &error, &buffer)) {
        const char *text = arena_strdup(w->arena, error);
        LLVMDisposeMessage(error);
        return diag_report(w->program->ir->diags, E612, NO_SOURCE, "LLVM cannot write the code: %s", text);
    }
    w->code = copied_buffer(w->arena, buffer);
    return true;
}

static bool write_form(void *argument) {
    Writing *w = argument;
    if (w->form == LLVM_FORM_IR) {
        char *text = LLVMPrintModuleToString(w->unit.module);
        w->code = copied(w->arena, text, strlen(text));
        LLVMDisposeMessage(text);
        return true;
    }
    if (w->form != LLVM_FORM_BITCODE) return write_machine_code(w);
    w->code = copied_buffer(w->arena, LLVMWriteBitcodeToMemoryBuffer(w->unit.module));
    return true;
}

static bool module_emit(Arena *arena, const Program *program, const EmitOptions *options, LlvmForm form,
                        LlvmOutput *out) {
    Writing w = {.arena = arena, .program = program, .form = form};
    out->header = text_new(arena);
    if (!emit_llvm(arena, program, options, &w.unit, &out->header, &out->weights)) return false;
    Diagnostics *diags = program->ir->diags;
    const size_t before = diag_error_count(diags);
    const bool done = llvm_guarded(diags, write_form, &w) && diag_error_count(diags) == before;
    if (done) llvm_unit_free(&w.unit); /* after an error of LLVM's it is left alone */
    out->code = w.code;
    return done;
}

const LlvmModule llvm_module = {
    .size = sizeof(LlvmModule), .emit = module_emit, .load = llvm_jit_load, .unload = llvm_jit_unload};

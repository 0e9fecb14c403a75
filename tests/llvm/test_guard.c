/* A fatal error of LLVM's, which would end the process, comes back as a report (E612). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>

#include "emit/llvm/emit_llvm.h"

/* 64-bit code for a processor that has none: the code generator gives up. */
static bool impossible(void *argument) {
    (void)argument;
    LLVMTargetRef target = NULL;
    LLVMMemoryBufferRef out = NULL;
    char *error = NULL;
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    if (LLVMGetTargetFromTriple("x86_64-pc-linux-gnu", &target, &error)) return true;
    LLVMTargetMachineRef machine =
        LLVMCreateTargetMachine(target, "x86_64-pc-linux-gnu", "i386", "-64bit", LLVMCodeGenLevelNone,
                                LLVMRelocPIC, LLVMCodeModelDefault);
    LLVMModuleRef module = LLVMModuleCreateWithName("m");
    LLVMTypeRef type = LLVMFunctionType(LLVMVoidType(), NULL, 0, false);
    LLVMBuilderRef builder = LLVMCreateBuilder();
    LLVMPositionBuilderAtEnd(builder, LLVMAppendBasicBlock(LLVMAddFunction(module, "f", type), ""));
    LLVMBuildRetVoid(builder);
    return !LLVMTargetMachineEmitToMemoryBuffer(machine, module, LLVMObjectFile, &error, &out);
}

static bool fine(void *argument) {
    *(int *)argument += 1;
    return true;
}

static void a_fatal_error_is_a_report(void **state) {
    (void)state;
    Arena *arena = arena_new();
    Sources sources = sources_new(arena);
    Diagnostics *diags = diag_new(arena, &sources, &(DiagOptions){0});
    assert_false(llvm_guarded(diags, impossible, NULL));
    assert_int_equal(diag_error_count(diags), 1);
    assert_true(diag_has(diags, E612));
    int count = 0;
    assert_true(llvm_guarded(diags, fine, &count));
    assert_int_equal(count, 1);
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_fatal_error_is_a_report)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

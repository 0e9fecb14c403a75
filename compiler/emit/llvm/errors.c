/* LLVM's fatal errors, which otherwise end the process: they come back to llvm_guarded as reports. */
#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>

#include <llvm-c/ErrorHandling.h>

#include "emit/llvm/emit_llvm.h"

typedef struct Guard {
    jmp_buf back;
    char reason[500];
} Guard;

/* LLVM has one handler for all threads. It is put in once and left there: outside of a guard it returns, and LLVM does
 * what it would have done without. */
static pthread_once_t installed = PTHREAD_ONCE_INIT;

/* LLVM's handler is given no context: the innermost guard of this thread. */
static _Thread_local Guard *current;

static void on_fatal(const char *reason) {
    if (!current) return;
    snprintf(current->reason, sizeof current->reason, "%s", reason);
    longjmp(current->back, 1);
}

static void install(void) {
    LLVMResetFatalErrorHandler();
    LLVMInstallFatalErrorHandler(on_fatal);
}

bool llvm_guarded(Diagnostics *diags, bool (*work)(void *argument), void *argument) {
    Guard guard, *volatile outer = current;
    bool done;
    pthread_once(&installed, install);
    current = &guard;
    if (setjmp(guard.back) == 0)
        done = work(argument);
    else
        done = diag_report(diags, E612, NO_SOURCE, "LLVM gave up: %s", guard.reason);
    current = outer;
    return done;
}

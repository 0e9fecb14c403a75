/* The LLVM back end as the compiler sees it: a module of its own, loaded when a form needs it, because
 * libLLVM takes longer to load than most models take to become C. The module is built from emit/llvm/.
 */
#ifndef LAMINA_EMIT_LLVM_MODULE_H
#define LAMINA_EMIT_LLVM_MODULE_H

#include "emit/emit.h"

#define LLVM_MODULE_EXPORT __attribute__((visibility("default")))
#define LLVM_MODULE_SYMBOL "llvm_module"

typedef enum LlvmForm { LLVM_FORM_IR, LLVM_FORM_BITCODE, LLVM_FORM_ASSEMBLY, LLVM_FORM_OBJECT } LlvmForm;

typedef struct LlvmOutput {
    Text header;  /* NAME.h, the same as beside the C */
    Blob code;    /* in the form asked for */
    Blob weights; /* of WEIGHTS_BINARY */
} LlvmOutput;

typedef struct LlvmLoaded {
    const struct lamina_model *model;
    void *jit; /* the module's own */
} LlvmLoaded;

typedef struct LlvmModule {
    size_t size; /* sizeof(LlvmModule) there: a module of another version is refused */
    /* Program -> bytes. False after reporting (E612, E900). */
    bool (*emit)(Arena *arena, const Program *program, const EmitOptions *options, LlvmForm form,
                 LlvmOutput *out);
    /* Program -> a model in this process, called through its descriptor until it is unloaded; the Program and
     * its weights must live as long. False after reporting (E612, E620, E900). */
    bool (*load)(Arena *arena, const Program *program, const EmitOptions *options, LlvmLoaded *out);
    void (*unload)(LlvmLoaded *loaded);
} LlvmModule;

extern LLVM_MODULE_EXPORT const LlvmModule llvm_module;

/* Loads the module at the first call. NULL after reporting E610. */
const LlvmModule *llvm_module_load(Arena *arena, Diagnostics *diags);
/* False where the compiler was built without LLVM. */
bool llvm_module_built(void);
/* True for a target of the LLVM forms: "host", "x86-64", "aarch64", ... */
bool llvm_target_known(const char *name);

#endif

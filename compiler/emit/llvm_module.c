/* Loads the LLVM back end, and knows its targets' names without it. */
#include "emit/llvm_module.h"

#include <string.h>

#include "base/module.h"

bool llvm_target_known(const char *name) {
    static const char *const names[] = {
#define LLVM_TARGET(name, arch, cpu, features, kernels, about) name,
#include "emit/llvm/targets.def"
#undef LLVM_TARGET
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0) return true;
    return false;
}

#ifdef LAMINA_HAS_LLVM
bool llvm_module_built(void) {
    return true;
}

const LlvmModule *llvm_module_load(Arena *arena, Diagnostics *diags) {
    const char *error = NULL;
    const LlvmModule *module = module_symbol(arena, "lamina_llvm", LLVM_MODULE_SYMBOL, &error);
    if (module && module->size == sizeof *module) return module;
    diag_report(diags, E610, NO_SOURCE, "cannot load the LLVM back end: %s",
                module ? "it is of another version" : error);
    return NULL;
}
#else
bool llvm_module_built(void) {
    return false;
}

const LlvmModule *llvm_module_load(Arena *arena, Diagnostics *diags) {
    (void)arena;
    diag_report(diags, E610, NO_SOURCE, "this lamina was built without LLVM: it writes C only");
    diag_help(diags, NO_SOURCE, NULL,
              "give an output that ends in .c, and let a C compiler make the object; run with --via=c");
    return NULL;
}
#endif

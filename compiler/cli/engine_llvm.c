/* Runs the model by LLVM, in this process: no file is written, no other program is called. */
#include "cli/engine.h"
#include "emit/llvm_module.h"

bool engine_llvm(Driver *driver, const Array *inputs, size_t batch, Array **outputs) {
    const char *target = option_value(driver->options, OPT_TARGET),
               *level = option_value(driver->options, OPT_OPTIMIZE);
    const EmitOptions options = {.prefix = "model",
                                 .stem = "model",
                                 .target = target ? target : "host",
                                 .model_file = sources_get(&driver->sources, driver->file)->name,
                                 .version = LAMINA_VERSION,
                                 .sources = &driver->sources,
                                 .strict_math = option_given(driver->options, OPT_STRICT_MATH),
                                 .level = level ? level[0] - '0' : 2,
                                 .in_process = true};
    const LlvmModule *llvm = llvm_module_load(driver->arena, driver->diags);
    LlvmLoaded loaded = {0};
    if (!llvm || !llvm->load(driver->arena, driver->program, &options, &loaded)) return false;
    const bool done = engine_call(driver, loaded.model, inputs, batch, outputs);
    llvm->unload(&loaded);
    return done;
}

bool engine_llvm_is_here(const Driver *driver) {
    const char *target = option_value(driver->options, OPT_TARGET);
    return llvm_module_built() && (!target || llvm_target_known(target));
}

/* The model as code in this process: by LLVM, where no file is written and no other program is called; or as
 * users will have it, the emitted C through the C compiler, loaded as a shared library. Both are called
 * through the descriptor.
 */
#include <dlfcn.h>
#include <string.h>

#include "cli/cc.h"
#include "cli/engine.h"
#include "cli/forms.h"

bool engine_llvm_is_here(const Driver *driver) {
    const char *target = option_value(driver->options, OPT_TARGET);
    return llvm_module_built() && (!target || llvm_target_known(target));
}

bool engine_load_llvm(Driver *driver, EngineLoaded *out) {
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
                                 .in_process = true,
                                 .on_step = driver->on_step,
                                 .on_step_context = driver->on_step_context};
    driver_stage(driver, "compiling by LLVM");
    *out = (EngineLoaded){.llvm = llvm_module_load(driver->arena, driver->diags)};
    if (!out->llvm || !out->llvm->load(driver->arena, driver->program, &options, &out->jit)) return false;
    out->model = out->jit.model;
    return true;
}

static bool compile(Driver *driver, const char *folder) {
    static const char *const flags[] = {"-O2", NULL};
    const char *const operands[] = {"-std=c99",
                                    "-fPIC",
                                    "-shared",
                                    "-o",
                                    folder_file(driver, folder, "model.so"),
                                    folder_file(driver, folder, "model.c"),
                                    "-lm",
                                    NULL};
    driver_stage(driver, "compiling the C");
    return cc_run(driver, E006, folder, flags, operands);
}

static bool open_library(Driver *driver, const char *path, EngineLoaded *out) {
    out->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!out->library)
        return diag_report(driver->diags, E006, NO_SOURCE, "cannot load the compiled model: %s", dlerror());
    out->model = dlsym(out->library, "model_model");
    return out->model || diag_report(driver->diags, E900, NO_SOURCE, "the compiled model has no descriptor");
}

bool engine_load_c(Driver *driver, EngineLoaded *out) {
    *out = (EngineLoaded){0};
    const char *folder = folder_make(driver);
    if (!folder) return false;
    const char *target = option_given(driver->options, OPT_TARGET) ? NULL : "host";
    const bool done = forms_write_c(driver, folder_file(driver, folder, "model.c"), "model", target) &&
                      compile(driver, folder) &&
                      open_library(driver, folder_file(driver, folder, "model.so"), out);
    folder_remove(driver, folder); /* what is loaded stays */
    return done;
}

bool engine_load(Driver *driver, EngineLoaded *out) {
    const char *via = option_value(driver->options, OPT_VIA);
    const bool llvm = via ? strcmp(via, "llvm") == 0 : engine_llvm_is_here(driver);
    return llvm ? engine_load_llvm(driver, out) : engine_load_c(driver, out);
}

void engine_unload(EngineLoaded *loaded) {
    if (loaded->jit.jit) loaded->llvm->unload(&loaded->jit);
    if (loaded->library) dlclose(loaded->library);
    *loaded = (EngineLoaded){0};
}

typedef bool Load(Driver *driver, EngineLoaded *out);

static bool load_and_call(Driver *driver, Load *load, const Array *inputs, size_t batch, Array **outputs) {
    EngineLoaded loaded;
    const bool done = load(driver, &loaded) && engine_call(driver, loaded.model, inputs, batch, outputs);
    engine_unload(&loaded);
    return done;
}

bool engine_llvm(Driver *driver, const Array *inputs, size_t batch, Array **outputs) {
    return load_and_call(driver, engine_load_llvm, inputs, batch, outputs);
}

bool engine_c(Driver *driver, const Array *inputs, size_t batch, Array **outputs) {
    return load_and_call(driver, engine_load_c, inputs, batch, outputs);
}

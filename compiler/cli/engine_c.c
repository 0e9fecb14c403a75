/* Runs the model as its users will: the emitted C through the C compiler, loaded as a shared library and
 * called through its lamina_model descriptor. */
#include <dlfcn.h>

#include "cli/cc.h"
#include "cli/engine.h"
#include "cli/forms.h"
#include "lamina.h"

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
    return cc_run(driver, E006, folder, flags, operands);
}

static bool load_and_call(Driver *driver, const char *path, const Array *inputs, size_t batch,
                          Array **outputs) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return diag_report(driver->diags, E006, NO_SOURCE, "cannot load the compiled model: %s", dlerror());
    const lamina_model *compiled = dlsym(library, "model_model");
    const bool done =
        compiled ? engine_call(driver, compiled, inputs, batch, outputs)
                 : diag_report(driver->diags, E900, NO_SOURCE, "the compiled model has no descriptor");
    dlclose(library);
    return done;
}

bool engine_c(Driver *driver, const Array *inputs, size_t batch, Array **outputs) {
    const char *folder = folder_make(driver);
    if (!folder) return false;
    const char *target = option_given(driver->options, OPT_TARGET) ? NULL : "host";
    const bool done = forms_write_c(driver, folder_file(driver, folder, "model.c"), "model", target) &&
                      compile(driver, folder) &&
                      load_and_call(driver, folder_file(driver, folder, "model.so"), inputs, batch, outputs);
    folder_remove(driver, folder);
    return done;
}

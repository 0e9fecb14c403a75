#include "cli/link.h"

#include <stdlib.h>
#include <string.h>

#include "cli/cc.h"
#include "data/bytes.h"

enum { LIBRARY_BYTES = 0x7fffffff };

/* cc makes code for this machine. */
static bool is_native(const char *target) {
#if defined(__x86_64__)
    return strcmp(target, "aarch64") != 0;
#elif defined(__aarch64__)
    return strncmp(target, "x86", 3) != 0;
#else
    return strcmp(target, "host") == 0 || strcmp(target, "generic") == 0;
#endif
}

static bool link_in(Driver *driver, const char *folder, Blob *code) {
    /* Nothing of the C compiler's own start files: a model has nothing to start, and no data that changes. */
    static const char *const flags[] = {"-shared", "-nostartfiles", "-Wl,-z,noexecstack", NULL};
    const char *object = folder_file(driver, folder, "model.o");
    const char *library = folder_file(driver, folder, "model.so");
    const char *const operands[] = {"-o", library, object, "-lm", NULL};
    if (!bytes_write(driver->diags, object, code->data, code->size) ||
        !cc_run(driver, E611, folder, flags, operands))
        return false;
    Bytes bytes;
    if (!bytes_read(driver->arena, driver->diags, library, LIBRARY_BYTES, &bytes)) return false;
    *code = (Blob){bytes.data, bytes.size};
    return true;
}

static bool compile_in(Driver *driver, const char *folder, Blob *code) {
    static const char *const flags[] = {"-O2", NULL};
    const char *source = folder_file(driver, folder, "model.c"),
               *library = folder_file(driver, folder, "model.so");
    const char *const operands[] = {"-std=c99", "-fPIC", "-shared", "-o", library, source, "-lm", NULL};
    Bytes bytes;
    if (!bytes_write(driver->diags, source, code->data, code->size) ||
        !cc_run(driver, E611, folder, flags, operands) ||
        !bytes_read(driver->arena, driver->diags, library, LIBRARY_BYTES, &bytes))
        return false;
    *code = (Blob){bytes.data, bytes.size};
    return true;
}

bool link_c(Driver *driver, Blob *code) {
    driver_stage(driver, "compiling the C");
    const char *folder = folder_make(driver);
    const bool done = folder && compile_in(driver, folder, code);
    if (folder) folder_remove(driver, folder);
    return done;
}

bool link_shared(Driver *driver, const EmitOptions *options, Blob *code) {
    const char *cc = getenv("CC");
    if (!is_native(options->target) && !(cc && cc[strspn(cc, " \t")])) {
        diag_report(driver->diags, E611, NO_SOURCE, "there is no linker for %s: cc links for this machine",
                    options->target);
        diag_help(driver->diags, NO_SOURCE, NULL,
                  "set CC to a C compiler for %s, for example CC=%s-linux-gnu-gcc", options->target,
                  strncmp(options->target, "x86", 3) == 0 ? "x86_64" : options->target);
        return false;
    }
    driver_stage(driver, "linking");
    const char *folder = folder_make(driver);
    const bool done = folder && link_in(driver, folder, code);
    if (folder) folder_remove(driver, folder);
    return done;
}

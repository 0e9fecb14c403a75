/* Loads the HDF5 reader: ../lib/lamina/lamina_hdf5.so from the folder of the running program. */
#include "weights/hdf5_module.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

static const unsigned char SIGNATURE[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1A, '\n'};
static const char MODULE_PATH[] = "../lib/lamina/lamina_hdf5.so";

/* The signature stands at 0, or after a user block of 512, 1024, 2048, ... bytes. */
bool hdf5_sniff(const Bytes *file) {
    for (size_t at = 0; at < file->size && file->size - at >= sizeof SIGNATURE; at = at ? at * 2 : 512)
        if (memcmp(file->data + at, SIGNATURE, sizeof SIGNATURE) == 0) return true;
    return false;
}

/* The folder of the program, with a slash at its end; NULL where the system does not tell. */
static const char *program_folder(Arena *arena) {
    for (size_t capacity = 256; capacity <= 65536; capacity *= 2) {
        char *path = arena_alloc(arena, capacity);
        const ssize_t length = readlink("/proc/self/exe", path, capacity - 1);
        if (length < 0) return NULL;
        if ((size_t)length == capacity - 1) continue;
        char *slash = strrchr(path, '/');
        if (slash) slash[1] = '\0';
        return path;
    }
    return NULL;
}

/* The function of that name in the module; NULL after reporting. */
static void *find_function(Arena *scratch, Diagnostics *diags, const char *name) {
    const char *folder = program_folder(scratch);
    if (!folder)
        return diag_report(diags, E415, NO_SOURCE, "cannot find the HDF5 reader: %s", strerror(errno)), NULL;
    const char *path = arena_printf(scratch, "%s%s", folder, MODULE_PATH);
    void *module =
        dlopen(path, RTLD_NOW | RTLD_LOCAL); /* stays loaded: libhdf5 does not like to be unloaded */
    if (!module)
        return diag_report(diags, E415, NO_SOURCE, "cannot load the HDF5 reader: %s", dlerror()), NULL;
    void *function = dlsym(module, name);
    if (!function)
        diag_report(diags, E415, NO_SOURCE, "the HDF5 reader is of another version: %s", dlerror());
    return function;
}

bool hdf5_read(WeightSet *set, Arena *scratch, const Bytes *file) {
    Hdf5ModuleRead *read;
    /* POSIX' way from an object to a function */
    *(void **)&read = find_function(scratch, set->diags, HDF5_MODULE_FUNCTION);
    return read && read(set, scratch, file);
}

bool hdf5_texts(Arena *arena, Diagnostics *diags, const Bytes *file, Hdf5Texts *out) {
    Hdf5ModuleTexts *texts;
    *(void **)&texts = find_function(arena, diags, HDF5_MODULE_TEXTS);
    return texts && texts(arena, diags, file, out);
}

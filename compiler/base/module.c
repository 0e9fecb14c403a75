#include "base/module.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

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

void *module_symbol(Arena *arena, const char *name, const char *symbol, const char **error) {
    const char *folder = program_folder(arena);
    if (!folder) {
        *error = arena_strdup(arena, strerror(errno));
        return NULL;
    }
    const char *path = arena_printf(arena, "%s../lib/lamina/%s.so", folder, name);
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL), *found = module ? dlsym(module, symbol) : NULL;
    if (!found) *error = arena_strdup(arena, dlerror());
    return found;
}

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* dladdr1 */
#endif
#include "base/module.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

/* A path without its last part: "/usr/bin/lamina" -> "/usr/bin/". */
static const char *folder_of(Arena *arena, const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? arena_strndup(arena, path, (size_t)(slash + 1 - path)) : "";
}

/* The folder of the program; NULL where the system does not tell. */
static const char *program_folder(Arena *arena) {
    for (size_t capacity = 256; capacity <= 65536; capacity *= 2) {
        char *path = arena_alloc(arena, capacity);
        const ssize_t length = readlink("/proc/self/exe", path, capacity - 1);
        if (length < 0) return NULL;
        if ((size_t)length < capacity - 1) return folder_of(arena, path);
    }
    return NULL;
}

/* The path of the library that this code is part of; NULL where that is the program itself, which has no name
 * there. */
static const char *own_library(void) {
    static const char here = 0;
    Dl_info info;
    struct link_map *map = NULL;
    if (!dladdr1(&here, &info, (void **)&map, RTLD_DL_LINKMAP) || !map || !map->l_name[0]) return NULL;
    return map->l_name;
}

void *module_symbol(Arena *arena, const char *name, const char *symbol, const char **error) {
    const char *library = own_library(),
               *folder = library ? folder_of(arena, library) : program_folder(arena);
    if (!folder) {
        *error = arena_strdup(arena, strerror(errno));
        return NULL;
    }
    const char *path = arena_printf(arena, "%s%s/%s.so", folder, library ? "lamina" : "../lib/lamina", name);
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL), *found = module ? dlsym(module, symbol) : NULL;
    if (!found) *error = arena_strdup(arena, dlerror());
    return found;
}

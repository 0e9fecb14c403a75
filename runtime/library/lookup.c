/* Kernels of liblamina_rt by name: for a JIT, and for tests that want a certain copy. */
#include <string.h>

#include "lmrt_library.h"

#if defined(__GNUC__)
#define VISIBLE __attribute__((visibility("default")))
#else
#define VISIBLE
#endif

#define ISA(isa, level, flags, present)                                                                      \
    extern lmrt_kernel *const lmrt_functions_##isa[], *const lmrt_functions_strict_##isa[];
#include "isa.def"
#undef ISA

static const char *const names[] = {
#define KERNEL(file, copies, result, name, parameters, arguments) #name,
#include "kernels.def"
#undef KERNEL
};

/* The copies of the best vector unit, or of the one that is named; NULL where the processor does not have it.
 */
static lmrt_kernel *const *find_copy(const char *isa, int strict) {
    lmrt_kernel *const *found = NULL;
#define ISA(name, level, flags, present)                                                                     \
    if ((present) && (!isa || strcmp(isa, #name) == 0))                                                      \
        found = strict ? lmrt_functions_strict_##name : lmrt_functions_##name;
#include "isa.def"
#undef ISA
    return found;
}

VISIBLE lmrt_kernel *lmrt_lookup_isa(const char *name, const char *isa) {
    static const char prefix[] = "lmrt_", suffix[] = "_strict";
    if (strncmp(name, prefix, sizeof prefix - 1) == 0) name += sizeof prefix - 1;
    size_t length = strlen(name);
    const size_t end = length > sizeof suffix - 1 ? length - (sizeof suffix - 1) : length;
    const int strict = strcmp(name + end, suffix) == 0;
    if (strict) length = end;
    lmrt_kernel *const *copy = find_copy(isa, strict);
    for (size_t i = 0; copy && i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0) return copy[i];
    return NULL;
}

VISIBLE lmrt_kernel *lmrt_lookup(const char *name) {
    return lmrt_lookup_isa(name, NULL);
}

VISIBLE const char *const *lmrt_isas(void) {
    /* From the best down: each line of isa.def needs the one before it, so the first that is there starts the
     * list. */
    static const char *const all[] = {
#if defined(__x86_64__) && defined(__GNUC__)
        "x86_64_v4",
        "x86_64_v3",
        "x86_64",
#else
        "portable",
#endif
        NULL
    };
    size_t n = 0;
#define ISA(name, level, flags, present) n += (present) ? 1 : 0;
#include "isa.def"
#undef ISA
    return all + sizeof all / sizeof *all - 1 - n;
}

/* The names of the kernels that there are: what the planner may ask for. */
#include <string.h>

#include "plan/planner.h"

static const char *const names[] = {
#define KERNEL(file, copies, result, name, parameters, arguments) #name,
#include "kernels.def"
#undef KERNEL
};

bool planner_has_kernel(const char *name) {
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0) return true;
    return false;
}

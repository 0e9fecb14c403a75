/* One copy of all kernels for liblamina_rt: every kernel as lmrt_<name><LMRT_COPY>, and all their addresses
 * as the table lmrt_functions<LMRT_COPY>, in the order of kernels.def. Compiled once per vector unit with its
 * flags, LMRT_COPY and LMRT_LEVEL; once more with LMRT_STRICT. kernel_files.h, made by the build, includes
 * the files of kernels.def.
 */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "include/lmrt.h"

#define LMRT_ISA _inside
#include "simd/simd_begin.h"
#include "kernel_files.h"

#define COPY_JOIN_EXPANDED(a, b) a##b
#define COPY_JOIN(a, b) COPY_JOIN_EXPANDED(a, b)
#define COPY(name) COPY_JOIN(lmrt_##name, LMRT_COPY)
#define INSIDE_VECTOR(name) LMRT(name)
#define INSIDE_PLAIN(name) lmrt_##name
#define GIVE_void
#define GIVE_int return

typedef void lmrt_kernel(void);

#define KERNEL(file, copies, result, name, parameters, arguments)                                            \
    result COPY(name) parameters;                                                                            \
    result COPY(name) parameters {                                                                           \
        GIVE_##result INSIDE_##copies(name) arguments;                                                       \
    }
#include "kernels.def"
#undef KERNEL

extern lmrt_kernel *const COPY(functions)[];
lmrt_kernel *const COPY(functions)[] = {
#define KERNEL(file, copies, result, name, parameters, arguments) (lmrt_kernel *)COPY(name),
#include "kernels.def"
#undef KERNEL
};

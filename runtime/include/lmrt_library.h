/* liblamina_rt: the kernels as functions with names of their own, for code generated with --link-runtime and
 * for programs that call kernels directly. lmrt_NAME runs the best copy that the processor has;
 * lmrt_NAME_strict is the same in strict arithmetic: the same bits from every copy. Needs kernels.def in the
 * include path. */
#ifndef LMRT_LIBRARY_H
#define LMRT_LIBRARY_H

#include "lmrt.h"

#ifdef __cplusplus
extern "C" {
#endif

#define KERNEL(file, copies, result, name, parameters, arguments)                                            \
    result lmrt_##name parameters;                                                                           \
    result lmrt_##name##_strict parameters;
#include "kernels.def"
#undef KERNEL

typedef void lmrt_kernel(void);

/* The best copy of a kernel by its name in kernels.def ("dense_f32", also "lmrt_dense_f32"; with "_strict" at
 * its end the strict one), to be cast to its type; NULL where there is none. */
lmrt_kernel *lmrt_lookup(const char *name);
/* The same for one vector unit ("x86_64_v3"); NULL also where the processor does not have it. */
lmrt_kernel *lmrt_lookup_isa(const char *name, const char *isa);
/* The vector units of this library that the processor has, the best first; NULL after the last. */
const char *const *lmrt_isas(void);

#ifdef __cplusplus
}
#endif
#endif

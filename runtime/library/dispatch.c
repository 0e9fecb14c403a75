/* The public names of liblamina_rt: lmrt_<name> calls the copy for the best vector unit that the processor
 * has, and lmrt_<name>_strict (this file compiled again with LMRT_STRICT) the best strict one.
 *
 * Which that is was found out when the program was loaded: __builtin_cpu_supports reads what libgcc's
 * (compiler-rt's) own start-up code left. So there is nothing here that changes, no race and no constructor.
 * An ifunc would save two loads per call, and lose: musl has none, static linking and the sanitizers run its
 * resolver before they are set up.
 */
#include <stddef.h>
#include <stdint.h>

#include "lmrt.h"

#if defined(LMRT_STRICT)
#define PUBLIC(name) lmrt_##name##_strict
#define COPY(name, isa) lmrt_##name##_strict_##isa
#else
#define PUBLIC(name) lmrt_##name
#define COPY(name, isa) lmrt_##name##_##isa
#endif
#if defined(__GNUC__)
#define VISIBLE __attribute__((visibility("default")))
#else
#define VISIBLE
#endif
#define GIVE_void
#define GIVE_int return

#if defined(__x86_64__) && defined(__GNUC__)
enum { X86_64, X86_64_V3, X86_64_V4 };
static int unit(void) {
    int best = -1;
#define ISA(name, level, flags, present) best += (present) ? 1 : 0;
#include "isa.def"
#undef ISA
    return best;
}

#define KERNEL(file, copies, result, name, parameters, arguments)                                            \
    result COPY(name, x86_64) parameters;                                                                    \
    result COPY(name, x86_64_v3) parameters;                                                                 \
    result COPY(name, x86_64_v4) parameters;                                                                 \
    VISIBLE result PUBLIC(name) parameters;                                                                  \
    VISIBLE result PUBLIC(name) parameters {                                                                 \
        switch (unit()) {                                                                                    \
        case X86_64_V4: GIVE_##result COPY(name, x86_64_v4) arguments; break;                                \
        case X86_64_V3: GIVE_##result COPY(name, x86_64_v3) arguments; break;                                \
        default: GIVE_##result COPY(name, x86_64) arguments; break;                                          \
        }                                                                                                    \
    }
#else
#define KERNEL(file, copies, result, name, parameters, arguments)                                            \
    result COPY(name, portable) parameters;                                                                  \
    VISIBLE result PUBLIC(name) parameters;                                                                  \
    VISIBLE result PUBLIC(name) parameters {                                                                 \
        GIVE_##result COPY(name, portable) arguments;                                                        \
    }
#endif
#include "kernels.def"

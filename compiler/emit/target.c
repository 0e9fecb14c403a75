/* The targets: which vector units the pasted kernels are compiled for, and what a run may take of the stack.
 */
#include <string.h>

#include "emit/emitter.h"

#define AVX2 "avx2,fma"
#define AVX512 "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"
#define CC "cc -O2"
#define ARM(cpu) "arm-none-eabi-gcc -O2 -mthumb -mcpu=" cpu

static const Target targets[] = {
    {"portable", "", -1, NULL,
     "C for any compiler (default for C); AVX2 and AVX-512 chosen at run time on x86-64", 8192, CC},
    {"host", "", -1, NULL, "this machine (default for objects, IR and run)", 8192, CC},
    {"generic", "_generic", 0, NULL, "plain loops: any C99 compiler, small code", 4096, CC},
    {"x86-64", "_sse2", 1, NULL, "x86-64 with SSE2 only", 8192, CC},
    {"x86-64-v3", "_avx2", 2, AVX2, "x86-64 with AVX2 and FMA", 8192, CC},
    {"x86-64-v4", "_avx512", 3, AVX512, "x86-64 with AVX-512", 8192, CC},
    {"aarch64", "_neon", 1, NULL, "64-bit ARM", 8192, CC},
    {"cortex-m0", "_generic", 0, NULL, "ARM Cortex-M0: floats in software", 1024,
     ARM("cortex-m0 -mfloat-abi=soft")},
    {"cortex-m4", "_generic", 0, NULL, "ARM Cortex-M4F", 1024,
     ARM("cortex-m4 -mfloat-abi=hard -mfpu=fpv4-sp-d16")},
    {"cortex-m7", "_generic", 0, NULL, "ARM Cortex-M7", 1024,
     ARM("cortex-m7 -mfloat-abi=hard -mfpu=fpv5-sp-d16")},
    {"cortex-m55", "_generic", 0, NULL, "ARM Cortex-M55", 1024, ARM("cortex-m55 -mfloat-abi=hard")},
};

enum { TARGET_COUNT = sizeof targets / sizeof targets[0] };

const Target *target_find(const char *name) {
    for (size_t i = 0; i < TARGET_COUNT; i++)
        if (strcmp(targets[i].name, name) == 0) return &targets[i];
    return NULL;
}

bool emit_target_known(const char *name) {
    return target_find(name) != NULL;
}

int emit_target_lanes(const char *name) {
    static const int lanes[] = {1, 4, 8, 16};
    const Target *target = target_find(name);
    return target && target->level >= 0 ? lanes[target->level] : 0;
}

void emit_list_targets(FILE *out) {
    for (size_t i = 0; i < TARGET_COUNT; i++) fprintf(out, "%-10s  %s\n", targets[i].name, targets[i].about);
}

/* The runtime's kernels as a table, and which of them a Program needs. */
#ifndef LAMINA_EMIT_KERNELS_H
#define LAMINA_EMIT_KERNELS_H

#include "plan/program.h"

/* A line of runtime/kernels.def, as text. */
typedef struct KernelInfo {
    const char *file, *copies, *result, *name, *parameters, *arguments;
} KernelInfo;

extern const KernelInfo kernels[];
extern const size_t kernel_count;

const KernelInfo *kernel_find(const char *name);
bool kernel_is_vector(const KernelInfo *kernel);

/* An epilogue as the runtime takes it (lmrt_epilogue): limits, or the kernel of a function ("gelu_f32"). */
typedef struct EpilogueValues {
    double low, high, p[3];
    const char *map; /* or NULL */
} EpilogueValues;

EpilogueValues kernel_epilogue(Arena *arena, const Epilogue *epilogue);
/* For each kernel, whether a step calls it or has it in an epilogue. */
const bool *kernels_used(Arena *arena, const Program *program);
/* The forms of kernels (LMRT_FORM_* of the runtime) that the shapes call for, one bit each. */
unsigned kernel_forms(const Program *program);

#endif

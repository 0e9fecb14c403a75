/* Which kernels there are, and which a Program needs. */
#include "emit/kernels.h"

#include <math.h>
#include <string.h>

const KernelInfo kernels[] = {
#define KERNEL(file, copies, result, name, parameters, arguments)                                            \
    {"kernels/" file, #copies, #result, #name, #parameters, #arguments},
#include "kernels.def"
#undef KERNEL
};

const size_t kernel_count = sizeof kernels / sizeof kernels[0];

const KernelInfo *kernel_find(const char *name) {
    for (size_t i = 0; i < kernel_count; i++)
        if (strcmp(kernels[i].name, name) == 0) return &kernels[i];
    return NULL;
}

bool kernel_is_vector(const KernelInfo *kernel) {
    return strcmp(kernel->copies, "VECTOR") == 0;
}

EpilogueValues kernel_epilogue(Arena *arena, const Epilogue *epilogue) {
    EpilogueValues v = {.low = -(double)INFINITY, .high = (double)INFINITY};
    const UnaryFunction function = epilogue->function;
    if (function == UNARY_RELU)
        v.low = 0.0;
    else if (function == UNARY_CLIP) {
        v.low = epilogue->parameter[0];
        v.high = epilogue->parameter[1];
    } else if (function != UNARY_LINEAR) {
        v.map = arena_printf(arena, "%s_f32", unary_function_name(function));
        for (int i = 0; i < unary_function_parameters(function); i++) v.p[i] = epilogue->parameter[i];
    }
    return v;
}

static void mark(bool *used, const char *name) {
    const KernelInfo *kernel = name ? kernel_find(name) : NULL;
    if (kernel) used[kernel - kernels] = true;
}

static void mark_step(Arena *arena, bool *used, const Step *step) {
    mark(used, step->kernel);
    for (int k = 0; k < step->n_args; k++) {
        const Descriptor *d = step->args[k].kind == ARG_DESCRIPTOR ? step->args[k].descriptor : NULL;
        for (int f = 0; d && f < d->n_fields; f++)
            if (d->fields[f].kind == FIELD_EPILOGUE)
                mark(used, kernel_epilogue(arena, &d->fields[f].epilogue).map);
    }
}

const bool *kernels_used(Arena *arena, const Program *program) {
    bool *used = ARENA_ARRAY(arena, bool, kernel_count);
    for (size_t i = 0; i < program->checks.count; i++) mark_step(arena, used, &program->checks.at[i]);
    for (size_t i = 0; i < program->steps.count; i++) mark_step(arena, used, &program->steps.at[i]);
    return used;
}

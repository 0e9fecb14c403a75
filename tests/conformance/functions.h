/* The elementwise functions, each with what its kernel promises: a bound in units of the last place, kept by
 * every vector unit at every float. runtime/README.md shows this table; conformance.ulps compares the two. */
#ifndef FUNCTIONS_H
#define FUNCTIONS_H

#include "conformance.h"

#include <math.h>
#include <string.h>

#include "reference.h"

typedef struct Function {
    const char *name;
    lmrt_function function;
    size_t offset; /* of the kernel in Kernels */
    double ulps;   /* the most allowed */
    float p[3];
    double absolute; /* an error that is allowed whatever the result: where a difference cancels */
} Function;

static const Function functions[] = {
#define ULPS(name, FUNCTION, ulps, absolute, ...)                                                            \
    {#name, FUNCTION, offsetof(Kernels, name##_f32), ulps, {__VA_ARGS__}, absolute},
#include "ulps.def"
#undef ULPS
};

enum { N_FUNCTIONS = sizeof functions / sizeof *functions };

static lmrt_map *kernel_of(const Kernels *k, const Function *f) {
    lmrt_map *kernel;
    memcpy(&kernel, (const char *)k + f->offset, sizeof kernel);
    return kernel;
}

static double reference_of(const Function *f, float x) {
    const double p[3] = {(double)f->p[0], (double)f->p[1], (double)f->p[2]};
    return lmref_unary(f->function, p, (double)x);
}

/* Numbers where something changes. */
static const float corners[] = {0,          -0.0f,       1,        -1,       0.5f,      -0.5f,
                                0.95f,      6,           -3,       3,        10,        88.72284f,
                                -87.33655f, -103.97208f, 17.5f,    1e-38f,   -1e-38f,   1e-45f,
                                -1e-45f,    3.4e38f,     -3.4e38f, INFINITY, -INFINITY, NAN};

enum { N_CORNERS = sizeof corners / sizeof *corners };

#endif

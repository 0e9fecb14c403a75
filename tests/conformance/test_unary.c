/* The elementwise kernels: strict bits over a sample of all floats, signs of zeros, tails, in place. What
 * they are worth: test_ulps.c. */
#include "functions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The sample: every stride-th bit pattern, and the neighbourhoods of numbers where something changes. */
static size_t sample(float *x, uint32_t stride) {
    size_t n = 0;
    for (uint64_t bits = 0; bits <= UINT32_MAX; bits += stride) {
        const uint32_t b = (uint32_t)bits;
        memcpy(&x[n++], &b, sizeof b);
    }
    for (size_t i = 0; i < N_CORNERS; i++) {
        x[n++] = nextafterf(corners[i], -INFINITY);
        x[n++] = corners[i];
        x[n++] = nextafterf(corners[i], INFINITY);
    }
    return n;
}

static void test_bits(const Kernels *k, const Function *f, const float *x, float *y, size_t n) {
    kernel_of(k, f)(f->p, n, x, y);
    testing(k, "all %s", f->name);
    record(y, n);
}

/* Zeros have the sign that Keras gives them: see reference/elementwise.c. */
static void test_zeros(const Kernels *k, const Function *f) {
    const float x[2] = {0.0f, -0.0f};
    float y[2];
    kernel_of(k, f)(f->p, 2, x, y);
    testing(k, "%s of zeros", f->name);
    for (int i = 0; i < 2; i++)
        expect_true(!signbit(y[i]) == !signbit((float)reference_of(f, x[i])), "the sign of a zero");
}

/* A result depends on neither its place in the array nor on its neighbours; in place gives the same. */
static void test_sizes(const Kernels *k, const Function *f) {
    for (size_t n = 0; n <= 2 * k->lanes + 1; n++) {
        float *x = numbers(n), *y = guarded(n), *one = guarded(n);
        kernel_of(k, f)(f->p, n, x, y);
        for (size_t i = 0; i < n; i++) kernel_of(k, f)(f->p, 1, x + i, one + i);
        testing(k, "%s of %zu elements", f->name, n);
        expect_bytes(y, one, n * sizeof *y);
        kernel_of(k, f)(f->p, n, x, x);
        expect_bytes(x, y, n * sizeof *y);
        release();
    }
}

int main(int argc, char **argv) {
    const uint32_t stride = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 40009;
    const size_t most = UINT32_MAX / stride + 100;
    float *x = malloc(most * sizeof *x), *y = malloc(most * sizeof *y);
    if (!x || !y) return 1;
    const size_t n = sample(x, stride);
    for (const Kernels *const *k = conformance_units(); *k; k++) {
        for (size_t i = 0; i < N_FUNCTIONS; i++) {
            test_bits(*k, &functions[i], x, y, n);
            test_zeros(*k, &functions[i]);
            test_sizes(*k, &functions[i]);
        }
    }
    free(x);
    free(y);
    return conformance_result();
}

/* liblamina_rt as its users see it: public names, and kernels looked up by name. */
#include "conformance.h"

#include <stddef.h>
#include <string.h>

static const char *const names[] = {
#define KERNEL(file, copies, result, name, parameters, arguments) #name, "lmrt_" #name, #name "_strict",
#include "kernels.def"
#undef KERNEL
};

static void test_lookup(const Kernels *k) {
    const char *const *isas = lmrt_isas();
    testing(k, "lookup");
    expect_true(isas[0] != NULL, "a vector unit");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        lmrt_kernel *best = lmrt_lookup(names[i]);
        expect_true(best && best == lmrt_lookup_isa(names[i], isas[0]), names[i]);
        for (size_t u = 0; isas[u]; u++) expect_true(lmrt_lookup_isa(names[i], isas[u]) != NULL, names[i]);
    }
    expect_true(lmrt_lookup("dense_f32") == lmrt_lookup("lmrt_dense_f32"), "with and without prefix");
    expect_true(lmrt_lookup("dense_f32") != lmrt_lookup("dense_f32_strict"), "strict copies are others");
    expect_true(!lmrt_lookup("") && !lmrt_lookup("dense") && !lmrt_lookup("dense_f32_strict_strict"),
                "no kernel");
    expect_true(!lmrt_lookup_isa("dense_f32", "z80"), "no such unit");
}

/* A public name gives what the copy gives that it stands for. */
static void test_public(const Kernels *k) {
    lmrt_map *map = (lmrt_map *)lmrt_lookup("gelu_f32");
    for (size_t n = 0; n < 40; n++) {
        float *x = numbers(n), *y = guarded(n), *same = guarded(n);
        testing(k, "public names, %zu elements", n);
        lmrt_gelu_f32(NULL, n, x, y);
        map(NULL, n, x, same);
        expect_bytes(y, same, n * sizeof *y);
        release();
    }
}

int main(void) {
    const Kernels *k = *conformance_units();
    test_lookup(k);
    test_public(k);
    return conformance_result();
}

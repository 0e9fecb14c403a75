/* Bytes as numpy's .npy or .npz: inputs of `lamina run` and `lamina verify`. */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "data/data.h"
#include "harness.h"

enum { MOST_BYTES = 1 << 24 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const int file = memfd_create("data.npy", 0);
    if (file < 0) return 0;
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (write(file, data, size) == (ssize_t)size) {
        Arena *arena = arena_new();
        const Sources sources = sources_new(arena);
        Diagnostics *diags = diag_new(arena, &sources, NULL);
        ArrayList arrays;
        (void)data_read(arena, diags, path, MOST_BYTES, &arrays);
        arena_free(arena);
    }
    close(file);
    return 0;
}

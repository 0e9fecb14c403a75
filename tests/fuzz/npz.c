/* Bytes as weights as numpy's archive. */
#include "harness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_weights("w.npz", data, size);
    return 0;
}

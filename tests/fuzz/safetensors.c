/* Bytes as weights as safetensors. */
#include "harness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_weights("w.safetensors", data, size);
    return 0;
}

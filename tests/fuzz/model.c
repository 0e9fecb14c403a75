/* Bytes as the text of a model file. */
#include "harness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_model("model.lam", data, size);
    return 0;
}

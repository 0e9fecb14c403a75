/* Bytes as a saved model in HDF5. */
#include "harness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_model("model.h5", data, size);
    return 0;
}

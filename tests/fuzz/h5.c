/* Bytes as weights in HDF5; libhdf5 reads them in a child process. */
#include "harness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_weights("w.weights.h5", data, size);
    return 0;
}

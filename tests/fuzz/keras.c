/* Bytes as a saved model, as Keras 3 writes it. */
#include "harness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_model("model.keras", data, size);
    return 0;
}

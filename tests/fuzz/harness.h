/* Entry points for libFuzzer: each file beside this one gives LLVMFuzzerTestOneInput for one kind of bytes
 * that come from elsewhere. Whatever they are, the library answers with a status; a crash, a leak or a hang
 * is a bug. replay.c runs the same entry points over the corpora of corpus/ without libFuzzer;
 * scripts/fuzz.sh searches for more.
 */
#ifndef LAMINA_FUZZ_HARNESS_H
#define LAMINA_FUZZ_HARNESS_H

#include <stddef.h>
#include <stdint.h>

#include "lamina/compiler.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A model of several layers, so that weights have something to fit. */
static const char FUZZ_MODEL[] =
    "from keras import Input, Model\n"
    "from keras.layers import BatchNormalization, Conv1D, Dense, Embedding, Flatten, LSTM\n"
    "ids = Input((4,), dtype='int32')\n"
    "h = Conv1D(2, 2, name='conv')(Embedding(5, 3, name='table')(ids))\n"
    "h = BatchNormalization(name='norm')(h)\n"
    "model = Model(ids, Dense(2, name='out')(LSTM(2, name='lstm')(h)))\n";

/* The model with these weights, as far as they can be taken. */
static inline void fuzz_weights(const char *name, const uint8_t *data, size_t size) {
    lamina_compilation *c = lamina_compilation_new();
    if (!c) return;
    if (lamina_compilation_model(c, "model.lam", FUZZ_MODEL, sizeof FUZZ_MODEL - 1) == LAMINA_STATUS_FINE &&
        lamina_compilation_weights(c, name, data, size) == LAMINA_STATUS_FINE)
        (void)lamina_compilation_compile(c);
    (void)lamina_compilation_messages(c);
    lamina_compilation_free(c);
}

/* A model in these bytes, checked within narrow bounds. */
static inline void fuzz_model(const char *name, const uint8_t *data, size_t size) {
    lamina_compilation *c = lamina_compilation_new();
    if (!c) return;
    if (lamina_compilation_option(c, "max-steps", "20000") == LAMINA_STATUS_FINE &&
        lamina_compilation_option(c, "max-depth", "60") == LAMINA_STATUS_FINE &&
        lamina_compilation_option(c, "max-nodes", "300") == LAMINA_STATUS_FINE &&
        lamina_compilation_model(c, name, data, size) == LAMINA_STATUS_FINE)
        (void)lamina_compilation_check(c);
    (void)lamina_compilation_messages(c);
    lamina_compilation_free(c);
}

#endif

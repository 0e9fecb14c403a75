/* What programs that call any model through its descriptor need: sizes of its tensors, and numbers to put in.
 */
#ifndef MODEL_DATA_H
#define MODEL_DATA_H

#include <stddef.h>
#include <stdint.h>

static size_t element_size(int32_t dtype) {
    switch (dtype) {
    case LAMINA_FLOAT64:
    case LAMINA_INT64:
    case LAMINA_UINT64: return 8;
    case LAMINA_FLOAT16:
    case LAMINA_BFLOAT16:
    case LAMINA_INT16:
    case LAMINA_UINT16: return 2;
    case LAMINA_INT8:
    case LAMINA_UINT8:
    case LAMINA_BOOL: return 1;
    default: return 4;
    }
}

/* Bytes of a dense tensor for that batch; dims are the run-time dimensions, NULL where there are none. */
static size_t bytes_of(const lamina_tensor *t, size_t batch, const int64_t *dims) {
    size_t n = element_size(t->dtype);
    for (int32_t i = 0; i < t->rank; i++) {
        const int64_t extent = t->shape[i];
        n *= extent == -1 ? batch : extent < 0 ? (size_t)dims[-2 - extent] : (size_t)extent;
    }
    return n;
}

/* Small numbers that are no sums of a few powers of two; ids and masks are 0 or 1. */
static void fill(const lamina_tensor *t, void *data, size_t bytes) {
    const size_t size = element_size(t->dtype);
    unsigned state = 12345;
    for (size_t i = 0; i < bytes / size; i++) {
        state = state * 1664525u + 1013904223u;
        const double value = (double)(state >> 8) / 8388608.0 - 1.0;
        if (t->dtype == LAMINA_FLOAT32)
            ((float *)data)[i] = (float)value;
        else if (t->dtype == LAMINA_FLOAT64)
            ((double *)data)[i] = value;
        else if (t->dtype == LAMINA_INT32 || t->dtype == LAMINA_UINT32)
            ((uint32_t *)data)[i] = state >> 31;
        else if (t->dtype == LAMINA_INT64 || t->dtype == LAMINA_UINT64)
            ((uint64_t *)data)[i] = state >> 31;
        else if (size == 2)
            ((uint16_t *)data)[i] = (uint16_t)(state >> 31);
        else
            ((uint8_t *)data)[i] = (uint8_t)(state >> 31);
    }
}

#endif

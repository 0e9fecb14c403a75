/* Numbers as categories: the bucket between sorted boundaries, the place in a sorted table, the bucket of a
 * hash. */
#pragma once

#include "kernels/hash.h"

/* y[i] = the number of boundaries that x[i] is not below; all of them for NaN. */
#define LMRT_BUCKET(name, type)                                                                              \
    LMRT_KERNEL void lmrt_bucket_##name(size_t n, size_t bins, const type *boundaries, const type *x,        \
                                        int64_t *y) {                                                        \
        for (size_t i = 0; i < n; i++) {                                                                     \
            size_t low = 0, high = bins;                                                                     \
            while (low < high) {                                                                             \
                const size_t middle = low + (high - low) / 2;                                                \
                if (x[i] < boundaries[middle])                                                               \
                    high = middle;                                                                           \
                else                                                                                         \
                    low = middle + 1;                                                                        \
            }                                                                                                \
            y[i] = (int64_t)low;                                                                             \
        }                                                                                                    \
    }
LMRT_BUCKET(f32, float)
LMRT_BUCKET(f64, double)
#undef LMRT_BUCKET

/* y[i] = where x[i] stands among the keys, which rise; -1: nowhere. */
LMRT_KERNEL void lmrt_find_i64(size_t n, size_t count, const int64_t *keys, const int64_t *x, int64_t *y) {
    for (size_t i = 0; i < n; i++) {
        size_t low = 0, high = count;
        while (low < high) {
            const size_t middle = low + (high - low) / 2;
            if (keys[middle] < x[i])
                low = middle + 1;
            else
                high = middle;
        }
        y[i] = low < count && keys[low] == x[i] ? (int64_t)low : -1;
    }
}

LMRT_KERNEL void lmrt_hash_i64(size_t n, size_t four, const int64_t *p, const int64_t *x, int64_t *y) {
    (void)four;
    for (size_t i = 0; i < n; i++) y[i] = lmrt_hash_bucket(p, x[i]);
}

/* Rows of a table chosen by ids; negative ids count from the end, as in Keras' take. All ids are looked at
 * before anything is written. Not 0: an id is out of range. */
#pragma once

#include "include/lmrt.h"

#define LMRT_GATHER(name, type)                                                                              \
    LMRT_KERNEL int lmrt_gather_##name(size_t n, size_t rows, size_t row_bytes, const void *table,           \
                                       const type *ids, void *y) {                                           \
        for (size_t i = 0; i < n; i++)                                                                       \
            if (lmrt_gather_row_##name(ids[i], rows) >= rows) return 1;                                      \
        for (size_t i = 0; i < n; i++)                                                                       \
            memcpy((char *)y + i * row_bytes,                                                                \
                   (const char *)table + lmrt_gather_row_##name(ids[i], rows) * row_bytes, row_bytes);       \
        return 0;                                                                                            \
    }

/* The row of an id; `rows` where there is none. */
LMRT_INLINE size_t lmrt_gather_row_i64(int64_t id, size_t rows) {
    if (id >= 0) return (uint64_t)id < rows ? (size_t)id : rows;
    const uint64_t back = 0 - (uint64_t)id;
    return back <= rows ? rows - (size_t)back : rows;
}
LMRT_INLINE size_t lmrt_gather_row_i32(int32_t id, size_t rows) {
    return lmrt_gather_row_i64(id, rows);
}
LMRT_INLINE size_t lmrt_gather_row_f32(float id, size_t rows) {
    return id > -9e18f && id < 9e18f ? lmrt_gather_row_i64((int64_t)id, rows) : rows;
}

LMRT_GATHER(i32, int32_t)
LMRT_GATHER(i64, int64_t)
LMRT_GATHER(f32, float)

#undef LMRT_GATHER

/* Movement of elements of 1, 2, 4 or 8 bytes, whatever they mean: strided copies and fills. */
#pragma once

#include "include/lmrt.h"

/* `size` is a constant: a memcpy of it is one load and one store. */
LMRT_INLINE void lmrt_copy_row(size_t n, const size_t size, const char *x, ptrdiff_t x_step, char *y,
                               ptrdiff_t y_step) {
    if (x_step == 1 && y_step == 1) {
        memcpy(y, x, n * size);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        memcpy(y, x, size);
        x += x_step * (ptrdiff_t)size;
        y += y_step * (ptrdiff_t)size;
    }
}

/* Walks the rows along the last axis. */
LMRT_INLINE void lmrt_copy_rows(const lmrt_copy *d, const size_t size, const void *src, void *dst) {
    const size_t rank = d->rank, last = rank > 0 ? rank - 1 : 0;
    const char *x = (const char *)src;
    char *y = (char *)dst;
    size_t index[LMRT_RANK] = {0};
    for (size_t i = 0; i < rank; i++)
        if (d->extent[i] == 0) return;
    for (;;) {
        if (rank == 0)
            memcpy(y, x, size);
        else
            lmrt_copy_row(d->extent[last], size, x, d->src_stride[last], y, d->dst_stride[last]);
        size_t axis = last;
        for (; axis > 0; axis--) {
            const ptrdiff_t extent = (ptrdiff_t)d->extent[axis - 1], bytes = (ptrdiff_t)size;
            x += d->src_stride[axis - 1] * bytes;
            y += d->dst_stride[axis - 1] * bytes;
            if (++index[axis - 1] < d->extent[axis - 1]) break;
            x -= d->src_stride[axis - 1] * extent * bytes;
            y -= d->dst_stride[axis - 1] * extent * bytes;
            index[axis - 1] = 0;
        }
        if (axis == 0) return;
    }
}

LMRT_KERNEL void lmrt_copy_b1(const lmrt_copy *d, const void *x, void *y) {
    lmrt_copy_rows(d, 1, x, y);
}
LMRT_KERNEL void lmrt_copy_b2(const lmrt_copy *d, const void *x, void *y) {
    lmrt_copy_rows(d, 2, x, y);
}
LMRT_KERNEL void lmrt_copy_b4(const lmrt_copy *d, const void *x, void *y) {
    lmrt_copy_rows(d, 4, x, y);
}
LMRT_KERNEL void lmrt_copy_b8(const lmrt_copy *d, const void *x, void *y) {
    lmrt_copy_rows(d, 8, x, y);
}

/* Doubles what is filled already. */
LMRT_KERNEL void lmrt_fill(size_t n, size_t size, const void *value, void *y) {
    if (n == 0) return;
    memcpy(y, value, size);
    for (size_t done = 1; done < n;) {
        const size_t more = n - done < done ? n - done : done;
        memcpy((char *)y + done * size, y, more * size);
        done += more;
    }
}

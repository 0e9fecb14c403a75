/* The strided copy that all data movement is made of. */
#include "reference.h"

void lmref_copy(const lmrt_copy *d, const double *src, double *dst) {
    size_t index[LMRT_RANK] = {0};
    for (size_t i = 0; i < d->rank; i++)
        if (d->extent[i] == 0) return;
    for (;;) {
        ptrdiff_t from = 0, to = 0;
        for (size_t i = 0; i < d->rank; i++) {
            from += (ptrdiff_t)index[i] * d->src_stride[i];
            to += (ptrdiff_t)index[i] * d->dst_stride[i];
        }
        dst[to] = src[from];
        size_t axis = d->rank;
        while (axis > 0 && ++index[axis - 1] == d->extent[axis - 1]) index[--axis] = 0;
        if (axis == 0) return;
    }
}

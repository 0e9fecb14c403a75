/* Shapes: equality, counting, axes and broadcasting. An unknown extent never overflows and is never guessed.
 */
#include "value/shape.h"

#include "base/checked.h"
#include "base/text.h"

Shape shape_make(int rank, const int64_t *dims) {
    Shape shape = {.rank = rank};
    for (int i = 0; i < rank; i++) shape.dim[i] = dims[i];
    return shape;
}

bool shape_equal(const Shape *a, const Shape *b) {
    if (a->rank != b->rank) return false;
    for (int i = 0; i < a->rank; i++) {
        if (a->dim[i] != b->dim[i]) return false;
    }
    return true;
}

bool shape_compatible(const Shape *a, const Shape *b) {
    if (a->rank != b->rank) return false;
    for (int i = 0; i < a->rank; i++) {
        if (a->dim[i] != b->dim[i] && a->dim[i] != DIM_UNKNOWN && b->dim[i] != DIM_UNKNOWN) return false;
    }
    return true;
}

bool shape_is_static(const Shape *shape, int first) {
    for (int i = first; i < shape->rank; i++) {
        if (shape->dim[i] == DIM_UNKNOWN) return false;
    }
    return true;
}

bool shape_count(const Shape *shape, int first, int64_t *count) {
    *count = 1;
    if (!shape_is_static(shape, first)) return false;
    for (int i = first; i < shape->rank; i++) {
        if (shape->dim[i] == 0) { /* before an overflow among the others */
            *count = 0;
            return true;
        }
    }
    for (int i = first; i < shape->rank; i++) {
        if (!checked_mul(*count, shape->dim[i], count)) return false;
    }
    return true;
}

bool shape_axis(const Shape *shape, int64_t axis, int *out) {
    if (axis < -shape->rank || axis >= shape->rank) return false;
    *out = (int)(axis < 0 ? axis + shape->rank : axis);
    return true;
}

static bool broadcast_dim(int64_t a, int64_t b, int64_t *out) {
    if (a == 1)
        *out = b;
    else if (a == DIM_UNKNOWN)
        *out = b == 1 ? DIM_UNKNOWN : b;
    else if (b == 1 || b == DIM_UNKNOWN || b == a)
        *out = a;
    else
        return false;
    return true;
}

bool shape_broadcast(const Shape *a, const Shape *b, Shape *out) {
    const int rank = a->rank > b->rank ? a->rank : b->rank;
    Shape result = {.rank = rank}; /* `out` may be `a` or `b` */
    for (int i = 0; i < rank; i++) {
        const int ia = i - (rank - a->rank), ib = i - (rank - b->rank);
        if (!broadcast_dim(ia < 0 ? 1 : a->dim[ia], ib < 0 ? 1 : b->dim[ib], &result.dim[i])) return false;
    }
    *out = result;
    return true;
}

const char *shape_text(Arena *arena, const Shape *shape) {
    Text text = text_new(arena);
    text_char(&text, '(');
    for (int i = 0; i < shape->rank; i++) {
        if (i > 0) text_add(&text, ", ");
        if (shape->dim[i] == DIM_UNKNOWN)
            text_add(&text, "None");
        else
            text_printf(&text, "%lld", (long long)shape->dim[i]);
    }
    text_add(&text, shape->rank == 1 ? ",)" : ")");
    return text.data;
}

/* Random weights: each by its initializer, as Keras draws them (keras/src/initializers), from its own stream.
 */
#include <math.h>
#include <string.h>

#include "base/checked.h"
#include "data/convert.h"
#include "weights/draw.h"
#include "weights/inventory.h"

#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif

/* compute_fans: a matrix is (in, out); more axes are a convolution's (..., in, out). */
static void compute_fans(const Shape *shape, double *fan_in, double *fan_out) {
    const int rank = shape->rank;
    *fan_in = *fan_out = rank == 1 ? (double)shape->dim[0] : 1.0;
    if (rank < 2) return;
    double field = 1.0;
    for (int i = 0; i < rank - 2; i++) field *= (double)shape->dim[i];
    *fan_in = (double)shape->dim[rank - 2] * field;
    *fan_out = (double)shape->dim[rank - 1] * field;
}

static double scaled_variance(const Initializer *initializer, const Shape *shape) {
    double fan_in, fan_out;
    compute_fans(shape, &fan_in, &fan_out);
    const double fan = initializer->mode == FAN_IN    ? fan_in
                       : initializer->mode == FAN_OUT ? fan_out
                                                      : (fan_in + fan_out) / 2.0;
    return initializer->scale / (fan > 1.0 ? fan : 1.0);
}

/* A distribution that draws each element alone: centre + width * one draw. */
typedef struct Law {
    double centre, width;
    double (*draw)(Draw *draw);
} Law;

static double draw_nothing(Draw *draw) {
    (void)draw;
    return 0.0;
}

static Law variance_law(const Initializer *initializer, const Shape *shape) {
    /* The standard deviation of a normal distribution cut off at 2. */
    const double cut_deviation = 0.87962566103423978;
    const double variance = scaled_variance(initializer, shape);
    if (initializer->distribution == DIST_TRUNCATED_NORMAL)
        return (Law){0.0, sqrt(variance) / cut_deviation, draw_truncated_normal};
    if (initializer->distribution == DIST_UNTRUNCATED_NORMAL) return (Law){0.0, sqrt(variance), draw_normal};
    const double limit = sqrt(3.0 * variance);
    return (Law){-limit, 2.0 * limit, draw_uniform};
}

static Law find_law(const Initializer *initializer, const Shape *shape) {
    switch (initializer->kind) {
    case INIT_ONES: return (Law){1.0, 0.0, draw_nothing};
    case INIT_CONSTANT: return (Law){initializer->value, 0.0, draw_nothing};
    case INIT_RANDOM_NORMAL: return (Law){initializer->mean, initializer->stddev, draw_normal};
    case INIT_TRUNCATED_NORMAL: return (Law){initializer->mean, initializer->stddev, draw_truncated_normal};
    case INIT_RANDOM_UNIFORM:
        return (Law){initializer->minval, initializer->maxval - initializer->minval, draw_uniform};
    case INIT_VARIANCE_SCALING: return variance_law(initializer, shape);
    default: return (Law){0.0, 0.0, draw_nothing};
    }
}

static void fill_law(const WeightSlot *slot, uint64_t stream) {
    const Law law = find_law(&slot->weight->initializer, &slot->weight->shape);
    for (size_t i = 0; i < slot->count; i++) {
        Draw draw = draw_element(stream, i);
        convert_set(slot->weight->dtype, slot->data, i, law.centre + law.width * law.draw(&draw));
    }
}

static bool fill_identity(const WeightSet *set, const WeightSlot *slot) {
    const Shape *shape = &slot->weight->shape;
    if (shape->rank != 2)
        return diag_report(set->diags, E403, NO_SOURCE, "weight %s of shape %s cannot be an identity matrix",
                           slot->key, shape_text(set->arena, shape));
    const size_t columns = (size_t)shape->dim[1];
    for (size_t i = 0; i < slot->count; i++)
        convert_set(slot->weight->dtype, slot->data, i,
                    i / columns == i % columns ? slot->weight->initializer.value : 0.0);
    return true;
}

static double dot(const double *a, const double *b, size_t n) {
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

/* Gram-Schmidt, each vector twice, which keeps the vectors orthogonal to rounding. Its triangular factor has
 * a positive diagonal, which is what Keras makes of its QR factors by their signs. */
static void orthonormalise(double *vectors, size_t count, size_t length) {
    for (size_t k = 0; k < count; k++) {
        double *vector = vectors + k * length;
        for (int pass = 0; pass < 2; pass++)
            for (size_t j = 0; j < k; j++) {
                const double *other = vectors + j * length, along = dot(vector, other, length);
                for (size_t i = 0; i < length; i++) vector[i] -= along * other[i];
            }
        const double norm = sqrt(dot(vector, vector, length));
        for (size_t i = 0; i < length; i++) vector[i] = norm > 0.0 ? vector[i] / norm : 0.0;
    }
}

static bool fill_orthogonal(const WeightSet *set, const WeightSlot *slot, uint64_t stream) {
    const Shape *shape = &slot->weight->shape;
    size_t bytes;
    if (shape->rank < 2)
        return diag_report(set->diags, E403, NO_SOURCE,
                           "weight %s of shape %s cannot be orthogonal: it needs two axes", slot->key,
                           shape_text(set->arena, shape));
    if (slot->count == 0 || !checked_mul_size(slot->count, sizeof(double), &bytes)) return true;
    const size_t columns = (size_t)shape->dim[shape->rank - 1], rows = slot->count / columns;
    const size_t count = rows < columns ? rows : columns, length = rows < columns ? columns : rows;
    Arena *scratch = arena_new_child(set->arena);
    double *vectors = arena_alloc(scratch, bytes);
    for (size_t i = 0; i < slot->count; i++) {
        Draw draw = draw_element(stream, i);
        vectors[i] = draw_normal(&draw);
    }
    orthonormalise(vectors, count, length);
    for (size_t i = 0; i < slot->count; i++) {
        const size_t row = i / columns, column = i % columns;
        const double value = rows < columns ? vectors[row * length + column] : vectors[column * length + row];
        convert_set(slot->weight->dtype, slot->data, i, slot->weight->initializer.value * value);
    }
    arena_free(scratch);
    return true;
}

static bool fill_kind(const WeightSet *set, WeightSlot *slot, uint64_t stream) {
    switch (slot->weight->initializer.kind) {
    case INIT_IDENTITY: return fill_identity(set, slot);
    case INIT_ORTHOGONAL: return fill_orthogonal(set, slot, stream);
    default: fill_law(slot, stream); return true;
    }
}

static bool fill_slot(const WeightSet *set, WeightSlot *slot, uint64_t seed) {
    const Initializer *initializer = &slot->weight->initializer;
    slot->data = arena_alloc_array(set->arena, slot->count, dtype_size(slot->weight->dtype));
    if (!fill_kind(set, slot, draw_stream(seed, slot->key))) return false;
    for (int64_t i = initializer->ones_begin; i < initializer->ones_end; i++)
        convert_set(slot->weight->dtype, slot->data, (size_t)i, 1.0);
    return true;
}

bool random_fill(WeightSet *set, uint64_t seed) {
    bool fine = true;
    for (size_t i = 0; i < set->count; i++) fine = fill_slot(set, &set->slots[i], seed) && fine;
    return fine;
}

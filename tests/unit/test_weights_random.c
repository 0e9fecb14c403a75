/* `-w random`: the same numbers everywhere, independent by key and seed, with the moments of Keras'
 * initializers. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "data/convert.h"
#include "weights/weights.h"

typedef struct Fixture {
    Arena *arena;
    Sources sources;
    Diagnostics *diags;
    Weight weight;
    WeightSlot slot;
    WeightSet set;
} Fixture;

static Fixture *setup(Initializer initializer, int rank, const int64_t *dims) {
    Arena *arena = arena_new();
    Fixture *f = ARENA_NEW(arena, Fixture);
    f->arena = arena;
    f->sources = sources_new(arena);
    f->diags = diag_new(arena, &f->sources, NULL);
    f->weight = (Weight){.name = "kernel",
                         .path = "dense/kernel",
                         .shape = shape_make(rank, dims),
                         .dtype = DTYPE_FLOAT64,
                         .initializer = initializer};
    int64_t count;
    assert_true(shape_count(&f->weight.shape, 0, &count));
    f->slot = (WeightSlot){.weight = &f->weight, .key = "dense/kernel", .count = (size_t)count};
    f->set = (WeightSet){.arena = arena, .diags = f->diags, .slots = &f->slot, .count = 1};
    return f;
}

typedef struct Moments {
    double mean, deviation, least, greatest;
} Moments;

static Moments measure(const Fixture *f) {
    const double *x = f->slot.data, n = (double)f->slot.count;
    Moments m = {0.0, 0.0, x[0], x[0]};
    for (size_t i = 0; i < f->slot.count; i++) {
        m.mean += x[i] / n;
        m.least = x[i] < m.least ? x[i] : m.least;
        m.greatest = x[i] > m.greatest ? x[i] : m.greatest;
    }
    for (size_t i = 0; i < f->slot.count; i++) m.deviation += (x[i] - m.mean) * (x[i] - m.mean) / n;
    m.deviation = sqrt(m.deviation);
    return m;
}

static const int64_t CONV[] = {3, 3, 40, 60};

static void check_moments(Initializer initializer, double mean, double deviation, double least,
                          double greatest) {
    Fixture *f = setup(initializer, 4, CONV);
    assert_true(weights_load(&f->set, "random:3"));
    const Moments m = measure(f);
    if (fabs(m.mean - mean) > 0.03 * deviation || fabs(m.deviation - deviation) > 0.02 * deviation ||
        m.least < least || m.greatest > greatest)
        fail_msg("mean %g, deviation %g, range %g .. %g", m.mean, m.deviation, m.least, m.greatest);
    arena_free(f->arena);
}

static void test_moments(void **state) {
    (void)state;
    const double inf = (double)INFINITY;
    const double fan_in = 360, fan_out = 540, average = (fan_in + fan_out) / 2;
    const double limit = sqrt(3 / average), cut = sqrt(2 / fan_in) / 0.87962566103423978;
    check_moments(
        (Initializer){
            .kind = INIT_VARIANCE_SCALING, .scale = 1, .mode = FAN_AVG, .distribution = DIST_UNIFORM},
        0, sqrt(1 / average), -limit, limit);
    check_moments(
        (Initializer){
            .kind = INIT_VARIANCE_SCALING, .scale = 2, .mode = FAN_IN, .distribution = DIST_TRUNCATED_NORMAL},
        0, sqrt(2 / fan_in), -2 * cut, 2 * cut);
    check_moments((Initializer){.kind = INIT_VARIANCE_SCALING,
                                .scale = 1,
                                .mode = FAN_OUT,
                                .distribution = DIST_UNTRUNCATED_NORMAL},
                  0, sqrt(1 / fan_out), -inf, inf);
    check_moments((Initializer){.kind = INIT_RANDOM_NORMAL, .mean = 1, .stddev = 0.5}, 1, 0.5, -inf, inf);
    check_moments((Initializer){.kind = INIT_RANDOM_UNIFORM, .minval = -1, .maxval = 3}, 1, 4 / sqrt(12), -1,
                  3);
    check_moments((Initializer){.kind = INIT_TRUNCATED_NORMAL, .stddev = 1}, 0, 0.87962566103423978, -2, 2);
}

static void check_constant(Initializer initializer, double value) {
    Fixture *f = setup(initializer, 4, CONV);
    assert_true(weights_load(&f->set, "random"));
    const Moments m = measure(f);
    assert_true(m.least == value && m.greatest == value);
    arena_free(f->arena);
}

static void test_constants(void **state) {
    (void)state;
    check_constant((Initializer){.kind = INIT_ZEROS}, 0);
    check_constant((Initializer){.kind = INIT_ONES}, 1);
    check_constant((Initializer){.kind = INIT_CONSTANT, .value = -2.5}, -2.5);
}

static const Initializer NORMAL = {.kind = INIT_RANDOM_NORMAL, .stddev = 1};

static double first_value(const char *source, const char *key) {
    const int64_t dims[] = {4};
    Fixture *f = setup(NORMAL, 1, dims);
    f->slot.key = key;
    assert_true(weights_load(&f->set, source));
    const double value = convert_get(DTYPE_FLOAT64, f->slot.data, 0);
    arena_free(f->arena);
    return value;
}

/* The exact numbers: they must be these on every machine, for ever. */
static void test_streams(void **state) {
    (void)state;
    assert_true(first_value("random", "a/kernel") == first_value("random:0", "a/kernel"));
    assert_true(first_value("random:1", "a/kernel") != first_value("random:0", "a/kernel"));
    assert_true(first_value("random", "a/kernel") != first_value("random", "b/kernel"));
    const double first = first_value("random:7", "dense/kernel");
    if (first != 0x1.95026603ec27bp+0) fail_msg("%a", first);
}

static void check_orthogonal(int rank, const int64_t *dims) {
    Fixture *f = setup((Initializer){.kind = INIT_ORTHOGONAL, .value = 2}, rank, dims);
    assert_true(weights_load(&f->set, "random"));
    const size_t columns = (size_t)dims[rank - 1], rows = f->slot.count / columns;
    const size_t n = rows < columns ? rows : columns, length = rows < columns ? columns : rows;
    const size_t along = rows < columns ? 1 : columns, across = rows < columns ? columns : 1;
    const double *x = f->slot.data;
    for (size_t a = 0; a < n; a++)
        for (size_t b = 0; b < n; b++) {
            double sum = 0;
            for (size_t i = 0; i < length; i++) sum += x[a * across + i * along] * x[b * across + i * along];
            assert_true(fabs(sum - (a == b ? 4.0 : 0.0)) < 1e-12);
        }
    arena_free(f->arena);
}

static void test_matrices(void **state) {
    (void)state;
    const int64_t wide[] = {5, 9}, tall[] = {2, 3, 4};
    check_orthogonal(2, wide);
    check_orthogonal(3, tall);
    Fixture *f = setup((Initializer){.kind = INIT_IDENTITY, .value = 3}, 2, wide);
    assert_true(weights_load(&f->set, "random"));
    for (size_t i = 0; i < 45; i++) assert_true(((double *)f->slot.data)[i] == (i / 9 == i % 9 ? 3.0 : 0.0));
    arena_free(f->arena);
    f = setup((Initializer){.kind = INIT_IDENTITY, .value = 3}, 3, tall);
    assert_false(weights_load(&f->set, "random"));
    arena_free(f->arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moments),
        cmocka_unit_test(test_constants),
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_matrices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

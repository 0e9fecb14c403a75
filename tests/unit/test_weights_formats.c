/* Every weights format, read from files that the real libraries wrote (tests/weights/make_fixtures.py):
 * element j of the i-th weight is 100 i + j. The set is made by hand, so that nothing but the readers is
 * tested.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "data/convert.h"
#include "weights/weights.h"

#ifndef LAMINA_SOURCE_DIR
#define LAMINA_SOURCE_DIR "."
#endif

typedef struct Expected {
    const char *path, *h5_path, *layer, *group;
    bool trainable;
    int rank;
    int64_t dims[4];
} Expected;

static const Expected MODEL[] = {
    {"dw/kernel", "layers/depthwise_conv2d/vars/0", "dw", "dw", true, 4, {2, 2, 2, 1}},
    {"dw/bias", "layers/depthwise_conv2d/vars/1", "dw", "dw", true, 1, {2}},
    {"sep/depthwise_kernel", "layers/separable_conv2d/vars/0", "sep", "sep", true, 4, {1, 1, 2, 1}},
    {"sep/pointwise_kernel", "layers/separable_conv2d/vars/1", "sep", "sep", true, 4, {1, 1, 2, 3}},
    {"sep/bias", "layers/separable_conv2d/vars/2", "sep", "sep", true, 1, {3}},
    {"bn/gamma", "layers/batch_normalization/vars/0", "bn", "bn", true, 1, {3}},
    {"bn/beta", "layers/batch_normalization/vars/1", "bn", "bn", true, 1, {3}},
    {"bn/moving_mean", "layers/batch_normalization/vars/2", "bn", "bn", false, 1, {3}},
    {"bn/moving_variance", "layers/batch_normalization/vars/3", "bn", "bn", false, 1, {3}},
    {"inner_a/kernel", "layers/functional/layers/dense/vars/0", "inner_a", "inner", true, 2, {3, 3}},
    {"inner_a/bias", "layers/functional/layers/dense/vars/1", "inner_a", "inner", true, 1, {3}},
    {"inner_bn/gamma",
     "layers/functional/layers/batch_normalization/vars/0",
     "inner_bn",
     "inner",
     true,
     1,
     {3}},
    {"inner_bn/beta",
     "layers/functional/layers/batch_normalization/vars/1",
     "inner_bn",
     "inner",
     true,
     1,
     {3}},
    {"inner_bn/moving_mean",
     "layers/functional/layers/batch_normalization/vars/2",
     "inner_bn",
     "inner",
     false,
     1,
     {3}},
    {"inner_bn/moving_variance",
     "layers/functional/layers/batch_normalization/vars/3",
     "inner_bn",
     "inner",
     false,
     1,
     {3}},
    {"inner_b/kernel", "layers/functional/layers/dense_1/vars/0", "inner_b", "inner", true, 2, {3, 3}},
    {"inner_b/bias", "layers/functional/layers/dense_1/vars/1", "inner_b", "inner", true, 1, {3}},
    {"seq/seq_dense/kernel", "layers/sequential/layers/dense/vars/0", "seq_dense", "seq", true, 2, {3, 2}},
    {"seq/seq_dense/bias", "layers/sequential/layers/dense/vars/1", "seq_dense", "seq", true, 1, {2}},
    {"shared/kernel", "layers/dense/vars/0", "shared", "shared", true, 2, {2, 2}},
    {"shared/bias", "layers/dense/vars/1", "shared", "shared", true, 1, {2}},
};
enum { N_WEIGHTS = sizeof MODEL / sizeof *MODEL };

typedef struct Fixture {
    Arena *arena;
    Sources sources;
    Diagnostics *diags;
    WeightSet set;
    Weight weights[N_WEIGHTS];
    Layer layer; /* which all weights belong to, as far as the readers look */
} Fixture;

static void add_to_group(Fixture *f, const char *name, size_t slot) {
    WeightSet *set = &f->set;
    if (set->n_groups == 0 || strcmp(set->groups[set->n_groups - 1].name, name) != 0) {
        const bool container = strcmp(name, "inner") == 0 || strcmp(name, "seq") == 0;
        set->groups[set->n_groups++] =
            (WeightGroup){name, container, ARENA_ARRAY(f->arena, size_t, N_WEIGHTS), 0};
    }
    WeightGroup *group = &set->groups[set->n_groups - 1];
    group->slots[group->count++] = slot;
}

static void fill_set(Fixture *f) {
    static const LayerClass ANY = {.name = "Any"};
    f->layer.class_ = &ANY;
    f->set = (WeightSet){.arena = f->arena, .diags = f->diags, .count = N_WEIGHTS};
    f->set.slots = ARENA_ARRAY(f->arena, WeightSlot, N_WEIGHTS);
    f->set.groups = ARENA_ARRAY(f->arena, WeightGroup, N_WEIGHTS);
    for (size_t i = 0; i < N_WEIGHTS; i++) {
        int64_t count;
        const Expected *e = &MODEL[i];
        f->weights[i] = (Weight){.id = (uint32_t)i,
                                 .layer = &f->layer,
                                 .name = strrchr(e->path, '/') + 1,
                                 .path = e->path,
                                 .shape = shape_make(e->rank, e->dims),
                                 .dtype = DTYPE_FLOAT32,
                                 .trainable = e->trainable};
        assert_true(shape_count(&f->weights[i].shape, 0, &count));
        f->set.slots[i] = (WeightSlot){&f->weights[i], e->path, e->h5_path, e->layer, (size_t)count, NULL};
        add_to_group(f, e->group, i);
    }
}

static Fixture *setup(void) {
    Arena *arena = arena_new();
    Fixture *f = ARENA_NEW(arena, Fixture);
    f->arena = arena;
    f->sources = sources_new(arena);
    f->diags = diag_new(arena, &f->sources, NULL);
    fill_set(f);
    return f;
}

/* What was reported, as text; frees the fixture. */
static char *teardown(Fixture *f) {
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    diag_render(f->diags, stream);
    fclose(stream);
    arena_free(f->arena);
    return text;
}

static const char *fixture_path(Fixture *f, const char *name) {
    return arena_printf(f->arena, "%s/tests/weights/%s", LAMINA_SOURCE_DIR, name);
}

static double expected_value(size_t i, size_t j) {
    static const double SHARED_BIAS[] = {2000.0, 2048.0};
    return i == N_WEIGHTS - 1 ? SHARED_BIAS[j] : (double)(100 * i + j);
}

static void check_values(const Fixture *f) {
    for (size_t i = 0; i < N_WEIGHTS; i++)
        for (size_t j = 0; j < f->set.slots[i].count; j++)
            if (convert_get(f->weights[i].dtype, f->set.slots[i].data, j) != expected_value(i, j))
                fail_msg("%s[%zu] is %g", MODEL[i].path, j,
                         convert_get(f->weights[i].dtype, f->set.slots[i].data, j));
}

/* Loads the file; `report` is a part of what it must say, NULL for nothing. */
static void check_file(const char *name, bool fine, const char *report) {
    Fixture *f = setup();
    if (weights_load(&f->set, fixture_path(f, name)) != fine) fail_msg("%s: %s", name, teardown(f));
    if (fine) check_values(f);
    char *text = teardown(f);
    if (report ? !strstr(text, report) : text[0] != '\0') fail_msg("%s: unexpected report: %s", name, text);
    free(text);
}

static void test_keras3(void **state) {
    (void)state;
    check_file("keras3.weights.h5", true, NULL);
    check_file("keras3.keras", true, NULL);
    check_file("keras3_model.h5", true, NULL);
}

static void test_keras2(void **state) {
    (void)state;
    check_file("keras2_weights.h5", true, NULL);
    check_file("keras2_model.h5", true, NULL);
    check_file("keras2.keras", true, NULL);
}

/* The order inside a frozen inner model is another one; names tell. */
static void test_frozen(void **state) {
    (void)state;
    check_file("keras2_frozen.h5", true, NULL);
    check_file("keras2_partly_frozen.h5", true, NULL);
}

static void test_keyed(void **state) {
    (void)state;
    check_file("model.npz", true, NULL);
    check_file("model.safetensors", true, NULL);
}

static void test_converts_to_narrow_types(void **state) {
    (void)state;
    Fixture *f = setup();
    f->weights[0].dtype = DTYPE_FLOAT16;
    f->weights[2].dtype = DTYPE_FLOAT64;
    f->weights[N_WEIGHTS - 1].dtype = DTYPE_BFLOAT16;
    assert_true(weights_load(&f->set, fixture_path(f, "keras3.weights.h5")));
    check_values(f);
    free(teardown(f));
}

static void check_report(Fixture *f, const char *name, const char *report) {
    assert_false(weights_load(&f->set, fixture_path(f, name)));
    char *text = teardown(f);
    if (!strstr(text, report)) fail_msg("%s: \"%s\" is not in: %s", name, report, text);
    free(text);
}

static void test_other_shape(void **state) {
    (void)state;
    static const char *const FILES[] = {"keras3.weights.h5", "keras2_weights.h5", "model.npz",
                                        "model.safetensors"};
    for (size_t i = 0; i < 4; i++) {
        Fixture *f = setup();
        f->weights[17].shape.dim[0] = 2; /* (2, 3): the file has (3, 2) */
        f->weights[17].shape.dim[1] = 3;
        check_report(f, FILES[i], "transposed?");
        f = setup();
        f->weights[0].shape.dim[0] = 5;
        check_report(f, FILES[i], "other kernel size: 5 in the model, 2 in the file");
    }
}

static void test_missing(void **state) {
    (void)state;
    Fixture *f = setup();
    f->set.slots[19].key = "shard/kernel";
    check_report(f, "model.npz", "shard/kernel (2, 2) float32 | shared/kernel (2, 2) float32 | renamed?");
    f = setup();
    f->set.slots[19].h5_path = "layers/dense_1/vars/0";
    check_report(f, "keras3.weights.h5", "[E410]");
}

static void test_other_counts(void **state) {
    (void)state;
    Fixture *f = setup();
    f->set.n_groups--;
    check_report(f, "keras2_weights.h5", "[E413]");
    f = setup();
    f->set.groups[0].count--;
    check_report(f, "keras2_weights.h5", "[E414]");
    f = setup();
    f->set.count--; /* the last layer without its bias */
    check_report(f, "keras3.weights.h5", "[E414]");
}

static void test_extra_is_warned_of(void **state) {
    (void)state;
    Fixture *f = setup();
    f->set.count -= 2;
    assert_true(weights_load(&f->set, fixture_path(f, "model.safetensors")));
    char *text = teardown(f);
    assert_non_null(strstr(text, "[W400]"));
    assert_non_null(strstr(text, "not used: shared/kernel (2, 2) float32"));
    free(text);
}

static void test_swapped_layers_are_warned_of(void **state) {
    (void)state;
    Fixture *f = setup();
    for (size_t i = 9; i < 17; i++) {
        const char *name = f->set.slots[i].vars_name;
        if (strcmp(name, "inner_a") == 0) f->set.slots[i].vars_name = "inner_b";
        if (strcmp(name, "inner_b") == 0) f->set.slots[i].vars_name = "inner_a";
    }
    assert_true(weights_load(&f->set, fixture_path(f, "keras3.weights.h5")));
    char *text = teardown(f);
    assert_non_null(strstr(text, "[W401]"));
    free(text);
}

static void test_strangers(void **state) {
    (void)state;
    static const struct {
        const char *name, *code;
    } CASES[] = {{"make_fixtures.py", "[E400]"}, {"", "[E001]"}, {"no-such-file.h5", "[E001]"}};
    for (size_t i = 0; i < 3; i++) check_report(setup(), CASES[i].name, CASES[i].code);
    Fixture *f = setup();
    assert_false(weights_load(&f->set, "random:x"));
    char *text = teardown(f);
    assert_non_null(strstr(text, "[E402]"));
    free(text);
}

/* Every file cut off at many places: a report, and no crash. */
static void test_truncated(void **state) {
    (void)state;
    static const char *const FILES[] = {"keras3.weights.h5", "keras2_model.h5", "keras3.keras", "model.npz",
                                        "model.safetensors"};
    char path[] = "/tmp/lamina-weights-XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
        Fixture *f = setup();
        FILE *in = fopen(fixture_path(f, FILES[i]), "rb");
        static unsigned char data[1 << 17];
        const size_t size = fread(data, 1, sizeof data, in);
        fclose(in);
        free(teardown(f));
        for (size_t length = 0; length < size; length += size / 23) {
            assert_int_equal(ftruncate(fd, 0), 0);
            assert_int_equal(pwrite(fd, data, length, 0), (ssize_t)length);
            f = setup();
            if (weights_load(&f->set, path)) fail_msg("%s cut to %zu bytes was loaded", FILES[i], length);
            assert_true(diag_error_count(f->diags) > 0);
            free(teardown(f));
        }
    }
    close(fd);
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keras3),
        cmocka_unit_test(test_keras2),
        cmocka_unit_test(test_frozen),
        cmocka_unit_test(test_keyed),
        cmocka_unit_test(test_converts_to_narrow_types),
        cmocka_unit_test(test_other_shape),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_other_counts),
        cmocka_unit_test(test_extra_is_warned_of),
        cmocka_unit_test(test_swapped_layers_are_warned_of),
        cmocka_unit_test(test_strangers),
        cmocka_unit_test(test_truncated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

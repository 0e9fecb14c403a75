/* Shapes and element types: broadcasting and promotion as Keras' own functions answer. */
#include "layers_fixture.h"

/* keras.backend.result_type(row, column) of Keras 3.15 on TensorFlow, in the order of DType; "--": it raises.
 */
static const char *const PROMOTION[DTYPE_COUNT] = {
    "f4 f8 f4 f4 f4 f4 f4 f4 f4 f4 f4 f4 f4 -- c8 c8 -- --",
    "f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 -- c8 c8 -- --",
    "f4 f8 f2 f4 f2 f2 f2 f2 f2 f2 f2 f2 f2 -- c8 c8 -- --",
    "f4 f8 f4 bf bf bf bf bf bf bf bf bf bf -- c8 c8 -- --",
    "f4 f8 f2 bf i1 i2 i2 i4 i4 i8 i8 f4 i1 -- c8 c8 -- --",
    "f4 f8 f2 bf i2 u1 i2 u2 i4 u4 i8 u4 u1 -- c8 c8 -- --",
    "f4 f8 f2 bf i2 i2 i2 i4 i4 i8 i8 f4 i2 -- c8 c8 -- --",
    "f4 f8 f2 bf i4 u2 i4 u2 i4 u4 i8 u4 u2 -- c8 c8 -- --",
    "f4 f8 f2 bf i4 i4 i4 i4 i4 i8 i8 f4 i4 -- c8 c8 -- --",
    "f4 f8 f2 bf i8 u4 i8 u4 i8 u4 i8 u4 u4 -- c8 c8 -- --",
    "f4 f8 f2 bf i8 i8 i8 i8 i8 i8 i8 f4 i8 -- c8 c8 -- --",
    "f4 f8 f2 bf f4 u4 f4 u4 f4 u4 f4 u4 u4 -- c8 c8 -- --",
    "f4 f8 f2 bf i1 u1 i2 u2 i4 u4 i8 u4 b1 -- c8 c8 -- --",
    "-- -- -- -- -- -- -- -- -- -- -- -- -- st -- -- -- --",
    "c8 c8 c8 c8 c8 c8 c8 c8 c8 c8 c8 c8 c8 -- c8 c8 -- --",
    "c8 c8 c8 c8 c8 c8 c8 c8 c8 c8 c8 c8 c8 -- c8 c8 -- --",
    "-- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- --",
    "-- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- --",
};

static const char *short_name(DType dtype) {
    static const char *const NAMES[] = {"f4", "f8", "f2", "bf", "i1", "u1", "i2", "u2",
                                        "i4", "u4", "i8", "u8", "b1", "st", "c8", "c16"};
    return NAMES[dtype];
}

static void promotion_is_keras(void **state) {
    (void)state;
    for (int a = 0; a < DTYPE_COUNT; a++) {
        char row[128], *save = NULL;
        strcpy(row, PROMOTION[a]);
        const char *expected = strtok_r(row, " ", &save);
        for (int b = 0; b < DTYPE_COUNT; b++, expected = strtok_r(NULL, " ", &save)) {
            assert_non_null(expected);
            const bool can = dtype_can_promote((DType)a, (DType)b);
            assert_int_equal(can, strcmp(expected, "--") != 0);
            if (can)
                assert_string_equal(short_name(dtype_promote((DType)a, (DType)b)), expected);
            else
                assert_true(dtype_promote((DType)a, (DType)b) >= DTYPE_COMPILABLE);
        }
    }
}

static void names_are_parsed(void **state) {
    (void)state;
    DType dtype;
    for (int i = 0; i < DTYPE_COUNT; i++) {
        assert_true(dtype_parse(dtype_name((DType)i), &dtype));
        assert_int_equal(dtype, i);
    }
    assert_true(dtype_parse("int", &dtype) && dtype == DTYPE_INT64);
    assert_false(dtype_parse("float", &dtype)); /* Keras: "Invalid dtype: float" */
    assert_false(dtype_parse("Float32", &dtype));
}

static const char *broadcast_text(Arena *arena, Shape a, Shape b) {
    Shape out;
    return shape_broadcast(&a, &b, &out) ? shape_text(arena, &out) : "-";
}

#define SHAPE(...)                                                                                           \
    shape_make((int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (int64_t[]){__VA_ARGS__})
enum { NONE = -1 };

static void broadcasting_is_keras(void **state) {
    Arena *arena = ((Fixture *)*state)->arena;
    assert_string_equal(broadcast_text(arena, SHAPE(5, 3), SHAPE(1, 3)), "(5, 3)");
    assert_string_equal(broadcast_text(arena, SHAPE(NONE, 3), SHAPE(3)), "(None, 3)");
    assert_string_equal(broadcast_text(arena, SHAPE(NONE, 1), SHAPE(4, 7)), "(4, 7)");
    assert_string_equal(broadcast_text(arena, SHAPE(4), SHAPE(NONE, NONE)), "(None, 4)");
    assert_string_equal(broadcast_text(arena, SHAPE(1), SHAPE(NONE)), "(None,)");
    assert_string_equal(broadcast_text(arena, SHAPE(0), SHAPE(1)), "(0,)");
    assert_string_equal(broadcast_text(arena, SHAPE(2), SHAPE(3)), "-");
    assert_string_equal(broadcast_text(arena, (Shape){0}, SHAPE(2)), "(2,)");
    assert_string_equal(broadcast_text(arena, (Shape){0}, (Shape){0}), "()");
}

static void counts_never_overflow(void **state) {
    (void)state;
    int64_t count;
    const Shape small = SHAPE(NONE, 3, 4), huge = SHAPE(INT64_MAX, 2), empty = SHAPE(INT64_MAX, 2, 0);
    assert_true(shape_count(&small, 1, &count) && count == 12);
    assert_false(shape_count(&small, 0, &count));
    assert_false(shape_count(&huge, 0, &count));
    assert_true(shape_count(&empty, 0, &count) && count == 0);
    assert_true(shape_count(&small, 3, &count) && count == 1);
}

static void axes_count_from_both_ends(void **state) {
    (void)state;
    int axis;
    const Shape shape = SHAPE(NONE, 3, 4);
    assert_true(shape_axis(&shape, -1, &axis) && axis == 2);
    assert_true(shape_axis(&shape, 0, &axis) && axis == 0);
    assert_true(shape_axis(&shape, -3, &axis) && axis == 0);
    assert_false(shape_axis(&shape, 3, &axis));
    assert_false(shape_axis(&shape, -4, &axis));
    assert_false(shape_axis(&shape, INT64_MIN, &axis));
    const Shape same = SHAPE(5, 3, 4), other = SHAPE(5, 3, 5);
    assert_true(shape_compatible(&shape, &same) && !shape_compatible(&shape, &other));
    assert_false(shape_equal(&shape, &same));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(promotion_is_keras),
        cmocka_unit_test(names_are_parsed),
        cmocka_unit_test_setup_teardown(broadcasting_is_keras, fixture_setup, fixture_teardown),
        cmocka_unit_test(counts_never_overflow),
        cmocka_unit_test(axes_count_from_both_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

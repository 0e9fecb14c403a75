/* Operators, subscripts and methods of symbolic tensors: names, shapes and element types as in Keras 3.15. */
#include "layers_fixture.h"

static Tensor *binary(Fixture *f, BinaryOperator op, Value a, Value b) {
    Value out;
    assert_true(operator_binary(f->graph, op, a, b, NO_SOURCE, &out));
    return out.as.tensor;
}

static void test_dtypes_of_numbers(void **state) {
    Fixture *f = *state;
    const Value x = value_tensor(input_of(f, DTYPE_FLOAT32, 2, -1, 6)),
                i = value_tensor(input_of(f, DTYPE_INT32, 2, -1, 6));
    const Value b = value_tensor(input_of(f, DTYPE_BOOL, 2, -1, 6)),
                u = value_tensor(input_of(f, DTYPE_UINT8, 2, -1, 6));
    const struct {
        BinaryOperator op;
        Value left, right;
        DType dtype;
    } rows[] = {
        {BINARY_ADD, x, value_int(1), DTYPE_FLOAT32},
        {BINARY_ADD, value_float(1.5), i, DTYPE_FLOAT32},
        {BINARY_ADD, i, value_int(1), DTYPE_INT32},
        {BINARY_DIV, i, value_int(2), DTYPE_FLOAT32},
        {BINARY_DIV, u, value_int(2), DTYPE_FLOAT32},
        {BINARY_ADD, b, value_int(1), DTYPE_INT32},
        {BINARY_ADD, b, value_float(1.5), DTYPE_FLOAT32},
        {BINARY_ADD, b, b, DTYPE_BOOL},
        {BINARY_MOD, b, b, DTYPE_INT32},
        {BINARY_FLOORDIV, b, b, DTYPE_BOOL},
        {BINARY_POW, i, value_float(0.5), DTYPE_FLOAT32},
        {BINARY_ADD, u, i, DTYPE_INT32},
        {BINARY_AND, x, x, DTYPE_BOOL},
        {BINARY_ADD, x, value_bool(true), DTYPE_FLOAT32},
    };
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        assert_string_equal(dtype_name(binary(f, rows[row].op, rows[row].left, rows[row].right)->dtype),
                            dtype_name(rows[row].dtype));
    }
    assert_silent(f);
}

static void test_names_are_shared_with_layers(void **state) {
    Fixture *f = *state;
    const Value x = value_tensor(input_of(f, DTYPE_FLOAT32, 2, -1, 6));
    assert_string_equal(binary(f, BINARY_ADD, x, x)->history.layer->name, "add");
    assert_string_equal(construct(f, "Add", NO_ARGUMENTS)->name, "add_1");
    assert_string_equal(binary(f, BINARY_DIV, x, x)->history.layer->name, "true_divide");
    assert_string_equal(binary(f, BINARY_FLOORDIV, x, x)->history.layer->name, "floor_divide");
    assert_string_equal(binary(f, BINARY_ADD, value_int(1), x)->history.layer->name, "add_2");
}

static void test_operand_errors(void **state) {
    Fixture *f = *state;
    Value out;
    const Value x = value_tensor(input_of(f, DTYPE_FLOAT32, 2, -1, 6)),
                y = value_tensor(input_of(f, DTYPE_FLOAT32, 2, -1, 5));
    assert_false(operator_binary(f->graph, BINARY_MUL, x, y, NO_SOURCE, &out));
    assert_reported(f, "Cannot broadcast shape, the failure dim has value 6, which cannot be broadcasted to "
                       "5. Input shapes are: "
                       "[None, 6] and [None, 5] [E271]");
    assert_false(operator_binary(f->graph, BINARY_ADD, x, LIST(f, value_int(1)), NO_SOURCE, &out));
    assert_reported(f, "ValueError: Invalid dtype: list [E270]");
    assert_true(out.as.tensor->poisoned);
    assert_false(operator_unary(f->graph, UNARY_OP_PLUS, x, NO_SOURCE, &out));
    assert_reported(f, "bad operand type for unary +: 'KerasTensor'");
    assert_false(operator_binary(f->graph, BINARY_LSHIFT, x, value_int(1), NO_SOURCE, &out));
    assert_reported(f, "unsupported operand type(s) for <<: 'KerasTensor' and 'int'");
}

static Value slice(Fixture *f, Value start, Value stop, Value step) {
    Slice *parts = ARENA_NEW(f->arena, Slice);
    *parts = (Slice){start, stop, step};
    return (Value){.kind = VALUE_SLICE, .as.slice = parts};
}

static void test_subscripts(void **state) {
    Fixture *f = *state;
    Tensor *x = input_of(f, DTYPE_FLOAT32, 3, -1, 4, 6);
    const Value n = value_none(), all = slice(f, n, n, n), dots = {.kind = VALUE_ELLIPSIS};
#define INT(i) value_int(i)
    const struct {
        Value key;
        const char *shape;
    } rows[] = {
        {TUPLE(f, all, INT(0)), "(None, 6)"},
        {TUPLE(f, all, INT(-1), all), "(None, 6)"},
        {INT(0), "(4, 6)"},
        {TUPLE(f, all, slice(f, INT(1), INT(3), n)), "(None, 2, 6)"},
        {TUPLE(f, all, slice(f, n, n, INT(-1))), "(None, 4, 6)"},
        {TUPLE(f, all, slice(f, INT(3), INT(0), INT(-2))), "(None, 2, 6)"},
        {TUPLE(f, all, slice(f, INT(5), INT(2), n)), "(None, 0, 6)"},
        {TUPLE(f, all, slice(f, INT(1), INT(100), n)), "(None, 3, 6)"},
        {TUPLE(f, all, slice(f, INT(-2), n, n)), "(None, 2, 6)"},
        {TUPLE(f, all, slice(f, n, n, INT(INT64_MIN))), "(None, 1, 6)"},
        {TUPLE(f, all, slice(f, INT(INT64_MIN), INT(INT64_MAX), INT(INT64_MAX))), "(None, 1, 6)"},
        {TUPLE(f, dots, INT(0)), "(None, 4)"},
        {TUPLE(f, dots, n), "(None, 4, 6, 1)"},
        {TUPLE(f, all, n), "(None, 1, 4, 6)"},
        {TUPLE(f, all, n, INT(1), n, slice(f, n, n, INT(4))), "(None, 1, 1, 2)"},
        {LIST(f, INT(0), INT(1)), "(6,)"},
        {TUPLE(f, slice(f, INT(1), INT(3), n), INT(2)), "(None, 6)"},
    };
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        Value out;
        assert_true(operator_subscript(f->graph, x, rows[row].key, NO_SOURCE, &out));
        assert_shape(f, out.as.tensor, rows[row].shape);
    }
    assert_silent(f);
}

static void test_subscript_errors(void **state) {
    Fixture *f = *state;
    Tensor *x = input_of(f, DTYPE_FLOAT32, 3, -1, 4, 6);
    const Value n = value_none(), all = slice(f, n, n, n), dots = {.kind = VALUE_ELLIPSIS};
    const struct {
        Value key;
        const char *words;
    } rows[] = {
        {TUPLE(f, all, INT(4)),
         "Array has shape (None, 4, 6) but out-of-bounds index (slice(None, None, None), 4) was requested"},
        {TUPLE(f, all, INT(0), INT(0), INT(0)), "[E273]"},
        {TUPLE(f, dots, dots), "Slice should only have one ellipsis"},
        {slice(f, INT(1), n, n), "Unsupported key type for array slice. Received: `slice(1, None, None)`"},
        {TUPLE(f, all, slice(f, n, n, INT(0))), "slice step cannot be zero"},
        {TUPLE(f, all, value_float(1)), "Unsupported key type"},
        {text(f, "a"), "Unsupported key type"},
    };
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        Value out;
        assert_false(operator_subscript(f->graph, x, rows[row].key, NO_SOURCE, &out));
        assert_true(out.as.tensor->poisoned);
        assert_reported(f, rows[row].words);
    }
}

static void test_matmul_and_methods(void **state) {
    Fixture *f = *state;
    Value out;
    Tensor *a = input_of(f, DTYPE_FLOAT32, 3, -1, 4, 6), *b = input_of(f, DTYPE_FLOAT32, 3, -1, 6, 2);
    assert_shape(f, binary(f, BINARY_MATMUL, value_tensor(a), value_tensor(b)), "(None, 4, 2)");
    assert_false(operator_binary(f->graph, BINARY_MATMUL, value_tensor(a), value_tensor(a), NO_SOURCE, &out));
    assert_reported(f, "must be equal, but received `x1.shape=(None, 4, 6)` and `x2.shape=(None, 4, 6)`");
    assert_true(
        operator_method(f->graph, a, "reshape", ARGUMENTS(POSITIONAL(TUPLE(f, INT(-1), INT(24)))), &out));
    assert_shape(f, out.as.tensor, "(None, 24)");
    assert_true(
        operator_method(f->graph, input_of(f, DTYPE_FLOAT32, 3, -1, 1, 3), "squeeze", NO_ARGUMENTS, &out));
    assert_shape(f, out.as.tensor, "(None, 3)");
    assert_false(operator_method(f->graph, a, "squeeze", ARGUMENTS(KEYWORD("axis", INT(2))), &out));
    assert_reported(f, "Cannot squeeze axis 2, because the dimension is not 1");
    assert_false(operator_method(f->graph, a, "mean", NO_ARGUMENTS, &out));
    assert_reported(f, "AttributeError: 'KerasTensor' object has no attribute 'mean' [E302]");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_dtypes_of_numbers, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_names_are_shared_with_layers, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_operand_errors, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_subscripts, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_subscript_errors, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_matmul_and_methods, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

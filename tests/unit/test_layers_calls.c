/* Calling layers: shapes, reuse, poison, opaque values, merging. */
#include "layers_fixture.h"

static Layer *dense(Fixture *f, int64_t units) {
    return construct(f, "Dense", ARGUMENTS(POSITIONAL(value_int(units))));
}

static void test_shared_layer_has_one_set_of_weights(void **state) {
    Fixture *f = *state;
    Layer *layer = dense(f, 4);
    Tensor *x = input_of(f, DTYPE_FLOAT32, 2, -1, 6), *y = called(f, layer, x), *z = called(f, layer, x);
    assert_shape(f, y, "(None, 4)");
    assert_int_equal(layer->weights.count, 2);
    assert_string_equal(layer->weights.at[0]->path, "dense/kernel");
    assert_ptr_equal(y->history.layer, layer);
    assert_int_equal(z->history.node_index, 1);
    assert_true(graph_verify(f->graph));
}

static void test_reuse_on_another_width_tells_where_it_came_from(void **state) {
    Fixture *f = *state;
    Layer *head = dense(f, 8);
    Tensor *x = input_of(f, DTYPE_FLOAT32, 2, -1, 32);
    called(f, head, x);
    Tensor *y = called(f, dense(f, 16), x);
    x->variable = "x";
    y->variable = "y";
    head->variable = "head";
    assert_true(called(f, head, y)->poisoned);
    const char *said = reported(f);
    assert_non_null(strstr(said, "input 0 of layer \"dense\" is incompatible: expected axis -1 to have value "
                                 "32, got (None, 16) [E207]"));
    assert_non_null(strstr(said, "y is the output of dense_1 (16 units), made here from x"));
    assert_non_null(strstr(said, "head was first called here, on shape (None, 32)"));
}

static void test_poison_and_opaque_are_silent(void **state) {
    Fixture *f = *state;
    Tensor *x = input_of(f, DTYPE_FLOAT32, 1, -1), *bad = called(f, dense(f, 3), x);
    assert_true(bad->poisoned);
    assert_reported(f, "expected min_ndim=2, found ndim=1");
    assert_true(called(f, dense(f, 3), bad)->poisoned);
    Value out;
    assert_true(operator_binary(f->graph, BINARY_ADD, value_tensor(bad), value_int(1), NO_SOURCE, &out));
    assert_true(out.as.tensor->poisoned);
    const Value opaque = value_opaque(f->arena, NO_SOURCE, "unknown");
    assert_int_equal(call(f, dense(f, 3), opaque).kind, VALUE_OPAQUE);
    assert_silent(f);
}

static void test_wrong_call_arguments(void **state) {
    Fixture *f = *state;
    Value out;
    Tensor *x = input_of(f, DTYPE_FLOAT32, 2, -1, 4);
    call(f, dense(f, 3), value_int(3));
    assert_reported(
        f, "Only input tensors may be passed as positional arguments. The following argument value should be "
           "passed as a keyword argument: 3 (of type <class 'int'>)");
    layer_call(f->graph, dense(f, 3), NO_ARGUMENTS, &out);
    assert_reported(f, "TypeError: missing a required argument: 'inputs' [E202]");
    layer_call(f->graph, dense(f, 3), ARGUMENTS(POSITIONAL(value_tensor(x)), KEYWORD("mask", value_none())),
               &out);
    assert_reported(f, "Dense.call() got an unexpected keyword argument 'mask' [E205]");
    assert_true(layer_call(
        f->graph, dense(f, 3),
        ARGUMENTS(KEYWORD("inputs", value_tensor(x)), KEYWORD("training", value_bool(false))), &out));
    call(f, dense(f, 3), LIST(f, value_tensor(x), value_tensor(x)));
    assert_reported(f, "expects 1 input(s), but it received a list of 2 input tensors");
}

static Tensor *merged(Fixture *f, const char *name, Tensor *a, Tensor *b) {
    return call(f, construct(f, name, NO_ARGUMENTS), LIST(f, value_tensor(a), value_tensor(b))).as.tensor;
}

static void test_merging_shapes(void **state) {
    Fixture *f = *state;
    Tensor *a = input_of(f, DTYPE_FLOAT32, 3, -1, 3, 4), *b = input_of(f, DTYPE_FLOAT32, 2, -1, 4);
    assert_shape(f, merged(f, "Add", a, b), "(None, 3, 4)");
    assert_shape(f, merged(f, "Add", b, input_of(f, DTYPE_FLOAT32, 2, 2, 1)), "(2, 4)");
    assert_shape(f, merged(f, "Add", a, input_of(f, DTYPE_FLOAT32, 3, -1, -1, 4)), "(None, None, 4)");
    assert_silent(f);
    assert_true(merged(f, "Add", b, input_of(f, DTYPE_FLOAT32, 2, -1, 5))->poisoned);
    assert_reported(f, "Inputs have incompatible shapes. Received shapes (4,) and (5,) in layer \"");
    call(f, construct(f, "Add", NO_ARGUMENTS), value_tensor(a));
    assert_reported(f, "A merge layer should be called on a list of inputs");
    assert_shape(f, merged(f, "Concatenate", b, b), "(None, 8)");
}

static void test_functional_forms(void **state) {
    Fixture *f = *state;
    Value out;
    Tensor *a = input_of(f, DTYPE_FLOAT32, 3, -1, 3, 4);
    const Value both = LIST(f, value_tensor(a), value_tensor(a));
    assert_true(layer_functional(
        f->graph, "concatenate",
        ARGUMENTS(POSITIONAL(both), POSITIONAL(value_int(1)), KEYWORD("name", text(f, "cc"))), &out));
    assert_shape(f, out.as.tensor, "(None, 6, 4)");
    assert_string_equal(out.as.tensor->history.layer->name, "cc");
    assert_true(layer_functional(f->graph, "dot", ARGUMENTS(KEYWORD("inputs", both)), &out));
    assert_shape(f, out.as.tensor, "(None, 3, 3)");
    assert_false(layer_functional(f->graph, "add", NO_ARGUMENTS, &out));
    assert_reported(f, "add() missing 1 required positional argument: 'inputs'");
    assert_false(layer_is_functional("Add"));
}

static void test_dtypes(void **state) {
    Fixture *f = *state;
    Tensor *ints = input_of(f, DTYPE_INT32, 3, -1, 2, 3), *doubles = input_of(f, DTYPE_FLOAT64, 3, -1, 2, 3);
    assert_int_equal(called(f, construct(f, "Flatten", NO_ARGUMENTS), ints)->dtype, DTYPE_INT32);
    assert_int_equal(called(f, construct(f, "Flatten", NO_ARGUMENTS), doubles)->dtype, DTYPE_FLOAT32);
    assert_int_equal(called(f, dense(f, 3), ints)->dtype, DTYPE_FLOAT32);
    assert_int_equal(called(f, construct(f, "Identity", NO_ARGUMENTS), ints)->dtype, DTYPE_INT32);
    Layer *wide =
        construct(f, "Dense", ARGUMENTS(POSITIONAL(value_int(2)), KEYWORD("dtype", text(f, "float64"))));
    assert_int_equal(called(f, wide, ints)->dtype, DTYPE_FLOAT64);
}

/* Keras: the shape that a Reshape gives, with -1 and unknown extents. */
static void test_reshape(void **state) {
    Fixture *f = *state;
    Tensor *x = input_of(f, DTYPE_FLOAT32, 2, -1, 6), *open = input_of(f, DTYPE_FLOAT32, 3, -1, -1, 3);
    const Value target = TUPLE(f, value_int(-1), value_int(3));
    assert_shape(f, called(f, construct(f, "Reshape", ARGUMENTS(POSITIONAL(target))), x), "(None, 2, 3)");
    assert_shape(f, called(f, construct(f, "Reshape", ARGUMENTS(POSITIONAL(target))), open),
                 "(None, None, 3)");
    called(f, construct(f, "Reshape", ARGUMENTS(POSITIONAL(TUPLE(f, value_int(2), value_int(4))))), x);
    assert_reported(f, "The total size of the tensor must be unchanged. Received: input_shape=(6,), "
                       "target_shape=(2, 4) [E252]");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_shared_layer_has_one_set_of_weights, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_reuse_on_another_width_tells_where_it_came_from, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_poison_and_opaque_are_silent, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_wrong_call_arguments, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_merging_shapes, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_functional_forms, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_dtypes, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_reshape, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Constructing layers: binding, defaults, ranges, and the words of the errors. */
#include "layers_fixture.h"

static void test_python_binding_errors(void **state) {
    Fixture *f = *state;
    const Value three = value_int(3);
    assert_null(construct(f, "Dense", NO_ARGUMENTS));
    assert_reported(f, "TypeError: Dense.__init__() missing 1 required positional argument: 'units' [E200]");
    assert_null(construct(f, "Dense", ARGUMENTS(POSITIONAL(three), KEYWORD("units", three))));
    assert_reported(f, "Dense.__init__() got multiple values for argument 'units'");
    assert_null(construct(f, "Add", ARGUMENTS(POSITIONAL(three))));
    assert_reported(f, "Add.__init__() takes 1 positional argument but 2 were given");
    Argument many[14];
    for (size_t i = 0; i < 14; i++) many[i] = POSITIONAL(three);
    assert_null(construct(f, "Dense", &(Arguments){.at = many, .count = 14}));
    assert_reported(f, "Dense.__init__() takes from 2 to 14 positional arguments but 15 were given");
}

static void test_unknown_keyword_has_a_suggestion(void **state) {
    Fixture *f = *state;
    assert_null(construct(f, "Dense", ARGUMENTS(POSITIONAL(value_int(3)), KEYWORD("foo", value_int(1)))));
    assert_reported(f, "ValueError: Unrecognized keyword arguments passed to Dense: {'foo': 1} [E201]");
    assert_null(construct(f, "Dense", ARGUMENTS(KEYWORD("unit", value_int(3)))));
    const char *said = reported(f);
    assert_non_null(strstr(said, "did you mean 'units'?"));
    assert_null(strstr(said, "missing"));
}

static void test_values_are_checked(void **state) {
    Fixture *f = *state;
    assert_null(construct(f, "Dense", ARGUMENTS(POSITIONAL(value_int(0)))));
    assert_reported(
        f, "Received an invalid value for `units`, expected a positive integer. Received: units=0 [E204]");
    assert_null(construct(f, "Dense", ARGUMENTS(POSITIONAL(value_float(2)))));
    assert_reported(f, "Received: units=2.0");
    assert_non_null(construct(f, "Dense", ARGUMENTS(POSITIONAL(value_bool(true)))));
    assert_null(construct(f, "Dropout", ARGUMENTS(POSITIONAL(value_float(1.5)))));
    assert_reported(f, "Invalid value received for argument `rate`. Expected a float value between 0 and 1. "
                       "Received: rate=1.5");
    assert_null(construct(f, "Flatten", ARGUMENTS(POSITIONAL(text(f, "channel_last")))));
    assert_reported(f,
                    "must be one of {'channels_last', 'channels_first'}. Received: data_format=channel_last");
}

static void test_several_wrong_values_are_all_reported(void **state) {
    Fixture *f = *state;
    assert_null(construct(f, "Dense",
                          ARGUMENTS(POSITIONAL(value_int(-1)), KEYWORD("activation", text(f, "rellu")),
                                    KEYWORD("kernel_initializer", text(f, "he_norml")))));
    const char *said = reported(f);
    assert_non_null(strstr(said, "[E204]"));
    assert_non_null(strstr(said, "Could not interpret activation function identifier: rellu [E208]"));
    assert_non_null(strstr(said, "Could not interpret initializer identifier: he_norml [E209]"));
}

static void test_common_parameters(void **state) {
    Fixture *f = *state;
    Layer *layer = construct(f, "Dense",
                             ARGUMENTS(POSITIONAL(value_int(3)), KEYWORD("name", text(f, "head")),
                                       KEYWORD("dtype", text(f, "mixed_float16")),
                                       KEYWORD("trainable", value_bool(false))));
    assert_string_equal(layer->name, "head");
    assert_true(layer->named);
    assert_int_equal(layer->compute_dtype, DTYPE_FLOAT16);
    assert_int_equal(layer->variable_dtype, DTYPE_FLOAT32);
    assert_false(layer->trainable);
    assert_null(construct(f, "Dense", ARGUMENTS(POSITIONAL(value_int(3)), KEYWORD("name", text(f, "a/b")))));
    assert_reported(f,
                    "Argument `name` must be a string and cannot contain character `/`. Received: name=a/b");
    assert_null(
        construct(f, "Dense", ARGUMENTS(POSITIONAL(value_int(3)), KEYWORD("dtype", text(f, "floot")))));
    assert_reported(f, "Cannot convert 'floot' to a mixed precision DTypePolicy");
}

static void test_input_shape_is_kept_for_sequential(void **state) {
    Fixture *f = *state;
    const Value shape = TUPLE(f, value_int(4), value_none());
    Layer *layer = construct(f, "Dense", ARGUMENTS(POSITIONAL(value_int(3)), KEYWORD("input_shape", shape)));
    assert_string_equal(shape_text(f->arena, layer->given_shape), "(None, 4, None)");
    assert_reported(f, "[W251]");
    layer = construct(f, "Dense",
                      ARGUMENTS(POSITIONAL(value_int(3)),
                                KEYWORD("batch_input_shape", TUPLE(f, value_int(2), value_int(4)))));
    assert_string_equal(shape_text(f->arena, layer->given_shape), "(2, 4)");
    assert_reported(f, "[W250]");
}

static void test_opaque_arguments_make_an_opaque_layer(void **state) {
    Fixture *f = *state;
    const Value opaque = value_opaque(f->arena, NO_SOURCE, "numpy is not evaluated");
    Layer *layer = construct(f, "Dense", ARGUMENTS(POSITIONAL(opaque)));
    assert_ptr_equal(layer->opaque, opaque.as.opaque);
    assert_int_equal(call(f, layer, value_tensor(input_of(f, DTYPE_FLOAT32, 2, -1, 4))).kind, VALUE_OPAQUE);
    layer = construct(f, "Dense", ARGUMENTS(POSITIONAL(value_int(3)), KEYWORD("kernel_regularizer", opaque)));
    assert_null(layer->opaque);
    assert_silent(f);
}

static void test_initializers(void **state) {
    Fixture *f = *state;
    Layer *layer = construct(
        f, "Dense", ARGUMENTS(POSITIONAL(value_int(3)), KEYWORD("kernel_initializer", text(f, "HeNormal"))));
    called(f, layer, input_of(f, DTYPE_FLOAT32, 2, -1, 4));
    const Initializer kernel = layer->weights.at[0]->initializer;
    assert_int_equal(kernel.kind, INIT_VARIANCE_SCALING);
    assert_true(kernel.scale == 2 && kernel.mode == FAN_IN && kernel.distribution == DIST_TRUNCATED_NORMAL);
    Config config = {"initializers.RandomNormal", ARGUMENTS(KEYWORD("stddev", value_float(0.5)))};
    const Value value = {.kind = VALUE_CONFIG, .as.config = &config};
    layer = construct(f, "Dense", ARGUMENTS(POSITIONAL(value_int(3)), KEYWORD("bias_initializer", value)));
    called(f, layer, input_of(f, DTYPE_FLOAT32, 2, -1, 4));
    assert_int_equal(layer->weights.at[1]->initializer.kind, INIT_RANDOM_NORMAL);
    assert_true(layer->weights.at[1]->initializer.stddev == 0.5);
    assert_silent(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_python_binding_errors, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_unknown_keyword_has_a_suggestion, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_values_are_checked, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_several_wrong_values_are_all_reported, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_common_parameters, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_input_shape_is_kept_for_sequential, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_opaque_arguments_make_an_opaque_layer, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_initializers, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

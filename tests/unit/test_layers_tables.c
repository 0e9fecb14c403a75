/* The tables: every row of layers.def, and the list of activations. */
#include "layers_fixture.h"

static void test_rows_are_whole(void **state) {
    Fixture *f = *state;
    size_t count;
    const LayerClass *const *all = layer_class_all(&count);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(layer_class_find(all[i]->name), all[i]); /* so no name stands twice */
        assert_non_null(all[i]->module);
        assert_non_null(all[i]->about);
        assert_true(all[i]->lower || (all[i]->flags & LAYER_IDENTITY) || all[i]->call);
        for (const ParamSpec *spec = all[i]->params; spec && spec->name; spec++) {
            if (!spec->required) assert_non_null(spec->fallback);
            assert_true(spec->kind == PARAM_IGNORED || spec->offset < all[i]->attrs_size);
            assert_true(spec->kind != PARAM_CHOICE || spec->choices);
        }
    }
    assert_null(layer_class_find("Densee"));
    assert_silent(f);
}

/* Keras has defaults for these too, and then asks for a number of tokens, or for bins. */
static bool needs_an_argument(const char *name) {
    return strcmp(name, "CategoryEncoding") == 0 || strcmp(name, "Discretization") == 0;
}

/* Every default is a legal value: a layer whose parameters are all optional can be made without arguments. */
static void test_defaults_are_legal(void **state) {
    Fixture *f = *state;
    size_t count;
    const LayerClass *const *all = layer_class_all(&count);
    for (size_t i = 0; i < count; i++) {
        bool optional = !needs_an_argument(all[i]->name);
        for (const ParamSpec *spec = all[i]->params; spec && spec->name; spec++)
            optional = optional && !spec->required;
        if (optional) assert_non_null(construct(f, all[i]->name, NO_ARGUMENTS));
        assert_silent(f);
    }
}

static void test_activations(void **state) {
    Fixture *f = *state;
    size_t count;
    ActivationRef ref;
    const char *const *names = activation_all(&count);
    assert_int_equal(count, 32);
    for (size_t i = 0; i < count; i++) {
        const bool usable = strcmp(names[i], "threshold") != 0; /* it needs arguments */
        assert_true(activation_parse(f->graph, text(f, names[i]), NO_SOURCE, &ref) == usable);
        assert_string_equal(activation_name(ref.id), names[i]);
    }
    assert_reported(f, "threshold() missing 2 required positional arguments");
    assert_true(activation_parse(f->graph, value_none(), NO_SOURCE, &ref));
    assert_true(ref.id == ACTIVATION_LINEAR && !ref.given);
    assert_true(activation_parse(f->graph, value_symbol("activations.gelu"), NO_SOURCE, &ref) &&
                ref.parameter[0] == 0);
    assert_true(activation_parse(f->graph, value_symbol("ops.gelu"), NO_SOURCE, &ref) &&
                ref.parameter[0] == 1);
    assert_true(activation_parse(f->graph, value_symbol("tf.nn.relu6"), NO_SOURCE, &ref) &&
                ref.id == ACTIVATION_RELU6);
    assert_false(activation_parse(f->graph, text(f, "sin"), NO_SOURCE,
                                  &ref)); /* of keras.ops, not of keras.activations */
    Layer *layer = construct(f, "LeakyReLU", ARGUMENTS(POSITIONAL(value_float(0.1))));
    assert_true(activation_parse(f->graph, value_layer(layer), NO_SOURCE, &ref) && ref.parameter[0] == 0.1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rows_are_whole, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_defaults_are_legal, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_activations, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

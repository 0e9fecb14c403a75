/* Models called as layers, and Sequential. Names and orders were printed by Keras 3.15.1. */
#include "model_fixture.h"

static Value sequential(Fixture *f, Value layers) {
    Value out;
    assert_true(model_sequential(f->graph, POSITIONAL(f, layers), &out));
    return out;
}

static void test_nested_call(void **state) {
    Fixture *f = fixture_new();
    const Value a = fixture_input(f, 4, NULL), x = fixture_input(f, 4, NULL);
    Layer *inner = fixture_model(f, a, fixture_call(f, fixture_dense(f, 3, NULL), a))->layer;
    const Value y = fixture_call(f, inner, x), z = fixture_call(f, inner, x);
    assert_string_equal(y.as.tensor->history.layer->name, "functional");
    assert_int_equal(y.as.tensor->history.node_index, 0);
    assert_int_equal(z.as.tensor->history.node_index, 1);
    const ModelCall *call = tensor_node(y.as.tensor)->attrs;
    assert_ptr_equal(call->nodes, inner->model->nodes);
    fixture_free(f);
    (void)state;
}

static void test_nested_other_shape(void **state) {
    Fixture *f = fixture_new();
    const Shape open = {3, {DIM_UNKNOWN, DIM_UNKNOWN, 4}}, given = {3, {DIM_UNKNOWN, 7, 4}};
    Value a, x;
    assert_true(model_input(f->graph, POSITIONAL(f, TUPLE(f, value_none(), value_int(4))), &a));
    assert_true(model_input(f->graph, POSITIONAL(f, TUPLE(f, value_int(7), value_int(4))), &x));
    assert_true(shape_equal(&a.as.tensor->shape, &open) && shape_equal(&x.as.tensor->shape, &given));
    Layer *inner = fixture_model(f, a, fixture_call(f, fixture_dense(f, 3, NULL), a))->layer;
    const Value y = fixture_call(f, inner, x);
    assert_string_equal(shape_text(f->arena, &y.as.tensor->shape), "(None, 7, 3)");
    const ModelCall *call = tensor_node(y.as.tensor)->attrs;
    assert_int_equal(call->n_nodes, 1);
    assert_ptr_equal(call->nodes[0]->inputs[0], call->inputs[0]);
    assert_ptr_equal(call->nodes[0]->outputs[0], call->outputs[0]);
    assert_true(graph_verify(f->graph));
    fixture_free(f);
    (void)state;
}

static void test_nested_wrong_shape(void **state) {
    Fixture *f = fixture_new();
    const Value a = fixture_input(f, 3, "a"), x = fixture_input(f, 4, NULL);
    Layer *inner = fixture_model(f, a, fixture_call(f, fixture_dense(f, 3, NULL), a))->layer;
    Value out;
    assert_false(layer_call(f->graph, inner, POSITIONAL(f, x), &out));
    assert_true(out.as.tensor->poisoned);
    assert_non_null(strstr(fixture_reports(f),
                           "Input 0 with name 'a' of layer 'functional' is incompatible with the layer: "
                           "expected shape=(None, 3), found shape=(None, 4)"));
    fixture_free(f);
    (void)state;
}

static void test_sequential_rebuilds(void **state) {
    Fixture *f = fixture_new();
    Layer *d = fixture_dense(f, 5, NULL), *e = fixture_dense(f, 2, NULL);
    const Value s = sequential(f, LIST(f, fixture_input(f, 4, NULL), value_layer(d)));
    Value none;
    assert_true(s.as.layer->model->built);
    assert_true(model_sequential_add(f->graph, s.as.layer, POSITIONAL(f, value_layer(e)), &none));
    assert_int_equal(d->nodes.count, 2);
    assert_int_equal(s.as.layer->model->n_layers, 2);
    assert_string_equal(graph_auto_name(f->graph, "Functional"), "functional_2");
    Value popped;
    assert_true(model_sequential_pop(f->graph, s.as.layer, fixture_arguments(f, 0, NULL, NULL), &popped));
    assert_ptr_equal(popped.as.layer, e);
    assert_int_equal(d->nodes.count, 3);
    assert_true(graph_verify(f->graph));
    fixture_free(f);
    (void)state;
}

static void test_sequential_deferred(void **state) {
    Fixture *f = fixture_new();
    const Value s = sequential(
        f, LIST(f, value_layer(fixture_dense(f, 5, NULL)), value_layer(fixture_dense(f, 2, NULL))));
    assert_false(s.as.layer->model->built);
    assert_false(model_check(f->graph, s.as.layer->model, NO_SOURCE));
    const Value y = fixture_call(f, s.as.layer, fixture_input(f, 4, NULL));
    assert_string_equal(shape_text(f->arena, &y.as.tensor->shape), "(None, 2)");
    assert_true(s.as.layer->model->built);
    assert_string_equal(s.as.layer->model->inputs[0]->history.layer->name, "input_layer_1");
    fixture_free(f);
    (void)state;
}

static void test_get_layer(void **state) {
    Fixture *f = fixture_new();
    const Value x = fixture_input(f, 4, NULL);
    Layer *model = fixture_model(f, x, fixture_call(f, fixture_dense(f, 3, "classes"), x))->layer;
    assert_string_equal(model_get_layer(f->graph, model, POSITIONAL(f, value_str(f->arena, "classes")))->name,
                        "classes");
    assert_string_equal(
        model_get_layer(f->graph, model, fixture_arguments(f, 1, KEYWORDS("index"), VALUES(value_int(-2))))
            ->name,
        "input_layer");
    assert_null(model_get_layer(f->graph, model, POSITIONAL(f, value_str(f->arena, "clases"))));
    assert_non_null(strstr(fixture_reports(f), "did you mean 'classes'?"));
    fixture_free(f);
    (void)state;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nested_call),         cmocka_unit_test(test_nested_other_shape),
        cmocka_unit_test(test_nested_wrong_shape),  cmocka_unit_test(test_sequential_rebuilds),
        cmocka_unit_test(test_sequential_deferred), cmocka_unit_test(test_get_layer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

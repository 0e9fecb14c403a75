/* Model(...): the order of layers and nodes, cuts, and what is rejected. Orders were printed by Keras 3.15.1.
 */
#include "model_fixture.h"

static const char *layers_of(Fixture *f, const Model *model) {
    return fixture_names(f, model->layers, model->n_layers);
}

static void test_order_by_depth(void **state) {
    Fixture *f = fixture_new();
    const Value a = fixture_input(f, 3, "a"), b = fixture_input(f, 3, "b");
    const Value p = fixture_call(f, fixture_dense(f, 4, "p"), b);
    const Value q = fixture_call(f, fixture_dense(f, 4, "q"), a);
    const Value r = fixture_call(f, fixture_dense(f, 4, "r"), p);
    const Value s = fixture_add(f, q, r);
    const Value t = fixture_call(f, fixture_dense(f, 2, "t"), a);
    const Model *model = fixture_model(f, LIST(f, b, a), LIST(f, t, s));
    assert_string_equal(layers_of(f, model), "b a p q r t add");
    assert_string_equal(model->layer->name, "functional");
    assert_string_equal(model->output_names[0], "t");
    assert_true(graph_verify(f->graph));
    fixture_free(f);
    (void)state;
}

static void test_shared_layer(void **state) {
    Fixture *f = fixture_new();
    const Value x = fixture_input(f, 4, NULL);
    Layer *d = fixture_dense(f, 4, NULL);
    const Value y = fixture_call(f, d, x), z = fixture_call(f, d, y);
    const Model *model = fixture_model(f, x, z);
    WeightList weights = {0};
    model_weights(f->arena, model, &weights);
    assert_int_equal(weights.count, 2);
    assert_int_equal(model->n_nodes, 3);
    assert_int_equal(z.as.tensor->history.node_index, 1);
    assert_string_equal(layers_of(f, model), "input_layer dense");
    fixture_free(f);
    (void)state;
}

static void test_cut(void **state) {
    Fixture *f = fixture_new();
    const Value x = fixture_input(f, 3, NULL);
    const Value c = fixture_call(f, fixture_dense(f, 4, NULL), x);
    const Value d = fixture_call(f, fixture_dense(f, 5, NULL), c);
    const Model *model = fixture_model(f, c, d);
    assert_string_equal(layers_of(f, model), "keras_tensor_1CLONE dense_1");
    assert_string_equal(model->outputs[0]->name, "keras_tensor_2_clone");
    assert_string_equal(d.as.tensor->history.layer->name, "dense_1");
    assert_int_equal(d.as.tensor->history.node_index, 0);
    assert_true(graph_verify(f->graph));
    fixture_free(f);
    (void)state;
}

static void test_reroot(void **state) {
    Fixture *f = fixture_new();
    const Value x = fixture_input(f, 3, NULL);
    const Value h = fixture_call(f, fixture_dense(f, 4, NULL), x);
    const Value z = fixture_call(f, fixture_dense(f, 5, NULL), h);
    Value y;
    assert_true(model_input(f->graph, fixture_arguments(f, 1, KEYWORDS("tensor"), VALUES(h)), &y));
    assert_ptr_equal(y.as.tensor, h.as.tensor);
    assert_string_equal(h.as.tensor->history.layer->name, "input_layer_1");
    assert_string_equal(layers_of(f, fixture_model(f, y, z)), "input_layer_1 dense_1");
    assert_true(graph_verify(f->graph));
    Value failed;
    assert_false(model_functional(f->graph, POSITIONAL(f, x, z), &failed));
    assert_true(failed.as.layer->model->poisoned);
    assert_non_null(strstr(fixture_reports(f), "E228"));
    fixture_free(f);
    (void)state;
}

static void test_disconnected_names_input(void **state) {
    Fixture *f = fixture_new();
    const Value a = fixture_input(f, 3, "a"), b = fixture_input(f, 3, "b");
    const Value sum = fixture_add(f, a, fixture_call(f, fixture_dense(f, 3, "d"), b));
    Value out;
    assert_false(model_functional(f->graph, POSITIONAL(f, a, sum), &out));
    const char *reports = fixture_reports(f);
    assert_non_null(
        strstr(reports, "The output is not connected to `inputs`: it needs the Input \"b\""));
    assert_non_null(strstr(reports, "b -> d -> add"));
    fixture_free(f);
    (void)state;
}

static void test_rejections(void **state) {
    Fixture *f = fixture_new();
    const Value a = fixture_input(f, 3, "a");
    const Value y = fixture_call(f, fixture_dense(f, 3, "d"), fixture_call(f, fixture_dense(f, 3, "d"), a));
    Value out;
    assert_false(model_functional(f->graph, POSITIONAL(f, a, y), &out));
    assert_false(model_functional(f->graph, POSITIONAL(f, a), &out));
    assert_false(model_functional(f->graph, POSITIONAL(f, LIST(f, a, a), a), &out));
    assert_false(model_functional(f->graph, POSITIONAL(f, value_int(3), a), &out));
    assert_false(model_functional(f->graph, POSITIONAL(f, value_list_new(f->arena, VALUE_LIST), a), &out));
    const char *reports = fixture_reports(f);
    static const char *const CODES[] = {"E229", "E225", "E230", "E226", "E227"};
    for (size_t i = 0; i < sizeof CODES / sizeof CODES[0]; i++) assert_non_null(strstr(reports, CODES[i]));
    fixture_free(f);
    (void)state;
}

static void test_poison_stays_silent(void **state) {
    Fixture *f = fixture_new();
    const Value a = fixture_input(f, 3, NULL);
    Value bad, out;
    assert_false(model_input(f->graph, POSITIONAL(f, value_int(3)), &bad));
    assert_true(model_functional(f->graph, POSITIONAL(f, LIST(f, a, bad), a), &out));
    assert_true(out.as.layer->model->poisoned);
    assert_int_equal(diag_error_count(f->diags), 1);
    assert_false(model_check(f->graph, out.as.layer->model, NO_SOURCE));
    assert_int_equal(diag_error_count(f->diags), 1);
    fixture_free(f);
    (void)state;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_by_depth),
        cmocka_unit_test(test_shared_layer),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_reroot),
        cmocka_unit_test(test_disconnected_names_input),
        cmocka_unit_test(test_rejections),
        cmocka_unit_test(test_poison_stays_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What is printed of a model: the rows of Keras' summary (printed by Keras 3.15.1), the history, the picture.
 */
#include "model_fixture.h"

/* What a compilation would say. */
static const int64_t MACS[] = {0, 512};
static const ModelCosts COSTS = {
    .macs = MACS, .n_macs = 2, .total_macs = 512, .workspace = 128, .chunk = 4};

static void assert_has(const char *text, const char *part) {
    if (!strstr(text, part)) fail_msg("`%s` is missing in:\n%s", part, text);
}

static void test_summary_chain(void **state) {
    Fixture *f = fixture_new();
    const Value x = fixture_input(f, 32, NULL);
    const Model *model = fixture_model(f, x, fixture_call(f, fixture_dense(f, 16, NULL), x));
    const char *text;
    FIXTURE_PRINT(f, text, model_summary(f->arena, &f->sources, model, &COSTS, out));
    assert_has(text, "Model: \"functional\"\n");
    assert_has(text, "┃ Layer (type)                 ┃ Output Shape         ┃    Param # ┃\n");
    assert_has(text, "│ input_layer (InputLayer)     │ (None, 32)           │          0 │\n");
    assert_has(text, "│ dense (Dense)                │ (None, 16)           │        528 │\n");
    assert_has(text, " Total params: 528 (2.06 KB)\n Trainable params: 528 (2.06 KB)\n Non-trainable params: "
                     "0 (0.00 B)\n");
    assert_has(text, "For one sample: 512 MACs\n");
    assert_has(text, "│ dense (Dense)                │            512 │          2,112 │");
    assert_has(text, " MACs: 512\n Weights: 2,112 bytes (2.06 KB)\n"
                     " Workspace: 128 bytes for each sample of a batch, up to 4 of them\n");
    assert_null(strstr(text, "Connected to"));
    fixture_free(f);
    (void)state;
}

static void test_summary_connections(void **state) {
    Fixture *f = fixture_new();
    const Value a = fixture_input(f, 3, "a"), b = fixture_input(f, 3, "b");
    Layer *d = fixture_dense(f, 3, NULL);
    const Value p = fixture_call(f, d, a), q = fixture_call(f, d, b);
    const Value sum = fixture_add(f, p, q);
    const Model *model = fixture_model(f, LIST(f, a, b), sum);
    const char *text;
    FIXTURE_PRINT(f, text, model_summary(f->arena, &f->sources, model, &COSTS, out));
    assert_has(text, "│ a[0][0], b[0][0] ");
    assert_has(text, "│ dense[0][0], dense[1][0] │\n");
    assert_has(text, "│ -   ");
    fixture_free(f);
    (void)state;
}

static void test_history(void **state) {
    Fixture *f = fixture_new();
    const Value x = fixture_input(f, 3, "x");
    const Value h = fixture_call(f, fixture_dense(f, 3, "h"), x);
    const Value y = fixture_add(f, x, h);
    const char *text;
    FIXTURE_PRINT(f, text, model_history(f->arena, &f->sources, y.as.tensor, out));
    assert_has(text, "add (Add)  node 0, tensor 0  (None, 3) float32  t.lam:5  <- x[0][0], h[0][0]\n");
    assert_has(text, "    x (InputLayer)  node 0, tensor 0  (None, 3) float32  t.lam:1\n");
    assert_has(
        text,
        "    h (Dense)  node 0, tensor 0  (None, 3) float32  t.lam:3  <- x[0][0]\n    x[0][0]  as above\n");
    fixture_free(f);
    (void)state;
}

static void test_plot(void **state) {
    Fixture *f = fixture_new();
    const Value x = fixture_input(f, 3, "a{\"b\"}");
    const Model *model = fixture_model(f, x, fixture_call(f, fixture_dense(f, 2, NULL), x));
    const char *text;
    FIXTURE_PRINT(f, text, model_plot_dot(f->arena, model, out));
    assert_has(text, "digraph \"functional\" {\n");
    assert_has(text, "{a\\{\\\"b\\\"\\}|InputLayer|{out:\\ (None,\\ 3)}}");
    assert_has(text, "  layer0 -> layer1;\n");
    fixture_free(f);
    (void)state;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_summary_chain),
                                       cmocka_unit_test(test_summary_connections),
                                       cmocka_unit_test(test_history), cmocka_unit_test(test_plot)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
